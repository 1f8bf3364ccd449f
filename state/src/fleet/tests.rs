//! Storms, and the line of those who wait for their turn.

use super::*;

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + n).unwrap()
}

const RULES: ReloginRules = ReloginRules::DEFAULT;

/// A fleet after `drops` drops at second 0.
fn stormy(drops: u32) -> Fleet {
    let mut fleet = Fleet::default();
    for _ in 0..drops {
        fleet.dropped(second(0), &RULES);
    }
    fleet
}

#[test]
fn the_fifth_drop_within_a_minute_is_a_storm_and_is_told_once() {
    let mut fleet = Fleet::default();
    let told: Vec<bool> = (0..20).map(|n| fleet.dropped(second(n), &RULES).is_some()).collect();
    assert_eq!(told.iter().filter(|told| **told).count(), 1);
    assert!(told[4]);
    assert_eq!(fleet.storm().unwrap().drops, 20);
}

#[test]
fn drops_that_are_far_apart_are_no_storm() {
    let mut fleet = Fleet::default();
    assert!((0..50).all(|n| fleet.dropped(second(16 * n), &RULES).is_none()));
}

#[test]
fn after_a_storm_logins_begin_one_after_another_at_the_pace_of_the_budget() {
    let mut fleet = stormy(500);
    let places: Vec<Timestamp> =
        (0..500).map(|_| fleet.place(second(0), second(0), &RULES).unwrap()).collect();
    assert_eq!(places[0], second(60));
    assert!(places.windows(2).all(|pair| between(pair[0], pair[1]) == Duration::from_secs(5)));
    for place in places {
        assert_eq!(fleet.admit(place, Turn::Waits, true, &RULES), Ok(()), "{place}");
    }
}

#[test]
fn whoever_comes_before_it_is_calm_gets_a_place() {
    let mut fleet = stormy(5);
    let first = fleet.admit(second(1), Turn::Open, true, &RULES).unwrap_err();
    let second_place = fleet.admit(second(1), Turn::Open, true, &RULES).unwrap_err();
    assert_eq!((first.until, first.why), (second(60), Why::Turn));
    assert_eq!(second_place.until, second(65));
}

#[test]
fn drops_without_end_do_not_hold_for_ever() {
    let mut fleet = stormy(5);
    for n in 1..=400 {
        fleet.dropped(second(n), &RULES);
    }
    assert_eq!(fleet.admit(second(401), Turn::Open, true, &RULES), Ok(()));
}

#[test]
fn a_storm_is_over_when_nobody_waits_and_nothing_drops() {
    let mut fleet = stormy(5);
    let place = fleet.place(second(0), second(0), &RULES).unwrap();
    assert_eq!(fleet.admit(place, Turn::Waits, true, &RULES), Ok(()));
    assert!(fleet.dropped(second(130), &RULES).is_none());
    assert!(fleet.storm().is_none());
    assert_eq!(fleet.admit(second(131), Turn::Open, true, &RULES), Ok(()));
    assert_eq!(fleet.admit(second(131), Turn::Open, true, &RULES), Ok(()));
}

#[test]
fn the_hosts_budget_gives_everybody_a_place_of_their_own() {
    let mut fleet = Fleet::default();
    for _ in 0..120 {
        fleet.count(second(0), &RULES);
    }
    let places: Vec<Held> =
        (0..3).map(|_| fleet.admit(second(1), Turn::Open, true, &RULES).unwrap_err()).collect();
    assert_eq!(places[0].until, second(600));
    assert!(places.iter().all(|held| held.why == Why::Budget));
    assert_eq!(places[2].until, second(610));
    assert_eq!(fleet.admit(second(1), Turn::Open, false, &RULES), Ok(()), "a pop-up is no QR");
}

#[test]
fn a_clock_set_back_by_ten_years_shifts_every_place() {
    let mut fleet = Fleet::default();
    let years = 10 * 365 * 86_400;
    for _ in 0..5 {
        fleet.dropped(second(years), &RULES);
    }
    assert_eq!(fleet.place(second(years), second(years), &RULES), Some(second(years + 60)));
    assert_eq!(fleet.place(second(0), second(0), &RULES), Some(second(65)));
}

#[test]
fn of_many_that_are_due_at_once_a_few_begin_and_the_others_come_one_after_another() {
    let mut fleet = Fleet::default();
    let begun = (0..5).filter(|_| fleet.admit(second(0), Turn::Open, false, &RULES).is_ok()).count();
    assert_eq!(begun, 5);
    let places: Vec<Timestamp> =
        (0..495).map(|_| fleet.admit(second(0), Turn::Open, false, &RULES).unwrap_err().until).collect();
    assert!(places.windows(2).all(|pair| between(pair[0], pair[1]) == Duration::from_secs(5)));
    for place in places {
        assert_eq!(fleet.admit(place, Turn::Waits, false, &RULES), Ok(()), "{place}");
    }
}

#[test]
fn places_that_are_given_back_hold_nobody() {
    let mut fleet = stormy(500);
    for _ in 0..500 {
        fleet.place(second(0), second(0), &RULES).unwrap();
    }
    for _ in 0..500 {
        fleet.give_back(&RULES);
    }
    fleet.dropped(second(200), &RULES);
    assert_eq!(fleet.place(second(200), second(200), &RULES), None);
    assert_eq!(fleet.admit(second(200), Turn::Open, true, &RULES), Ok(()));
}

#[test]
fn whoever_comes_by_goes_behind_those_who_wait_and_puts_none_of_them_back() {
    let mut fleet = stormy(5);
    let places: Vec<Timestamp> = (0..3).map(|_| fleet.place(second(0), second(0), &RULES).unwrap()).collect();
    assert_eq!(fleet.admit(places[0], Turn::Waits, true, &RULES), Ok(()));
    let by = fleet.admit(second(64), Turn::Open, true, &RULES);
    assert!(by.is_ok() || by.unwrap_err().until > places[2]);
    for place in &places[1..] {
        assert_eq!(fleet.admit(*place, Turn::Waits, true, &RULES), Ok(()));
    }
}

#[test]
fn what_has_had_its_turn_needs_no_other() {
    let mut fleet = stormy(500);
    let places: Vec<Timestamp> =
        (0..500).map(|_| fleet.place(second(0), second(0), &RULES).unwrap()).collect();
    assert_eq!(fleet.admit(places[0], Turn::Waits, false, &RULES), Ok(()));
    assert_eq!(fleet.admit(places[1], Turn::Waits, false, &RULES), Ok(()));
    assert_eq!(fleet.admit(places[1], Turn::Had, true, &RULES), Ok(()));
    assert_eq!(fleet.admit(places[2], Turn::Waits, false, &RULES), Ok(()));
}

#[test]
fn a_storm_hours_after_another_is_another_although_somebody_always_waits() {
    let mut fleet = stormy(500);
    for minutes in 0..120 {
        for n in 0..20 {
            fleet.place(second(60 * minutes + n), second(60 * minutes + n), &RULES);
        }
    }
    let told: Vec<bool> = (0..5).map(|_| fleet.dropped(second(7_200), &RULES).is_some()).collect();
    assert_eq!(told, [false, false, false, false, true]);
    assert!(fleet.admit(second(7_201), Turn::Waits, true, &RULES).is_err(), "held again");
}
