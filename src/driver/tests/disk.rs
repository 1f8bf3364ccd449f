//! Writes that fail: what is told, what is shown, and what is true afterwards.

use futures_util::future::join;
use wxlogin_state::{Input, Secret, StateName};

use super::world::{World, code_asked, issued, minute, stepped};
use crate::driver::keeper::faults::Fault;
use crate::driver::{Denied, StoreState};

#[tokio::test]
async fn an_answer_given_while_nothing_could_be_written_wins_over_the_deadline_that_passed_meanwhile() {
    let mut world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let poll = world.platform.polled("w1").await;
    world.faults.set(Fault::Full);
    poll.log_in("wxid_1");
    while world.driver.store_state() == StoreState::Writable {
        tokio::task::yield_now().await;
    }
    world.clock.set(minute(6));
    world.faults.clear();
    assert_eq!(world.after("w1", 1).await.state.name(), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_refusal_that_rests_on_a_commit_that_failed_is_told_as_unwritable() {
    let asked = stepped(&issued(1, "w1", minute(0)), code_asked(), minute(0));
    let world = World::with(vec![asked]).await;
    let held = world.hold().await;
    world.faults.set(Fault::Full);
    let code = || world.apply("w1", Input::CodeEntered(Secret::new("123456")));
    // The second would be refused because of the first.
    let both = join(code(), code());
    let ((first, second), ()) = join(both, async { drop(held) }).await;
    for answer in [first, second] {
        assert!(matches!(answer, Err(Denied::Unwritable(_))), "{answer:?}");
    }
    world.faults.clear();
    world.writable().await;
    world.apply("w1", Input::CodeEntered(Secret::new("123456"))).await.unwrap();
    let refused = world.apply("w1", Input::CodeEntered(Secret::new("123456"))).await;
    assert!(matches!(refused, Err(Denied::Refused(_))), "{refused:?}");
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_published_from_a_commit_that_failed() {
    let mut world = World::with(vec![issued(1, "w1", minute(0)), issued(2, "w2", minute(0))]).await;
    let poll = world.platform.polled("w1").await;
    world.faults.set(Fault::Full);
    let answer = world.apply("w1", Input::Ended).await;
    assert!(matches!(&answer, Err(Denied::Unwritable(why)) if why.full), "{answer:?}");
    assert_eq!(world.session("w1").version.0, 1);
    world.faults.clear();
    world.writable().await;
    assert_eq!(world.session("w1").version.0, 1);
    world.apply("w2", Input::Ended).await.unwrap();
    // The poll has never been given up.
    poll.log_in("wxid_1");
    assert_eq!(world.after("w1", 1).await.state.name(), StateName::Online);
    let kept = world.stop().await;
    assert_eq!(kept.seqs, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_reopened_store_replaces_the_view_and_ends_duties_it_does_not_know() {
    let mut world = World::with(vec![issued(1, "w1", minute(0)), issued(2, "w2", minute(0))]).await;
    let (ended, goes_on) = (world.platform.polled("w1").await, world.platform.polled("w2").await);
    world.faults.set(Fault::Unknown);
    let answer = world.apply("w1", Input::Ended).await;
    assert!(matches!(answer, Err(Denied::Unwritable(_))), "{answer:?}");
    assert_eq!(world.state("w1"), StateName::QrIssued);
    world.faults.clear();
    world.writable().await;
    assert_eq!(world.state("w1"), StateName::Dropped);
    ended.hung_up().await;
    goes_on.log_in("wxid_2");
    assert_eq!(world.after("w2", 1).await.state.name(), StateName::Online);
    assert_eq!(world.stop().await.seqs, [1, 2, 3, 4]);
}
