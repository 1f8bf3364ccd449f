//! A login of a known account: due, offered, called for, or waiting for a person.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fleet::Turn;
use crate::id::{WId, WcId};
use crate::rules::ReloginRules;

/// How a known account is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The phone shows a box to confirm (`/secondLogin`); fails after the first drop and after a kick.
    PopUp,
    /// A QR that is fetched with the wcId (`/iPadLogin`).
    Qr,
}

/// One login of a known account, from its being due to its going online.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relogin {
    /// How.
    pub method: Method,
    /// Whether a person asked for it.
    pub by_person: bool,
    /// Why it is to be, in a sentence.
    pub why: String,
    /// How often in a row the platform could not be asked.
    #[serde(default)]
    pub troubles: u32,
    /// Where it stands in the host's line.
    #[serde(default)]
    pub turn: Turn,
    /// How far it is.
    pub phase: Phase,
}

/// How far a re-login is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Phase {
    /// It begins by itself.
    Due {
        /// Then.
        at: Timestamp,
        /// When that was decided: where the clock is set back since, the time between the two still holds.
        set_at: Timestamp,
    },
    /// It begins as soon as a person opens it (`relogin.issue = "on-demand"`).
    Offered {
        /// Since then.
        since: Timestamp,
    },
    /// The platform is being called. Paid for in the same commit, so that whoever is killed meanwhile and starts
    /// again pays again.
    Calling {
        /// Since then; the QR was noted in the ledgers for this moment.
        since: Timestamp,
    },
    /// A person must complete this session.
    InFlight {
        /// Which.
        w_id: WId,
        /// Since then.
        since: Timestamp,
    },
}

/// Why an account that is offline is left so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Rest {
    /// A person logged it out here.
    LoggedOut,
    /// As many attempts came to nothing as `relogin.max_attempts` allows.
    GaveUp {
        /// So many.
        attempts: u32,
    },
    /// `autoRelogin` of the account is off.
    AutoReloginOff,
    /// `relogin.enabled` is off.
    Disabled,
}

/// Why the box on the phone is of no use until the account is online again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", from = "String")]
pub enum PopUpFailure {
    /// It came to nothing.
    Failed,
    /// The daemon ended while it was on the phone: whether it was confirmed is not known.
    Interrupted,
}

impl From<String> for PopUpFailure {
    /// Records of before kept the sentence that was shown.
    fn from(text: String) -> Self {
        match text.as_str() {
            "interrupted" | "the daemon was stopped while the phone was asked" => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

impl Relogin {
    /// When it begins by itself.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Due { at, .. } => Some(at),
            _ => None,
        }
    }

    /// The session that a person must complete.
    pub fn w_id(&self) -> Option<&WId> {
        match &self.phase {
            Phase::InFlight { w_id, .. } => Some(w_id),
            _ => None,
        }
    }
}

/// How long to wait after `failures` attempts: doubles from `backoff_initial` to `backoff_max`, give or take a
/// fifth. What is given or taken follows from the account, so that many accounts spread out and one is the same
/// after a restart.
pub(super) fn backoff(wc_id: &WcId, failures: u32, rules: &ReloginRules) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let delay = rules.backoff_initial.saturating_mul(1 << doublings).min(rules.backoff_max);
    spread(wc_id, failures, delay)
}

/// `delay`, give or take a fifth, in whole milliseconds.
pub(super) fn spread(wc_id: &WcId, salt: u32, delay: Duration) -> Duration {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(wc_id.as_str().as_bytes());
    hasher.update(&salt.to_le_bytes());
    let share = f64::from(hasher.finalize()) / f64::from(u32::MAX);
    let millis = delay.mul_f64(0.8 + 0.4 * share).as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_box_failed_is_read_as_it_is_written_and_as_it_was_before() {
        let read = |text: &str| serde_json::from_value::<PopUpFailure>(text.into()).unwrap();
        for failure in [PopUpFailure::Failed, PopUpFailure::Interrupted] {
            assert_eq!(read(serde_json::to_value(failure).unwrap().as_str().unwrap()), failure);
        }
        assert_eq!(read("the daemon was stopped while the phone was asked"), PopUpFailure::Interrupted);
        assert_eq!(read("登录失败"), PopUpFailure::Failed);
    }

    #[test]
    fn the_wait_doubles_to_its_limit_and_spreads_by_a_fifth() {
        let rules = ReloginRules::DEFAULT;
        let ids: Vec<WcId> = (0..200).map(|n| format!("wxid_{n}").parse().unwrap()).collect();
        for (failures, minutes) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (4_000_000_000, 60)] {
            let exact = Duration::from_mins(minutes);
            let waits: Vec<Duration> = ids.iter().map(|id| backoff(id, failures, &rules)).collect();
            assert!(waits.iter().all(|wait| *wait >= exact.mul_f64(0.8) && *wait <= exact.mul_f64(1.2)));
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*least < exact.mul_f64(0.85) && *most > exact.mul_f64(1.15), "{failures}");
        }
    }
}
