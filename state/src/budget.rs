//! What has been spent of a rate: a few moments, kept with the record so that a restart does not forget them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rules::{Rate, after, before};

/// When something was done, as often as its rate counts; oldest first, to the millisecond.
///
/// A moment that lies ahead was noted before the clock was set back. It counts as just now: it neither frees what
/// was spent nor blocks for as long as the clock was wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(Vec<i64>);

impl Ledger {
    /// Notes that it is done once more, at `now`.
    pub fn spend(&mut self, now: Timestamp, rate: Rate) {
        self.settle(now, rate);
        self.0.push(now.as_millisecond());
        let kept = usize::try_from(rate.count).unwrap_or(usize::MAX);
        self.0.drain(..self.0.len().saturating_sub(kept));
    }

    /// Takes back what was noted at `at`.
    pub fn refund(&mut self, at: Timestamp) {
        if let Some(place) = self.0.iter().rposition(|spent| *spent == at.as_millisecond()) {
            self.0.remove(place);
        }
    }

    /// When there is room for one more; `None` where there is now.
    pub fn free_at(&self, now: Timestamp, rate: Rate) -> Option<Timestamp> {
        let mut counted = self.clone();
        counted.settle(now, rate);
        let over = counted.0.len().checked_sub(usize::try_from(rate.count.max(1)).unwrap_or(usize::MAX))?;
        let first_to_go = Timestamp::from_millisecond(counted.0[over]).unwrap_or(now);
        Some(after(first_to_go, rate.per))
    }

    /// How often within the rate's time.
    pub fn count(&self, now: Timestamp, rate: Rate) -> usize {
        let mut counted = self.clone();
        counted.settle(now, rate);
        counted.0.len()
    }

    fn settle(&mut self, now: Timestamp, rate: Rate) {
        let (latest, earliest) = (now.as_millisecond(), before(now, rate.per).as_millisecond());
        self.0.retain(|spent| *spent > earliest);
        for spent in &mut self.0 {
            *spent = latest.min(*spent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TWO_AN_HOUR: Rate = Rate { count: 2, per: Duration::from_hours(1) };

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * n).unwrap()
    }

    fn spent(minutes: &[i64]) -> Ledger {
        let mut ledger = Ledger::default();
        for n in minutes {
            ledger.spend(minute(*n), TWO_AN_HOUR);
        }
        ledger
    }

    #[test]
    fn room_comes_back_when_the_oldest_is_a_period_old() {
        assert_eq!(spent(&[]).free_at(minute(0), TWO_AN_HOUR), None);
        assert_eq!(spent(&[0]).free_at(minute(1), TWO_AN_HOUR), None);
        let full = spent(&[0, 10]);
        assert_eq!(full.free_at(minute(11), TWO_AN_HOUR), Some(minute(60)));
        assert_eq!(full.free_at(minute(60), TWO_AN_HOUR), None);
    }

    #[test]
    fn what_is_spent_beyond_the_rate_counts_as_well() {
        // A person may ask more often than the daemon does.
        let over = spent(&[0, 10, 20]);
        assert_eq!(over.count(minute(21), TWO_AN_HOUR), 2);
        assert_eq!(over.free_at(minute(21), TWO_AN_HOUR), Some(minute(70)));
    }

    #[test]
    fn a_clock_set_back_neither_frees_nor_blocks_for_long() {
        let ahead = spent(&[5_000_000, 5_000_001]);
        assert_eq!(ahead.free_at(minute(0), TWO_AN_HOUR), Some(minute(60)));
    }

    #[test]
    fn a_refund_takes_back_one() {
        let mut full = spent(&[0, 10]);
        full.refund(minute(10));
        assert_eq!(full, spent(&[0]));
        full.refund(minute(3));
        assert_eq!(full, spent(&[0]));
    }

    #[test]
    fn a_smaller_rate_after_a_reload_waits_for_what_is_too_much() {
        let full = spent(&[0, 10]);
        let one = Rate { count: 1, ..TWO_AN_HOUR };
        assert_eq!(full.free_at(minute(11), one), Some(minute(70)));
    }
}
