//! Receivers of webhooks: how it goes with each, what they never took, and what people do about that.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use wxlogin_state::Seq;

use super::Api;
use super::body::Query;
use super::problem::Refused;
use super::sessions::rows;
use crate::wire::{DeadLetter, DeadLetterPage, ProblemCode, Replayed, Tested, Webhooks};

/// The receiver that the path names, by its place in the configuration.
type Place = Result<Path<String>, PathRejection>;

/// What a page is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /v1/webhooks`: all of them.
pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Webhooks> {
    Json(Webhooks { webhooks: api.webhooks.list() })
}

/// `GET /v1/webhooks/{n}/dead-letters`: a page of what one of them never took, oldest first.
pub(super) async fn dead_letters(
    State(api): State<Arc<Api>>,
    place: Place,
    Query(query): Query<PageQuery>,
) -> Result<Json<DeadLetterPage>, Refused> {
    let (n, limit) = (number(place)?, rows(query.limit.as_deref())?);
    let after = query.after.as_deref().map(str::parse).transpose();
    let after = after.map_err(|_| Refused::invalid("after", "after is the `next` of the page before"))?;
    let found = api.webhooks.dead_letters(n, Seq(after.unwrap_or_default()), limit + 1);
    let found = found.ok_or_else(|| unknown(&n.to_string()))?;
    let next = (found.len() > limit).then(|| found[limit - 1].event.seq.to_string());
    let dead_letters = found.iter().take(limit).map(|letter| DeadLetter {
        since: letter.since,
        what: letter.what.clone(),
        event: letter.event.clone(),
    });
    Ok(Json(DeadLetterPage { dead_letters: dead_letters.collect(), next }))
}

/// `POST /v1/webhooks/{n}/replay`: sends the dead letters again, and goes on with a receiver that was gone; answers once
/// that is noted, before anything is sent.
pub(super) async fn replay(
    State(api): State<Arc<Api>>,
    place: Place,
) -> Result<(StatusCode, Json<Replayed>), Refused> {
    let n = number(place)?;
    let dead_letters = api.webhooks.replay(n).await.ok_or_else(|| unknown(&n.to_string()))?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { dead_letters })))
}

/// `POST /v1/webhooks/{n}/test`: sends a test message now, and says what the receiver answered.
pub(super) async fn test(State(api): State<Arc<Api>>, place: Place) -> Result<Json<Tested>, Refused> {
    let n = number(place)?;
    api.webhooks.test(n).await.map(Json).ok_or_else(|| unknown(&n.to_string()))
}

fn number(place: Place) -> Result<usize, Refused> {
    let text = place.map(|Path(text)| text).unwrap_or_default();
    text.parse().map_err(|_| unknown(&text))
}

fn unknown(n: &str) -> Refused {
    let detail =
        format!("there is no webhook {n:?}; they are counted from 1, in the order of the configuration");
    Refused::new(ProblemCode::NotFound, detail)
}
