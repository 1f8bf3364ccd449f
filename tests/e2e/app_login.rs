//! App login (system B) through the daemon: every parameter and every code of seed 000, codes that are sent more than
//! once, and tokens that cannot be kept.

#[path = "../../src/sandbox/app/tests/cases.rs"]
mod cases;

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use wxlogind::client::TokenFilter;
use wxlogind::sandbox::APPKEY;

use crate::harness::{APP_LOGIN, Daemon, Host, Platform, kept, over_tcp, request, services, value};

/// A login with this body.
async fn post(daemon: &Daemon, media_type: &str, body: String) -> Response<Bytes> {
    let mut login: Request<_> = request(Method::POST, APP_LOGIN, &Value::Null);
    login.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
    *login.body_mut() = Full::from(body);
    daemon.send(login).await
}

/// The code of an answer in the envelope, whose type has to be as documented.
fn code_of(response: &Response<Bytes>) -> u64 {
    let answer = value(response);
    assert_eq!(response.status(), 200, "{answer}");
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let number = answer["code"].as_u64().or_else(|| answer["code"].as_str()?.parse().ok());
    let number = number.unwrap_or_else(|| panic!("no code: {answer}"));
    assert_eq!(answer["code"].is_string(), (400_104..=400_116).contains(&number), "{answer}");
    number
}

#[tokio::test]
async fn every_parameter_is_checked_as_the_seeds_table_says_and_costs_no_call_where_it_is_wrong() {
    let (platform, daemon) = services().await;
    let cases = cases::cases();
    let mut right = 0;
    for case in &cases {
        let response = post(&daemon, case.media_type(), case.body(&[("appkey", APPKEY)])).await;
        assert_eq!(code_of(&response), u64::from(case.code), "{}: {}", case.what, value(&response));
        assert_eq!(kept(&response).is_some(), case.code == 200, "{}", case.what);
        right += usize::from(case.code == 200);
    }
    assert!(right > 50 && cases.len() == 350, "{right} of {}", cases.len());
    assert_eq!(platform.calls(APP_LOGIN).await, right as u64);
    assert_eq!(daemon.tokens(&TokenFilter::default()).await.unwrap().len(), right);
}

#[tokio::test]
async fn every_documented_code_comes_through_the_daemon() {
    let (platform, daemon) = services().await;
    let mut seen = BTreeSet::new();
    let good = json!({"appkey": APPKEY, "code": "alice.1", "version_number": 1, "channel": "vivo"});
    seen.insert(code_of(&post(&daemon, "application/json; charset=utf-8", good.to_string()).await));
    for case in cases::cases().iter().filter(|case| case.code != 200) {
        seen.insert(code_of(&post(&daemon, case.media_type(), case.body(&[("appkey", APPKEY)])).await));
    }
    let unknown = [json!({"appkey": "nobody"}), json!({"appkey": null}), json!({"appkey": [APPKEY]})];
    for appkey in unknown {
        let mut body = good.clone();
        body["appkey"] = appkey["appkey"].clone();
        seen.insert(code_of(&post(&daemon, "application/json", body.to_string()).await));
        body["code"] = Value::Null;
        let first = code_of(&post(&daemon, "application/json", body.to_string()).await);
        assert_eq!(first, 400_104, "parameters go before the appkey");
    }
    for (media_type, body) in [
        ("text/plain", good.to_string()),
        ("application/json", "[]".to_owned()),
        ("application/json", "{".to_owned()),
    ] {
        assert_eq!(code_of(&post(&daemon, media_type, body).await), 400, "{media_type}");
    }
    assert_eq!(platform.calls(APP_LOGIN).await, 1);
    assert!(seen.contains(&400_199));
    // What the platform says is passed on as it is, and asked for again by whoever asks again.
    for code in [400_193, 400_194, 400_195, 400_196, 400_197, 400_198, 400_199, 400_250, 429, 500] {
        for _ in 0..2 {
            let answer = code_of(&daemon.app_login(&format!("fail-{code}")).await);
            assert_eq!(answer, code);
            seen.insert(answer);
        }
    }
    for code in [400, 401, 402, 404, 405, 413] {
        let answer = json!({"code": code, "msg": "原样", "extra": [1.50, "\u{1F600}"]});
        platform.script(&json!({"call": APP_LOGIN, "fault": {"answer": answer}})).await;
        let response = daemon.app_login("anything").await;
        assert_eq!((value(&response), kept(&response)), (answer, None));
        seen.insert(code);
    }
    assert_eq!(platform.calls(APP_LOGIN).await, 1 + 20 + 6);
    let documented = (400_104..=400_116).chain(400_193..=400_199).chain([200, 400_250]);
    let global = [400, 401, 402, 404, 405, 413, 429, 500];
    assert_eq!(seen, documented.chain(global).collect());
}

#[tokio::test]
async fn a_wrong_secret_is_what_the_platform_says_it_is() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services_at(&platform.url(), "another-secret");
    let daemon = host.start().await;
    assert_eq!(code_of(&daemon.app_login("alice.1").await), 401);
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_400194_and_leaves_the_code_open() {
    let (platform, daemon) = services().await;
    let lacking = json!({"answer": {"code": 200, "msg": "success", "data": {"uid": 7}}});
    for fault in [
        json!({"status": 502, "body": "<html>Bad Gateway"}),
        json!("reset"),
        json!("close"),
        json!("half-body"),
        json!("garbage"),
        lacking,
        json!({"answer": {"code": 123, "msg": "?"}}),
    ] {
        platform.script(&json!({"call": APP_LOGIN, "fault": fault})).await;
        let response = daemon.app_login("alice.1").await;
        assert_eq!((code_of(&response), kept(&response)), (400_194, None), "{fault}");
        assert!(value(&response)["msg"].as_str().unwrap().starts_with("微信接口调用异常"), "{fault}");
    }
    let log = daemon.process.log();
    assert_eq!(log.matches("a login got no answer that can be used").count(), 7, "{log}");
    assert!(log.contains("Bad Gateway"), "{log}");
    // The code was never used, and is good.
    assert_eq!(code_of(&daemon.app_login("alice.1").await), 200);
}

#[tokio::test]
async fn a_code_that_is_sent_many_times_makes_one_call_and_one_token() {
    let (platform, daemon) = services().await;
    platform.script(&json!({"call": APP_LOGIN, "delay": "300ms"})).await;
    let answers = join_all((0..20).map(|_| daemon.app_login("alice.1"))).await;
    let first = &answers[0];
    assert_eq!(code_of(first), 200);
    assert_eq!(first.headers()[CACHE_CONTROL], "no-store");
    for answer in &answers {
        assert_eq!((answer.body(), kept(answer)), (first.body(), kept(first)));
    }
    // A service that lost the answer asks again.
    let again = daemon.app_login("alice.1").await;
    assert_eq!((again.body(), kept(&again)), (first.body(), kept(first)));
    assert_eq!(platform.calls(APP_LOGIN).await, 1);
    assert_eq!(daemon.tokens(&TokenFilter::default()).await.unwrap().len(), 1);
    // Another code is another login, and what is forgotten is not given again.
    assert_ne!(kept(&daemon.app_login("alice.2").await), kept(first));
    daemon.forget_token(&kept(first).unwrap()).await.unwrap();
    let used = daemon.app_login("alice.1").await;
    assert_eq!((code_of(&used), kept(&used)), (400_194, None));
    assert_eq!(platform.calls(APP_LOGIN).await, 3);
}

#[tokio::test]
async fn a_caller_who_hangs_up_loses_the_answer_and_not_the_login() {
    let (platform, daemon) = services().await;
    platform.script(&json!({"call": APP_LOGIN, "delay": "300ms"})).await;
    {
        let mut login = std::pin::pin!(daemon.app_login("alice.1"));
        tokio::select! {
            _ = &mut login => panic!("the platform takes its time"),
            () = platform.until("the platform is asked", |state| state["calls"][APP_LOGIN] == 1) => {}
        }
    }
    let again = daemon.app_login("alice.1").await;
    assert_eq!((code_of(&again), platform.calls(APP_LOGIN).await), (200, 1));
    assert_eq!(daemon.token(&kept(&again).unwrap()).await.unwrap().app, APPKEY);
}

#[tokio::test]
async fn a_token_is_durable_before_its_name_is_told() {
    let (_platform, mut daemon) = services().await;
    let login = daemon.app_login("alice.1").await;
    daemon.kill9().await;
    daemon.restart().await;
    let secret = daemon.secret_of(&kept(&login).unwrap()).await;
    assert_eq!(value(&login)["data"]["access_token"], secret);
}

#[tokio::test]
async fn more_tokens_than_may_be_kept_are_not_fetched() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services(&platform).with_tokens("max = 2");
    let daemon = host.start().await;
    platform.script(&json!({"call": APP_LOGIN, "delay": "200ms", "times": 2})).await;
    let codes = ["a.1", "b.1", "c.1", "d.1"];
    let answers = join_all(codes.map(|code| daemon.app_login(code))).await;
    let mut codes: Vec<u64> = answers.iter().map(code_of).collect();
    codes.sort_unstable();
    assert_eq!(codes, [200, 200, 400_193, 400_193]);
    assert_eq!(platform.calls(APP_LOGIN).await, 2);
    assert!(daemon.process.log().contains("tokens.max"));
    let tokens = daemon.tokens(&TokenFilter::default()).await.unwrap();
    daemon.forget_token(tokens[0].id.as_str()).await.unwrap();
    assert_eq!(code_of(&daemon.app_login("e.1").await), 200);
}

#[tokio::test]
async fn over_tcp_the_control_token_is_needed_as_on_every_route() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services(&platform).with_tcp();
    let daemon = host.start().await;
    let body = json!({"appkey": APPKEY, "code": "alice.1", "version_number": 1, "channel": "vivo"});
    let tcp = daemon.tcp();
    let login = |token: Option<&str>| {
        let mut login = request(Method::POST, APP_LOGIN, &body);
        login.headers_mut().insert("host", tcp.to_string().parse().unwrap());
        if let Some(token) = token {
            login.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        over_tcp(tcp, login)
    };
    assert_eq!(login(None).await.status(), 401);
    assert_eq!(platform.calls(APP_LOGIN).await, 0);
    let token = std::fs::read_to_string(daemon.host.state().join("control.token")).unwrap();
    assert_eq!(code_of(&login(Some(token.trim())).await), 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_problem() {
    let (platform, daemon) = services().await;
    let large = post(&daemon, "application/x-www-form-urlencoded", "x".repeat(65 * 1024)).await;
    assert_eq!((large.status().as_u16(), &value(&large)["code"]), (413, &json!("too-large")));
    assert_eq!(platform.calls(APP_LOGIN).await, 0);
}
