//! Bodies that are the platform's own and pass through: what is known of them. Everything else in them is its too.

use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Declares a body once: its members' types, whether they must be there, and what they are.
macro_rules! foreign {
    ($($(#[doc = $doc:literal])* $name:ident { $($member:literal $need:ident $kind:expr, $about:literal;)* })*) => {
        $($(#[doc = $doc])*
        pub(in crate::api) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(concat!($($doc),*).trim()))
                    .additional_properties(Some(AdditionalProperties::FreeForm(true)));
                $(let object = object.property($member, described($kind, $about));
                let object = $need(object, $member);)*
                object.into()
            }
        }

        impl ToSchema for $name {})*
    };
}

fn must(object: ObjectBuilder, member: &str) -> ObjectBuilder {
    object.required(member)
}

fn may(object: ObjectBuilder, _: &str) -> ObjectBuilder {
    object
}

/// A type, or two where the documents and the platform differ.
fn described(kinds: &[Type], about: &str) -> Object {
    let builder = ObjectBuilder::new().description(Some(about));
    match kinds {
        [one] => builder.schema_type(one.clone()).build(),
        many => {
            builder.schema_type(many.iter().cloned().collect::<utoipa::openapi::schema::SchemaType>()).build()
        }
    }
}

foreign! {
    /// An app login (system B); the daemon adds timestamp and sign.
    AppLogin {
        "appkey" must &[Type::String], "Which app; one that is not configured is refused with 400199.";
        "code" must &[Type::String], "What WeChat gave the app.";
        "version_number" must &[Type::Integer, Type::String], "The app's version.";
        "channel" must &[Type::String], "Where the app came from.";
        "oaid" may &[Type::String], "The device's advertising identifier.";
        "device_id" may &[Type::String], "The device.";
        "need_user_detail" may &[Type::Integer, Type::String], "1 for the whole user, 0 for uid and token.";
    }
    /// An official-account login (system C); the daemon adds userDomain and signature.
    OfficialLogin {
        "appId" must &[Type::String], "Which official account.";
        "code" must &[Type::String], "What WeChat gave the page.";
        "mcc" may &[Type::Integer, Type::String], "Mobile country code.";
    }
    /// The envelope of system B, unchanged.
    AppAnswer {
        "code" must &[Type::Integer, Type::String], "200, or why not; the codes of parameters are texts.";
        "msg" must &[Type::String], "The same in words.";
        "data" may &[Type::Object, Type::Array, Type::Null], "Who logged in, with the token.";
    }
    /// The envelope of system C, unchanged.
    OfficialAnswer {
        "code" must &[Type::Integer], "200, or why not.";
        "msg" must &[Type::String], "The same in words.";
        "extMsg" may &[Type::String, Type::Null], "More words.";
        "data" may &[Type::Object, Type::Null], "The pair of tokens.";
    }
    /// A platform callback.
    Callback {
        "messageType" may &[Type::String], "`30000` is an offline notice, `00000` a test, anything else a chat message.";
        "account" may &[Type::String], "Whose key it is for.";
        "wcId" may &[Type::String], "The account.";
        "data" may &[Type::Object, Type::String, Type::Null], "What about it.";
    }
    /// What the platform wants to hear.
    Acknowledged {
        "code" must &[Type::String], "`1000`, whatever it was.";
    }
}
