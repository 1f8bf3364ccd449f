//! A small client for the sandbox's tests: calls the platform, works the phone, and waits for what it sees.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::exchange::{ExchangeError, Limits, exchange};
use crate::sandbox::{Sandbox, SandboxSettings};

const PATIENCE: Duration = Duration::from_secs(30);
const LIMITS: Limits = Limits { head: PATIENCE, read: PATIENCE, body: 1024 * 1024 };

/// A sandbox and a key for it.
pub(super) struct Client {
    pub(super) sandbox: Sandbox,
    pub(super) key: String,
}

impl Client {
    pub(super) async fn start(settings: SandboxSettings) -> Self {
        let sandbox = Sandbox::start(settings).await.unwrap();
        let mut client = Self { sandbox, key: String::new() };
        let body = json!({"account": "sandbox", "password": "sandbox"});
        let answer = client.call("/member/login", &body).await;
        text(&answer["data"]["Authorization"]).clone_into(&mut client.key);
        client
    }

    pub(super) async fn send(
        &self,
        key: &str,
        path: &str,
        body: &Value,
    ) -> Result<Response<Bytes>, ExchangeError> {
        request(self.sandbox.addr().to_string(), key.to_owned(), path.to_owned(), body.to_string()).await
    }

    pub(super) async fn call_with(
        &self,
        key: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, ExchangeError> {
        let response = self.send(key, path, body).await?;
        Ok(serde_json::from_slice(response.body()).unwrap())
    }

    /// A call of the platform.
    pub(super) async fn call(&self, path: &str, body: &Value) -> Value {
        self.call_with(&self.key, path, body).await.unwrap()
    }

    /// A call of the sandbox's own; `null` sends no body.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let addr = self.sandbox.addr().to_string();
        let response = request(addr, String::new(), path.to_owned(), body).await.unwrap();
        serde_json::from_slice(response.body()).unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Bytes) {
        let addr = self.sandbox.addr();
        let stream = TcpStream::connect(addr).await.unwrap();
        let request = Request::get(path).header("host", addr.to_string()).body(Full::default()).unwrap();
        let response = exchange(stream, request, LIMITS).await.unwrap();
        (response.status().as_u16(), response.into_body())
    }

    /// A new QR's wId.
    pub(super) async fn begin(&self, wc_id: &str) -> String {
        let answer = self.call("/iPadLogin", &json!({"wcId": wc_id, "deviceType": "ipad", "proxy": 8})).await;
        text(&answer["data"]["wId"]).to_owned()
    }

    pub(super) async fn poll(&self, w_id: &str, code: Option<&str>) -> Value {
        let body = json!({"wId": w_id, "autoCheck": false, "verifyCode": code});
        self.call("/getIPadLoginInfo", &body).await
    }

    pub(super) fn poll_in_background(&self, w_id: &str) -> JoinHandle<Value> {
        let (addr, key) = (self.sandbox.addr().to_string(), self.key.clone());
        let body = json!({"wId": w_id, "autoCheck": false}).to_string();
        tokio::spawn(async move {
            let response = request(addr, key, "/getIPadLoginInfo".to_owned(), body).await.unwrap();
            serde_json::from_slice(response.body()).unwrap()
        })
    }

    pub(super) async fn state(&self) -> Value {
        serde_json::from_slice(&self.get("/sandbox/state").await.1).unwrap()
    }

    /// Waits until the sandbox's state is as wanted.
    pub(super) async fn until(&self, wanted: impl Fn(&Value) -> bool) {
        let seen = async {
            while !wanted(&self.state().await) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, seen).await.expect("the state never became what was waited for");
    }

    pub(super) async fn end(self) {
        timeout(PATIENCE, self.sandbox.shutdown()).await.expect("the sandbox does not end");
    }
}

/// A JSON string's text.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The body of the next callback, which is then accepted.
pub(super) async fn received(receiver: &TcpListener) -> Value {
    let (mut stream, _) = timeout(PATIENCE, receiver.accept()).await.expect("no callback").unwrap();
    let mut seen = Vec::new();
    loop {
        stream.read_buf(&mut seen).await.unwrap();
        let body = seen.windows(4).position(|end| end == b"\r\n\r\n").map(|end| &seen[end + 4..]);
        if let Some(Ok(body)) = body.map(serde_json::from_slice) {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"code\":\"1000\"}")
                .await
                .unwrap();
            return body;
        }
    }
}

async fn request(
    addr: String,
    key: String,
    path: String,
    body: String,
) -> Result<Response<Bytes>, ExchangeError> {
    let stream = TcpStream::connect(&addr).await.unwrap();
    let request = Request::post(path)
        .header("host", addr)
        .header("authorization", key)
        .header("content-type", "application/json")
        .body(Full::from(body))
        .unwrap();
    exchange(stream, request, LIMITS).await
}
