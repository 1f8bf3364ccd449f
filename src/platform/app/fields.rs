//! The parameters of a request as they came, from a form or from JSON: what a caller sends before anything is known
//! of it.
//!
//! What the seed leaves open is decided here, once for all parameters:
//!
//! * An empty text and `null` are as good as no parameter.
//! * A parameter that occurs twice is a list, and so of the wrong type: which of its values is meant, nobody can
//!   know.
//! * An integer is one in its shortest spelling: in a form its digits, in JSON a number. `"12"` in JSON is a text.
//! * Bytes of a form that are no UTF-8 are no text. They show as U+FFFD, which therefore is none either.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use super::refusal::Refusal;
use crate::platform::json::Members;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/json`
    Json,
}

impl Encoding {
    /// For the header `Content-Type`.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

/// The parameters of a request, unchecked.
pub struct Fields {
    pub(super) encoding: Encoding,
    fields: HashMap<String, Field>,
}

enum Field {
    /// Once in a form.
    Written(String),
    /// Once in JSON.
    Value(Value),
    /// More than once.
    Repeated,
}

/// A parameter of another type than is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistyped;

/// Shows the names alone: among the values is a code.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fields").field(&self.encoding).field(&self.fields.keys()).finish()
    }
}

impl Fields {
    /// The parameters in a body, by what its `Content-Type` says it is; 400 for a type that the seed does not know,
    /// and for JSON that is no object.
    pub fn read(content_type: Option<&str>, body: &[u8]) -> Result<Self, Refusal> {
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or("").trim();
        let is = |encoding: Encoding| media_type.eq_ignore_ascii_case(encoding.media_type());
        if is(Encoding::Form) {
            Ok(Self::form(body))
        } else if is(Encoding::Json) {
            Self::json(body)
        } else {
            Err(Refusal::UNKNOWN_MEDIA_TYPE)
        }
    }

    fn form(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        Self::of(Encoding::Form, pairs.map(|(name, value)| (name.into(), Field::Written(value.into()))))
    }

    fn json(body: &[u8]) -> Result<Self, Refusal> {
        let Members(members) = serde_json::from_slice(body).map_err(|_| Refusal::BODY_IS_NO_OBJECT)?;
        let fields = members.into_iter().map(|(name, value)| (name, Field::Value(value)));
        Ok(Self::of(Encoding::Json, fields))
    }

    fn of(encoding: Encoding, pairs: impl Iterator<Item = (String, Field)>) -> Self {
        let mut fields = HashMap::new();
        for (name, field) in pairs {
            fields.entry(name).and_modify(|field| *field = Field::Repeated).or_insert(field);
        }
        Self { encoding, fields }
    }

    /// Which app is meant; `None` where there is no telling.
    pub fn appkey(&self) -> Option<&str> {
        self.text("appkey").ok().flatten()
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Mistyped> {
        let text = match self.fields.get(name) {
            None | Some(Field::Value(Value::Null)) => return Ok(None),
            Some(Field::Written(text)) if text.contains(char::REPLACEMENT_CHARACTER) => return Err(Mistyped),
            Some(Field::Written(text) | Field::Value(Value::String(text))) => text,
            Some(Field::Value(_) | Field::Repeated) => return Err(Mistyped),
        };
        Ok(Some(text.as_str()).filter(|text| !text.is_empty()))
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Mistyped> {
        let integer = match self.fields.get(name) {
            None | Some(Field::Value(Value::Null)) => return Ok(None),
            Some(Field::Written(text) | Field::Value(Value::String(text))) if text.is_empty() => {
                return Ok(None);
            }
            Some(Field::Written(text)) => {
                text.parse().ok().filter(|integer: &i64| integer.to_string() == *text)
            }
            Some(Field::Value(value)) => value.as_i64(),
            Some(Field::Repeated) => None,
        };
        integer.map(Some).ok_or(Mistyped)
    }
}
