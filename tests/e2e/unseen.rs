//! No token, secret or code is seen where it is not asked for: not in logs at TRACE, errors, events, lists or files.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use hyper::{Method, Response};
use serde_json::{Value, json};
use wxlogind::sandbox::{APP_SECRET, USER_DOMAIN_SECRET};

use crate::harness::{
    APP_LOGIN, APP_LOGOUT, Host, OFFICIAL_LOGIN, Platform, REFRESH, get, kept, request, value,
};

/// Every file below a directory, as bytes.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap_or_default()));
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

#[tokio::test]
async fn no_token_secret_or_code_is_logged_told_or_stored_in_plain() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform)
        .with_services(&platform)
        .start_by(|host| {
            let mut command = host.command();
            command.env("WXLOGIND_LOG", "trace");
            command
        })
        .await;
    let codes = ["canary-app-1", "canary-app-2", "canary-app-3", "canary-official-1", "canary-official-2"];
    let mut answers = Vec::new();
    let app = daemon.app_login(codes[0]).await;
    answers.push(value(&app)["data"]["access_token"].clone());
    platform.official_account(&json!({"accessLifetime": "8s"})).await;
    let official = daemon.official_login(codes[3]).await;
    platform.official_account(&json!({"accessLifetime": "2h"})).await;
    let data = &value(&official)["data"];
    answers.extend([data["accessToken"]["token"].clone(), data["refreshToken"]["token"].clone()]);
    platform.script(&json!({"call": REFRESH, "fault": {"status": 500, "body": answers[2]}})).await;
    // The platform echoes whatever it was sent, in answers that cannot be used and in refusals.
    for (call, code, secret) in
        [(APP_LOGIN, codes[1], APP_SECRET), (OFFICIAL_LOGIN, codes[4], USER_DOMAIN_SECRET)]
    {
        let body = format!("<html>{code}: {secret}");
        platform.script(&json!({"call": call, "fault": {"status": 502, "body": body}})).await;
        platform.script(&json!({"call": call, "fault": {"answer": {"code": "?", "msg": code}}})).await;
    }
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(daemon.app_login(codes[1]).await);
        told.push(daemon.official_login(codes[4]).await);
    }
    daemon.app_login(codes[2]).await;
    for path in ["/v1/nothing", "/v1/tokens", "/v1/events"] {
        for method in [Method::PATCH, Method::GET] {
            told.push(daemon.send(request(method, &format!("{path}?code={}", codes[0]), &Value::Null)).await);
        }
    }
    let ids = [kept(&app).unwrap(), kept(&official).unwrap()];
    for id in &ids {
        daemon.secret_of(id).await;
    }
    daemon.rekey().await.unwrap();
    platform.script(&json!({"call": APP_LOGOUT, "fault": {"status": 500, "body": answers[0]}})).await;
    let refused = daemon.send(request(Method::DELETE, &format!("/v1/tokens/{}", ids[0]), &Value::Null)).await;
    assert_eq!(refused.status(), 503);
    told.push(refused);
    // The second refresh brings another pair.
    daemon.until_generation(&ids[1], 2).await;
    answers.push(daemon.secret_of(&ids[1]).await.into());
    let keys = fs::read_to_string(daemon.host.state().join("state.key")).unwrap();

    let events = serde_json::to_string(&daemon.journal().await).unwrap();
    let listed = text(&daemon.send(get("/v1/tokens")).await);
    let (metrics, check) =
        (text(&daemon.send(get("/metrics")).await), text(&daemon.send(get("/v1/check")).await));
    let told: String = told.iter().map(text).collect();
    let (log, stored) = (daemon.process.log(), files(&daemon.host.state()));
    for said in ["DEBUG request", "a user is logged in", "a token was not refreshed", "logging out failed"] {
        assert!(log.contains(said), "the log says nothing of {said}");
    }
    assert!(events.contains("token.active") && listed.contains(&ids[0]));
    assert!(
        metrics.contains("official-account") && check.starts_with('{') && told.contains("problem"),
        "{told}"
    );
    let tokens = answers.iter().map(|token| token.as_str().unwrap());
    for secret in tokens.chain(codes).chain([APP_SECRET, USER_DOMAIN_SECRET, keys.trim()]) {
        for (place, text) in [
            ("the log", &log),
            ("an event", &events),
            ("a list", &listed),
            ("the metrics", &metrics),
            ("the check", &check),
            ("a refusal", &told),
        ] {
            assert!(!text.contains(secret), "{secret} is in {place}");
        }
        for (file, bytes) in &stored {
            assert!(file.ends_with("state.key") || !holds(bytes, secret), "{secret} is in {file}");
        }
    }
}
