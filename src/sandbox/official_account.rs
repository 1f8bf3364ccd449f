//! System C as its platform serves it (seed 001; protocol.md, system C): the login of an official account's users,
//! and the refresh of their tokens. What the documents leave open is chosen here, and told by the sandbox's help.
//!
//! ```text
//!   door: tally, script ──► query ──► check, in the table's order ──► desk: codes used, tokens issued
//! ```

mod check;
mod desk;
mod door;
mod query;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::{Json, Router};
use hyper::{StatusCode, Uri};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use self::check::Refused;
use self::desk::{Desk, Issued};
use self::query::Query;
use super::hub::Hub;
use crate::clock::Clock;

/// The official account that a sandbox knows.
pub const APP_ID: &str = "wx5a4db0c500000001";

/// The user domain that it belongs to.
pub const USER_DOMAIN: &str = "users.sandbox";

/// `userDomainSecret` of that domain. It guards nothing but a simulation.
pub const USER_DOMAIN_SECRET: &str = "sandbox-user-domain-secret";

const LOGIN: &str = "/v2/enduser/enduserapi/wechatOffiaccountAuthLogin";
const REFRESH: &str = "/v2/enduser/enduserapi/refreshToken";

/// Every call of system C.
pub(super) const CALLS: &[&str] = &[LOGIN, REFRESH];

/// How a sandbox's tokens live.
#[derive(Debug, Clone)]
pub struct OfficialAccountSettings {
    /// How long an access token lives.
    pub access_lifetime: Duration,
    /// How long a refresh token lives.
    pub refresh_lifetime: Duration,
    /// Whether a refresh token is worthless as soon as it has been exchanged. Else it stays good until the one that
    /// it was exchanged for is used, so that an answer that is lost costs nothing.
    pub strict_rotation: bool,
}

impl Default for OfficialAccountSettings {
    fn default() -> Self {
        Self {
            // protocol.md, system C: "the access token lives 2 hours again".
            access_lifetime: Duration::from_hours(2),
            refresh_lifetime: Duration::from_hours(30 * 24),
            strict_rotation: false,
        }
    }
}

/// What a test may turn while the sandbox runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    #[serde(default, deserialize_with = "duration")]
    access_lifetime: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    refresh_lifetime: Option<Duration>,
    strict_rotation: Option<bool>,
    /// Makes every refresh token worthless.
    #[serde(default)]
    revoke_tokens: bool,
}

#[derive(Debug)]
struct Office {
    hub: Arc<Hub>,
    desk: Mutex<Desk>,
}

impl Office {
    /// A poisoned lock means that a bug panicked while holding it; the data are whole.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calls of system C, and the sandbox's own switch for them.
pub(super) fn routes(hub: &Arc<Hub>, clock: Clock, settings: OfficialAccountSettings) -> Router {
    let office = Arc::new(Office { hub: hub.clone(), desk: Mutex::new(Desk::new(clock, settings)) });
    Router::new()
        .route(LOGIN, post(log_in))
        .route(REFRESH, put(refresh))
        .route_layer(from_fn_with_state(office.clone(), door::door))
        .route("/sandbox/official-account", post(change))
        .with_state(office)
}

async fn log_in(State(office): State<Arc<Office>>, uri: Uri) -> Result<Issued, Refused> {
    let query = Query::of(&uri);
    let code = check::login(&query)?;
    office.desk().log_in(code)
}

async fn refresh(State(office): State<Arc<Office>>, uri: Uri) -> Result<Issued, Refused> {
    let query = Query::of(&uri);
    let token = check::refresh(&query)?;
    office.desk().refresh(token)
}

async fn change(State(office): State<Arc<Office>>, Json(change): Json<Change>) -> StatusCode {
    let mut desk = office.desk();
    let settings = desk.settings();
    if let Some(lifetime) = change.access_lifetime {
        settings.access_lifetime = lifetime;
    }
    if let Some(lifetime) = change.refresh_lifetime {
        settings.refresh_lifetime = lifetime;
    }
    if let Some(strict) = change.strict_rotation {
        settings.strict_rotation = strict;
    }
    if change.revoke_tokens {
        desk.revoke();
    }
    StatusCode::NO_CONTENT
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map(Some).map_err(serde::de::Error::custom)
}

impl IntoResponse for Issued {
    fn into_response(self) -> Response {
        let token = |token: &str, ends: i64| json!({"expirationTime": ends, "token": token});
        Json(json!({
            "code": 200,
            "data": {
                "accessToken": token(&self.access, self.access_ends),
                "refreshToken": token(&self.refresh, self.refresh_ends),
            },
            "extMsg": "",
            "msg": "Login successful",
        }))
        .into_response()
    }
}

impl IntoResponse for Refused {
    /// HTTP 200 whatever happened, as in system A.
    fn into_response(self) -> Response {
        Json(json!({"code": self.code, "data": null, "extMsg": self.why, "msg": self.sentence()}))
            .into_response()
    }
}
