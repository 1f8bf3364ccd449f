//! How long to wait before asking the platform again: for the long-poll tasks, after trouble.
//!
//! Waits are drawn evenly from nothing up to a limit that doubles (full jitter), so that ten thousand polls
//! which failed in one moment do not come back in one.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;

/// A pace of asking again that never gives up: whoever asks has a deadline of its own.
#[derive(Debug)]
pub struct Pace(ExponentialBackoff);

impl Pace {
    /// The first wait is at most this long (protocol.md: "ask again after 0.2 s").
    pub const FIRST: Duration = Duration::from_millis(200);

    /// No wait is longer than this ("doubling to 10 s").
    pub const LONGEST: Duration = Duration::from_secs(10);

    /// A pace at its beginning.
    pub fn new() -> Self {
        // A factor of 1.0 draws from zero to twice the interval, so the intervals are half the limits.
        let mut backoff = ExponentialBackoff {
            initial_interval: Self::FIRST / 2,
            max_interval: Self::LONGEST / 2,
            randomization_factor: 1.0,
            multiplier: 2.0,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        backoff.reset();
        Self(backoff)
    }

    /// How long to wait this time.
    pub fn wait(&mut self) -> Duration {
        self.0.next_backoff().map_or(Self::LONGEST, |wait| wait.min(Self::LONGEST))
    }

    /// The platform answered: the next wait is a first one.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest of many waits in each place of the row.
    fn limits(rows: usize) -> Vec<Duration> {
        let mut longest = vec![Duration::ZERO; 12];
        for _ in 0..rows {
            let mut pace = Pace::new();
            for limit in &mut longest {
                *limit = pace.wait().max(*limit);
            }
        }
        longest
    }

    #[test]
    fn the_limit_doubles_from_a_fifth_of_a_second_to_ten() {
        for (place, longest) in limits(300).into_iter().enumerate() {
            let limit = (Pace::FIRST * (1 << place)).min(Pace::LONGEST);
            assert!(longest <= limit + Duration::from_nanos(1), "{place}: {longest:?}");
            assert!(longest >= limit / 2, "{place}: {longest:?} is not spread up to {limit:?}");
        }
    }

    #[test]
    fn waits_are_spread_down_to_nothing() {
        let shortest = (0..300).map(|_| Pace::new().wait()).min().unwrap();
        assert!(shortest < Pace::FIRST / 10, "{shortest:?}");
    }

    #[test]
    fn it_never_gives_up_and_starts_over_when_told() {
        let mut pace = Pace::new();
        assert!((0..100_000).all(|_| pace.wait() <= Pace::LONGEST));
        pace.reset();
        assert!(pace.wait() <= Pace::FIRST);
    }
}
