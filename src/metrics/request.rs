//! Calls that are out, and how they end.

use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

use super::Metrics;
use crate::exchange::ExchangeError;
use crate::platform::Trouble;

/// How a call to a platform ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Ok,
    /// The platform says no.
    Refused,
    /// It was answered by nothing that the platform is known to say.
    Unreadable,
    /// A gateway answered.
    Gateway,
    /// No answer in time, or not the whole of it.
    Timeout,
    /// The connection broke.
    Broken,
    /// There was no connection.
    Unreachable,
    /// Nobody waited for it any more.
    Cancelled,
}

impl Outcome {
    /// All of them.
    pub(super) const ALL: [Self; 8] = [
        Self::Ok,
        Self::Refused,
        Self::Unreadable,
        Self::Gateway,
        Self::Timeout,
        Self::Broken,
        Self::Unreachable,
        Self::Cancelled,
    ];

    /// Its label.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Gateway => "gateway",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::Unreachable => "unreachable",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<&Trouble> for Outcome {
    fn from(trouble: &Trouble) -> Self {
        match trouble {
            Trouble::Unreachable(_) => Self::Unreachable,
            Trouble::Exchange(error) => match error {
                ExchangeError::Connection(_) => Self::Broken,
                ExchangeError::NoAnswer(_) | ExchangeError::Stalled(_) | ExchangeError::Late(_) => {
                    Self::Timeout
                }
                ExchangeError::TooLarge(_) => Self::Unreadable,
            },
            Trouble::Status { .. } => Self::Gateway,
            Trouble::Unreadable { .. } | Trouble::Incomplete { .. } => Self::Unreadable,
            Trouble::KeyRefused { .. }
            | Trouble::Refused { .. }
            | Trouble::AccountFrozen
            | Trouble::AccountExpired => Self::Refused,
            // It was not made, for want of a key.
            Trouble::KeyNotKept(_) => Self::Cancelled,
            Trouble::LoginFailed(last) | Trouble::LoginPaused { last, .. } => Self::from(&**last),
        }
    }
}

/// A call that is out. Dropped before it has ended, it counts as cancelled, and its time does not count. Thousands are
/// out at once, so it holds little.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    metrics: &'a Metrics,
    call: &'a &'static str,
    since: Instant,
}

impl<'a> Asked<'a> {
    pub(super) fn new(metrics: &'a Metrics, call: &'a &'static str) -> Self {
        Self { metrics, call, since: Instant::now() }
    }

    /// It has ended.
    pub(crate) fn ended(self, outcome: Outcome) {
        let took = self.since.elapsed().as_secs_f64();
        self.metrics.0.request_seconds.get_or_create(&[("call", *self.call)]).observe(took);
        self.count(outcome);
        // It was not cancelled.
        std::mem::forget(self);
    }

    fn count(&self, outcome: Outcome) {
        let labels = [("call", *self.call), ("outcome", outcome.as_str())];
        self.metrics.0.requests.get_or_create(&labels).inc();
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.count(Outcome::Cancelled);
    }
}

/// A long-poll that is out, until it is dropped.
#[derive(Debug)]
pub(crate) struct Polling<'a>(&'a Gauge);

impl<'a> Polling<'a> {
    pub(super) fn new(polls: &'a Gauge) -> Self {
        polls.inc();
        Self(polls)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
