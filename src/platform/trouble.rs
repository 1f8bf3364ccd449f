//! What can go wrong with a call to the platform. None of it says anything about a login.
//!
//! `Display` is safe for logs and for API callers: it never carries what the platform sent, with one exception,
//! the sentence of a refusal, which is meant for people. The rest of the platform's words is in
//! [`Trouble::body_excerpt`], for the log alone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::exchange::ExchangeError;

/// Why a call brought no answer that can be acted upon.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No connection: the name is unknown, nobody listens, TLS fails.
    #[error("the platform cannot be reached")]
    Unreachable(#[source] io::Error),
    /// The connection broke, or the answer was late or too large.
    #[error("the platform brought no whole answer")]
    Exchange(#[source] ExchangeError),
    /// A gateway's answer rather than the platform's: everything but 2xx.
    #[error("the platform answered with HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
        /// What came with it.
        body: Excerpt,
    },
    /// The answer is none that the platform is known to give.
    #[error("the platform's answer cannot be understood: {fault}")]
    Unreadable {
        /// What is wrong with it.
        fault: Fault,
        /// What it was.
        body: Excerpt,
    },
    /// A success that lacks what the call is for.
    #[error("the platform reports success without {missing}")]
    Incomplete {
        /// What is missing.
        missing: &'static str,
        /// What was there.
        body: Excerpt,
    },
    /// The `Authorization` key is not, or no longer, valid.
    #[error("the platform refuses the key it was called with")]
    KeyRefused {
        /// What it said.
        body: Excerpt,
    },
    /// A recognised failure, `"1001"`.
    #[error("the platform refuses: {sentence}")]
    Refused {
        /// The platform's own sentence, bounded and without secrets.
        sentence: String,
    },
    /// `/member/login` answered with `status` 1.
    #[error("the platform account is frozen")]
    AccountFrozen,
    /// `/member/login` answered with `status` 2.
    #[error("the platform account has expired")]
    AccountExpired,
    /// A new key is not used before it is kept: every restart would need another.
    #[error("the platform's new key could not be kept: {0}")]
    KeyNotKept(String),
    /// There is no key, and `/member/login` brought none.
    #[error("logging in at the platform failed")]
    LoginFailed(#[source] Arc<Trouble>),
    /// The last `/member/login` failed so recently that another one waits.
    #[error("logging in at the platform failed; the next attempt is {} s away", wait.as_secs() + 1)]
    LoginPaused {
        /// How long another attempt waits.
        wait: Duration,
        /// How the last one failed.
        #[source]
        last: Arc<Trouble>,
    },
}

/// What makes an answer unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// The text is no JSON: an HTML page, half a body.
    #[error("it is not JSON")]
    NotJson,
    /// A name occurs twice in one object, so that it has two meanings.
    #[error("a member occurs twice")]
    Repeated,
    /// JSON, but no object.
    #[error("it is not an object")]
    NotAnObject,
    /// A member has a type that the platform never gives it.
    #[error("`{0}` has an unknown type")]
    Mistyped(&'static str),
    /// A member has a value that cannot be.
    #[error("`{0}` has an impossible value")]
    Impossible(&'static str),
    /// Neither success nor failure.
    #[error("its `code` is unknown")]
    UnknownCode,
}

/// Part of an answer for the log: at most 512 characters, without control characters and secrets.
/// Only the platform client makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(pub(super) Box<str>);

impl Trouble {
    /// Whether the platform itself said no. Everything else is a platform that cannot be reached or understood.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::KeyRefused { .. } | Self::Refused { .. } | Self::AccountFrozen | Self::AccountExpired => {
                true
            }
            Self::LoginFailed(last) | Self::LoginPaused { last, .. } => last.is_refusal(),
            _ => false,
        }
    }

    /// What the platform sent, for the log only: bounded, without control characters and secrets.
    pub fn body_excerpt(&self) -> Option<&str> {
        match self {
            Self::Status { body, .. }
            | Self::Unreadable { body, .. }
            | Self::Incomplete { body, .. }
            | Self::KeyRefused { body } => Some(&body.0),
            Self::LoginFailed(last) => last.body_excerpt(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn only_what_the_platform_itself_said_is_a_refusal() {
        let refused = Trouble::Refused { sentence: "失败".to_owned() };
        assert!(refused.is_refusal());
        let paused = Trouble::LoginPaused { wait: Duration::from_secs(3), last: Arc::new(refused) };
        assert!(paused.is_refusal());
        assert!(!Trouble::Unreachable(io::ErrorKind::ConnectionRefused.into()).is_refusal());
    }

    #[test]
    fn the_platforms_body_is_for_the_log_only() {
        let trouble = Trouble::Status { status: 502, body: Excerpt("<html>nginx".into()) };
        assert_eq!(trouble.to_string(), "the platform answered with HTTP status 502");
        assert_eq!(trouble.body_excerpt(), Some("<html>nginx"));
    }

    #[test]
    fn a_pause_says_how_long_and_keeps_its_cause() {
        let last = Arc::new(Trouble::AccountFrozen);
        let paused = Trouble::LoginPaused { wait: Duration::from_millis(29_500), last };
        assert_eq!(paused.to_string(), "logging in at the platform failed; the next attempt is 30 s away");
        assert_eq!(paused.source().unwrap().to_string(), "the platform account is frozen");
    }
}
