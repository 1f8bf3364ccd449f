//! Figures in sentences.

use std::time::Duration;

/// A duration in its largest whole unit: `24 h`, `90 s`, `7 days`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let whole = |unit: u64| seconds >= unit && seconds.is_multiple_of(unit);
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        s if whole(2 * 86_400) || s >= 3 * 86_400 => format!("{} days", s / 86_400),
        s if whole(3_600) || s >= 3 * 3_600 => format!("{} h", s / 3_600),
        s if whole(60) || s >= 3 * 60 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_the_unit_a_person_would_choose() {
        for (seconds, told) in [
            (1, "1 s"),
            (60, "1 min"),
            (90, "90 s"),
            (200, "3 min"),
            (3_600, "1 h"),
            (86_400, "24 h"),
            (2 * 86_400, "2 days"),
            (90 * 86_400, "90 days"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), told);
        }
    }
}
