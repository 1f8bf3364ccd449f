//! Callbacks through the router, without a listener.

use std::io;
use std::sync::Mutex;

use axum::Router;
use axum::body::to_bytes;
use hyper::Method;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;
use wxlogin_state::Secret;

use super::*;

const SECRET: &str = "0123456789abcdef";

/// A router, and the accounts it was hinted at.
struct Room {
    router: Router,
    hinted: Arc<Mutex<Vec<String>>>,
}

impl Room {
    fn new() -> Self {
        let hinted = Arc::new(Mutex::new(Vec::new()));
        let told = hinted.clone();
        let hint: Hint = Arc::new(move |wc_id| told.lock().unwrap().push(wc_id.to_string()));
        Self { router: door::router(Secret::new(SECRET), Callbacks::new(hint, None)), hinted }
    }

    /// Status and body that a request is answered with.
    async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        let response = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), LARGEST).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn call_back(&self, body: impl Into<Body>) -> (u16, String) {
        self.ask(Method::POST, &format!("/callback/{SECRET}"), body).await
    }
}

fn acknowledged() -> (u16, String) {
    (200, "{\"code\":\"1000\"}".to_owned())
}

#[tokio::test]
async fn an_offline_notice_is_a_hint_and_nothing_else_is() {
    let room = Room::new();
    for body in [
        r#"{"account":"a","messageType":"30000","wcId":"wxid_1","data":{"wId":"w-1","reason":"已退出"}}"#,
        r#"{"messageType":"30000","wcId":"wxid_2","data":null}"#,
        r#"{"messageType":"30000","wcId":"wxid_2"}"#,
        r#"{"messageType":"00000","wcId":"","data":{"content":"test"}}"#,
        r#"{"messageType":"60001","wcId":"wxid_3","data":{"content":"30000"}}"#,
    ] {
        assert_eq!(room.call_back(body).await, acknowledged(), "{body}");
    }
    assert_eq!(*room.hinted.lock().unwrap(), ["wxid_1", "wxid_2", "wxid_2"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_acknowledged_and_changes_nothing() {
    let room = Room::new();
    for body in [
        &b""[..],
        b"\xff\xfe",
        b"<html>",
        b"[]",
        b"{}",
        br#"{"messageType":30000.5}"#,
        br#"{"messageType":"30000"}"#,
        br#"{"messageType":"30000","wcId":""}"#,
        br#"{"messageType":"30000","wcId":"a/b"}"#,
        br#"{"messageType":"30000","wcId":"#,
    ] {
        assert_eq!(room.call_back(body).await, acknowledged(), "{body:?}");
    }
    assert!(room.hinted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn whoever_does_not_know_the_secret_finds_nothing() {
    let room = Room::new();
    let offline = r#"{"messageType":"30000","wcId":"wxid_1"}"#;
    for path in [
        "/".to_owned(),
        "/callback".to_owned(),
        "/callback/".to_owned(),
        "/callback/0123456789abcdeX".to_owned(),
        "/callback/0123456789abcde".to_owned(),
        format!("/callback/{SECRET}x"),
        format!("/callback/{SECRET}/"),
        format!("/callback//{SECRET}"),
        format!("/Callback/{SECRET}"),
        format!("/{SECRET}"),
        "/callback/%30123456789abcdef".to_owned(),
    ] {
        assert_eq!(room.ask(Method::POST, &path, offline).await, (404, String::new()), "{path}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS, Method::HEAD] {
        let path = format!("/callback/{SECRET}");
        assert_eq!(room.ask(method.clone(), &path, offline).await, (404, String::new()), "{method}");
    }
    assert!(room.hinted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_has_a_largest_size_whether_it_is_announced_or_not() {
    let room = Room::new();
    let announced = || Body::from(vec![b' '; LARGEST + 1]);
    assert_eq!(room.call_back(announced()).await, (413, String::new()));
    let unannounced = |bytes| {
        let pieces = futures_util::stream::iter([Ok::<_, io::Error>(vec![b' '; bytes])]);
        Body::from_stream(pieces)
    };
    assert_eq!(room.call_back(unannounced(LARGEST + 1)).await, (413, String::new()));
    assert_eq!(room.call_back(unannounced(LARGEST)).await, acknowledged());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_or_breaks_is_given_up() {
    let room = Room::new();
    let stalled = Body::from_stream(futures_util::stream::pending::<io::Result<Bytes>>());
    assert_eq!(room.call_back(stalled).await, (408, String::new()));
    let broken = futures_util::stream::iter([Err::<Bytes, _>(io::Error::other("reset"))]);
    assert_eq!(room.call_back(Body::from_stream(broken)).await, (400, String::new()));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in any::<Vec<u8>>()) {
        let callbacks = Callbacks::new(Arc::new(|_| ()), None);
        prop_assert_eq!(callbacks.take(body.into(), None), Taken::Message);
    }
}
