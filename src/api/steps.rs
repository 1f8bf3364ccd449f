//! What people do to logins in flight: the inbox of their steps, and who is on them; enter the code, say that the
//! slider is done.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use wxlogin_state::{Code, Input, Secret, Session, SliderProgress, State, WId};

use super::Api;
use super::body::{Body, Query, SessionPath};
use super::problem::Refused;
use super::sessions::{place, rendered, rows};
use crate::view::SessionEntry;
use crate::wire::{EnterCode, Step, StepKind, StepPage};

/// What the inbox is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /v1/steps`: what people are to do, a page of it, that of the oldest login first.
pub(super) async fn list(
    Shared(api): Shared<Arc<Api>>,
    Query(query): Query<ListQuery>,
) -> Result<Json<StepPage>, Refused> {
    let limit = rows(query.limit.as_deref())?;
    let after = place(query.after.as_deref())?;
    let waiting = api.view.in_flight_after(after, limit + 1);
    let next = (waiting.len() > limit).then(|| waiting[limit - 1].born.to_string());
    let steps = waiting.iter().take(limit).filter_map(|session| step(&api, session)).collect();
    Ok(Json(StepPage { steps, next }))
}

/// What a person is to do for this login.
pub(super) fn step(api: &Api, session: &Session) -> Option<Step> {
    let account = session.wc_id.as_ref().and_then(|wc_id| api.view.account(wc_id));
    let step = Step {
        w_id: session.w_id.clone(),
        wc_id: session.wc_id.clone(),
        label: session.label.clone().or_else(|| account.as_ref()?.label.clone()),
        nick_name: account.and_then(|account| account.profile.nick_name.clone()),
        kind: StepKind::Scan,
        prompt: None,
        attempts: None,
        url: None,
        in_flight: false,
        since: session.state_since,
        deadline: session.deadline()?,
        claim: api.claims.of(&session.w_id),
    };
    match &session.state {
        State::QrIssued { .. } => Some(step),
        State::AwaitingVerify { prompt, attempts, code, .. } => Some(Step {
            kind: StepKind::Code,
            prompt: Some(prompt.clone()),
            attempts: Some(*attempts),
            in_flight: *code != Code::Wanted,
            ..step
        }),
        State::Slider { url, progress, .. } => Some(Step {
            kind: StepKind::Slider,
            url: Some(url.clone()),
            in_flight: *progress == SliderProgress::SaidDone,
            ..step
        }),
        State::Online { .. } | State::Dropped { .. } => None,
    }
}

/// Longest code, in bytes. The ones phones show have six digits.
const LONGEST_CODE: usize = 64;

/// `POST /v1/sessions/{wId}/verify`: passes the code on; answers before the platform has.
pub(super) async fn verify(
    Shared(api): Shared<Arc<Api>>,
    SessionPath(w_id): SessionPath,
    Body(entered): Body<EnterCode>,
) -> Result<Response, Refused> {
    let session = enter_code(&api, &w_id, &entered).await?;
    Ok(rendered(StatusCode::ACCEPTED, session.json()))
}

/// Passes a code on.
pub(super) async fn enter_code(
    api: &Api,
    w_id: &WId,
    EnterCode { code }: &EnterCode,
) -> Result<Arc<SessionEntry>, Refused> {
    let text = code.reveal().trim();
    if text.is_empty() || text.len() > LONGEST_CODE || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refused::invalid("code", "a code is what the phone shows: a few digits or letters"));
    }
    Ok(api.driver.apply(w_id, Input::CodeEntered(Secret::new(text))).await?)
}

/// `POST /v1/sessions/{wId}/slider-done`: the page is passed; the platform is asked again.
pub(super) async fn slider_done(
    Shared(api): Shared<Arc<Api>>,
    SessionPath(w_id): SessionPath,
) -> Result<Response, Refused> {
    let session = api.driver.apply(&w_id, Input::SliderDone).await?;
    Ok(rendered(StatusCode::ACCEPTED, session.json()))
}
