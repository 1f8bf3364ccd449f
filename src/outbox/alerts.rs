//! What a robot says, and when: which events are alerts, which of them wait for a minute because they may heal, and
//! which say the same as others.
//!
//! ```text
//!   session.dropped ── a minute ──► said
//!        │ ├── session.online of the account: said at once, as a drop that has healed
//!        │ └── account.scan-needed of the account: that is said, with how it dropped
//!        └──── fleet.storm: that is said instead of all of them
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use wxlogin_state::public::Event;
use wxlogin_state::{DropReason, RESTORED, Seq};

use super::card::{HEALED, TEST, way};

/// How long a drop waits whether it heals.
const HEALS_WITHIN: Duration = Duration::from_mins(1);

/// How long drops belong to a storm.
const STORM: Duration = Duration::from_mins(5);

/// Most alerts that wait; what comes then is read from the journal later.
const WAITING: usize = 2_000;

/// Most alerts in one message.
const TOGETHER: usize = 100;

/// Most messages in [`PER`]: all three platforms take twenty a minute from a robot, or more.
const MOST: usize = 20;

/// … and a little longer, because their minute is not ours.
const PER: Duration = Duration::from_secs(62);

/// Whether a person wants to hear of it at once.
pub(super) fn is_alert(event: &Event) -> bool {
    let drop = event.session.as_ref().and_then(|session| session.drop.as_ref());
    // The others are somebody's own doing, or a QR that nobody scanned: what follows from that is said.
    let is_lost = drop.is_some_and(|drop| {
        matches!(drop.reason, DropReason::Offline | DropReason::FirstNight | DropReason::ShortLived)
    });
    may_alert(&event.kind) && (is_lost || event.kind != "session.dropped")
}

/// Whether there are events of this type that a person wants to hear of at once.
pub(super) fn may_alert(kind: &str) -> bool {
    match kind {
        "session.dropped"
        | "account.drop-expected"
        | "account.scan-needed"
        | "account.renewal-due"
        | "account.budget-spent"
        | "account.new-device"
        | "account.relogin-stopped"
        | "fleet.storm"
        | "token.expiring"
        | "token.expired" => true,
        kind => [RESTORED, TEST, HEALED].contains(&kind),
    }
}

/// The alerts that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    waiting: VecDeque<Alert>,
    storm_until: Option<Timestamp>,
}

#[derive(Debug)]
struct Alert {
    ready_at: Timestamp,
    event: Event,
}

impl Alerts {
    /// Takes in what happened; `wanted` is whether its type is to be said.
    pub(super) fn take_in(&mut self, event: Event, wanted: bool, now: Timestamp) {
        let wc_id = event.wc_id.as_ref();
        if event.kind == "session.online" {
            self.heal(&event, now);
        }
        if !wanted || !is_alert(&event) {
            return;
        }
        let mut ready_at = now;
        match event.kind.as_str() {
            "session.dropped" => {
                if self.is_more_of_a_drop(&event) {
                    return;
                }
                if self.storm_until.is_some_and(|until| event.at < until) {
                    return;
                }
                // However the clock stands.
                ready_at = later(event.at, HEALS_WITHIN).min(later(now, HEALS_WITHIN));
            }
            "account.scan-needed" | "account.relogin-stopped" => {
                self.withdraw_drops(|drop| drop.wc_id.as_ref() == wc_id);
            }
            "fleet.storm" => {
                self.storm_until = Some(later(event.at, STORM));
                self.withdraw_drops(|_| true);
            }
            _ => {}
        }
        self.waiting.push_back(Alert { ready_at, event });
    }

    /// Whether it only says more about a drop that was told before: why it came, or by which login it was followed. What
    /// waits says it as well then.
    fn is_more_of_a_drop(&mut self, event: &Event) -> bool {
        if event.session.as_ref().is_none_or(|session| session.state_since == event.at) {
            return false;
        }
        let same = |alert: &&mut Alert| is_drop(&alert.event) && alert.event.w_id == event.w_id;
        if let Some(alert) = self.waiting.iter_mut().find(same) {
            alert.event.session.clone_from(&event.session);
        }
        true
    }

    fn withdraw_drops(&mut self, which: impl Fn(&Event) -> bool) {
        self.waiting.retain(|alert| !is_drop(&alert.event) || !which(&alert.event));
    }

    /// Whatever was wrong with an account, it is well again: a drop that was not said yet is said as what it was, and in
    /// its own place, so that it is owed until then; nothing else is.
    fn heal(&mut self, online: &Event, now: Timestamp) {
        let Some(wc_id) = &online.wc_id else { return };
        let is_its = |alert: &Alert| alert.event.wc_id.as_ref() == Some(wc_id);
        for Alert { ready_at, event } in self.waiting.iter_mut().filter(|alert| is_its(alert)) {
            if event.kind == "session.dropped" {
                (event.kind, event.until) = (HEALED.to_owned(), Some(online.at));
                *ready_at = now;
            }
        }
        self.waiting.retain(|alert| !is_its(alert) || alert.event.kind == HEALED);
    }

    /// What is to be said now: events of one type, oldest first; none where nothing is.
    pub(super) fn ready(&self, now: Timestamp) -> Vec<Event> {
        let mut ready = self.waiting.iter().filter(|alert| alert.ready_at <= now).map(|alert| &alert.event);
        let Some(first) = ready.next() else { return Vec::new() };
        let same = ready.filter(|event| event.kind == first.kind && way(event) == way(first));
        std::iter::once(first).chain(same).take(TOGETHER).cloned().collect()
    }

    /// How long until something is to be said; `None` where nothing waits.
    pub(super) fn next_in(&self, now: Timestamp) -> Option<Duration> {
        let next = self.waiting.iter().map(|alert| alert.ready_at).min()?;
        Some(Duration::try_from(next.duration_since(now)).unwrap_or_default())
    }

    /// These are done with.
    pub(super) fn remove(&mut self, seqs: &[Seq]) {
        self.waiting.retain(|alert| !seqs.contains(&alert.event.seq));
    }

    /// The oldest that waits.
    pub(super) fn first(&self) -> Option<Seq> {
        self.waiting.front().map(|alert| alert.event.seq)
    }

    /// Whether more can be taken in.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING
    }
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Keeps a robot within its platform's bounds.
#[derive(Debug, Default)]
pub(super) struct Quota(VecDeque<Instant>);

impl Quota {
    /// How long to wait before the next message.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let full = self.0.len() >= MOST;
        let oldest = self.0.front().filter(|_| full);
        oldest.map_or(Duration::ZERO, |oldest| PER.saturating_sub(now.duration_since(*oldest)))
    }

    /// A message is sent.
    pub(super) fn note(&mut self, now: Instant) {
        self.0.push_back(now);
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }
}

/// Whether it says that a login was lost, healed since or not.
fn is_drop(event: &Event) -> bool {
    ["session.dropped", HEALED].contains(&event.kind.as_str())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::super::card::{Card, Tone};
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + seconds).unwrap()
    }

    fn event(seq: u64, kind: &str, wc_id: Option<&str>, seconds: i64) -> Event {
        let event = json!({"seq": seq, "at": at(seconds), "type": kind, "wcId": wc_id});
        serde_json::from_value(event).unwrap()
    }

    fn dropped(seq: u64, wc_id: &str, seconds: i64, reason: &str) -> Event {
        let session = json!({
            "wId": "w", "state": "dropped", "version": 3, "deviceType": "ipad", "createdAt": at(0),
            "stateSince": at(seconds), "drop": {"reason": reason, "detail": "", "at": at(seconds)},
        });
        let session = Some(serde_json::from_value(session).unwrap());
        let w_id = Some("w".parse().unwrap());
        Event { session, w_id, ..event(seq, "session.dropped", Some(wc_id), seconds) }
    }

    fn seqs(alerts: &Alerts, seconds: i64) -> Vec<u64> {
        alerts.ready(at(seconds)).iter().map(|event| event.seq.0).collect()
    }

    fn with(events: Vec<Event>) -> Alerts {
        let mut alerts = Alerts::default();
        for event in events {
            let now = event.at;
            alerts.take_in(event, true, now);
        }
        alerts
    }

    #[test]
    fn a_drop_that_heals_within_a_minute_is_one_calm_alert() {
        let mut alerts = with(vec![dropped(1, "a", 0, "offline"), dropped(2, "b", 5, "first-night")]);
        assert_eq!((seqs(&alerts, 58), alerts.next_in(at(59))), (vec![], Some(Duration::from_secs(1))));
        alerts.take_in(event(3, "session.online", Some("a"), 58), false, at(59));
        let said = alerts.ready(at(59));
        let [healed] = &said[..] else { panic!("{said:?}") };
        assert_eq!((healed.seq, healed.at, healed.until), (Seq(1), at(0), Some(at(58))));
        let card = Card::of(&said, &TimeZone::UTC);
        assert_eq!((card.tone, card.title.as_str()), (Tone::Calm, "掉线后已恢复"));
        alerts.remove(&[Seq(1)]);
        assert_eq!((seqs(&alerts, 64), seqs(&alerts, 65), alerts.first()), (vec![], vec![2], Some(Seq(2))));
        alerts.remove(&[Seq(2)]);
        assert_eq!((alerts.next_in(at(65)), alerts.first()), (None, None));
    }

    #[test]
    fn what_was_said_otherwise_or_to_nobody_is_not_said_to_have_healed() {
        let online = |seq| event(seq, "session.online", Some("a"), 30);
        let mut alerts = with(vec![dropped(1, "a", 0, "offline")]);
        alerts.take_in(event(2, "account.scan-needed", Some("a"), 10), true, at(10));
        alerts.take_in(online(3), true, at(30));
        assert!(seqs(&alerts, 100).is_empty());
        // Those who do not want to hear of drops.
        let mut alerts = Alerts::default();
        alerts.take_in(dropped(1, "a", 0, "offline"), false, at(0));
        alerts.take_in(online(2), true, at(30));
        assert!(seqs(&alerts, 100).is_empty());
        // It healed, and that was not said when it was lost again.
        let mut alerts = with(vec![dropped(1, "a", 0, "offline"), online(2), dropped(3, "a", 31, "offline")]);
        assert_eq!((seqs(&alerts, 31), seqs(&alerts, 91)), (vec![1], vec![1]));
        alerts.take_in(event(4, "account.scan-needed", Some("a"), 40), true, at(40));
        assert_eq!(seqs(&alerts, 100), [4]);
    }

    #[test]
    fn what_a_person_has_to_do_is_said_at_once_and_instead_of_the_drop() {
        let alerts = with(vec![
            dropped(1, "a", 0, "offline"),
            dropped(2, "b", 0, "offline"),
            event(3, "account.scan-needed", Some("a"), 10),
        ]);
        assert_eq!((seqs(&alerts, 10), seqs(&alerts, 60)), (vec![3], vec![2]));
        // Unless nobody wants to hear that.
        let mut alerts = with(vec![dropped(1, "a", 0, "offline")]);
        alerts.take_in(event(2, "account.scan-needed", Some("a"), 10), false, at(10));
        assert_eq!(seqs(&alerts, 60), [1]);
    }

    #[test]
    fn what_is_known_of_a_drop_later_is_said_with_it_though_it_has_healed() {
        let mut alerts = with(vec![dropped(1, "a", 0, "offline"), event(2, "session.online", Some("a"), 10)]);
        let mut more = dropped(3, "a", 0, "offline");
        more.session.as_mut().unwrap().drop.as_mut().unwrap().detail = "用户退出".to_owned();
        alerts.take_in(Event { at: at(20), ..more }, true, at(20));
        let said = alerts.ready(at(20));
        let drop = said[0].session.as_ref().unwrap().drop.as_ref().unwrap();
        assert_eq!((said.len(), said[0].kind.as_str(), drop.detail.as_str()), (1, HEALED, "用户退出"));
    }

    #[test]
    fn what_is_known_of_a_drop_later_is_said_with_it_and_is_no_other_drop() {
        let more = |seq, wc_id| {
            let mut event = dropped(seq, wc_id, 0, "offline");
            event.session.as_mut().unwrap().drop.as_mut().unwrap().detail = "用户退出".to_owned();
            Event { at: at(20), ..event }
        };
        let mut alerts = with(vec![dropped(1, "a", 0, "offline"), more(2, "a")]);
        let said = alerts.ready(at(60));
        assert_eq!(said.len(), 1);
        let drop = said[0].session.as_ref().unwrap().drop.as_ref().unwrap();
        assert_eq!((said[0].seq, drop.detail.as_str()), (Seq(1), "用户退出"));
        alerts.remove(&[Seq(1)]);
        alerts.take_in(more(3, "a"), true, at(70));
        assert_eq!((alerts.first(), seqs(&alerts, 200)), (None, vec![]));
    }

    #[test]
    fn a_storm_is_one_alert() {
        let mut alerts = with(vec![
            dropped(1, "a", 0, "offline"),
            event(2, "fleet.storm", None, 3),
            dropped(3, "b", 4, "offline"),
        ]);
        assert_eq!(seqs(&alerts, 100), [2]);
        alerts.take_in(dropped(4, "c", 400, "offline"), true, at(400));
        alerts.remove(&[Seq(2)]);
        assert_eq!(seqs(&alerts, 460), [4]);
    }

    #[test]
    fn what_is_the_same_is_said_together() {
        let scan = |seq, wc_id| event(seq, "account.scan-needed", Some(wc_id), 0);
        let expected = event(2, "account.drop-expected", Some("b"), 0);
        let mut alerts = with(vec![scan(1, "a"), expected, scan(3, "c")]);
        assert_eq!(seqs(&alerts, 0), [1, 3]);
        alerts.remove(&[Seq(1), Seq(3)]);
        assert_eq!(seqs(&alerts, 0), [2]);
    }

    #[test]
    fn a_qr_that_is_there_and_one_that_is_fetched_on_demand_are_not_said_together() {
        let scan = |seq, wc_id| event(seq, "account.scan-needed", Some(wc_id), 0);
        let account = json!({
            "wcId": "b", "version": 1, "online": false, "firstLoginAt": at(0), "lastLoginAt": at(0), "settled": false,
            "momentsAllowedAt": at(0), "autoRelogin": true, "sessions": [], "relogin": {
                "dueAt": at(0), "attempt": 1, "method": "qr", "why": "", "phase": "offered", "awaits": "open",
            },
        });
        let offered = Event { account: serde_json::from_value(account).unwrap(), ..scan(2, "b") };
        let mut alerts = with(vec![scan(1, "a"), offered, scan(3, "c")]);
        assert_eq!(seqs(&alerts, 0), [1, 3]);
        alerts.remove(&[Seq(1), Seq(3)]);
        assert_eq!(seqs(&alerts, 0), [2]);
    }

    #[test]
    fn what_somebody_does_on_purpose_is_no_alert() {
        for reason in ["logged-out", "superseded", "abandoned", "expired", "failed", "declined"] {
            assert!(!is_alert(&dropped(1, "a", 0, reason)), "{reason}");
        }
        for kind in ["session.online", "session.qr-issued", "account.settled", "token.refreshed"] {
            assert!(!is_alert(&event(1, kind, Some("a"), 0)), "{kind}");
        }
    }

    #[test]
    fn a_drop_of_another_time_of_day_waits_no_longer_than_others() {
        let mut alerts = Alerts::default();
        alerts.take_in(dropped(1, "a", 9_000, "offline"), true, at(0));
        assert_eq!(seqs(&alerts, 60), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_robot_says_no_more_than_twenty_things_a_minute() {
        let mut quota = Quota::default();
        let begin = Instant::now();
        for n in 0..60_u64 {
            tokio::time::sleep(quota.wait(Instant::now())).await;
            quota.note(Instant::now());
            assert_eq!(begin.elapsed(), PER * u32::try_from(n / 20).unwrap(), "message {n}");
        }
    }
}
