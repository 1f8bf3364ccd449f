//! System C straight at the sandbox, over real sockets.

mod login;
mod refresh;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use form_urlencoded::Serializer;
use http_body_util::Full;
use hyper::{Method, Request, Response};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;

use super::*;
use crate::exchange::{ExchangeError, Limits, exchange};
use crate::sandbox::{Sandbox, SandboxSettings};

const PATIENCE: Duration = Duration::from_secs(30);
const LIMITS: Limits = Limits { head: PATIENCE, read: PATIENCE, body: 1024 * 1024 };

/// When every test begins, in seconds since 1970.
const BEGIN: i64 = 1_790_000_000;

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// A sandbox, and the clock by which its tokens live.
struct Client {
    sandbox: Sandbox,
    now: Arc<AtomicI64>,
}

impl Client {
    async fn start() -> Self {
        Self::with(OfficialAccountSettings::default()).await
    }

    async fn with(official_account: OfficialAccountSettings) -> Self {
        let now = Arc::new(AtomicI64::new(BEGIN));
        let seconds = now.clone();
        let clock = Clock::from_fn(move || Timestamp::from_second(seconds.load(Ordering::Relaxed)).unwrap());
        let settings = SandboxSettings { official_account, clock, ..SandboxSettings::default() };
        Self { sandbox: Sandbox::start(settings).await.unwrap(), now }
    }

    /// Lets so many seconds pass.
    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        body: &Value,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let stream = TcpStream::connect(self.sandbox.addr()).await.unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "sandbox")
            .header("content-type", "application/json")
            .body(Full::from(body))
            .unwrap();
        exchange(stream, request, LIMITS).await
    }

    async fn ask(&self, method: Method, path: &str, pairs: &[(&str, &str)]) -> Value {
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let response = self.send(method, &format!("{path}?{query}"), &Value::Null).await.unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_slice(response.body()).unwrap()
    }

    async fn log_in(&self, pairs: &[(&str, &str)]) -> Value {
        self.ask(Method::POST, LOGIN, pairs).await
    }

    /// The refresh token of a login with this code.
    async fn logged_in(&self, code: &str) -> String {
        let signature = signature(APP_ID, code);
        refresh_token(&self.log_in(&good(code, &signature)).await)
    }

    async fn refresh(&self, token: &str) -> Value {
        self.ask(Method::PUT, REFRESH, &[("refreshToken", token)]).await
    }

    async fn turn(&self, change: &Value) -> u16 {
        self.send(Method::POST, "/sandbox/official-account", change).await.unwrap().status().as_u16()
    }

    async fn end(self) {
        self.sandbox.shutdown().await;
    }
}

fn signature(app_id: &str, code: &str) -> String {
    let hashed = Sha256::digest([app_id, code, USER_DOMAIN_SECRET].concat());
    format!("{:x}", Bytes::copy_from_slice(&hashed))
}

/// A login in which nothing is wrong.
fn good<'a>(code: &'a str, signature: &'a str) -> Pairs<'a> {
    vec![("appId", APP_ID), ("code", code), ("signature", signature), ("userDomain", USER_DOMAIN)]
}

fn refresh_token(answer: &Value) -> String {
    let token = answer["data"]["refreshToken"]["token"].as_str();
    token.unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
}
