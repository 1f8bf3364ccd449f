//! What is asked for the host's sake: a backup in pieces, how the daemon stands.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, StreamExt};
use wxlogin_state::{Contents, export};

use super::{Fakes, Shared, missing};

/// The text of an export.
pub(crate) fn export_of(contents: &Contents) -> Vec<u8> {
    let Contents { sessions, accounts, tokens, platform_key, seal, outbox, fleet, last_seq, .. } = contents;
    let host = export::Host {
        platform_key: platform_key.as_ref(),
        seal: seal.as_ref(),
        outbox,
        fleet,
        last_seq: *last_seq,
    };
    let mut text = Vec::new();
    export::write_to(&mut text, sessions, accounts, tokens, host).unwrap();
    text
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/v1/backup", get(backup)).route("/v1/check", get(check))
}

async fn backup(State(shared): Fakes) -> Response {
    let text = shared.world.lock().unwrap().backup.clone();
    let pieces: Vec<Vec<u8>> = text.chunks(100).map(<[u8]>::to_vec).collect();
    Body::from_stream(stream::iter(pieces).map(Ok::<_, Infallible>)).into_response()
}

async fn check(State(shared): Fakes) -> Response {
    match shared.world.lock().unwrap().check.clone() {
        Some(check) => Json(check).into_response(),
        None => missing("/v1/check").into_response(),
    }
}
