//! Deadlines, and a time of day that jumps.

use tokio::time::sleep;
use wxlogin_state::{Answer, DropReason, Input, Session, State, StateName};

use super::world::{World, answered, code_asked, id, issued, logged_in, login, minute, stepped};
use crate::driver::keeper::faults::Fault;
use crate::driver::rounds::TIDY_EVERY;

fn dropped(born: u64, w_id: &str, at: i64) -> Session {
    stepped(&issued(born, w_id, minute(-500)), Input::Ended, minute(at))
}

#[tokio::test]
async fn a_clock_set_an_hour_ahead_expires_what_is_due_and_nothing_else() {
    let online = stepped(&issued(2, "online", minute(0)), logged_in("wxid_1"), minute(0));
    let mut world = World::with(vec![issued(1, "due", minute(0)), online]).await;
    world.round().await;
    assert_eq!(world.state("due"), StateName::QrIssued);
    let held = world.hold().await;
    world.clock.set(minute(60));
    let driver = world.driver.clone();
    let begin = tokio::spawn(async move { driver.begin(login(None)).await });
    drop(held);
    world.platform.asked_for_qr().await.issue("not-due");
    begin.await.unwrap().unwrap();
    world.round().await;
    let due = world.session("due");
    assert!(matches!(&due.state, State::Dropped { drop, .. } if drop.reason == DropReason::Expired));
    assert_eq!(world.session("not-due").version.0, 1);
    assert_eq!(world.state("online"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_login_in_flight_has_as_long_as_any_once_the_clock_was_set_back() {
    const TEN_YEARS: i64 = 10 * 365 * 24 * 60;
    let code = stepped(&issued(2, "code", minute(0)), code_asked(), minute(0));
    let slider = Answer::SliderAsked { url: "http://platform/slider".to_owned() };
    let slider = stepped(&issued(3, "slider", minute(0)), answered(slider), minute(0));
    let world = World::with(vec![issued(1, "qr", minute(0)), code, slider]).await;
    for back in [-60, -TEN_YEARS] {
        world.clock.set(minute(back));
        world.round().await;
        for w_id in ["qr", "code", "slider"] {
            let session = world.session(w_id);
            assert_eq!(session.deadline(), Some(minute(back + 5)), "{w_id}");
            assert_eq!(session.qr.as_ref().map(|qr| qr.expires_at), Some(minute(back + 5)), "{w_id}");
        }
    }
    world.clock.set(minute(-TEN_YEARS + 5));
    world.round().await;
    for w_id in ["qr", "code", "slider"] {
        assert_eq!(world.state(w_id), StateName::Dropped, "{w_id}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_deadline_that_was_set_by_another_clock_is_found_at_start() {
    let world = World::with(vec![issued(1, "w1", minute(600))]).await;
    world.round().await;
    assert_eq!(world.session("w1").deadline(), Some(minute(5)));
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
