//! A place in the journal that moves on: through the store while it is far behind, through the ring once it has
//! caught up.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use wxlogin_state::Seq;
use wxlogin_state::public::Event;

use super::{Feed, Filter, Posted, Ring};
use crate::driver::Denied;
use crate::wire::Reset;

/// Events taken from the ring at a time.
const AT_ONCE: usize = 64;

/// Most events that are looked through for one page, however few of them the filter lets through.
const LOOKED_THROUGH: u64 = 5_000;

/// Reads events after a place from the store, oldest first; fewer than there are, and none where the journal is
/// empty.
#[derive(Clone)]
pub struct Older(Arc<dyn Fn(Seq) -> Reading + Send + Sync>);

/// A read that is under way.
type Reading = BoxFuture<'static, Result<Vec<Event>, Denied>>;

impl Older {
    /// Reads by these means.
    pub fn new(read: impl Fn(Seq) -> Reading + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    async fn after(&self, after: Seq) -> Result<Vec<Arc<Posted>>, Denied> {
        let events = (self.0)(after).await?;
        Ok(events.into_iter().map(|event| Arc::new(Posted::new(event))).collect())
    }
}

impl fmt::Debug for Older {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Older")
    }
}

/// A place in the journal.
#[derive(Debug)]
pub struct Follower {
    ring: watch::Receiver<Ring>,
    older: Older,
    at: Seq,
    /// Whether it has ever been in the ring: then it has no reason to be outside of it again but being slow.
    caught_up: bool,
}

/// What comes next at a place in the journal.
#[derive(Debug)]
pub enum Step {
    /// Events without a gap, at least one.
    Events(Vec<Arc<Posted>>),
    /// The journal does not hold what comes next; it goes on from the oldest event that is there.
    Reset(Reset),
    /// The driver has ended, and there is nothing more.
    Ended,
    /// It was left behind.
    TooSlow,
}

/// What lies after a place.
enum Next {
    Here(Vec<Arc<Posted>>),
    Elsewhere(Reset),
    Nothing,
}

impl Follower {
    /// Follows what comes after `after`.
    pub fn new(feed: &Feed, older: Older, after: Seq) -> Self {
        Self { ring: feed.subscribe(), older, at: after, caught_up: false }
    }

    /// The last event that was passed.
    pub fn at(&self) -> Seq {
        self.at
    }

    /// What comes next, as soon as there is something. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Step, Denied> {
        loop {
            let (held, last, ended) = {
                let ring = self.ring.borrow_and_update();
                (ring.after(self.at, AT_ONCE), ring.last, ring.ended)
            };
            if held.is_none() && self.caught_up {
                return Ok(Step::TooSlow);
            }
            let next = match held {
                Some(events) if self.at <= last => {
                    self.caught_up = true;
                    if events.is_empty() { Next::Nothing } else { Next::Here(events) }
                }
                _ => stored(&self.older, self.at, last).await?,
            };
            match next {
                Next::Here(events) => {
                    self.at = events.last().map_or(self.at, |posted| posted.seq());
                    return Ok(Step::Events(events));
                }
                Next::Elsewhere(reset) => {
                    self.at = Seq(reset.oldest.0 - 1);
                    return Ok(Step::Reset(reset));
                }
                Next::Nothing if ended => return Ok(Step::Ended),
                // The feed outlives its followers, as it is in the driver's hands and in the API's.
                Next::Nothing => drop(self.ring.changed().await),
            }
        }
    }
}

/// What the store has after `after`, which may lie before everything that is left, or behind `last`: then the
/// journal is another one than it was.
async fn stored(older: &Older, after: Seq, last: Seq) -> Result<Next, Denied> {
    let from = if after > last { Seq::default() } else { after };
    let events = older.after(from).await?;
    let oldest = events.first().map_or(last.next(), |posted| posted.seq());
    Ok(if after > last || oldest > after.next() {
        Next::Elsewhere(Reset { oldest, last })
    } else if events.is_empty() {
        Next::Nothing
    } else {
        Next::Here(events)
    })
}

/// A page of at most `limit` events after `after` that the filter lets through, and the value of `after` for the
/// page that follows; `None` where there is nothing more to look at. It begins with the oldest event there is
/// where `after` lies before it. A page whose filter lets little through may be short, or empty, and not the last.
pub async fn page(
    feed: &Feed,
    older: &Older,
    filter: &Filter,
    after: Seq,
    limit: usize,
) -> Result<(Vec<Arc<Posted>>, Option<Seq>), Denied> {
    let last = feed.last();
    let (mut page, mut at, mut looked_through) = (Vec::new(), after, 0);
    while at < last && looked_through < LOOKED_THROUGH {
        let held = feed.ring.borrow().after(at, AT_ONCE);
        let events = match held {
            Some(events) => events,
            None => older.after(at).await?,
        };
        if events.is_empty() {
            return Ok((page, None));
        }
        for posted in events {
            at = posted.seq();
            looked_through += 1;
            if filter.lets(&posted) {
                page.push(posted);
                if page.len() == limit {
                    return Ok((page, (at < last).then_some(at)));
                }
            }
        }
    }
    Ok((page, (at < last).then_some(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::posted::tests::event;

    /// A store that has the events `first..=last` and gives three at a time.
    fn store(first: u64, last: u64) -> Older {
        Older::new(move |after| {
            let events = (first.max(after.0 + 1)..=last).take(3).map(event).collect();
            Box::pin(async move { Ok(events) })
        })
    }

    /// The numbers of what is there, with a 0 for a reset.
    async fn seqs(follower: &mut Follower, until: u64) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.last() != Some(&until) {
            match follower.next().await.unwrap() {
                Step::Events(events) => seqs.extend(events.iter().map(|posted| posted.seq().0)),
                Step::Reset(_) => seqs.push(0),
                step => panic!("{step:?} after {seqs:?}"),
            }
        }
        seqs
    }

    #[tokio::test]
    async fn every_event_is_seen_once_through_the_store_and_the_ring() {
        for after in 0..20 {
            let feed = Feed::new(Seq(10));
            feed.publish((11..=20).map(event).map(Posted::new).collect());
            let mut follower = Follower::new(&feed, store(1, 20), Seq(after));
            assert_eq!(seqs(&mut follower, 20).await.len() as u64, 20 - after);
            feed.publish((21..=150).map(event).map(Posted::new).collect());
            assert_eq!(seqs(&mut follower, 150).await, (21..=150).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn what_is_trimmed_is_a_reset_to_the_oldest_event() {
        let feed = Feed::new(Seq(20));
        let mut follower = Follower::new(&feed, store(8, 20), Seq(3));
        let step = follower.next().await.unwrap();
        assert!(matches!(step, Step::Reset(Reset { oldest: Seq(8), last: Seq(20) })), "{step:?}");
        assert_eq!(follower.at(), Seq(7));
        assert_eq!(seqs(&mut follower, 20).await, (8..=20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_the_journal_never_reached_is_a_reset_as_well() {
        let feed = Feed::new(Seq(4));
        feed.publish(vec![Posted::new(event(5))]);
        let mut follower = Follower::new(&feed, store(2, 5), Seq(900));
        let step = follower.next().await.unwrap();
        assert!(matches!(step, Step::Reset(Reset { oldest: Seq(2), last: Seq(5) })), "{step:?}");
        assert_eq!(seqs(&mut follower, 5).await, [2, 3, 4, 5]);
        // Nothing has ever happened.
        let feed = Feed::new(Seq(0));
        let mut follower = Follower::new(&feed, store(1, 0), Seq(900));
        let step = follower.next().await.unwrap();
        assert!(matches!(step, Step::Reset(Reset { oldest: Seq(1), last: Seq(0) })), "{step:?}");
        feed.publish(vec![Posted::new(event(1))]);
        assert_eq!(seqs(&mut follower, 1).await, [1]);
    }

    #[tokio::test]
    async fn who_falls_behind_the_ring_is_left() {
        let feed = Feed::new(Seq(0));
        let mut follower = Follower::new(&feed, store(1, 9_000), Seq(0));
        feed.publish((1..=10).map(event).map(Posted::new).collect());
        seqs(&mut follower, 10).await;
        feed.publish((11..=9_000).map(event).map(Posted::new).collect());
        assert!(matches!(follower.next().await.unwrap(), Step::TooSlow));
        // By its number it comes back, through the store.
        let mut again = Follower::new(&feed, store(1, 9_000), follower.at());
        assert_eq!(seqs(&mut again, 9_000).await, (11..=9_000).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn followers_end_with_the_feed_once_they_have_everything() {
        let feed = Feed::new(Seq(0));
        let mut follower = Follower::new(&feed, store(1, 0), Seq(0));
        let (step, ()) = tokio::join!(follower.next(), async {
            feed.publish(vec![Posted::new(event(1))]);
            feed.end();
        });
        assert!(matches!(step.unwrap(), Step::Events(events) if events.len() == 1));
        assert!(matches!(follower.next().await.unwrap(), Step::Ended));
    }

    async fn paged(feed: &Feed, after: u64, limit: usize, filter: &Filter) -> (Vec<u64>, Option<u64>) {
        let (events, next) = page(feed, &store(3, 20), filter, Seq(after), limit).await.unwrap();
        (events.iter().map(|posted| posted.seq().0).collect(), next.map(|seq| seq.0))
    }

    #[tokio::test]
    async fn pages_go_through_the_whole_journal_and_end() {
        let feed = Feed::new(Seq(10));
        feed.publish((11..=20).map(event).map(Posted::new).collect());
        let all = Filter::default();
        assert_eq!(paged(&feed, 0, 2, &all).await, (vec![3, 4], Some(4)));
        assert_eq!(paged(&feed, 4, 10, &all).await, ((5..=14).collect(), Some(14)));
        assert_eq!(paged(&feed, 14, 6, &all).await, ((15..=20).collect(), None));
        assert_eq!(paged(&feed, 20, 6, &all).await, (vec![], None));
        assert_eq!(paged(&feed, 900, 6, &all).await, (vec![], None));
        let others = Filter { kinds: Filter::kinds("session.*").unwrap(), wc_id: None };
        assert_eq!(paged(&feed, 0, 2, &others).await, (vec![], None));
    }

    #[tokio::test]
    async fn a_page_does_not_look_through_the_journal_without_end() {
        let feed = Feed::new(Seq(0));
        feed.publish((1..=6_000).map(event).map(Posted::new).collect());
        let others = Filter { kinds: Filter::kinds("session.*").unwrap(), wc_id: None };
        let (events, next) = page(&feed, &store(1, 6_000), &others, Seq(0), 1).await.unwrap();
        assert!(events.is_empty());
        assert!(next.unwrap().0 >= LOOKED_THROUGH);
    }
}
