//! Brings one receiver what it is owed, one message at a time, and has the driver note each step before the next.
//!
//! ```text
//!   follower ──► desk ──► post ──► taken: the place in the journal moves on
//!   (journal)   (waits)     │
//!                           ├────► not taken: again later, by the schedule of the state crate
//!                           ├────► not taken for three days: a dead letter, and on with the next
//!                           └────► gone (410): nothing more until a person says so
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use wxlogin_state::public::Event;
use wxlogin_state::{DEAD_LETTERS_KEPT, DeadLetter, Hook, HookChange, Seq};

use super::desk::{Desk, of_interest};
use super::post::{Load, Outcome, Post, Verdict};
use crate::clock::Clock;
use crate::driver::{Denied, Driver};
use crate::feed::{Filter, Follower, Step};
use crate::metrics::{Delivery, Metrics};

/// How many events may be passed over before that is written down.
const PASSED: u64 = 1_000;

/// Before the store or the journal is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Longest sleep: due times are wall-clock, and clocks are set.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Something that a person wants: dead letters sent again. The answer is how many there are.
pub(super) type Replay = oneshot::Sender<usize>;

/// The task of one receiver.
#[derive(Debug)]
pub(super) struct Courier {
    /// How it is called in the log.
    pub(super) url: String,
    pub(super) post: Arc<Post>,
    pub(super) filter: Filter,
    pub(super) desk: Desk,
    pub(super) hook: Hook,
    pub(super) driver: Driver,
    pub(super) metrics: Metrics,
    pub(super) clock: Clock,
    pub(super) follower: Follower,
    pub(super) replays: mpsc::Receiver<Replay>,
    /// How far it has come, for everybody to see; what is written down may lie up to [`PASSED`] events behind.
    pub(super) come: watch::Sender<Seq>,
}

/// The daemon ends, or the receiver is not configured any more.
struct Ended;

impl Courier {
    /// Works until `stop`. What is under way then is sent again the next time.
    /// `forgotten` are the dead letters of a receiver of the same name that was away for too long.
    pub(super) async fn run(mut self, forgotten: Vec<Seq>, stop: CancellationToken) {
        // Neither end is news.
        let _ = stop.run_until_cancelled(self.work(forgotten)).await;
    }

    async fn work(&mut self, forgotten: Vec<Seq>) -> Result<(), Ended> {
        // It is owed what happens from now on, so that is written down first.
        let hook = Box::new(self.hook.clone());
        self.change(HookChange::Keep { hook, buried: Vec::new(), raised: forgotten }).await?;
        loop {
            let act_in = self.act_in();
            tokio::select! {
                biased;
                Some(replay) = self.replays.recv() => self.replay(replay).await?,
                step = self.follower.next(), if self.desk.has_room() => self.take(step).await?,
                () = sleep(act_in.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)) => {
                    if self.act_in() == Some(Duration::ZERO) {
                        self.act().await?;
                    }
                }
            }
        }
    }

    /// How long until something is to be sent; `None` where nothing is.
    fn act_in(&self) -> Option<Duration> {
        let now = self.clock.now();
        let quota = self.desk.quota();
        if self.hook.replay_to.is_some() {
            return Some(quota);
        }
        if self.hook.gone_at.is_some() {
            return None;
        }
        Some(self.desk.next_in(now)?.max(self.hook.wait(now)).max(quota))
    }

    async fn act(&mut self) -> Result<(), Ended> {
        if let Some(to) = self.hook.replay_to {
            return self.send_again(to).await;
        }
        let Some(load) = self.desk.ready(self.clock.now()) else { return Ok(()) };
        let outcome = self.send(&load).await;
        self.settle(load, outcome).await
    }

    async fn send(&mut self, load: &Load) -> Outcome {
        let outcome = self.post.send(load, self.clock.now()).await;
        self.metrics.delivered(match outcome.verdict {
            Verdict::Delivered => Delivery::Delivered,
            Verdict::Failed(_) => Delivery::Failed,
            Verdict::Gone => Delivery::Gone,
        });
        if let Desk::Robot(_, quota) = &mut self.desk {
            quota.note(Instant::now());
        }
        outcome
    }

    /// Takes in what the journal has next.
    async fn take(&mut self, step: Result<Step, Denied>) -> Result<(), Ended> {
        match step {
            Ok(Step::Events(events)) => {
                let now = self.clock.now();
                for posted in events {
                    if !self.hook.owes(posted.seq()) {
                        continue;
                    }
                    let wanted = self.filter.lets(&posted);
                    match &mut self.desk {
                        Desk::Programs(queue) if wanted => queue.push_back(posted),
                        Desk::Programs(_) => {}
                        Desk::Robot(alerts, _) => match of_interest(&posted) {
                            Ok(Some(event)) => alerts.take_in(event, wanted, now),
                            Ok(None) => {}
                            Err(error) => self.let_go_unread(&error, posted.seq()),
                        },
                    }
                }
                let before = self.hook.done;
                self.move_on([]);
                // Most of it is of no interest to this one. The journal must not wait for it all the same.
                if self.hook.done.0 / PASSED > before.0 / PASSED { self.keep().await } else { Ok(()) }
            }
            Ok(Step::Reset(reset)) => {
                let lost = reset.oldest.0.saturating_sub(1).saturating_sub(self.hook.done.0);
                if lost > 0 {
                    error!(
                        url = self.url,
                        lost,
                        oldest = reset.oldest.0,
                        "a receiver of webhooks is so far behind that events are let go; they were trimmed from the \
                         journal"
                    );
                }
                self.hook.let_go += lost;
                self.move_on([]);
                self.keep().await
            }
            Ok(Step::TooSlow) => {
                self.follow_from(self.follower.at());
                Ok(())
            }
            Ok(Step::Ended) | Err(Denied::Stopping) => Err(Ended),
            Err(denied) => {
                debug!(error = &denied as &dyn Error, "the journal cannot be read for a webhook yet");
                sleep(AGAIN).await;
                Ok(())
            }
        }
    }

    fn let_go_unread(&mut self, error: &serde_json::Error, seq: Seq) {
        error!(
            url = self.url,
            seq = seq.0,
            error = error as &dyn Error,
            "an event cannot be read, and is let go"
        );
        self.hook.let_go += 1;
    }

    fn follow_from(&mut self, at: Seq) {
        self.follower = Follower::new(self.driver.feed(), self.driver.older(), at);
    }

    /// These are done with, and everything that was read and does not wait.
    fn move_on(&mut self, seqs: impl IntoIterator<Item = Seq>) {
        self.hook.settle(seqs, self.follower.at(), self.desk.first());
        self.come.send_replace(self.hook.done);
    }

    /// What became of an attempt.
    async fn settle(&mut self, load: Load, outcome: Outcome) -> Result<(), Ended> {
        let seqs = load.seqs();
        let newest = seqs.iter().copied().max().unwrap_or_default();
        let now = self.clock.now();
        let mut buried = Vec::new();
        match outcome.verdict {
            Verdict::Delivered => {
                self.tell_of_recovery();
                self.hook.succeeded(now, newest, outcome.what);
                self.desk.remove(&seqs);
                self.move_on(seqs);
            }
            Verdict::Gone => {
                self.hook.failed(now, newest, outcome.what, None, fastrand::f64());
                self.hook.gone_at = Some(now);
                error!(
                    url = self.url,
                    "a receiver of webhooks is gone (HTTP status 410) and gets nothing more; where that is a \
                     mistake: wxloginctl webhooks --replay"
                );
            }
            Verdict::Failed(asked) => {
                self.tell_of_failure(&outcome.what, newest);
                self.hook.failed(now, newest, outcome.what.clone(), asked, fastrand::f64());
                if self.hook.gives_up(load.at(), now) {
                    warn!(
                        url = self.url,
                        seq = newest.0,
                        events = seqs.len(),
                        what = outcome.what,
                        "a receiver of webhooks did not take this in three days: it is a dead letter now, see \
                         wxloginctl webhooks"
                    );
                    self.metrics.delivered(Delivery::DeadLetter);
                    self.desk.remove(&seqs);
                    self.move_on(seqs);
                    self.hook.goes_on(now);
                    match load.into_events() {
                        Ok(events) => {
                            let dead = |event| self.dead_letter(event, &outcome.what);
                            buried = events.into_iter().map(dead).collect();
                        }
                        Err(error) => self.let_go_unread(&error, newest),
                    }
                }
            }
        }
        self.bury(buried).await
    }

    fn dead_letter(&self, event: Event, what: &str) -> DeadLetter {
        DeadLetter { hook: self.hook.id.clone(), since: self.clock.now(), what: what.to_owned(), event }
    }

    /// Writes down how far it has come, with these dead letters; the oldest of too many are let go.
    async fn bury(&mut self, buried: Vec<DeadLetter>) -> Result<(), Ended> {
        let outbox = self.driver.outbox();
        let too_many = (outbox.count_dead(&self.hook.id) + buried.len()).saturating_sub(DEAD_LETTERS_KEPT);
        let too_many = if buried.is_empty() { 0 } else { too_many };
        let oldest = outbox.dead_letters_of(&self.hook.id, Seq::default()).take(too_many);
        let raised: Vec<Seq> = oldest.map(|letter| letter.event.seq).collect();
        if !raised.is_empty() {
            warn!(
                url = self.url,
                lost = raised.len(),
                "the oldest dead letters are let go: there are too many"
            );
            self.hook.let_go += raised.len() as u64;
        }
        self.change(HookChange::Keep { hook: Box::new(self.hook.clone()), buried, raised }).await
    }

    async fn keep(&mut self) -> Result<(), Ended> {
        self.change(HookChange::of(self.hook.clone())).await
    }

    /// Has it written, however long that takes: what is not written down is done again, and never forgotten.
    async fn change(&mut self, mut change: HookChange) -> Result<(), Ended> {
        loop {
            match self.driver.change_hook(change.clone()).await {
                Ok(()) => return Ok(()),
                Err(Denied::Stopping) => return Err(Ended),
                Err(Denied::TooLarge(error)) => {
                    let HookChange::Keep { hook, buried, raised } = change else { return Ok(()) };
                    error!(
                        url = self.url,
                        error = &*error as &dyn Error,
                        "a dead letter does not fit, and is let go"
                    );
                    self.hook.let_go += buried.len() as u64;
                    let hook = Box::new(Hook { let_go: self.hook.let_go, ..*hook });
                    change = HookChange::Keep { hook, buried: Vec::new(), raised };
                }
                Err(denied) => {
                    debug!(error = &denied as &dyn Error, "how far a webhook has come cannot be written yet");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// A person wants the dead letters sent again, and the receiver called again where it was gone.
    async fn replay(&mut self, reply: Replay) -> Result<(), Ended> {
        let outbox = self.driver.outbox();
        let dead = outbox.dead_letters_of(&self.hook.id, Seq::default());
        self.hook.replay_to = dead.last().map(|letter| letter.event.seq);
        self.hook.gone_at = None;
        if let Some(failing) = &mut self.hook.failing {
            failing.next_at = self.clock.now();
        }
        self.keep().await?;
        // Whoever asked may have left.
        let _ = reply.send(outbox.count_dead(&self.hook.id));
        Ok(())
    }

    /// The oldest dead letter up to `to` once more. Where it is not taken the others stay as well.
    async fn send_again(&mut self, to: Seq) -> Result<(), Ended> {
        let outbox = self.driver.outbox();
        let oldest = outbox.dead_letters_of(&self.hook.id, Seq::default()).next();
        let Some(letter) = oldest.filter(|letter| letter.event.seq <= to) else {
            info!(url = self.url, "all dead letters were taken");
            self.hook.replay_to = None;
            return self.keep().await;
        };
        let (seq, event) = (letter.event.seq, letter.event.clone());
        let outcome = self.send(&self.post.load(event)).await;
        let now = self.clock.now();
        if outcome.verdict == Verdict::Delivered {
            self.tell_of_recovery();
            self.hook.succeeded(now, seq, outcome.what);
            let hook = Box::new(self.hook.clone());
            return self.change(HookChange::Keep { hook, buried: Vec::new(), raised: vec![seq] }).await;
        }
        warn!(
            url = self.url,
            seq = seq.0,
            what = outcome.what,
            "a dead letter is not taken this time either"
        );
        self.hook.replay_to = None;
        let asked = if let Verdict::Failed(asked) = outcome.verdict { asked } else { None };
        self.hook.gone_at = (outcome.verdict == Verdict::Gone).then_some(now);
        self.hook.failed(now, seq, outcome.what, asked, fastrand::f64());
        self.keep().await
    }

    fn tell_of_recovery(&self) {
        if let Some(failing) = self.hook.failing {
            info!(url = self.url, since = %failing.since, tries = failing.tries, "a receiver of webhooks takes events again");
        }
    }

    fn tell_of_failure(&self, what: &str, seq: Seq) {
        if let Some(failing) = self.hook.failing {
            debug!(url = self.url, seq = seq.0, what, tries = failing.tries, "it is not taken now either");
        } else {
            warn!(url = self.url, seq = seq.0, what, "a receiver of webhooks does not take an event yet");
        }
    }
}
