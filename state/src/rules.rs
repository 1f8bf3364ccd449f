//! The figures the machine goes by, and the arithmetic of its deadlines.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::window::Window;

/// The figures the machine goes by; all of them configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long a person has for each step: scan, code, slider (`device.qr_valid_for`).
    pub step_allowance: Duration,
    /// How long a person has to confirm a pop-up login (`device.poll_timeout`; seed 002: 250 s).
    pub popup_allowance: Duration,
    /// How many absences from the platform's list in a row make a drop (`device.confirmations`).
    pub confirmations: u32,
    /// When and how an account is logged in again.
    pub relogin: ReloginRules,
}

/// When and how an account is logged in again (contract.md, `[relogin]`; the fields are its keys).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReloginRules {
    /// Whether the daemon logs accounts in again by itself.
    pub enabled: bool,
    /// Within which time of its first login an account drops once (seed 002: 24 h).
    pub first_drop: Duration,
    /// How long ahead of it `account.drop-expected` is said.
    pub drop_lead: Duration,
    /// How long a settled login holds (seed 002: about 3 months).
    pub stable_for: Duration,
    /// How long ahead of its end `account.renewal-due` is said.
    pub renewal_lead: Duration,
    /// When a login may be begun by itself.
    pub window: Window,
    /// Who fetches the QR.
    pub issue: Issue,
    /// Before the second attempt; doubles with every further one …
    pub backoff_initial: Duration,
    /// … up to this.
    pub backoff_max: Duration,
    /// After so many attempts nothing more is done by itself; 0 for never giving up.
    pub max_attempts: u32,
    /// A login that drops sooner than this is a trouble of its own.
    pub short_lived: Duration,
    /// QRs that are fetched without a person asking for them, per account.
    pub budget: Rate,
    /// … for the whole host.
    pub budget_total: Rate,
    /// So many drops at once are one incident.
    pub storm: Rate,
}

/// Who fetches the QR of a login that is due (`relogin.issue`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Issue {
    /// The daemon, when the login is due.
    #[default]
    Auto,
    /// Whoever opens it: a QR is valid for minutes, and a person may be hours away.
    OnDemand,
}

/// So many within such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least 1.
    pub count: u32,
    /// Within which time; more than zero.
    pub per: Duration,
}

impl Rate {
    /// The distance that keeps to the rate when everything is spread evenly.
    pub fn pace(self) -> Duration {
        self.per / self.count.max(1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} within {}", self.count, crate::words::duration(self.per))
    }
}

impl Default for Rules {
    /// The contract's defaults.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Rules {
    /// The contract's defaults.
    pub const DEFAULT: Self = Self {
        step_allowance: Duration::from_mins(5),
        popup_allowance: Duration::from_secs(250),
        confirmations: 2,
        relogin: ReloginRules::DEFAULT,
    };
}

impl Default for ReloginRules {
    /// The contract's defaults.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl ReloginRules {
    /// The contract's defaults.
    pub const DEFAULT: Self = Self {
        enabled: true,
        first_drop: Duration::from_hours(24),
        drop_lead: Duration::from_hours(1),
        stable_for: Duration::from_hours(90 * 24),
        renewal_lead: Duration::from_hours(7 * 24),
        window: Window::ALWAYS,
        issue: Issue::Auto,
        backoff_initial: Duration::from_mins(1),
        backoff_max: Duration::from_hours(1),
        max_attempts: 0,
        short_lived: Duration::from_mins(1),
        budget: Rate { count: 6, per: Duration::from_hours(1) },
        budget_total: Rate { count: 120, per: Duration::from_mins(10) },
        storm: Rate { count: 5, per: Duration::from_mins(1) },
    };
}

/// `time` later by `duration`, at most the last moment there is.
pub(crate) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| time.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

/// `time` earlier by `duration`, at least the first moment there is.
pub(crate) fn before(time: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| time.checked_sub(duration).ok())
        .unwrap_or(Timestamp::MIN)
}

/// How long it is from `from` to `to`; zero where the clock was set back between them.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
