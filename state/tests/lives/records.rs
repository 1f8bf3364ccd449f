//! The largest records there can be: whatever people and platform say, each fits the store.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Answer, Batch, EVIDENCE_KEPT, Input, Issued, LOGINS_KEPT, Notice, NoticeKind, Profile, Rate,
    Seq, Tending, WId,
};

use crate::largest::{largest_profile, largest_session};
use crate::world::{A, DAY, HOUR, World};

#[test]
fn the_largest_possible_account_and_each_of_its_events_fit_their_records() {
    for wide in ["\u{10ffff}", "\u{1}", "\"", "\\"] {
        let mut world = World::new();
        world.rules.relogin.budget = Rate { count: 100, per: Duration::from_hours(1) };
        let who = "a".repeat(128);
        logged_in_as_often_as_is_kept(&mut world, wide);
        assert_eq!(world.account(&who).logins.len(), LOGINS_KEPT);
        world.pass(DAY);
        world.drop(&who);
        world.time_came(&who);
        world.tend(&who, Tending::PopUpFailed(wide.repeat(120)));
        for n in 0..120 {
            world.time_came(&who);
            world.tend(&who, Tending::CallFailed { what: wide.repeat(120), no_qr: false });
            world.tend(
                &who,
                Tending::Wanted { method: None, force: false, request_key: Some(format!("{n:064}").into()) },
            );
        }
        world.tend(&who, Tending::CallFailed { what: wide.repeat(120), no_qr: false });
        world.wait(&who);
        world.tend(&who, Tending::CallFailed { what: wide.repeat(120), no_qr: false });
        for _ in 0..EVIDENCE_KEPT {
            world.tend(&who, Tending::NotExplained(wide.repeat(120)));
        }
        let account = world.account(&who);
        assert_eq!(account.spent.count(world.now, world.rules.relogin.budget), 100);
        let mut batch = Batch::default();
        batch.put_account(&account).unwrap();
        for kind in NoticeKind::ALL {
            let notice = Notice {
                kind,
                wc_id: Some(account.wc_id.clone()),
                w_id: Some("w".repeat(128).parse().unwrap()),
                why: wide.repeat(400),
                todo: Some(wide.repeat(200)),
                until: Some(world.now),
            };
            batch.push_event(&Event::of_notice(Seq(u64::MAX), world.now, &notice, Some(&account))).unwrap();
        }
        for (at, notice) in &world.told {
            batch.push_event(&Event::of_notice(Seq(u64::MAX), *at, notice, Some(&account))).unwrap();
        }
        for session in world.records.sessions.values() {
            batch.put_session(session).unwrap();
            batch.push_event(&Event::of_session(Seq(u64::MAX), world.now, session)).unwrap();
        }
    }
}

/// Logs the account in under names as long as can be, by sessions that carry as much as can be.
fn logged_in_as_often_as_is_kept(world: &mut World, wide: &str) {
    let largest = largest_session(Timestamp::UNIX_EPOCH);
    let profile = Profile { wc_id: "a".repeat(128).parse().unwrap(), ..largest_profile(wide) };
    for n in 0..=LOGINS_KEPT {
        world.pass(HOUR);
        if n > 0 {
            world.drop(profile.wc_id.as_str());
        }
        let w_id: WId = format!("{n:0128}").parse().unwrap();
        let issued = Issued {
            label: largest.label.clone(),
            proxy: largest.proxy.clone(),
            wc_id: Some(profile.wc_id.clone()),
            ..Issued::new(w_id.clone(), "u".repeat(1024))
        };
        let begun = world.records.moves(&world.rules, world.now).begun(issued, Seq(1));
        world.take(Ok(begun)).unwrap();
        let answer = Answer::LoggedIn(Box::new(profile.clone()));
        world.apply(&w_id, Input::Answered { round: 1, answer });
    }
}

#[test]
fn the_largest_possible_record_of_the_host_fits_the_store() {
    let mut world = World::new();
    world.rules.relogin.budget_total = Rate { count: 500, per: Duration::from_hours(1_000) };
    world.rules.relogin.storm = Rate { count: 100, per: Duration::from_hours(1_000) };
    for _ in 0..600 {
        let w_id = world.begin(Some(A));
        world.scanned(&w_id, A);
        world.now += SignedDuration::from_nanos(61_123_456_789);
        world.drop(A);
    }
    assert_eq!(world.records.fleet.storm().map(|storm| storm.drops), Some(600));
    let mut batch = Batch::default();
    batch.put_fleet(&world.records.fleet).unwrap();
}

#[test]
fn a_record_of_before_is_read_and_what_is_kept_no_more_is_left_out() {
    let mut world = World::settled();
    world.drop(A);
    let account = world.account(A);
    let mut before = serde_json::to_value(&*account).unwrap();
    before["stage"]["settled"]["since"] = "2026-01-01T12:00:00Z".into();
    before["relogin"]["attempt"] = 1.into();
    assert_eq!(serde_json::from_value::<Account>(before).unwrap(), *account);
}
