//! The life of an account from the seed, in seconds: the first login, its one drop, and what holds after it.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use wxlogin_state::public::PhaseName;
use wxlogin_state::{DropReason, Method, StateName};

use crate::harness::{A_WHILE, Host, Platform};

#[tokio::test]
async fn a_first_day_then_a_box_that_is_confirmed_then_one_that_is_declined() {
    let platform = Platform::with_first_night(Duration::from_secs(2)).await;
    let daemon = Host::against(&platform).in_haste("first_drop = \"3s\"").start().await;
    let first = daemon.online(&platform).await;
    let wc_id = first.wc_id.clone().unwrap();
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    let expected = account.first_drop_due_at.unwrap().duration_since(account.first_login_at);
    assert_eq!((account.settled, expected.as_secs(), account.stable_until), (false, 3, None));

    // The first night: a QR, fetched with the wcId without anybody asking.
    let second = daemon.until_scan_needed(&wc_id).await;
    let lost = daemon.session(first.w_id.as_str()).await.unwrap();
    assert_eq!(lost.drop.unwrap().reason, DropReason::FirstNight);
    let relogin = daemon.account(wc_id.as_str()).await.unwrap().relogin.unwrap();
    assert_eq!((relogin.method, relogin.attempt), (Method::Qr, 1));
    assert_eq!(platform.login(&second).await["askedFor"], wc_id.as_str());
    platform.phone(&second, "confirm").await;
    let second = daemon.until(&second, StateName::Online).await;
    assert_eq!(second.predecessor.as_ref(), Some(&first.w_id));
    let first = daemon.session(first.w_id.as_str()).await.unwrap();
    assert_eq!(first.successor.as_ref(), Some(&second.w_id));
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    let holds = account.stable_until.unwrap().duration_since(account.last_login_at);
    assert_eq!((account.settled, holds.as_hours(), account.first_drop_due_at), (true, 90 * 24, None));
    assert_eq!(account.sessions, [first.w_id, second.w_id.clone()]);

    // An ordinary drop: a box, which is confirmed.
    sleep(A_WHILE).await;
    platform.lose(&wc_id, &json!({})).await;
    let shown = platform.until_box(&wc_id).await;
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    let relogin = account.relogin.unwrap();
    assert_eq!((relogin.method, relogin.phase), (Method::PopUp, PhaseName::Calling));
    platform.phone(&shown, "confirm").await;
    let account = daemon.until_back(&wc_id, &second.w_id).await;
    assert_eq!(account.current_w_id.as_ref(), Some(&shown));
    let third = daemon.session(shown.as_str()).await.unwrap();
    assert_eq!((third.predecessor.as_ref(), third.qr), (Some(&second.w_id), None));
    let second = daemon.session(second.w_id.as_str()).await.unwrap();
    assert_eq!((second.drop.unwrap().reason, second.successor), (DropReason::Offline, Some(shown)));

    // Another one: a box, which is declined, and then a QR.
    sleep(A_WHILE).await;
    platform.lose(&wc_id, &json!({})).await;
    let shown = platform.until_box(&wc_id).await;
    platform.phone(&shown, "decline").await;
    let fourth = daemon.scan_and_confirm(&platform, &wc_id).await;
    assert_eq!(fourth.predecessor, Some(third.w_id));
    let evidence = daemon.why(&wc_id).await["evidence"].to_string();
    assert!(evidence.contains("/secondLogin") && evidence.contains("用户取消登录"), "{evidence}");

    assert_eq!((platform.calls("/iPadLogin").await, platform.calls("/secondLogin").await), (3, 2));
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn an_account_that_stays_online_for_twice_the_first_drop_has_settled() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("first_drop = \"1s\"").start().await;
    let (wc_id, online) = daemon.settled(&platform).await;
    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!((account.current_w_id, account.first_drop_due_at), (Some(online.w_id), None));
    assert!(account.stable_until.is_some());
    assert_eq!(platform.calls("/iPadLogin").await, 1);
}

#[tokio::test]
async fn after_a_kick_by_risk_control_one_box_fails_and_one_qr_follows() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).in_haste("first_drop = \"1s\"").start().await;
    let mut kicked = Vec::new();
    for _ in 0..8 {
        kicked.push(daemon.online(&platform).await);
    }
    for online in &kicked {
        daemon
            .until_account(online.wc_id.as_ref().unwrap(), "it has settled", |account| account.settled)
            .await;
    }
    for online in &kicked {
        platform.lose(online.wc_id.as_ref().unwrap(), &json!({"riskControl": true})).await;
    }
    for online in kicked {
        let again = daemon.scan_and_confirm(&platform, &online.wc_id.unwrap()).await;
        assert_eq!(again.predecessor, Some(online.w_id));
    }
    // The platform says why just when it refuses the box, which is no reason for another one.
    assert_eq!((platform.calls("/secondLogin").await, platform.calls("/iPadLogin").await), (8, 16));
    platform.assert_no_faults().await;
}

#[tokio::test]
async fn a_box_that_is_confirmed_while_nobody_listens_is_found_at_the_next_start() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).in_haste("first_drop = \"1s\"").start().await;
    let (wc_id, first) = daemon.settled(&platform).await;
    platform.lose(&wc_id, &json!({})).await;
    let shown = platform.until_box(&wc_id).await;
    daemon.kill9().await;
    platform.phone(&shown, "confirm").await;
    daemon.restart().await;
    let account = daemon.until_back(&wc_id, &first.w_id).await;
    assert_eq!((account.current_w_id, account.relogin), (Some(shown.clone()), None));
    let found = daemon.session(shown.as_str()).await.unwrap();
    assert_eq!(found.predecessor, Some(first.w_id));
    assert_eq!((platform.calls("/iPadLogin").await, platform.calls("/secondLogin").await), (1, 1));
}
