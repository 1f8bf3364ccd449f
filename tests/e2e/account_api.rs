//! What people do with accounts over the control API: settings, another login, forgetting, and names that are taken.

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use wxlogin_state::{DropReason, StateName, WcId};
use wxlogind::wire::CreateSession;

use crate::harness::{Daemon, Host, Platform, refused, request, value};

/// A daemon, and an account that is online.
async fn one_online(relogin: &str) -> (Platform, Daemon, WcId) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste(relogin).start().await;
    let online = daemon.online(&platform).await;
    (platform, daemon, online.wc_id.unwrap())
}

/// What a refusal says to programs.
fn code_of(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

fn nobody() -> WcId {
    "wxid_nobody".parse().unwrap()
}

#[tokio::test]
async fn settings_change_one_by_one_and_stay_over_kill_9() {
    let (_platform, mut daemon, wc_id) = one_online("").await;
    let (status, account) = daemon.change(&wc_id, &json!({"label": "小店 1"})).await;
    assert_eq!((status, &account["label"], &account["autoRelogin"]), (200, &json!("小店 1"), &json!(true)));
    let (status, account) = daemon.change(&wc_id, &json!({"autoRelogin": false})).await;
    assert_eq!((status, &account["label"], &account["autoRelogin"]), (200, &json!("小店 1"), &json!(false)));
    // Said again it is no change.
    let (_, again) = daemon.change(&wc_id, &json!({"autoRelogin": false, "label": "小店 1"})).await;
    assert_eq!(again, account);
    daemon.kill9().await;
    daemon.restart().await;
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!((account.label.unwrap().as_str(), account.auto_relogin), ("小店 1", false));
}

#[tokio::test]
async fn settings_that_do_not_hold_up_are_refused_by_name_and_change_nothing() {
    let (_platform, daemon, wc_id) = one_online("").await;
    let before = daemon.account(wc_id.as_str()).await.unwrap();
    for (body, field) in [
        (json!({}), None),
        (json!({"label": null, "autoRelogin": null}), None),
        (json!([]), None),
        (json!("label"), None),
        (json!({"label": "a", "lable": "b"}), Some("lable")),
        (json!({"autorelogin": true}), Some("autorelogin")),
        (json!({"autoRelogin": "yes"}), Some("autoRelogin")),
        (json!({"label": 7}), Some("label")),
        (json!({"label": " "}), Some("label")),
        (json!({"label": "a\nb"}), Some("label")),
        (json!({"label": "信".repeat(129), "autoRelogin": false}), Some("label")),
    ] {
        let (status, problem) = daemon.change(&wc_id, &body).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid-request")), "{body}: {problem}");
        assert_eq!(problem["field"].as_str(), field, "{body}: {problem}");
    }
    let mut form = request(Method::PATCH, &format!("/v1/accounts/{wc_id}"), &json!({"label": "a"}));
    form.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    assert_eq!(value(&daemon.send(form).await)["code"], "unsupported-media-type");
    assert_eq!(code_of(&daemon.change(&nobody(), &json!({"label": "a"})).await), (404, "not-found"));
    assert_eq!(daemon.account(wc_id.as_str()).await.unwrap(), before);
    let longest = "信".repeat(128);
    assert_eq!(daemon.change(&wc_id, &json!({"label": longest})).await.1["label"], longest);
}

#[tokio::test]
async fn an_account_that_is_online_is_logged_in_again_by_force_and_once() {
    let (platform, daemon, wc_id) = one_online("").await;
    let refused = daemon.log_in_again(&wc_id, &json!({})).await;
    assert_eq!(code_of(&refused), (409, "wrong-state"));
    assert_eq!(refused.1["state"], "online");
    let first = daemon.account(wc_id.as_str()).await.unwrap().current_w_id.unwrap();
    let (status, account) = daemon.log_in_again(&wc_id, &json!({"force": true})).await;
    assert_eq!(
        (status, &account["online"], &account["relogin"]["method"]),
        (202, &json!(true), &json!("qr"))
    );
    let w_id = daemon.until_scan_needed(&wc_id).await;
    // Whoever asks again is answered by the login that is on its way, however they ask.
    for body in [json!({"force": true}), json!({}), Value::Null, json!({"method": "qr"})] {
        let (status, account) = daemon.log_in_again(&wc_id, &body).await;
        assert_eq!((status, &account["relogin"]["wId"]), (202, &json!(w_id)), "{body}");
    }
    let joined = CreateSession { wc_id: Some(wc_id.clone()), ..CreateSession::default() };
    let joined = daemon.create(&joined).await.unwrap();
    assert_eq!((joined.fresh, &joined.session.w_id), (false, &w_id));
    assert_eq!(platform.calls("/iPadLogin").await, 2);
    assert_eq!(daemon.session(first.as_str()).await.unwrap().state, StateName::Online);
    platform.phone(&w_id, "confirm").await;
    let online = daemon.until(&w_id, StateName::Online).await;
    assert_eq!(online.predecessor.as_ref(), Some(&first));
    let first = daemon.session(first.as_str()).await.unwrap();
    assert_eq!(first.drop.unwrap().reason, DropReason::Superseded);
    assert_eq!(daemon.account(wc_id.as_str()).await.unwrap().relogin, None);
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn requests_for_another_login_that_do_not_hold_up_are_refused() {
    let (platform, daemon, wc_id) = one_online("enabled = false").await;
    let w_id = daemon.account(wc_id.as_str()).await.unwrap().current_w_id.unwrap();
    daemon.end(w_id.as_str()).await.unwrap();
    let before = daemon.account(wc_id.as_str()).await.unwrap();
    for (body, field) in [
        (json!({"forced": true}), "forced"),
        (json!({"method": "sms"}), "method"),
        (json!({"method": 1}), "method"),
        (json!({"force": "yes"}), "force"),
    ] {
        let (status, problem) = daemon.log_in_again(&wc_id, &body).await;
        assert_eq!((status, problem["field"].as_str()), (400, Some(field)), "{body}: {problem}");
    }
    assert_eq!(code_of(&daemon.log_in_again(&nobody(), &json!({})).await), (404, "not-found"));
    // A pop-up fails before the account has settled, so that nobody is asked in vain.
    let popup = daemon.log_in_again(&wc_id, &json!({"method": "popup"})).await;
    assert_eq!(code_of(&popup), (409, "wrong-state"));
    assert_eq!(daemon.account(wc_id.as_str()).await.unwrap(), before);
    assert_eq!((platform.calls("/iPadLogin").await, platform.calls("/secondLogin").await), (1, 0));
}

#[tokio::test]
async fn a_person_who_asks_for_a_box_gets_one_and_no_qr_beside_it() {
    let (platform, daemon, wc_id) = one_online("first_drop = \"1s\"\nenabled = false").await;
    let settled = daemon.until_account(&wc_id, "it has settled", |account| account.settled).await;
    daemon.end(settled.current_w_id.unwrap().as_str()).await.unwrap();
    assert_eq!(daemon.log_in_again(&wc_id, &json!({"method": "popup"})).await.0, 202);
    let shown = platform.until_box(&wc_id).await;
    let qr = CreateSession { wc_id: Some(wc_id.clone()), ..CreateSession::default() };
    let problem = refused(daemon.create(&qr).await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "busy"));
    let (status, account) = daemon.log_in_again(&wc_id, &json!({})).await;
    assert_eq!((status, &account["relogin"]["method"]), (202, &json!("popup")));
    platform.phone(&shown, "confirm").await;
    let account = daemon.until_account(&wc_id, "it is online", |account| account.online).await;
    assert_eq!((account.current_w_id, account.rest), (Some(shown), None));
    assert_eq!((platform.calls("/iPadLogin").await, platform.calls("/secondLogin").await), (1, 1));
}

#[tokio::test]
async fn an_account_is_forgotten_once_it_is_offline() {
    let (platform, mut daemon, wc_id) = one_online("").await;
    let path = format!("/v1/accounts/{wc_id}");
    let refused = daemon.ask(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(code_of(&refused), (409, "wrong-state"));
    let w_id = daemon.account(wc_id.as_str()).await.unwrap().current_w_id.unwrap();
    daemon.end(w_id.as_str()).await.unwrap();
    // A login of it that is on its way goes with it.
    daemon.log_in_again(&wc_id, &Value::Null).await;
    let again = daemon.until_scan_needed(&wc_id).await;
    assert_eq!(daemon.ask(Method::DELETE, &path, &Value::Null).await, (204, Value::Null));
    let ended = daemon.session(again.as_str()).await.unwrap();
    assert_eq!(ended.drop.unwrap().reason, DropReason::Abandoned);
    platform.until_open(0).await;
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(code_of(&daemon.ask(method, &path, &Value::Null).await), (404, "not-found"));
    }
    daemon.kill9().await;
    daemon.restart().await;
    assert!(daemon.account(wc_id.as_str()).await.unwrap_err().is_not_found());
    assert_eq!(daemon.accounts().await.unwrap(), []);
}

#[tokio::test]
async fn a_label_that_an_account_has_is_no_name_for_a_new_device() {
    let (platform, daemon, wc_id) = one_online("first_drop = \"1s\"").await;
    daemon.change(&wc_id, &json!({"label": "shop"})).await;
    let settled = daemon.until_account(&wc_id, "it has settled", |account| account.settled).await;
    assert_eq!(settled.first_drop_due_at, None);
    let without_wc_id = CreateSession { label: "shop".parse().ok(), ..CreateSession::default() };
    let problem = refused(daemon.create(&without_wc_id).await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "known-account"));
    assert_eq!((problem.field.as_deref(), problem.wc_id.as_ref()), (Some("label"), Some(&wc_id)));
    assert_eq!(platform.calls("/iPadLogin").await, 1);

    // Said on purpose it is done, and the account is where it was on its first day.
    let on_purpose = CreateSession { new_device: true, ..without_wc_id };
    let w_id = daemon.create(&on_purpose).await.unwrap().session.w_id;
    platform.phone_with(&w_id, "confirm", &json!({"wcId": wc_id})).await;
    daemon.until(&w_id, StateName::Online).await;
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert!(account.first_drop_due_at.is_some() && !account.settled, "{account:?}");
    assert!(account.stable_until.is_none(), "{account:?}");
    assert!(daemon.process.log().contains("account.new-device"));
    assert_eq!(platform.account(&wc_id).await["devices"], 2);
}

#[tokio::test]
async fn a_login_by_name_that_is_in_flight_is_no_reason_for_another_device() {
    let (platform, daemon, wc_id) = one_online("").await;
    daemon.change(&wc_id, &json!({"label": "shop"})).await;
    daemon.log_in_again(&wc_id, &json!({"force": true})).await;
    let w_id = daemon.until_scan_needed(&wc_id).await;
    let by_label = CreateSession { label: "shop".parse().ok(), ..CreateSession::default() };
    assert_eq!(refused(daemon.create(&by_label).await).code.as_str(), "known-account");
    platform.phone(&w_id, "confirm").await;
    let online = daemon.until(&w_id, StateName::Online).await;
    assert_eq!(online.label.unwrap().as_str(), "shop");
    platform.assert_no_faults().await;
}
