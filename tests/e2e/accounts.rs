//! One account and its logins: never two QRs for one person, never two logins online.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request};
use serde_json::json;
use wxlogin_state::{DropReason, StateName};
use wxlogind::wire::CreateSession;

use crate::harness::{Host, Platform, login_of, refused, request, value, world};

#[tokio::test]
async fn an_abandoned_login_ends_at_once_with_its_poll() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.until_open(1).await;
    let ended = daemon.end(w_id.as_str()).await.unwrap();
    assert_eq!(ended.drop.unwrap().reason, DropReason::Abandoned);
    platform.until_open(0).await;
}

#[tokio::test]
async fn a_login_that_is_on_its_way_is_the_answer_to_another_request_for_it() {
    let (platform, daemon) = world().await;
    let first = daemon.create(&login_of("wxid_a")).await.unwrap();
    let second = daemon.create(&login_of("wxid_a")).await.unwrap();
    assert_eq!((first.fresh, second.fresh), (true, false));
    assert_eq!(second.session, first.session);
    assert_eq!(platform.calls("/iPadLogin").await, 1);
}

#[tokio::test]
async fn requests_for_one_account_at_the_same_time_share_one_qr() {
    let (platform, daemon) = world().await;
    platform.script(&json!({"call": "/iPadLogin", "delay": "500ms"})).await;
    let (account, other) = (login_of("wxid_a"), login_of("wxid_b"));
    let (first, second, another) =
        tokio::join!(daemon.create(&account), daemon.create(&account), daemon.create(&other));
    let (first, second, another) = (first.unwrap(), second.unwrap(), another.unwrap());
    assert_eq!(first.session.w_id, second.session.w_id);
    assert_ne!(first.session.w_id, another.session.w_id);
    assert_eq!(u8::from(first.fresh) + u8::from(second.fresh), 1);
    assert_eq!(platform.calls("/iPadLogin").await, 2);
}

#[tokio::test]
async fn an_account_that_is_online_is_logged_in_again_only_by_force() {
    let (platform, daemon) = world().await;
    let old = daemon.online(&platform).await;
    let wc_id = old.wc_id.clone().unwrap();
    let due = daemon.account(wc_id.as_str()).await.unwrap().first_drop_due_at;
    let problem = refused(daemon.create(&login_of(wc_id.as_str())).await);
    assert_eq!((problem.status, problem.state), (409, Some(StateName::Online)));
    assert!(problem.detail.contains("force"), "{problem:?}");

    let forced = CreateSession { force: true, ..login_of(wc_id.as_str()) };
    let new = daemon.create(&forced).await.unwrap().session.w_id;
    assert_eq!(daemon.session(old.w_id.as_str()).await.unwrap().state, StateName::Online);
    platform.phone(&new, "confirm").await;
    let new = daemon.until(&new, StateName::Online).await;
    let old = daemon.session(old.w_id.as_str()).await.unwrap();
    assert_eq!(old.drop.as_ref().unwrap().reason, DropReason::Superseded);
    assert_eq!(old.successor.as_ref(), Some(&new.w_id));
    assert_eq!(new.predecessor.as_ref(), Some(&old.w_id));

    let account = daemon.account(wc_id.as_str()).await.unwrap();
    assert_eq!(account.current_w_id.as_ref(), Some(&new.w_id));
    assert_eq!(account.sessions, [old.w_id, new.w_id]);
    // It is the device's first day still: only its drop, or a second day, ends that.
    assert!(due.is_some() && account.first_drop_due_at == due && !account.settled, "{account:?}");
    assert_eq!(platform.state().await["world"]["newDevices"], 0);
}

#[tokio::test]
async fn an_account_is_logged_in_again_on_the_device_it_had() {
    let (platform, daemon) = world().await;
    let mac = serde_json::from_value(json!({"deviceType": "mac", "label": "shop"})).unwrap();
    let w_id = daemon.create(&mac).await.unwrap().session.w_id;
    platform.phone(&w_id, "confirm").await;
    let first = daemon.until(&w_id, StateName::Online).await;
    daemon.end(w_id.as_str()).await.unwrap();
    let again = daemon.begin_for(first.wc_id.unwrap().as_str()).await;
    let (before, now) = (platform.login(&w_id).await, platform.login(&again).await);
    assert_eq!((&now["deviceType"], &now["askedFor"]), (&json!("mac"), &before["wcId"]));
    platform.phone(&again, "confirm").await;
    daemon.until(&again, StateName::Online).await;
    assert_eq!(platform.state().await["world"]["newDevices"], 0);
}

#[tokio::test]
async fn as_many_logins_as_are_allowed_are_in_flight_and_no_more() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_device("max_polls = 2").start().await;
    let first = daemon.begin().await;
    daemon.begin().await;
    let problem = refused(daemon.create(&CreateSession::default()).await);
    assert_eq!((problem.status, problem.code.as_str()), (503, "too-many-sessions"));
    daemon.end(first.as_str()).await.unwrap();
    daemon.begin().await;
    assert_eq!(platform.calls("/iPadLogin").await, 3);
}

#[tokio::test]
async fn somebody_else_who_scans_logs_in_as_somebody_else() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin_for("wxid_a").await;
    platform.phone_with(&w_id, "confirm", &json!({"wcId": "wxid_b"})).await;
    let online = daemon.until(&w_id, StateName::Online).await;
    assert_eq!(online.wc_id.unwrap().as_str(), "wxid_b");
    let history = daemon.history(w_id.as_str()).await.unwrap();
    assert!(history[1].why.contains("wxid_a was expected"), "{history:?}");
    assert!(daemon.account("wxid_a").await.unwrap_err().is_not_found());
    assert!(daemon.account("wxid_b").await.unwrap().online);
    // Nobody is in the way of the one who was meant.
    assert!(daemon.create(&login_of("wxid_a")).await.unwrap().fresh);
    assert_eq!(refused(daemon.create(&login_of("wxid_b")).await).status, 409);
}

#[tokio::test]
async fn a_person_who_scans_two_qrs_is_online_once() {
    let (platform, daemon) = world().await;
    let (first, second) = (daemon.begin().await, daemon.begin().await);
    for w_id in [&first, &second] {
        platform.phone_with(w_id, "confirm", &json!({"wcId": "wxid_a"})).await;
        daemon.until(w_id, StateName::Online).await;
    }
    let first = daemon.session(first.as_str()).await.unwrap();
    assert_eq!(first.drop.unwrap().reason, DropReason::Superseded);
    assert_eq!(daemon.account("wxid_a").await.unwrap().current_w_id, Some(second));
}

/// A request to begin a login, by this name.
fn named(key: &str) -> Request<Full<Bytes>> {
    let mut request = request(Method::POST, "/v1/sessions", &json!({}));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

#[tokio::test]
async fn the_same_request_by_name_is_answered_by_the_same_login_over_kill_9() {
    let (platform, mut daemon) = world().await;
    let first = daemon.send(named("order-17")).await;
    daemon.kill9().await;
    daemon.restart().await;
    let again = daemon.send(named("order-17")).await;
    let other = daemon.send(named("order-18")).await;
    for response in [&first, &again, &other] {
        assert_eq!(response.status(), 201);
    }
    assert_eq!(value(&first)["wId"], value(&again)["wId"]);
    assert_ne!(value(&first)["wId"], value(&other)["wId"]);
    assert_eq!(platform.calls("/iPadLogin").await, 2);
    let problem = daemon.send(named(&"x".repeat(65))).await;
    assert_eq!(
        (problem.status().as_u16(), value(&problem)["field"].as_str()),
        (400, Some("Idempotency-Key"))
    );
}

#[tokio::test]
async fn a_new_device_needs_the_account_that_is_to_become_one() {
    let (platform, daemon) = world().await;
    let nobody = CreateSession { new_device: true, ..CreateSession::default() };
    assert_eq!(refused(daemon.create(&nobody).await).field.as_deref(), Some("newDevice"));
    let asked = CreateSession { new_device: true, ..login_of("wxid_a") };
    let w_id = daemon.create(&asked).await.unwrap().session.w_id;
    let begun = daemon.history(w_id.as_str()).await.unwrap();
    assert!(begun[0].why.contains("new device"), "{begun:?}");
    assert_eq!(platform.calls("/iPadLogin").await, 1);
}
