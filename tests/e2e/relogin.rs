//! What decides whether, when and by whom a dropped account is logged in again: attempts, hours, people, settings.

use hyper::Method;
use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};
use wxlogin_state::public::PhaseName;
use wxlogin_state::{Rest, StateName};
use wxlogind::clock::Clock;

use crate::harness::{Daemon, Host, Platform, request, value};

async fn with(relogin: &str) -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste(relogin).start().await;
    (platform, daemon)
}

#[tokio::test]
async fn a_qr_that_nobody_scans_is_followed_by_another_up_to_max_attempts() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).in_haste("max_attempts = 2");
    let daemon = host.start().await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    // From here on a QR is valid for a second.
    daemon.host.configure("qr_valid_for = \"1s\"");
    daemon.process.signal(Signal::HUP);
    daemon.hear("RELOADING").await;
    daemon.hear("READY").await;
    platform.lose(&wc_id, &json!({})).await;
    let is_second = |relogin: &wxlogin_state::public::Relogin| relogin.attempt == 2;
    let account = daemon.until_account(&wc_id, "there is a second attempt", |account| {
        account.relogin.as_ref().is_some_and(is_second)
    });
    let relogin = account.await.relogin.unwrap();
    assert!(relogin.why.contains("attempt 1 came to nothing"), "{relogin:?}");
    let account = daemon.until_account(&wc_id, "it is left to people", |account| account.rest.is_some());
    let account = account.await;
    assert_eq!((account.rest, account.relogin), (Some(Rest::GaveUp { attempts: 2 }), None));
    assert_eq!(platform.calls("/iPadLogin").await, 3);
    let why = daemon.why(&wc_id).await;
    assert_eq!((&why["state"], &why["next"]), (&json!("resting"), &Value::Null));
    assert!(why["todo"].as_str().unwrap().contains("wxloginctl relogin"), "{why:#}");
    assert!(daemon.process.log().contains("account.relogin-stopped"));
    // A person begins anew.
    let (status, account) = daemon.log_in_again(&wc_id, &Value::Null).await;
    assert_eq!((status, &account["relogin"]["attempt"]), (202, &json!(1)));
    daemon.scan_and_confirm(&platform, &wc_id).await;
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn on_demand_no_qr_is_fetched_until_somebody_opens_it() {
    let (platform, daemon) = with("issue = \"on-demand\"").await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    platform.lose(&wc_id, &json!({})).await;
    daemon
        .until_account(&wc_id, "a login is offered", |account| {
            account.relogin.as_ref().is_some_and(|relogin| relogin.phase == PhaseName::Offered)
        })
        .await;
    let why = daemon.why(&wc_id).await;
    assert_eq!((&why["state"], &why["next"]), (&json!("scan-needed"), &Value::Null));
    assert!(why["todo"].as_str().unwrap().contains("wxloginctl relogin"), "{why:#}");
    assert_eq!(platform.calls("/iPadLogin").await, 1);
    assert_eq!(daemon.log_in_again(&wc_id, &Value::Null).await.0, 202);
    daemon.scan_and_confirm(&platform, &wc_id).await;
    assert_eq!(platform.calls("/iPadLogin").await, 2);
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn outside_the_window_a_login_is_due_when_it_opens() {
    // Six hours from now, for an hour.
    let opens = Clock::system().now() + jiff::SignedDuration::from_hours(6);
    let hour = |at: Timestamp| at.strftime("%H:00").to_string();
    let window = format!("{}-{}", hour(opens), hour(opens + jiff::SignedDuration::from_hours(1)));
    let (platform, daemon) = with(&format!("window = \"{window}\"\ntime_zone = \"UTC\"")).await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    platform.lose(&wc_id, &json!({})).await;
    let scheduled = daemon.until_account(&wc_id, "it is scheduled", |account| account.relogin.is_some());
    let relogin = scheduled.await.relogin.unwrap();
    assert_eq!(relogin.phase, PhaseName::Due);
    assert_eq!(relogin.due_at.strftime("%Y-%m-%dT%H").to_string(), opens.strftime("%Y-%m-%dT%H").to_string());
    assert_eq!(relogin.due_at.strftime("%M:%S").to_string(), "00:00");
    let why = daemon.why(&wc_id).await;
    assert_eq!((&why["state"], &why["todo"]), (&json!("relogin-scheduled"), &Value::Null));
    assert_eq!(why["next"]["at"], json!(relogin.due_at));
    // A person need not wait for it.
    assert_eq!(platform.calls("/iPadLogin").await, 1);
    assert_eq!(daemon.log_in_again(&wc_id, &json!({})).await.0, 202);
    daemon.scan_and_confirm(&platform, &wc_id).await;
}

#[tokio::test]
async fn an_account_whose_auto_relogin_is_off_rests_until_it_is_on() {
    let (platform, daemon) = with("").await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    assert_eq!(daemon.change(&wc_id, &json!({"autoRelogin": false})).await.1["autoRelogin"], false);
    platform.lose(&wc_id, &json!({})).await;
    daemon.until(&online.w_id, StateName::Dropped).await;
    let why = daemon.why(&wc_id).await;
    assert_eq!((&why["state"], &why["next"]), (&json!("resting"), &Value::Null));
    assert!(why["what"].as_str().unwrap().contains("autoRelogin"), "{why:#}");
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!((account.relogin, account.online), (None, false));
    assert_eq!(platform.calls("/iPadLogin").await, 1);
    assert_eq!(daemon.change(&wc_id, &json!({"autoRelogin": true})).await.0, 200);
    daemon.scan_and_confirm(&platform, &wc_id).await;
}

#[tokio::test]
async fn turning_relogin_on_by_a_reload_schedules_what_rests() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).in_haste("enabled = false").start().await;
    let (first, _) = daemon.online_for_a_while(&platform).await;
    let (second, _) = daemon.online_for_a_while(&platform).await;
    for wc_id in [&first, &second] {
        platform.lose(wc_id, &json!({})).await;
        let dropped = daemon.until_account(wc_id, "it has dropped", |account| !account.online);
        assert_eq!(dropped.await.relogin, None);
        let why = daemon.why(wc_id).await;
        assert_eq!(why["state"], "resting");
        assert!(why["what"].as_str().unwrap().contains("relogin.enabled"), "{why:#}");
    }
    // One of them was logged out on purpose, which no setting changes.
    daemon.log_in_again(&second, &Value::Null).await;
    let again = daemon.scan_and_confirm(&platform, &second).await;
    daemon.end(again.w_id.as_str()).await.unwrap();

    daemon.host.set_relogin("enabled = true");
    daemon.host.configure("");
    daemon.process.signal(Signal::HUP);
    daemon.scan_and_confirm(&platform, &first).await;
    let rests = daemon.account(second.as_str()).await.unwrap();
    assert_eq!((rests.rest, rests.relogin), (Some(Rest::LoggedOut), None));
}

#[tokio::test]
async fn a_login_that_could_not_be_begun_is_tried_again() {
    let (platform, daemon) = with("").await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    // The second of these QRs is issued, but the daemon never hears of it.
    platform
        .script(&json!([
            {"call": "/iPadLogin", "fault": {"status": 502, "body": "<html>"}},
            {"call": "/iPadLogin", "after": true, "fault": "close"},
        ]))
        .await;
    platform.lose(&wc_id, &json!({})).await;
    let w_id = daemon.until_scan_needed(&wc_id).await;
    assert_eq!((platform.calls("/iPadLogin").await, daemon.everything().await.len()), (4, 2));
    let evidence = daemon.why(&wc_id).await["evidence"].to_string();
    assert_eq!(evidence.matches("no login could be begun").count(), 2, "{evidence}");
    platform.phone(&w_id, "confirm").await;
    daemon.until(&w_id, StateName::Online).await;
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn an_account_that_was_logged_out_is_left_offline() {
    let (platform, daemon) = with("").await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    daemon.end(online.w_id.as_str()).await.unwrap();
    let looks = platform.calls("/queryLoginWx").await;
    platform
        .until("it was looked for", |state| state["calls"]["/queryLoginWx"].as_u64() > Some(looks + 1))
        .await;
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!((account.rest, account.relogin), (Some(Rest::LoggedOut), None));
    assert_eq!(platform.calls("/iPadLogin").await, 1);
}

#[tokio::test]
async fn the_same_request_by_name_is_done_once_over_kill_9() {
    let (platform, mut daemon) = with("").await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    daemon.change(&wc_id, &json!({"autoRelogin": false})).await;
    platform.lose(&wc_id, &json!({})).await;
    daemon.until_account(&wc_id, "it is left offline", |account| account.rest.is_some()).await;
    let named = |key: &str, body: &Value| {
        let mut request = request(Method::POST, &format!("/v1/accounts/{wc_id}/relogin"), body);
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    };
    assert_eq!(daemon.send(named("order-17", &Value::Null)).await.status(), 202);
    let w_id = daemon.until_scan_needed(&wc_id).await;
    daemon.kill9().await;
    daemon.restart().await;
    daemon.end(w_id.as_str()).await.unwrap();
    // Whatever it asks for this time.
    for body in [Value::Null, json!({"method": "qr", "force": true})] {
        let again = daemon.send(named("order-17", &body)).await;
        assert_eq!((again.status().as_u16(), &value(&again)["rest"]), (202, &json!("auto-relogin-off")));
    }
    assert_eq!(platform.calls("/iPadLogin").await, 2);
    assert_eq!(daemon.send(named("order-18", &Value::Null)).await.status(), 202);
    daemon.scan_and_confirm(&platform, &wc_id).await;
    assert_eq!(platform.calls("/iPadLogin").await, 3);
    let problem = daemon.send(named(&"x".repeat(65), &Value::Null)).await;
    assert_eq!(
        (problem.status().as_u16(), value(&problem)["field"].as_str()),
        (400, Some("Idempotency-Key"))
    );
}
