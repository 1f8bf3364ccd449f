//! Makes happen what the sessions' values ask for: long-polls and deadlines.
//!
//! The driver calls [`Duties::settle`] with every session it has committed, and at start with every session
//! in flight; whatever [`duty`] says and is not running is started, whatever is running and not said is ended.
//! A session that is online or dropped has no entry here: no task, no timer, no connection.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;
use wxlogin_state::{Duty, Session, WId, duty};

use crate::driver::Driver;
use crate::platform::Platform;
use crate::poll;
use crate::view::View;

/// What is going on.
#[derive(Debug)]
pub(crate) struct Duties {
    platform: Platform,
    driver: Driver,
    tasks: TaskTracker,
    running: HashMap<WId, Running>,
    /// Wall-clock, so that a due time means the same after a restart or a jump of the clock.
    agenda: BTreeSet<(Timestamp, WId)>,
}

/// What is going on for one session.
#[derive(Debug, Default)]
struct Running {
    poll: Option<(u32, AbortHandle)>,
    deadline: Option<Timestamp>,
}

impl Duties {
    /// Nothing going on yet. Tasks are tracked by `tasks` and report to `driver`.
    pub(crate) fn new(platform: Platform, driver: Driver, tasks: TaskTracker) -> Self {
        Self { platform, driver, tasks, running: HashMap::new(), agenda: BTreeSet::new() }
    }

    /// Starts and ends what `session` as committed asks for. A long-poll that has to be started waits for
    /// `delay` first.
    pub(crate) fn settle(&mut self, session: &Session, delay: Duration) {
        let Duty { call, deadline } = duty(session);
        if call.is_none() && deadline.is_none() {
            self.end(&session.w_id);
            return;
        }
        let running = self.running.entry(session.w_id.clone()).or_default();
        if running.deadline != deadline {
            let entry = |at: Timestamp| (at, session.w_id.clone());
            if let Some(old) = running.deadline.map(entry) {
                self.agenda.remove(&old);
            }
            self.agenda.extend(deadline.map(entry));
            running.deadline = deadline;
        }
        let going_on = running.poll.as_ref().map(|(round, _)| *round);
        if going_on == call.as_ref().map(|call| call.round) {
            return;
        }
        if let Some((_, poll)) = running.poll.take() {
            poll.abort();
        }
        running.poll = call.map(|call| {
            let round = call.round;
            let poll =
                poll::run(self.platform.clone(), self.driver.clone(), session.w_id.clone(), call, delay);
            (round, self.tasks.spawn(poll).abort_handle())
        });
    }

    /// Ends what is going on for sessions that are not in flight any more.
    pub(crate) fn retain(&mut self, view: &View) {
        let in_flight =
            |w_id: &WId| view.session(w_id).is_some_and(|session| session.state.name().is_in_flight());
        let gone: Vec<WId> = self.running.keys().filter(|w_id| !in_flight(w_id)).cloned().collect();
        gone.iter().for_each(|w_id| self.end(w_id));
    }

    /// The sessions whose deadline has passed at `now`, the earliest first. They stay due until they settle.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<WId> {
        self.agenda.iter().take_while(|(at, _)| *at <= now).map(|(_, w_id)| w_id.clone()).collect()
    }

    /// When the next deadline passes.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Ends everything.
    pub(crate) fn stop(&mut self) {
        self.agenda.clear();
        for (_, running) in self.running.drain() {
            if let Some((_, poll)) = running.poll {
                poll.abort();
            }
        }
    }

    fn end(&mut self, w_id: &WId) {
        let Some(running) = self.running.remove(w_id) else { return };
        if let Some((_, poll)) = running.poll {
            poll.abort();
        }
        if let Some(deadline) = running.deadline {
            self.agenda.remove(&(deadline, w_id.clone()));
        }
    }
}
