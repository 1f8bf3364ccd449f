//! The driver's loop: one round after another until it is told to stop.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use wxlogin_state::{DropReason, Input, PlatformKey, Seq, State, StateName};

use super::answer::Answer;
use super::begin::Beginnings;
use super::duties::Duties;
use super::exporting::Exporting;
use super::handle::{Denied, Driver, Figures, Message};
use super::keeper::{Keeper, Reopened};
use super::turn::{Staged, Turn};
use crate::clock::Clock;
use crate::platform::{Pace, Platform};
use crate::view::{Changes, SessionEntry, View};

/// Most messages, and most deadlines, in one round: bounds the commit, and how long the first waits for the last.
const ROUND: usize = 1024;

/// Longest sleep. Due times are wall-clock: after a jump of the clock or a suspended host, everything due is
/// found within this time.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Resumed long-polls start at this distance from each other …
const RESUME_EVERY: Duration = Duration::from_millis(5);

/// … but all within this time.
const RESUME_WITHIN: Duration = Duration::from_secs(5);

/// How long no deadline is kept once the store can be written again: an answer that was given meanwhile is
/// offered at [`Pace`], and goes before a deadline that passed meanwhile.
const ANSWERS_FIRST: Duration =
    if cfg!(test) { Duration::from_secs(2) } else { Pace::LONGEST.saturating_add(Duration::from_secs(1)) };

/// How often what is not urgent is looked after.
pub(super) const TIDY_EVERY: Duration =
    if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(30) };

/// Most dropped sessions that stay known, however young: what a runaway client can make the store hold.
const DROPPED_KEPT: usize = 50_000;

/// Most sessions forgotten in one round.
const FORGET_AT_ONCE: usize = 1_000;

/// What the driver stands on.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) inbox: mpsc::Receiver<Message>,
    pub(super) keeper: Keeper,
    pub(super) last_seq: Seq,
    pub(super) platform_key: Option<PlatformKey>,
    pub(super) view: Arc<View>,
    pub(super) driver: Driver,
    pub(super) figures: Figures,
    pub(super) clock: Clock,
    pub(super) tasks: TaskTracker,
}

/// The driver at work.
#[derive(Debug)]
pub(super) struct Rounds {
    ground: Ground,
    duties: Duties,
    beginnings: Beginnings,
    exporting: Exporting,
    runtime: Handle,
    next_tidy: Instant,
    deadlines_from: Instant,
    stopping: bool,
}

impl Rounds {
    pub(super) fn new(ground: Ground, platform: Platform, runtime: Handle) -> Self {
        let (driver, tasks) = (ground.driver.clone(), ground.tasks.clone());
        Self {
            duties: Duties::new(platform.clone(), driver.clone(), tasks.clone()),
            beginnings: Beginnings::new(platform, driver, tasks),
            exporting: Exporting::new(ground.keeper.export(), runtime.clone()),
            ground,
            runtime,
            next_tidy: Instant::now(),
            deadlines_from: Instant::now(),
            stopping: false,
        }
    }

    pub(super) fn run(mut self) {
        self.resume();
        let mut messages = Vec::with_capacity(ROUND);
        while self.wait(&mut messages) {
            if messages.iter().any(|message| matches!(message, Message::Stop)) {
                // What is in the inbox is done, and nothing more comes in.
                self.stopping = true;
                self.ground.inbox.close();
            }
            if let Reopened::Damaged = self.reopen() {
                error!("ending, so that the next start restores the store from its export");
                break;
            }
            self.round(messages.drain(..));
        }
        self.duties.stop();
        self.beginnings.stop();
        self.exporting.finish(self.ground.last_seq, &self.ground.view, self.ground.platform_key.as_ref());
    }

    /// Takes up what was in flight. Not all at once: the platform sees a trickle, not a flood.
    fn resume(&mut self) {
        let in_flight = self.ground.view.in_flight();
        let step = resume_step(in_flight.len());
        for (n, session) in (0..).zip(&in_flight) {
            self.duties.settle(session, step * n);
        }
        if !in_flight.is_empty() {
            info!(logins = in_flight.len(), "logins in flight are resumed");
        }
    }

    /// Waits for a message or the next due time, whichever comes first; false once the inbox is closed and empty.
    fn wait(&mut self, messages: &mut Vec<Message>) -> bool {
        let sleep = self.until_next_due();
        let inbox = &mut self.ground.inbox;
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                received = inbox.recv_many(messages, ROUND) => received > 0,
                () = tokio::time::sleep(sleep) => true,
            }
        })
    }

    fn until_next_due(&self) -> Duration {
        if let Some(reopen_at) = self.ground.keeper.reopen_at() {
            return reopen_at.saturating_duration_since(Instant::now());
        }
        let Some(due) = self.duties.next_due() else { return LONGEST_SLEEP };
        let due = due.duration_since(self.ground.clock.now());
        Duration::try_from(due)
            .unwrap_or(Duration::ZERO)
            .max(self.deadlines_from.saturating_duration_since(Instant::now()))
            .min(LONGEST_SLEEP)
    }

    /// One round: step everything, commit once, then show, act and answer.
    fn round(&mut self, messages: impl Iterator<Item = Message>) {
        let now = self.ground.clock.now();
        let view = self.ground.view.clone();
        let rules = self.ground.figures.rules.clone();
        let mut turn = Turn::new(&view, &rules, now, self.ground.last_seq);
        let mut answers = Vec::new();
        for message in messages {
            answers.extend(self.take(message, &mut turn));
        }
        if self.ground.keeper.is_writable() {
            self.take_due(now, &mut turn);
            self.tidy(now, &mut turn);
        }
        let Staged { batch, changes, platform_key, last_seq } = turn.finish();
        let keeper = &mut self.ground.keeper;
        let written = if !batch.is_empty() {
            keeper.commit(&batch)
        } else if answers.iter().any(Answer::vouches_for_a_write) {
            keeper.prove_writable()
        } else {
            Ok(())
        };
        let committed = written.map_err(Denied::Unwritable);
        if committed.is_ok() {
            self.ground.last_seq = last_seq;
            self.ground.platform_key = platform_key.or(self.ground.platform_key.take());
            self.publish(changes);
        }
        for answer in answers {
            answer.send(&self.ground.view, &committed);
        }
    }

    fn take(&mut self, message: Message, turn: &mut Turn<'_>) -> Option<Answer> {
        match message {
            Message::Input { w_id, input, reply } => {
                let applied = turn.apply(&w_id, input);
                Some(Answer::Session(reply, applied.map(|()| w_id)))
            }
            Message::Begin { request, reply } => {
                let (open, most) = (self.open_for_logins(), self.ground.figures.max_in_flight);
                self.beginnings.begin(request, reply, open, most, turn)
            }
            Message::Issued(issued) => self.beginnings.issued(issued, turn),
            Message::KeepKey { key, reply } => Some(Answer::Done(reply, turn.keep_key(key))),
            Message::Figures(figures) => {
                self.ground.figures = figures;
                None
            }
            Message::Ping(reply) => Some(Answer::Done(reply, Ok(()))),
            Message::Stop => None,
        }
    }

    /// Whether a login may be begun now.
    fn open_for_logins(&self) -> Result<(), Denied> {
        if self.stopping {
            return Err(Denied::Stopping);
        }
        if !self.ground.keeper.is_writable() {
            // A QR that cannot be noted would be a login nobody knows of.
            return Err(Denied::Unwritable(self.ground.keeper.read_only()));
        }
        Ok(())
    }

    /// Steps sessions whose deadline has passed.
    fn take_due(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        if Instant::now() < self.deadlines_from {
            return;
        }
        for w_id in self.duties.due(now, ROUND) {
            if let Err(denied) = turn.apply(&w_id, Input::DeadlinePassed) {
                error!(wId = %w_id, error = &denied as &dyn Error, "a deadline cannot be kept");
                self.duties.forget_deadline(&w_id);
            }
        }
    }

    /// What is not urgent: exports, polls that were lost, sessions that were dropped long ago.
    fn tidy(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        if Instant::now() < self.next_tidy {
            return;
        }
        self.next_tidy = Instant::now() + TIDY_EVERY;
        let Ground { view, platform_key, last_seq, figures, .. } = &self.ground;
        self.exporting.run_if_due(*last_seq, view, platform_key.as_ref());
        self.duties.revive(view);
        let too_many = view.count(StateName::Dropped).saturating_sub(DROPPED_KEPT);
        for (n, (dropped_at, w_id)) in view.dropped_first(FORGET_AT_ONCE).into_iter().enumerate() {
            let age = Duration::try_from(now.duration_since(dropped_at)).unwrap_or_default();
            if n < too_many || age > figures.keep_dropped {
                turn.forget(&w_id);
            }
        }
    }

    fn publish(&mut self, changes: Changes) {
        let stepped = changes.sessions.clone();
        self.ground.view.publish(changes);
        stepped.iter().for_each(log_transition);
        // Only a session's last value says what must be going on.
        let mut settled = HashSet::new();
        for session in stepped.iter().rev().filter(|session| settled.insert(&session.w_id)) {
            self.duties.settle(session, Duration::ZERO);
        }
    }

    /// After a failed write: opens the store again and takes what it holds for what is true.
    fn reopen(&mut self) -> Reopened {
        match self.ground.keeper.reopen() {
            Reopened::Writable(contents) => {
                self.ground.last_seq = contents.last_seq;
                self.ground.platform_key = contents.platform_key;
                self.ground.view.replace(contents.sessions, contents.accounts);
                self.duties.retain(&self.ground.view);
                self.deadlines_from = Instant::now() + ANSWERS_FIRST;
                self.resume();
                Reopened::NotYet
            }
            other => other,
        }
    }
}

/// The distance between two resumed long-polls of `count`.
pub(super) fn resume_step(count: usize) -> Duration {
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    RESUME_EVERY.min(RESUME_WITHIN / count)
}

fn log_transition(session: &Arc<SessionEntry>) {
    let (w_id, state) = (&session.w_id, session.state.name());
    let wc_id = session.wc_id.as_ref().map(tracing::field::display);
    let why = session.history.last().map_or("", |transition| &transition.why);
    match &session.state {
        State::Dropped { drop, .. } if drop.reason == DropReason::Failed => {
            warn!(wId = %w_id, wcId = wc_id, state = %state, why, "session changed");
        }
        _ => info!(wId = %w_id, wcId = wc_id, state = %state, why, "session changed"),
    }
}
