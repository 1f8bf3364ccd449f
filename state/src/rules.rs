//! The figures the machine goes by, and the arithmetic of its deadlines.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The figures the machine goes by; all of them configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long a person has for each step: scan, code, slider (`device.qr_valid_for`).
    pub step_allowance: Duration,
    /// Within which time of its first login an account drops once (`relogin.first_drop`; seed 002: 24 h).
    pub first_drop: Duration,
}

/// `time` later by `duration`, at most the last moment there is.
pub(crate) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| time.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}
