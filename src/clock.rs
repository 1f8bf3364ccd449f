//! Where the time of day comes from: the one place that reads it.
//!
//! Due times are wall-clock and stored; whoever decides by them is handed a [`Clock`], so that a test decides
//! what time it is.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time of day.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The host's own clock, to the millisecond: finer than anything here is decided by.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else asks")]
        let now = || {
            let now = Timestamp::now();
            Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
        };
        Self(Arc::new(now))
    }

    /// A clock that tells what `now` says.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
