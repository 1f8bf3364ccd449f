//! Ending a session: logging out at the platform, or abandoning a login in flight.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::sleep;
use wxlogin_state::{Input, Refusal, StateName, Tending, WId, WcId};

use super::Api;
use super::body::SessionPath;
use super::problem::Refused;
use super::sessions::rendered;
use crate::driver::Denied;
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
        log_out(api, session).await?
    } else {
        match api.driver.apply(&w_id, Input::Abandoned).await {
            // It has gone online since it was looked at.
            Err(Denied::Refused(Refusal::WrongState { state: StateName::Online, .. })) => {
                let online = api.view.session(&w_id).ok_or_else(|| Refused::no_session(&w_id))?;
                log_out(api, online).await?
            }
            abandoned => abandoned?,
        }
    };
    Ok(rendered(StatusCode::OK, ended.json()))
}

/// Logs an online session out, in a task of its own: a caller who hangs up does not keep what the platform did
/// from being noted.
async fn log_out(api: Arc<Api>, session: Arc<SessionEntry>) -> Result<Arc<SessionEntry>, Refused> {
    let done = tokio::spawn(async move { log_out_whole(&api, &session).await }).await;
    done.map_err(|_| Refused::new(ProblemCode::Internal, "logging out failed"))?
}

/// The wish first, so that a drop which is noticed meanwhile counts as what it is, and what cannot be noted is not
/// done; then the platform, because a session that it did not end would go on unseen.
async fn log_out_whole(api: &Api, session: &SessionEntry) -> Result<Arc<SessionEntry>, Refused> {
    let accounts: Vec<WcId> = session.wc_id.iter().cloned().collect();
    for wc_id in &accounts {
        api.driver.tend(wc_id, Tending::LogOutBegun).await?;
    }
    if let Err(trouble) = api.platform.offline(&accounts).await {
        tracing::warn!(
            wId = %session.w_id,
            error = &trouble as &dyn std::error::Error,
            body = trouble.body_excerpt(),
            "logging out failed"
        );
        for wc_id in &accounts {
            // Where that cannot be written the next start does it.
            let _ = api.driver.tend(wc_id, Tending::LogOutFailed).await;
        }
        return Err((&trouble).into());
    }
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
