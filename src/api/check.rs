//! How the daemon stands, for whoever looks after it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use tokio::time::timeout;
use wxlogin_state::StateName;

use super::Api;
use super::problem::Refused;
use crate::driver::{Footing, StoreState};
use crate::wire::{Check, PlatformCheck, ProblemCode, StoreCheck};

/// How long the driver may take to answer; a commit takes milliseconds, opening a large store some seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// `GET /v1/check`: version, store, platform as far as it was heard of, and how much there is of everything.
pub(super) async fn check(State(api): State<Arc<Api>>) -> Result<Json<Check>, Refused> {
    let footing = timeout(PATIENCE, api.driver.footing()).await.map_err(|_| {
        let detail =
            "the driver does not answer; journalctl -u wxlogind may say why, a restart loses nothing";
        Refused::new(ProblemCode::Internal, detail)
    })?;
    let Footing { platform, store_bytes } = footing?;
    let trouble = match api.driver.store_state() {
        StoreState::Writable => None,
        StoreState::ReadOnly(read_only) => Some(read_only.to_string()),
    };
    let view = &api.view;
    let (accounts, accounts_online) = view.count_accounts();
    Ok(Json(Check {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: StoreCheck { writable: trouble.is_none(), trouble, bytes: store_bytes },
        platform: PlatformCheck {
            answers: platform.as_ref().map(Result::is_ok),
            trouble: platform.and_then(Result::err),
        },
        accounts,
        accounts_online,
        sessions_online: view.count(StateName::Online),
        sessions_in_flight: view.count_in_flight(),
        tokens: view.count_tokens(),
    }))
}
