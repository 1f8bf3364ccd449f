//! What holds for all accounts of the host together: the budget of QRs, and storms.
//!
//! Many drops at once are one incident, most often of the platform or the network: logging everything in again
//! at once would meet the same trouble, spend the budget, and put a hundred QRs before one person. So the
//! re-logins are held until it is calm, then begin one after another at the pace of the budget. They do so, too,
//! where many become due at once for another reason, such as a window that opens: each that finds no room is told
//! a time to come again, behind all who were told one before.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::Ledger;
use crate::rules::{Rate, ReloginRules, after, before, between};

/// So many times the storm's period are one incident: for so long re-logins are held at most, however long drops
/// go on (a host on which something always drops must recover, too), and a drop so long after the last one is
/// another incident, whoever still waits for their login.
const INCIDENT: u32 = 5;

/// The host's record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fleet {
    /// QRs, of all accounts.
    spent: Ledger,
    /// Drops of late.
    drops: Ledger,
    /// The incident that is going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storm: Option<Storm>,
    /// Before then no login begins that keeps a pace.
    #[serde(default)]
    next_start: Timestamp,
    /// The last of the moments at which somebody was told to come again.
    #[serde(default)]
    promised: Timestamp,
    /// The time of the last change, to know that the clock was set back since.
    #[serde(default)]
    seen: Timestamp,
}

/// Many drops at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Storm {
    /// When it was known to be one.
    pub since: Timestamp,
    /// Drops so far.
    pub drops: u32,
    /// The last of them.
    pub last_drop_at: Timestamp,
}

/// Why a login does not begin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// When to come again: a place of one's own.
    pub(crate) until: Timestamp,
    /// Why.
    pub(crate) why: Why,
}

/// What holds a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// So many are to begin at once that each waits for its turn.
    Turn,
    /// As many QRs were fetched as the host may.
    Budget,
}

/// Where a login that is due stands in the host's line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// It has not been told to wait.
    #[default]
    Open,
    /// It was told to come at its time: that is its place.
    Waits,
    /// It has had its turn, and goes on without another.
    Had,
}

impl Turn {
    /// Whether nobody has told it anything.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

impl Fleet {
    /// The incident that is going on.
    pub fn storm(&self) -> Option<&Storm> {
        self.storm.as_ref()
    }

    /// Takes in a drop at `now`; the incident where this drop makes it one.
    pub(crate) fn dropped(&mut self, now: Timestamp, rules: &ReloginRules) -> Option<Storm> {
        self.settle(now, rules);
        let many = many(rules);
        self.drops.spend(now, many);
        if let Some(storm) = &mut self.storm {
            storm.drops = storm.drops.saturating_add(1);
            storm.last_drop_at = now;
            return None;
        }
        let drops = u32::try_from(self.drops.count(now, many)).unwrap_or(u32::MAX);
        if drops < many.count {
            return None;
        }
        self.storm = Some(Storm { since: now, drops, last_drop_at: now });
        self.storm.clone()
    }

    /// Lets a login of the daemon's own begin at `now`, and notes its QR where it `fetches` one; otherwise says
    /// when to come again. What has had its `turn` waits for the budget alone.
    pub(crate) fn admit(
        &mut self,
        now: Timestamp,
        turn: Turn,
        fetches: bool,
        rules: &ReloginRules,
    ) -> Result<(), Held> {
        self.settle(now, rules);
        let had = turn == Turn::Had;
        if !had {
            let calm_at = self.calm_at(rules).unwrap_or(now);
            if now < calm_at.max(self.begins(now, turn, rules)) {
                let until = self.promise(calm_at.max(self.next_start), rules);
                return Err(Held { until, why: Why::Turn });
            }
        }
        if fetches {
            if let Some(free_at) = self.spent.free_at(now, rules.budget_total) {
                let until = if had { free_at } else { self.promise(free_at, rules) };
                return Err(Held { until, why: Why::Budget });
            }
            self.spent.spend(now, rules.budget_total);
        }
        if !had {
            self.next_start = after(self.next_start, rules.budget_total.pace()).max(now);
        }
        Ok(())
    }

    /// A place in the line for a login that is due `at` a time before it; none where it need not wait. While
    /// others wait nobody need come in vain.
    pub(crate) fn place(&mut self, at: Timestamp, now: Timestamp, rules: &ReloginRules) -> Option<Timestamp> {
        self.settle(now, rules);
        let calm_at = self.calm_at(rules);
        if calm_at.is_none() && !self.somebody_waits(now) {
            return None;
        }
        let place = self.next_place(calm_at.unwrap_or(now).max(self.next_start).max(now), rules);
        (at < place).then(|| {
            self.promised = place;
            place
        })
    }

    /// Takes back a place that nobody will come for: the line is shorter by one.
    pub(crate) fn give_back(&mut self, rules: &ReloginRules) {
        self.promised = before(self.promised, rules.budget_total.pace());
    }

    /// Notes a QR that a person asked for.
    pub(crate) fn count(&mut self, now: Timestamp, rules: &ReloginRules) {
        self.settle(now, rules);
        self.spent.spend(now, rules.budget_total);
    }

    /// Takes back the QR of `at`, which was not issued.
    pub(crate) fn refund(&mut self, at: Timestamp) {
        self.spent.refund(at);
    }

    /// When the storm has calmed.
    fn calm_at(&self, rules: &ReloginRules) -> Option<Timestamp> {
        let storm = self.storm.as_ref()?;
        let at_the_latest = after(storm.since, rules.storm.per.saturating_mul(INCIDENT));
        Some(after(storm.last_drop_at, rules.storm.per).min(at_the_latest))
    }

    /// From when on the pace lets a login begin. A few may do so at once, as many as drops that are a storm; but
    /// nobody goes before those who were told to wait.
    fn begins(&self, now: Timestamp, turn: Turn, rules: &ReloginRules) -> Timestamp {
        if turn == Turn::Open && (self.storm.is_some() || self.somebody_waits(now)) {
            return self.next_start;
        }
        // Two may begin at the same moment whatever the pace is: the one that is due then, and the one before it.
        let more = many(rules).count.saturating_sub(2);
        before(self.next_start, rules.budget_total.pace().saturating_mul(more))
    }

    /// Whether a place that was promised is still to come.
    fn somebody_waits(&self, now: Timestamp) -> bool {
        now < self.promised
    }

    /// The place behind all that were promised.
    fn next_place(&self, earliest: Timestamp, rules: &ReloginRules) -> Timestamp {
        after(self.promised, rules.budget_total.pace()).max(earliest)
    }

    fn promise(&mut self, earliest: Timestamp, rules: &ReloginRules) -> Timestamp {
        self.promised = self.next_place(earliest, rules);
        self.promised
    }

    /// Ends a storm once nothing has dropped for long, or for its period while nobody waits; shifts what was
    /// promised where the clock was set back.
    fn settle(&mut self, now: Timestamp, rules: &ReloginRules) {
        if now < self.seen {
            let back = between(now, self.seen);
            let shifted = |at: Timestamp| before(at, back);
            self.next_start = shifted(self.next_start);
            self.promised = shifted(self.promised);
            if let Some(storm) = &mut self.storm {
                storm.since = shifted(storm.since);
                storm.last_drop_at = shifted(storm.last_drop_at);
            }
        }
        self.seen = now;
        if let Some(storm) = &self.storm {
            let calm: Duration = rules.storm.per;
            let nobody_waits_since = storm.last_drop_at.max(self.promised).max(self.next_start);
            let over_at =
                after(nobody_waits_since, calm).min(after(storm.last_drop_at, calm.saturating_mul(INCIDENT)));
            if now > over_at {
                self.storm = None;
            }
        }
    }
}

/// How many drops are a storm. One is none, whatever the configuration calls many.
fn many(rules: &ReloginRules) -> Rate {
    Rate { count: rules.storm.count.max(2), ..rules.storm }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + n).unwrap()
    }

    const RULES: ReloginRules = ReloginRules::DEFAULT;

    /// A fleet after `drops` drops at second 0.
    fn stormy(drops: u32) -> Fleet {
        let mut fleet = Fleet::default();
        for _ in 0..drops {
            fleet.dropped(second(0), &RULES);
        }
        fleet
    }

    #[test]
    fn the_fifth_drop_within_a_minute_is_a_storm_and_is_told_once() {
        let mut fleet = Fleet::default();
        let told: Vec<bool> = (0..20).map(|n| fleet.dropped(second(n), &RULES).is_some()).collect();
        assert_eq!(told.iter().filter(|told| **told).count(), 1);
        assert!(told[4]);
        assert_eq!(fleet.storm().unwrap().drops, 20);
    }

    #[test]
    fn drops_that_are_far_apart_are_no_storm() {
        let mut fleet = Fleet::default();
        assert!((0..50).all(|n| fleet.dropped(second(16 * n), &RULES).is_none()));
    }

    #[test]
    fn after_a_storm_logins_begin_one_after_another_at_the_pace_of_the_budget() {
        let mut fleet = stormy(500);
        let places: Vec<Timestamp> =
            (0..500).map(|_| fleet.place(second(0), second(0), &RULES).unwrap()).collect();
        assert_eq!(places[0], second(60));
        assert!(places.windows(2).all(|pair| between(pair[0], pair[1]) == Duration::from_secs(5)));
        for place in places {
            assert_eq!(fleet.admit(place, Turn::Waits, true, &RULES), Ok(()), "{place}");
        }
    }

    #[test]
    fn whoever_comes_before_it_is_calm_gets_a_place() {
        let mut fleet = stormy(5);
        let first = fleet.admit(second(1), Turn::Open, true, &RULES).unwrap_err();
        let second_place = fleet.admit(second(1), Turn::Open, true, &RULES).unwrap_err();
        assert_eq!((first.until, first.why), (second(60), Why::Turn));
        assert_eq!(second_place.until, second(65));
    }

    #[test]
    fn drops_without_end_do_not_hold_for_ever() {
        let mut fleet = stormy(5);
        for n in 1..=400 {
            fleet.dropped(second(n), &RULES);
        }
        assert_eq!(fleet.admit(second(401), Turn::Open, true, &RULES), Ok(()));
    }

    #[test]
    fn a_storm_is_over_when_nobody_waits_and_nothing_drops() {
        let mut fleet = stormy(5);
        let place = fleet.place(second(0), second(0), &RULES).unwrap();
        assert_eq!(fleet.admit(place, Turn::Waits, true, &RULES), Ok(()));
        assert!(fleet.dropped(second(130), &RULES).is_none());
        assert!(fleet.storm().is_none());
        assert_eq!(fleet.admit(second(131), Turn::Open, true, &RULES), Ok(()));
        assert_eq!(fleet.admit(second(131), Turn::Open, true, &RULES), Ok(()));
    }

    #[test]
    fn the_hosts_budget_gives_everybody_a_place_of_their_own() {
        let mut fleet = Fleet::default();
        for _ in 0..120 {
            fleet.count(second(0), &RULES);
        }
        let places: Vec<Held> =
            (0..3).map(|_| fleet.admit(second(1), Turn::Open, true, &RULES).unwrap_err()).collect();
        assert_eq!(places[0].until, second(600));
        assert!(places.iter().all(|held| held.why == Why::Budget));
        assert_eq!(places[2].until, second(610));
        assert_eq!(fleet.admit(second(1), Turn::Open, false, &RULES), Ok(()), "a pop-up is no QR");
    }

    #[test]
    fn a_clock_set_back_by_ten_years_shifts_every_place() {
        let mut fleet = Fleet::default();
        let years = 10 * 365 * 86_400;
        for _ in 0..5 {
            fleet.dropped(second(years), &RULES);
        }
        assert_eq!(fleet.place(second(years), second(years), &RULES), Some(second(years + 60)));
        assert_eq!(fleet.place(second(0), second(0), &RULES), Some(second(65)));
    }

    #[test]
    fn of_many_that_are_due_at_once_a_few_begin_and_the_others_come_one_after_another() {
        let mut fleet = Fleet::default();
        let begun = (0..5).filter(|_| fleet.admit(second(0), Turn::Open, false, &RULES).is_ok()).count();
        assert_eq!(begun, 5);
        let places: Vec<Timestamp> =
            (0..495).map(|_| fleet.admit(second(0), Turn::Open, false, &RULES).unwrap_err().until).collect();
        assert!(places.windows(2).all(|pair| between(pair[0], pair[1]) == Duration::from_secs(5)));
        for place in places {
            assert_eq!(fleet.admit(place, Turn::Waits, false, &RULES), Ok(()), "{place}");
        }
    }

    #[test]
    fn places_that_are_given_back_hold_nobody() {
        let mut fleet = stormy(500);
        for _ in 0..500 {
            fleet.place(second(0), second(0), &RULES).unwrap();
        }
        for _ in 0..500 {
            fleet.give_back(&RULES);
        }
        fleet.dropped(second(200), &RULES);
        assert_eq!(fleet.place(second(200), second(200), &RULES), None);
        assert_eq!(fleet.admit(second(200), Turn::Open, true, &RULES), Ok(()));
    }

    #[test]
    fn whoever_comes_by_goes_behind_those_who_wait_and_puts_none_of_them_back() {
        let mut fleet = stormy(5);
        let places: Vec<Timestamp> =
            (0..3).map(|_| fleet.place(second(0), second(0), &RULES).unwrap()).collect();
        assert_eq!(fleet.admit(places[0], Turn::Waits, true, &RULES), Ok(()));
        let by = fleet.admit(second(64), Turn::Open, true, &RULES);
        assert!(by.is_ok() || by.unwrap_err().until > places[2]);
        for place in &places[1..] {
            assert_eq!(fleet.admit(*place, Turn::Waits, true, &RULES), Ok(()));
        }
    }

    #[test]
    fn what_has_had_its_turn_needs_no_other() {
        let mut fleet = stormy(500);
        let places: Vec<Timestamp> =
            (0..500).map(|_| fleet.place(second(0), second(0), &RULES).unwrap()).collect();
        assert_eq!(fleet.admit(places[0], Turn::Waits, false, &RULES), Ok(()));
        assert_eq!(fleet.admit(places[1], Turn::Waits, false, &RULES), Ok(()));
        assert_eq!(fleet.admit(places[1], Turn::Had, true, &RULES), Ok(()));
        assert_eq!(fleet.admit(places[2], Turn::Waits, false, &RULES), Ok(()));
    }

    #[test]
    fn a_storm_hours_after_another_is_another_although_somebody_always_waits() {
        let mut fleet = stormy(500);
        for minutes in 0..120 {
            for n in 0..20 {
                fleet.place(second(60 * minutes + n), second(60 * minutes + n), &RULES);
            }
        }
        let told: Vec<bool> = (0..5).map(|_| fleet.dropped(second(7_200), &RULES).is_some()).collect();
        assert_eq!(told, [false, false, false, false, true]);
        assert!(fleet.admit(second(7_201), Turn::Waits, true, &RULES).is_err(), "held again");
    }
}
