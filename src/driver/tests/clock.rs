//! Deadlines, and a time of day that jumps.

use tokio::time::sleep;
use wxlogin_state::{DropReason, Input, Session, State, StateName};

use super::world::{World, id, issued, logged_in, minute, stepped};
use crate::driver::keeper::faults::Fault;
use crate::driver::rounds::TIDY_EVERY;

fn dropped(born: u64, w_id: &str, at: i64) -> Session {
    stepped(&issued(born, w_id, minute(-500)), Input::Ended, minute(at))
}

#[tokio::test]
async fn a_clock_set_an_hour_ahead_expires_what_is_due_and_nothing_else() {
    let online = stepped(&issued(3, "online", minute(0)), logged_in("wxid_1"), minute(0));
    let sessions = vec![issued(1, "due", minute(0)), issued(2, "not-due", minute(58)), online];
    let world = World::with(sessions).await;
    world.round().await;
    assert_eq!(world.state("due"), StateName::QrIssued);
    world.clock.set(minute(60));
    world.round().await;
    let due = world.session("due");
    assert!(matches!(&due.state, State::Dropped { drop, .. } if drop.reason == DropReason::Expired));
    assert_eq!(world.session("not-due").version.0, 1);
    assert_eq!(world.state("online"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_clock_set_back_expires_nothing() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    for minutes in [-60, -1, 4] {
        world.clock.set(minute(minutes));
        world.round().await;
        assert_eq!(world.state("w1"), StateName::QrIssued, "at {minutes}");
    }
    world.clock.set(minute(5));
    world.round().await;
    assert_eq!(world.state("w1"), StateName::Dropped);
    world.stop().await;
}

#[tokio::test]
async fn a_clock_set_back_delays_neither_reopening_nor_tidying() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    world.round().await;
    world.faults.set(Fault::Full);
    world.apply("w1", Input::Ended).await.unwrap_err();
    world.clock.set(minute(-1000));
    world.faults.clear();
    world.writable().await;
    world.apply("w1", Input::Ended).await.unwrap();
    world.clock.set(minute(-1000 + 2 * 60 + 1));
    sleep(TIDY_EVERY).await;
    world.round().await;
    assert!(world.view.session(&id("w1")).is_none());
    world.stop().await;
}

#[tokio::test]
async fn dropped_sessions_are_forgotten_by_when_they_dropped() {
    let sessions = vec![dropped(1, "begun-first", -10), dropped(2, "dropped-first", -130)];
    let world = World::with(sessions).await;
    world.round().await;
    assert!(world.view.session(&id("dropped-first")).is_none());
    assert_eq!(world.state("begun-first"), StateName::Dropped);
    let kept = world.stop().await;
    assert_eq!(kept.sessions.keys().collect::<Vec<_>>(), ["begun-first"]);
}
