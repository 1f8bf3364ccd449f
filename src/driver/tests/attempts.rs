//! QRs that nobody scans: how often, how many, and at whose wish.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{Account, Input, Issue, Phase, Rate, Rest, Tending};

use super::platform::QR;
use super::setup::Setup;
use super::world::{World, account_id, id, login, minute};

/// A world with an account whose first drop has just been found, and its QR is due.
pub(super) async fn dropped(setup: Setup) -> World {
    let mut world = setup.run().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.driver.hint(account_id("wxid_1"));
    world.platform.asked_about("w1").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world
}

fn one() -> Setup {
    Setup::first_day(&[("wxid_1", "w1")])
}

fn in_flight(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.w_id().is_some())
}

fn due_at(account: &Account) -> Option<Timestamp> {
    account.relogin.as_ref()?.due_at()
}

/// The QR that is being asked for is issued, and nobody scans it until it expires.
async fn expires(world: &mut World, w_id: &str) -> Account {
    world.platform.asked_for_qr().await.issue(w_id);
    world.when("wxid_1", in_flight).await;
    world.at(world.clock.now() + SignedDuration::from_mins(5)).await;
    world.when("wxid_1", |account| !in_flight(account)).await
}

#[tokio::test]
async fn a_qr_that_nobody_scans_is_fetched_again_after_a_pause_that_grows() {
    let mut world = dropped(one()).await;
    for (attempt, minutes) in [(1, 1), (2, 2)] {
        let account = expires(&mut world, &format!("q{attempt}")).await;
        let (now, due) = (world.clock.now(), due_at(&account).unwrap());
        let pause = Duration::try_from(due.duration_since(now)).unwrap();
        let expected = Duration::from_mins(minutes);
        assert!(pause >= expected.mul_f64(0.8) && pause <= expected.mul_f64(1.2), "{attempt}: {pause:?}");
        assert_eq!(account.attempt(), attempt + 1);
        world.at(due - SignedDuration::from_secs(1)).await;
        assert_eq!(world.platform.more_of(QR).await, 0);
        world.at(due).await;
    }
    let asked = world.platform.asked_for_qr().await;
    assert_eq!(asked.body["wcId"], "wxid_1");
    asked.issue("w2");
    world.platform.polled("w2").await.log_in("wxid_1");
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert_eq!((account.attempts, account.is_settled()), (0, true));
    assert_eq!(world.session("w2").predecessor, Some(id("w1")));
    world.stop().await;
}

#[tokio::test]
async fn a_spent_budget_fetches_nothing_until_it_frees_and_says_so_once() {
    let budget = Rate { count: 2, per: Duration::from_hours(2) };
    let mut world = dropped(one().relogin(|rules| rules.budget = budget)).await;
    for n in 1..=2 {
        let due = due_at(&expires(&mut world, &format!("q{n}")).await).unwrap();
        world.at(due).await;
    }
    let account = world.account("wxid_1");
    assert!(account.budget_told);
    // The first one was spent at minute 0.
    assert_eq!(due_at(&account), Some(minute(120)));
    for minutes in [30, 60, 119] {
        world.at(minute(minutes)).await;
        assert_eq!(world.platform.more_of(QR).await, 0, "{minutes}");
    }
    world.at(minute(120)).await;
    world.platform.asked_for_qr().await;
    let kept = world.stop().await;
    let told = kept.events.iter().filter(|event| event.kind == "account.budget-spent").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_platform_that_says_no_costs_no_budget() {
    let budget = Rate { count: 2, per: Duration::from_hours(24) };
    let mut world = dropped(one().relogin(|rules| rules.budget = budget)).await;
    for troubles in 1..=8 {
        world.platform.asked_for_qr().await.refuse("失败");
        let failed = |a: &Account| a.relogin.as_ref().is_some_and(|r| r.troubles == troubles);
        let account = world.when("wxid_1", failed).await;
        assert_eq!(account.attempts, 0);
        world.at(due_at(&account).unwrap()).await;
    }
    world.platform.asked_for_qr().await.issue("w2");
    world.when("wxid_1", in_flight).await;
    world.stop().await;
}

#[tokio::test]
async fn a_platform_that_may_have_issued_a_qr_is_asked_as_often_as_the_budget_allows() {
    let budget = Rate { count: 3, per: Duration::from_hours(24) };
    let mut world = dropped(one().relogin(|rules| rules.budget = budget)).await;
    for troubles in 1..=3 {
        world.platform.asked_for_qr().await.answer(502, "<html>");
        let failed = |a: &Account| a.relogin.as_ref().is_some_and(|r| r.troubles == troubles);
        let account = world.when("wxid_1", failed).await;
        world.at(due_at(&account).unwrap()).await;
    }
    assert!(world.account("wxid_1").budget_told);
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn on_demand_no_qr_is_fetched_until_somebody_asks() {
    let mut world = dropped(one().relogin(|rules| rules.issue = Issue::OnDemand)).await;
    let offered = |account: &Account| {
        account.relogin.as_ref().is_some_and(|relogin| matches!(relogin.phase, Phase::Offered { .. }))
    };
    world.when("wxid_1", offered).await;
    world.at(minute(600)).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    let wanted = Tending::Wanted { method: None, force: false, request_key: None };
    world.tend("wxid_1", wanted.clone()).await.unwrap();
    // Asked again meanwhile, it is the same login.
    world.tend("wxid_1", wanted).await.unwrap();
    let account = expires(&mut world, "w2").await;
    assert_eq!(account.attempts, 1);
    world.at(minute(1200)).await;
    world.when("wxid_1", offered).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn outside_the_window_nothing_begins_by_itself_but_a_person_may() {
    let mut world = dropped(one().relogin(|rules| {
        rules.window.hours = "08:00-10:00".parse().unwrap();
    }))
    .await;
    assert_eq!(due_at(&world.account("wxid_1")), Some(minute(8 * 60)));
    world.at(minute(7 * 60 + 59)).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.at(minute(8 * 60)).await;
    world.platform.asked_for_qr().await.refuse("失败");
    world.when("wxid_1", |a| a.relogin.as_ref().is_some_and(|r| r.troubles == 1)).await;
    world.at(minute(12 * 60)).await;
    assert_eq!(due_at(&world.account("wxid_1")), Some(minute(32 * 60)));
    world.tend("wxid_1", Tending::Wanted { method: None, force: false, request_key: None }).await.unwrap();
    world.platform.asked_for_qr().await;
    world.stop().await;
}

#[tokio::test]
async fn after_so_many_attempts_it_is_left_to_a_person() {
    let mut world = dropped(one().relogin(|rules| rules.max_attempts = 1)).await;
    let account = expires(&mut world, "w2").await;
    assert_eq!((account.rest, account.relogin), (Some(Rest::GaveUp { attempts: 1 }), None));
    world.at(minute(600)).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.tend("wxid_1", Tending::Wanted { method: None, force: false, request_key: None }).await.unwrap();
    world.platform.asked_for_qr().await.issue("w3");
    world.platform.polled("w3").await.log_in("wxid_1");
    assert_eq!(world.when("wxid_1", |account| account.current_w_id.is_some()).await.rest, None);
    world.stop().await;
}

#[tokio::test]
async fn a_login_that_is_due_while_as_many_are_in_flight_as_may_be_waits_and_comes_later() {
    let setup = one().at_most(1).rules(|rules| rules.step_allowance = Duration::from_hours(24));
    let mut world = setup.run().await;
    world.look(&[("wxid_1", "w1")]).await;
    let driver = world.driver.clone();
    let begin = tokio::spawn(async move { driver.begin(login(None)).await });
    world.platform.asked_for_qr().await.issue("other");
    begin.await.unwrap().unwrap();
    world.driver.hint(account_id("wxid_1"));
    world.platform.asked_about("w1").await.say_online(false);
    for troubles in 1..=8 {
        let waits = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == troubles);
        let account = world.when("wxid_1", waits).await;
        let relogin = account.relogin.clone().unwrap();
        assert!(relogin.why.contains("are in flight"), "{}", relogin.why);
        // Nobody looks at it again before its time, and it costs nothing.
        world.settled().await;
        assert_eq!(world.account("wxid_1"), account);
        world.stands_still().await;
        assert!(!account.budget_told);
        world.at(relogin.due_at().unwrap()).await;
    }
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.apply("other", Input::Ended).await.unwrap();
    let account = world.when("wxid_1", |account| due_at(account).is_some()).await;
    world.at(due_at(&account).unwrap()).await;
    world.platform.asked_for_qr().await.issue("w2");
    world.when("wxid_1", in_flight).await;
    world.stop().await;
}
