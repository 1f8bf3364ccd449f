//! The whole state as one export, taken while the daemon runs.
//!
//! What to write is taken by the driver between two commits; it is written off its thread, no faster than the caller
//! takes it.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::problem::Refused;
use super::{Api, Peer};
use crate::wire::ProblemCode;

/// Most backups that are taken at once: each holds a thread, and what has changed since in memory.
pub(super) const AT_ONCE: usize = 2;

/// Bytes that are sent at a time …
const PIECE: usize = 64 * 1024;

/// … and how many of those wait for a caller that is slower than the disk would be.
const WAITING: usize = 4;

/// `GET /v1/backup`: an export ([`wxlogin_state::export`]) of what is committed. It holds the platform's key in plain,
/// and tokens as they are sealed in the store; their key is not in it.
pub(super) async fn backup(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Refused> {
    let seat = api.backups.clone().try_acquire_owned().map_err(|_| {
        let detail =
            format!("{AT_ONCE} backups are being taken, as many as there may be; wait for one to end");
        Refused::new(ProblemCode::Busy, detail)
    })?;
    let snapshot = api.driver.snapshot().await?;
    let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0);
    let (uid, pid) = (peer.map(|peer| peer.uid()), peer.and_then(|peer| peer.pid()));
    let (sessions, accounts, tokens) = snapshot.counts();
    info!(uid, pid, sessions, accounts, tokens, "a backup is taken");
    let (to, from) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let _seat = seat;
        if let Err(error) = snapshot.write_to(BufWriter::with_capacity(PIECE, Pieces(&to))) {
            warn!(error = &error as &dyn std::error::Error, "a backup broke off");
            // Who has gone needs not be told; anybody else must not take this for the end.
            let _ = to.blocking_send(Err(error));
        }
    });
    let body = Body::from_stream(stream::unfold(from, async |mut from| {
        let piece: io::Result<Bytes> = from.recv().await?;
        Some((piece, from))
    }));
    let head = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((head, body).into_response())
}

/// Hands on what is written, and waits while too much of it is still to be taken.
struct Pieces<'a>(&'a mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
