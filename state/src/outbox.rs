//! The outbox: how far each receiver of webhooks has come in the journal.
//!
//! ```text
//!   journal   … 40  41  42  43  44  45  46 …     each event in the batch of what it tells
//!                    ▲
//!   hook      done ──┘   next: 42, at failing.next_at
//! ```
//!
//! There is no row for each event and receiver: an event is in the journal by the commit that it tells of, and a
//! place in the journal says which of them are still owed. What makes that as good as a row is that trimming waits
//! for the slowest receiver ([`Outbox::held_after`]), up to [`HELD`](crate::HELD) events; beyond that they are let
//! go, and counted. A hook's record is written when something was delivered, failed, or long passed over.
//!
//! What a receiver did not take in three days becomes a dead letter, with the event in it, and the next one's turn
//! comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{HookId, Seq};
use crate::public::Event;

#[cfg(test)]
mod tests;

/// Most dead letters of one receiver; the oldest make room, and are counted as let go.
pub const DEAD_LETTERS_KEPT: usize = 1_000;

/// The wait after the first failure, about; it doubles with every further one …
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// … up to this.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How long an event is tried (Standard Webhooks, "Deliverability and reliability": about three days).
const GIVEN_UP_AFTER: Duration = Duration::from_hours(72);

/// The longest `Retry-After` that is believed.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// How long a receiver that is not configured any more is remembered: a slip of the hand loses nothing.
const REMEMBERED: Duration = Duration::from_hours(72);

/// How far one receiver has come, and how it goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// Which.
    pub id: HookId,
    /// Nothing up to this event is owed any more.
    pub done: Seq,
    /// Events after `done` that are not owed either: an alert that waits is overtaken by others.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ahead: BTreeSet<Seq>,
    /// Since its last success nothing was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    /// When it said that it is gone (410): nothing is sent until a person says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
    /// Since when no configuration names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<Timestamp>,
    /// The dead letters up to this event are being sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_to: Option<Seq>,
    /// What became of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Delivery>,
    /// How many events were never delivered and are not kept either.
    #[serde(default)]
    pub let_go: u64,
}

/// A run of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failing {
    /// When it began.
    pub since: Timestamp,
    /// How many there were.
    pub tries: u32,
    /// When the next attempt is made.
    pub next_at: Timestamp,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// When it ended.
    pub at: Timestamp,
    /// Which event; of several in one message the newest.
    pub seq: Seq,
    /// Whether the receiver took it.
    pub delivered: bool,
    /// How it ended, in a clause.
    pub what: String,
}

/// An event that a receiver never took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Whose.
    pub hook: HookId,
    /// When it was given up.
    pub since: Timestamp,
    /// How the last attempt ended, in a clause.
    pub what: String,
    /// What it should have got.
    pub event: Event,
}

/// What becomes of a hook in one commit.
#[derive(Debug, Clone)]
pub enum HookChange {
    /// It is so now.
    Keep {
        /// How far it has come.
        hook: Box<Hook>,
        /// Dead letters that are new.
        buried: Vec<DeadLetter>,
        /// Dead letters that are none any more.
        raised: Vec<Seq>,
    },
    /// It is not known any more.
    Forget {
        /// Which.
        id: HookId,
        /// Its dead letters.
        dead: Vec<Seq>,
    },
}

impl HookChange {
    /// Only the hook itself.
    pub fn of(hook: Hook) -> Self {
        Self::Keep { hook: Box::new(hook), buried: Vec::new(), raised: Vec::new() }
    }
}

impl Hook {
    /// A receiver that is new: it gets what comes after `done`.
    pub fn new(id: HookId, done: Seq) -> Self {
        Self {
            id,
            done,
            ahead: BTreeSet::new(),
            failing: None,
            gone_at: None,
            absent_since: None,
            replay_to: None,
            last: None,
            let_go: 0,
        }
    }

    /// Whether this event is still owed.
    pub fn owes(&self, seq: Seq) -> bool {
        seq > self.done && !self.ahead.contains(&seq)
    }

    /// These events are done with, and none up to `passed` is owed but for those in `waiting`.
    pub fn settle(&mut self, seqs: impl IntoIterator<Item = Seq>, passed: Seq, waiting: Option<Seq>) {
        self.ahead.extend(seqs);
        let done = waiting.map_or(passed, |first| Seq(first.0.saturating_sub(1)).min(passed));
        self.done = self.done.max(done);
        self.ahead = self.ahead.split_off(&self.done.next());
    }

    /// The receiver took something.
    pub fn succeeded(&mut self, at: Timestamp, seq: Seq, what: impl Into<String>) {
        (self.failing, self.gone_at) = (None, None);
        self.last = Some(Delivery { at, seq, delivered: true, what: what.into() });
    }

    /// The receiver did not take something. `asked` is how long it wants to be left alone, `spread` from 0 to 1 spreads
    /// the waits of many.
    pub fn failed(
        &mut self,
        at: Timestamp,
        seq: Seq,
        what: impl Into<String>,
        asked: Option<Duration>,
        spread: f64,
    ) {
        let Failing { since, tries, .. } =
            self.failing.unwrap_or(Failing { since: at, tries: 0, next_at: at });
        let doubled = FIRST_WAIT.saturating_mul(1 << tries.min(20)).min(LONGEST_WAIT);
        let wait = doubled.mul_f64(0.75 + spread.clamp(0.0, 1.0) / 2.0);
        let wait = wait.max(asked.unwrap_or_default().min(LONGEST_ASKED));
        self.failing = Some(Failing { since, tries: tries.saturating_add(1), next_at: later(at, wait) });
        self.last = Some(Delivery { at, seq, delivered: false, what: what.into() });
    }

    /// Whether an event of that time has been tried for long enough: three days from when it happened, or from when the
    /// receiver began to fail, whichever is later.
    pub fn gives_up(&self, event_at: Timestamp, now: Timestamp) -> bool {
        self.failing.is_some_and(|failing| {
            let from = event_at.max(failing.since);
            Duration::try_from(now.duration_since(from)).is_ok_and(|tried| tried >= GIVEN_UP_AFTER)
        })
    }

    /// What could not be delivered is out of the way: the next one's turn comes soon.
    pub fn goes_on(&mut self, now: Timestamp) {
        if let Some(failing) = &mut self.failing {
            failing.next_at = failing.next_at.min(later(now, FIRST_WAIT));
        }
    }

    /// How long to wait before the next attempt, whatever was done to the clock meanwhile.
    pub fn wait(&self, now: Timestamp) -> Duration {
        let next_at = self.failing.map_or(now, |failing| failing.next_at);
        Duration::try_from(next_at.duration_since(now)).unwrap_or_default().min(LONGEST_ASKED)
    }

    /// Whether it can be forgotten: no configuration has named it for long enough.
    pub fn is_forgettable(&self, now: Timestamp) -> bool {
        self.forgettable_in(now).is_some_and(|left| left.is_zero())
    }

    /// How long until it can be forgotten; `None` where a configuration names it.
    pub fn forgettable_in(&self, now: Timestamp) -> Option<Duration> {
        let absent = now.duration_since(self.absent_since?);
        Some(REMEMBERED.saturating_sub(Duration::try_from(absent).unwrap_or_default()))
    }

    /// Whether the journal waits for it.
    fn holds(&self) -> bool {
        self.gone_at.is_none() && self.absent_since.is_none()
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The dead letters of one receiver, oldest event first.
type Dead = BTreeMap<Seq, Arc<DeadLetter>>;

/// All receivers, as they are committed. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    hooks: BTreeMap<HookId, Hook>,
    dead: BTreeMap<HookId, Arc<Dead>>,
}

impl Outbox {
    /// Of these.
    pub fn new(hooks: Vec<Hook>, dead: Vec<DeadLetter>) -> Self {
        let hooks = hooks.into_iter().map(|hook| (hook.id.clone(), hook)).collect();
        let mut outbox = Self { hooks, dead: BTreeMap::new() };
        for letter in dead {
            outbox.bury(letter);
        }
        outbox
    }

    /// All receivers.
    pub fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.hooks.values()
    }

    /// One of them.
    pub fn hook(&self, id: &HookId) -> Option<&Hook> {
        self.hooks.get(id)
    }

    /// The dead letters of all.
    pub fn dead_letters(&self) -> impl Iterator<Item = &DeadLetter> {
        self.dead.values().flat_map(|dead| dead.values()).map(|letter| &**letter)
    }

    /// The dead letters of one receiver after the event `after`, oldest event first.
    pub fn dead_letters_of(&self, id: &HookId, after: Seq) -> impl Iterator<Item = &Arc<DeadLetter>> {
        self.dead
            .get(id)
            .into_iter()
            .flat_map(move |dead| dead.range(after.next()..).map(|(_, letter)| letter))
    }

    /// How many dead letters a receiver has.
    pub fn count_dead(&self, id: &HookId) -> usize {
        self.dead.get(id).map_or(0, |dead| dead.len())
    }

    /// What comes after this event is owed to somebody; `None` where nobody is waited for.
    pub fn held_after(&self) -> Option<Seq> {
        self.hooks.values().filter(|hook| hook.holds()).map(|hook| hook.done).min()
    }

    /// What forgets a receiver, with its dead letters.
    pub fn forgetting(&self, id: &HookId) -> HookChange {
        HookChange::Forget { id: id.clone(), dead: self.dead_seqs(id) }
    }

    /// The events of a receiver's dead letters.
    pub fn dead_seqs(&self, id: &HookId) -> Vec<Seq> {
        self.dead_letters_of(id, Seq::default()).map(|letter| letter.event.seq).collect()
    }

    /// What makes the same outbox of an empty one.
    pub(crate) fn as_changes(&self) -> impl Iterator<Item = HookChange> {
        self.hooks.values().map(|hook| HookChange::Keep {
            hook: Box::new(hook.clone()),
            buried: self.dead_letters_of(&hook.id, Seq::default()).map(|letter| (**letter).clone()).collect(),
            raised: Vec::new(),
        })
    }

    /// Takes over a change that is committed.
    pub fn apply(&mut self, change: HookChange) {
        match change {
            HookChange::Keep { hook, buried, raised } => {
                if !raised.is_empty() {
                    let dead = Arc::make_mut(self.dead.entry(hook.id.clone()).or_default());
                    dead.retain(|seq, _| !raised.contains(seq));
                }
                self.hooks.insert(hook.id.clone(), *hook);
                for letter in buried {
                    self.bury(letter);
                }
            }
            HookChange::Forget { id, dead: _ } => {
                self.hooks.remove(&id);
                self.dead.remove(&id);
            }
        }
    }

    fn bury(&mut self, letter: DeadLetter) {
        let dead = self.dead.entry(letter.hook.clone()).or_default();
        Arc::make_mut(dead).insert(letter.event.seq, Arc::new(letter));
    }
}
