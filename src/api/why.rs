//! Why an account or a session is as it is, in sentences.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use wxlogin_state::{Relogin, Why};

use super::Api;
use super::body::{AccountPath, SessionPath};
use super::problem::Refused;

/// `GET /v1/accounts/{wcId}/why`
pub(super) async fn of_account(
    State(api): State<Arc<Api>>,
    AccountPath(wc_id): AccountPath,
) -> Result<Json<Why>, Refused> {
    let account = api.view.account(&wc_id).ok_or_else(|| Refused::no_account(&wc_id))?;
    let step = account.relogin.as_ref().and_then(Relogin::w_id).and_then(|w_id| api.view.session(w_id));
    let rules = &api.defaults.borrow().rules;
    Ok(Json(Why::of_account(&account, step.as_ref().map(|step| &***step), rules)))
}

/// `GET /v1/sessions/{wId}/why`
pub(super) async fn of_session(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
) -> Result<Json<Why>, Refused> {
    let session = api.view.session(&w_id).ok_or_else(|| Refused::no_session(&w_id))?;
    Ok(Json(Why::of_session(&session)))
}
