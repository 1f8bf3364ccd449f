//! The description at `/openapi.json` against the running daemon, both ways: nothing that it serves is missing there,
//! and nothing is there that it does not serve.

mod schemas;
mod trouble;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, SET_COOKIE};
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::StateName;
use wxlogind::sandbox::{APP_ID, APPKEY};

use crate::harness::{
    APP_LOGIN, Daemon, Hook, Host, OFFICIAL_LOGIN, PATIENCE, Platform, get, over_tcp, request, services,
    value, world,
};
use schemas::{Described, Seen};

/// Members that are not brought about here, and why.
const RARE: &[&str] = &[
    // The sandbox's accounts live nowhere.
    "Profile.city",
    // That takes a full disk: tests/e2e/full_disk.rs has one.
    "StoreCheck.trouble",
];

async fn described(daemon: &Daemon) -> Described {
    Described::new(value(&daemon.send(get("/openapi.json")).await))
}

/// A daemon, its description, and what was seen of it.
struct Witness {
    daemon: Daemon,
    described: Described,
    seen: Seen,
}

impl Witness {
    async fn ask(&mut self, method: Method, path: &str, body: Value) -> Response<Bytes> {
        let mut asked = request(method.clone(), path, &body);
        if path.starts_with("/v1/events") {
            asked.headers_mut().insert(ACCEPT, "application/json".parse().unwrap());
        }
        let answer = self.daemon.send(asked).await;
        self.described.check(&method, path, &answer, &mut self.seen);
        answer
    }

    async fn get(&mut self, path: &str) -> Value {
        value(&self.ask(Method::GET, path, Value::Null).await)
    }

    async fn post(&mut self, path: &str, body: Value) -> Response<Bytes> {
        self.ask(Method::POST, path, body).await
    }

    /// Everything that can be read of the sessions and accounts that there are.
    async fn read_all(&mut self) {
        for path in ["/v1/steps", "/v1/events", "/v1/tokens", "/v1/summary", "/v1/sessions?limit=1"] {
            self.get(path).await;
        }
        for session in self.get("/v1/sessions").await["sessions"].as_array().unwrap() {
            let path = format!("/v1/sessions/{}", session["wId"].as_str().unwrap());
            for path in [path.clone(), format!("{path}/history"), format!("{path}/why")] {
                self.get(&path).await;
            }
        }
        for account in self.get("/v1/accounts").await["accounts"].as_array().unwrap() {
            let path = format!("/v1/accounts/{}", account["wcId"].as_str().unwrap());
            for path in [path.clone(), format!("{path}/why")] {
                self.get(&path).await;
            }
        }
    }
}

#[tokio::test]
async fn every_example_is_as_its_schema_says() {
    let (_platform, daemon) = world().await;
    described(&daemon).await.check_examples();
}

#[tokio::test]
async fn every_route_is_served_by_the_methods_that_are_described_and_no_other() {
    let (_platform, daemon) = world().await;
    let described = described(&daemon).await;
    for (path, item) in described.paths() {
        let path = ["{wId}", "{wcId}", "{id}", "{n}", "{secret}", "{file}"]
            .iter()
            .fold(path.clone(), |path, name| path.replace(name, "x"));
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            // A stream has no end.
            if path == "/v1/events" && method == Method::GET {
                continue;
            }
            let answer = daemon.send(request(method.clone(), &path, &Value::Null)).await;
            let is_there = item.get(method.as_str().to_lowercase()).is_some();
            assert_eq!(answer.status() != StatusCode::METHOD_NOT_ALLOWED, is_there, "{method} {path}");
            let text = String::from_utf8_lossy(answer.body()).into_owned();
            let is_file = path == "/assets/x";
            assert!(is_file || !text.contains("there is no such route"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_query_that_a_route_takes_is_described_and_no_other() {
    let (_platform, daemon) = services().await;
    let described = described(&daemon).await;
    let session = format!("/v1/sessions/{}", daemon.begin().await);
    let token = format!("/v1/tokens/{}", daemon.app_token("alice").await);
    let mut checked = 0;
    for (path, item) in described.paths() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let queries = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let named: BTreeSet<&str> = queries.filter_map(|parameter| parameter["name"].as_str()).collect();
        if named.is_empty() {
            continue;
        }
        let path = path
            .replace("{n}", "1")
            .replace("/v1/sessions/{wId}", &session)
            .replace("/v1/tokens/{id}", &token);
        let refused = value(&daemon.send(get(&format!("{path}?nonsense=1"))).await);
        // unknown field `nonsense`, expected one of `a`, `b`
        let detail = refused["detail"].as_str().unwrap();
        let taken: BTreeSet<&str> = detail.split('`').skip(3).step_by(2).collect();
        assert_eq!(taken, named, "{path}: {detail}");
        checked += 1;
    }
    assert_eq!(checked, 8);
}

#[tokio::test]
async fn every_field_of_every_answer_is_described_and_every_described_field_is_answered() {
    let platform = Platform::start().await;
    let hook = Hook::start().await;
    let host = Host::against(&platform).with_services(&platform).with_webhook(&hook.url(), "");
    let daemon = host.with_tcp().start().await;
    let described = described(&daemon).await;
    let mut witness = Witness { daemon, described, seen: Seen::default() };
    let it = &mut witness;

    // A life with a code, one with a slider, one that is abandoned, one that is logged out and begun again.
    it.post("/v1/sessions", json!({"label": "shop"})).await;
    let code = it.daemon.begin().await;
    it.read_all().await;
    platform.phone_with(&code, "ask-code", &json!({"code": "112233"})).await;
    it.daemon.until(&code, StateName::AwaitingVerify).await;
    it.read_all().await;
    it.post(&format!("/v1/steps/{code}/claim"), json!({"by": "a person"})).await;
    let link = value(&it.post(&format!("/v1/sessions/{code}/link"), json!({"ttl": "10m"})).await);
    let link = format!("/step/{}", link["url"].as_str().unwrap().rsplit('/').next().unwrap());
    it.ask(Method::GET, &link, Value::Null).await;
    it.get(&format!("{link}/state")).await;
    it.read_all().await;
    it.post(&format!("/v1/sessions/{code}/verify"), json!({"code": "112233"})).await;
    let slider = it.daemon.begin().await;
    platform.phone_with(&slider, "show-slider", &json!({"spelling": 200})).await;
    it.daemon.until(&slider, StateName::Slider).await;
    it.read_all().await;
    platform.pass_slider(&slider).await;
    it.post(&format!("/v1/sessions/{slider}/slider-done"), Value::Null).await;
    let online = it.daemon.online(&platform).await;
    let wc_id = online.wc_id.unwrap();
    let account = format!("/v1/accounts/{wc_id}");
    it.ask(Method::PATCH, &account, json!({"label": "shop 2", "autoRelogin": true})).await;
    it.read_all().await;
    it.ask(Method::DELETE, &account, Value::Null).await;
    it.ask(Method::DELETE, &format!("/v1/sessions/{}", online.w_id), Value::Null).await;
    it.post(&format!("{account}/relogin"), json!({"method": "qr"})).await;
    it.read_all().await;
    let again = it.post("/v1/sessions", json!({"wcId": wc_id})).await;
    let again = value(&again)["wId"].as_str().unwrap_or_default().parse().unwrap();
    it.read_all().await;
    platform.phone(&again, "confirm").await;
    it.daemon.until(&again, StateName::Online).await;
    it.read_all().await;

    // Users' logins and their tokens.
    it.post(APP_LOGIN, json!({"appkey": APPKEY, "code": "alice", "version_number": 1, "channel": "vivo"}))
        .await;
    it.post(APP_LOGIN, json!({"appkey": APPKEY})).await;
    it.post(OFFICIAL_LOGIN, json!({"appId": APP_ID, "code": "carol"})).await;
    it.post(OFFICIAL_LOGIN, json!({"appId": "nobody"})).await;
    for token in it.get("/v1/tokens").await["tokens"].as_array().unwrap() {
        let path = format!("/v1/tokens/{}", token["id"].as_str().unwrap());
        it.get(&format!("{path}?reveal=false")).await;
        it.get(&path).await;
        it.ask(Method::DELETE, &path, Value::Null).await;
    }
    it.post("/v1/rekey", Value::Null).await;
    it.read_all().await;

    // The rest, and refusals.
    it.post("/v1/console/login", Value::Null).await;
    it.get("/v1/console/session").await;
    it.ask(Method::DELETE, "/v1/console/session", Value::Null).await;
    it.post("/v1/console/session", json!({"secret": "x"})).await;
    let delivered = async {
        while it.daemon.webhooks().await.unwrap()[0].last.is_none() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, delivered).await.expect("nothing is delivered");
    it.get("/v1/webhooks").await;
    it.post("/v1/webhooks/1/test", Value::Null).await;
    it.post("/v1/webhooks/1/replay", Value::Null).await;
    it.ask(Method::GET, "/v1/backup", Value::Null).await;
    it.ask(Method::GET, "/metrics", Value::Null).await;
    it.post("/v1/platform/callback", json!({"messageType": "00000"})).await;
    for path in [
        "/healthz",
        "/readyz",
        "/v1/check",
        "/v1/webhooks/1/dead-letters",
        "/v1/webhooks/9/dead-letters",
        "/v1/sessions/x",
        "/v1/sessions?state=x",
        "/v1/accounts/x",
        "/v1/tokens/x",
    ] {
        it.get(path).await;
    }
    it.post("/v1/sessions", json!({"label": "shop 2"})).await;
    it.ask(Method::GET, &format!("/v1/sessions/{again}/qr"), Value::Null).await;

    let witness = trouble::provoke(witness).await;
    let it = &witness;
    let unseen = it.described.unseen(&it.seen, RARE);
    assert!(unseen.is_empty(), "described, and never answered: {unseen:#?}");
}

async fn by_tcp(
    daemon: &Daemon,
    path: &str,
    header: Option<(hyper::header::HeaderName, String)>,
) -> Response<Bytes> {
    let mut asked = get(path);
    asked.headers_mut().insert(hyper::header::HOST, daemon.tcp().to_string().parse().unwrap());
    if let Some((name, text)) = header {
        asked.headers_mut().insert(name, text.parse().unwrap());
    }
    over_tcp(daemon.tcp(), asked).await
}

#[tokio::test]
async fn the_reference_is_for_those_who_have_the_token_or_a_seat_and_runs_nothing() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    let token = std::fs::read_to_string(daemon.host.state().join("control.token")).unwrap();
    let invitation = value(&daemon.send(request(Method::POST, "/v1/console/login", &Value::Null)).await);
    let (_, secret) = invitation["url"].as_str().unwrap().rsplit_once('=').unwrap();
    let entered = daemon.send(request(Method::POST, "/v1/console/session", &json!({"secret": secret}))).await;
    let cookie = entered.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    for path in ["/docs", "/openapi.json"] {
        assert_eq!(by_tcp(&daemon, path, None).await.status(), StatusCode::UNAUTHORIZED, "{path}");
        let bearer = Some((AUTHORIZATION, format!("Bearer {}", token.trim())));
        assert_eq!(by_tcp(&daemon, path, bearer).await.status(), StatusCode::OK, "{path}");
        let seated = by_tcp(&daemon, path, Some((COOKIE, cookie.clone()))).await;
        assert_eq!(seated.status(), StatusCode::OK, "{path}");
    }
    let page = daemon.send(get("/docs")).await;
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(
        page.headers()[CONTENT_SECURITY_POLICY],
        daemon.send(get("/")).await.headers()[CONTENT_SECURITY_POLICY]
    );
    let html = String::from_utf8_lossy(page.body()).into_owned();
    assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("src="));
    for (path, item) in described(&daemon).await.paths() {
        for method in item.as_object().unwrap().keys() {
            assert!(
                html.contains(&format!("<code>{} {path}</code>", method.to_uppercase())),
                "{method} {path}"
            );
        }
    }
    for asset in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        match asset.strip_prefix('#') {
            Some(id) => assert!(html.contains(&format!("id=\"{id}\"")), "{asset}"),
            None => {
                assert_eq!(daemon.send(get(&format!("/{asset}"))).await.status(), StatusCode::OK, "{asset}");
            }
        }
    }
}
