//! How a drop is found, and what is no drop: the list, the platform's word, notices, and answers that say nothing.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wxlogin_state::public::Session;
use wxlogin_state::{StateName, WId, WcId};

use crate::harness::{A_WHILE, Daemon, Host, PATH_SECRET, PATIENCE, Platform};

/// A daemon that looks by itself only once an hour, and that the platform tells of drops.
async fn told_of_drops() -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_relogin("backoff_max = \"1m\"");
    let daemon = host.with_device("check_interval = \"1h\"").with_callbacks("").start().await;
    let url = format!("http://{}/callback/{PATH_SECRET}", daemon.callbacks());
    platform.call_as_another("/setHttpCallbackUrl", &json!({"httpUrl": url, "type": 2})).await;
    (platform, daemon)
}

fn notice(wc_id: &WcId, w_id: &WId) -> Value {
    json!({"account": "sandbox", "messageType": "30000", "wcId": wc_id, "data": {"wId": w_id, "reason": "掉线"}})
}

#[tokio::test]
async fn a_notice_makes_the_daemon_look_long_before_its_next_look() {
    let (platform, daemon) = told_of_drops().await;
    let online = daemon.online(&platform).await;
    let (wc_id, looks) = (online.wc_id.clone().unwrap(), platform.calls("/queryLoginWx").await);
    let begun = Instant::now();
    platform.lose(&wc_id, &json!({})).await;
    daemon.until(&online.w_id, StateName::Dropped).await;
    assert!(begun.elapsed() < PATIENCE);
    let why = daemon.why(&wc_id).await;
    let seen = why["evidence"].as_array().unwrap().iter().find(|seen| seen["from"] == "/isOnline");
    assert!(seen.is_some_and(|seen| seen["what"].as_str().unwrap().contains("offline")), "{why:#}");
    assert_eq!(platform.calls("/queryLoginWx").await, looks, "nobody looked at the list");
}

#[tokio::test]
async fn notices_that_are_repeated_or_name_an_old_login_change_nothing() {
    let (platform, daemon) = told_of_drops().await;
    let first = daemon.online(&platform).await;
    let wc_id = first.wc_id.clone().unwrap();
    let asked = json!({"force": true});
    assert_eq!(daemon.log_in_again(&wc_id, &asked).await.0, 202);
    let second = daemon.scan_and_confirm(&platform, &wc_id).await;
    let before = daemon.account(wc_id.as_str()).await.unwrap();
    let stranger: WcId = "wxid_nobody".parse().unwrap();
    for told in [
        notice(&wc_id, &first.w_id),
        notice(&wc_id, &first.w_id),
        notice(&wc_id, &second.w_id),
        notice(&stranger, &second.w_id),
        notice(&wc_id, &second.w_id),
    ] {
        assert_eq!(daemon.ask(Method::POST, "/v1/platform/callback", &told).await.0, 200);
    }
    platform.until("it was asked", |state| state["calls"]["/isOnline"].as_u64() > Some(0)).await;
    // What was asked before this is answered before this: the platform is asked in order.
    daemon.log_in_again(&wc_id, &asked).await;
    let third = daemon.until_scan_needed(&wc_id).await;
    daemon.end(third.as_str()).await.unwrap();
    let after = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!((&after.current_w_id, &after.sessions), (&before.current_w_id, &before.sessions));
    assert_eq!((after.last_drop, after.online), (None, true));
    assert_eq!(daemon.session(second.w_id.as_str()).await.unwrap(), second);
}

#[tokio::test]
async fn a_drop_while_the_daemon_was_down_is_found_at_its_start() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).in_haste("").start().await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    daemon.kill9().await;
    platform.lose(&wc_id, &json!({})).await;
    daemon.restart().await;
    let again = daemon.scan_and_confirm(&platform, &wc_id).await;
    assert_eq!(again.predecessor, Some(online.w_id));
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn a_login_that_another_client_made_is_adopted() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    daemon.ready().await.unwrap();
    let (wc_id, w_id) = platform.login_by_another(None).await;
    let found = until_known(&daemon, &w_id).await;
    assert_eq!((found.state, found.wc_id.as_ref(), &found.qr), (StateName::Online, Some(&wc_id), &None));
    let history = daemon.history(w_id.as_str()).await.unwrap();
    assert!(history[0].why.contains("not begun here"), "{history:?}");
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert!(account.online && account.first_drop_due_at.is_some(), "{account:?}");
    assert_eq!(daemon.why(&wc_id).await["evidence"][0]["from"], "/queryLoginWx");
    // It is kept online like any other.
    sleep(A_WHILE).await;
    platform.lose(&wc_id, &json!({})).await;
    daemon.scan_and_confirm(&platform, &wc_id).await;
    platform.assert_no_faults().await;
}

async fn until_known(daemon: &Daemon, w_id: &WId) -> Session {
    let begun = Instant::now();
    loop {
        match daemon.session(w_id.as_str()).await {
            Ok(session) => return session,
            Err(error) => assert!(error.is_not_found() && begun.elapsed() < PATIENCE, "{error:?}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_login_of_a_known_account_by_another_client_takes_the_place_of_its_own() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    let first = daemon.online(&platform).await;
    let wc_id = first.wc_id.clone().unwrap();
    let (_, w_id) = platform.login_by_another(Some(&wc_id)).await;
    let account = daemon.until_back(&wc_id, &first.w_id).await;
    assert_eq!((account.current_w_id.as_ref(), account.relogin), (Some(&w_id), None));
    // The list knows no names: what was known of the person stays.
    assert_eq!(account.profile.unwrap().nick_name, first.profile.unwrap().nick_name);
    let (first, second) = (daemon.session(first.w_id.as_str()).await, daemon.session(w_id.as_str()).await);
    assert_eq!((first.unwrap().successor, second.unwrap().state), (Some(w_id), StateName::Online));
    assert_eq!(platform.calls("/iPadLogin").await, 2);
}

#[tokio::test]
async fn why_it_dropped_is_asked_once_and_told_as_a_sentence() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    let spellings = [
        ("用户在手机上退出了登录".to_owned(), "用户在手机上退出了登录"),
        (
            json!({"baseResponse": {"ret": -2023, "errMsg": {"string": "你的帐号已在别处登录"}}}).to_string(),
            "你的帐号已在别处登录",
        ),
        ("<e><Content><![CDATA[当前环境异常 & 已退出]]></Content></e>".to_owned(), "当前环境异常 & 已退出"),
    ];
    let mut lost = Vec::new();
    for (reason, sentence) in spellings {
        let online = daemon.online(&platform).await;
        lost.push((online.wc_id.unwrap(), online.w_id, online.version, reason, sentence));
    }
    for (wc_id, _, _, reason, _) in &lost {
        platform.lose(wc_id, &json!({"reason": reason})).await;
    }
    for (wc_id, w_id, online_at, _, sentence) in &lost {
        let is_told =
            |session: &Session| session.drop.as_ref().is_some_and(|drop| drop.detail.contains(sentence));
        // The sentence comes a little after the drop.
        let mut told = daemon.until(w_id, StateName::Dropped).await;
        while !is_told(&told) {
            told = daemon.session_after(w_id.as_str(), told.version, PATIENCE).await.unwrap();
        }
        assert!(told.version.0 > online_at.0 + 1, "{told:?}");
        assert!(daemon.why(wc_id).await["evidence"].to_string().contains(sentence));
    }
    // Dropped once more, there is no question for twelve hours.
    let (wc_id, ..) = &lost[0];
    let again = daemon.scan_and_confirm(&platform, wc_id).await;
    platform.lose(wc_id, &json!({"reason": "另一个原因"})).await;
    daemon.until(&again.w_id, StateName::Dropped).await;
    daemon.until_scan_needed(wc_id).await;
    assert_eq!(platform.calls("/offlineReason").await, 3);
}

#[tokio::test]
async fn what_a_gateway_says_instead_of_the_platform_drops_nobody() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    let online = daemon.online(&platform).await;
    let list = |fault: Value| json!({"call": "/queryLoginWx", "fault": fault});
    let login = |fault: Value| json!({"call": "/isOnline", "times": 1, "fault": fault});
    let nobody = json!({"answer": {"code": "1000", "message": "处理成功", "data": []}});
    let html = json!({"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>"});
    platform
        .script(&json!([
            list(html.clone()),
            list("garbage".into()),
            list(json!({"answer": {"code": "1000", "message": "处理成功", "data": null}})),
            list(json!({"answer": {"code": "1001", "message": "失败"}})),
            list(nobody),
            list("half-body".into()),
            login(html),
        ]))
        .await;
    platform.until_script_is_over().await;
    let wc_id = online.wc_id.clone().unwrap();
    let is_told = |why: &Value| why["evidence"].to_string().contains("lists it online again");
    let begun = Instant::now();
    while !is_told(&daemon.why(&wc_id).await) {
        assert!(begun.elapsed() < PATIENCE, "the list is never believed again");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(daemon.session(online.w_id.as_str()).await.unwrap(), online);
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!((account.online, account.last_drop), (true, None));
    let log = daemon.process.log();
    assert_eq!(log.matches("nothing is concluded from that").count(), 2, "once for each row of them:\n{log}");
}

#[tokio::test]
async fn an_empty_list_is_not_believed_against_the_platforms_own_word() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    let online = daemon.online(&platform).await;
    let nobody = json!({"answer": {"code": "1000", "message": "处理成功", "data": []}});
    platform.script(&json!({"call": "/queryLoginWx", "times": 3, "fault": nobody})).await;
    platform.until_script_is_over().await;
    platform.until("each was asked about", |state| state["calls"]["/isOnline"] == 3).await;
    assert_eq!(daemon.session(online.w_id.as_str()).await.unwrap(), online);
}

#[tokio::test]
async fn an_account_that_is_missing_as_often_as_is_enough_has_dropped() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("").with_device("confirmations = 2").start().await;
    let online = daemon.online(&platform).await;
    let wc_id = online.wc_id.unwrap();
    platform.script(&json!({"call": "/isOnline", "times": 10, "fault": {"status": 503}})).await;
    platform.lose(&wc_id, &json!({})).await;
    daemon.until(&online.w_id, StateName::Dropped).await;
    let why = daemon.why(&wc_id).await["evidence"].to_string();
    assert!(why.contains("2 times in a row"), "{why}");
}
