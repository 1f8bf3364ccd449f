//! Posts the platform's callbacks to the URL that `/setHttpCallbackUrl` named (protocol.md, system A, "callback").

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::world::Notice;
use crate::exchange::{ExchangeError, Limits, exchange};

/// How many callbacks may wait: more than a fleet's worth of drops at once in any test.
pub(super) const QUEUE: usize = 4096;

/// A receiver answers at once or not at all; a slow one must not hold up the rest for long.
const PATIENCE: Duration = Duration::from_secs(5);

const LIMITS: Limits = Limits { head: PATIENCE, read: PATIENCE, body: 64 * 1024 };

/// A callback to post.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) url: Uri,
    pub(super) body: Value,
}

/// Why a callback did not arrive.
#[derive(Debug, thiserror::Error)]
enum PostError {
    #[error("the callback URL cannot be used")]
    Url(#[source] hyper::http::Error),
    #[error("cannot connect to the callback URL")]
    Connect(#[source] io::Error),
    #[error("no connection to the callback URL within {PATIENCE:?}")]
    Silent,
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("the receiver answered {0}")]
    Refused(hyper::StatusCode),
}

impl Post {
    /// The body of an offline notice.
    pub(super) fn offline(account: &str, notice: &Notice) -> Value {
        json!({
            "account": account,
            "messageType": "30000",
            "wcId": notice.wc_id,
            "data": {"wId": notice.w_id, "reason": notice.reason},
        })
    }

    /// The body of a test, posted when the URL is set.
    pub(super) fn test(account: &str) -> Value {
        json!({"account": account, "messageType": "00000", "wcId": "", "data": {"content": "test"}})
    }
}

/// Posts one callback after the other; ends when the sandbox does.
pub(super) async fn post_all(mut posts: mpsc::Receiver<Post>) {
    while let Some(post) = posts.recv().await {
        if let Err(error) = deliver(&post).await {
            let error = anyhow::Error::new(error);
            tracing::warn!(error = format!("{error:#}"), "a callback was not accepted");
        }
    }
}

async fn deliver(post: &Post) -> Result<(), PostError> {
    let host = post.url.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = post.url.port_u16().unwrap_or(80);
    let stream = timeout(PATIENCE, TcpStream::connect((host, port)))
        .await
        .map_err(|_| PostError::Silent)?
        .map_err(PostError::Connect)?;
    let path = post.url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(HOST, post.url.authority().map_or("", |authority| authority.as_str()))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(post.body.to_string())))
        .map_err(PostError::Url)?;
    match exchange(stream, request, LIMITS).await?.status() {
        status if status.is_success() => Ok(()),
        status => Err(PostError::Refused(status)),
    }
}
