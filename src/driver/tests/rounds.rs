//! What shares a round, and what a round leaves going on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all, join3};
use tokio::task::unconstrained;
use wxlogin_state::{Fleet, Input, Secret, Seq, Source, State, StateName};

use super::setup::Setup;
use super::world::{FIGURES, World, account_id, code_asked, id, issued, minute, stepped};
use crate::driver::Denied;
use crate::driver::rounds::resume_step;
use crate::driver::turn::Turn;

#[tokio::test]
async fn deadlines_that_pass_together_are_kept_in_bounded_rounds() {
    let many = (1..=3000).map(|n| issued(n, &format!("w{n}"), minute(0))).collect();
    let world = World::ticking_from(minute(6), many).await;
    while world.view.count_in_flight() > 0 {
        world.round().await;
    }
    // A round has one time, and no two rounds have the same.
    let mut rounds: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for session in world.view.everything().sessions {
        let State::Dropped { drop, .. } = &session.state else { panic!("{:?}", session.state) };
        rounds.entry(drop.at).or_default().push(session.born.0);
    }
    let sizes: Vec<usize> = rounds.values().map(Vec::len).collect();
    assert_eq!(sizes, [1024, 1024, 952]);
    world.stop().await;
}

#[tokio::test]
async fn a_session_stepped_twice_in_a_round_has_only_its_last_duty() {
    let asked = |born, w_id: &str| stepped(&issued(born, w_id, minute(0)), code_asked(), minute(0));
    let mut world = World::with(vec![asked(1, "twice"), asked(2, "once")]).await;
    let code = || Input::CodeEntered(Secret::new("123456"));
    let held = world.hold().await;
    let twice = join(world.apply("twice", code()), world.apply("twice", Input::Ended));
    let ((entered, ended), once, ()) = join3(twice, world.apply("once", code()), async { drop(held) }).await;
    // Both hear what the round made of it.
    assert_eq!(entered.unwrap().state.name(), StateName::Dropped);
    assert_eq!(ended.unwrap().version.0, 4);
    once.unwrap();
    assert_eq!(world.platform.polled("once").await.body["verifyCode"], "123456");
    world.clock.set(minute(60));
    world.round().await;
    assert_eq!(world.session("twice").version.0, 4);
    assert_eq!(world.platform.more_polls("twice"), 0);
    world.stop().await;
}

#[tokio::test]
async fn what_is_in_the_inbox_at_a_stop_is_done() {
    let world = World::with((1..=2).map(|n| issued(n, &format!("w{n}"), minute(0))).collect()).await;
    let held = world.hold().await;
    let before = world.apply("w1", Input::Ended);
    // More than a round takes, so that some is left when the stop is heard.
    let between = join_all((0..1500).map(|_| world.driver.ping()));
    let behind = world.apply("w2", Input::Ended);
    let asked = join(join3(before, world.driver.stop(), between), behind);
    // Unconstrained: all of it is in the inbox before the driver goes on.
    let all = unconstrained(join(asked, async { drop(held) }));
    let (((before, (), between), behind), ()) = all.await;
    before.unwrap();
    assert!(between.iter().all(Result::is_ok));
    behind.unwrap();
    let driver = world.driver.clone();
    let kept = world.stop().await;
    assert!(kept.sessions.values().all(|session| session.state.name() == StateName::Dropped));
    assert!(matches!(driver.apply(&id("w1"), Input::Ended).await, Err(Denied::Stopping)));
}

#[tokio::test]
async fn resumed_polls_start_within_five_seconds_and_not_at_once() {
    let begun = Instant::now();
    let mut world = World::with((1..=60).map(|n| issued(n, &format!("w{n}"), minute(0))).collect()).await;
    world.platform.polled("w1").await;
    world.platform.polled("w60").await;
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(59 * 5), "{took:?}");
    world.stop().await;
    for count in [0, 1, 60, 1000, 1001, 10_000] {
        let last = resume_step(usize::try_from(count).unwrap()) * count;
        assert!(last <= Duration::from_secs(5), "{count}: {last:?}");
        assert!(
            last >= Duration::from_millis(4990).min(Duration::from_millis(5) * count),
            "{count}: {last:?}"
        );
    }
}

#[tokio::test]
async fn the_hosts_record_is_written_once_however_many_changes_of_a_round_are_in_it() {
    let mut world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")]).run().await;
    world.look(&[("wxid_1", "w1"), ("wxid_2", "w2")]).await;
    let figures = FIGURES;
    let mut turn = Turn::new(&world.view, &figures, Fleet::default(), minute(0), Seq(2));
    for wc_id in ["wxid_1", "wxid_2"] {
        turn.lost(&account_id(wc_id), Source::IsOnline, "it is offline").unwrap();
    }
    let staged = turn.finish();
    let (sessions, accounts) = (staged.changes.sessions.len(), staged.changes.accounts.len());
    assert_eq!((sessions, accounts), (2, 2));
    assert_eq!(staged.batch.len(), sessions + accounts + staged.events.len() + 1);
    assert_ne!(staged.fleet, Fleet::default());
    world.stop().await;
}
