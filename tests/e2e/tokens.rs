//! Tokens over the control API and by `wxloginctl`: lists without secrets, one with its own, forgetting, their ends.

use std::process::Command;
use std::time::Duration;

use hyper::header::CACHE_CONTROL;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::{System, TokenState};
use wxlogind::client::TokenFilter;
use wxlogind::sandbox::{APP_ID, APPKEY, SandboxSettings};

use crate::harness::{
    APP_LOGOUT, Daemon, Host, PATIENCE, Platform, REFRESH, get, kept, output, refused, request, services,
    value,
};

/// How long a token of system B lives here where its end is waited for. Ends are told in whole seconds.
const SHORT: Duration = Duration::from_secs(6);

/// A sandbox whose app tokens live that long, and a daemon that logs its users in.
async fn short_lived() -> (Platform, Daemon) {
    let settings = SandboxSettings { app_token_valid_for: SHORT, ..SandboxSettings::default() };
    let platform = Platform::start_with(settings).await;
    let daemon = Host::against(&platform).with_services(&platform).start().await;
    (platform, daemon)
}

/// What `wxloginctl` prints for this line; it must exit so.
async fn ctl(daemon: &Daemon, line: &str, status: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
    command.arg("--socket").arg(daemon.host.socket()).args(line.split(' '));
    let output = output(command).await;
    assert_eq!(output.status.code(), Some(status), "{line}: {output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[tokio::test]
async fn a_list_shows_what_is_asked_for_page_by_page_and_no_secret() {
    let (_platform, daemon) = services().await;
    let mut secrets = Vec::new();
    for code in ["alice.1", "alice.2", "bob.1"] {
        secrets.push(daemon.secret_of(&daemon.app_token(code).await).await);
    }
    secrets.push(daemon.secret_of(&daemon.official_token("carol").await).await);
    let all = daemon.tokens(&TokenFilter::default()).await.unwrap();
    assert_eq!(all.len(), 4);
    let alice = all.iter().find(|token| token.system == System::App).unwrap().uid.clone();
    for (filter, many) in [
        (TokenFilter { system: Some(System::App), ..TokenFilter::default() }, 3),
        (TokenFilter { app: Some(APP_ID.to_owned()), ..TokenFilter::default() }, 1),
        (TokenFilter { app: Some("nobody".to_owned()), ..TokenFilter::default() }, 0),
        (TokenFilter { state: Some(TokenState::Expired), ..TokenFilter::default() }, 0),
        (
            TokenFilter {
                app: Some(APPKEY.to_owned()),
                state: Some(TokenState::Active),
                ..TokenFilter::default()
            },
            3,
        ),
    ] {
        assert_eq!(daemon.tokens(&filter).await.unwrap().len(), many, "{filter:?}");
    }
    let of_alice =
        daemon.tokens(&TokenFilter { uid: alice.clone(), ..TokenFilter::default() }).await.unwrap();
    assert!(of_alice.iter().all(|token| token.uid == alice) && !of_alice.is_empty());
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let page = daemon.send(get(&format!("/v1/tokens?limit=3{after}"))).await;
        let text = String::from_utf8_lossy(page.body()).into_owned();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
        let page = value(&page);
        ids.extend(page["tokens"].as_array().unwrap().iter().map(|token| token["id"].clone()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(ids, all.iter().map(|token| json!(token.id)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_query_or_name_that_is_wrong_is_refused() {
    let (_platform, daemon) = services().await;
    let id = daemon.app_token("alice.1").await;
    for (path, field) in [
        ("/v1/tokens?limit=0".to_owned(), "limit"),
        ("/v1/tokens?system=b".to_owned(), "system"),
        ("/v1/tokens?state=gone".to_owned(), "state"),
        ("/v1/tokens?after=a/b".to_owned(), "after"),
        ("/v1/tokens?appkey=x".to_owned(), "appkey"),
        (format!("/v1/tokens/{id}?secret=true"), "secret"),
        (format!("/v1/tokens/{id}?reveal=perhaps"), "reveal"),
    ] {
        let response = daemon.send(get(&path)).await;
        let problem = value(&response);
        assert_eq!(
            (response.status().as_u16(), &problem["code"]),
            (400, &json!("invalid-request")),
            "{path}"
        );
        let named = problem["field"] == field || problem["detail"].as_str().unwrap().contains(field);
        assert!(named, "{path}: {problem}");
    }
    for name in ["app-0", "%2e%2e%2f", "a%20b"] {
        for method in [Method::GET, Method::DELETE] {
            let response = daemon.send(request(method, &format!("/v1/tokens/{name}"), &Value::Null)).await;
            assert_eq!((response.status().as_u16(), &value(&response)["code"]), (404, &json!("not-found")));
        }
    }
}

#[tokio::test]
async fn one_token_is_given_with_its_secret_unless_that_is_not_wanted() {
    let (_platform, daemon) = services().await;
    let login = daemon.app_login("alice.1").await;
    let id = kept(&login).unwrap();
    let given = daemon.send(get(&format!("/v1/tokens/{id}"))).await;
    assert_eq!(given.headers()[CACHE_CONTROL], "no-store");
    let given = value(&given);
    assert_eq!(given["token"], value(&login)["data"]["access_token"]);
    assert_eq!(given["uid"], value(&login)["data"]["uid"].to_string());
    let mut shown = value(&daemon.send(get(&format!("/v1/tokens/{id}?reveal=false"))).await);
    assert_eq!(shown.get("token"), None);
    shown["token"] = given["token"].clone();
    assert_eq!(shown, given);
}

#[tokio::test]
async fn a_token_of_system_b_is_logged_out_before_it_is_forgotten() {
    let (platform, mut daemon) = services().await;
    let id = daemon.app_token("alice.1").await;
    for (fault, status, code) in [
        (json!({"status": 502, "body": "<html>"}), 503, "platform-unreachable"),
        (json!("reset"), 503, "platform-unreachable"),
        (json!({"answer": {"code": 500, "msg": "?"}}), 502, "platform-refused"),
    ] {
        platform.script(&json!({"call": APP_LOGOUT, "fault": fault})).await;
        let problem = refused(daemon.forget_token(&id).await);
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{fault}");
        daemon.token(&id).await.unwrap();
    }
    let secret = daemon.secret_of(&id).await;
    daemon.forget_token(&id).await.unwrap();
    assert_eq!(platform.calls(APP_LOGOUT).await, 4);
    assert!(!daemon.process.log().contains(&secret));
    // One that the platform does not know, or knows as expired, is gone there.
    for code in [401, 402] {
        let id = daemon.app_token(&format!("bob.{code}")).await;
        platform.script(&json!({"call": APP_LOGOUT, "fault": {"answer": {"code": code, "msg": ""}}})).await;
        daemon.forget_token(&id).await.unwrap();
    }
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.tokens(&TokenFilter::default()).await.unwrap(), []);
    assert_eq!(refused(daemon.forget_token(&id).await).code.as_str(), "not-found");
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_keep_a_logout_from_being_noted() {
    let (platform, daemon) = services().await;
    let id = daemon.app_token("alice.1").await;
    platform.script(&json!({"call": APP_LOGOUT, "delay": "200ms"})).await;
    {
        let mut forgetting = std::pin::pin!(daemon.forget_token(&id));
        tokio::select! {
            _ = &mut forgetting => panic!("the platform takes its time"),
            () = platform.until("it is logged out", |state| state["calls"][APP_LOGOUT] == 1) => {}
        }
    }
    let looking = async {
        while daemon.token(&id).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, looking).await.expect("it is kept");
}

#[tokio::test]
async fn a_token_of_system_c_is_forgotten_without_a_call() {
    let (platform, daemon) = services().await;
    let id = daemon.official_token("carol").await;
    let response = daemon.send(request(Method::DELETE, &format!("/v1/tokens/{id}"), &Value::Null)).await;
    assert_eq!((response.status(), response.body().len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!((platform.calls(APP_LOGOUT).await, platform.calls(REFRESH).await), (0, 0));
    assert!(daemon.token(&id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_end_of_a_token_of_system_b_is_told_ahead_over_a_restart() {
    let (platform, mut daemon) = short_lived().await;
    let id = daemon.app_token("alice.1").await;
    daemon.kill9().await;
    daemon.restart().await;
    let expiring = daemon.until_told(&id, "token.expiring").await;
    assert!(expiring.todo.is_some() && expiring.until.is_some(), "{expiring:?}");
    daemon.secret_of(&id).await;
    daemon.kill9().await;
    daemon.restart().await;
    let expired = daemon.until_told(&id, "token.expired").await;
    assert!(expired.seq > expiring.seq && expired.todo.is_some(), "{expired:?}");
    assert_eq!(daemon.token(&id).await.unwrap().state, TokenState::Expired);
    let problem = refused(daemon.reveal_token(&id).await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "wrong-state"));
    assert!(problem.detail.contains("new code"), "{problem}");
    let kinds: Vec<String> = daemon.journal().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["token.active", "token.expiring", "token.expired"]);
    // There is nothing to log out.
    daemon.forget_token(&id).await.unwrap();
    assert_eq!(platform.calls(APP_LOGOUT).await, 0);
}

#[tokio::test]
async fn people_list_show_reveal_and_forget_tokens_by_wxloginctl() {
    let (_platform, daemon) = services().await;
    assert!(ctl(&daemon, "tokens", 0).await.contains("no such tokens"));
    let id = daemon.app_token("alice.1").await;
    let official = daemon.official_token("carol").await;
    let secret = daemon.secret_of(&id).await;
    let listed = ctl(&daemon, "tokens", 0).await;
    assert!(listed.contains(&id) && listed.contains(&official) && listed.contains("active"), "{listed}");
    let listed = ctl(&daemon, "tokens --system official-account --state active --json", 0).await;
    assert!(listed.contains(&official) && !listed.contains(&id), "{listed}");
    for line in [format!("token {id}"), format!("token {id} --json"), "tokens --json".to_owned()] {
        let shown = ctl(&daemon, &line, 0).await;
        assert!(shown.contains(APPKEY) && !shown.contains(&secret), "{shown}");
    }
    assert_eq!(ctl(&daemon, &format!("token {id} --reveal"), 0).await, format!("{secret}\n"));
    let json: Value =
        serde_json::from_str(&ctl(&daemon, &format!("token {id} --reveal --json"), 0).await).unwrap();
    assert_eq!((&json["token"], &json["id"]), (&json!(secret), &json!(id)));
    ctl(&daemon, &format!("token {id} --reveal --forget"), 2).await;
    assert!(ctl(&daemon, &format!("token {id} --forget"), 0).await.contains(&id));
    assert!(ctl(&daemon, &format!("token {id}"), 1).await.contains("there is no token"));
    assert!(ctl(&daemon, "rekey", 0).await.contains("state.key"));
    assert_eq!(daemon.token(&official).await.unwrap().id.as_str(), official);
}
