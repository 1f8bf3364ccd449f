//! The first day: the known drop is expected, looked for, and answered with a QR.

use std::time::Duration;

use jiff::SignedDuration;
use wxlogin_state::{Act, DropReason, Method, NoticeKind, Stage};

use crate::world::{A, DAY, HOUR, MINUTE, World, id};

#[test]
fn the_known_drop_is_said_once_an_hour_ahead_and_looked_for_once_at_its_time() {
    let mut world = World::first_login();
    let first_login = world.now;
    assert_eq!(world.wait(A), 23 * HOUR);
    let told = world.told(NoticeKind::DropExpected);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1.until, Some(first_login + SignedDuration::from_hours(24)));
    assert!(told[0].1.todo.as_ref().unwrap().contains("phone"));
    assert!(world.asked.is_empty());
    assert_eq!(world.wait(A), HOUR);
    assert_eq!(world.asked, [Act::Look(id(A))]);
    // It is online after all. Nothing is said or asked again.
    world.live(23 * HOUR);
    assert_eq!((world.told.len(), world.asked.len()), (1, 1));
}

#[test]
fn a_day_of_a_minute_is_announced_half_a_minute_ahead() {
    let mut world = World::with(|rules| rules.relogin.first_drop = Duration::from_mins(1));
    world.log_in(A);
    assert_eq!(world.wait(A), 30);
    assert_eq!(world.wait(A), 30);
    assert_eq!((world.told(NoticeKind::DropExpected).len(), world.asked.len()), (1, 1));
}

#[test]
fn a_daemon_that_slept_through_the_day_only_looks() {
    let mut world = World::first_login();
    world.pass(25 * HOUR);
    world.time_came(A);
    assert!(world.told.is_empty());
    assert_eq!(world.asked, [Act::Look(id(A))]);
}

#[test]
fn the_first_drop_is_answered_with_a_qr_at_once_and_the_login_after_it_settles() {
    let mut world = World::first_login();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(3 * HOUR);
    world.drop(A);
    assert_eq!(world.dropped(&first).0, DropReason::FirstNight);
    assert_eq!(world.account(A).stage, Stage::FirstDropped);
    assert_eq!((world.relogin(A).method, world.attempt(A)), (Method::Qr, 1));
    assert_eq!(world.due_in(A), 0);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    let session = world.session(&w_id);
    assert_eq!((session.wc_id.clone(), session.new_device), (Some(id(A)), false));
    let asked = world.told(NoticeKind::ScanNeeded);
    assert_eq!(
        (asked.len(), &asked[0].1.w_id, asked[0].1.until),
        (1, &Some(w_id.clone()), session.deadline())
    );

    world.pass(2 * MINUTE);
    world.scanned(&w_id, A);
    let account = world.account(A);
    let stable_until = world.now + SignedDuration::from_hours(90 * 24);
    assert_eq!(account.stage, Stage::Settled { stable_until, told: false });
    assert_eq!((account.current_w_id.clone(), account.attempts), (Some(w_id), 0));
    assert_eq!(account.relogin, None);
    let told = world.told(NoticeKind::Settled);
    assert_eq!((told.len(), told[0].1.until), (1, Some(stable_until)));
}

#[test]
fn a_login_that_outlives_the_first_drop_twice_has_settled() {
    let mut world = World::first_login();
    world.live(2 * DAY - 1);
    assert!(!world.account(A).is_settled());
    world.live(1);
    assert!(world.account(A).is_settled());
    assert_eq!(world.told(NoticeKind::Settled).len(), 1);
    world.live(DAY);
    assert_eq!(world.told(NoticeKind::Settled).len(), 1);
}

#[test]
fn moments_are_allowed_three_days_after_the_first_login_whatever_happens_meanwhile() {
    let mut world = World::new();
    let first_login = world.now;
    world.settle(A);
    assert_eq!(world.account(A).moments_allowed_at(), first_login + SignedDuration::from_hours(72));
}

#[test]
fn a_first_login_that_holds_for_seconds_has_not_had_its_known_drop() {
    let mut world = World::first_login();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(59);
    world.drop(A);
    assert_eq!(world.dropped(&first).0, DropReason::ShortLived);
    assert!(matches!(world.account(A).stage, Stage::FirstDay { .. }));
    assert_eq!(world.relogin(A).method, Method::Qr);
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.scanned(&w_id, A);
    assert!(!world.account(A).is_settled(), "the drop is still to come");
    world.pass(60);
    world.drop(A);
    assert_eq!(world.dropped(&w_id).0, DropReason::FirstNight);
}
