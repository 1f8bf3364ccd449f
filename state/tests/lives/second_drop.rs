//! The months after the first day: what holds, what ends it, and the pop-up that brings it back.

use std::time::Duration;

use jiff::SignedDuration;
use wxlogin_state::{DropReason, Method, NoticeKind, Refusal, Source, Stage, Tending, Unmoved};

use crate::world::{A, DAY, HOUR, World, about};

/// Where a settled [`A`] has dropped after a month.
fn dropped() -> World {
    let mut world = World::settled();
    world.live(30 * DAY);
    world.drop(A);
    world
}

#[test]
fn the_end_of_three_months_is_said_once_a_week_ahead() {
    let mut world = World::settled();
    let until = world.account(A).stable_until().unwrap();
    assert_eq!(world.wait(A), 83 * DAY);
    world.live(20 * DAY);
    let told = world.told(NoticeKind::RenewalDue);
    assert_eq!((told.len(), told[0].1.until), (1, Some(until)));
    assert_eq!(until.duration_since(told[0].0).as_hours(), 7 * 24);
    // The next login holds as long again, and its end is said again.
    world.drop(A);
    world.wait(A);
    world.confirmed(A);
    assert_eq!(world.account(A).stable_until(), Some(world.now + SignedDuration::from_hours(90 * 24)));
    world.live(89 * DAY);
    assert_eq!(world.told(NoticeKind::RenewalDue).len(), 2);
    assert_eq!(world.told(NoticeKind::Settled).len(), 1, "it settled once");
}

#[test]
fn a_later_drop_shows_a_box_on_the_phone_first() {
    let mut world = dropped();
    let lost = world.account(A).logins.last().cloned().unwrap();
    assert_eq!(world.dropped(&lost).0, DropReason::Offline);
    assert_eq!((world.relogin(A).method, world.due_in(A)), (Method::PopUp, 0));
    world.wait(A);
    let asked = world.told(NoticeKind::ScanNeeded);
    assert!(asked.last().unwrap().1.todo.as_ref().unwrap().contains("confirm"));
    let spent = world.account(A).spent.clone();
    let w_id = world.confirmed(A);
    let account = world.account(A);
    assert_eq!((account.current_w_id.clone(), account.relogin.clone()), (Some(w_id), None));
    assert_eq!(account.spent, spent, "a box is no QR");
}

#[test]
fn a_box_that_is_declined_is_followed_by_a_qr_at_once_within_the_same_attempt() {
    let mut world = dropped();
    world.wait(A);
    world.tend(A, Tending::PopUpFailed("the person declined".to_owned()));
    assert_eq!((world.relogin(A).method, world.attempt(A)), (Method::Qr, 1));
    assert_eq!(world.due_in(A), 0);
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert_eq!((world.relogin(A).method, world.attempt(A)), (Method::Qr, 2), "no second box");
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.scanned(&w_id, A);
    // The next drop is another story.
    world.pass(DAY);
    world.drop(A);
    assert_eq!(world.relogin(A).method, Method::PopUp);
}

#[test]
fn a_platform_in_trouble_is_no_answer_of_the_phone() {
    let mut world = dropped();
    world.wait(A);
    world.call_failed(A, true);
    assert_eq!((world.relogin(A).method, world.relogin(A).troubles), (Method::PopUp, 1));
    assert!(about(world.due_in(A), Duration::from_mins(1)));
}

#[test]
fn a_box_that_is_in_trouble_three_times_in_a_row_is_followed_by_a_qr_within_the_same_attempt() {
    let mut world = dropped();
    for troubles in 1..=2 {
        world.wait(A);
        world.call_failed(A, true);
        assert_eq!((world.relogin(A).method, world.relogin(A).troubles), (Method::PopUp, troubles));
    }
    world.wait(A);
    world.call_failed(A, true);
    assert_eq!((world.relogin(A).method, world.attempt(A)), (Method::Qr, 1));
    assert_eq!(world.due_in(A), 0);
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert_eq!(world.relogin(A).method, Method::Qr, "no box until it is online again");
}

#[test]
fn a_restart_while_the_phone_is_asked_waits_for_the_list_and_goes_on_with_a_qr() {
    let mut world = dropped();
    world.wait(A);
    world.restarted();
    assert_eq!((world.phase(A), world.relogin(A).method, world.due_in(A)), ("due", Method::Qr, 5));
}

#[test]
fn a_box_that_the_list_knows_of_first_is_recorded_as_what_it_was() {
    let mut world = dropped();
    world.wait(A);
    world.found(&"w-box".parse().unwrap(), A, Source::List).unwrap();
    let first = |world: &World| world.account(A).evidence.last().unwrap().clone();
    assert_eq!((first(&world).from, world.phase(A)), (Source::List, "none"));
    assert!(first(&world).what.contains("the box on its phone was confirmed"), "{:?}", first(&world));

    let mut world = dropped();
    world.wait(A);
    world.restarted();
    world.found(&"w-box".parse().unwrap(), A, Source::List).unwrap();
    assert!(first(&world).what.contains("when the daemon was stopped"), "{:?}", first(&world));
    assert!(!first(&world).what.contains("not begun here"));
}

#[test]
fn a_drop_within_a_minute_is_named_and_answered_slowly_each_time() {
    let mut world = World::settled();
    for _ in 0..3 {
        let current = world.account(A).current_w_id.clone().unwrap();
        world.pass(59);
        world.drop(A);
        assert_eq!(world.dropped(&current).0, DropReason::ShortLived);
        assert!(about(world.due_in(A), Duration::from_hours(1)), "{}", world.due_in(A));
        assert!(world.relogin(A).why.contains("proxy"));
        world.wait(A);
        world.confirmed(A);
    }
    // One that nobody scans is no reason for haste, either.
    world.pass(10);
    world.drop(A);
    world.wait(A);
    world.tend(A, Tending::PopUpFailed("no answer".to_owned()));
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert!(about(world.due_in(A), Duration::from_hours(1)), "{}", world.due_in(A));
}

#[test]
fn a_login_that_held_again_forgets_that_one_before_it_did_not() {
    let mut world = World::settled();
    world.pass(10);
    world.drop(A);
    world.wait(A);
    world.confirmed(A);
    world.pass(10 * DAY);
    world.log_out(A);
    world.wanted(A).unwrap();
    world.tend(A, Tending::PopUpFailed("no answer".to_owned()));
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert!(about(world.due_in(A), Duration::from_mins(1)), "{}", world.due_in(A));
}

#[test]
fn nobody_gets_a_box_before_the_account_has_settled() {
    let popup = Tending::Wanted { method: Some(Method::PopUp), force: true, request_key: None };
    let refused = Err(Unmoved::Refused(Refusal::NotSettled));
    let mut world = World::first_login();
    assert_eq!(world.try_tend(A, popup.clone()), refused);
    world.pass(HOUR);
    world.drop(A);
    assert_eq!(world.try_tend(A, popup.clone()), refused);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.scanned(&w_id, A);
    world.tend(A, popup);
    assert_eq!(world.account(A).call(), Some(Method::PopUp));
}

#[test]
fn why_it_dropped_is_asked_at_most_once_in_twelve_hours() {
    let mut world = World::settled();
    world.asked.clear();
    let mut asked_at = Vec::new();
    for _ in 0..40 {
        world.pass(HOUR);
        world.drop(A);
        world.time_came(A);
        if !world.asked.is_empty() {
            asked_at.push(world.now);
            world.asked.clear();
        }
        world.confirmed(A);
        // Whatever is left of the question is about a login that is over.
        assert_eq!(world.account(A).reason.wanted, None);
    }
    assert_eq!(asked_at.len(), 3, "{asked_at:?}");
    assert!(asked_at.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_hours() >= 12));
}

#[test]
fn the_platforms_reason_becomes_the_detail_of_the_drop() {
    let mut world = dropped();
    let lost = world.account(A).logins.last().cloned().unwrap();
    world.time_came(A);
    let told = "该账号在其他设备登录";
    let explained =
        world.records.moves(&world.rules, world.now).explained(&world.account(A).wc_id, &lost, told);
    world.take(explained).unwrap();
    assert_eq!(world.dropped(&lost), (DropReason::Offline, told.to_owned()));
    assert!(world.account(A).evidence.last().unwrap().what.contains(told));
    world.tend(A, Tending::NotExplained("connection refused".to_owned()));
    assert!(world.account(A).evidence.last().unwrap().what.contains("refused"));
    assert!(matches!(world.account(A).stage, Stage::Settled { .. }));
}
