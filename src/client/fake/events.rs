//! Streams of events, told as the test wants them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use wxlogin_state::Seq;
use wxlogin_state::public::Event;

use super::{Fake, Fakes, NOW, Shared, refused};

impl Fake {
    /// The next stream sends these pieces and ends. Beyond them a stream is refused where the
    /// world has a refusal, and else goes on in silence.
    pub(crate) fn will_tell(&self, pieces: &[&str]) {
        let pieces = pieces.iter().map(|&piece| piece.to_owned()).collect();
        self.world().streams.push_back(pieces);
    }
}

/// An event of no account, without a reason.
pub(crate) fn event(seq: u64) -> Event {
    let json = format!(r#"{{"seq":{seq},"at":"{NOW}","type":"fleet.storm"}}"#);
    serde_json::from_str(&json).unwrap()
}

/// It as a block of a stream.
pub(crate) fn event_block(event: &Event) -> String {
    let (Seq(seq), kind, json) = (event.seq, &event.kind, serde_json::to_string(event).unwrap());
    format!("id: {seq}\nevent: {kind}\ndata: {json}\n\n")
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/v1/events", get(events))
}

async fn events(State(shared): Fakes, RawQuery(query): RawQuery) -> Response {
    let mut world = shared.world.lock().unwrap();
    world.streams_asked.push(query.unwrap_or_default());
    match (world.streams.pop_front(), &world.refusal) {
        (Some(pieces), _) => Body::from_stream(stream::iter(pieces).map(Ok::<_, Infallible>)).into_response(),
        (None, Some(problem)) => refused(problem.clone()).into_response(),
        (None, None) => Body::from_stream(stream::pending::<Result<String, Infallible>>()).into_response(),
    }
}
