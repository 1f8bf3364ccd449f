//! Many drops at once, and the worst moment to be killed: everybody comes back, one after another, by one QR each.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use wxlogin_state::public::PhaseName;
use wxlogin_state::{WId, WcId};

use crate::harness::{A_WHILE, Daemon, Host, Platform};

/// Accounts of a test.
const ACCOUNTS: usize = 10;

async fn ten_online(platform: &Platform, daemon: &Daemon) -> HashMap<WcId, WId> {
    let mut accounts = HashMap::new();
    for _ in 0..ACCOUNTS {
        let online = daemon.online(platform).await;
        accounts.insert(online.wc_id.unwrap(), online.w_id);
    }
    sleep(A_WHILE).await;
    accounts
}

/// Every account's QR is scanned; how many QRs there were.
async fn all_come_back(platform: &Platform, daemon: &Daemon, accounts: &HashMap<WcId, WId>) -> u64 {
    for wc_id in accounts.keys() {
        let again = daemon.scan_and_confirm(platform, wc_id).await;
        assert_eq!(again.predecessor.as_ref(), accounts.get(wc_id));
    }
    let known = daemon.accounts().await.unwrap();
    assert!(known.len() == ACCOUNTS && known.iter().all(|account| account.online && account.settled));
    platform.assert_no_faults().await;
    assert_eq!(platform.state().await["world"]["pollsOpen"], 0);
    platform.calls("/iPadLogin").await
}

#[tokio::test]
async fn ten_that_dropped_come_back_after_kill_9_while_their_qrs_are_fetched() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).in_haste("").start().await;
    let accounts = ten_online(&platform, &daemon).await;
    platform.script(&json!({"call": "/iPadLogin", "times": ACCOUNTS, "delay": "20s"})).await;
    for wc_id in accounts.keys() {
        platform.lose(wc_id, &json!({})).await;
    }
    platform.until("every QR is asked for", |state| state["calls"]["/iPadLogin"] == 2 * ACCOUNTS).await;
    daemon.kill9().await;
    daemon.restart().await;
    let qrs = all_come_back(&platform, &daemon, &accounts).await;
    assert_eq!(qrs, 3 * ACCOUNTS as u64, "one extra QR each");
}

#[tokio::test]
async fn ten_that_dropped_come_back_after_kill_9_before_anybody_scans() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).in_haste("").start().await;
    let accounts = ten_online(&platform, &daemon).await;
    for wc_id in accounts.keys() {
        platform.lose(wc_id, &json!({})).await;
    }
    for wc_id in accounts.keys() {
        daemon.until_scan_needed(wc_id).await;
    }
    daemon.kill9().await;
    daemon.restart().await;
    let qrs = all_come_back(&platform, &daemon, &accounts).await;
    assert_eq!(qrs, 2 * ACCOUNTS as u64, "no extra QR");
}

#[tokio::test]
async fn ten_that_dropped_come_back_after_kill_9_before_the_daemon_noticed() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).in_haste("").start().await;
    let accounts = ten_online(&platform, &daemon).await;
    for wc_id in accounts.keys() {
        platform.lose(wc_id, &json!({})).await;
    }
    daemon.kill9().await;
    daemon.restart().await;
    let qrs = all_come_back(&platform, &daemon, &accounts).await;
    assert!(qrs <= 3 * ACCOUNTS as u64, "{qrs}");
}

#[tokio::test]
async fn after_many_drops_at_once_logins_begin_one_after_another() {
    let platform = Platform::start().await;
    // Calm is a second without drops; from then on one begins every 300 ms.
    let storm = "storm = \"5/1s\"\nbudget_total = \"100/30s\"";
    let daemon = Host::against(&platform).in_haste(storm).start().await;
    let accounts = ten_online(&platform, &daemon).await;
    for wc_id in accounts.keys() {
        platform.lose(wc_id, &json!({})).await;
    }
    let (mut begun, mut due) = (Vec::new(), Vec::new());
    for wc_id in accounts.keys() {
        let dropped = daemon.until_account(wc_id, "it has dropped", |account| account.relogin.is_some());
        let account = dropped.await;
        begun.push(account.last_drop.unwrap().at);
        due.push(account.relogin.unwrap());
    }
    assert_eq!(daemon.process.log().matches("fleet.storm").count(), 1);
    let mut issued = Vec::new();
    for wc_id in accounts.keys() {
        let w_id = daemon.until_scan_needed(wc_id).await;
        issued.push(daemon.session(w_id.as_str()).await.unwrap().created_at);
    }
    begun.sort();
    issued.sort();
    // The first few were let begin before anybody knew that there would be so many.
    let paced = &issued[4..];
    assert!(
        paced[0].duration_since(begun[4]) >= jiff::SignedDuration::from_millis(900),
        "{begun:?} {issued:?}"
    );
    let distance = Duration::from_millis(200);
    let apart = |pair: &[jiff::Timestamp]| pair[1].duration_since(pair[0]).unsigned_abs() >= distance;
    assert!(paced.windows(2).all(apart), "{issued:?}");
    assert!(due.iter().any(|relogin| relogin.phase == PhaseName::Due), "{due:?}");
    all_come_back(&platform, &daemon, &accounts).await;
}
