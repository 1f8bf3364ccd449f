//! The figures that tokens go by.

use std::time::Duration;

/// The figures that tokens go by; all of them configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// How long ahead of its end a token that will not be refreshed is told to be expiring; at most a fourth of
    /// its life.
    pub expiring_ahead: Duration,
    /// How long ahead of its end a pair is refreshed (C); at most a fourth of its life.
    pub refresh_ahead: Duration,
    /// Within which time after that, so that many pairs of one moment are not refreshed in one moment; at most
    /// half of it.
    pub jitter: Duration,
    /// After the first failed refresh; doubles with every further one …
    pub backoff_initial: Duration,
    /// … up to this.
    pub backoff_max: Duration,
    /// How long a token that nothing can bring back is still listed.
    pub keep_expired: Duration,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TokenRules {
    /// The defaults. C's access tokens live two hours (protocol.md, system C).
    pub const DEFAULT: Self = Self {
        expiring_ahead: Duration::from_hours(24),
        refresh_ahead: Duration::from_mins(20),
        jitter: Duration::from_mins(5),
        backoff_initial: Duration::from_secs(5),
        backoff_max: Duration::from_mins(5),
        keep_expired: Duration::from_hours(7 * 24),
    };
}
