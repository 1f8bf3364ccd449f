//! The control API's bodies that are not sessions, accounts or events themselves: what is asked, pages, problems.
//!
//! Shared by the routes of the daemon and by [`crate::client`], so that both sides agree by construction
//! (contract.md, "Control API").

mod check;
mod console;
mod links;
mod webhooks;

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use wxlogin_state::public::{Account, Event, Session, Token};
use wxlogin_state::{DeviceType, Label, Method, Secret, Seq, StateName, Transition, WcId};

pub use check::{Check, PlatformCheck, StoreCheck};
pub use console::{
    AccountFigures, ConsoleSession, EnterConsole, Invitation, Step, StepKind, StepPage, Summary,
};
pub use links::{Claim, ClaimStep, LinkedStep, MakeLink, PersonsStep, StepLink, Whose};

pub use webhooks::{DeadLetter, DeadLetterPage, Replayed, Tested, Webhook, WebhookState, Webhooks};

/// The header in which an answer to a login by app or official account names the token that it brought.
pub const TOKEN_HEADER: &str = "x-wxlogind-token";

/// Body of `POST /v1/sessions`: a login to begin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateSession {
    /// The account to log in again; absent only for one that never logged in here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
    /// What to call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The device to pretend to be; the account's or the configured one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<DeviceType>,
    /// Region to log in from, 1–23 (protocol.md, `/iPadLogin`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<u8>,
    /// A SOCKS5 server to log in from, `host:port`; overrides `proxy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_ip: Option<String>,
    /// The user name it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_user: Option<String>,
    /// The password it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_password: Option<Secret>,
    /// Log a known account in as a new device: it will drop once more within a day (seed 002).
    #[serde(default, skip_serializing_if = "is_false")]
    pub new_device: bool,
    /// Begin even though the account is online; the login that is online ends when this one succeeds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Body of `POST /v1/sessions/{wId}/verify`: the code that the phone shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterCode {
    /// The code.
    pub code: Secret,
}

/// Body of `POST /v1/accounts/{wcId}/relogin`; may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogInAgain {
    /// How; as the account needs it where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Although it is online; that login ends when the new one succeeds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force: bool,
}

/// Body of `PATCH /v1/accounts/{wcId}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangeAccount {
    /// What to call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Whether to log it in again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_relogin: Option<bool>,
}

/// A page of `GET /v1/sessions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionPage {
    /// The sessions, in the order of their creation.
    pub sessions: Vec<Session>,
    /// The value of `after` for the page that follows; `null` on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// A page of `GET /v1/accounts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The value of `after` for the page that follows; `null` on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// A page of `GET /v1/tokens`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenPage {
    /// The tokens, in the order of their names; without the secrets.
    pub tokens: Vec<Token>,
    /// The value of `after` for the page that follows; `null` on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// Answer to `GET /v1/tokens/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevealedToken {
    /// What everybody may see of it.
    #[serde(flatten)]
    pub token: Token,
    /// The access token itself; absent where `reveal=false` was asked for.
    #[serde(rename = "token")]
    #[schema(required = false)]
    pub access: Secret,
}

/// Answer to `GET /v1/sessions/{wId}/history`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// The session's transitions, oldest first.
    pub history: Vec<Transition>,
}

/// A page of `GET /v1/events`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// The value of `after` for the page that follows; `null` on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// Answer to `GET /healthz` and `GET /readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok` or `ready`; where it is neither, the answer is a problem.
    pub status: String,
}

/// What the `reset` of a stream of events says: the journal does not hold what was asked for, and the stream goes on
/// from the oldest event that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reset {
    /// The oldest event there is; where there is none, the one that comes next.
    pub oldest: Seq,
    /// The newest event there is.
    pub last: Seq,
}

/// Why a request was not done, as `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A URI of the kind of problem: `urn:wxlogind:problem:<code>`.
    #[serde(rename = "type", default)]
    #[schema(required)]
    pub kind: String,
    /// The kind of problem in a few words.
    #[serde(default)]
    #[schema(required)]
    pub title: String,
    /// The HTTP status, once more.
    pub status: u16,
    /// The kind of problem for programs.
    pub code: ProblemCode,
    /// What is wrong with this very request, for people.
    #[serde(default)]
    #[schema(required)]
    pub detail: String,
    /// The member of the body or the query that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The state that the session is in instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StateName>,
    /// The account that is in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
}

impl Problem {
    /// A problem with its code's usual status and title.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:wxlogind:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            field: None,
            state: None,
            wc_id: None,
        }
    }

    /// The same, naming the member that is wrong.
    #[must_use]
    pub fn at_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same, naming the state that the session is in.
    #[must_use]
    pub fn in_state(self, state: StateName) -> Self {
        Self { state: Some(state), ..self }
    }

    /// The same, naming the account that is in the way.
    #[must_use]
    pub fn of_account(self, wc_id: WcId) -> Self {
        Self { wc_id: Some(wc_id), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.detail.as_str(), &self.field) {
            ("", _) => write!(f, "{} ({})", self.title, self.code),
            (detail, Some(field)) if !detail.contains(field.as_str()) => write!(f, "{field}: {detail}"),
            (detail, _) => f.write_str(detail),
        }
    }
}

/// Declares the codes once: variant, spelling, usual HTTP status, title.
macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The `code` of a [`Problem`]. New ones may come; old ones keep name and meaning.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
            /// A code of a newer daemon. Never made by this one.
            #[serde(untagged)]
            Other(String),
        }

        impl ProblemCode {
            /// All codes that this daemon uses.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The public spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code,
                }
            }

            /// The HTTP status it comes with.
            pub fn status(&self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Other(_) => 500,
                }
            }

            /// The kind of problem in a few words.
            pub fn title(&self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                    Self::Other(_) => "an unknown kind of problem",
                }
            }
        }
    };
}

problem_codes! {
    /// A body, query or identifier that does not hold up; `field` names the place.
    InvalidRequest = "invalid-request", 400, "the request is not valid";
    /// No token, or a wrong one.
    Unauthorized = "unauthorized", 401, "a valid token is needed";
    /// A page of another site asked, through somebody's browser.
    ForbiddenOrigin = "forbidden-origin", 403, "requests of other sites are refused";
    /// No such session, account or route.
    NotFound = "not-found", 404, "there is no such thing";
    /// The route knows no such method.
    MethodNotAllowed = "method-not-allowed", 405, "the route does not know this method";
    /// No form that `Accept` names can be had.
    NotAcceptable = "not-acceptable", 406, "no form that was asked for can be had";
    /// The session or account is not in the state that this act needs; `state` names the one it is in.
    WrongState = "wrong-state", 409, "the state does not allow this";
    /// Something of the same kind is under way; its end comes first.
    Busy = "busy", 409, "the same is under way already";
    /// The label belongs to an account that is known: its login needs the wcId, which `wcId` names.
    KnownAccount = "known-account", 409, "the account is known already";
    /// The body is larger than accepted.
    TooLarge = "too-large", 413, "the request is too large";
    /// The body's `Content-Type` is not the one that the route takes.
    UnsupportedMediaType = "unsupported-media-type", 415, "the body's type is not accepted";
    /// The host that was asked for is not this one.
    Misdirected = "misdirected", 421, "the request is meant for another host";
    /// The daemon failed; its log says how.
    Internal = "internal", 500, "the daemon failed";
    /// The platform answered, and refused.
    PlatformRefused = "platform-refused", 502, "the platform refused";
    /// The platform did not answer in a way that can be understood.
    PlatformUnreachable = "platform-unreachable", 503, "the platform cannot be reached";
    /// As many logins are in flight as `device.max_polls` allows.
    TooManySessions = "too-many-sessions", 503, "too many logins are under way";
    /// The daemon is starting or stopping.
    NotReady = "not-ready", 503, "the daemon is not ready";
    /// The store cannot be written, for another reason than a full disk.
    StoreUnwritable = "store-unwritable", 503, "the store cannot be written";
    /// The disk has no room for another change.
    StoreFull = "store-full", 507, "the store is full";
}

impl PartialSchema for ProblemCode {
    /// The codes of this daemon; those of newer ones are in their own descriptions.
    fn schema() -> RefOr<Schema> {
        let codes = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(Self::as_str)));
        codes
            .description(Some(
                "The kind of problem for programs. New ones may come; old ones keep name and meaning.",
            ))
            .into()
    }
}

impl ToSchema for ProblemCode {}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelt_the_same_in_json_and_in_sentences() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(serde_json::from_value::<ProblemCode>(code.as_str().into()).unwrap(), *code);
        }
    }

    #[test]
    fn a_code_of_a_newer_daemon_is_kept_as_it_is() {
        let json = r#"{"status": 418, "code": "out-of-tea", "detail": "no tea", "leaves": 0}"#;
        let problem: Problem = serde_json::from_str(json).unwrap();
        assert_eq!(problem.code, ProblemCode::Other("out-of-tea".to_owned()));
        assert_eq!(problem.to_string(), "no tea");
    }

    #[test]
    fn a_problem_names_the_field_unless_its_sentence_does() {
        let problem = Problem::new(ProblemCode::InvalidRequest, "must not be empty").at_field("label");
        assert_eq!(problem.to_string(), "label: must not be empty");
        let problem =
            Problem::new(ProblemCode::InvalidRequest, "a label must not be empty").at_field("label");
        assert_eq!(problem.to_string(), "a label must not be empty");
    }

    #[test]
    fn an_unknown_member_of_a_body_is_refused_by_name() {
        let refused = serde_json::from_str::<CreateSession>(r#"{"wcid": "wxid_a"}"#).unwrap_err();
        assert!(refused.to_string().contains("unknown field `wcid`"), "{refused}");
        let refused = serde_json::from_str::<EnterCode>(r#"{"code": "1", "x": 1}"#).unwrap_err();
        assert!(refused.to_string().contains("unknown field `x`"), "{refused}");
    }

    #[test]
    fn only_what_was_said_is_sent() {
        assert_eq!(serde_json::to_string(&CreateSession::default()).unwrap(), "{}");
        let create = CreateSession { proxy: Some(8), force: true, ..CreateSession::default() };
        assert_eq!(serde_json::to_string(&create).unwrap(), r#"{"proxy":8,"force":true}"#);
    }

    #[test]
    fn secrets_in_bodies_do_not_print() {
        let code = EnterCode { code: Secret::new("123456") };
        assert_eq!(format!("{code:?}"), "EnterCode { code: … }");
    }
}
