//! What people change about accounts: log in again, settings, forget.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use wxlogin_state::Tending;

use super::Api;
use super::body::{AccountPath, Body};
use super::problem::Refused;
use super::sessions::{rendered, request_key};
use crate::wire::{ChangeAccount, LogInAgain, ProblemCode};

/// `POST /v1/accounts/{wcId}/relogin`: logs it in again now; answers before the platform has. The body may be
/// empty. Asked again with the `Idempotency-Key` of the last request that had one, the account is the answer, as it
/// is by then, and nothing more is done.
pub(super) async fn relogin(
    State(api): State<Arc<Api>>,
    AccountPath(wc_id): AccountPath,
    headers: HeaderMap,
    body: Option<Body<LogInAgain>>,
) -> Result<Response, Refused> {
    let LogInAgain { method, force } = body.map(|Body(asked)| asked).unwrap_or_default();
    let request_key = request_key(&headers)?;
    let account = api.driver.tend(&wc_id, Tending::Wanted { method, force, request_key }).await?;
    Ok(rendered(StatusCode::ACCEPTED, account.json()))
}

/// `PATCH /v1/accounts/{wcId}`: changes what a person decides about it.
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    AccountPath(wc_id): AccountPath,
    Body(ChangeAccount { label, auto_relogin }): Body<ChangeAccount>,
) -> Result<Response, Refused> {
    if label.is_none() && auto_relogin.is_none() {
        let detail = "there is nothing to change: name label, autoRelogin or both";
        return Err(Refused::new(ProblemCode::InvalidRequest, detail));
    }
    let account = api.driver.tend(&wc_id, Tending::Set { label, auto_relogin }).await?;
    Ok(rendered(StatusCode::OK, account.json()))
}

/// `DELETE /v1/accounts/{wcId}`: forgets an account that is not online.
pub(super) async fn forget(
    State(api): State<Arc<Api>>,
    AccountPath(wc_id): AccountPath,
) -> Result<Response, Refused> {
    api.driver.forget(&wc_id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
