//! The public form of tokens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{Generation, TokenId, Version};
use crate::token::{self, System, TokenRules, TokenState, Trouble};

/// A token as everybody may see it: everything but the token itself, sealed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// Grows by one with every change.
    pub version: Version,
    /// Which pair it is; grows by one with every refresh.
    pub generation: Generation,
    /// When the login brought the first one.
    pub obtained_at: Timestamp,
    /// When the last refresh brought this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Timestamp>,
    /// The end of the access token.
    pub expires_at: Timestamp,
    /// The end of the refresh token, where the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<Timestamp>,
    /// When it is refreshed next; a past time where that is going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_refresh_at: Option<Timestamp>,
    /// What keeps it from being refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

impl Token {
    /// The public form of `token`, whose next refresh the `rules` say.
    pub fn of(token: &token::Token, rules: &TokenRules) -> Self {
        Self {
            id: token.id.clone(),
            system: token.system,
            app: token.app.clone(),
            uid: token.uid.clone(),
            state: token.state,
            version: token.version,
            generation: token.generation,
            obtained_at: token.obtained_at,
            refreshed_at: token.refreshed_at,
            expires_at: token.access.expires_at,
            refresh_expires_at: token.refresh.as_ref().and_then(|refresh| refresh.expires_at),
            next_refresh_at: token.refresh_at(rules),
            trouble: token.trouble.clone(),
        }
    }
}
