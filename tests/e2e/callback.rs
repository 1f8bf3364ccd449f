//! What the platform reports by itself: who may report it, and where it goes.

use std::os::unix::fs::PermissionsExt;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::harness::{Daemon, Host, PATH_SECRET, PATIENCE, Platform, Receiver, output, over_tcp, value};

/// A chat message as no JSON writer would write it, so that rewriting it would show.
const MESSAGE: &str = "{ \"wcId\":\"wxid_1\",\n\t\"messageType\" : \"60001\", \"data\":{\"content\":\"你好\\u0021\", \"n\":1.0} }  ";

fn path() -> String {
    format!("/callback/{PATH_SECRET}")
}

async fn post(daemon: &Daemon, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let request = Request::post(path)
        .header(HOST, "bots.example")
        .header(CONTENT_TYPE, "application/json; charset=UTF-8")
        .body(Full::new(body.into()));
    over_tcp(daemon.callbacks(), request.unwrap()).await
}

/// A callback whose acknowledgement is awaited.
async fn call_back(daemon: &Daemon, body: impl Into<Bytes>) {
    let response = post(daemon, &path(), body).await;
    assert_eq!((response.status().as_u16(), value(&response)), (200, json!({"code": "1000"})));
}

fn message(number: usize) -> String {
    json!({"messageType": "60001", "wcId": "wxid_1", "data": {"newMsgId": number}}).to_string()
}

async fn listening(more: &str) -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_callbacks(more).start().await;
    (platform, daemon)
}

/// Passes everything on to this receiver.
async fn passing_on_to(receiver: &Receiver) -> (Platform, Daemon) {
    listening(&format!("forward_url = \"{}\"", receiver.url())).await
}

#[tokio::test]
async fn only_the_right_path_is_there() {
    let (_platform, daemon) = listening("").await;
    let test = json!({"account": "a", "messageType": "00000", "wcId": "", "data": {"content": "test"}});
    call_back(&daemon, test.to_string()).await;
    for wrong in ["/", "/callback/", "/callback/staple_battery-0123456780", "/v1/sessions", "/healthz"] {
        let response = post(&daemon, wrong, MESSAGE).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{wrong}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let request =
            Request::builder().method(method.clone()).uri(path()).header(HOST, "h").body(Full::default());
        let response = over_tcp(daemon.callbacks(), request.unwrap()).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{method}");
        let told: Vec<_> = response.headers().keys().map(hyper::header::HeaderName::as_str).collect();
        assert!(!told.contains(&"allow"), "{method}: {told:?}");
    }
    assert!(!daemon.process.log().contains(PATH_SECRET), "the secret is in the log");
}

#[tokio::test]
async fn what_makes_no_sense_is_acknowledged_and_harms_nothing() {
    let (platform, daemon) = listening("").await;
    let online = daemon.online(&platform).await;
    for body in ["", "\0", "[]", "{\"messageType\":", "{\"messageType\":\"30000\",\"wcId\":[]}"] {
        call_back(&daemon, body).await;
    }
    call_back(&daemon, &b"\xff\xfe\xfd"[..]).await;
    // A notice is a hint: the platform's own list says that the account is online.
    let notice =
        json!({"messageType": "30000", "wcId": online.wc_id, "data": {"wId": "another", "reason": "x"}});
    call_back(&daemon, notice.to_string()).await;
    let still = daemon.session(online.w_id.as_str()).await.unwrap();
    assert_eq!(still.state, online.state);
    assert!(daemon.process.log().contains("an offline notice names nobody"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_sent() {
    let (_platform, daemon) = listening("").await;
    let mut stream = TcpStream::connect(daemon.callbacks()).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\nhost: h\r\ncontent-length: 1048577\r\n\r\n", path());
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("no answer").unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn all_but_tests_and_offline_notices_is_passed_on_as_it_came() {
    let mut receiver = Receiver::start().await;
    let (_platform, daemon) = passing_on_to(&receiver).await;
    for other in [
        json!({"messageType": "00000", "wcId": "", "data": {"content": "test"}}),
        json!({"messageType": "30000", "wcId": "wxid_1", "data": {"wId": "w-1", "reason": "已退出"}}),
        json!({"messageType": "30000"}),
    ] {
        call_back(&daemon, other.to_string()).await;
    }
    call_back(&daemon, MESSAGE).await;
    let (to, content_type, body) = receiver.next().await;
    assert_eq!((to.as_str(), content_type.as_str()), ("/in?from=wx", "application/json; charset=UTF-8"));
    assert_eq!(body, MESSAGE);
    for odd in ["null", "{}", "{\"messageType\":[]}", "not JSON at all"] {
        call_back(&daemon, odd).await;
        assert_eq!(receiver.next().await.2, odd);
    }
}

#[tokio::test]
async fn messages_arrive_in_order_and_once_when_the_receiver_is_back() {
    let mut receiver = Receiver::start().await;
    let (_platform, daemon) = passing_on_to(&receiver).await;
    receiver.go_down_for(4);
    for number in 0..10 {
        call_back(&daemon, message(number)).await;
    }
    for number in 0..10 {
        assert_eq!(receiver.next().await.2, message(number));
    }
    assert_eq!(receiver.is_down_for(), 0);
}

#[tokio::test]
async fn a_message_that_nobody_takes_is_dropped_and_does_not_hold_up_the_next() {
    let mut receiver = Receiver::start().await;
    let (_platform, daemon) = passing_on_to(&receiver).await;
    receiver.go_down_for(5);
    call_back(&daemon, message(1)).await;
    call_back(&daemon, message(2)).await;
    assert_eq!(receiver.next().await.2, message(2));
    let log = daemon.process.log();
    assert!(log.contains("the receiver does not take them") && log.contains("lost=1"), "{log}");
}

#[tokio::test]
async fn a_receiver_that_never_answers_does_not_keep_the_daemon_from_stopping() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("forward_url = \"http://{}/\"", silent.local_addr().unwrap());
    let (_platform, mut daemon) = listening(&url).await;
    call_back(&daemon, MESSAGE).await;
    let _connection = timeout(PATIENCE, silent.accept()).await.expect("nobody calls").unwrap();
    assert!(daemon.stop().await.0.success());
    assert!(daemon.process.log().contains("lost=1"), "{}", daemon.process.log());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let host = Host::at("http://127.0.0.1:9");
    let somebody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = somebody.local_addr().unwrap().to_string();
    let secret = host.secret("path_secret", PATH_SECRET);
    host.configure(&format!("[callback]\nlisten = \"{address}\"\npath_secret_file = {secret:?}"));
    let started = output(host.command()).await;
    let said = String::from_utf8_lossy(&started.stderr);
    assert_eq!(started.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("callback.listen {address}")), "{said}");
}

#[tokio::test]
async fn a_path_secret_that_others_can_read_is_refused_by_name() {
    let host = Host::at("http://127.0.0.1:9").with_callbacks("");
    host.configure("");
    let secret = host.path("path_secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let started = output(host.command()).await;
    let said = String::from_utf8_lossy(&started.stderr);
    assert_eq!(started.status.code(), Some(78), "{said}");
    assert!(said.contains(secret.to_str().unwrap()), "{said}");
    assert!(!said.contains(PATH_SECRET), "{said}");
}

#[tokio::test]
async fn a_change_of_callbacks_waits_for_the_next_start_and_says_so() {
    let (_platform, daemon) = listening("").await;
    daemon.host.configure("public_url = \"https://bots.example\"\n[relogin]\nmax_attempts = 3");
    daemon.process.signal(rustix::process::Signal::HUP);
    daemon.hear("RELOADING").await;
    daemon.hear("READY").await;
    let log = daemon.process.log();
    assert!(log.contains("take effect at the next start") && log.contains("[callback]"), "{log}");
    call_back(&daemon, MESSAGE).await;
}
