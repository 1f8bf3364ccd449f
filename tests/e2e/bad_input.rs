//! Input that is not as it should be: a problem that names what is wrong, and nothing changes.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use wxlogin_state::StateName;

use crate::harness::{Daemon, get, request, value, world};

/// The session that the requests are about, in their paths.
const W_ID: &str = "{w_id}";

/// Sends a request that must be refused, and shows that nothing came of it.
async fn refused(daemon: &Daemon, request: Request<Full<Bytes>>, status: u16, code: &str) -> Value {
    let what = format!("{} {}", request.method(), request.uri());
    let before = daemon.list().await;
    let response = daemon.send(request).await;
    let problem = value(&response);
    assert_eq!((response.status().as_u16(), &problem["code"]), (status, &json!(code)), "{what}: {problem}");
    assert_is_problem(&response, &problem);
    assert_eq!(daemon.list().await, before, "{what} changed something");
    problem
}

fn assert_is_problem(response: &Response<Bytes>, problem: &Value) {
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(problem["status"], response.status().as_u16());
    assert!(["type", "title", "detail"].iter().all(|member| problem[member].as_str() != Some("")));
}

#[tokio::test]
async fn a_member_that_is_wrong_is_named() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let verify = format!("/v1/sessions/{w_id}/verify");
    for (path, body, field) in [
        ("/v1/sessions", json!({"wcid": "wxid_a"}), "wcid"),
        ("/v1/sessions", json!({"wcId": ""}), "wcId"),
        ("/v1/sessions", json!({"wcId": 5}), "wcId"),
        ("/v1/sessions", json!({"wcId": "a b"}), "wcId"),
        ("/v1/sessions", json!({"label": "x".repeat(5000)}), "label"),
        ("/v1/sessions", json!({"deviceType": "windows"}), "deviceType"),
        ("/v1/sessions", json!({"proxy": 24}), "proxy"),
        ("/v1/sessions", json!({"proxy": 256}), "proxy"),
        ("/v1/sessions", json!({"proxyIp": "nowhere"}), "proxyIp"),
        ("/v1/sessions", json!({"proxyUser": "me"}), "proxyIp"),
        ("/v1/sessions", json!({"force": "yes"}), "force"),
        (&verify, json!({"kode": "1"}), "kode"),
        (&verify, json!({"code": ""}), "code"),
        (&verify, json!({"code": "1 2"}), "code"),
        (&verify, json!({"code": 123_456}), "code"),
        (&verify, json!({}), "code"),
    ] {
        let problem = refused(&daemon, request(Method::POST, path, &body), 400, "invalid-request").await;
        let named = problem["field"] == field || problem["detail"].as_str().unwrap().contains(field);
        assert!(named, "{body} at {path}: {problem}");
    }
    assert_eq!(platform.calls("/iPadLogin").await, 1);
}

#[tokio::test]
async fn a_query_that_is_wrong_is_named() {
    let (_platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    for (path, field) in [
        ("/v1/sessions?limit=0", "limit"),
        ("/v1/sessions?limit=501", "limit"),
        ("/v1/sessions?state=gone", "state"),
        ("/v1/sessions?wcid=wxid_a", "wcid"),
        ("/v1/sessions?after=x", "after"),
        ("/v1/accounts?online=maybe", "online"),
        ("/v1/sessions/{w_id}?wait=soon", "wait"),
        ("/v1/sessions/{w_id}?wait=2h", "wait"),
        ("/v1/sessions/{w_id}?version=-1", "version"),
        ("/v1/sessions/{w_id}?wiat=1s", "wiat"),
    ] {
        let path = path.replace(W_ID, w_id.as_str());
        let problem = refused(&daemon, get(&path), 400, "invalid-request").await;
        let named = problem["field"] == field || problem["detail"].as_str().unwrap().contains(field);
        assert!(named, "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let (platform, daemon) = world().await;
    for body in ["", "{", "{} {}", "[]", "\"wcId\"", "\u{0}", "{\"label\": \"\\ud800\"}"] {
        let mut request = request(Method::POST, "/v1/sessions", &json!({}));
        *request.body_mut() = Full::from(body.to_owned());
        refused(&daemon, request, 400, "invalid-request").await;
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let mut request = request(Method::POST, "/v1/sessions", &json!({}));
        request.headers_mut().insert(CONTENT_TYPE, content_type.parse().unwrap());
        refused(&daemon, request, 415, "unsupported-media-type").await;
    }
    let label = "x".repeat(70 * 1024);
    let large = request(Method::POST, "/v1/sessions", &json!({"label": label}));
    refused(&daemon, large, 413, "too-large").await;
    assert_eq!(platform.calls("/iPadLogin").await, 0);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_platform, daemon) = world().await;
    let code = json!({"code": "1"});
    for (method, path, body) in [
        (Method::GET, "/v1/sessions/nobody", Value::Null),
        (Method::GET, "/v1/sessions/nobody?wait=10s", Value::Null),
        (Method::GET, "/v1/sessions/nobody/qr", Value::Null),
        (Method::GET, "/v1/sessions/nobody/history", Value::Null),
        (Method::POST, "/v1/sessions/nobody/verify", code),
        (Method::POST, "/v1/sessions/nobody/slider-done", Value::Null),
        (Method::DELETE, "/v1/sessions/nobody", Value::Null),
        (Method::GET, "/v1/sessions/%2e%2e%2f", Value::Null),
        (Method::GET, "/v1/accounts/nobody", Value::Null),
        (Method::GET, "/v1/nothing", Value::Null),
        (Method::GET, "/assets/none.js", Value::Null),
    ] {
        refused(&daemon, request(method, path, &body), 404, "not-found").await;
    }
    refused(&daemon, request(Method::PUT, "/v1/sessions", &json!({})), 405, "method-not-allowed").await;
}

#[tokio::test]
async fn an_act_that_the_state_does_not_allow_names_the_state() {
    let (platform, daemon) = world().await;
    let waiting = daemon.begin().await;
    let online = daemon.online(&platform).await.w_id;
    let over = daemon.begin().await;
    daemon.end(over.as_str()).await.unwrap();
    let (post, delete) = (Method::POST, Method::DELETE);
    for (method, w_id, act, state) in [
        (&post, &waiting, "/verify", StateName::QrIssued),
        (&post, &waiting, "/slider-done", StateName::QrIssued),
        (&post, &online, "/verify", StateName::Online),
        (&post, &online, "/slider-done", StateName::Online),
        (&post, &over, "/verify", StateName::Dropped),
        (&post, &over, "/slider-done", StateName::Dropped),
        (&delete, &over, "", StateName::Dropped),
        (&Method::GET, &online, "/qr", StateName::Online),
        (&Method::GET, &over, "/qr", StateName::Dropped),
    ] {
        let body = if act == "/verify" { json!({"code": "1"}) } else { Value::Null };
        let request = request(method.clone(), &format!("/v1/sessions/{w_id}{act}"), &body);
        let problem = refused(&daemon, request, 409, "wrong-state").await;
        assert_eq!(problem["state"], state.as_str(), "{act}: {problem}");
    }
    assert_eq!(platform.login(&online).await["stage"], "online");
}
