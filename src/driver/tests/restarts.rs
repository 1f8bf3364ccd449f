//! The daemon ends and starts again, at every point of a login.

use jiff::SignedDuration;
use wxlogin_state::{Account, Phase, StateName};

use super::attempts::dropped;
use super::platform::{POPUP, QR};
use super::setup::Setup;
use super::world::{World, id, minute};

fn phase(account: &Account) -> &Phase {
    &account.relogin.as_ref().unwrap().phase
}

fn is_in_flight(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.w_id().is_some())
}

#[tokio::test]
async fn what_is_due_stays_due() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    world.platform.asked_for_qr().await.refuse("失败");
    let refused = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == 1);
    let before = world.when("wxid_1", refused).await;
    let due = before.relogin.as_ref().unwrap().due_at().unwrap();

    let mut world = world.restart().await;
    world.look(&[]).await;
    assert_eq!(world.account("wxid_1"), before);
    world.at(due - SignedDuration::from_secs(1)).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    let mut world = world.restart().await;
    world.clock.set(due + SignedDuration::from_hours(3));
    world.look(&[]).await;
    assert_eq!(world.platform.asked_for_qr().await.body["wcId"], "wxid_1");
    world.stop().await;
}

#[tokio::test]
async fn a_qr_in_flight_is_asked_about_again_and_no_other_one_is_fetched() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    world.platform.asked_for_qr().await.issue("w2");
    let before = world.when("wxid_1", is_in_flight).await;

    let mut world = world.restart().await;
    world.look(&[]).await;
    assert_eq!(world.account("wxid_1"), before);
    let poll = world.platform.polled("w2").await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    poll.log_in("wxid_1");
    assert!(world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await.is_settled());
    world.stop().await;
}

#[tokio::test]
async fn a_qr_that_expired_meanwhile_is_followed_by_the_next() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    world.platform.asked_for_qr().await.issue("w2");
    world.when("wxid_1", is_in_flight).await;

    world.clock.set(minute(60));
    let mut world = world.restart().await;
    world.look(&[]).await;
    let account = world.when("wxid_1", |account| account.attempts == 1).await;
    world.at(account.relogin.unwrap().due_at().unwrap()).await;
    world.platform.asked_for_qr().await;
    world.stop().await;
}

#[tokio::test]
async fn a_call_that_was_out_is_made_again_after_the_list_has_been_heard() {
    for settled in [false, true] {
        let accounts = [("wxid_1", "w1")];
        let setup = if settled { Setup::settled(&accounts) } else { Setup::first_day(&accounts) };
        let world = dropped(setup).await;
        let calling = world.when("wxid_1", |a| matches!(phase(a), Phase::Calling { .. })).await;
        assert_eq!(calling.spent == wxlogin_state::Ledger::default(), settled);

        let mut world = world.restart().await;
        let list = world.platform.asked_for_list().await;
        world.at(minute(1)).await;
        assert_eq!(world.platform.more_calls().await, 0);
        world.stands_still().await;
        list.list(&[]);
        // Whether the box was confirmed is not known, so that a QR is what is left.
        assert_eq!(world.platform.asked_for_qr().await.body["wcId"], "wxid_1");
        assert_eq!(world.platform.more_of(POPUP).await, 0);
        world.stop().await;
    }
}

#[tokio::test]
async fn a_box_that_was_confirmed_meanwhile_is_in_the_first_list() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    world.platform.asked_to_pop_up().await;

    let mut world = world.restart().await;
    world.look(&[("wxid_1", "w2")]).await;
    world.at(minute(1)).await;
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert_eq!((account.current_w_id, account.relogin), (Some(id("w2")), None));
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn twenty_quick_restarts_spend_one_budget() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    let mut calls = 0;
    for n in 1..=20 {
        world.settled().await;
        calls += world.platform.more_of(QR).await;
        world = world.restart().await;
        world.look(&[]).await;
        world.at(minute(0) + SignedDuration::from_secs(10 * n)).await;
    }
    assert_eq!(calls, 6);
    assert!(world.account("wxid_1").budget_told);
    // An hour after the first of them there is room again.
    world.at(minute(60)).await;
    world.platform.asked_for_qr().await;
    world.stop().await;
}

#[tokio::test]
async fn a_drop_while_the_daemon_was_down_is_found_by_its_first_look() {
    let world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")]).run().await;
    let mut world = world.restart().await;
    world.look(&[("wxid_2", "w2")]).await;
    world.platform.asked_about("w1").await.say_online(false);
    world.platform.asked_to_pop_up().await.confirm("w3");
    world.when("wxid_1", |account| account.current_w_id == Some(id("w3"))).await;
    assert_eq!(world.state("w2"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_first_list_that_fails_is_asked_for_again_and_does_not_hold_up_logins_for_ever() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    // The box that is cut off is why a QR is next.
    let _cut_off = world.platform.asked_to_pop_up().await;
    let mut world: World = world.restart().await;
    let mut list = world.platform.asked_for_list().await;
    world.at(minute(1)).await;
    for _ in 0..2 {
        list.answer(502, "<html>");
        list = world.platform.asked_for_list().await;
        assert_eq!(world.platform.more_of(QR).await, 0);
    }
    list.answer(502, "<html>");
    world.platform.asked_for_qr().await;
    world.stop().await;
}

#[tokio::test]
async fn an_offer_stays_an_offer() {
    let setup =
        Setup::first_day(&[("wxid_1", "w1")]).relogin(|rules| rules.issue = wxlogin_state::Issue::OnDemand);
    let world = dropped(setup).await;
    let before = world.when("wxid_1", |a| matches!(phase(a), Phase::Offered { .. })).await;
    let mut world = world.restart().await;
    world.look(&[]).await;
    world.at(minute(600)).await;
    assert_eq!(world.account("wxid_1"), before);
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}
