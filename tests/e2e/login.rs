//! The plain way: a QR, a phone that scans and confirms, online, logged out.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wxlogin_state::{DropReason, StateName};

use crate::harness::{get, refused, value, world};

#[tokio::test]
async fn a_login_goes_from_its_qr_to_online() {
    let (platform, daemon) = world().await;
    let created = daemon.create(&serde_json::from_value(json!({"label": "shop"})).unwrap()).await.unwrap();
    assert!(created.fresh);
    let session = created.session;
    assert_eq!(session.state, StateName::QrIssued);
    let qr = session.qr.as_ref().unwrap();
    assert_eq!(qr.expires_at.duration_since(qr.issued_at), Duration::from_mins(5).try_into().unwrap());
    platform.phone(&session.w_id, "scan").await;
    platform.phone(&session.w_id, "confirm").await;
    let online = daemon.until(&session.w_id, StateName::Online).await;

    let session = value(&daemon.send(get(&format!("/v1/sessions/{}", online.w_id))).await);
    let phone = platform.login(&online.w_id).await;
    assert_eq!(session["state"], "online");
    assert_eq!(session["version"], 2);
    assert_eq!(session["label"], "shop");
    assert_eq!(session["deviceType"], "ipad");
    assert_eq!(session["wcId"], phone["wcId"]);
    assert_eq!(session["profile"]["nickName"], phone["nickName"]);
    assert!(time(&session, "createdAt") <= time(&session, "stateSince"));
    let over = ["qr", "verify", "slider", "drop", "predecessor", "successor"];
    assert!(over.iter().all(|member| session.get(member).is_none()), "{session:#}");
    assert_eq!(phone["overlappingPolls"], 0);
    assert_eq!(platform.state().await["world"]["pollsOpen"], 0);
}

#[tokio::test]
async fn the_account_of_a_login_carries_the_dates_that_follow_from_it() {
    let (platform, daemon) = world().await;
    let session = daemon.online(&platform).await;
    let wc_id = session.wc_id.unwrap();
    let account = value(&daemon.send(get(&format!("/v1/accounts/{wc_id}"))).await);
    assert_eq!(account["wcId"], wc_id.as_str());
    assert_eq!(account["online"], true);
    assert_eq!(account["currentWId"], session.w_id.as_str());
    assert_eq!(account["sessions"], json!([session.w_id]));
    assert_eq!(account["profile"], serde_json::to_value(&session.profile).unwrap());
    assert_eq!(account["firstLoginAt"], account["lastLoginAt"]);
    assert_eq!(hours(&account, "firstDropDueAt"), 24);
    assert_eq!(hours(&account, "momentsAllowedAt"), 72);
    let accounts = value(&daemon.send(get("/v1/accounts?online=true")).await);
    assert_eq!(accounts, json!({"accounts": [account], "next": null}));
}

/// How long after the first login a date of an account is.
fn hours(account: &Value, date: &str) -> i64 {
    time(account, date).duration_since(time(account, "firstLoginAt")).as_hours()
}

/// A time as the API writes it. Whole seconds have no fraction, so the texts themselves have another order.
fn time(object: &Value, member: &str) -> Timestamp {
    object[member].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_history_tells_how_a_login_came_where_it_is() {
    let (platform, daemon) = world().await;
    let session = daemon.online(&platform).await;
    let history = daemon.history(session.w_id.as_str()).await.unwrap();
    let steps: Vec<_> = history.iter().map(|step| (step.version.0, step.from, step.to)).collect();
    assert_eq!(steps, [(1, None, StateName::QrIssued), (2, Some(StateName::QrIssued), StateName::Online)]);
    assert!(history.iter().all(|step| !step.why.is_empty()));
}

#[tokio::test]
async fn logging_out_ends_the_login_at_the_platform_and_takes_its_account_offline() {
    let (platform, daemon) = world().await;
    let session = daemon.online(&platform).await;
    let ended = daemon.end(session.w_id.as_str()).await.unwrap();
    assert_eq!(ended.drop.unwrap().reason, DropReason::LoggedOut);
    assert_eq!(ended.profile, session.profile);
    assert_eq!(platform.login(&session.w_id).await["end"], "logged-out");
    let account = daemon.account(session.wc_id.unwrap().as_str()).await.unwrap();
    assert_eq!((account.online, account.current_w_id), (false, None));
    let problem = refused(daemon.end(session.w_id.as_str()).await);
    assert_eq!((problem.status, problem.state), (409, Some(StateName::Dropped)));
}

#[tokio::test]
async fn a_session_that_the_platform_does_not_log_out_stays_online() {
    let (platform, daemon) = world().await;
    let session = daemon.online(&platform).await;
    platform.script(&json!({"call": "/member/offline", "fault": {"status": 502}})).await;
    let problem = refused(daemon.end(session.w_id.as_str()).await);
    assert_eq!((problem.status, problem.code.as_str()), (503, "platform-unreachable"));
    assert_eq!(daemon.session(session.w_id.as_str()).await.unwrap(), session);
    daemon.end(session.w_id.as_str()).await.unwrap();
}
