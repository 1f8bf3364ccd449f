//! A token: what one user's login by app (system B) or official account (system C) has brought.
//!
//! ```text
//!   a login ──► active ──────────────────► expiring ─────────────► expired ──── `keep_expired` ───► removed
//!                 ▲    its end is near, and         its end is here    │
//!                 │    no refresh is in sight                          │
//!                 └─────────────── a refresh, as long as the refresh token lives (C) ┘
//! ```
//!
//! B has no refresh call: only a new code helps, so its end is told ahead. C's pairs are refreshed ahead of their
//! end, by a duty ([`Token::duty`]) that is derived like those of sessions. Every pair has a [`Generation`]: a
//! result that belongs to an earlier one moves nothing, so a slow refresh never overwrites a newer pair.
//!
//! The record holds sealed texts only ([`seal`](crate::seal)): opening one takes the key and happens at use.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{Generation, TokenId, Version};
use crate::seal::Sealed;

mod input;
mod pair;
mod rules;
mod take;
mod times;

pub use input::{Obtained, TokenChange, TokenInput, TokenMove, TokenUnmoved};
pub use pair::{Pair, Plain};
pub use rules::TokenRules;
pub use times::TokenDuty;

/// One token and what it is refreshed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The daemon's name for it.
    pub id: TokenId,
    /// Which system gave it.
    pub system: System,
    /// For which app: the appkey (B) or appId (C).
    pub app: String,
    /// For which user, where the system says (B).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Where it stands.
    pub state: TokenState,
    /// When that was last found to be news.
    pub state_since: Timestamp,
    /// Grows by one with every change, but for a new key.
    pub version: Version,
    /// Which pair this is.
    pub generation: Generation,
    /// When the login brought the first one.
    pub obtained_at: Timestamp,
    /// When the last refresh brought this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Timestamp>,
    /// What services use.
    pub access: Access,
    /// What brings the next pair (C).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Refresh>,
    /// The next refresh, where something else than the end of this pair says when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// What keeps it from being refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// Which of the systems it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// System B, app login (seed 000).
    App,
    /// System C, official-account login (seed 001).
    OfficialAccount,
}

/// Where a token stands, in the order in which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// It can be used.
    Active,
    /// It can be used, but not for long, and no refresh is in sight.
    Expiring,
    /// It cannot be used.
    Expired,
}

/// What services use: the access token, sealed for this generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The token.
    pub sealed: Sealed,
    /// Its end, as the system says (unix seconds there).
    pub expires_at: Timestamp,
}

/// What brings the next pair: the refresh token. A refresh that brings no new one leaves it in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    /// The token.
    pub sealed: Sealed,
    /// The generation that it came with, and is sealed for.
    pub generation: Generation,
    /// Its end, where the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Why it is of no use any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<RefreshEnd>,
}

/// Why a refresh token is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshEnd {
    /// The system refused it.
    Refused,
    /// Its time is over.
    Over,
}

/// When a refresh is tried next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Then.
    pub at: Timestamp,
    /// When that was decided: where the clock is set back since, the time between the two still holds.
    pub set_at: Timestamp,
}

/// What keeps a token from being refreshed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// In a sentence, as whoever asked the system told it.
    pub what: String,
    /// When it was last met.
    pub at: Timestamp,
    /// How often in a row.
    pub in_a_row: u32,
}

impl System {
    /// Its name in records, listings and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::OfficialAccount => "official-account",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TokenState {
    /// Its name in records, listings and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
