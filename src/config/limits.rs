//! The numbers of the configuration: what holds when nobody says anything, and what may be said.
//!
//! Ranges are wide. They catch the slip of a unit (`"250ms"` for `"250s"`), not an opinion.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A default and the range around it, ends included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits<T> {
    pub(super) default: T,
    pub(super) least: T,
    pub(super) most: T,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// `state.keep_dropped`: a month answers "what happened to that login?"; ten years is for ever.
pub(super) const KEEP_DROPPED: Limits<Duration> =
    Limits { default: DAY.saturating_mul(30), least: SECOND, most: DAY.saturating_mul(3650) };

/// `state.keep_events`: fewer than a thousand and a reader that was away for lunch has missed some.
pub(super) const KEEP_EVENTS: Limits<u64> = Limits { default: 100_000, least: 1_000, most: 10_000_000 };

/// `device.proxy`: the platform's regions (protocol.md, `/iPadLogin`). There is no default region.
pub(super) const PROXY_REGION: RangeInclusive<u64> = 1..=23;

/// `device.poll_timeout`: `/getIPadLoginInfo` blocks up to 250 s (seed 002, step 3).
pub(super) const POLL_TIMEOUT: Limits<Duration> =
    Limits { default: Duration::from_secs(250), least: SECOND, most: MINUTE.saturating_mul(10) };

/// `device.qr_valid_for`: the phone refuses the picture after about five minutes.
pub(super) const QR_VALID_FOR: Limits<Duration> =
    Limits { default: MINUTE.saturating_mul(5), least: SECOND, most: HOUR };

/// `device.max_polls`: each login in flight holds one connection; more than a million no host has ports for.
pub(super) const MAX_POLLS: Limits<u64> = Limits { default: 50_000, least: 1, most: 1_000_000 };

/// `relogin.first_drop`: the known drop within 24 h of the first login (seed 002).
pub(super) const FIRST_DROP: Limits<Duration> =
    Limits { default: DAY, least: SECOND, most: DAY.saturating_mul(90) };

/// `sandbox.first_drop`: a minute, so that a newcomer sees the drop and what follows from it.
pub(super) const SANDBOX_FIRST_DROP: Limits<Duration> =
    Limits { default: MINUTE, least: Duration::from_millis(100), most: DAY.saturating_mul(90) };

/// `sandbox.block`: as long as the real platform blocks; tests take less.
pub(super) const SANDBOX_BLOCK: Limits<Duration> = Limits {
    default: Duration::from_secs(250),
    least: Duration::from_millis(10),
    most: MINUTE.saturating_mul(10),
};
