//! The driver's loop: one round after another until it is told to stop.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{error, info};
use wxlogin_state::{Fleet, Input, Outbox, PlatformKey, Seq, StateName, TokenId, WId, WcId, export};

use super::answer::Answer;
use super::begin::Beginnings;
use super::duties::Duties;
use super::exporting::{Committed, Exporting};
use super::handle::{Denied, Driver, Figures, Message};
use super::journal::Journal;
use super::keeper::{Keeper, Reopened};
use super::relogins::Relogins;
use super::shelf::Shelf;
use super::tokens::Tokens;
use super::turn::{Staged, Turn};
use super::vault::Vault;
use super::watch::Watch;
use crate::clock::Clock;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::platform::{Pace, Platform, Systems};
use crate::view::View;

mod accounts;
mod counted;
mod messages;
mod publish;
mod rekey;
mod tokens;
mod told;

use told::{log_notice, log_token_notice};

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

/// How long a stop waits for refreshes that are out: a pair that the system has given, and that nobody notes, may be
/// the only one there is. The daemon's end is given more than that.
pub(crate) const DRAIN_WITHIN: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 3 });

/// What the driver stands on.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) inbox: mpsc::Receiver<Message>,
    pub(super) keeper: Keeper,
    pub(super) vault: Vault,
    pub(super) last_seq: Seq,
    pub(super) fleet: Fleet,
    pub(super) shelf: Shelf,
    pub(super) platform_key: Option<PlatformKey>,
    pub(super) view: Arc<View>,
    pub(super) feed: Arc<Feed>,
    pub(super) driver: Driver,
    pub(super) figures: Arc<Figures>,
    pub(super) clock: Clock,
    pub(super) tasks: TaskTracker,
    pub(super) metrics: Metrics,
}

/// The driver at work.
#[derive(Debug)]
pub(super) struct Rounds {
    ground: Ground,
    duties: Duties,
    beginnings: Beginnings,
    relogins: Relogins,
    watch: Watch,
    tokens: Tokens,
    exporting: Exporting,
    journal: Journal,
    runtime: Handle,
    /// Accounts that are still to be looked through.
    to_review: VecDeque<WcId>,
    /// Logins in flight whose deadlines may have been set by another clock.
    to_recheck: VecDeque<WId>,
    /// Tokens that are still to be looked through …
    tokens_to_review: VecDeque<TokenId>,
    /// … and those of which it is to be seen what must be going on, though they may not have changed.
    to_settle: Vec<TokenId>,
    /// Tokens of which it came in this round what became of their refresh, and whether it could be taken in.
    refreshed: Vec<(TokenId, bool)>,
    /// Accounts that are to be called for but cannot be now, and why not.
    put_off: Vec<(WcId, String)>,
    /// The time of day as it was last read.
    seen: Timestamp,
    commits: u64,
    next_tidy: Instant,
    deadlines_from: Instant,
    /// Told to stop; what is waited for is not waited for any longer than this.
    stopping: Option<Instant>,
}

impl Rounds {
    pub(super) fn new(ground: Ground, platform: Platform, systems: Systems, runtime: Handle) -> Self {
        let (driver, tasks) = (ground.driver.clone(), ground.tasks.clone());
        Self {
            duties: Duties::new(platform.clone(), driver.clone(), tasks.clone()),
            relogins: Relogins::new(platform.clone(), driver.clone(), tasks.clone()),
            watch: Watch::new(platform.clone(), driver.clone(), tasks.clone(), ground.figures.check_interval),
            tokens: Tokens::new(systems, driver.clone(), tasks.clone()),
            beginnings: Beginnings::new(platform, driver, tasks),
            exporting: Exporting::new(ground.keeper.export(), runtime.clone()),
            journal: Journal::default(),
            to_review: VecDeque::new(),
            to_recheck: VecDeque::new(),
            tokens_to_review: VecDeque::new(),
            to_settle: Vec::new(),
            refreshed: Vec::new(),
            put_off: Vec::new(),
            seen: ground.clock.now(),
            commits: 0,
            ground,
            runtime,
            next_tidy: Instant::now(),
            deadlines_from: Instant::now(),
            stopping: None,
        }
    }

    pub(super) fn run(mut self) {
        self.resume();
        let mut messages = Vec::with_capacity(ROUND);
        while self.wait(&mut messages) {
            if messages.iter().any(|message| matches!(message, Message::Stop)) {
                self.stopping = Some(Instant::now() + DRAIN_WITHIN);
                self.tokens.drain();
                self.watch.drain();
            }
            self.close_if_drained();
            if let Reopened::Damaged = self.reopen() {
                error!("ending, so that the next start restores the store from its export");
                break;
            }
            self.round(messages.drain(..));
            self.close_if_drained();
        }
        self.duties.stop();
        self.beginnings.stop();
        self.relogins.stop();
        self.watch.stop();
        self.tokens.stop();
        self.ground.feed.end();
        self.exporting.finish(committed(&self.ground, &self.ground.shelf.committed(), self.commits));
    }

    /// Where the driver is to stop: what is in the inbox is done, and nothing more comes in.
    fn close_if_drained(&mut self) {
        if self.stopping.is_some_and(|until| !self.tokens.are_out() || until <= Instant::now()) {
            self.ground.inbox.close();
        }
    }

    /// Takes up what was in flight, and has every account looked through. Not all at once: the platform sees a
    /// trickle, not a flood.
    fn resume(&mut self) {
        self.to_review = self.ground.view.everybody().into();
        self.review_tokens();
        let in_flight = self.ground.view.in_flight();
        self.to_recheck = in_flight.iter().map(|session| session.w_id.clone()).collect();
        let step = resume_step(in_flight.len());
        for (n, session) in (0..).zip(&in_flight) {
            self.duties.settle(session, step * n);
        }
        if !in_flight.is_empty() {
            info!(logins = in_flight.len(), "logins in flight are resumed");
        }
    }

    /// Waits for a message, the end of an export or the next due time, whichever comes first; false once the inbox is closed and empty.
    fn wait(&mut self, messages: &mut Vec<Message>) -> bool {
        let draining = self.stopping.map(|until| until.saturating_duration_since(Instant::now()));
        let sleep = draining.map_or(self.until_next_due(), |rest| rest.min(self.until_next_due()));
        let exported = self.exporting.written();
        let inbox = &mut self.ground.inbox;
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                received = inbox.recv_many(messages, ROUND) => received > 0,
                () = exported.notified() => true,
                () = tokio::time::sleep(sleep) => true,
            }
        })
    }

    fn until_next_due(&self) -> Duration {
        if self.journal.is_wanted() {
            return Duration::ZERO;
        }
        if let Some(reopen_at) = self.ground.keeper.reopen_at() {
            return reopen_at.saturating_duration_since(Instant::now());
        }
        if self.ground.vault.is_sealing() || !self.put_off.is_empty() {
            return Duration::ZERO;
        }
        if self.stopping.is_some() {
            // Nothing that is due is done any more.
            return LONGEST_SLEEP;
        }
        let is_reviewing = !self.to_review.is_empty() || !self.tokens_to_review.is_empty();
        if is_reviewing || !self.to_recheck.is_empty() {
            return Duration::ZERO;
        }
        let now = self.ground.clock.now();
        let until = |due: Timestamp| {
            Duration::try_from(due.duration_since(now))
                .unwrap_or(Duration::ZERO)
                .max(self.deadlines_from.saturating_duration_since(Instant::now()))
        };
        let relogins = self.relogins.agenda.next().filter(|_| self.watch.has_looked());
        let list = self.watch.next_list().map(|at| at.saturating_duration_since(Instant::now()));
        let due =
            [self.duties.agenda.next(), relogins, self.tokens.agenda.next()].into_iter().flatten().map(until);
        due.chain(list).min().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    /// One round: step everything, commit once, then show, act and answer.
    fn round(&mut self, messages: impl Iterator<Item = Message>) {
        let now = self.ground.clock.now();
        let view = self.ground.view.clone();
        let figures = self.ground.figures.clone();
        let mut turn = Turn::new(&view, &figures, self.ground.fleet.clone(), now, self.ground.last_seq);
        self.note_time(now);
        let (mut answers, mut reviewed) = (Vec::new(), Vec::new());
        for message in messages {
            answers.extend(self.take(message, &mut turn));
        }
        if self.ground.keeper.is_writable() {
            // Also at the end: their records must not say that a call is out.
            self.take_put_off(&mut turn);
        }
        // What is due while the driver waits for its end is for the next start: a call that begins now is cut off.
        if self.ground.keeper.is_writable() && self.stopping.is_none() {
            self.recheck(&mut turn);
            // Figures that came in this round hold from the next one on, and what they change is seen then.
            if Arc::ptr_eq(&figures, &self.ground.figures) {
                reviewed = self.review(&mut turn);
            }
            self.take_due(now, &mut turn);
            self.take_due_tokens(now, &mut turn);
            self.tidy(now, &mut turn);
        }
        let staged = turn.finish();
        let Staged {
            batch,
            events,
            changes,
            fleet,
            notices,
            token_notices,
            seal,
            acts,
            platform_key,
            hook_changes,
            last_seq,
        } = staged;
        let tokens: Vec<TokenId> = changes.tokens.iter().map(|token| token.id.clone()).collect();
        let tokens: Vec<TokenId> =
            tokens.into_iter().chain(changes.forgotten_tokens.iter().cloned()).collect();
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
            self.ground.fleet = fleet;
            self.ground.platform_key = platform_key.or(self.ground.platform_key.take());
            self.commits += u64::from(!batch.is_empty());
            self.ground.vault.seal = seal.or(self.ground.vault.seal.take());
            self.ground.shelf.take_over(hook_changes, &mut self.ground.keeper);
            notices.iter().for_each(log_notice);
            token_notices.iter().for_each(log_token_notice);
            self.publish(changes, &reviewed);
            self.ground.metrics.happened(&events);
            self.ground.feed.publish(events);
            for act in acts {
                self.watch.question(act, &view);
            }
        }
        self.settle_tokens(&tokens, &committed, now);
        self.rekey();
        // What this round has made of the accounts is not news to a list that is asked for now.
        if self.ground.keeper.is_writable() {
            self.watch.look_if_due();
        }
        for answer in answers {
            answer.send(&self.ground.view, &committed);
        }
        self.journal.read_one(&self.ground.keeper);
    }

    /// Steps sessions whose deadline has passed.
    fn take_due(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        if Instant::now() < self.deadlines_from {
            return;
        }
        for w_id in self.duties.agenda.due(now, ROUND) {
            if let Err(denied) = turn.apply(&w_id, Input::DeadlinePassed) {
                error!(wId = %w_id, error = &denied as &dyn Error, "a deadline cannot be kept");
                self.duties.agenda.set(&w_id, None);
            }
        }
        self.take_due_accounts(now, turn);
    }

    /// What is not urgent: exports, polls that were lost, sessions that were dropped long ago, links that are over.
    fn tidy(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        if Instant::now() < self.next_tidy {
            return;
        }
        self.next_tidy = Instant::now() + TIDY_EVERY;
        let Ground { view, figures, .. } = &self.ground;
        self.exporting.run_if_due(committed(&self.ground, &self.ground.shelf.committed(), self.commits));
        self.duties.revive(view);
        self.ground.keeper.note_size();
        let too_many = view.count(StateName::Dropped).saturating_sub(DROPPED_KEPT);
        for (n, (dropped_at, w_id)) in view.dropped_first(FORGET_AT_ONCE).into_iter().enumerate() {
            let age = Duration::try_from(now.duration_since(dropped_at)).unwrap_or_default();
            if n < too_many || age > figures.keep_dropped {
                turn.forget(&w_id);
            }
        }
        turn.forget_links(FORGET_AT_ONCE);
    }

    /// After a failed write: opens the store again and takes what it holds for what is true.
    fn reopen(&mut self) -> Reopened {
        match self.ground.keeper.reopen() {
            Reopened::Writable(contents) => {
                // The one that failed may be there after all: no export from before is known to have it.
                self.commits += 1;
                self.ground.last_seq = contents.last_seq;
                self.ground.feed.go_on_from(contents.last_seq);
                self.ground.fleet = contents.fleet;
                self.ground.shelf.replace(contents.outbox);
                self.ground.platform_key = contents.platform_key;
                self.ground.vault.seal = contents.seal;
                self.ground.vault.begin_anew();
                self.ground.view.replace(contents.sessions, contents.accounts, contents.tokens);
                self.ground.view.links.replace(contents.links);
                self.duties.retain(&self.ground.view);
                self.deadlines_from = Instant::now() + ANSWERS_FIRST;
                self.watch.look_afresh(&self.ground.view);
                self.resume();
                Reopened::NotYet
            }
            other => other,
        }
    }
}

/// What an export is made of.
fn committed<'a>(ground: &'a Ground, outbox: &'a Outbox, commits: u64) -> Committed<'a> {
    let Ground { view, vault, platform_key, fleet, last_seq, .. } = ground;
    let host = export::Host {
        platform_key: platform_key.as_ref(),
        seal: vault.seal.as_ref(),
        outbox,
        fleet,
        last_seq: *last_seq,
    };
    Committed { view, host, commits }
}

/// The distance between two resumed long-polls of `count`.
pub(super) fn resume_step(count: usize) -> Duration {
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    RESUME_EVERY.min(RESUME_WITHIN / count)
}
