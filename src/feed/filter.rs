//! Which events somebody wants: by type, by account.

use std::fmt;
use std::str::FromStr;

use wxlogin_state::WcId;

use super::Posted;

/// Lets events through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of one of these types; of all where there are none.
    pub kinds: Vec<Kinds>,
    /// Only those of this account.
    pub wc_id: Option<WcId>,
}

/// One type, or all that begin with the same word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kinds {
    /// `session.online`
    One(String),
    /// `session.*`, kept with its dot.
    Under(String),
}

/// A text that is no list of types.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no type of event: one looks like session.online, and session.* is all that begin so")]
pub struct Malformed(String);

impl Filter {
    /// The types in a list with commas: `session.*,account.scan-needed`.
    pub fn kinds(list: &str) -> Result<Vec<Kinds>, Malformed> {
        list.split(',').map(|name| name.trim().parse()).collect()
    }

    /// Whether it lets this event through.
    pub fn lets(&self, posted: &Posted) -> bool {
        let (kind, wc_id) = (posted.kind(), posted.wc_id());
        (self.kinds.is_empty() || self.kinds.iter().any(|kinds| kinds.has(kind)))
            && (self.wc_id.is_none() || self.wc_id.as_ref() == wc_id)
    }
}

impl Kinds {
    fn has(&self, kind: &str) -> bool {
        match self {
            Self::One(name) => name == kind,
            Self::Under(beginning) => kind.starts_with(beginning),
        }
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => f.write_str(name),
            Self::Under(beginning) => write!(f, "{beginning}*"),
        }
    }
}

impl FromStr for Kinds {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let name = text.strip_suffix(".*").unwrap_or(text);
        if !name.split('.').all(is_word) {
            return Err(Malformed(text.to_owned()));
        }
        // A word alone is no type, but the beginning of some.
        Ok(match text.strip_suffix('*') {
            Some(beginning) => Self::Under(beginning.to_owned()),
            None if name.contains('.') => Self::One(name.to_owned()),
            None => return Err(Malformed(text.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::posted::tests::event;

    fn posted(kind: &str, wc_id: Option<&str>) -> Posted {
        let mut event = event(1);
        (event.kind, event.wc_id) = (kind.to_owned(), wc_id.map(|wc_id| wc_id.parse().unwrap()));
        Posted::new(event)
    }

    #[test]
    fn types_are_named_one_by_one_or_by_their_beginning() {
        let filter = Filter { kinds: Filter::kinds("session.*, account.scan-needed").unwrap(), wc_id: None };
        for (kind, wanted) in [
            ("session.online", true),
            ("session.dropped", true),
            ("account.scan-needed", true),
            ("account.scan-needed-no-more", false),
            ("account.settled", false),
            ("sessions.online", false),
        ] {
            assert_eq!(filter.lets(&posted(kind, None)), wanted, "{kind}");
        }
        assert!(Filter::default().lets(&posted("token.active", None)));
    }

    #[test]
    fn an_account_is_told_from_others_and_from_none() {
        let filter = Filter { kinds: Vec::new(), wc_id: Some("wxid_a".parse().unwrap()) };
        assert!(filter.lets(&posted("session.online", Some("wxid_a"))));
        assert!(!filter.lets(&posted("session.online", Some("wxid_b"))));
        assert!(!filter.lets(&posted("fleet.storm", None)));
    }

    #[test]
    fn what_can_be_no_type_is_refused() {
        for text in
            ["", "session", "*", ".*", "session.", "session*", "session.*.x", "Session.online", "a.b,"]
        {
            assert!(Filter::kinds(text).is_err(), "{text}");
        }
    }
}
