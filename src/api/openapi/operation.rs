//! One operation: what is asked, what is answered, what may be refused; each with an example.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, path};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::{Problem, ProblemCode};

/// A schema and its name.
pub(super) type Named = (String, RefOr<Schema>);

/// The media type of problems.
const PROBLEM: &str = "application/problem+json";

/// What a path names, as it is spelt in public, with an example.
const PARAMETERS: [(&str, &str, &str, &str); 6] = [
    ("w_id", "wId", "The session.", "0000016e-63eb-f319-0001-ed01076abf1f"),
    ("wc_id", "wcId", "The account.", "wxid_ylxtxxg0p8bx22"),
    ("id", "id", "The token.", "app-0000018d2f6c"),
    ("secret", "secret", "What the link ends with.", "the-secret"),
    ("n", "n", "The receiver, counted from 1 in the order of the configuration.", "1"),
    ("file", "file", "The file's name.", "app.js"),
];

/// A path as the public spells it.
pub(super) fn spelt(path: &str) -> String {
    PARAMETERS.iter().fold(path.to_owned(), |path, (inner, public, ..)| {
        path.replace(&format!("{{{inner}}}"), &format!("{{{public}}}"))
    })
}

/// What is said about one route.
pub(in crate::api) struct Operation {
    inner: OperationBuilder,
    body: Option<RequestBodyBuilder>,
    refusals: Vec<ProblemCode>,
    schemas: Vec<Named>,
    is_open: bool,
}

impl Operation {
    /// An operation of this name, in the chapter `tag`.
    pub(in crate::api) fn new(tag: &str, name: &str, summary: &str) -> Self {
        Self {
            inner: OperationBuilder::new().tag(tag).operation_id(Some(name)).summary(Some(summary)),
            body: None,
            refusals: Vec::new(),
            schemas: Vec::new(),
            is_open: false,
        }
    }

    /// What else is to be said.
    pub(in crate::api) fn says(mut self, description: &str) -> Self {
        self.inner = self.inner.description(Some(description));
        self
    }

    /// Goes without a token.
    pub(in crate::api) fn open_to_all(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// May be asked with `name` in the query.
    pub(in crate::api) fn query<T: ToSchema>(self, name: &str, description: &str) -> Self {
        self.parameter(ParameterIn::Query, name, description, T::schema())
    }

    /// Pages: `limit` and `after`.
    pub(in crate::api) fn paged(self) -> Self {
        self.query::<u16>("limit", "Most rows, 1 to 500; 100 where it is absent.")
            .query::<String>("after", "The `next` of the page before.")
    }

    /// May be asked with this header.
    pub(in crate::api) fn header(self, name: &str, description: &str) -> Self {
        self.parameter(ParameterIn::Header, name, description, String::schema())
    }

    fn parameter(mut self, place: ParameterIn, name: &str, description: &str, schema: RefOr<Schema>) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(Required::False);
        self.inner = self.inner.parameter(parameter.description(Some(description)).schema(Some(schema)));
        self
    }

    /// Takes a JSON body.
    pub(in crate::api) fn takes<T: ToSchema>(self, example: Value) -> Self {
        self.takes_as::<T>("application/json", Required::True, example)
    }

    /// Takes a JSON body that may be left out.
    pub(in crate::api) fn may_take<T: ToSchema>(self, example: Value) -> Self {
        self.takes_as::<T>("application/json", Required::False, example)
    }

    /// Takes a body of this type as well.
    pub(in crate::api) fn takes_as<T: ToSchema>(
        mut self,
        kind: &str,
        required: Required,
        example: Value,
    ) -> Self {
        let content = ContentBuilder::new().schema(Some(self.reference::<T>())).example(Some(example));
        let body = self.body.take().unwrap_or_default();
        self.body = Some(body.required(Some(required)).content(kind, content.build()));
        self
    }

    /// Answers so, in JSON.
    pub(in crate::api) fn answers<T: ToSchema>(
        mut self,
        status: u16,
        description: &str,
        example: Value,
    ) -> Self {
        let content = ContentBuilder::new().schema(Some(self.reference::<T>())).example(Some(example));
        let answer = ResponseBuilder::new().description(description);
        self.response(status, answer.content("application/json", content.build()))
    }

    /// Answers so, in JSON or as this other media type, as `Accept` says.
    pub(in crate::api) fn answers_or<T: ToSchema>(
        mut self,
        description: &str,
        example: Value,
        (kind, text): (&str, &str),
    ) -> Self {
        let json = ContentBuilder::new().schema(Some(self.reference::<T>())).example(Some(example));
        let other = ContentBuilder::new().schema(Some(String::schema())).example(Some(text.into()));
        let answer =
            ResponseBuilder::new().description(description).content("application/json", json.build());
        self.response(200, answer.content(kind, other.build()))
    }

    /// Answers with texts or bytes of these media types, each with an example.
    pub(in crate::api) fn answers_as(self, description: &str, kinds: &[(&str, &str)]) -> Self {
        let mut answer = ResponseBuilder::new().description(description);
        for (kind, example) in kinds {
            let content =
                ContentBuilder::new().schema(Some(String::schema())).example(Some((*example).into()));
            answer = answer.content(*kind, content.build());
        }
        self.response(200, answer)
    }

    /// Answers with nothing but this status.
    pub(in crate::api) fn answers_nothing(self, status: u16, description: &str) -> Self {
        self.response(status, ResponseBuilder::new().description(description))
    }

    fn response(mut self, status: u16, answer: ResponseBuilder) -> Self {
        self.inner = self.inner.response(status.to_string(), answer.build());
        self
    }

    /// May refuse for these reasons, besides those of every route.
    pub(in crate::api) fn refuses(mut self, codes: &[ProblemCode]) -> Self {
        self.refusals.extend_from_slice(codes);
        self
    }

    /// The operation at `path`, and the schemas that it names.
    pub(super) fn at(mut self, path: &str) -> (path::Operation, Vec<Named>) {
        for (inner, public, description, example) in PARAMETERS {
            if path.contains(&format!("{{{inner}}}")) {
                self.inner = self.inner.parameter(named(public, description, example));
            }
        }
        let mut statuses: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
        for code in std::mem::take(&mut self.refusals) {
            statuses.entry(code.status()).or_default().push(code);
        }
        let schema = self.reference::<Problem>();
        let refusal = |description: String, code: &ProblemCode| {
            let problem = Problem::new(code.clone(), code.title());
            let example = serde_json::to_value(problem).unwrap_or_default();
            let content = ContentBuilder::new().schema(Some(schema.clone())).example(Some(example));
            ResponseBuilder::new().description(description).content(PROBLEM, content.build()).build()
        };
        for (status, codes) in statuses {
            let told = codes.iter().map(|code| format!("`{code}`: {}", code.title())).collect::<Vec<_>>();
            let told = refusal(told.join("; "), &codes[0]);
            self.inner = self.inner.response(status.to_string(), told);
        }
        let other = "Any other problem, such as `unauthorized`, `misdirected` or `internal`.";
        let other = refusal(other.to_owned(), &ProblemCode::Unauthorized);
        self.inner = self.inner.response("default", other);
        if self.is_open {
            self.inner = self.inner.security(SecurityRequirement::default());
        }
        let body = self.body.take().map(RequestBodyBuilder::build);
        (self.inner.request_body(body).build(), self.schemas)
    }

    /// Refers to the schema of `T`, which goes along.
    fn reference<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        Ref::from_schema_name(T::name()).into()
    }
}

fn named(name: &str, description: &str, example: &str) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
    let parameter = parameter.required(Required::True).schema(Some(String::schema()));
    parameter.description(Some(description)).example(Some(example.into())).build()
}
