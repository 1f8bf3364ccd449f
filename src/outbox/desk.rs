//! What waits to be sent to a receiver: every event for programs, alerts for robots.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use wxlogin_state::Seq;
use wxlogin_state::public::Event;

use super::alerts::{Alerts, Quota, is_alert};
use crate::clock::Clock;
use crate::feed::Posted;

/// What waits to be sent.
#[derive(Debug)]
pub(super) enum Desk {
    /// For programs: every event, in order.
    Programs(VecDeque<Arc<Posted>>),
    /// For robots: alerts.
    Robot(Alerts, Quota),
}

/// What a robot may want to know of: its alerts, and what makes them needless.
pub(super) fn parsed(posted: &Posted) -> Option<Event> {
    // It was made by this very program.
    let event: Event = serde_json::from_slice(&posted.json()).ok()?;
    (event.kind == "session.online" || is_alert(&event)).then_some(event)
}

impl Desk {
    pub(super) fn has_room(&self) -> bool {
        match self {
            Self::Programs(queue) => queue.is_empty(),
            Self::Robot(alerts, _) => alerts.has_room(),
        }
    }

    pub(super) fn first(&self) -> Option<Seq> {
        match self {
            Self::Programs(queue) => queue.front().map(|posted| posted.seq()),
            Self::Robot(alerts, _) => alerts.first(),
        }
    }

    pub(super) fn next_in(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Programs(queue) => (!queue.is_empty()).then_some(Duration::ZERO),
            Self::Robot(alerts, _) => alerts.next_in(now),
        }
    }

    pub(super) fn quota(&self) -> Duration {
        match self {
            Self::Programs(_) => Duration::ZERO,
            Self::Robot(_, quota) => quota.wait(Instant::now()),
        }
    }

    pub(super) fn ready(&self, clock: &Clock) -> Vec<Event> {
        match self {
            Self::Programs(queue) => queue
                .front()
                .and_then(|posted| serde_json::from_slice(&posted.json()).ok())
                .into_iter()
                .collect(),
            Self::Robot(alerts, _) => alerts.ready(clock.now()),
        }
    }

    pub(super) fn remove(&mut self, seqs: &[Seq]) {
        match self {
            Self::Programs(queue) => queue.retain(|posted| !seqs.contains(&posted.seq())),
            Self::Robot(alerts, _) => alerts.remove(seqs),
        }
    }
}
