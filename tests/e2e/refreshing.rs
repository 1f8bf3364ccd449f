//! Tokens of system C are kept alive: refreshed once for everybody, and never without a usable pair, whatever ends the
//! daemon meanwhile.

use std::time::Duration;

use futures_util::future::join_all;
use hyper::header::RETRY_AFTER;
use serde_json::json;
use tokio::time::sleep;
use wxlogin_state::TokenState;

use crate::harness::{Daemon, Host, Platform, REFRESH, get, services, value};

/// A pair is not exchanged sooner than this after it came, however near its end.
const SOONEST: Duration = Duration::from_secs(5);

/// Callers at once, all of them connections of their own.
const CALLERS: usize = 200;

/// A token whose pair ends so soon that whoever fetches it has it refreshed.
async fn nearly_over() -> (Platform, Daemon, String) {
    let (platform, daemon) = services().await;
    platform.official_account(&json!({"accessLifetime": "30s"})).await;
    let id = daemon.official_token("carol").await;
    platform.official_account(&json!({"accessLifetime": "2h"})).await;
    (platform, daemon, id)
}

#[tokio::test]
async fn however_many_fetch_a_token_that_is_nearly_over_it_is_refreshed_once() {
    let (platform, daemon, id) = nearly_over().await;
    let first = daemon.secret_of(&id).await;
    assert_eq!(platform.calls(REFRESH).await, 0, "it is too soon");
    sleep(SOONEST).await;
    platform.script(&json!({"call": REFRESH, "delay": "300ms"})).await;
    let secrets = join_all((0..CALLERS).map(|_| daemon.secret_of(&id))).await;
    assert!(secrets[0] != first && secrets.iter().all(|secret| *secret == secrets[0]));
    assert_eq!(platform.calls(REFRESH).await, 1);
    let kinds: Vec<String> = daemon.journal().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["token.active", "token.refreshed"]);
}

/// That the daemon has a pair which the platform takes: it is exchanged for another one.
async fn assert_usable(platform: &Platform, daemon: &Daemon, id: &str, generation: u64) {
    daemon.until_generation(id, generation).await;
    platform.official_account(&json!({"accessLifetime": "2h"})).await;
    daemon.secret_of(id).await;
    assert_eq!(daemon.token(id).await.unwrap().state, TokenState::Active);
}

/// A token that is refreshed by itself some seconds after it came, again and again.
async fn soon_refreshed() -> (Platform, Daemon, String) {
    let (platform, daemon) = services().await;
    platform.official_account(&json!({"accessLifetime": "8s"})).await;
    let id = daemon.official_token("carol").await;
    (platform, daemon, id)
}

#[tokio::test]
async fn a_kill_before_the_platform_has_answered_a_refresh_loses_no_pair() {
    let (platform, mut daemon, id) = soon_refreshed().await;
    platform.script(&json!({"call": REFRESH, "delay": "1h"})).await;
    platform.until("it is being refreshed", |state| state["calls"][REFRESH] == 1).await;
    daemon.kill9().await;
    daemon.restart().await;
    assert_usable(&platform, &daemon, &id, 2).await;
}

#[tokio::test]
async fn a_kill_after_the_platform_has_exchanged_a_pair_loses_none() {
    let (platform, mut daemon, id) = soon_refreshed().await;
    // The answer is lost on its way, and the daemon ends before it can ask again.
    platform.script(&json!({"call": REFRESH, "after": true, "fault": "reset"})).await;
    platform.until("it is being refreshed", |state| state["calls"][REFRESH] == 1).await;
    daemon.kill9().await;
    daemon.restart().await;
    assert_usable(&platform, &daemon, &id, 2).await;
    // The pair that came of it is good for another one.
    platform.official_account(&json!({"accessLifetime": "8s"})).await;
    assert_eq!(daemon.token(&id).await.unwrap().trouble, None);
}

#[tokio::test]
async fn a_stop_waits_for_a_pair_that_the_platform_has_exchanged() {
    let (platform, mut daemon, id) = soon_refreshed().await;
    platform.official_account(&json!({"accessLifetime": "2h", "strictRotation": true})).await;
    platform.script(&json!({"call": REFRESH, "after": true, "delay": "1s"})).await;
    platform.until("it is being refreshed", |state| state["calls"][REFRESH] == 1).await;
    let (status, _) = daemon.stop().await;
    assert!(status.success(), "{status}");
    daemon.restart().await;
    let token = daemon.token(&id).await.unwrap();
    assert_eq!((token.generation.0, token.state, token.trouble), (2, TokenState::Active, None));
    assert_eq!(platform.calls(REFRESH).await, 1);
}

#[tokio::test]
async fn a_kill_amid_the_commit_of_a_refresh_or_after_it_loses_no_pair() {
    let (platform, mut daemon, id) = soon_refreshed().await;
    for (exchanged, pause) in [(1, 0), (2, 2), (3, 10)] {
        platform.until("it is refreshed", |state| state["calls"][REFRESH].as_u64() >= Some(exchanged)).await;
        sleep(Duration::from_millis(pause)).await;
        daemon.kill9().await;
        daemon.restart().await;
    }
    let generation = daemon.token(&id).await.unwrap().generation.0;
    assert_usable(&platform, &daemon, &id, generation + 1).await;
}

#[tokio::test]
async fn a_refresh_that_is_due_while_the_daemon_is_down_is_made_at_its_start() {
    let (platform, mut daemon, id) = soon_refreshed().await;
    let first = daemon.secret_of(&id).await;
    daemon.kill9().await;
    sleep(Duration::from_secs(9)).await;
    platform.official_account(&json!({"accessLifetime": "2h"})).await;
    daemon.restart().await;
    assert_ne!(daemon.secret_of(&id).await, first, "it was over, and is given when it is fresh");
    assert_eq!(platform.calls(REFRESH).await, 1);
}

#[tokio::test]
async fn a_token_that_is_over_while_the_platform_is_down_is_tried_again_and_says_when() {
    let (platform, daemon, id) = soon_refreshed().await;
    platform.script(&json!({"call": REFRESH, "times": 100, "fault": {"status": 502}})).await;
    daemon.until_told(&id, "token.expired").await;
    let response = daemon.send(get(&format!("/v1/tokens/{id}"))).await;
    let problem = value(&response);
    assert_eq!((response.status().as_u16(), &problem["code"]), (503, &json!("platform-unreachable")));
    let seconds: u64 = response.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("it is tried again at 20") && !detail.contains("new code"), "{detail}");
}

#[tokio::test]
async fn a_refresh_token_that_is_worthless_is_told_before_the_token_ends() {
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services(&platform);
    let daemon = host.start().await;
    platform.official_account(&json!({"accessLifetime": "8s"})).await;
    let id = daemon.official_token("carol").await;
    platform.official_account(&json!({"revokeTokens": true})).await;
    let expiring = daemon.until_told(&id, "token.expiring").await;
    assert!(expiring.todo.is_some(), "{expiring:?}");
    daemon.until_told(&id, "token.expired").await;
    assert_eq!(platform.calls(REFRESH).await, 1, "it is not asked in vain");
    assert!(daemon.reveal_token(&id).await.unwrap_err().problem().is_some());
}
