//! `kill -9`, and stops and starts of the ordinary kind: what was acknowledged is there, what was going on goes on.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use rustix::process::Signal;
use serde_json::json;
use tokio::time::sleep;
use wxlogin_state::public::Session;
use wxlogin_state::{DropReason, Secret, StateName, WId};
use wxlogind::wire::CreateSession;

use crate::harness::{Daemon, Host, Platform, world};

#[tokio::test]
async fn twenty_logins_in_flight_go_on_after_kill_9() {
    let (platform, mut daemon) = world().await;
    let mut logins = Vec::new();
    for _ in 0..20 {
        logins.push(daemon.begin().await);
    }
    platform.until_open(20).await;
    for w_id in &logins[..5] {
        platform.phone_with(w_id, "ask-code", &json!({"code": "483920"})).await;
        daemon.until(w_id, StateName::AwaitingVerify).await;
    }
    for w_id in &logins[5..10] {
        platform.phone(w_id, "show-slider").await;
        daemon.until(w_id, StateName::Slider).await;
    }
    let before = daemon.list().await;

    daemon.kill9().await;
    // Half of the others are confirmed while nobody listens.
    for w_id in &logins[10..15] {
        platform.phone(w_id, "confirm").await;
    }
    daemon.restart().await;
    let sessions = daemon.everything().await;
    assert_eq!(
        sessions.iter().map(|session| &session.w_id).collect::<Vec<_>>(),
        logins.iter().collect::<Vec<_>>()
    );
    for w_id in &logins[..10] {
        assert!(contains(&before, &daemon, w_id).await, "{w_id} is not what it was");
    }
    finish(&platform, &daemon, &logins).await;

    let state = platform.state().await;
    assert_eq!(state["world"]["overlappingPolls"], 0);
    assert_eq!(state["calls"]["/iPadLogin"], 20);
    assert_eq!(state["world"]["pollsOpen"], 0);
}

/// Whether a session is, byte by byte, as it was in an earlier list.
async fn contains(list: &[u8], daemon: &Daemon, w_id: &WId) -> bool {
    let now = daemon.session(w_id.as_str()).await.unwrap();
    let now = serde_json::to_string(&now).unwrap();
    String::from_utf8_lossy(list).contains(&now)
}

/// Does what each login still needs.
async fn finish(platform: &Platform, daemon: &Daemon, logins: &[WId]) {
    for w_id in &logins[..5] {
        daemon.verify(w_id.as_str(), &Secret::new("483920")).await.unwrap();
    }
    for w_id in &logins[5..10] {
        platform.pass_slider(w_id).await;
        daemon.slider_done(w_id.as_str()).await.unwrap();
    }
    for w_id in logins[5..10].iter().chain(&logins[15..]) {
        platform.phone(w_id, "confirm").await;
    }
    for w_id in logins {
        daemon.until(w_id, StateName::Online).await;
    }
}

#[tokio::test]
async fn what_is_online_stays_online_over_kill_9_and_over_a_clean_stop() {
    let (platform, mut daemon) = world().await;
    for _ in 0..3 {
        daemon.online(&platform).await;
    }
    let (sessions, accounts) = (daemon.list().await, daemon.accounts().await.unwrap());
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.list().await, sessions);
    let (status, _) = daemon.stop().await;
    assert!(status.success(), "{status}");
    daemon.restart().await;
    assert_eq!(daemon.list().await, sessions);
    assert_eq!(daemon.accounts().await.unwrap(), accounts);
    // An online session costs no call, and neither does a restart.
    assert_eq!(platform.calls("/getIPadLoginInfo").await, 3);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_kill_9_at_any_moment() {
    let (platform, mut daemon) = world().await;
    let mut acknowledged = Vec::new();
    for round in 1..=5 {
        let client = daemon.host.client();
        let request = || async { client.create(&CreateSession::default()).await };
        let mut requests = iter(0..1_000).map(|_| request()).buffer_unordered(32).boxed();
        // Amid the work, each time a little further on.
        while acknowledged.len() < 20 * round * round {
            acknowledged.push(requests.next().await.unwrap().unwrap().session);
        }
        daemon.process.signal(Signal::KILL);
        // What was answered before the end came counts as well.
        while let Some(answered) = requests.next().await {
            acknowledged.extend(answered.map(|created| created.session));
        }
        daemon.process.exited().await;
        daemon.restart().await;
        let known: HashMap<WId, Session> =
            daemon.everything().await.into_iter().map(|session| (session.w_id.clone(), session)).collect();
        for session in &acknowledged {
            assert_eq!(known.get(&session.w_id), Some(session), "in round {round}");
        }
    }
    assert_eq!(platform.state().await["world"]["overlappingPolls"], 0);
}

#[tokio::test]
async fn the_key_of_the_platform_survives_restarts() {
    let (platform, mut daemon) = world().await;
    daemon.online(&platform).await;
    daemon.kill9().await;
    daemon.restart().await;
    daemon.online(&platform).await;
    daemon.stop().await;
    daemon.restart().await;
    daemon.online(&platform).await;
    assert_eq!(platform.calls("/member/login").await, 1);
}

#[tokio::test]
async fn a_code_that_was_entered_reaches_the_platform_over_kill_9() {
    let (platform, mut daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.phone_with(&w_id, "ask-code", &json!({"code": "483920"})).await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    // The call with the code goes out, and is never carried out.
    platform.script(&json!({"call": "/getIPadLoginInfo", "delay": "1h"})).await;
    daemon.verify(w_id.as_str(), &Secret::new("483920")).await.unwrap();
    platform.until_open(1).await;
    daemon.kill9().await;
    daemon.restart().await;
    daemon.until(&w_id, StateName::Online).await;
    let login = platform.login(&w_id).await;
    assert_eq!((&login["codesTried"], &login["overlappingPolls"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_deadline_that_passes_while_the_daemon_is_away_is_kept() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).with_device("qr_valid_for = \"1s\"").start().await;
    let w_id = daemon.begin().await;
    daemon.kill9().await;
    // Nothing tells that a second has passed but a second.
    sleep(Duration::from_millis(1100)).await;
    daemon.restart().await;
    let session = daemon.until(&w_id, StateName::Dropped).await;
    assert_eq!(session.drop.unwrap().reason, DropReason::Expired);
}
