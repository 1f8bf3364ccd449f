//! When and how many: the hours of the day, the host's budget, and storms.

use std::time::Duration;

use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{Failure, Method, NoticeKind, Rate, Tending, Window};

use crate::world::{A, DAY, HOUR, MINUTE, World};

/// That many accounts that have outlived their first day.
fn settled(many: usize) -> (World, Vec<String>) {
    let mut world = World::new();
    let everybody: Vec<String> = (0..many).map(|n| format!("wxid_{n:03}")).collect();
    for who in &everybody {
        world.log_in(who);
    }
    world.live(3 * DAY);
    (world, everybody)
}

/// Looks after all of them at their time until each has begun a login; says when each did, and how many looks that
/// took.
fn until_all_begin(world: &mut World, everybody: &[String]) -> (Vec<Timestamp>, usize) {
    let (mut begun, mut looks) = (Vec::new(), 0);
    while begun.len() < everybody.len() {
        let due = |who: &String| Some((world.relogin(who).due_at()?, who.clone()));
        let (at, who) = everybody.iter().filter_map(due).min().unwrap();
        world.now = world.now.max(at);
        world.time_came(&who);
        looks += 1;
        if world.phase(&who) == "calling" {
            begun.push(world.now);
        }
    }
    (begun, looks)
}

/// Most that begin within ten minutes.
fn most_within_ten_minutes(begun: &[Timestamp]) -> usize {
    let ten_minutes = SignedDuration::from_mins(10);
    let within = |(n, at): (usize, &Timestamp)| {
        begun[n..].iter().take_while(|other| other.duration_since(*at) < ten_minutes).count()
    };
    begun.iter().enumerate().map(within).max().unwrap_or(0)
}

fn shanghai(hours: &str) -> Window {
    Window { hours: hours.parse().unwrap(), zone: TimeZone::fixed(offset(8)) }
}

fn at(world: &mut World, time: &str) {
    world.live(time.parse::<Timestamp>().unwrap().duration_since(world.now).as_secs());
}

#[test]
fn a_login_waits_for_its_hours_in_their_time_zone() {
    let mut world = World::first_login();
    world.rules.relogin.window = shanghai("08:00-23:00");
    // 23:30 there.
    at(&mut world, "2026-01-01T15:30:00Z");
    world.drop(A);
    assert_eq!(world.relogin(A).due_at(), Some("2026-01-02T00:00:00Z".parse().unwrap()));
    assert_eq!(world.told(NoticeKind::ReloginScheduled)[0].1.until, world.relogin(A).due_at());
    world.wait(A);
    assert_eq!(world.account(A).call(), Some(Method::Qr));
    // A person does not wait for any hour.
    let w_id = world.qr_issued(A);
    at(&mut world, "2026-01-02T16:00:00Z");
    world.failed(&w_id, Failure::Expired);
    world.wanted(A).unwrap();
    assert_eq!(world.phase(A), "calling");
}

#[test]
fn hours_over_midnight_begin_in_the_evening_and_end_in_the_morning() {
    let mut world = World::first_login();
    world.rules.relogin.window = shanghai("22:00-06:00");
    at(&mut world, "2026-01-01T12:00:00Z");
    world.drop(A);
    assert_eq!(world.relogin(A).due_at(), Some("2026-01-01T14:00:00Z".parse().unwrap()));
    world.wait(A);
    let w_id = world.qr_issued(A);
    // 05:59 there; the next attempt would be due at 06:00.
    at(&mut world, "2026-01-01T21:59:30Z");
    world.failed(&w_id, Failure::Expired);
    assert_eq!(world.relogin(A).due_at(), Some("2026-01-02T14:00:00Z".parse().unwrap()));
}

#[test]
fn a_login_that_comes_due_in_hours_that_were_changed_since_waits_for_the_new_ones() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    world.rules.relogin.window = shanghai("22:00-06:00");
    world.time_came(A);
    assert_eq!(world.relogin(A).due_at(), Some("2026-01-01T14:00:00Z".parse().unwrap()));
    assert!(world.relogin(A).why.contains("hours"));
}

#[test]
fn five_hundred_drops_at_once_are_one_event_and_recover_one_after_another() {
    let mut world = World::new();
    let everybody: Vec<String> = (0..500).map(|n| format!("wxid_{n:03}")).collect();
    for who in &everybody {
        world.log_in(who);
    }
    world.pass(12 * HOUR);
    let dropped_at = world.now;
    for who in &everybody {
        world.drop(who);
    }
    let told = world.told(NoticeKind::Storm);
    assert_eq!(told.len(), 1);
    assert!((told[0].1.wc_id.is_none(), told[0].1.why.contains("5 accounts")) == (true, true), "{told:?}");
    assert_eq!(world.records.fleet.storm().map(|storm| storm.drops), Some(500));

    let mut fetched: Vec<Timestamp> = Vec::new();
    let mut looks = 0;
    while fetched.len() < everybody.len() {
        let due = |who: &String| Some((world.relogin(who).due_at()?, who.clone()));
        let (at, who) = everybody.iter().filter_map(due).min().unwrap();
        world.now = world.now.max(at);
        world.time_came(&who);
        looks += 1;
        if world.phase(&who) == "calling" {
            fetched.push(world.now);
            world.begin(Some(&who));
        }
    }
    // The four before it was known for a storm find out at their time, and wait with the others.
    assert!(looks <= 510, "{looks} looks");
    assert!(fetched[0] >= dropped_at + SignedDuration::from_mins(1), "it is calm first");
    assert!(fetched.windows(2).all(|two| two[1].duration_since(two[0]).as_secs() >= 5));
    let ten_minutes = SignedDuration::from_mins(10);
    for (n, at) in fetched.iter().enumerate() {
        let within = fetched[n..].iter().take_while(|other| other.duration_since(*at) < ten_minutes).count();
        assert!(within <= 120, "{within} within ten minutes");
    }
    let took = fetched[499].duration_since(dropped_at).as_secs();
    assert!(took <= 45 * MINUTE, "{took} s");
    assert_eq!(world.told(NoticeKind::Storm).len(), 1);
}

#[test]
fn a_storm_outlives_a_restart_and_ends_when_it_is_calm() {
    let mut world = World::new();
    let everybody: Vec<String> = (0..5).map(|n| format!("wxid_{n}")).collect();
    for who in &everybody {
        world.settle(who);
    }
    world.pass(DAY);
    for who in &everybody {
        world.drop(who);
    }
    world.restarted();
    world.live(59);
    assert!(everybody.iter().all(|who| world.phase(who) == "due"), "held until it is calm");
    world.live(MINUTE);
    for who in &everybody {
        assert_eq!(world.account(who).call(), Some(Method::PopUp), "boxes keep the pace as QRs do");
        world.confirmed(who);
    }
    world.pass(HOUR);
    world.drop(&everybody[0]);
    assert_eq!((world.due_in(&everybody[0]), world.records.fleet.storm()), (0, None));
}

#[test]
fn two_drops_are_a_storm_where_one_would_be() {
    // storm = "1/60s": one drop is an incident of its own anyway.
    let mut world = World::new();
    world.rules.relogin.storm = Rate { count: 1, per: Duration::from_mins(1) };
    world.settle("wxid_1");
    world.settle("wxid_2");
    world.pass(DAY);
    world.drop("wxid_1");
    assert!(world.told(NoticeKind::Storm).is_empty());
    world.drop("wxid_2");
    assert_eq!(world.told(NoticeKind::Storm).len(), 1);
}

#[test]
fn the_hosts_budget_holds_for_all_accounts_together_and_outlives_a_restart() {
    let mut world = World::new();
    world.rules.relogin.budget_total = Rate { count: 3, per: Duration::from_mins(10) };
    let everybody: Vec<String> = (0..6).map(|n| format!("wxid_{n}")).collect();
    for who in &everybody {
        world.log_in(who);
    }
    world.pass(HOUR);
    for who in &everybody {
        world.drop(who);
        world.pass(HOUR);
    }
    for who in &everybody {
        world.time_came(who);
    }
    let calling = |world: &World| everybody.iter().filter(|who| world.phase(who) == "calling").count();
    assert_eq!(calling(&world), 3);
    world.restarted();
    world.live(9 * MINUTE);
    assert_eq!(calling(&world), 0, "what was called for before the restart is paid for");
    world.live(30 * MINUTE);
    assert_eq!(calling(&world), 6);
}

#[test]
fn that_the_hosts_budget_is_spent_is_said_once_until_there_is_room_again() {
    for count in [1, 3] {
        let mut world = World::new();
        world.rules.relogin.budget_total = Rate { count, per: Duration::from_mins(10) };
        world.rules.relogin.storm = Rate { count: 100, per: Duration::from_mins(1) };
        for spell in 1..=2 {
            let everybody: Vec<String> = (0..8).map(|n| format!("wxid_{spell}_{n}")).collect();
            for who in &everybody {
                world.log_in(who);
            }
            world.pass(12 * HOUR);
            for who in &everybody {
                world.drop(who);
            }
            for who in &everybody {
                world.time_came(who);
            }
            let told = world.told(NoticeKind::BudgetSpent);
            assert_eq!(told.len(), spell, "{count}");
            let (at, notice) = told[spell - 1];
            assert_eq!((&notice.wc_id, &notice.w_id), (&None, &None), "it is about nobody alone");
            assert_eq!(notice.until, Some(*at + SignedDuration::from_mins(10)));
            assert!(notice.why.contains("host") && notice.todo.is_some(), "{notice:?}");
            for who in &everybody {
                while world.phase(who) != "calling" {
                    world.wait(who);
                }
                let w_id = world.qr_issued(who);
                world.scanned(&w_id, who);
            }
            assert_eq!(world.told(NoticeKind::BudgetSpent).len(), spell, "{count}");
        }
    }
}

#[test]
fn places_that_people_made_needless_hold_nobody_who_drops_later() {
    let (mut world, everybody) = settled(500);
    for who in &everybody {
        world.drop(who);
    }
    // Within five minutes people bring all of them back by hand, one of them by forgetting it.
    for (n, who) in everybody.iter().enumerate() {
        if n % 2 == 0 {
            world.now += SignedDuration::from_secs(1);
        }
        if n == 7 {
            let forgotten = world.records.moves(&world.rules, world.now).forget(&crate::world::id(who));
            world.take(forgotten).unwrap();
        } else {
            world.wanted(who).unwrap();
            world.confirmed(who);
        }
    }
    world.pass(3 * MINUTE);
    world.drop(&everybody[0]);
    assert_eq!(world.due_in(&everybody[0]), 0);
    world.time_came(&everybody[0]);
    assert_eq!(world.phase(&everybody[0]), "calling");
}

#[test]
fn a_second_storm_hours_later_is_said_and_held_although_nobody_has_come_for_the_first() {
    let (mut world, everybody) = settled(50);
    let (absent, others) = everybody.split_at(20);
    // So slow a pace that somebody always waits.
    world.rules.relogin.budget_total = Rate { count: 2, per: Duration::from_mins(10) };
    for who in absent {
        world.drop(who);
    }
    // Nobody confirms, nobody scans: attempt after attempt.
    let until = world.now + SignedDuration::from_hours(6);
    while world.now < until {
        world.live(10);
        for who in absent {
            match world.account(who).call() {
                Some(Method::PopUp) => world.tend(who, Tending::PopUpFailed("no answer".to_owned())),
                Some(Method::Qr) => drop(world.qr_issued(who)),
                None => {}
            }
        }
        let late: Vec<_> = world
            .records
            .sessions
            .values()
            .filter(|session| session.deadline().is_some_and(|at| at <= world.now))
            .map(|session| session.w_id.clone())
            .collect();
        for w_id in late {
            world.unscanned(&w_id);
        }
    }
    assert_eq!(world.told(NoticeKind::Storm).len(), 1);
    assert_eq!(world.records.fleet.storm(), None);
    for who in others {
        world.drop(who);
    }
    assert_eq!(world.told(NoticeKind::Storm).len(), 2);
    world.live(59);
    assert!(others.iter().all(|who| world.phase(who) == "due"), "held until it is calm");
}

#[test]
fn the_qr_that_follows_a_box_keeps_the_turn_of_the_box() {
    let (mut world, everybody) = settled(100);
    for who in &everybody {
        world.drop(who);
    }
    let first = everybody.iter().min_by_key(|who| world.due_in(who)).unwrap().clone();
    world.wait(&first);
    world.wait(&first);
    assert_eq!(world.account(&first).call(), Some(Method::PopUp));
    world.live(20);
    world.tend(&first, Tending::PopUpFailed("the person declined".to_owned()));
    assert_eq!(world.due_in(&first), 0);
    world.time_came(&first);
    assert_eq!(world.account(&first).call(), Some(Method::Qr), "whose phone is at hand is not sent away");
}

#[test]
fn many_that_are_due_when_the_window_opens_begin_one_after_another() {
    let (mut world, everybody) = settled(150);
    // It is noon there; logins begin from ten in the evening on.
    world.rules.relogin.window = shanghai("22:00-21:00");
    at(&mut world, "2026-01-07T13:10:00Z");
    for who in &everybody {
        world.drop(who);
        world.pass(16);
    }
    let opens: Timestamp = "2026-01-07T14:00:00Z".parse().unwrap();
    assert!(world.now < opens, "{}", world.now);
    assert!(world.told(NoticeKind::Storm).is_empty());
    let (begun, looks) = until_all_begin(&mut world, &everybody);
    assert!(begun[0] >= opens);
    assert_eq!(begun.iter().filter(|at| **at == begun[0]).count(), 5, "a few at once, boxes as well as QRs");
    assert!(most_within_ten_minutes(&begun) <= 125);
    assert!(looks <= 300, "{looks} looks");
}

#[test]
fn many_that_come_back_with_a_setting_begin_one_after_another() {
    let (mut world, everybody) = settled(100);
    world.rules.relogin.enabled = false;
    for who in &everybody {
        world.drop(who);
    }
    world.pass(HOUR);
    world.rules.relogin.enabled = true;
    world.reviewed();
    let back_at = world.now;
    let (begun, looks) = until_all_begin(&mut world, &everybody);
    assert_eq!(begun.iter().filter(|at| **at == back_at).count(), 5);
    assert!(begun[99].duration_since(back_at).as_secs() >= 94 * 5);
    assert!(looks <= 200, "{looks} looks");
}

#[test]
fn a_daemon_that_slept_over_everybodys_turn_does_not_begin_everything_at_once() {
    let (mut world, everybody) = settled(100);
    for who in &everybody {
        world.drop(who);
    }
    world.pass(HOUR);
    world.restarted();
    let (begun, looks) = until_all_begin(&mut world, &everybody);
    assert!(begun[99].duration_since(begun[0]).as_secs() >= 94 * 5);
    assert!(looks <= 200, "{looks} looks");
}
