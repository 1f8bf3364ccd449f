//! Callbacks in a test: a daemon that listens for them, and a receiver that chat messages are passed on to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use hyper::{StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Daemon, Host, PATIENCE};

/// The secret in the path. Not a word that stands in a log for other reasons.
pub(crate) const PATH_SECRET: &str = "staple_battery-0123456789";

/// More than any test sends.
const ARRIVALS: usize = 64;

impl Host {
    /// Its daemon listens for callbacks, at a port that is free. The last addition: a table of its own.
    pub(crate) fn with_callbacks(self, more: &str) -> Self {
        let secret = self.secret("path_secret", PATH_SECRET).display().to_string();
        self.with_device(&format!(
            "[callback]\nlisten = \"127.0.0.1:0\"\npath_secret_file = \"{secret}\"\n{more}"
        ))
    }
}

impl Daemon {
    /// Where the daemon listens for callbacks; it says so in its log.
    pub(crate) fn callbacks(&self) -> SocketAddr {
        let log = self.process.log();
        let (_, address) = log.rsplit_once("callback=").expect("no address in the log");
        address.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// Somebody whom chat messages are passed on to.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    arrivals: mpsc::Receiver<Arrival>,
    down: Arc<Mutex<VecDeque<StatusCode>>>,
    serving: JoinHandle<()>,
}

/// What arrived: path and query, content type, body.
pub(crate) type Arrival = (String, String, Bytes);

#[derive(Clone)]
struct Inside {
    arrived: mpsc::Sender<Arrival>,
    down: Arc<Mutex<VecDeque<StatusCode>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (arrived, arrivals) = mpsc::channel(ARRIVALS);
        let down = Arc::default();
        let inside = Inside { arrived, down: Arc::clone(&down) };
        let router = Router::new().fallback(arrive).with_state(inside);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, arrivals, down, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/in?from=wx", self.address)
    }

    /// Answers the next so many messages as a gateway does whose bot is away.
    pub(crate) fn go_down_for(&self, messages: usize) {
        self.down.lock().unwrap().extend(vec![StatusCode::BAD_GATEWAY; messages]);
    }

    /// How many more messages meet nobody.
    pub(crate) fn is_down_for(&self) -> usize {
        self.down.lock().unwrap().len()
    }

    /// The next message that was taken.
    pub(crate) async fn next(&mut self) -> Arrival {
        timeout(PATIENCE, self.arrivals.recv()).await.expect("no message arrives").unwrap()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn arrive(State(inside): State<Inside>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    if let Some(status) = inside.down.lock().unwrap().pop_front() {
        return status;
    }
    let content_type = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap()).to_owned();
    inside.arrived.send((uri.to_string(), content_type, body)).await.unwrap();
    StatusCode::NO_CONTENT
}
