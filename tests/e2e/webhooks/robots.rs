//! The robots of chat groups: what they say, and how that is signed.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use wxlogin_state::StateName;
use wxlogind::wire::WebhookState;

use super::until;
use crate::harness::{Hook, Host, Platform, Posted, Say, mac, signing_secret};

#[tokio::test]
async fn a_robot_says_what_a_person_has_to_do_and_only_that() {
    let hook = Hook::start().await;
    let taken = Say { body: r#"{"errcode":0,"errmsg":"ok"}"#, ..Say::status(200) };
    hook.says([Say { body: r#"{"errcode":45033,"errmsg":"busy"}"#, ..taken.clone() }]);
    hook.says_always(taken);
    let platform = Platform::with_first_night(Duration::from_hours(24)).await;
    let host = Host::against(&platform).in_haste("").with_webhook(&hook.url(), "format = \"wecom\"");
    let daemon = host.start().await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    platform.lose(&wc_id, &json!({})).await;
    daemon.until_scan_needed(&wc_id).await;
    // The first is refused, though with HTTP status 200.
    let posted = hook.until(2).await;
    let text = |posted: &Posted| posted.json()["markdown"]["content"].as_str().unwrap().to_owned();
    assert!(
        text(&posted[0]).contains("需要扫码登录") && text(&posted[0]).contains(wc_id.as_str()),
        "{posted:#?}"
    );
    assert_eq!(text(&posted[0]), text(&posted[1]));
    assert!(posted[0].headers.get("webhook-id").is_none());
    daemon.scan_and_confirm(&platform, &wc_id).await;
    until(&daemon, "nothing waits", |webhook| webhook.state == WebhookState::Idle).await;
    let said: Vec<String> = hook.posted().iter().map(text).collect();
    assert!(said.iter().all(|said| !said.contains("微信账号掉线")), "{said:#?}");
}

#[tokio::test]
async fn a_drop_that_heals_at_once_is_one_calm_message_of_dingtalk() {
    let hook = Hook::start().await;
    hook.says_always(Say { body: r#"{"errcode":0,"errmsg":"ok"}"#, ..Say::status(200) });
    let platform = Platform::start().await;
    let host = Host::against(&platform).in_haste("").with_webhook(&hook.url(), "format = \"dingtalk\"");
    let daemon = host.start().await;
    let (wc_id, online) = daemon.online_for_a_while(&platform).await;
    assert_eq!(daemon.change(&wc_id, &json!({"autoRelogin": false})).await.0, 200);
    platform.lose(&wc_id, &json!({})).await;
    daemon.until(&online.w_id, StateName::Dropped).await;
    assert!(hook.posted().is_empty(), "a drop waits whether it heals");
    platform.login_by_another(Some(&wc_id)).await;
    let posted = hook.until(1).await.remove(0);
    let text = posted.json()["markdown"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("掉线后已恢复") && text.contains(wc_id.as_str()), "{text}");
    let query: HashMap<_, _> =
        form_urlencoded::parse(posted.to.split_once('?').unwrap().1.as_bytes()).collect();
    let (secret, timestamp) = (signing_secret(), &query["timestamp"]);
    let sign = mac(secret.as_bytes(), format!("{timestamp}\n{secret}").as_bytes());
    assert_eq!((&*query["key"], &*query["sign"]), ("x", &*sign));
    until(&daemon, "nothing waits", |webhook| webhook.state == WebhookState::Idle).await;
    assert_eq!(hook.posted().len(), 1);
}

#[tokio::test]
async fn feishu_hears_of_a_login_on_demand_without_a_word_of_a_qr_that_is_not_there() {
    let hook = Hook::start().await;
    hook.says([Say { body: r#"{"code":19021,"msg":"sign match fail"}"#, ..Say::status(200) }]);
    hook.says_always(Say { body: r#"{"code":0,"msg":"success"}"#, ..Say::status(200) });
    let platform = Platform::start().await;
    let host = Host::against(&platform).in_haste("issue = \"on-demand\"");
    let daemon = host.with_webhook(&hook.url(), "format = \"feishu\"").start().await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    platform.lose(&wc_id, &json!({})).await;
    // The first is refused, though with HTTP status 200.
    for posted in hook.until(2).await {
        let body = posted.json();
        assert_eq!(body["card"]["header"]["title"]["content"], "等待人工开始登录", "{body:#}");
        let text = body["card"]["elements"][0]["text"]["content"].as_str().unwrap();
        assert!(text.contains(&format!("wxloginctl relogin {wc_id} --wait")), "{text}");
        let key = format!("{}\n{}", body["timestamp"].as_str().unwrap(), signing_secret());
        assert_eq!(body["sign"], mac(key.as_bytes(), b""));
    }
    until(&daemon, "it is taken", |webhook| webhook.state == WebhookState::Idle).await;
}
