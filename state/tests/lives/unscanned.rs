//! Logins that come to nothing: attempts, their pace, their price, and the end of them.

use std::time::Duration;

use wxlogin_state::{DropReason, Failure, NoticeKind, Rest};

use crate::world::{A, HOUR, MINUTE, World, about};

/// Where [`A`] has had its first drop and waits for its QR.
fn dropped() -> World {
    let mut world = World::first_login();
    world.pass(12 * HOUR);
    world.drop(A);
    world
}

#[test]
fn a_qr_that_nobody_scans_is_an_attempt_and_the_next_one_comes_later_each_time() {
    let mut world = dropped();
    for (attempt, minutes) in [(1, 0), (2, 1), (3, 2), (4, 4)] {
        assert_eq!(world.attempt(A), attempt);
        assert!(about(world.due_in(A), Duration::from_mins(minutes)), "{attempt}: {}", world.due_in(A));
        world.wait(A);
        let w_id = world.qr_issued(A);
        if attempt < 4 {
            world.unscanned(&w_id);
            assert_eq!(world.dropped(&w_id).0, DropReason::Expired);
            assert_eq!(world.account(A).attempts, attempt);
        } else {
            world.scanned(&w_id, A);
        }
    }
    let account = world.account(A);
    assert_eq!((account.attempts, account.is_settled()), (0, true));
    // Each was announced: the first drop's, and after each that came to nothing.
    assert_eq!(world.told(NoticeKind::ReloginScheduled).len(), 4);
    assert_eq!(world.told(NoticeKind::ScanNeeded).len(), 4);
}

#[test]
fn whoever_refuses_is_asked_again_later() {
    let mut world = dropped();
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.failed(&w_id, Failure::Declined);
    assert_eq!(world.account(A).attempts, 1);
    assert!(about(world.due_in(A), Duration::from_mins(1)));
}

#[test]
fn after_as_many_attempts_as_there_may_be_nothing_more_is_done_until_a_person_asks() {
    let mut world = dropped();
    world.rules.relogin.max_attempts = 2;
    for _ in 0..2 {
        world.wait(A);
        let w_id = world.qr_issued(A);
        world.unscanned(&w_id);
    }
    assert_eq!(world.account(A).rest, Some(Rest::GaveUp { attempts: 2 }));
    assert_eq!(world.told(NoticeKind::ReloginStopped).len(), 1);
    world.live(100 * HOUR);
    world.restarted();
    assert_eq!(world.phase(A), "none");
    assert_eq!(world.told(NoticeKind::ReloginStopped).len(), 1);

    world.wanted(A).unwrap();
    assert_eq!((world.account(A).rest, world.account(A).attempts), (None, 0));
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert_eq!((world.phase(A), world.attempt(A)), ("due", 2), "it is tried anew");
}

#[test]
fn whoever_allows_more_attempts_has_those_go_on_that_were_given_up() {
    for (most, goes_on) in [(2, false), (1, false), (3, true), (0, true)] {
        let mut world = dropped();
        world.rules.relogin.max_attempts = 2;
        for _ in 0..2 {
            world.wait(A);
            let w_id = world.qr_issued(A);
            world.unscanned(&w_id);
        }
        world.rules.relogin.max_attempts = most;
        world.reviewed();
        assert_eq!(world.phase(A), if goes_on { "due" } else { "none" }, "{most}");
        assert_eq!(world.account(A).rest.is_none(), goes_on);
        if goes_on {
            assert_eq!(world.attempt(A), 3, "they count on");
        }
    }
}

#[test]
fn a_platform_that_cannot_be_asked_costs_nothing_and_is_no_attempt() {
    let mut world = dropped();
    for (troubles, minutes) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60)] {
        world.wait(A);
        assert_eq!(world.phase(A), "calling");
        world.call_failed(A, true);
        assert_eq!((world.relogin(A).troubles, world.attempt(A)), (troubles, 1));
        assert!(about(world.due_in(A), Duration::from_mins(minutes)), "{troubles}: {}", world.due_in(A));
        let account = world.account(A);
        assert_eq!(account.spent.count(world.now, world.rules.relogin.budget), 0);
    }
    assert!(world.told(NoticeKind::BudgetSpent).is_empty());
}

#[test]
fn an_answer_that_may_have_been_a_qr_is_paid_for() {
    let mut world = dropped();
    world.wait(A);
    world.call_failed(A, false);
    assert_eq!(world.account(A).spent.count(world.now, world.rules.relogin.budget), 1);
}

#[test]
fn a_trouble_that_comes_when_nobody_calls_changes_nothing() {
    let mut world = dropped();
    let before = world.records.clone();
    world.call_failed(A, true);
    world.tend(A, wxlogin_state::Tending::PopUpFailed("declined".to_owned()));
    assert_eq!(world.records, before);
}

#[test]
fn spent_qrs_are_said_once_and_there_is_another_when_the_oldest_is_an_hour_old() {
    let mut world = dropped();
    // Nobody is patient: the person refuses each QR within the minute.
    world.rules.relogin.backoff_max = Duration::from_secs(10);
    world.rules.relogin.backoff_initial = Duration::from_secs(10);
    let first = world.now;
    for _ in 0..6 {
        world.wait(A);
        let w_id = world.qr_issued(A);
        world.failed(&w_id, Failure::Declined);
    }
    world.wait(A);
    let told = world.told(NoticeKind::BudgetSpent);
    assert_eq!((told.len(), world.phase(A)), (1, "due"));
    assert!(told[0].1.why.contains("6 within"), "{}", told[0].1.why);
    assert_eq!(world.relogin(A).due_at(), told[0].1.until);
    // A person is counted, not refused …
    world.wanted(A).unwrap();
    let w_id = world.qr_issued(A);
    world.failed(&w_id, Failure::Declined);
    // … and pushes the next of the daemon's own further away: to when the second is an hour old.
    world.live(HOUR - 8);
    assert_eq!(world.now.duration_since(first).as_secs() / HOUR, 1);
    world.live(2 * MINUTE);
    assert_eq!(world.phase(A), "calling");
    assert_eq!(world.told(NoticeKind::BudgetSpent).len(), 2, "a person had one fetched in between");
}

#[test]
fn twenty_restarts_between_call_and_answer_spend_no_more_than_one_budget() {
    let mut world = dropped();
    let mut fetched = 0;
    for _ in 0..20 {
        world.pass(10);
        world.time_came(A);
        fetched += usize::from(world.phase(A) == "calling");
        world.restarted();
    }
    assert_eq!(fetched, 6);
    assert_eq!(world.told(NoticeKind::BudgetSpent).len(), 1);
    assert_eq!(world.phase(A), "due");
    assert!(world.due_in(A) <= HOUR);
}

#[test]
fn a_login_in_flight_goes_on_over_a_restart_and_one_that_is_lost_is_begun_anew() {
    let mut world = dropped();
    world.wait(A);
    let w_id = world.qr_issued(A);
    let before = world.records.clone();
    world.restarted();
    assert_eq!(world.records, before);
    // The store was restored from an export that is older than the session.
    world.records.sessions.remove(&w_id);
    world.restarted();
    assert_eq!((world.phase(A), world.due_in(A)), ("due", 0));
}
