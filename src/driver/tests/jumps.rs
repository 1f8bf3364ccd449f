//! Schedules, and a time of day that jumps: nothing starves, and nothing storms.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{Account, Rate};

use super::attempts::dropped;
use super::platform::{LOOK, QR};
use super::setup::Setup;
use super::world::{World, minute};

const HOUR: i64 = 60;
const TEN_YEARS: i64 = 10 * 365 * 24 * HOUR;

fn due_at(account: &Account) -> Timestamp {
    account.relogin.as_ref().unwrap().due_at().unwrap()
}

/// An account whose next QR is due in about half an hour, and how long that is from now.
async fn waiting() -> (World, SignedDuration) {
    let setup = Setup::first_day(&[("wxid_1", "w1")]).relogin(|rules| {
        (rules.backoff_initial, rules.backoff_max) = (Duration::from_mins(30), Duration::from_mins(30));
    });
    let mut world = dropped(setup).await;
    world.platform.asked_for_qr().await.refuse("失败");
    let refused = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == 1);
    let account = world.when("wxid_1", refused).await;
    let delay = due_at(&account).duration_since(world.clock.now());
    assert!(delay > SignedDuration::from_mins(20));
    (world, delay)
}

#[tokio::test]
async fn a_clock_set_back_keeps_the_time_that_is_still_to_wait() {
    for back in [1, HOUR, 24 * HOUR, TEN_YEARS] {
        let (mut world, delay) = waiting().await;
        let now = minute(-back);
        world.at(now).await;
        let due = due_at(&world.account("wxid_1"));
        assert!(due <= now + delay, "{back}: {due}");
        assert!(due >= now + delay - SignedDuration::from_mins(1), "{back}: {due}");
        world.at(due - SignedDuration::from_secs(1)).await;
        assert_eq!(world.platform.more_of(QR).await, 0, "{back}");
        world.at(due).await;
        world.platform.asked_for_qr().await;
        world.stop().await;
    }
}

#[tokio::test]
async fn a_clock_set_ahead_begins_what_is_due_then_and_only_once() {
    for ahead in [HOUR, TEN_YEARS] {
        let (mut world, _) = waiting().await;
        world.at(minute(ahead)).await;
        world.platform.asked_for_qr().await.refuse("失败");
        let again = |account: &Account| account.relogin.as_ref().is_some_and(|r| r.troubles == 2);
        let due = due_at(&world.when("wxid_1", again).await);
        world.settled().await;
        assert_eq!(world.platform.more_of(QR).await, 0);
        // And back: what is to be waited for is no longer than it was.
        world.at(minute(1)).await;
        let delay = due.duration_since(minute(ahead));
        assert!(due_at(&world.account("wxid_1")) <= minute(1) + delay);
        world.at(minute(1) + delay).await;
        world.platform.asked_for_qr().await;
        world.stop().await;
    }
}

#[tokio::test]
async fn a_first_day_that_began_ten_years_ahead_is_no_longer_than_a_day() {
    let mut world = World::new().await;
    world.clock.set(minute(TEN_YEARS));
    world.look(&[("wxid_1", "w1")]).await;
    assert_eq!(world.account("wxid_1").first_drop_due_at(), Some(minute(TEN_YEARS + 24 * HOUR)));
    world.at(minute(0)).await;
    assert_eq!(world.account("wxid_1").first_drop_due_at(), Some(minute(24 * HOUR)));
    world.at(minute(24 * HOUR)).await;
    world.platform.asked_about("w1").await.say_online(true);
    world.settled().await;
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn many_that_are_due_after_a_jump_keep_to_the_budget_of_the_host() {
    let names: Vec<(String, String)> = (0..30).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let setup = Setup::first_day(&online)
        .rules(|rules| (rules.confirmations, rules.step_allowance) = (1, Duration::from_hours(24)))
        .relogin(|rules| rules.budget_total = Rate { count: 5, per: Duration::from_mins(1) });
    let mut world = setup.run().await;
    world.look(&[]).await;
    assert_eq!(world.view.online().len(), 0);
    // Their places lie within the next minutes; all of them are over by then.
    world.at(minute(HOUR)).await;
    world.settled().await;
    assert_eq!(fetched(&mut world).await, 5);
    let mut begun = 5;
    for step in 1..=40 {
        world.at(minute(HOUR) + SignedDuration::from_secs(12 * step)).await;
        let more = fetched(&mut world).await;
        assert!(more <= 1, "{step}: {more}");
        begun += more;
    }
    assert_eq!(begun, 30);
    world.stop().await;
}

/// How many QRs are being asked for; they are issued.
async fn fetched(world: &mut World) -> usize {
    let asked = world.platform.more_of(QR).await;
    for _ in 0..asked {
        let call = world.platform.asked_for_qr().await;
        let w_id = call.body["wcId"].as_str().unwrap().replace("wxid_", "q");
        call.issue(&w_id);
    }
    asked
}
