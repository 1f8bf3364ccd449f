//! The parameters of a call: all of them are in the query (seed 001, "Request Type").

use std::borrow::Cow;

use hyper::Uri;

/// A call's parameters, in the order they came.
#[derive(Debug)]
pub(super) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// How one parameter was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent<'a> {
    /// Not at all, or with nothing but blanks.
    Empty,
    Once(&'a str),
    Repeated,
}

impl<'a> Query<'a> {
    pub(super) fn of(uri: &'a Uri) -> Self {
        Self(form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect())
    }

    pub(super) fn sent(&self, name: &str) -> Sent<'_> {
        let values: Vec<&str> =
            self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect();
        match values[..] {
            [] => Sent::Empty,
            [value] if value.trim().is_empty() => Sent::Empty,
            [value] => Sent::Once(value),
            _ => Sent::Repeated,
        }
    }

    /// Whether a parameter is there, be it empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}
