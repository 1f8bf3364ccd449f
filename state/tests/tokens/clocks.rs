//! Clocks that jump: nothing storms, nothing is lost, and a moment's correction takes nothing back.

use std::time::Duration;

use wxlogin_state::{RefreshEnd, System, TokenInput, TokenState, TokenUnmoved};

use crate::world::{ACCESS, DAY, HOUR, MINUTE, REFRESH, SECOND, World};

const YEARS: i64 = 10 * 365 * DAY;

#[test]
fn a_retry_in_some_seconds_is_so_after_the_clock_was_set_back_by_any_time() {
    for back in [HOUR, YEARS] {
        let mut world = World::official_account();
        world.wait_for_refresh();
        world.failed();
        let wait = world.refresh_in();
        world.pass(-back);
        world.take(TokenInput::TimeCame).unwrap();
        assert_eq!((world.refresh_in(), world.duty()), (wait, None));
    }
}

#[test]
fn a_clock_that_is_ten_years_ahead_asks_at_a_pace_and_loses_nothing() {
    let mut world = World::official_account();
    world.pass(YEARS);
    world.take(TokenInput::TimeCame).unwrap();
    // By this clock the refresh token is over as well, so nothing is asked.
    assert_eq!((world.state(), world.duty()), (TokenState::Expired, None));
    assert_eq!(world.token.refresh.as_ref().unwrap().ended, Some(RefreshEnd::Over));
    world.pass(-YEARS);
    world.told();
    world.take(TokenInput::TimeCame).unwrap();
    assert_eq!((world.told(), world.state()), (vec!["token.active"], TokenState::Active));
    world.wait_for_refresh();
    world.refreshed();
    assert_eq!(world.told(), ["token.refreshed"]);
}

#[test]
fn pairs_that_are_over_when_they_come_are_asked_for_at_a_pace() {
    let mut world = World::official_account();
    world.wait_for_refresh();
    let mut waits = Vec::new();
    for _ in 0..12 {
        // The system's clock is an hour behind.
        world.refreshed_for(world.token.generation.0, -HOUR, Some(REFRESH)).unwrap();
        assert_eq!(world.duty(), None);
        waits.push(world.refresh_in());
        world.wait_for_refresh();
    }
    assert!(waits[0] >= 3 * SECOND && waits[11] > 3 * MINUTE, "{waits:?}");
    assert!(world.token.trouble.as_ref().unwrap().what.contains("clock"), "{:?}", world.token.trouble);
    assert_eq!(world.access(), "access-13-SECRET", "the newest pair is kept whatever the clock says");
    assert_eq!(world.told().iter().filter(|kind| **kind == "token.expired").count(), 1);
    world.refreshed();
    assert_eq!(world.state(), TokenState::Active);
}

#[test]
fn a_moments_correction_takes_nothing_back_and_says_nothing_twice() {
    let mut world = World::app(30 * DAY);
    world.live(30 * DAY);
    world.told();
    world.pass(-30 * SECOND);
    assert_eq!(world.take(TokenInput::TimeCame), Err(TokenUnmoved::NotDue));
    world.live(MINUTE);
    assert_eq!((world.told(), world.state()), (vec![], TokenState::Expired));
}

#[test]
fn a_token_that_ended_by_a_wrong_clock_can_be_used_again_by_the_right_one() {
    let mut world = World::app(30 * DAY);
    world.live(YEARS / 100);
    world.told();
    world.pass(-YEARS / 100);
    world.removed = false;
    world.take(TokenInput::TimeCame).unwrap();
    assert_eq!((world.told(), world.state()), (vec!["token.active"], TokenState::Active));
    world.live(29 * DAY);
    assert_eq!(world.told(), ["token.expiring"]);
}

#[test]
fn a_wrong_clock_removes_nothing_before_it_was_wrong_for_a_week() {
    let mut world = World::app(30 * DAY);
    world.pass(YEARS);
    world.take(TokenInput::TimeCame).unwrap();
    world.live(7 * DAY - MINUTE);
    assert!(!world.removed);
}

#[test]
fn a_pair_of_a_clock_that_was_ahead_is_refreshed_at_its_end_at_the_latest() {
    let mut world = World::official_account();
    world.pass(-YEARS);
    // Since ten years ahead, by the clock of now.
    world.wait_for_refresh();
    assert!(world.now <= world.token.access.expires_at);
    world.refreshed();
    assert!(world.refresh_in() > HOUR && world.refresh_in() < ACCESS);
}

#[test]
fn a_token_that_is_over_when_it_comes_is_told_so_and_nothing_else() {
    let mut world = World::begun(System::App, -HOUR, None);
    assert_eq!((world.told(), world.state()), (vec!["token.expired"], TokenState::Expired));
}

#[test]
fn an_end_that_is_not_near_by_new_settings_is_taken_back() {
    let mut world = World::app(30 * DAY);
    world.live(29 * DAY + HOUR);
    assert_eq!(world.told(), ["token.active", "token.expiring"]);
    world.rules.expiring_ahead = Duration::from_hours(1);
    world.take(TokenInput::TimeCame).unwrap();
    assert_eq!((world.told(), world.state()), (vec!["token.active"], TokenState::Active));
    world.live(22 * HOUR);
    assert_eq!(world.told(), ["token.expiring"]);
}
