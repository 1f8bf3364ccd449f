//! Times for people: how long ago or ahead, and the moment itself in UTC.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Nearer than this is now, in seconds.
const NOW: i64 = 2;

/// "3 min ago", "in 4 min", "now".
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second().saturating_sub(now.as_second());
    match seconds {
        _ if seconds.abs() < NOW => "now".to_owned(),
        _ if seconds < 0 => format!("{} ago", span(seconds.unsigned_abs())),
        _ => format!("in {}", span(seconds.unsigned_abs())),
    }
}

/// "2026-01-01 09:30 UTC".
pub(super) fn absolute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// "2026-01-01 17:30 CST", by the clock on the wall.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// "2026-01-01 17:30:05", by the clock on the wall.
pub(super) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// "3 min ago (2026-01-01 09:30 UTC)".
pub(super) fn both(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", relative(at, now), absolute(at))
}

/// How long something has lasted: "3 min".
pub(super) fn lasted(since: Timestamp, now: Timestamp) -> String {
    span(Duration::try_from(now.duration_since(since)).unwrap_or_default().as_secs())
}

/// A length of time with its largest unit, and the next one where the first is small.
fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 if !seconds.is_multiple_of(60) => format!("{minutes} min {} s", seconds % 60),
        60..3600 => format!("{minutes} min"),
        3600..36_000 if minutes % 60 != 0 => format!("{hours} h {} min", minutes % 60),
        3600..86_400 => format!("{hours} h"),
        86_400..864_000 if hours % 24 != 0 => format!("{days} d {} h", hours % 24),
        _ => format!("{days} d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_a_person_would() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let told = |seconds: i64| relative(now + jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!(told(0), "now");
        assert_eq!(told(-40), "40 s ago");
        assert_eq!(told(-180), "3 min ago");
        assert_eq!(told(270), "in 4 min 30 s");
        assert_eq!(told(1850), "in 30 min");
        assert_eq!(told(-4800), "1 h 20 min ago");
        assert_eq!(told(50_000), "in 13 h");
        assert_eq!(told(-100_000), "1 d 3 h ago");
        assert_eq!(told(90 * 86_400), "in 90 d");
        assert_eq!(both(now, now), "now (2026-01-01 00:00 UTC)");
    }

    #[test]
    fn local_time_names_its_zone() {
        let at: Timestamp = "2026-01-01T09:30:00Z".parse().unwrap();
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(local(at, &shanghai), "2026-01-01 17:30 CST");
        assert_eq!(local(at, &TimeZone::UTC), "2026-01-01 09:30 UTC");
    }

    #[test]
    fn a_beginning_in_the_future_has_lasted_no_time() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(lasted(now, now + jiff::SignedDuration::from_secs(59)), "59 s");
        assert_eq!(lasted(now + jiff::SignedDuration::from_secs(59), now), "0 s");
    }
}
