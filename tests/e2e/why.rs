//! The answer to "why?": what is so, since when, what was seen, what comes next, and what a person must do.

use hyper::Method;
use serde_json::{Value, json};
use wxlogin_state::StateName;

use crate::harness::{Daemon, Host, Platform};

/// Members, in the contract's spelling; checks what holds for each answer.
fn checked(why: &Value) -> [&Value; 3] {
    let members: Vec<&String> = why.as_object().unwrap().keys().collect();
    assert_eq!(members, ["evidence", "next", "since", "state", "todo", "what"], "{why:#}");
    let time = |text: &Value| text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    time(&why["since"]);
    assert!(!why["what"].as_str().unwrap().is_empty());
    let evidence = why["evidence"].as_array().unwrap();
    assert!(!evidence.is_empty(), "{why:#}");
    let times: Vec<_> = evidence.iter().map(|seen| time(&seen["at"])).collect();
    assert!(times.is_sorted(), "{why:#}");
    for seen in evidence {
        assert!(seen["from"].is_string() && !seen["what"].as_str().unwrap().is_empty(), "{seen}");
    }
    if !why["next"].is_null() {
        time(&why["next"]["at"]);
        assert!(!why["next"]["what"].as_str().unwrap().is_empty());
    }
    [&why["state"], &why["next"]["what"], &why["todo"]]
}

fn says(text: &Value, part: &str) -> bool {
    text.as_str().is_some_and(|text| text.contains(part))
}

async fn of_session(daemon: &Daemon, w_id: impl std::fmt::Display) -> Value {
    daemon.ask(Method::GET, &format!("/v1/sessions/{w_id}/why"), &Value::Null).await.1
}

#[tokio::test]
async fn the_answer_follows_an_account_through_a_drop() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    let why = daemon.why(&wc_id).await;
    let [state, next, todo] = checked(&why);
    assert!(state == "online" && says(next, "first drop") && todo.is_null(), "{why:#}");
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!(why["next"]["at"], json!(account.first_drop_due_at));
    assert_eq!(why["since"], json!(account.last_login_at));

    platform.lose(&wc_id, &json!({})).await;
    let w_id = daemon.until_scan_needed(&wc_id).await;
    let why = daemon.why(&wc_id).await;
    let [state, next, todo] = checked(&why);
    assert!(state == "scan-needed" && says(next, "given up") && says(todo, w_id.as_str()), "{why:#}");
    assert!(says(&why["what"], w_id.as_str()), "{why:#}");
    let qr = daemon.session(w_id.as_str()).await.unwrap().qr.unwrap();
    assert_eq!(why["next"]["at"], json!(qr.expires_at));
    let from: Vec<&str> =
        why["evidence"].as_array().unwrap().iter().map(|seen| seen["from"].as_str().unwrap()).collect();
    assert!(from.contains(&"/getIPadLoginInfo") && from.contains(&"/isOnline"), "{from:?}");

    // Whatever the person has to do is what the answer says.
    platform.phone_with(&w_id, "ask-code", &json!({"code": "123456"})).await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    assert!(says(&daemon.why(&wc_id).await["todo"], "wxloginctl verify"));
    daemon.end(w_id.as_str()).await.unwrap();
    let why = daemon.why(&wc_id).await;
    let [state, next, todo] = checked(&why);
    assert!(state == "relogin-scheduled" && says(next, "a login begins") && todo.is_null(), "{why:#}");
    assert!(says(&why["what"], "attempt 2"), "{why:#}");

    let why = of_session(&daemon, &online.w_id).await;
    let [state, _, todo] = checked(&why);
    assert!(state == "dropped" && why["next"].is_null() && todo.is_null(), "{why:#}");
}

#[tokio::test]
async fn the_answer_about_a_session_says_what_it_waits_for() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).start().await;
    let w_id = daemon.begin().await;
    let why = of_session(&daemon, &w_id).await;
    let [state, next, todo] = checked(&why);
    assert!(state == "qr-issued" && says(next, "given up") && says(todo, "wxloginctl qr"), "{why:#}");
    platform.phone(&w_id, "show-slider").await;
    let slider = daemon.until(&w_id, StateName::Slider).await.slider.unwrap();
    let why = of_session(&daemon, &w_id).await;
    let [state, _, todo] = checked(&why);
    assert!(state == "slider" && says(todo, &slider.url), "{why:#}");
    assert_eq!(why["next"]["at"], json!(slider.deadline));
}

#[tokio::test]
async fn a_settled_account_says_until_when_and_one_logged_out_what_helps() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("first_drop = \"1s\"").start().await;
    let (wc_id, online) = daemon.settled(&platform).await;
    let why = daemon.why(&wc_id).await;
    let [state, next, todo] = checked(&why);
    assert!(state == "online" && says(next, "renewal") && todo.is_null(), "{why:#}");
    daemon.end(online.w_id.as_str()).await.unwrap();
    let why = daemon.why(&wc_id).await;
    let [state, _, todo] = checked(&why);
    assert!(state == "resting" && why["next"].is_null() && says(todo, "wxloginctl relogin"), "{why:#}");
    assert!(says(&why["what"], "logged out"), "{why:#}");
    let since: jiff::Timestamp = why["since"].as_str().unwrap().parse().unwrap();
    assert!(since > online.state_since, "since it was logged out, not since it went online: {why:#}");
}

#[tokio::test]
async fn nobody_and_nothing_have_no_answer() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).start().await;
    for path in ["/v1/accounts/wxid_nobody/why", "/v1/sessions/nothing/why"] {
        let (status, problem) = daemon.ask(Method::GET, path, &Value::Null).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not-found")), "{path}");
        assert_eq!(daemon.ask(Method::POST, path, &Value::Null).await.0, 405, "{path}");
    }
}
