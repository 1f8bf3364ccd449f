//! Clocks that jump: nothing storms, nothing starves, and nothing is said twice or never.

use wxlogin_state::{Method, NoticeKind, Stage};

use crate::world::{A, DAY, HOUR, MINUTE, World};

const YEARS: i64 = 10 * 365 * DAY;

#[test]
fn a_login_that_is_due_in_a_minute_is_so_after_the_clock_was_set_back_by_any_time() {
    for back in [HOUR, YEARS] {
        let mut world = World::first_login();
        world.pass(HOUR);
        world.drop(A);
        world.wait(A);
        let w_id = world.qr_issued(A);
        world.unscanned(&w_id);
        let due = world.due_in(A);
        world.pass(-back);
        world.reviewed();
        assert_eq!(world.due_in(A), due);
        world.wait(A);
        assert_eq!(world.account(A).call(), Some(Method::Qr));
    }
}

#[test]
fn a_drop_right_after_the_clock_was_set_back_is_not_short_lived() {
    let mut world = World::first_login();
    world.pass(12 * HOUR);
    world.pass(-13 * HOUR);
    world.drop(A);
    assert_eq!(world.account(A).stage, Stage::FirstDropped);
}

#[test]
fn a_clock_that_goes_ten_years_ahead_and_comes_back_leaves_everything_in_reach() {
    let mut world = World::settled();
    world.log_in("wxid_first_day");
    world.settle("wxid_offline");
    world.pass(DAY);
    world.drop("wxid_offline");
    world.pass(YEARS);
    for who in [A, "wxid_first_day", "wxid_offline"] {
        world.time_came(who);
    }
    assert!(world.told(NoticeKind::Storm).is_empty());
    assert_eq!(world.account("wxid_offline").call(), Some(Method::PopUp));
    world.call_failed("wxid_offline", true);
    world.pass(-YEARS);
    world.reviewed();
    let stable_until = world.account(A).stable_until().unwrap();
    assert!(stable_until.duration_since(world.now).as_secs() <= 90 * DAY);
    assert!(world.due_in("wxid_offline") <= 2 * MINUTE);
    // What was said while the clock was wrong is said when it is so.
    world.told.clear();
    world.live(90 * DAY);
    let renewals = world.told(NoticeKind::RenewalDue);
    assert_eq!(renewals.iter().filter(|(_, notice)| notice.wc_id == Some(A.parse().unwrap())).count(), 1);
}

#[test]
fn a_first_day_that_lies_ahead_begins_now() {
    let mut world = World::new();
    world.pass(YEARS);
    world.log_in(A);
    world.pass(-YEARS);
    world.reviewed();
    world.live(23 * HOUR);
    assert_eq!(world.told(NoticeKind::DropExpected).len(), 1);
    world.live(HOUR);
    assert_eq!(world.asked.len(), 1);
    world.live(DAY);
    assert!(world.account(A).is_settled());
}

#[test]
fn a_storm_before_the_clock_was_set_back_ends_after_it_as_soon_as_it_would_have() {
    let mut world = World::new();
    let everybody: Vec<String> = (0..5).map(|n| format!("wxid_{n}")).collect();
    for who in &everybody {
        world.log_in(who);
    }
    world.pass(YEARS);
    for who in &everybody {
        world.drop(who);
    }
    world.pass(-YEARS);
    world.reviewed();
    world.live(3 * MINUTE);
    assert!(everybody.iter().all(|who| world.phase(who) == "calling"));
    assert_eq!(world.told(NoticeKind::Storm).len(), 1);
}

#[test]
fn a_jump_ahead_is_no_storm_and_makes_everything_due_within_the_budget() {
    let mut world = World::first_login();
    world.pass(12 * HOUR);
    world.drop(A);
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    world.pass(HOUR);
    world.time_came(A);
    assert_eq!(world.phase(A), "calling");
    assert!(world.told(NoticeKind::Storm).is_empty());
}

#[test]
fn why_it_dropped_is_not_asked_sooner_for_a_clock_that_was_set_back_and_not_much_later() {
    for back in [HOUR, YEARS] {
        let mut world = World::settled();
        world.pass(DAY);
        world.drop(A);
        world.time_came(A);
        world.confirmed(A);
        world.pass(-back);
        world.reviewed();
        world.asked.clear();
        for _ in 0..2 {
            world.pass(6 * HOUR - MINUTE);
            world.drop(A);
            world.time_came(A);
            assert!(world.asked.is_empty(), "it was asked less than twelve hours ago");
            world.confirmed(A);
        }
        world.pass(2 * MINUTE);
        world.drop(A);
        world.time_came(A);
        assert_eq!(world.asked.len(), 1);
    }
}

#[test]
fn why_it_dropped_is_not_asked_before_the_clock_that_was_set_back_is_noticed() {
    let mut world = World::settled();
    world.pass(DAY);
    world.drop(A);
    world.time_came(A);
    world.confirmed(A);
    world.pass(-HOUR);
    world.asked.clear();
    world.drop(A);
    world.time_came(A);
    assert!(world.asked.is_empty());
}
