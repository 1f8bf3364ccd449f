//! What people do on the way: the code, the slider, a refusal on the phone; and what happens when nobody does.

use serde_json::json;
use wxlogin_state::{DropReason, Secret, StateName};
use wxlogind::client::QrForm;

use crate::harness::{Host, PASSWORD, Platform, refused, world};

#[tokio::test]
async fn the_slider_is_understood_in_every_spelling() {
    let (platform, daemon) = world().await;
    for spelling in [json!("1000"), json!("200"), json!(200)] {
        let w_id = daemon.begin().await;
        platform.phone_with(&w_id, "show-slider", &json!({"spelling": spelling})).await;
        let session = daemon.until(&w_id, StateName::Slider).await;
        let phone = platform.login(&w_id).await;
        let slider = session.slider.unwrap();
        assert!(slider.url.ends_with(phone["captcha"].as_str().unwrap()), "{slider:?}");
        assert!(!slider.said_done);
        // Somebody passes the page: the phone asks for the confirmation.
        platform.pass_slider(&w_id).await;
        let asked = daemon.slider_done(w_id.as_str()).await.unwrap();
        assert!(asked.slider.unwrap().said_done);
        platform.phone(&w_id, "confirm").await;
        daemon.until(&w_id, StateName::Online).await;
        assert_eq!(platform.login(&w_id).await["polls"], 2);
    }
}

#[tokio::test]
async fn a_slider_that_is_said_done_too_early_is_asked_for_again() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.phone(&w_id, "show-slider").await;
    let first = daemon.until(&w_id, StateName::Slider).await;
    daemon.slider_done(w_id.as_str()).await.unwrap();
    let again = daemon
        .until_so(&w_id, |session| {
            session.version.0 > first.version.0 + 1 && session.slider.as_ref().is_some_and(|s| !s.said_done)
        })
        .await;
    assert_eq!(again.slider.unwrap().url, first.slider.unwrap().url);
    assert_eq!(platform.login(&w_id).await["pollsOpen"], 0);
}

#[tokio::test]
async fn a_wrong_code_is_counted_and_the_right_one_logs_in() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.phone_with(&w_id, "ask-code", &json!({"code": "483920"})).await;
    let asked = daemon.until(&w_id, StateName::AwaitingVerify).await.verify.unwrap();
    assert_eq!((asked.prompt.as_str(), asked.attempts), ("请在iPad上输入验证码", 0));
    daemon.verify(w_id.as_str(), &Secret::new("111111")).await.unwrap();
    let again = daemon.until_so(&w_id, |s| s.verify.as_ref().is_some_and(|v| v.attempts == 1)).await;
    assert_eq!(again.state, StateName::AwaitingVerify);
    assert!(!again.verify.unwrap().in_flight);
    daemon.verify(w_id.as_str(), &Secret::new("483920")).await.unwrap();
    daemon.until(&w_id, StateName::Online).await;
    assert_eq!(platform.login(&w_id).await["codesTried"], 2);
}

#[tokio::test]
async fn a_second_code_waits_for_the_answer_to_the_first() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.phone_with(&w_id, "ask-code", &json!({"code": "483920"})).await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    platform.script(&json!({"call": "/getIPadLoginInfo", "delay": "1s"})).await;
    let passed_on = daemon.verify(w_id.as_str(), &Secret::new("483920")).await.unwrap();
    assert!(passed_on.verify.unwrap().in_flight);
    let problem = refused(daemon.verify(w_id.as_str(), &Secret::new("111111")).await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "busy"));
    daemon.until(&w_id, StateName::Online).await;
    assert_eq!(platform.login(&w_id).await["codesTried"], 1);
}

#[tokio::test]
async fn no_secret_is_logged_however_much_is() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform)
        .with_tcp()
        .start_by(|host| {
            let mut command = host.command();
            command.env("WXLOGIND_LOG", "trace");
            command
        })
        .await;
    let w_id = daemon.begin().await;
    platform.phone_with(&w_id, "ask-code", &json!({"code": "483920"})).await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    // An answer that is logged because it cannot be understood, and that repeats the code.
    let parrot = json!({"code": "7", "message": "verifyCode=483920", "data": {"verifyCode": "483920"}});
    let rule = json!({"call": "/getIPadLoginInfo", "times": 4, "fault": {"answer": parrot}});
    platform.script(&rule).await;
    daemon.verify(w_id.as_str(), &Secret::new("483920")).await.unwrap();
    daemon.until(&w_id, StateName::Online).await;
    daemon.stop().await;
    let log = daemon.process.log();
    let key = platform.state().await["member"]["key"].as_str().unwrap().to_owned();
    let token = std::fs::read_to_string(daemon.host.state().join("control.token")).unwrap();
    for secret in ["483920", PASSWORD, &key, token.trim()] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "nothing was logged");
}

#[tokio::test]
async fn a_login_that_is_refused_on_the_phone_is_dropped_as_declined() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.phone(&w_id, "scan").await;
    platform.phone(&w_id, "decline").await;
    let drop = daemon.until(&w_id, StateName::Dropped).await.drop.unwrap();
    assert_eq!((drop.reason, drop.detail.as_str()), (DropReason::Declined, "用户取消登录"));
}

#[tokio::test]
async fn a_qr_that_nobody_scans_expires_and_is_never_shown_again() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_device("qr_valid_for = \"1s\"").start().await;
    let w_id = daemon.begin().await;
    daemon.qr(w_id.as_str(), QrForm::Png).await.unwrap();
    let drop = daemon.until(&w_id, StateName::Dropped).await.drop.unwrap();
    assert_eq!(drop.reason, DropReason::Expired);
    let problem = refused(daemon.qr(w_id.as_str(), QrForm::Png).await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "wrong-state"));
    assert_eq!(problem.state, Some(StateName::Dropped));
    platform.until_open(0).await;
}

#[tokio::test]
async fn a_code_that_nobody_enters_expires() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_device("qr_valid_for = \"1s\"").start().await;
    let w_id = daemon.begin().await;
    platform.phone(&w_id, "ask-code").await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    let drop = daemon.until(&w_id, StateName::Dropped).await.drop.unwrap();
    assert_eq!(drop.reason, DropReason::Expired);
    let problem = refused(daemon.verify(w_id.as_str(), &Secret::new("483920")).await);
    assert_eq!((problem.status, problem.state), (409, Some(StateName::Dropped)));
}
