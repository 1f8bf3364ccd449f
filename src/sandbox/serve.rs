//! Accepts connections and serves them, each with a [`Line`] by which a scripted fault can cut it.
//!
//! hyper ends a connection politely and whole; a fault must be able to reset it or to stop amid an answer. So a
//! handler may [`cut`](Line::cut) its own line: the connection's task takes the socket back from hyper, writes
//! what is left to write, and drops it.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a request's head may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause after a failed accept: the open-file limit does not go away by trying at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Buffer per connection, in bytes: hyper's smallest, as ten thousand may wait here.
const BUFFER: usize = 8 * 1024;

/// How a line is cut.
#[derive(Debug)]
pub(super) enum Cut {
    /// With a TCP reset.
    Reset,
    /// By closing it, after these bytes.
    Close(Bytes),
}

/// The connection that a request came by; an extension of every request.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Arc<Shears>);

#[derive(Debug, Default)]
struct Shears {
    cut: Mutex<Option<Cut>>,
    called: Notify,
}

impl Line {
    /// Ends the connection; the caller's request ends with it.
    pub(super) async fn cut(&self, cut: Cut) -> Infallible {
        *self.0.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
        self.0.called.notify_one();
        std::future::pending().await
    }

    async fn wait(&self) -> Option<Cut> {
        self.0.called.notified().await;
        self.0.cut.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Accepts connections until `stop`; their tasks belong to `tasks` and end with `stop` too.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (router, stop) = (router.clone(), stop.clone());
                tasks.spawn(async move { stop.run_until_cancelled(connection(stream, router)).await });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    // Answers are small and whole; waiting for more of them helps nobody.
    let _ = stream.set_nodelay(true);
    let line = Line::default();
    let service = {
        let (line, router) = (line.clone(), TowerToHyperService::new(router));
        service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(line.clone());
            router.call(request)
        })
    };
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let cut = tokio::select! {
        result = &mut http => {
            if let Err(error) = result {
                tracing::debug!(%error, "a connection ended early");
            }
            None
        }
        cut = line.wait() => cut,
    };
    if let Some(cut) = cut
        && let Err(error) = end(http.into_parts().io.into_inner(), cut).await
    {
        tracing::debug!(%error, "a connection was gone before it was cut");
    }
}

async fn end(mut stream: TcpStream, cut: Cut) -> io::Result<()> {
    match cut {
        Cut::Reset => stream.set_zero_linger(),
        Cut::Close(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
    }
}
