//! The newest events, for everybody who follows the journal.
//!
//! ```text
//!   driver ── after each commit ──► ring: the newest events ──┬──► followers, each at its own pace
//!      ▲                                                      └──► pages
//!      └──────── older ones, some hundred at a time ◄── whoever is further behind
//! ```
//!
//! What is in the ring is durable. Nobody has a queue here: a follower is a place in the journal, so that sixty of
//! them cost no more memory than one, and none of them can hold up the driver. One that has caught up and then
//! falls behind the ring is too slow and is left; it comes back with the number of the last event it saw.
//!
//! | room | for |
//! |---|---|
//! | `posted` | an event, rendered once for all |
//! | `filter` | which of them somebody wants |
//! | `follower` | a place in the journal that moves on |

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use wxlogin_state::Seq;

mod filter;
mod follower;
mod posted;

pub use filter::{Filter, Kinds, Malformed};
pub use follower::{Follower, Older, Step, page};
pub use posted::Posted;

/// Most events in the ring: how far a reader may fall behind the newest …
const NEWEST: usize = 4096;

/// … and most bytes of them, as they are sent.
const BYTES: usize = 8 * 1024 * 1024;

/// Most streams at once (hardening.md, "HTTP", 10).
pub const STREAMS: usize = 64;

/// The newest events. Only the driver adds to them.
#[derive(Debug)]
pub struct Feed {
    ring: watch::Sender<Ring>,
    seats: Arc<Semaphore>,
}

/// Events without a gap up to `last`.
#[derive(Debug)]
struct Ring {
    newest: VecDeque<Arc<Posted>>,
    bytes: usize,
    last: Seq,
    ended: bool,
}

impl Feed {
    /// A feed of what comes after `last`, the last event that is stored.
    pub fn new(last: Seq) -> Arc<Self> {
        let ring = Ring { newest: VecDeque::new(), bytes: 0, last, ended: false };
        Arc::new(Self { ring: watch::Sender::new(ring), seats: Arc::new(Semaphore::new(STREAMS)) })
    }

    /// Shows the events of one commit, in order, and wakes whoever waits for them.
    pub fn publish(&self, events: Vec<Posted>) {
        if events.is_empty() {
            return;
        }
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        self.ring.send_modify(|ring| events.into_iter().for_each(|posted| ring.push(posted)));
    }

    /// Takes `last` for the last event that is stored, where the store was opened again and holds more than was
    /// published: what lies between is in the journal alone.
    pub fn go_on_from(&self, last: Seq) {
        self.ring.send_if_modified(|ring| {
            let more = ring.last != last;
            if more {
                (ring.newest, ring.bytes, ring.last) = (VecDeque::new(), 0, last);
            }
            more
        });
    }

    /// Nothing more comes: every follower ends once it has what there is.
    pub fn end(&self) {
        self.ring.send_modify(|ring| ring.ended = true);
    }

    /// The number of the newest event.
    pub fn last(&self) -> Seq {
        self.ring.borrow().last
    }

    /// A seat for one more stream, given back when dropped; `None` where all [`STREAMS`] are taken.
    pub fn seat(&self) -> Option<OwnedSemaphorePermit> {
        self.seats.clone().try_acquire_owned().ok()
    }

    fn subscribe(&self) -> watch::Receiver<Ring> {
        self.ring.subscribe()
    }
}

impl Ring {
    fn push(&mut self, posted: Arc<Posted>) {
        self.last = posted.seq();
        self.bytes += posted.size();
        self.newest.push_back(posted);
        while self.newest.len() > NEWEST || self.bytes > BYTES {
            let Some(oldest) = self.newest.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// At most `most` events after `after`; `None` where the ring begins later.
    fn after(&self, after: Seq, most: usize) -> Option<Vec<Arc<Posted>>> {
        let before = self.last.0 - self.newest.len() as u64;
        let gone = usize::try_from(after.0.checked_sub(before)?).unwrap_or(usize::MAX);
        Some(self.newest.iter().skip(gone).take(most).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use wxlogin_state::public::Event;

    use super::*;
    use crate::feed::posted::tests::event;

    fn posted(seq: u64) -> Posted {
        Posted::new(event(seq))
    }

    fn seqs(events: &[Arc<Posted>]) -> Vec<u64> {
        events.iter().map(|posted| posted.seq().0).collect()
    }

    fn after(feed: &Feed, seq: u64) -> Option<Vec<u64>> {
        feed.ring.borrow().after(Seq(seq), 10).map(|events| seqs(&events))
    }

    #[test]
    fn the_ring_has_what_came_after_the_start_and_nothing_before() {
        let feed = Feed::new(Seq(40));
        assert_eq!((after(&feed, 39), after(&feed, 40)), (None, Some(vec![])));
        feed.publish(vec![posted(41), posted(42)]);
        feed.publish(vec![]);
        feed.publish(vec![posted(43)]);
        assert_eq!(after(&feed, 40), Some(vec![41, 42, 43]));
        assert_eq!(after(&feed, 42), Some(vec![43]));
        assert_eq!((after(&feed, 43), after(&feed, 50)), (Some(vec![]), Some(vec![])));
        assert_eq!((after(&feed, 39), feed.last()), (None, Seq(43)));
    }

    #[test]
    fn the_ring_is_bounded_in_number() {
        let feed = Feed::new(Seq(0));
        feed.publish((1..=5_000).map(posted).collect());
        let ring = feed.ring.borrow();
        assert_eq!(ring.newest.len(), NEWEST);
        assert!(ring.after(Seq(903), 1).is_none());
        assert_eq!(seqs(&ring.after(Seq(904), 1).unwrap()), [905]);
    }

    #[test]
    fn the_ring_is_bounded_in_bytes() {
        let feed = Feed::new(Seq(0));
        let large = |seq| Event { why: Some("x".repeat(1024 * 1024)), ..event(seq) };
        feed.publish((1..=20).map(|seq| Posted::new(large(seq))).collect());
        assert!(feed.ring.borrow().bytes <= BYTES);
        assert_eq!((after(&feed, 12), after(&feed, 13).map(|seqs| seqs.len())), (None, Some(7)));
    }

    #[test]
    fn what_the_store_holds_beyond_it_is_left_to_the_store() {
        let feed = Feed::new(Seq(0));
        feed.publish(vec![posted(1)]);
        feed.go_on_from(Seq(1));
        assert_eq!(after(&feed, 0), Some(vec![1]));
        feed.go_on_from(Seq(3));
        assert_eq!((after(&feed, 1), after(&feed, 3)), (None, Some(vec![])));
    }

    #[test]
    fn a_seat_that_is_given_back_can_be_taken_again() {
        let feed = Feed::new(Seq(0));
        let mut seats: Vec<_> = (0..STREAMS).map(|_| feed.seat().unwrap()).collect();
        assert!(feed.seat().is_none());
        seats.pop();
        assert!(feed.seat().is_some());
    }
}
