//! Official-account login (system C) through the daemon: every parameter and every code of seed 001, and codes that
//! are sent more than once.

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Response};
use serde_json::{Value, json};
use wxlogind::client::TokenFilter;
use wxlogind::sandbox::{APP_ID, USER_DOMAIN};

use crate::harness::{Host, OFFICIAL_LOGIN, Platform, kept, request, services, value};

/// The code of an answer in the envelope.
fn code_of(response: &Response<Bytes>) -> u64 {
    let answer = value(response);
    assert_eq!(response.status(), 200, "{answer}");
    answer["code"].as_u64().unwrap_or_else(|| panic!("no code: {answer}"))
}

#[tokio::test]
async fn every_parameter_has_its_outcome_in_the_query_and_in_json() {
    let (platform, daemon) = services().await;
    let (code_128, code_513, long) = ("界".repeat(128), "界".repeat(513), "x".repeat(4000));
    // Members that replace the good ones, the outcome, and how many calls it costs. An empty name leaves one out.
    let table = [
        (json!({"code": "plain"}), 200, 1),
        (json!({"userDomain": ""}), 5023, 0),
        (json!({"userDomain": " "}), 5023, 0),
        (json!({"userDomain": "users sandbox"}), 5013, 0),
        (json!({"userDomain": "用户.sandbox"}), 5013, 0),
        (json!({"userDomain": long}), 5013, 0),
        (json!({"userDomain": "elsewhere.sandbox"}), 5015, 0),
        (json!({"userDomain": USER_DOMAIN, "code": "domain"}), 200, 1),
        (json!({"appId": null}), 5218, 0),
        (json!({"appId": ""}), 5218, 0),
        (json!({"appId": "wx-unknown"}), 5015, 0),
        (json!({"appId": "公众号"}), 5015, 0),
        (json!({"code": null}), 5372, 0),
        (json!({"code": ""}), 5372, 0),
        (json!({"code": "\t"}), 5372, 0),
        (json!({"code": code_128}), 200, 1),
        (json!({"code": code_513}), 5372, 0),
        (json!({"code": "授权 码&x=1%2B+/"}), 200, 1),
        (json!({"mcc": "四六零"}), 6085, 0),
        (json!({"mcc": "460.0"}), 6085, 0),
        (json!({"mcc": "2147483648"}), 6085, 0),
        (json!({"mcc": "199"}), 6085, 1),
        (json!({"mcc": "310"}), 6084, 1),
        (json!({"mcc": "460", "code": "mcc"}), 200, 1),
        (json!({"signature": "passed over", "unknown": "x", "code": "more"}), 200, 1),
    ];
    let mut calls = 0;
    for (changes, outcome, cost) in &table {
        for in_query in [true, false] {
            let mut fields = json!({"appId": APP_ID, "code": "case"});
            fields.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            fields.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            // A code is good once.
            if *outcome == 200 && !in_query {
                let code = fields["code"].as_str().unwrap().chars().skip(1).chain(['.']).collect::<String>();
                fields["code"] = code.into();
            }
            let response = if in_query {
                let fields = fields.as_object().unwrap();
                let pairs: Vec<_> =
                    fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
                daemon.official_login_with(&pairs).await
            } else {
                daemon.send(request(Method::POST, OFFICIAL_LOGIN, &fields)).await
            };
            calls += cost;
            assert_eq!(code_of(&response), *outcome, "{changes} {in_query}: {}", value(&response));
            assert_eq!(kept(&response).is_some(), *outcome == 200, "{changes}");
            assert_eq!(platform.calls(OFFICIAL_LOGIN).await, calls, "{changes}");
        }
    }
}

#[tokio::test]
async fn a_parameter_of_another_type_or_sent_twice_is_refused() {
    let (platform, daemon) = services().await;
    for (changes, outcome) in [
        (json!({"userDomain": 7}), 5013),
        (json!({"appId": 7}), 5218),
        (json!({"appId": [APP_ID]}), 5218),
        (json!({"code": 7}), 5372),
        (json!({"code": {"code": "x"}}), 5372),
        (json!({"mcc": true}), 6085),
        (json!({"mcc": 460.5}), 6085),
        (json!({"mcc": []}), 6085),
    ] {
        let mut fields = json!({"appId": APP_ID, "code": "case"});
        fields.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let response = daemon.send(request(Method::POST, OFFICIAL_LOGIN, &fields)).await;
        assert_eq!(code_of(&response), outcome, "{changes}");
    }
    for (name, outcome) in [("userDomain", 5013), ("appId", 5218), ("code", 5372), ("mcc", 6085)] {
        let good = [("userDomain", USER_DOMAIN), ("appId", APP_ID), ("code", "case"), ("mcc", "460")];
        let value_of = good.iter().find(|(known, _)| *known == name).unwrap().1;
        let twice: Vec<_> = good.iter().copied().chain([(name, value_of)]).collect();
        assert_eq!(code_of(&daemon.official_login_with(&twice).await), outcome, "{name} in the query");
        let others = good.iter().filter(|(known, _)| *known != name);
        let others: Vec<String> = others.map(|(name, value)| format!("{name}={value}")).collect();
        let others = others.join("&");
        let no_text = request(Method::POST, &format!("{OFFICIAL_LOGIN}?{others}&{name}=%FF"), &Value::Null);
        assert_eq!(code_of(&daemon.send(no_text).await), outcome, "{name} as bytes that are no text");
        // Once in the query and once in the body is twice as well.
        let body =
            request(Method::POST, &format!("{OFFICIAL_LOGIN}?{name}={value_of}"), &json!({name: value_of}));
        let both = code_of(&daemon.send(body).await);
        assert_eq!(both, if name == "code" || name == "mcc" { 5218 } else { outcome }, "{name} in both");
    }
    let mixed = format!("{OFFICIAL_LOGIN}?appId={APP_ID}");
    let mixed = daemon.send(request(Method::POST, &mixed, &json!({"code": "mixed", "mcc": 460}))).await;
    assert_eq!(code_of(&mixed), 200);
    assert_eq!(platform.calls(OFFICIAL_LOGIN).await, 1);
}

#[tokio::test]
async fn every_documented_code_comes_through_the_daemon_as_the_platform_says_it() {
    let (platform, daemon) = services().await;
    for number in [5013, 5015, 5023, 5104, 5218, 5367, 5368, 5369, 5372, 6084, 6085] {
        for _ in 0..2 {
            let response = daemon.official_login(&format!("fail-{number}")).await;
            assert_eq!((code_of(&response), kept(&response)), (number, None));
            assert_eq!(value(&response)["extMsg"], "the code asks for it", "it is the platform's own answer");
        }
    }
    assert_eq!(platform.calls(OFFICIAL_LOGIN).await, 22);
    // A code that the document does not know is passed on as well.
    let answer = json!({"code": 9999, "msg": "原样", "data": {"x": [1.5]}});
    platform.script(&json!({"call": OFFICIAL_LOGIN, "fault": {"answer": answer}})).await;
    assert_eq!(value(&daemon.official_login("any").await), answer);
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_5367_and_leaves_the_code_open() {
    let (platform, daemon) = services().await;
    // The last one is the seed's own example: a success without a token.
    let empty = json!({"expirationTime": 0, "token": ""});
    let example =
        json!({"code": 0, "data": {"accessToken": empty, "refreshToken": empty}, "extMsg": "", "msg": ""});
    for fault in [
        json!({"status": 502, "body": "<html>Bad Gateway"}),
        json!("reset"),
        json!("close"),
        json!("half-body"),
        json!("garbage"),
        json!({"answer": example}),
    ] {
        platform.script(&json!({"call": OFFICIAL_LOGIN, "fault": fault})).await;
        let response = daemon.official_login("open").await;
        assert_eq!((code_of(&response), kept(&response)), (5367, None), "{fault}");
    }
    let log = daemon.process.log();
    assert_eq!(log.matches("a login got no answer that can be used").count(), 6, "{log}");
    assert_eq!(code_of(&daemon.official_login("open").await), 200);
    // What matters is the access token: a refresh token whose end nobody knows is no reason to burn the code.
    let data = json!({
        "accessToken": {"token": "a1", "expirationTime": 4_000_000_000_u64},
        "refreshToken": {"token": "r1", "expirationTime": 0},
    });
    platform.script(&json!({"call": OFFICIAL_LOGIN, "fault": {"answer": {"code": 200, "data": data}}})).await;
    let response = daemon.official_login("endless").await;
    assert_eq!(code_of(&response), 200);
    assert_eq!(daemon.secret_of(&kept(&response).unwrap()).await, "a1");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_a_problem() {
    let (platform, daemon) = services().await;
    for (media_type, body, status) in [
        ("text/plain", "{}", 415),
        ("application/x-www-form-urlencoded", "appId=x", 415),
        ("application/json", "[]", 400),
        ("application/json", "{", 400),
        ("application/json", "\"appId\"", 400),
    ] {
        let mut login = request(Method::POST, OFFICIAL_LOGIN, &Value::Null);
        login.headers_mut().insert(CONTENT_TYPE, media_type.parse().unwrap());
        *login.body_mut() = Full::from(body);
        let response = daemon.send(login).await;
        assert_eq!(response.status(), status, "{media_type} {body}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
    assert_eq!(platform.calls(OFFICIAL_LOGIN).await, 0);
}

#[tokio::test]
async fn a_code_that_is_sent_many_times_makes_one_call_and_one_token() {
    let (platform, daemon) = services().await;
    platform.script(&json!({"call": OFFICIAL_LOGIN, "delay": "300ms"})).await;
    let answers = join_all((0..20).map(|_| daemon.official_login("once"))).await;
    let again = daemon.official_login("once").await;
    for answer in answers.iter().chain([&again]) {
        assert_eq!((answer.body(), kept(answer)), (answers[0].body(), kept(&answers[0])));
    }
    assert_eq!((code_of(&again), platform.calls(OFFICIAL_LOGIN).await), (200, 1));
    assert_eq!(daemon.tokens(&TokenFilter::default()).await.unwrap().len(), 1);
    let given = &value(&again)["data"]["accessToken"]["token"];
    assert_eq!(*given, daemon.secret_of(&kept(&again).unwrap()).await);
}

#[tokio::test]
async fn more_tokens_than_may_be_kept_are_not_fetched() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services(&platform).with_tokens("max = 1");
    let daemon = host.start().await;
    assert_eq!(code_of(&daemon.official_login("first").await), 200);
    let more = daemon.official_login("second").await;
    assert_eq!((code_of(&more), kept(&more)), (5367, None));
    assert_eq!(platform.calls(OFFICIAL_LOGIN).await, 1);
}
