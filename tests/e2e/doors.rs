//! Who may come in by TCP, and by the socket.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};
use hyper::{Method, Request};
use serde_json::json;
use wxlogin_state::Secret;
use wxlogind::client::{Client, Target};

use crate::harness::{Daemon, Host, Platform, get, over_tcp, request, value};

struct Door {
    _platform: Platform,
    daemon: Daemon,
    token: String,
}

impl Door {
    async fn open() -> Self {
        let platform = Platform::start().await;
        let daemon = Host::against(&platform).with_tcp().start().await;
        let token = std::fs::read_to_string(daemon.host.state().join("control.token")).unwrap();
        Self { _platform: platform, daemon, token: token.trim().to_owned() }
    }

    /// What a request by TCP is answered with.
    async fn knock(&self, request: Request<Full<Bytes>>) -> (u16, String) {
        let response = over_tcp(self.daemon.tcp(), request).await;
        let code = value(&response)["code"].as_str().unwrap_or_default().to_owned();
        (response.status().as_u16(), code)
    }

    /// A request as it should be, but for these headers.
    fn with(&self, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
        let mut request = request(Method::POST, "/v1/sessions", &json!({}));
        let bearer = format!("Bearer {}", self.token);
        let host = self.daemon.tcp().to_string();
        let usual = [(HOST.as_str(), host.as_str()), (AUTHORIZATION.as_str(), bearer.as_str())];
        for (name, value) in usual.iter().chain(headers) {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    }
}

#[tokio::test]
async fn a_caller_by_tcp_needs_the_token_and_the_right_manners() {
    let door = Door::open().await;
    for (headers, status, code) in [
        (&[("authorization", "")][..], 401, "unauthorized"),
        (&[("authorization", "Bearer 0000000000000000000000000000000000000000")], 401, "unauthorized"),
        (&[("authorization", "Basic dXNlcjpwYXNz")], 401, "unauthorized"),
        (&[("host", "rebound.example")], 421, "misdirected"),
        (&[("host", "127.0.0.1:1")], 421, "misdirected"),
        (&[("origin", "https://evil.example")], 403, "forbidden-origin"),
        (&[("origin", "null")], 403, "forbidden-origin"),
        (&[("sec-fetch-site", "cross-site")], 403, "forbidden-origin"),
    ] {
        assert_eq!(door.knock(door.with(headers)).await, (status, code.to_owned()), "{headers:?}");
    }
    assert!(door.daemon.everything().await.is_empty());
    let own = format!("http://{}", door.daemon.tcp());
    assert_eq!(door.knock(door.with(&[(ORIGIN.as_str(), own.as_str())])).await.0, 201);
    let localhost = format!("localhost:{}", door.daemon.tcp().port());
    assert_eq!(door.knock(door.with(&[(HOST.as_str(), localhost.as_str())])).await.0, 201);
}

#[tokio::test]
async fn no_page_of_another_site_is_let_in_by_a_header() {
    let door = Door::open().await;
    let response = over_tcp(door.daemon.tcp(), door.with(&[])).await;
    let cors = response.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(cors, None);
}

#[tokio::test]
async fn health_needs_no_token_and_tells_no_more_than_that() {
    let door = Door::open().await;
    let host = door.daemon.tcp().to_string();
    for (path, status) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let mut request = get(path);
        request.headers_mut().insert(HOST, host.parse().unwrap());
        let response = over_tcp(door.daemon.tcp(), request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(value(&response), json!({"status": status}));
    }
}

#[tokio::test]
async fn the_token_stays_the_same_over_a_restart_and_the_client_knows_it() {
    let mut door = Door::open().await;
    door.daemon.stop().await;
    door.daemon.restart().await;
    let target = Target::Url { host: door.daemon.tcp().to_string(), token: Secret::new(door.token.as_str()) };
    Client::new(target).accounts().await.unwrap();
}

#[tokio::test]
async fn a_head_request_is_a_get_without_its_body() {
    let door = Door::open().await;
    let response = door.daemon.send(request(Method::HEAD, "/v1/sessions", &json!(null))).await;
    assert_eq!(response.status(), 200);
    assert!(response.body().is_empty());
}

#[tokio::test]
async fn a_token_that_was_changed_counts_after_a_reload() {
    let door = Door::open().await;
    let fresh = "a-token-that-an-operator-made-anew";
    std::fs::write(door.daemon.host.state().join("control.token"), fresh).unwrap();
    door.daemon.process.signal(rustix::process::Signal::HUP);
    door.daemon.hear("RELOADING").await;
    door.daemon.hear("READY").await;
    assert_eq!(door.knock(door.with(&[])).await.0, 401);
    let bearer = format!("Bearer {fresh}");
    assert_eq!(door.knock(door.with(&[(AUTHORIZATION.as_str(), &bearer)])).await.0, 201);
}
