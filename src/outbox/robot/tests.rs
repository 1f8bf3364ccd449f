//! What the robots get, as golden files beside this one.
//!
//! After a change of a sentence, write them anew and look at the difference:
//!
//! ```text
//! WRITE_GOLDEN=1 cargo test -p wxlogind --lib outbox::robot && git diff src/outbox/robot
//! ```

use std::path::Path;
use std::{env, fs};

use jiff::tz::TimeZone;
use wxlogin_state::Awaited;
use wxlogin_state::public::{Event, PhaseName};

use super::*;
use crate::outbox::alerts::is_alert;

const AT: &str = "2026-01-01T00:00:00Z";

fn event(value: Value) -> Event {
    let event: Event = serde_json::from_value(value).unwrap();
    assert!(is_alert(&event), "{event:?}");
    event
}

fn account(wc_id: &str, more: &Value) -> Value {
    let mut account = json!({
        "wcId": wc_id, "version": 1, "label": "门店*一号*", "profile": {"wcId": wc_id, "nickName": "<at id=all></at>[阿青](http://x)\n# 二"},
        "online": false, "firstLoginAt": AT, "lastLoginAt": AT, "settled": false, "momentsAllowedAt": AT,
        "autoRelogin": true, "sessions": [],
        "lastDrop": {"wId": "w-1", "at": AT, "reason": "first-night"},
    });
    account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    account
}

fn relogin(method: &str) -> Value {
    let how_far = match method {
        "qr" => json!({"phase": "in-flight", "wId": "w-2"}),
        _ => json!({"phase": "calling", "awaits": "confirm"}),
    };
    let mut relogin = json!({"dueAt": AT, "attempt": 1, "method": method, "why": "it dropped"});
    relogin.as_object_mut().unwrap().extend(how_far.as_object().unwrap().clone());
    json!({"relogin": relogin})
}

fn scan(seq: u64, method: &str) -> Event {
    let wc_id = format!("wxid_{seq}");
    let link = format!("https://console.example/step/secret-{seq}");
    let w_id = (method == "qr").then_some("w-2");
    event(json!({
        "seq": seq, "at": AT, "type": "account.scan-needed", "wId": w_id, "wcId": wc_id,
        "account": account(&wc_id, &relogin(method)), "until": "2026-01-01T00:05:00Z", "link": link,
    }))
}

/// A login that is due, where QRs are fetched on demand: there is none yet.
fn open(seq: u64) -> Event {
    let mut event = scan(seq, "qr");
    let relogin = event.account.as_mut().unwrap().relogin.as_mut().unwrap();
    (relogin.phase, relogin.w_id, relogin.awaits) = (PhaseName::Offered, None, Some(Awaited::Open));
    Event { w_id: None, until: None, ..event }
}

/// Every kind of alert once, and several at once.
fn messages() -> Vec<(&'static str, Vec<Event>)> {
    let about = |kind: &str, more: &Value| {
        event(json!({
            "seq": 9, "at": AT, "type": kind, "wcId": "wxid_a", "account": account("wxid_a", more),
            "until": "2026-01-02T00:00:00Z",
        }))
    };
    let session = json!({
        "wId": "w-1", "state": "dropped", "version": 3, "wcId": "wxid_a", "label": "门店一号", "deviceType": "ipad",
        "createdAt": AT, "stateSince": AT, "drop": {"reason": "offline", "detail": "你已在别处<b>登录</b>", "at": AT},
    });
    let dropped = json!({"seq": 1, "at": AT, "type": "session.dropped", "wId": "w-1", "wcId": "wxid_a", "session": session});
    let mut healed = dropped.clone();
    (healed["type"], healed["until"]) = ("session.healed".into(), "2026-01-01T00:00:40Z".into());
    let token = json!({
        "id": "t-1", "system": "app", "app": "D5f", "uid": "u@1", "state": "expired", "version": 1, "generation": 1,
        "obtainedAt": AT, "expiresAt": AT,
    });
    let of_token = json!({"seq": 2, "at": AT, "type": "token.expired", "token": token, "until": AT});
    let alone = |kind: &str| event(json!({"seq": 3, "at": AT, "type": kind}));
    vec![
        ("dropped", vec![event(dropped)]),
        ("healed", vec![event(healed)]),
        ("scan by QR", vec![scan(4, "qr")]),
        ("confirm on the phone", vec![scan(5, "popup")]),
        ("open on demand", vec![open(6)]),
        ("many scans", (10..23).map(|seq| scan(seq, "qr")).collect()),
        ("drop expected", vec![about("account.drop-expected", &json!({}))]),
        ("renewal due", vec![about("account.renewal-due", &json!({}))]),
        ("budget spent", vec![about("account.budget-spent", &json!({}))]),
        ("new device", vec![about("account.new-device", &json!({}))]),
        (
            "relogin stopped",
            vec![about("account.relogin-stopped", &json!({"rest": {"gave-up": {"attempts": 5}}}))],
        ),
        ("storm", vec![alone("fleet.storm")]),
        ("token expired", vec![event(of_token)]),
        ("restored", vec![alone("store.restored")]),
        ("test", vec![alone("webhook.test")]),
    ]
}

fn check(format: WebhookFormat, url: &str, secret: Option<&str>) {
    let (zone, secret) = (TimeZone::get("Asia/Shanghai").unwrap(), secret.map(Secret::new));
    let now = Timestamp::from_second(1_767_225_600).unwrap();
    let made = messages().into_iter().map(|(name, events)| {
        let card = Card::of(&events, &zone);
        let (path, body) = message(format, &url.parse().unwrap(), secret.as_ref(), &card, now);
        json!({"what": name, "path": path, "body": body})
    });
    let made = format!("{:#}\n", Value::from(made.collect::<Vec<_>>()));
    let file = format!("src/outbox/robot/{}.json", format.as_str());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os("WRITE_GOLDEN").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(made == golden, "{} differs; see the head of this file. It would be\n{made}", path.display());
}

#[test]
fn feishu_gets_cards_signed_in_the_body() {
    check(WebhookFormat::Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/x", Some("secret"));
}

#[test]
fn dingtalk_gets_markdown_signed_in_the_query() {
    check(WebhookFormat::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=x", Some("SECx"));
}

#[test]
fn wecom_gets_markdown() {
    check(WebhookFormat::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", None);
}

#[test]
fn no_message_is_larger_than_the_strictest_platform_takes() {
    let zone = TimeZone::UTC;
    let mut events: Vec<Event> = (1..=100).map(|seq| scan(seq, "qr")).collect();
    for event in &mut events {
        let account = event.account.as_mut().unwrap();
        account.label = Some("长".repeat(40).parse().unwrap());
        account.profile.as_mut().unwrap().nick_name = Some("长".repeat(500));
    }
    let text = wecom_text(&Card::of(&events, &zone));
    assert!(text.len() <= WECOM_TEXT, "{} bytes", text.len());
}

#[test]
fn a_robot_has_taken_only_what_it_says_it_has() {
    use WebhookFormat::{Dingtalk, Feishu, Wecom};
    for (format, body, taken) in [
        (Feishu, r#"{"StatusCode":0,"StatusMessage":"success"}"#, true),
        (Feishu, r#"{"code":0,"msg":"success","data":{}}"#, true),
        (Feishu, r#"{"code":19021,"msg":"sign match fail"}"#, false),
        (Feishu, r#"{"errcode":0}"#, false),
        (Dingtalk, r#"{"errcode":0,"errmsg":"ok"}"#, true),
        (Dingtalk, r#"{"errcode":310000,"errmsg":"sign not match"}"#, false),
        (Wecom, r#"{"errcode":0,"errmsg":"ok"}"#, true),
        (Wecom, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, false),
        (Wecom, r#"{"errcode":"0"}"#, false),
        (Wecom, "<html>", false),
        (Dingtalk, "", false),
        (Dingtalk, "[]", false),
    ] {
        assert_eq!(answer(format, body.as_bytes()) == Answer::Taken, taken, "{body}");
    }
    let asked = |format, body: &str| match answer(format, body.as_bytes()) {
        Answer::Refused(_, asked) => asked,
        Answer::Taken => panic!("{body}"),
    };
    assert_eq!(asked(Dingtalk, r#"{"errcode":130101}"#), Some(DINGTALK_BUSY));
    assert_eq!(asked(Wecom, r#"{"errcode":45009}"#), Some(BUSY));
    assert_eq!(asked(Feishu, r#"{"code":11232}"#), Some(BUSY));
    assert_eq!(asked(Feishu, r#"{"code":19021}"#), None);
}
