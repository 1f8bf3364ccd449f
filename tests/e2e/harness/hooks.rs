//! Receivers of webhooks in a test: what they answer is the test's to say, and what arrives is kept.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Uri;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use wxlogin_state::public::Event;

use super::{Host, PATIENCE};

/// What messages are signed with.
const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Between two looks at what has arrived.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Host {
    /// Its daemon tells this receiver of events. The last addition: a table of its own.
    pub(crate) fn with_webhook(self, url: &str, more: &str) -> Self {
        let secret = self.secret("whsec", &signing_secret()).display().to_string();
        let secret =
            if more.contains("wecom") { String::new() } else { format!("secret_file = \"{secret}\"\n") };
        self.with_device(&format!("[[webhook]]\nurl = \"{url}\"\n{secret}{more}"))
    }
}

/// What is in `secret_file`; robots take it as it stands.
pub(crate) fn signing_secret() -> String {
    format!("whsec_{}", STANDARD.encode(KEY))
}

/// A signature in base64, made with nothing of what the daemon signs with.
pub(crate) fn mac(key: &[u8], text: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Something that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) at: Instant,
    pub(crate) to: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Posted {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// The event in it. Its signature is checked with nothing of what signed it.
    pub(crate) fn event(&self) -> Event {
        let [id, timestamp, signature] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| self.header(name));
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &self.body].concat();
        assert_eq!(signature, format!("v1,{}", mac(KEY, &signed)), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// An answer, and how long it is held back.
#[derive(Debug, Clone)]
pub(crate) struct Say {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: &'static str,
    pub(crate) after: Duration,
}

impl Say {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: "", after: Duration::ZERO }
    }
}

#[derive(Clone, Default)]
struct Inside {
    posted: Arc<Mutex<Vec<Posted>>>,
    answers: Arc<Mutex<VecDeque<Say>>>,
    usual: Arc<Mutex<Option<Say>>>,
}

/// A receiver. One that is dropped is down, and can be started again at the same address.
pub(crate) struct Hook {
    pub(crate) address: SocketAddr,
    inside: Inside,
    serving: JoinHandle<()>,
}

impl Hook {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Inside::default();
        let router = Router::new().fallback(arrive).with_state(inside.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, inside, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/in?key=x", self.address)
    }

    /// The next answers.
    pub(crate) fn says(&self, answers: impl IntoIterator<Item = Say>) {
        self.inside.answers.lock().unwrap().extend(answers);
    }

    /// Every answer from now on but for those.
    pub(crate) fn says_always(&self, answer: Say) {
        *self.inside.usual.lock().unwrap() = Some(answer);
    }

    /// Everything that has arrived.
    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.inside.posted.lock().unwrap().clone()
    }

    /// Waits until so much has arrived.
    pub(crate) async fn until(&self, count: usize) -> Vec<Posted> {
        let looking = async {
            while self.inside.posted.lock().unwrap().len() < count {
                sleep(LOOK_AGAIN).await;
            }
        };
        let looked = timeout(PATIENCE * 2, looking).await;
        assert!(looked.is_ok(), "only {} of {count} arrived", self.posted().len());
        self.posted()
    }

    /// Waits until the event of this number has arrived.
    pub(crate) async fn until_event(&self, seq: u64) -> Vec<Posted> {
        let looking = async {
            loop {
                let last = self.inside.posted.lock().unwrap().last().cloned();
                if last.is_some_and(|last| last.event().seq.0 >= seq) {
                    return;
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        let looked = timeout(PATIENCE * 2, looking).await;
        assert!(looked.is_ok(), "event {seq} never arrived; the last is {:?}", self.posted().last());
        self.posted()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn arrive(State(inside): State<Inside>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    inside.posted.lock().unwrap().push(Posted { at: Instant::now(), to: uri.to_string(), headers, body });
    let next = inside.answers.lock().unwrap().pop_front();
    let usual = inside.usual.lock().unwrap().clone();
    let Say { status, headers, body, after } = next.or(usual).unwrap_or_else(|| Say::status(204));
    sleep(after).await;
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    response
}
