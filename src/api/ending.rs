//! Ending a session: logging out at the platform, or abandoning a login in flight.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::sleep;
use wxlogin_state::{Input, StateName, WId, WcId};

use super::Api;
use super::body::SessionPath;
use super::problem::Refused;
use super::sessions::rendered;
use crate::driver::{Denied, StoreState};
use crate::platform::Pace;
use crate::view::SessionEntry;
use crate::wire::ProblemCode;

/// `DELETE /v1/sessions/{wId}`: logs out an online session, abandons a login in flight.
pub(super) async fn end(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
) -> Result<Response, Refused> {
    let session = api.view.session(&w_id).ok_or_else(|| Refused::no_session(&w_id))?;
    let ended = if session.state.name() == StateName::Online {
        // What cannot be noted is not done: the session would go on being shown as online.
        if let StoreState::ReadOnly(reason) = api.driver.store_state() {
            return Err(Denied::Unwritable(reason).into());
        }
        // A task of its own: a caller who hangs up does not keep what the platform did from being noted.
        let done = tokio::spawn(async move { log_out(&api, &session).await }).await;
        done.map_err(|_| Refused::new(ProblemCode::Internal, "logging out failed"))??
    } else {
        api.driver.apply(&w_id, Input::Ended).await?
    };
    Ok(rendered(StatusCode::OK, ended.json()))
}

/// The platform first: a session that it did not end would go on unseen.
async fn log_out(api: &Api, session: &SessionEntry) -> Result<Arc<SessionEntry>, Refused> {
    let accounts: Vec<WcId> = session.wc_id.iter().cloned().collect();
    api.platform.offline(&accounts).await.map_err(|trouble| {
        tracing::warn!(
            wId = %session.w_id,
            error = &trouble as &dyn std::error::Error,
            body = trouble.body_excerpt(),
            "logging out failed"
        );
        Refused::from(&trouble)
    })?;
    let ended = note(api, &session.w_id).await;
    // The platform logs out accounts, not logins: one that took this one's place meanwhile is out as well.
    let account = session.wc_id.as_ref().and_then(|wc_id| api.view.account(wc_id));
    if let Some(successor) = account.and_then(|account| account.current_w_id.clone()) {
        note(api, &successor).await?;
    }
    ended
}

/// Notes that a session has ended; a fact by now, so it is offered until it can be written.
async fn note(api: &Api, w_id: &WId) -> Result<Arc<SessionEntry>, Refused> {
    let mut pace = Pace::new();
    loop {
        match api.driver.apply(w_id, Input::Ended).await {
            Err(Denied::Unwritable(_)) => sleep(pace.wait()).await,
            // Whatever ended it meanwhile, it has ended.
            Err(Denied::Refused(_)) => {
                return api.view.session(w_id).ok_or_else(|| Refused::no_session(w_id));
            }
            result => return Ok(result?),
        }
    }
}
