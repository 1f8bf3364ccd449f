//! What people do to a login in flight: enter the code, say that the slider is done.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use wxlogin_state::Input;

use super::Api;
use super::body::{Body, SessionPath};
use super::problem::Refused;
use super::sessions::rendered;
use crate::wire::EnterCode;

/// Longest code, in bytes. The ones phones show have six digits.
const LONGEST_CODE: usize = 64;

/// `POST /v1/sessions/{wId}/verify`: passes the code on; answers before the platform has.
pub(super) async fn verify(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
    Body(EnterCode { code }): Body<EnterCode>,
) -> Result<Response, Refused> {
    let text = code.reveal().trim();
    if text.is_empty() || text.len() > LONGEST_CODE || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refused::invalid("code", "a code is what the phone shows: a few digits or letters"));
    }
    let session = api.driver.apply(&w_id, Input::CodeEntered(wxlogin_state::Secret::new(text))).await?;
    Ok(rendered(StatusCode::ACCEPTED, session.json()))
}

/// `POST /v1/sessions/{wId}/slider-done`: the page is passed; the platform is asked again.
pub(super) async fn slider_done(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
) -> Result<Response, Refused> {
    let session = api.driver.apply(&w_id, Input::SliderDone).await?;
    Ok(rendered(StatusCode::ACCEPTED, session.json()))
}
