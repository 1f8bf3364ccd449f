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
    /// Whether it was said that they are as many as there may be.
    #[serde(default)]
    budget_told: bool,
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
            self.spend(now, rules);
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
        self.spend(now, rules);
    }

    /// When there are QRs again, where that they are spent is still to be said: once, until one is fetched that
    /// leaves room for another.
    pub(crate) fn says_budget_spent(&mut self, now: Timestamp, rules: &ReloginRules) -> Option<Timestamp> {
        let free_at = self.spent.free_at(now, rules.budget_total)?;
        (!std::mem::replace(&mut self.budget_told, true)).then_some(free_at)
    }

    /// Takes back the QR of `at`, which was not issued.
    pub(crate) fn refund(&mut self, at: Timestamp) {
        self.spent.refund(at);
    }

    fn spend(&mut self, now: Timestamp, rules: &ReloginRules) {
        let rate = rules.budget_total;
        self.spent.spend(now, rate);
        // Where it is one at a time, there is never room for another.
        if self.spent.free_at(now, Rate { count: rate.count.max(2), ..rate }).is_none() {
            self.budget_told = false;
        }
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
mod tests;
