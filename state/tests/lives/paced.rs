//! When and how many: the hours of the day, the host's budget, and storms.

use std::time::Duration;

use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{Failure, Method, NoticeKind, Rate, Window};

use crate::world::{A, DAY, HOUR, MINUTE, World};

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
