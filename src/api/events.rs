//! The journal: pages of what happened, and a stream of what happens.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};
use wxlogin_state::{Seq, WcId};

use super::Api;
use super::body::Query;
use super::problem::Refused;
use super::qr::weight;
use super::sessions::{page, rendered, rows};
use crate::driver::Denied;
use crate::feed::{self, Filter, Follower, STREAMS, Step};
use crate::wire::{ProblemCode, Reset};

/// How long a stream is silent at most.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The number of the last event that a reader has seen, where it comes back by itself.
const LAST_EVENT_ID: &str = "last-event-id";

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    after: Option<String>,
    limit: Option<String>,
    #[serde(rename = "type")]
    kinds: Option<String>,
    #[serde(rename = "wcId")]
    wc_id: Option<WcId>,
}

/// `GET /v1/events`: a page of past events where `Accept` prefers JSON, else a stream of Server-Sent Events that
/// begins after `Last-Event-ID`, else after `after`, else now.
pub(super) async fn events(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Refused> {
    let kinds = query.kinds.as_deref().map(Filter::kinds).transpose();
    let kinds = kinds.map_err(|malformed| Refused::invalid("type", malformed.to_string()))?;
    let filter = Filter { kinds: kinds.unwrap_or_default(), wc_id: query.wc_id };
    let after = query.after.as_deref().map(|after| seq("after", after)).transpose()?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("*/*");
    if weight(accept, "application/json") > weight(accept, "text/event-stream") {
        return past(&api, &filter, after.unwrap_or_default(), query.limit.as_deref()).await;
    }
    if query.limit.is_some() {
        let detail = "limit is for pages, which come with \"Accept: application/json\"; a stream has no end";
        return Err(Refused::invalid("limit", detail));
    }
    let seen = headers.get(LAST_EVENT_ID).filter(|id| !id.is_empty());
    let seen = seen.map(|id| seq("Last-Event-ID", id.to_str().unwrap_or_default())).transpose()?;
    stream_of(&api, filter, seen.or(after))
}

fn seq(field: &str, text: &str) -> Result<Seq, Refused> {
    let detail = || Refused::invalid(field, format!("{field} is the number of an event"));
    text.parse().map(Seq).map_err(|_| detail())
}

async fn past(api: &Api, filter: &Filter, after: Seq, limit: Option<&str>) -> Result<Response, Refused> {
    let (feed, older) = (api.driver.feed(), api.driver.older());
    let (events, next) = feed::page(feed, &older, filter, after, rows(limit)?).await?;
    let rows: Vec<Bytes> = events.iter().map(|posted| posted.json()).collect();
    let next = next.map(|next| next.to_string());
    Ok(rendered(StatusCode::OK, page("events", &rows, next.as_deref())))
}

fn stream_of(api: &Api, filter: Filter, after: Option<Seq>) -> Result<Response, Refused> {
    let feed = api.driver.feed();
    let seat = feed.seat().ok_or_else(|| {
        let detail =
            format!("{STREAMS} streams of events are open, as many as there may be; end one of them first");
        Refused::new(ProblemCode::Busy, detail)
    })?;
    let from = after.unwrap_or_else(|| feed.last());
    let follower = Follower::new(feed, api.driver.older(), from);
    let told = Telling {
        follower,
        filter,
        // The caller learns where it is before anything happens: it can come back to there.
        blocks: vec![position(from)].into_iter(),
        silent_until: Instant::now() + HEARTBEAT,
        _seat: seat,
    };
    let body = Body::from_stream(stream::unfold(told, async |mut told| {
        let block = told.next().await?;
        Some((Ok::<_, Infallible>(block), told))
    }));
    let head = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // nginx would hold back what is to arrive now.
        ("x-accel-buffering", "no"),
    ];
    Ok((head, body).into_response())
}

/// A stream that is being sent. It is asked for the next block when there is room for it, and keeps no more than
/// what it took from the journal at once.
struct Telling {
    follower: Follower,
    filter: Filter,
    blocks: std::vec::IntoIter<Bytes>,
    silent_until: Instant,
    _seat: OwnedSemaphorePermit,
}

impl Telling {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(block) = self.blocks.next() {
                self.silent_until = Instant::now() + HEARTBEAT;
                return Some(block);
            }
            let blocks = match timeout_at(self.silent_until, self.follower.next()).await {
                Err(_) => vec![position(self.follower.at())],
                Ok(Ok(Step::Events(events))) => events
                    .iter()
                    .filter(|posted| self.filter.lets(posted))
                    .map(|posted| posted.block())
                    .collect(),
                Ok(Ok(Step::Reset(reset))) => vec![reset_block(reset)],
                Ok(Ok(Step::Ended) | Err(Denied::Stopping)) => return None,
                Ok(Ok(Step::TooSlow)) => {
                    debug!(at = self.follower.at().0, "a reader of events was too slow, and is left");
                    return None;
                }
                Ok(Err(denied)) => {
                    warn!(error = &denied as &dyn Error, "a stream of events ends");
                    return None;
                }
            };
            self.blocks = blocks.into_iter();
        }
    }
}

/// A comment, with the number to come back with: events that the filter held back need not be looked through again.
fn position(at: Seq) -> Bytes {
    format!(": at {at}\nid: {at}\n\n").into()
}

fn reset_block(reset: Reset) -> Bytes {
    // The numbers of events are all that is in it.
    let json = serde_json::to_string(&reset).unwrap_or_default();
    format!("id: {}\nevent: reset\ndata: {json}\n\n", reset.oldest.0 - 1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_tells_where_to_come_back_to() {
        assert_eq!(position(Seq(7)), ": at 7\nid: 7\n\n");
        let reset = Reset { oldest: Seq(8), last: Seq(20) };
        assert_eq!(reset_block(reset), "id: 7\nevent: reset\ndata: {\"oldest\":8,\"last\":20}\n\n");
    }
}
