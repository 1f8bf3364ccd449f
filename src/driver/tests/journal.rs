//! What the feed shows, and reads of what it has no more.

use wxlogin_state::{Input, Seq};

use super::world::{World, code_asked, id, issued, minute};
use crate::driver::Denied;
use crate::driver::journal::LONGEST_READ;
use crate::driver::keeper::faults::Fault;
use crate::feed::{Follower, Step};

/// What the feed has after the event `after`: numbers and types.
async fn shown(world: &World, after: u64) -> Vec<(u64, String)> {
    let mut follower = Follower::new(world.driver.feed(), world.driver.older(), Seq(after));
    match follower.next().await.unwrap() {
        Step::Events(events) => {
            events.iter().map(|posted| (posted.seq().0, posted.kind().to_owned())).collect()
        }
        step => panic!("{step:?}"),
    }
}

#[tokio::test]
async fn an_event_is_shown_once_it_is_committed() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let before = world.driver.feed().last();
    world.apply("w1", code_asked()).await.unwrap();
    assert_eq!(world.driver.feed().last(), before.next());
    let shown = shown(&world, before.0).await;
    assert_eq!(shown, [(before.next().0, "session.awaiting-verify".to_owned())]);
}

#[tokio::test]
async fn what_could_not_be_committed_is_not_shown() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let before = world.driver.feed().last();
    world.faults.set(Fault::Full);
    world.apply("w1", code_asked()).await.unwrap_err();
    assert_eq!(world.driver.feed().last(), before);
    // The journal is closed as well until the store can be opened again.
    let denied = world.driver.events(Seq(0), 10).await.unwrap_err();
    assert!(matches!(denied, Denied::JournalClosed(_)), "{denied}");
    world.faults.clear();
    world.writable().await;
    assert_eq!(world.driver.feed().last(), before);
    assert_eq!(world.driver.events(Seq(0), 10).await.unwrap().len() as u64, before.0);
}

#[tokio::test]
async fn what_was_committed_unknown_to_anybody_is_found_in_the_journal() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let before = world.driver.feed().last();
    world.faults.set(Fault::Unknown);
    world.apply("w1", code_asked()).await.unwrap_err();
    world.faults.clear();
    world.writable().await;
    assert_eq!(shown(&world, before.0).await[0], (before.next().0, "session.awaiting-verify".to_owned()));
}

#[tokio::test]
async fn a_read_of_the_journal_is_short_whatever_is_asked() {
    let sessions = (1..=400).map(|n| issued(n, &format!("w{n}"), minute(0))).collect();
    let world = World::with(sessions).await;
    let read = world.driver.events(Seq(10), usize::MAX).await.unwrap();
    assert_eq!((read.len(), read[0].seq), (LONGEST_READ, Seq(11)));
    assert_eq!(world.driver.events(Seq(10), 3).await.unwrap().len(), 3);
    assert!(world.driver.events(Seq(100_000), 3).await.unwrap().is_empty());
}

#[tokio::test]
async fn reads_that_wait_are_all_answered_and_keep_nobody_from_writing() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let held = world.hold().await;
    let w1 = id("w1");
    let reads = (0..50).map(|_| world.driver.events(Seq(0), 1));
    let (reads, ended, ()) =
        tokio::join!(futures_util::future::join_all(reads), world.driver.apply(&w1, Input::Ended), async {
            drop(held);
        });
    ended.unwrap();
    assert!(reads.into_iter().all(|read| read.unwrap().len() == 1));
    world.stands_still().await;
}

#[tokio::test]
async fn the_feed_ends_with_the_driver() {
    let world = World::new().await;
    let mut follower = Follower::new(world.driver.feed(), world.driver.older(), Seq(0));
    world.stop().await;
    assert!(matches!(follower.next().await.unwrap(), Step::Ended));
}
