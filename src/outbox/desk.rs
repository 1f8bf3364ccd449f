//! What waits to be sent to a receiver: every event for programs, alerts for robots.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use wxlogin_state::Seq;
use wxlogin_state::public::Event;

use super::alerts::{Alerts, Quota, is_alert, may_alert};
use super::post::Load;
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
pub(super) fn of_interest(posted: &Posted) -> Result<Option<Event>, serde_json::Error> {
    let heals = posted.kind() == "session.online";
    if !heals && !may_alert(posted.kind()) {
        return Ok(None);
    }
    let event = posted.event()?;
    Ok((heals || is_alert(&event)).then_some(event))
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

    /// What is sent next; there is something wherever [`Self::next_in`] is over.
    pub(super) fn ready(&self, now: Timestamp) -> Option<Load> {
        match self {
            Self::Programs(queue) => queue.front().cloned().map(Load::Event),
            Self::Robot(alerts, _) => Some(alerts.ready(now)).filter(|it| !it.is_empty()).map(Load::Alerts),
        }
    }

    pub(super) fn remove(&mut self, seqs: &[Seq]) {
        match self {
            Self::Programs(queue) => queue.retain(|posted| !seqs.contains(&posted.seq())),
            Self::Robot(alerts, _) => alerts.remove(seqs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_program_is_sent_as_it_is_readable_or_not() {
        let json = r#"{"seq":7,"at":"2026-01-01T00:00:00Z","type":"fleet.storm"}"#;
        let event: Event = serde_json::from_str(json).unwrap();
        let now = event.at;
        for json in [json, "{\"seq\":7,"] {
            let posted = Arc::new(Posted::rendered(event.clone(), json.as_bytes()));
            let desk = Desk::Programs(VecDeque::from([posted]));
            assert_eq!(desk.next_in(now), Some(Duration::ZERO));
            // Where nothing were ready then, a courier would ask again at once, without end.
            let Some(Load::Event(ready)) = desk.ready(now) else { panic!("{json}") };
            assert_eq!((ready.json().as_ref(), ready.seq(), ready.at()), (json.as_bytes(), Seq(7), now));
            assert_eq!(Load::Event(ready).into_events().is_ok(), json.ends_with('}'));
        }
    }
}
