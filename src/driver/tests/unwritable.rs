//! What the platform says while nothing can be written: it is not lost for good.

use std::time::Duration;

use wxlogin_state::{Account, StateName};

use super::attempts::dropped;
use super::platform::{POPUP, QR};
use super::setup::Setup;
use super::world::{World, id, minute};
use crate::driver::StoreState;
use crate::driver::keeper::faults::Fault;

/// Waits until the driver has found that it cannot write.
async fn unwritable(world: &World) {
    while world.driver.store_state() == StoreState::Writable {
        tokio::task::yield_now().await;
    }
}

async fn mend(world: &World) {
    world.faults.clear();
    world.writable().await;
}

fn comes_later(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.due_at().is_some())
}

#[tokio::test]
async fn a_box_confirmed_while_nothing_can_be_written_is_found_by_the_look_that_follows() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_to_pop_up().await;
    world.faults.set(Fault::Full);
    asked.confirm("w2");
    unwritable(&world).await;
    mend(&world).await;
    let list = world.platform.asked_for_list().await;
    // Whatever is due waits until that has been said.
    world.at(minute(1)).await;
    assert_eq!(world.platform.more_of(QR).await + world.platform.more_of(POPUP).await, 0);
    list.list(&[("wxid_1", "w2")]);
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert_eq!((account.current_w_id, account.relogin), (Some(id("w2")), None));
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_box_confirmed_and_written_though_nobody_knew_is_online_afterwards() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_to_pop_up().await;
    world.faults.set(Fault::Unknown);
    asked.confirm("w2");
    unwritable(&world).await;
    mend(&world).await;
    assert_eq!(world.account("wxid_1").current_w_id, Some(id("w2")));
    assert_eq!(world.state("w2"), StateName::Online);
    world.platform.asked_for_list().await.list(&[("wxid_1", "w2")]);
    world.at(minute(60)).await;
    assert_eq!(world.platform.more_of(QR).await + world.platform.more_of(POPUP).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_list_that_comes_while_nothing_can_be_written_is_asked_for_again() {
    let mut world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")]).run().await;
    let asked = world.platform.asked_for_list().await;
    world.faults.set(Fault::Full);
    asked.list(&[("wxid_1", "w3")]);
    unwritable(&world).await;
    assert_eq!(world.account("wxid_1").current_w_id, Some(id("w1")));
    mend(&world).await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w3"), ("wxid_2", "w2")]);
    world.when("wxid_1", |account| account.current_w_id == Some(id("w3"))).await;
    assert_eq!(world.account("wxid_2").current_w_id, Some(id("w2")));
    world.stop().await;
}

#[tokio::test]
async fn a_list_that_was_asked_for_before_the_store_was_read_anew_moves_nobody() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_to_pop_up().await;
    world.check_every(Duration::from_millis(1)).await;
    let old = world.platform.asked_for_list().await;
    world.go_by_confirmations(1).await;
    world.faults.set(Fault::Unknown);
    asked.confirm("w2");
    unwritable(&world).await;
    mend(&world).await;
    old.list(&[]);
    world.settled().await;
    assert_eq!(world.account("wxid_1").current_w_id, Some(id("w2")));
    world.stop().await;
}

#[tokio::test]
async fn a_qr_issued_while_nothing_can_be_written_is_fetched_again() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_for_qr().await;
    world.faults.set(Fault::Full);
    asked.issue("w2");
    unwritable(&world).await;
    mend(&world).await;
    assert!(world.view.session(&id("w2")).is_none());
    world.platform.asked_for_list().await.list(&[]);
    world.when("wxid_1", comes_later).await;
    world.at(minute(1)).await;
    // No deadline is kept for a moment.
    tokio::time::timeout(Duration::from_secs(20), async { world.platform.asked_for_qr().await.issue("w3") })
        .await
        .unwrap();
    world.platform.polled("w3").await.log_in("wxid_1");
    world.when("wxid_1", |account| account.current_w_id == Some(id("w3"))).await;
    world.stop().await;
}

#[tokio::test]
async fn a_drop_that_could_not_be_written_is_found_again() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.driver.hint("wxid_1".parse().unwrap());
    let asked = world.platform.asked_about("w1").await;
    world.faults.set(Fault::Full);
    asked.say_online(false);
    unwritable(&world).await;
    assert_eq!(world.state("w1"), StateName::Online);
    mend(&world).await;
    world.platform.asked_for_list().await.list(&[]);
    world.platform.asked_about("w1").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world.stop().await;
}
