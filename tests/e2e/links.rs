//! One-time links: what they open, and for how long; and who is on a step.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Response};
use serde_json::{Value, json};
use tokio::time::sleep;
use wxlogin_state::public::Account;
use wxlogin_state::{Awaited, StateName, WId};
use wxlogind::wire::{MakeLink, ProblemCode};

use crate::harness::{A_WHILE, Daemon, Host, Platform, get, knock, output, refused, request, value};

/// A platform, and a daemon that browsers can reach.
async fn world() -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    (platform, daemon)
}

/// The secret of a new link.
async fn link(daemon: &Daemon, w_id: &WId) -> String {
    let link = daemon.link(w_id.as_str(), &MakeLink::default()).await.unwrap();
    let url = link.url.reveal();
    let (address, secret) = url.split_once("/step/").unwrap();
    assert_eq!(address, format!("http://{}", daemon.tcp()));
    assert_eq!(secret.len(), 64);
    secret.to_owned()
}

async fn read(daemon: &Daemon, path: &str) -> Response<Bytes> {
    knock(daemon, get(path), &[]).await
}

/// What is to be done behind a link, once it is of this kind or has come to this end.
async fn until(daemon: &Daemon, secret: &str, told: &str) -> Value {
    loop {
        let state = value(&read(daemon, &format!("/step/{secret}/state")).await);
        if state["kind"] == told || state["standing"] == told {
            return state;
        }
        assert!(!["online", "ended"].contains(&state["standing"].as_str().unwrap()), "never comes to {told}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_link_leads_through_one_login_and_is_over_with_it() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let secret = link(&daemon, &w_id).await;
    let page = format!("/step/{secret}");
    // Opened again and again, as chat applications do, and from another site.
    for headers in [&[][..], &[("sec-fetch-site", "cross-site")]] {
        let shown = knock(&daemon, get(&page), headers).await;
        assert_eq!(
            (shown.status().as_u16(), &shown.headers()["cache-control"]),
            (200, &"no-store".parse().unwrap())
        );
        assert_eq!(shown.headers()["referrer-policy"], "no-referrer");
        assert!(shown.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self';"));
    }
    let state = until(&daemon, &secret, "scan").await;
    assert!(!state.to_string().contains(w_id.as_str()), "{state}");
    let qr = read(&daemon, &format!("{page}/qr")).await;
    assert_eq!(qr.headers()["content-type"], "image/png");
    platform.phone_with(&w_id, "ask-code", &json!({"code": "482913"})).await;
    assert!(until(&daemon, &secret, "code").await["prompt"].is_string());
    let verify = |code: &str| request(Method::POST, &format!("{page}/verify"), &json!({"code": code}));
    let foreign = [("sec-fetch-site", "cross-site")];
    assert_eq!(knock(&daemon, verify("482913"), &foreign).await.status(), 403);
    let passed_on = knock(&daemon, verify("482913"), &[]).await;
    assert_eq!((passed_on.status().as_u16(), passed_on.body().len()), (202, 0));
    until(&daemon, &secret, "online").await;
    for path in [page.clone(), format!("{page}/qr")] {
        assert_eq!(read(&daemon, &path).await.status(), 404, "{path}");
    }
    assert_eq!(knock(&daemon, verify("482913"), &[]).await.status(), 404);
    let problem = refused(daemon.link(w_id.as_str(), &MakeLink::default()).await);
    assert_eq!((problem.status, problem.state), (409, Some(StateName::Online)));
}

#[tokio::test]
async fn a_link_passes_the_slider_on() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let secret = link(&daemon, &w_id).await;
    platform.phone(&w_id, "show-slider").await;
    assert!(until(&daemon, &secret, "slider").await["url"].as_str().unwrap().starts_with(&platform.url()));
    platform.pass_slider(&w_id).await;
    let done = request(Method::POST, &format!("/step/{secret}/slider-done"), &Value::Null);
    assert_eq!(knock(&daemon, done, &[]).await.status(), 202);
    platform.phone(&w_id, "confirm").await;
    until(&daemon, &secret, "online").await;
}

#[tokio::test]
async fn a_link_opens_nothing_but_its_own_login() {
    let (_platform, daemon) = world().await;
    let (w_id, other) = (daemon.begin().await, daemon.begin().await);
    let secret = link(&daemon, &w_id).await;
    let bearer = format!("Bearer {secret}");
    let bearer = [(AUTHORIZATION.as_str(), bearer.as_str())];
    for path in ["/v1/steps", "/v1/events", &format!("/v1/sessions/{other}")] {
        assert_eq!(read(&daemon, path).await.status(), 401, "{path}");
        assert_eq!(knock(&daemon, get(path), &bearer).await.status(), 401, "{path}");
    }
    let nobody = "0".repeat(64);
    for path in [
        format!("/step/{secret}/v1/steps"),
        format!("/step/{secret}/../../v1/steps"),
        format!("/step/{secret}/history"),
        format!("/step/{nobody}"),
        format!("/step/{nobody}/state"),
        format!("/step/{w_id}"),
        "/step/".to_owned(),
    ] {
        assert_eq!(read(&daemon, &path).await.status(), 404, "{path}");
    }
    // The route that makes links is no link's.
    let make = request(Method::POST, &format!("/v1/sessions/{w_id}/link"), &json!({}));
    assert_eq!(knock(&daemon, make, &[]).await.status(), 401);
}

#[tokio::test]
async fn a_link_whose_time_is_over_looks_like_one_that_never_was() {
    let (_platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let short = daemon.link(w_id.as_str(), &MakeLink { ttl: Some("1s".to_owned()) }).await.unwrap();
    let (_, secret) = short.url.reveal().split_once("/step/").unwrap();
    sleep(Duration::from_millis(1100)).await;
    for rest in ["", "/state", "/qr"] {
        let over = read(&daemon, &format!("/step/{secret}{rest}")).await;
        let never = read(&daemon, &format!("/step/{}{rest}", "f".repeat(64))).await;
        assert_eq!((over.status(), over.body()), (never.status(), never.body()), "{rest}");
        assert_eq!(over.status(), 404);
    }
    for ttl in ["0s", "2h", "soon"] {
        let problem = refused(daemon.link(w_id.as_str(), &MakeLink { ttl: Some(ttl.to_owned()) }).await);
        assert_eq!((problem.status, problem.field.as_deref()), (400, Some("ttl")), "{ttl}");
    }
}

#[tokio::test]
async fn the_oldest_link_of_a_login_makes_room() {
    let (_platform, daemon) = world().await;
    let (w_id, other) = (daemon.begin().await, daemon.begin().await);
    let elsewhere = link(&daemon, &other).await;
    let mut links = Vec::new();
    for _ in 0..=wxlogind::links::MOST {
        links.push(link(&daemon, &w_id).await);
    }
    let status = async |secret: &str| read(&daemon, &format!("/step/{secret}/state")).await.status().as_u16();
    assert_eq!((status(&links[0]).await, status(&links[1]).await, status(&elsewhere).await), (404, 200, 200));
}

#[tokio::test]
async fn a_link_lasts_over_a_restart_and_its_secret_is_kept_nowhere() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_tcp();
    let traced = |host: &Host| {
        let mut command = host.command();
        command.env("WXLOGIND_LOG", "trace");
        command
    };
    let mut daemon = host.start_by(traced).await;
    let w_id = daemon.begin().await;
    let secret = link(&daemon, &w_id).await;
    let paths = ["", "/state", "/qr", "/nothing"].map(|rest| format!("/step/{secret}{rest}"));
    for path in &paths {
        read(&daemon, path).await;
    }
    let code = request(Method::POST, &format!("/step/{secret}/verify"), &json!({"code": "1"}));
    assert_eq!(knock(&daemon, code, &[]).await.status(), 409);
    daemon.kill9().await;
    let log = daemon.process.log();
    assert!(log.contains("/step/{secret}/state"), "the route is not in the log");
    assert!(!log.contains(&secret), "the secret is in the log");
    assert_eq!(files_with(&daemon.host.state(), secret.as_bytes()), Vec::<String>::new());
    daemon.restart().await;
    assert_eq!(read(&daemon, &paths[0]).await.status(), 200);
    platform.phone(&w_id, "confirm").await;
    until(&daemon, &secret, "online").await;
}

/// The files below `dir` that hold these bytes.
fn files_with(dir: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn an_alert_carries_a_link_where_people_can_reach_the_console() {
    let platform = Platform::start().await;
    let mut daemon = reached_from_outside(&platform).in_haste("").start().await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    platform.phone(&online.w_id, "drop").await;
    let w_id = daemon.until_scan_needed(&wc_id).await;
    daemon.kill9().await;
    daemon.restart().await;
    let (event, secret) = alert(&daemon).await;
    assert_eq!(event["wId"], w_id.as_str());
    assert_eq!(until(&daemon, &secret, "scan").await["known"], true);
    let proxied = knock(&daemon, get(&format!("/step/{secret}")), &[("host", "c.example")]).await;
    assert_eq!(proxied.status(), 200);
    daemon.scan_and_confirm(&platform, &wc_id).await;
    assert_eq!(read(&daemon, &format!("/step/{secret}")).await.status(), 404);
}

/// The newest `account.scan-needed` event of a daemon with a `console_url`, and the secret of its link.
async fn alert(daemon: &Daemon) -> (Value, String) {
    let mut asked = get("/v1/events?type=account.scan-needed");
    asked.headers_mut().insert("accept", "application/json".parse().unwrap());
    let events = value(&daemon.send(asked).await);
    let event = events["events"].as_array().unwrap().last().unwrap().clone();
    let secret = event["link"].as_str().unwrap().strip_prefix("https://c.example/wx/step/").unwrap();
    (event.clone(), secret.to_owned())
}

fn is_offered(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.awaits == Some(Awaited::Open))
}

fn reached_from_outside(platform: &Platform) -> Host {
    Host::against(platform).with_tcp().with_control("console_url = \"https://c.example/wx/\"")
}

#[tokio::test]
async fn an_alert_of_a_login_to_open_leads_to_its_qr_and_to_the_next_one() {
    let platform = Platform::start().await;
    let host = reached_from_outside(&platform).in_haste("issue = \"on-demand\"");
    let mut daemon = host.start().await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    let made = async |daemon: &Daemon| daemon.link_to_account(wc_id.as_str(), &MakeLink::default()).await;
    let problem = refused(made(&daemon).await);
    assert_eq!((problem.status, problem.code), (409, ProblemCode::WrongState));
    platform.phone(&online.w_id, "drop").await;
    daemon.until_account(&wc_id, "a login is offered", is_offered).await;
    daemon.kill9().await;
    daemon.restart().await;
    let (event, secret) = alert(&daemon).await;
    assert_eq!((&event["wId"], &event["wcId"]), (&Value::Null, &json!(wc_id)));
    assert_eq!(
        until(&daemon, &secret, "offered").await["nickName"],
        online.profile.unwrap().nick_name.unwrap()
    );
    let other = made(&daemon).await.unwrap().url;
    // Nothing is fetched by looking, as chat applications do.
    assert_eq!(read(&daemon, &format!("/step/{secret}")).await.status(), 200);
    assert_eq!(read(&daemon, &format!("/step/{secret}/qr")).await.status(), 404);
    let waiting = daemon.awaited_accounts().await.unwrap();
    let printed = output(daemon.ctl("steps")).await;
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("open the login") && printed.contains(wc_id.as_str()), "{printed}");
    assert!(waiting.iter().map(|account| &account.wc_id).eq([&wc_id]), "{waiting:?}");
    assert_eq!(platform.calls("/iPadLogin").await, 1);
    let open = request(Method::POST, &format!("/step/{secret}/open"), &Value::Null);
    assert_eq!(knock(&daemon, open.clone(), &[("sec-fetch-site", "cross-site")]).await.status(), 403);
    for _ in 0..2 {
        assert_eq!(knock(&daemon, open.clone(), &[]).await.status(), 202);
    }
    assert_eq!(until(&daemon, &secret, "scan").await["known"], true);
    assert_eq!(read(&daemon, &format!("/step/{secret}/qr")).await.status(), 200);
    assert!(daemon.awaited_accounts().await.unwrap().is_empty());
    assert_eq!(platform.calls("/iPadLogin").await, 2);
    daemon.scan_and_confirm(&platform, &wc_id).await;
    let (_, other) = other.reveal().split_once("/step/").unwrap();
    for secret in [&*secret, other] {
        until(&daemon, secret, "online").await;
        assert_eq!(read(&daemon, &format!("/step/{secret}")).await.status(), 404);
    }
    assert_eq!(knock(&daemon, open, &[]).await.status(), 404);
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn the_link_of_an_account_outlives_an_attempt_that_comes_to_nothing() {
    let platform = Platform::start().await;
    let host = reached_from_outside(&platform).with_device("qr_valid_for = \"3s\"");
    let daemon = host.in_haste("issue = \"on-demand\"").start().await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    platform.lose(&wc_id, &json!({})).await;
    daemon.until_account(&wc_id, "a login is offered", is_offered).await;
    let (_, secret) = alert(&daemon).await;
    let open = async || {
        let open = request(Method::POST, &format!("/step/{secret}/open"), &Value::Null);
        assert_eq!(knock(&daemon, open, &[]).await.status(), 202);
        until(&daemon, &secret, "scan").await;
    };
    open().await;
    // Nobody scans.
    assert!(until(&daemon, &secret, "later").await["at"].is_string());
    until(&daemon, &secret, "offered").await;
    open().await;
    daemon.scan_and_confirm(&platform, &wc_id).await;
    until(&daemon, &secret, "online").await;
}

#[tokio::test]
async fn an_alert_of_a_box_on_the_phone_says_where_to_confirm() {
    let platform = Platform::start().await;
    let daemon = reached_from_outside(&platform).in_haste("first_drop = \"1s\"").start().await;
    let (wc_id, _) = daemon.settled(&platform).await;
    sleep(A_WHILE).await;
    platform.lose(&wc_id, &json!({})).await;
    let w_id = platform.until_box(&wc_id).await;
    let (event, secret) = alert(&daemon).await;
    assert_eq!((&event["wId"], &event["wcId"]), (&Value::Null, &json!(wc_id)));
    until(&daemon, &secret, "confirm").await;
    let open = request(Method::POST, &format!("/step/{secret}/open"), &Value::Null);
    assert_eq!(knock(&daemon, open, &[]).await.status(), 404);
    platform.phone(&w_id, "confirm").await;
    until(&daemon, &secret, "online").await;
}

#[tokio::test]
async fn without_an_address_for_people_an_alert_has_no_link_and_none_is_made() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    platform.phone(&online.w_id, "drop").await;
    let w_id = daemon.until_scan_needed(&wc_id).await;
    let mut asked = get("/v1/events?type=account.scan-needed");
    asked.headers_mut().insert("accept", "application/json".parse().unwrap());
    let events = value(&daemon.send(asked).await);
    assert!(events["events"].as_array().unwrap().iter().all(|event| event["link"].is_null()), "{events}");
    let problem = refused(daemon.link(w_id.as_str(), &MakeLink::default()).await);
    assert!(problem.detail.contains("control.listen"), "{problem:?}");
}

#[tokio::test]
async fn the_inbox_says_who_is_on_a_step_until_it_is_done() {
    let (platform, daemon) = world().await;
    let (w_id, other) = (daemon.begin().await, daemon.begin().await);
    let path = format!("/v1/steps/{w_id}/claim");
    let claim = async |by: &str| daemon.ask(Method::POST, &path, &json!({"by": by})).await;
    let claims = async || {
        let steps = value(&daemon.send(get("/v1/steps")).await)["steps"].take();
        let steps = steps.as_array().unwrap().clone();
        steps.into_iter().map(|step| (step["wId"].clone(), step["claim"]["by"].clone())).collect::<Vec<_>>()
    };
    let (first, second) = (json!(w_id), json!(other));
    let (status, step) = claim(" 小王 ").await;
    assert_eq!((status, &step["claim"]["by"]), (200, &json!("小王")));
    assert_eq!(claims().await, [(first.clone(), json!("小王")), (second.clone(), Value::Null)]);
    // Somebody takes over, and goes on to the code; then nobody is on it any more.
    claim("Ann").await;
    platform.phone(&w_id, "ask-code").await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    assert_eq!(claims().await[0], (first.clone(), json!("Ann")));
    assert_eq!(daemon.ask(Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(claims().await, [(first, Value::Null), (second, Value::Null)]);
    for by in ["", " ", "a\nb", &"x".repeat(65)] {
        let (status, problem) = claim(by).await;
        assert_eq!((status, &problem["field"]), (400, &json!("by")), "{by:?}");
    }
    daemon.end(w_id.as_str()).await.unwrap();
    assert_eq!(claim("Ann").await.0, 409);
}
