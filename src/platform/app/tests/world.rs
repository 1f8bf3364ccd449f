//! The client against the sandbox: what it sends over a socket, and what it makes of each answer.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::exchange::ExchangeError;
use crate::sandbox::{APP_SECRET, APPKEY, Rule, Sandbox, SandboxSettings};

fn now() -> Timestamp {
    Timestamp::from_second(1_745_649_979).unwrap()
}

fn settings() -> SandboxSettings {
    SandboxSettings { clock: Clock::from_fn(now), ..SandboxSettings::default() }
}

fn client(sandbox: &Sandbox) -> AppPlatform {
    AppPlatform::new(sandbox.base_url(), APPKEY, &Secret::new(APP_SECRET)).unwrap()
}

fn login(code: &str, encoding: Encoding) -> Login {
    Login {
        code: Secret::new(code),
        version_number: 12,
        channel: "应用 商店&=+".to_owned(),
        oaid: None,
        device_id: Some("d".to_owned()),
        need_user_detail: Some(true),
        encoding,
    }
}

#[tokio::test]
async fn a_user_logs_in_by_form_or_by_json_and_out_again() {
    let sandbox = Sandbox::start(settings()).await.unwrap();
    let client = client(&sandbox);
    for (code, encoding) in [("alice.1", Encoding::Form), ("alice.2", Encoding::Json)] {
        let answer = client.login(&login(code, encoding), now()).await.unwrap();
        let Answer::LoggedIn(logged_in) = answer else { panic!("{answer:?}") };
        assert_eq!(logged_in.expires_at.duration_since(now()).as_secs(), 864_000);
        let body: Value = serde_json::from_slice(&logged_in.body).unwrap();
        let user = &body["data"];
        assert_eq!((&user["nickname"], &user["channel"]), (&json!("alice"), &json!("应用 商店&=+")));
        assert_eq!(client.logout(&logged_in.access_token).await.unwrap(), LoggedOut::Done);
        let unknown = client.logout(&logged_in.access_token).await.unwrap();
        assert!(matches!(unknown, LoggedOut::Refused { code: 401, .. }), "{unknown:?}");
    }
    sandbox.shutdown().await;
}

#[tokio::test]
async fn every_refusal_is_passed_on_as_it_came() {
    let sandbox = Sandbox::start(settings()).await.unwrap();
    let platform = client(&sandbox);
    for (code, sentence) in [
        (400_193, "生成访问令牌失败"),
        (400_194, "微信接口调用异常"),
        (400_195, "微信开放平台配置未找到"),
        (400_196, "微信登录未开启"),
        (400_197, "登录接口未启用"),
        (400_198, "登录接口配置未找到"),
        (400_199, "appkey不存在"),
        (400_250, "创建用户失败"),
        (429, "请求过于频繁"),
        (500, "服务器内部错误"),
    ] {
        let answer = platform.login(&login(&format!("fail-{code}"), Encoding::Form), now()).await.unwrap();
        let body = format!(r#"{{"code":{code},"msg":"{sentence}"}}"#).into();
        assert_eq!(answer, Answer::Refused { code, body });
    }
    // What the client's own check keeps from being sent, the platform refuses too.
    let answer = platform.login(&login("", Encoding::Json), now()).await.unwrap();
    let body = r#"{"code":"400104","msg":"code参数缺失"}"#.into();
    assert_eq!(answer, Answer::Refused { code: 400_104, body });
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_signature_that_is_wrong_or_old_is_refused() {
    let sandbox = Sandbox::start(settings()).await.unwrap();
    let url = sandbox.base_url();
    let skewed = now() + Duration::from_secs(301);
    let (wrong, stranger) = (Secret::new("wrong"), Secret::new(APP_SECRET));
    for (platform, at, expected) in [
        (AppPlatform::new(url, APPKEY, &wrong).unwrap(), now(), 401),
        (client(&sandbox), skewed, 401),
        (AppPlatform::new(url, "stranger", &stranger).unwrap(), now(), 400),
    ] {
        let answer = platform.login(&login("alice", Encoding::Form), at).await.unwrap();
        assert!(matches!(answer, Answer::Refused { code, .. } if code == expected), "{answer:?}");
    }
    let edge = client(&sandbox).login(&login("alice", Encoding::Form), now() + Duration::from_mins(5)).await;
    assert!(matches!(edge, Ok(Answer::LoggedIn(_))), "{edge:?}");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_code_serves_once() {
    let sandbox = Sandbox::start(settings()).await.unwrap();
    let (platform, alice) = (client(&sandbox), login("alice", Encoding::Form));
    assert!(matches!(platform.login(&alice, now()).await, Ok(Answer::LoggedIn(_))));
    let again = platform.login(&alice, now()).await.unwrap();
    assert!(matches!(again, Answer::Refused { code: 400_194, .. }), "{again:?}");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_token_that_has_expired_is_logged_out() {
    let app_token_valid_for = Duration::ZERO;
    let sandbox = Sandbox::start(SandboxSettings { app_token_valid_for, ..settings() }).await.unwrap();
    let platform = client(&sandbox);
    let answer = platform.login(&login("alice", Encoding::Form), now()).await.unwrap();
    let Answer::LoggedIn(logged_in) = answer else { panic!("{answer:?}") };
    assert_eq!(platform.logout(&logged_in.access_token).await.unwrap(), LoggedOut::Done);
    let unsendable = platform.logout(&Secret::new("a\nc4n4ry")).await.unwrap_err();
    assert!(!format!("{unsendable:?} {unsendable}").contains("c4n4ry"));
    sandbox.shutdown().await;
}

/// The outcome of a login while the platform does this.
async fn with_fault(fault: &Value) -> Result<Answer, Trouble> {
    let rule: Rule = serde_json::from_value(json!({"call": "/v1/login/wechat", "fault": fault})).unwrap();
    let sandbox = Sandbox::start(SandboxSettings { script: vec![rule], ..settings() }).await.unwrap();
    let outcome = client(&sandbox).login(&login("c4n4ry-code", Encoding::Form), now()).await;
    sandbox.shutdown().await;
    outcome
}

#[tokio::test]
async fn every_way_to_break_is_trouble_of_its_kind() {
    let broken = |trouble: &Trouble| matches!(trouble, Trouble::Exchange(ExchangeError::Connection(_)));
    for fault in ["reset", "close", "half-body"] {
        let trouble = with_fault(&json!(fault)).await.unwrap_err();
        assert!(broken(&trouble), "{fault}: {trouble:?}");
    }
    let garbage = with_fault(&json!("garbage")).await.unwrap_err();
    assert!(matches!(garbage, Trouble::Unreadable { fault: Fault::NotJson, .. }), "{garbage:?}");
    let echo = format!("<html>c4n4ry-code {APP_SECRET} access_token=c4n4ry");
    let gateway = with_fault(&json!({"status": 502, "body": echo})).await.unwrap_err();
    assert!(matches!(gateway, Trouble::Status { status: 502, .. }), "{gateway:?}");
    let shown = format!("{gateway:?} {gateway} {:?}", gateway.body_excerpt());
    assert!(!shown.contains("c4n4ry") && !shown.contains(APP_SECRET), "{shown}");
    let empty =
        with_fault(&json!({"answer": {"code": 200, "msg": "success", "data": {}}})).await.unwrap_err();
    assert!(matches!(empty, Trouble::Incomplete { missing: "data.uid", .. }), "{empty:?}");
}
