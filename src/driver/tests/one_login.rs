//! Never two logins of one account at the same time, whoever asks for them.

use std::time::Duration;

use tokio::task::JoinHandle;
use wxlogin_state::{Account, Phase, Refusal, StateName, Tending};

use super::attempts::dropped;
use super::platform::{POPUP, QR};
use super::setup::Setup;
use super::world::{World, id, login, minute};
use crate::driver::{Begun, Denied, LoginRequest};

const WANTED: Tending = Tending::Wanted { method: None, force: false, request_key: None };

fn begin(world: &World, request: LoginRequest) -> JoinHandle<Result<Begun, Denied>> {
    let driver = world.driver.clone();
    tokio::spawn(async move { driver.begin(request).await })
}

fn is_in_flight(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.w_id().is_some())
}

fn is_calling(account: &Account) -> bool {
    matches!(&account.relogin, Some(relogin) if matches!(relogin.phase, Phase::Calling { .. }))
}

#[tokio::test]
async fn a_person_who_begins_while_the_daemon_fetches_gets_the_same_login() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_for_qr().await;
    let begun = begin(&world, login(Some("wxid_1")));
    world.settled().await;
    asked.issue("w2");
    assert_eq!(begun.await.unwrap().unwrap().session.w_id, id("w2"));
    // And again while it is in flight.
    let again = begin(&world, login(Some("wxid_1"))).await.unwrap().unwrap();
    assert_eq!((&again.session.w_id, again.fresh), (&id("w2"), false));
    world.tend("wxid_1", WANTED).await.unwrap();
    world.settled().await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_person_who_begins_while_a_box_is_shown_is_refused() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_to_pop_up().await;
    let refused = begin(&world, login(Some("wxid_1"))).await.unwrap().unwrap_err();
    assert!(matches!(refused, Denied::Refused(Refusal::PopUpShown)), "{refused}");
    // A wish for a login is fulfilled by the one that is on its way.
    world.tend("wxid_1", WANTED).await.unwrap();
    world.settled().await;
    assert_eq!(world.platform.more_of(QR).await + world.platform.more_of(POPUP).await, 0);
    asked.confirm("w2");
    world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
    world.stop().await;
}

#[tokio::test]
async fn what_is_due_while_a_persons_qr_is_in_flight_is_that_login() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    world.platform.asked_to_pop_up().await.answer(502, "");
    let troubled = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == 1);
    let due = world.when("wxid_1", troubled).await.relogin.unwrap().due_at().unwrap();
    let begun = begin(&world, login(Some("wxid_1")));
    world.platform.asked_for_qr().await.issue("w2");
    begun.await.unwrap().unwrap();
    world.at(due).await;
    assert_eq!(world.platform.more_of(QR).await + world.platform.more_of(POPUP).await, 0);
    let account = world.account("wxid_1");
    assert!(is_in_flight(&account) && account.relogin.unwrap().by_person);
    world.stop().await;
}

#[tokio::test]
async fn a_box_that_is_due_while_a_persons_qr_is_fetched_is_not_shown() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    world.platform.asked_to_pop_up().await.answer(502, "");
    let troubled = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == 1);
    let due = world.when("wxid_1", troubled).await.relogin.unwrap().due_at().unwrap();
    let begun = begin(&world, login(Some("wxid_1")));
    let asked = world.platform.asked_for_qr().await;
    world.at(due).await;
    world.settled().await;
    assert_eq!(world.platform.more_of(POPUP).await, 0);
    asked.issue("w2");
    begun.await.unwrap().unwrap();
    world.when("wxid_1", is_in_flight).await;
    world.stop().await;
}

#[tokio::test]
async fn a_qr_that_is_due_while_a_persons_is_fetched_is_that_one() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    world.platform.asked_for_qr().await.refuse("失败");
    let troubled = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == 1);
    let due = world.when("wxid_1", troubled).await.relogin.unwrap().due_at().unwrap();
    let begun = begin(&world, login(Some("wxid_1")));
    let asked = world.platform.asked_for_qr().await;
    world.at(due).await;
    world.when("wxid_1", is_calling).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    asked.issue("w2");
    begun.await.unwrap().unwrap();
    world.when("wxid_1", is_in_flight).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_login_that_came_by_itself_ends_the_one_that_is_in_flight() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    world.platform.asked_for_qr().await.issue("w2");
    let poll = world.platform.polled("w2").await;
    world.check_every(Duration::from_millis(1)).await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w3")]);
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert_eq!((account.current_w_id, account.relogin), (Some(id("w3")), None));
    assert_eq!(world.state("w2"), StateName::Dropped);
    poll.hung_up().await;
    world.at(minute(60)).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}
