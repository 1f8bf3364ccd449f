//! What a caller sends: the parameters of a query string, of a JSON body, or of both.
//!
//! Nothing is thrown away before it is understood: a name that occurs twice, in one place or in both, stays there
//! twice, so that [`Login::read`](super::Login::read) can refuse it in the documented order.

use std::borrow::Cow;
use std::fmt;

use form_urlencoded::parse;
use serde_json::Value;
use serde_json::error::Category;

use crate::platform::Fault;
use crate::platform::json::Members;

/// The parameters of one call. Their values are not shown: one of them is a login code.
#[derive(Default)]
pub struct Fields(Vec<(String, Sent)>);

/// A parameter as it came; `None` for bytes of a query that are no text in UTF-8.
type Sent = Option<Value>;

/// What there is of one parameter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    /// It was not sent, or as `null`.
    Absent,
    /// It was sent once.
    Sole(&'a Value),
    /// It was sent more than once, and which one is meant, nobody can know; or as bytes that are no text.
    Unreadable,
}

impl Fields {
    /// The parameters of a query string, without its question mark; every value is a text. Bytes that are none show
    /// as U+FFFD, which therefore is none either: signed and sent, it would be another code than the caller's.
    pub fn from_query(query: &str) -> Self {
        let text = |value: Cow<'_, str>| {
            (!value.contains(char::REPLACEMENT_CHARACTER)).then(|| Value::from(value.into_owned()))
        };
        Self(parse(query.as_bytes()).map(|(name, value)| (name.into(), text(value))).collect())
    }

    /// The parameters of a JSON body, which must be an object.
    pub fn from_json(body: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(body).map_err(|_| Fault::NotUtf8)?;
        match serde_json::from_str(text) {
            Ok(Members(members)) => {
                Ok(Self(members.into_iter().map(|(name, value)| (name, Some(value))).collect()))
            }
            Err(error) if error.classify() == Category::Data => Err(Fault::NotAnObject),
            Err(_) => Err(Fault::NotJson),
        }
    }

    /// These, and those that came in another place of the same call.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    pub(super) fn get(&self, name: &str) -> Field<'_> {
        let mut found = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (None | Some(Some(Value::Null)), None) => Field::Absent,
            (Some(Some(value)), None) => Field::Sole(value),
            (Some(None), None) | (_, Some(_)) => Field::Unreadable,
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
