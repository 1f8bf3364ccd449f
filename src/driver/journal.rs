//! Reads of the journal for those who are too far behind for the feed.
//!
//! The store is the driver's, so they are read here; one in each round, so that sixty readers who come back at
//! once hold up a commit by no more than one of them.

use std::collections::VecDeque;

use wxlogin_state::Seq;
use wxlogin_state::public::Event;

use super::handle::Reply;
use super::keeper::Keeper;

/// Most events of one read: about a millisecond of the driver's time.
pub(super) const LONGEST_READ: usize = 250;

/// A read that somebody waits for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) after: Seq,
    pub(super) limit: usize,
    pub(super) reply: Reply<Vec<Event>>,
}

/// The reads that wait. As many as there are requests at most, each of which waits for one at a time.
#[derive(Debug, Default)]
pub(super) struct Journal(VecDeque<Wanted>);

impl Journal {
    pub(super) fn want(&mut self, wanted: Wanted) {
        self.0.push_back(wanted);
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.0.is_empty()
    }

    /// Reads for the first whom it still interests.
    pub(super) fn read_one(&mut self, keeper: &Keeper) {
        while let Some(Wanted { after, limit, reply }) = self.0.pop_front() {
            if !reply.is_closed() {
                // Who leaves meanwhile needs no answer.
                let _ = reply.send(keeper.events(after, limit.min(LONGEST_READ)));
                return;
            }
        }
    }
}
