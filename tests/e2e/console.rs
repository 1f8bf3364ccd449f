//! The console's own part of the control API, without a browser: invitations, cookies, the inbox, the figures.

use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};

use crate::harness::{Daemon, Host, Platform, get, knock, request, value, world};

/// The cookie of somebody who followed an invitation.
async fn come_in(daemon: &Daemon) -> String {
    let invitation = daemon.invite_to_console().await.unwrap();
    let (_, secret) = invitation.url.reveal().split_once("#enter=").unwrap();
    let enter = request(Method::POST, "/v1/console/session", &json!({"secret": secret}));
    let answer = knock(daemon, enter, &[]).await;
    assert_eq!(answer.status(), 204);
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_cookie_reads_and_changes_what_its_own_page_changes() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    let cookie = come_in(&daemon).await;
    let own = format!("http://{}", daemon.tcp());
    let cookie = (COOKIE.as_str(), cookie.as_str());
    let status = async |request, headers: &[(&str, &str)]| {
        knock(&daemon, request, &[&[cookie], headers].concat()).await.status().as_u16()
    };
    assert_eq!(status(get("/v1/sessions"), &[]).await, 200);
    assert_eq!(status(get("/v1/sessions"), &[("sec-fetch-site", "same-site")]).await, 403);
    let begin = || request(Method::POST, "/v1/sessions", &json!({}));
    for headers in [
        &[][..],
        &[("x-wxlogind", "1")],
        &[("sec-fetch-site", "same-origin")],
        &[("x-wxlogind", "1"), ("sec-fetch-site", "none")],
        &[("x-wxlogind", "1"), ("sec-fetch-site", "same-site")],
        &[("x-wxlogind", "1"), ("origin", "http://evil.example")],
        &[("x-wxlogind", "1"), ("origin", "null")],
    ] {
        assert_eq!(status(begin(), headers).await, 403, "{headers:?}");
    }
    assert!(daemon.everything().await.is_empty());
    assert_eq!(status(begin(), &[("x-wxlogind", "1"), (ORIGIN.as_str(), &own)]).await, 201);
    assert_eq!(status(begin(), &[("x-wxlogind", "1"), ("sec-fetch-site", "same-origin")]).await, 201);
    // A token that is wrong is not made good by a cookie.
    assert_eq!(status(get("/v1/sessions"), &[(AUTHORIZATION.as_str(), "Bearer wrong")]).await, 401);
    let leave = request(Method::DELETE, "/v1/console/session", &Value::Null);
    assert_eq!(status(leave, &[]).await, 204);
    assert_eq!(status(get("/v1/sessions"), &[]).await, 401);
}

#[tokio::test]
async fn without_an_invitation_there_is_the_page_and_nothing_in_it() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    let status = async |request| knock(&daemon, request, &[]).await.status().as_u16();
    assert_eq!(status(get("/")).await, 200);
    assert_eq!(status(get("/assets/app.js")).await, 200);
    for path in ["/assets/none.js", "/v1/summary", "/v1/steps", "/v1/console/login"] {
        assert_eq!(status(get(path)).await, 401, "{path}");
    }
    let guess = request(Method::POST, "/v1/console/session", &json!({"secret": "0123456789abcdef"}));
    assert_eq!(status(guess).await, 401);
    let standing = knock(&daemon, get("/v1/console/session"), &[]).await;
    assert_eq!(value(&standing), json!({"signedIn": false}));
}

#[tokio::test]
async fn a_proxy_in_front_is_named_by_console_url_and_its_page_is_our_own() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_tcp().with_control("console_url = \"https://c.example/\"");
    let daemon = host.start().await;
    let invitation = daemon.invite_to_console().await.unwrap();
    assert!(invitation.url.reveal().starts_with("https://c.example/#enter="));
    let (_, secret) = invitation.url.reveal().split_once("#enter=").unwrap();
    let enter = request(Method::POST, "/v1/console/session", &json!({"secret": secret}));
    let outside = [("host", "c.example"), ("origin", "https://c.example")];
    let answer = knock(&daemon, enter, &outside).await;
    assert_eq!(answer.status(), 204);
    assert!(answer.headers()[SET_COOKIE].to_str().unwrap().ends_with("; Secure"));
    let plain = knock(&daemon, get("/v1/console/session"), &[("origin", "http://c.example:80")]).await;
    assert_eq!(plain.status(), 403);
}

#[tokio::test]
async fn where_no_browser_can_come_in_nobody_is_invited() {
    let (_platform, daemon) = world().await;
    let problem = crate::harness::refused(daemon.invite_to_console().await);
    assert!(problem.detail.contains("control.listen"), "{problem:?}");
}

#[tokio::test]
async fn the_inbox_has_what_people_are_to_do_the_oldest_first() {
    let (platform, daemon) = world().await;
    let (scan, code, slider) = (daemon.begin().await, daemon.begin().await, daemon.begin().await);
    platform.phone_with(&code, "ask-code", &json!({"code": "482913"})).await;
    platform.phone(&slider, "show-slider").await;
    daemon.until(&code, wxlogin_state::StateName::AwaitingVerify).await;
    daemon.until(&slider, wxlogin_state::StateName::Slider).await;
    let inbox = value(&daemon.send(get("/v1/steps")).await);
    let told: Vec<_> =
        inbox["steps"].as_array().unwrap().iter().map(|step| (&step["wId"], &step["kind"])).collect();
    let [scan, code, slider] = [scan, code, slider].map(|w_id| json!(w_id));
    assert_eq!(told, [(&scan, &json!("scan")), (&code, &json!("code")), (&slider, &json!("slider"))]);
    assert_eq!(inbox["next"], Value::Null);
    assert!(inbox["steps"][1]["prompt"].is_string() && inbox["steps"][1]["attempts"] == 0);
    assert!(inbox["steps"][2]["url"].as_str().unwrap().starts_with("http"));
    let first = value(&daemon.send(get("/v1/steps?limit=1")).await);
    let rest = format!("/v1/steps?after={}", first["next"].as_str().unwrap());
    let rest = value(&daemon.send(get(&rest)).await);
    assert_eq!((&first["steps"][0]["wId"], rest["steps"].as_array().unwrap().len()), (&scan, 2));
    let figures = value(&daemon.send(get("/v1/summary")).await);
    assert_eq!(figures["sessions"]["slider"], 1);
    assert_eq!(
        figures["accounts"],
        json!({"known": 0, "online": 0, "standing": {
            "online": 0, "logging-in": 0, "scan-needed": 0, "relogin-scheduled": 0, "resting": 0, "offline": 0,
        }})
    );
}
