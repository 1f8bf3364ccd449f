//! A platform that fails: what it breaks is asked for again, and nothing is guessed.

use serde_json::{Value, json};
use wxlogin_state::StateName;
use wxlogind::wire::CreateSession;

use crate::harness::{Host, Platform, refused, world};

/// Faults of gateways and connections.
fn broken() -> Vec<Value> {
    let gateway = |status: u16| json!({"status": status, "body": "<html>nginx</html>"});
    vec![
        gateway(502),
        gateway(503),
        gateway(504),
        json!("reset"),
        json!("half-body"),
        json!("garbage"),
        json!("close"),
    ]
}

/// Answers that say nothing that can be relied on.
fn unreadable() -> Vec<Value> {
    vec![
        json!({"code": "1000", "message": "处理成功", "data": null}),
        json!({"code": "1000", "message": "处理成功", "data": {"wcId": ""}}),
        json!({"code": "1000", "message": "处理成功", "data": {"wcId": 5}}),
        json!({"code": "1000", "message": "处理成功", "data": {"url": "javascript:alert(1)"}}),
        json!({"code": "1000", "data": ["wxid_a"]}),
        json!({"code": "1042", "message": "?"}),
        json!({"message": "no code"}),
        json!([]),
        json!("失败"),
    ]
}

#[tokio::test]
async fn a_poll_that_fails_twice_is_made_again_and_brings_the_login() {
    let (platform, daemon) = world().await;
    for fault in broken() {
        platform.script(&json!({"call": "/getIPadLoginInfo", "times": 2, "fault": fault})).await;
        let session = daemon.online(&platform).await;
        assert_eq!(session.version.0, 2, "{fault} changed something");
        assert_eq!(platform.login(&session.w_id).await["polls"], 3, "{fault}");
    }
    assert_eq!(platform.state().await["world"]["overlappingPolls"], 0);
}

#[tokio::test]
async fn an_answer_that_comes_late_is_an_answer() {
    let (platform, daemon) = world().await;
    let late = json!({"call": "/getIPadLoginInfo", "delay": "1200ms", "fault": {"status": 504}});
    platform.script(&late).await;
    platform.script(&json!({"call": "/getIPadLoginInfo", "delay": "300ms"})).await;
    let session = daemon.online(&platform).await;
    assert_eq!(platform.login(&session.w_id).await["polls"], 2);
}

#[tokio::test]
async fn an_answer_that_is_lost_on_its_way_is_asked_for_again() {
    let (platform, daemon) = world().await;
    for fault in ["half-body", "reset"] {
        let lost = json!({"call": "/getIPadLoginInfo", "after": true, "fault": fault});
        platform.script(&lost).await;
        let session = daemon.online(&platform).await;
        assert_eq!(platform.login(&session.w_id).await["polls"], 2, "{fault}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_changes_nothing() {
    let (platform, daemon) = world().await;
    for answer in unreadable() {
        platform.script(&json!({"call": "/getIPadLoginInfo", "fault": {"answer": answer}})).await;
        let session = daemon.online(&platform).await;
        assert_eq!(session.version.0, 2, "{answer} changed something");
        assert_eq!(platform.login(&session.w_id).await["polls"], 2, "{answer}");
    }
}

#[tokio::test]
async fn a_qr_that_cannot_be_had_is_a_problem_and_the_next_request_gets_one() {
    let (platform, daemon) = world().await;
    let mut sessions = 0;
    for fault in broken() {
        for fault in [&fault, &fault] {
            platform.script(&json!({"call": "/iPadLogin", "fault": fault})).await;
            let problem = refused(daemon.create(&CreateSession::default()).await);
            assert_eq!((problem.status, problem.code.as_str()), (503, "platform-unreachable"), "{fault}");
            assert!(!problem.detail.contains("nginx"), "{problem:?}");
        }
        daemon.begin().await;
        sessions += 1;
        assert_eq!(daemon.everything().await.len(), sessions, "{fault}");
    }
}

#[tokio::test]
async fn a_platform_that_refuses_says_why() {
    let (platform, daemon) = world().await;
    let refusal = json!({"code": "1001", "message": "余额不足", "data": null});
    platform.script(&json!({"call": "/iPadLogin", "fault": {"answer": refusal}})).await;
    let problem = refused(daemon.create(&CreateSession::default()).await);
    assert_eq!((problem.status, problem.code.as_str()), (502, "platform-refused"));
    assert!(problem.detail.contains("余额不足"), "{problem:?}");
    assert!(daemon.everything().await.is_empty());
}

#[tokio::test]
async fn a_key_that_is_refused_is_renewed_once_and_the_login_goes_on() {
    let (platform, mut daemon) = world().await;
    let w_id = daemon.begin().await;
    // A key of an earlier run: one that was issued a moment ago is not asked for again.
    daemon.stop().await;
    platform.member(&json!({"revokeKey": true})).await;
    daemon.restart().await;
    daemon.begin().await;
    platform.until_open(2).await;
    platform.phone(&w_id, "confirm").await;
    daemon.until(&w_id, StateName::Online).await;
    assert_eq!(platform.calls("/member/login").await, 2);
    assert_eq!(platform.state().await["member"]["keysIssued"], 2);
}

#[tokio::test]
async fn a_key_that_is_refused_amid_a_poll_is_no_answer_to_the_login() {
    let (platform, mut daemon) = world().await;
    daemon.begin().await;
    daemon.stop().await;
    let refusal = json!({"code": "1001", "message": "Authorization无效，请重新登录", "data": null});
    platform.script(&json!({"call": "/getIPadLoginInfo", "fault": {"answer": refusal}})).await;
    daemon.restart().await;
    let session = &daemon.everything().await[0];
    platform.phone(&session.w_id, "confirm").await;
    assert_eq!(daemon.until(&session.w_id, StateName::Online).await.version.0, 2);
    assert_eq!(platform.calls("/member/login").await, 2);
}

#[tokio::test]
async fn a_frozen_account_at_the_platform_is_named() {
    let platform = Platform::start().await;
    // Before the daemon looks who is online, and has a key with which it is refused in other words.
    platform.member(&json!({"status": "frozen"})).await;
    let daemon = Host::against(&platform).start().await;
    let problem = refused(daemon.create(&CreateSession::default()).await);
    assert!(problem.detail.contains("frozen"), "{problem:?}");
    assert_eq!(problem.status, 502);
}

#[tokio::test]
async fn a_daemon_starts_without_its_platform_and_says_what_is_missing() {
    // Bound and not listened on: nobody else takes the port meanwhile.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let daemon = Host::at(&format!("http://{}", closed.local_addr().unwrap())).start().await;
    daemon.ready().await.unwrap();
    let problem = refused(daemon.create(&CreateSession::default()).await);
    assert_eq!((problem.status, problem.code.as_str()), (503, "platform-unreachable"));
    assert!(problem.detail.contains("refused"), "{problem:?}");
}
