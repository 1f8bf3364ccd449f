//! Makes happen what the sessions' values ask for: long-polls and deadlines.
//!
//! The driver calls [`Duties::settle`] with every session it has committed, and at start with every session
//! in flight; whatever [`duty`] says and is not running is started, whatever is running and not said is ended.
//! A session that is online or dropped has no entry here: no task, no timer, no connection.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;
use tracing::warn;
use wxlogin_state::{Duty, Session, WId, duty};

use super::agenda::Agenda;
use super::handle::Driver;
use super::poll;
use crate::platform::Platform;
use crate::view::View;

/// What is going on.
#[derive(Debug)]
pub(super) struct Duties {
    platform: Platform,
    driver: Driver,
    tasks: TaskTracker,
    /// The poll of every session that asks for anything, and its round.
    running: HashMap<WId, Option<(u32, AbortHandle)>>,
    /// Deadlines.
    pub(super) agenda: Agenda<WId>,
}

impl Duties {
    /// Nothing going on yet. Tasks are tracked by `tasks` and report to `driver`.
    pub(super) fn new(platform: Platform, driver: Driver, tasks: TaskTracker) -> Self {
        Self { platform, driver, tasks, running: HashMap::new(), agenda: Agenda::default() }
    }

    /// Starts and ends what `session` as committed asks for. A long-poll that has to be started waits for
    /// `delay` first.
    pub(super) fn settle(&mut self, session: &Session, delay: Duration) {
        let Duty { call, deadline } = duty(session);
        if call.is_none() && deadline.is_none() {
            self.end(&session.w_id);
            return;
        }
        self.agenda.set(&session.w_id, deadline);
        let running = self.running.entry(session.w_id.clone()).or_default();
        // A poll that ended without its answer being taken in is one that has to be started again.
        let going_on = running.as_ref().filter(|(_, poll)| !poll.is_finished()).map(|(round, _)| *round);
        if going_on == call.as_ref().map(|call| call.round) {
            return;
        }
        if let Some((_, poll)) = running.take() {
            poll.abort();
        }
        *running = call.map(|call| {
            let round = call.round;
            let poll =
                poll::run(self.platform.clone(), self.driver.clone(), session.w_id.clone(), call, delay);
            (round, self.tasks.spawn(poll).abort_handle())
        });
    }

    /// Starts polls again that have ended by themselves, which none should: a session that nobody asks for would
    /// expire although somebody scanned it.
    pub(super) fn revive(&mut self, view: &View) {
        let is_lost =
            |poll: &Option<(u32, AbortHandle)>| poll.as_ref().is_some_and(|(_, poll)| poll.is_finished());
        let lost = self.running.iter().filter(|(_, poll)| is_lost(poll));
        let lost: Vec<WId> = lost.map(|(w_id, _)| w_id.clone()).collect();
        for session in lost.iter().filter_map(|w_id| view.session(w_id)) {
            warn!(wId = %session.w_id, "a long-poll ended by itself and is started again");
            self.settle(&session, Duration::ZERO);
        }
    }

    /// Ends what is going on for sessions that are not in flight any more.
    pub(super) fn retain(&mut self, view: &View) {
        let in_flight =
            |w_id: &WId| view.session(w_id).is_some_and(|session| session.state.name().is_in_flight());
        let gone: Vec<WId> = self.running.keys().filter(|w_id| !in_flight(w_id)).cloned().collect();
        for w_id in gone {
            self.end(&w_id);
        }
    }

    /// Ends everything.
    pub(super) fn stop(&mut self) {
        for (_, poll) in self.running.drain().filter_map(|(_, poll)| poll) {
            poll.abort();
        }
    }

    fn end(&mut self, w_id: &WId) {
        self.agenda.set(w_id, None);
        if let Some((_, poll)) = self.running.remove(w_id).flatten() {
            poll.abort();
        }
    }
}
