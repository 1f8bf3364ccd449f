//! The hours of the day in which a login may be begun by itself.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A part of every day, in a time zone (`relogin.window`, `relogin.time_zone`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Which part.
    pub hours: Hours,
    /// Whose day.
    pub zone: TimeZone,
}

/// A part of a day, written `22:00-06:00`; one that ends before it begins goes over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// Minutes from midnight; below 1440.
    from: u16,
    /// Minutes from midnight; not itself part of the window, at most 1440.
    until: u16,
}

impl Window {
    /// Every hour of every day.
    pub const ALWAYS: Self = Self { hours: Hours::ALL, zone: TimeZone::UTC };

    /// The first moment from `now` on that lies in the window: `now` itself where it does.
    pub fn opens(&self, now: Timestamp) -> Timestamp {
        if self.hours == Hours::ALL {
            return now;
        }
        let local = now.to_zoned(self.zone.clone());
        if self.hours.contains(local.time()) {
            return now;
        }
        let begins = self.hours.begins();
        // A time that a change of the clocks leaves out is the first one after it.
        let on = |date: civil::Date| {
            let opens = date.to_datetime(begins).to_zoned(self.zone.clone()).ok()?.timestamp();
            (opens > now).then_some(opens)
        };
        let today = local.date();
        let tomorrow = || today.checked_add(1.day()).ok();
        on(today).or_else(|| tomorrow().and_then(on)).unwrap_or(now)
    }
}

impl Hours {
    /// `00:00-24:00`
    pub const ALL: Self = Self { from: 0, until: DAY };

    fn contains(self, time: civil::Time) -> bool {
        let minute = u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }

    fn begins(self) -> civil::Time {
        let part = |minutes: u16| i8::try_from(minutes).unwrap_or_default();
        civil::time(part(self.from / 60), part(self.from % 60), 0, 0)
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || "expected a part of the day such as \"08:00-23:00\" or \"22:00-06:00\"".to_owned();
        let (from, until) = text.split_once('-').ok_or_else(fault)?;
        let from = minutes(from.trim()).filter(|from| *from < DAY).ok_or_else(fault)?;
        let until = minutes(until.trim()).ok_or_else(fault)?;
        if from == until {
            return Err(
                "the window is empty: it ends when it begins; \"00:00-24:00\" is the whole day".into()
            );
        }
        Ok(Self { from, until })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

/// `HH:MM` as minutes from midnight; `24:00` is the end of the day.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse::<u16>().ok() } else { None }
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use jiff::tz;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn shanghai(hours: &str) -> Window {
        Window { hours: hours.parse().unwrap(), zone: TimeZone::fixed(tz::offset(8)) }
    }

    #[test]
    fn a_moment_inside_is_its_own_opening() {
        let now = time("2026-01-01T01:00:00Z");
        for hours in ["00:00-24:00", "09:00-10:00", "08:59-09:01", "22:00-09:01"] {
            assert_eq!(shanghai(hours).opens(now), now, "{hours}");
        }
    }

    #[test]
    fn a_moment_outside_waits_for_the_next_opening() {
        // It is 09:00 in Shanghai.
        let now = time("2026-01-01T01:00:00Z");
        for (hours, opens) in [
            ("10:00-12:00", "2026-01-01T02:00:00Z"),
            ("08:00-09:00", "2026-01-02T00:00:00Z"),
            ("22:00-06:00", "2026-01-01T14:00:00Z"),
            ("23:30-24:00", "2026-01-01T15:30:00Z"),
        ] {
            assert_eq!(shanghai(hours).opens(now), time(opens), "{hours}");
        }
    }

    #[test]
    fn an_opening_that_a_change_of_the_clocks_leaves_out_is_the_moment_after_it() {
        // 02:30 does not exist on the 29th of March 2026: at 02:00 the clocks go to 03:00.
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let window = Window { hours: "02:30-05:00".parse().unwrap(), zone: berlin };
        let opens = window.opens(time("2026-03-29T00:00:00Z"));
        assert_eq!(opens, time("2026-03-29T01:30:00Z"));
        assert_eq!(window.opens(opens), opens);
    }

    #[test]
    fn what_is_no_part_of_a_day_is_refused() {
        for bad in [
            "",
            "08:00",
            "8:00-9:00",
            "08:00-25:00",
            "08:60-09:00",
            "24:00-01:00",
            "08:00-08:00",
            "00:00-24:01",
            "08:00–09:00",
            "+8:00-09:00",
            "08:00-09:00-10:00",
        ] {
            assert!(bad.parse::<Hours>().is_err(), "{bad}");
        }
        assert_eq!("22:00-06:00".parse::<Hours>().unwrap().to_string(), "22:00-06:00");
    }
}
