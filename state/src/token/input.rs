//! What can happen to a token, and what can come of it.

use jiff::Timestamp;

use super::{Pair, System, Token};
use crate::id::Generation;
use crate::notice::TokenNotice;

/// What a person or a service must do where nothing else helps.
pub(super) const LOG_IN: &str = "log the user in again with a new code: nothing else brings a new token";

/// A login that has just brought a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obtained {
    /// Which system gave it.
    pub system: System,
    /// For which app: the appkey (B) or appId (C).
    pub app: String,
    /// For which user, where the system says (B).
    pub uid: Option<String>,
    /// The pair; what it is sealed for is the token's name and generation.
    pub pair: Pair,
}

/// What can happen to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenInput {
    /// The clock passed a time that [`Token::due_at`] named. Also at start, after a reload and after the clock was
    /// set back, where it changes nothing if all is as it should be.
    TimeCame,
    /// The system gave the pair after that of this generation.
    Refreshed {
        /// The generation that was refreshed.
        generation: Generation,
        /// The pair, sealed for the generation after it.
        pair: Pair,
    },
    /// The system could not be asked, or its answer not be read: that says nothing about the token.
    RefreshFailed {
        /// The generation that was to be refreshed.
        generation: Generation,
        /// Why, in a sentence without secrets.
        what: String,
    },
    /// The system refused this refresh token, recognisably.
    RefreshRefused {
        /// The generation that was to be refreshed.
        generation: Generation,
        /// Its words, without secrets.
        what: String,
    },
    /// Somebody fetches it: one that is over, or nearly, is to be refreshed now.
    Wanted,
}

/// What an input makes of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "taken apart at once; a box would be an allocation for each change"
)]
pub enum TokenMove {
    /// This; to be committed before anybody sees or uses it.
    Changed(TokenChange),
    /// It has been over for so long that it is listed no more.
    Removed,
}

/// A token that is new or changed, and what the journal says of it, in that order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenChange {
    /// The token.
    pub token: Token,
    /// What is said.
    pub said: Vec<TokenNotice>,
}

/// Why nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenUnmoved {
    /// The result belongs to a pair that is not the one there is.
    #[error("the result belongs to pair {given} of the token, which has pair {current} by now")]
    Stale {
        /// The generation that the result names.
        given: Generation,
        /// The one there is.
        current: Generation,
    },
    /// The pair would not open: it is sealed for another place.
    #[error("the pair is sealed for another token or another generation")]
    Misplaced,
    /// No time that matters has come.
    #[error("nothing is due for the token")]
    NotDue,
    /// It lasts for a while.
    #[error("the token can be used as it is")]
    StillGood,
    /// Its duty is to be refreshed now.
    #[error("the token is being refreshed")]
    Refreshing,
    /// The last try was a moment ago.
    #[error("the token was tried to be refreshed a moment ago; it is not asked for again before {until}")]
    TooSoon {
        /// Until then.
        until: Timestamp,
    },
    /// The system knows no refresh, or the refresh token is of no use any more.
    #[error("the token cannot be refreshed; {LOG_IN}")]
    NoRefresh,
}
