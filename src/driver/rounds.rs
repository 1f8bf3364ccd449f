//! The driver's loop: one round after another until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use wxlogin_state::{DropReason, Input, Issued as Start, PlatformKey, Seq, Session, State, StateName, WId};

use super::begin::{Beginnings, Issued, Ticket, denied, refuse};
use super::exporting::Exporting;
use super::keeper::Keeper;
use super::turn::{Staged, Turn};
use super::{Begun, Denied, Driver, LoginRequest, Message, Opened, Remaining, Reply};
use crate::duties::Duties;
use crate::platform::{Platform, QrRequest};
use crate::view::{Changes, SessionEntry, SessionFilter, View};

/// Most messages in one round: bounds the commit, and how long the first of them waits for the last.
const ROUND: usize = 1024;

/// Longest sleep. Due times are wall-clock: after a jump of the clock or a suspended host, everything due is
/// found within this time.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Resumed long-polls start at this distance from each other …
const RESUME_EVERY: Duration = Duration::from_millis(5);

/// … but all within this time.
const RESUME_WITHIN: Duration = Duration::from_secs(5);

/// Most dropped sessions that stay known, however young: what a runaway client can make the store hold.
const DROPPED_KEPT: usize = 50_000;

/// Most sessions forgotten in one round.
const FORGET_AT_ONCE: usize = 1_000;

/// The driver at work.
#[derive(Debug)]
pub(super) struct Rounds {
    inbox: mpsc::Receiver<Message>,
    keeper: Keeper,
    last_seq: Seq,
    view: Arc<View>,
    driver: Driver,
    parts: Remaining,
    platform: Platform,
    duties: Duties,
    beginnings: Beginnings,
    /// Ends the requests for a QR that are still out when the driver ends.
    end: CancellationToken,
    runtime: Handle,
    next_tidy: Timestamp,
    exporting: Exporting,
    platform_key: Option<PlatformKey>,
}

/// Who hears what became of a round, once it is committed.
enum Answer {
    Session(Reply<Arc<SessionEntry>>, WId),
    /// The first of these has begun it, the others have joined.
    Begun(Vec<Reply<Begun>>, WId),
    /// It was on its way already.
    Joined(Reply<Begun>, WId),
    Done(Reply<()>),
}

impl Rounds {
    pub(super) fn new(opened: Opened, platform: Platform, runtime: Handle) -> Self {
        let Opened { view, driver, inbox, keeper, last_seq, parts, platform_key } = opened;
        let duties = Duties::new(platform.clone(), driver.clone(), parts.tasks.clone());
        Self {
            inbox,
            exporting: Exporting::new(keeper.export()),
            platform_key,
            keeper,
            last_seq,
            view,
            driver,
            parts,
            platform,
            duties,
            beginnings: Beginnings::default(),
            end: CancellationToken::new(),
            runtime,
            next_tidy: Timestamp::MIN,
        }
    }

    pub(super) fn run(mut self) {
        self.resume();
        let mut messages = Vec::with_capacity(ROUND);
        let mut going_on = true;
        while going_on {
            self.wait(&mut messages);
            going_on = !messages.iter().any(|message| matches!(message, Message::Stop));
            self.reopen();
            self.round(messages.drain(..));
        }
        self.duties.stop();
        self.end.cancel();
        self.exporting.finish(self.last_seq, &self.view, self.platform_key.as_ref());
    }

    /// Takes up what was in flight. Not all at once: the platform sees a trickle, not a flood.
    fn resume(&mut self) {
        let in_flight = self.view.in_flight();
        let count = u32::try_from(in_flight.len()).unwrap_or(u32::MAX).max(1);
        let step = RESUME_EVERY.min(RESUME_WITHIN / count);
        for (n, session) in (0..).zip(&in_flight) {
            self.duties.settle(session, step * n);
        }
        if !in_flight.is_empty() {
            info!(logins = in_flight.len(), "logins in flight are resumed");
        }
    }

    /// Waits for a message or the next due time, whichever comes first.
    fn wait(&mut self, messages: &mut Vec<Message>) {
        let sleep = self.until_next_due();
        let inbox = &mut self.inbox;
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                received = inbox.recv_many(messages, ROUND) => {
                    // The driver holds a handle of its own, so the inbox cannot be closed.
                    debug_assert!(received > 0);
                }
                () = tokio::time::sleep(sleep) => {}
            }
        });
    }

    fn until_next_due(&self) -> Duration {
        let due = match self.keeper.reopen_at() {
            Some(reopen_at) => Some(reopen_at),
            None => self.duties.next_due(),
        };
        let now = self.parts.clock.now();
        due.map_or(LONGEST_SLEEP, |due| {
            Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO).min(LONGEST_SLEEP)
        })
    }

    /// One round: step everything, commit once, then show, act and answer.
    fn round(&mut self, messages: impl Iterator<Item = Message>) {
        let now = self.parts.clock.now();
        let view = self.view.clone();
        let rules = self.parts.figures.rules;
        let mut turn = Turn::new(&view, &rules, now, self.last_seq);
        let mut answers = Vec::new();
        for message in messages {
            answers.extend(self.take(message, &mut turn));
        }
        if self.keeper.is_writable() {
            self.take_due(now, &mut turn);
            self.tidy(now, &mut turn);
        }
        let Staged { batch, changes, last_seq } = turn.finish();
        let written = if !batch.is_empty() {
            self.keeper.commit(&batch, now)
        } else if answers.iter().any(|answer| matches!(answer, Answer::Done(_))) {
            self.keeper.prove_writable(now)
        } else {
            Ok(())
        };
        let committed = written.map_err(Denied::Unwritable);
        if committed.is_ok() {
            self.last_seq = last_seq;
            self.publish(changes);
        }
        for answer in answers {
            self.answer(answer, &committed);
        }
    }

    fn take(&mut self, message: Message, turn: &mut Turn<'_>) -> Option<Answer> {
        match message {
            Message::Input { w_id, input, reply } => match turn.apply(&w_id, input) {
                Ok(()) => Some(Answer::Session(reply, w_id)),
                Err(denied) => deny(reply, denied),
            },
            Message::Begin { request, reply } => self.begin(request, reply, turn),
            Message::Issued(issued) => self.issued(issued, turn),
            Message::KeepKey { key, reply } => match turn.keep_key(&key) {
                Ok(()) => {
                    self.platform_key = Some(key);
                    Some(Answer::Done(reply))
                }
                Err(denied) => deny(reply, denied),
            },
            Message::Figures(figures) => {
                self.parts.figures = figures;
                None
            }
            Message::Ping(reply) => Some(Answer::Done(reply)),
            Message::Stop => None,
        }
    }

    /// Begins a login, joins one that is on its way, or says why not.
    fn begin(&mut self, request: LoginRequest, reply: Reply<Begun>, turn: &Turn<'_>) -> Option<Answer> {
        if !self.keeper.is_writable() {
            // A QR that cannot be noted would be a login nobody knows of.
            return deny(reply, Denied::Unwritable(self.keeper.read_only()));
        }
        if let Some(wc_id) = &request.wc_id {
            for session in turn.live_sessions(wc_id) {
                if session.state.name().is_in_flight() {
                    return Some(Answer::Joined(reply, session.w_id.clone()));
                }
                if !request.force {
                    let (wc_id, w_id) = (wc_id.clone(), session.w_id.clone());
                    return deny(reply, Denied::AlreadyOnline { wc_id, w_id });
                }
            }
        }
        let reply = match self.beginnings.join(&request, reply) {
            Ok(()) => return None,
            Err(reply) => reply,
        };
        let in_flight = self.view.count_in_flight() + self.beginnings.len();
        if in_flight >= self.parts.figures.max_in_flight {
            return deny(reply, Denied::TooMany(in_flight));
        }
        let qr_request =
            QrRequest { wc_id: request.wc_id.clone(), device: request.device, proxy: request.proxy.clone() };
        let ticket = self.beginnings.start(request, reply);
        self.fetch_qr(ticket, qr_request);
        None
    }

    fn fetch_qr(&self, ticket: Ticket, request: QrRequest) {
        let (platform, inbox) = (self.platform.clone(), self.driver.inbox.clone());
        let fetch = async move {
            let result = platform.issue_qr(&request).await;
            // A driver that has ended has told everybody who waits.
            let _ = inbox.send(Message::Issued(Issued { ticket, result })).await;
        };
        let end = self.end.clone();
        self.parts.tasks.spawn(async move { end.run_until_cancelled(fetch).await });
    }

    fn issued(&mut self, issued: Issued, turn: &mut Turn<'_>) -> Option<Answer> {
        let beginning = self.beginnings.finish(issued.ticket)?;
        let (request, waiting) = (beginning.request, beginning.waiting);
        let qr = match issued.result {
            Ok(qr) => qr,
            Err(trouble) => {
                warn!(
                    wcId = request.wc_id.as_ref().map(tracing::field::display),
                    error = &trouble as &dyn std::error::Error,
                    "the platform issued no QR"
                );
                refuse(waiting, &denied(trouble));
                return None;
            }
        };
        if turn.session(&qr.w_id).is_some() {
            refuse(waiting, &Denied::Reissued(qr.w_id));
            return None;
        }
        let w_id = qr.w_id.clone();
        let start = Start {
            w_id: qr.w_id,
            qr_url: qr.qr_url,
            label: request.label,
            device: request.device,
            proxy: request.proxy,
            wc_id: request.wc_id,
        };
        let now = self.parts.clock.now();
        let session = Session::begun(start, turn.next_seq(), now, &self.parts.figures.rules);
        match turn.begin(session) {
            Ok(()) => Some(Answer::Begun(waiting, w_id)),
            Err(denied) => {
                refuse(waiting, &denied);
                None
            }
        }
    }

    /// Steps every session whose deadline has passed.
    fn take_due(&self, now: Timestamp, turn: &mut Turn<'_>) {
        for w_id in self.duties.due(now) {
            if let Err(denied) = turn.apply(&w_id, Input::DeadlinePassed) {
                warn!(wId = %w_id, error = &denied as &dyn std::error::Error, "a deadline could not be kept");
            }
        }
    }

    /// Forgets sessions that were dropped long ago, oldest first.
    fn tidy(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        if now < self.next_tidy {
            return;
        }
        self.next_tidy = now + SignedDuration::from_secs(30);
        let (view, key) = (&self.view, self.platform_key.as_ref());
        self.exporting.run_if_due(now, self.last_seq, view, key, &self.parts.tasks);
        let filter = SessionFilter { state: Some(StateName::Dropped), ..SessionFilter::default() };
        let too_many = self.view.count(StateName::Dropped).saturating_sub(DROPPED_KEPT);
        let oldest = self.view.sessions(&filter, FORGET_AT_ONCE);
        for (n, session) in oldest.iter().enumerate() {
            let State::Dropped { drop, .. } = &session.state else { continue };
            let age = Duration::try_from(now.duration_since(drop.at)).unwrap_or_default();
            if n < too_many || age > self.parts.figures.keep_dropped {
                turn.forget(&session.w_id);
            }
        }
    }

    fn publish(&mut self, changes: Changes) {
        let changed = changes.sessions.clone();
        self.view.publish(changes);
        for session in &changed {
            log_transition(session);
            self.duties.settle(session, Duration::ZERO);
        }
    }

    fn answer(&self, answer: Answer, committed: &Result<(), Denied>) {
        // Whoever gave up waiting needs no answer: the outcome is in the view.
        match answer {
            Answer::Session(reply, w_id) => {
                let session = || self.view.session(&w_id).ok_or(Denied::NoSession(w_id));
                let _ = reply.send(committed.clone().and_then(|()| session()));
            }
            Answer::Begun(waiting, w_id) => {
                for (n, reply) in waiting.into_iter().enumerate() {
                    let _ = reply.send(committed.clone().and_then(|()| self.begun(&w_id, n == 0)));
                }
            }
            Answer::Joined(reply, w_id) => {
                let _ = reply.send(committed.clone().and_then(|()| self.begun(&w_id, false)));
            }
            Answer::Done(reply) => {
                let _ = reply.send(committed.clone());
            }
        }
    }

    fn begun(&self, w_id: &WId, fresh: bool) -> Result<Begun, Denied> {
        let session = self.view.session(w_id).ok_or_else(|| Denied::NoSession(w_id.clone()))?;
        Ok(Begun { session, fresh })
    }

    /// After a failed write: opens the store again and takes what it holds for what is true.
    fn reopen(&mut self) {
        if let Some(contents) = self.keeper.reopen(self.parts.clock.now()) {
            self.last_seq = contents.last_seq;
            self.view.replace(contents.sessions, contents.accounts);
            self.duties.retain(&self.view);
            self.resume();
        }
    }
}

fn deny<T>(reply: Reply<T>, denied: Denied) -> Option<Answer> {
    // Whoever gave up waiting needs no answer.
    let _ = reply.send(Err(denied));
    None
}

fn log_transition(session: &SessionEntry) {
    let (w_id, state) = (&session.w_id, session.state.name());
    let wc_id = session.wc_id.as_ref().map(tracing::field::display);
    let why = session.history.last().map_or("", |transition| &transition.why);
    match &session.state {
        State::Dropped { drop, .. } if drop.reason == DropReason::Failed => {
            warn!(wId = %w_id, wcId = wc_id, state = %state, "{why}");
        }
        _ => info!(wId = %w_id, wcId = wc_id, state = %state, "{why}"),
    }
}
