//! Logins that are begun: when a QR is fetched for them, and what becomes of it.

use futures_util::future::join;
use wxlogin_state::{Input, Refusal, Session, StateName};

use super::world::{World, id, issued, logged_in, login, minute, stepped};
use crate::driver::{Denied, LoginRequest};

fn named(key: &str) -> LoginRequest {
    LoginRequest { request_key: Some(key.into()), ..login(None) }
}

#[tokio::test]
async fn a_begin_never_joins_a_login_that_is_overdue() {
    let mut world =
        World::with(vec![Session { wc_id: Some("wxid_1".parse().unwrap()), ..issued(1, "w1", minute(0)) }])
            .await;
    let held = world.hold().await;
    world.clock.set(minute(6));
    let begin = world.driver.begin(login(Some("wxid_1")));
    let issue = async {
        // The request is in the inbox by now, and comes before the deadline.
        drop(held);
        world.platform.asked_for_qr().await.issue("w2");
    };
    let (begun, ()) = join(begin, issue).await;
    let begun = begun.unwrap();
    assert_eq!((begun.session.w_id.as_str(), begun.fresh), ("w2", true));
    assert_eq!(world.state("w1"), StateName::Dropped);
    world.stop().await;
}

#[tokio::test]
async fn a_login_whose_account_went_online_while_its_qr_was_fetched_is_refused() {
    let mut world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let driver = world.driver.clone();
    let begin = tokio::spawn(async move { driver.begin(login(Some("wxid_1"))).await });
    let asked = world.platform.asked_for_qr().await;
    world.platform.polled("w1").await.log_in("wxid_1");
    world.after("w1", 1).await;
    asked.issue("w2");
    let denied = begin.await.unwrap().unwrap_err();
    assert!(matches!(&denied, Denied::AlreadyOnline { w_id, .. } if w_id.as_str() == "w1"), "{denied}");
    assert!(world.view.session(&id("w2")).is_none());
    assert_eq!(world.state("w1"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_scan_by_somebody_else_does_not_rename_their_account() {
    let labelled = |born, w_id: &str, label: &str| Session {
        label: Some(label.parse().unwrap()),
        ..issued(born, w_id, minute(0))
    };
    let bea = stepped(&labelled(1, "w1", "Bea"), logged_in("wxid_bea"), minute(0));
    let al = Session { wc_id: Some("wxid_al".parse().unwrap()), ..labelled(2, "w2", "Al") };
    let mut world = World::with(vec![bea, al]).await;
    world.platform.polled("w2").await.log_in("wxid_bea");
    let session = world.after("w2", 1).await;
    assert_eq!(session.wc_id.as_ref().unwrap().as_str(), "wxid_bea");
    assert_eq!(session.predecessor, Some(id("w1")));
    let account = world.account("wxid_bea");
    assert_eq!(account.label.unwrap().as_str(), "Bea");
    assert_eq!(account.current_w_id, Some(id("w2")));
    world.stop().await;
}

#[tokio::test]
async fn two_requests_with_one_key_at_once_fetch_one_qr() {
    let mut world = World::new().await;
    let both = join(world.driver.begin(named("key")), world.driver.begin(named("key")));
    let ((one, other), ()) = join(both, async {
        let asked = world.platform.asked_for_qr().await;
        // Both have been heard once a round after theirs is done.
        world.driver.ping().await.unwrap();
        asked.issue("w1");
    })
    .await;
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.session.w_id, other.session.w_id);
    assert_eq!((one.fresh, other.fresh), (true, false));
    assert_eq!(world.platform.more_qr_calls(), 0);
    world.stop().await;
}

#[tokio::test]
async fn the_same_request_key_answers_the_same_login_across_a_restart() {
    let mut world = World::new().await;
    let begin = world.driver.begin(named("key"));
    let (begun, ()) = join(begin, async { world.platform.asked_for_qr().await.issue("w1") }).await;
    assert_eq!(begun.unwrap().session.w_id, id("w1"));
    world.apply("w1", Input::Ended).await.unwrap();

    let mut world = world.restart().await;
    let again = world.driver.begin(named("key")).await.unwrap();
    assert_eq!((again.session.w_id.as_str(), again.session.version.0), ("w1", 2));
    assert_eq!(world.platform.more_qr_calls(), 0);
    world.stop().await;
}

#[tokio::test]
async fn a_new_device_is_asked_for_without_the_wcid_and_is_on_the_record() {
    let mut world = World::new().await;
    let begin = world.driver.begin(LoginRequest { new_device: true, ..login(Some("wxid_1")) });
    let (begun, body) = join(begin, async {
        let asked = world.platform.asked_for_qr().await;
        let body = asked.body.clone();
        asked.issue("w1");
        body
    })
    .await;
    assert_eq!(body["wcId"], "");
    let session = begun.unwrap().session;
    assert_eq!(session.wc_id, Some("wxid_1".parse().unwrap()));
    assert!(session.history[0].why.contains("new device"), "{}", session.history[0].why);
    world.stop().await;
}

#[tokio::test]
async fn a_login_of_the_other_kind_is_not_joined() {
    let mut world = World::new().await;
    let new_device = || LoginRequest { new_device: true, ..login(Some("wxid_1")) };
    let driver = world.driver.clone();
    let first = tokio::spawn(async move { driver.begin(new_device()).await });
    let asked = world.platform.asked_for_qr().await;
    let refused = world.driver.begin(login(Some("wxid_1"))).await.unwrap_err();
    assert!(matches!(refused, Denied::Refused(Refusal::UnderWay)), "{refused}");
    asked.issue("w1");
    first.await.unwrap().unwrap();
    let refused = world.driver.begin(login(Some("wxid_1"))).await.unwrap_err();
    assert!(matches!(refused, Denied::Refused(Refusal::UnderWay)), "{refused}");
    // One of the same kind is.
    assert_eq!(world.driver.begin(new_device()).await.unwrap().session.w_id, id("w1"));
    world.stop().await;
}

#[tokio::test]
async fn a_login_that_went_online_meanwhile_is_not_abandoned() {
    let mut world = World::with(vec![issued(1, "w1", minute(0))]).await;
    world.platform.polled("w1").await.log_in("wxid_1");
    world.after("w1", 1).await;
    let refused = world.apply("w1", Input::Abandoned).await.unwrap_err();
    let online =
        Refusal::WrongState { state: StateName::Online, needs: "only a login in flight can be abandoned" };
    assert!(matches!(refused, Denied::Refused(refusal) if refusal == online), "{refused}");
    world.stop().await;
}
