//! The forms of `[relogin]`: rates, hours of the day, time zones, and who fetches the QR.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::tz::{self, TimeZone};
use wxlogin_state::{Hours, Issue, Rate};

use super::limits::RATE_PER;
use super::reader::Table;
use super::values::{quoted, written};

/// Whose day it is unless the file says so: the platform's, its accounts' and most operators'.
const DEFAULT_ZONE: &str = "Asia/Shanghai";

/// One slip of the fingers in so many letters, and a mistyped time zone is still recognised.
const LETTERS_PER_SLIP: usize = 5;

/// So many within a time, written `6/1h`, or the default. How many there may be is said for each key.
pub(super) fn rate(
    table: &mut Table<'_>,
    key: &'static str,
    default: Rate,
    counts: &RangeInclusive<u32>,
) -> Rate {
    let example = format!("{}/{}", default.count, written(default.per));
    let expected = format!(
        "expected so many within a time such as \"{example}\", {} to {} of them within \"{}\" to \"{}\"",
        counts.start(),
        counts.end(),
        written(*RATE_PER.start()),
        written(*RATE_PER.end()),
    );
    let parse = |text: &str| {
        let rate = count_and_time(text).map(|(count, per)| Rate { count, per });
        rate.filter(|rate| counts.contains(&rate.count) && RATE_PER.contains(&rate.per))
            .ok_or_else(|| format!("{expected}; found {}", quoted(text)))
    };
    table.parsed(key, &expected, parse).map_or(default, |given| given.value)
}

/// `6/1h` taken apart: digits and a duration, nothing around or between them.
fn count_and_time(text: &str) -> Option<(u32, Duration)> {
    let (count, per) = text.split_once('/')?;
    let bare = count.bytes().all(|byte| byte.is_ascii_digit()) && !per.contains(char::is_whitespace);
    bare.then_some(())?;
    Some((count.parse().ok()?, humantime::parse_duration(per).ok()?))
}

/// A part of the day, written `08:00-23:00`, or all of it.
pub(super) fn hours(table: &mut Table<'_>, key: &'static str) -> Hours {
    let expected = "expected a part of the day such as \"08:00-23:00\"";
    table.parsed(key, expected, str::parse).map_or(Hours::ALL, |given| given.value)
}

/// A time zone by its IANA name, or the default one.
pub(super) fn zone(table: &mut Table<'_>, key: &'static str) -> TimeZone {
    let expected = format!("expected a time zone such as \"{DEFAULT_ZONE}\"");
    let parse = |text: &str| {
        let known = tz::db().get(text).ok().filter(|zone| !zone.is_unknown());
        known.ok_or_else(|| match meant(text) {
            Some(name) => format!("unknown time zone {}; did you mean \"{name}\"?", quoted(text)),
            None => format!("{expected}, found {}", quoted(text)),
        })
    };
    let given = table.parsed(key, &expected, parse).map(|given| given.value);
    given.unwrap_or_else(|| tz::db().get(DEFAULT_ZONE).expect("the time zones come with the program"))
}

/// The time zone that was probably meant: the one of that city, or one within a slip or two of the fingers.
fn meant(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let distance = |name: &String| {
        let name = name.to_ascii_lowercase();
        let city = name.rsplit('/').next() == Some(text.as_str());
        if city { 0 } else { strsim::damerau_levenshtein(&name, &text) }
    };
    let allowed = text.len() / LETTERS_PER_SLIP;
    let names = tz::db().available().map(|name| name.as_str().to_owned());
    names
        .map(|name| (distance(&name), name))
        .min()
        .filter(|(slips, _)| *slips <= allowed)
        .map(|(_, name)| name)
}

/// Who fetches the QR, or the default.
pub(super) fn issue(table: &mut Table<'_>, key: &'static str) -> Issue {
    let expected = "expected \"auto\" or \"on-demand\"";
    let parse = |text: &str| match text {
        "auto" => Ok(Issue::Auto),
        "on-demand" => Ok(Issue::OnDemand),
        _ => Err(format!("{expected}, found {}", quoted(text))),
    };
    table.parsed(key, expected, parse).map_or_else(Issue::default, |given| given.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_and_a_duration_and_nothing_else() {
        assert_eq!(count_and_time("6/1h"), Some((6, Duration::from_hours(1))));
        assert_eq!(count_and_time("120/1m30s"), Some((120, Duration::from_secs(90))));
        for bad in
            ["", "6", "6/", "/1h", "-6/1h", "+6/1h", "6 /1h", "6/ 1h", "6/1h 30m", "6/1", "6/1h/2", "六/1h"]
        {
            assert_eq!(count_and_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_time_zones_come_with_the_program() {
        assert!(tz::TimeZoneDatabase::bundled().get(DEFAULT_ZONE).is_ok());
    }

    #[test]
    fn a_mistyped_time_zone_is_recognised() {
        for (text, name) in [
            ("Asia/Shangai", Some("Asia/Shanghai")),
            ("shanghai", Some("Asia/Shanghai")),
            ("Asia/Hongkong", Some("Asia/Hong_Kong")),
            ("Europe/Berlim", Some("Europe/Berlin")),
            ("Asia/Beijing", None),
            ("UTX", None),
            ("", None),
            ("half past nine", None),
        ] {
            assert_eq!(meant(text).as_deref(), name, "{text}");
        }
    }
}
