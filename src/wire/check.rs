//! How a daemon stands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer to `GET /v1/check`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The daemon's version.
    pub version: String,
    /// Where everything is kept.
    pub store: StoreCheck,
    /// System A.
    pub platform: PlatformCheck,
    /// Accounts that are known …
    pub accounts: usize,
    /// … and how many of them are online.
    pub accounts_online: usize,
    /// Sessions that are online.
    pub sessions_online: usize,
    /// Sessions that a person is still to complete.
    pub sessions_in_flight: usize,
    /// Tokens that are known.
    pub tokens: usize,
}

/// What can be said of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreCheck {
    /// Whether changes are taken.
    pub writable: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Bytes on disk; absent while the store is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What can be said of the platform, going by the last time it was asked who is online.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformCheck {
    /// Whether it gave an answer that can be read; `null` where it was not asked yet.
    #[schema(required)]
    pub answers: Option<bool>,
    /// What was wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
