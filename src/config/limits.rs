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

/// `device.check_interval`: one call serves every account, so once a minute is little; more often is impolite.
pub(super) const CHECK_INTERVAL: Limits<Duration> = Limits { default: MINUTE, least: SECOND, most: HOUR };

/// `device.confirmations`: one absence may be the platform's slip, two in a row are none (design.md).
pub(super) const CONFIRMATIONS: Limits<u64> = Limits { default: 2, least: 1, most: 100 };

/// `device.max_polls`: each login in flight holds one connection; more than a million no host has ports for.
pub(super) const MAX_POLLS: Limits<u64> = Limits { default: 50_000, least: 1, most: 1_000_000 };

/// `relogin.first_drop`: the known drop within 24 h of the first login (seed 002).
pub(super) const FIRST_DROP: Limits<Duration> =
    Limits { default: DAY, least: SECOND, most: DAY.saturating_mul(90) };

/// `relogin.drop_lead`: an hour is time to find the phone. Longer than `first_drop` does no harm.
pub(super) const DROP_LEAD: Limits<Duration> =
    Limits { default: HOUR, least: SECOND, most: DAY.saturating_mul(30) };

/// `relogin.stable_for`: about 3 months (seed 002).
pub(super) const STABLE_FOR: Limits<Duration> =
    Limits { default: DAY.saturating_mul(90), least: SECOND, most: DAY.saturating_mul(3650) };

/// `relogin.renewal_lead`: a week has a working day in it whatever the holidays.
pub(super) const RENEWAL_LEAD: Limits<Duration> =
    Limits { default: DAY.saturating_mul(7), least: SECOND, most: DAY.saturating_mul(365) };

/// `relogin.backoff_initial`: a QR a minute after the last is one that somebody may scan.
pub(super) const BACKOFF_INITIAL: Limits<Duration> = Limits { default: MINUTE, least: SECOND, most: DAY };

/// `relogin.backoff_max`: longer than a day and nobody knows any more that something goes on.
pub(super) const BACKOFF_MAX: Limits<Duration> =
    Limits { default: HOUR, least: SECOND, most: DAY.saturating_mul(7) };

/// `relogin.max_attempts`: 0 is for ever.
pub(super) const MAX_ATTEMPTS: Limits<u64> = Limits { default: 0, least: 0, most: 1_000_000 };

/// `relogin.short_lived`: a drop within 60 s of a login is a known trouble (protocol.md, the life of an account).
pub(super) const SHORT_LIVED: Limits<Duration> = Limits { default: MINUTE, least: SECOND, most: DAY };

/// `relogin.budget`: how many. Nothing at all would be `enabled = false`. Each QR of the time counted is kept in the
/// account's record, whose size is bounded: so are the counts of all rates.
pub(super) const BUDGET_COUNT: RangeInclusive<u32> = 1..=100;

/// `relogin.budget_total`: how many, for all accounts together. All of them are kept in one record.
pub(super) const BUDGET_TOTAL_COUNT: RangeInclusive<u32> = 1..=500;

/// `relogin.storm`: how many drops. They are kept in the same record.
pub(super) const STORM_COUNT: RangeInclusive<u32> = 1..=100;

/// Within which time, in each rate of `[relogin]`.
pub(super) const RATE_PER: RangeInclusive<Duration> = SECOND..=DAY.saturating_mul(7);

/// `callback.path_secret_file`: how many characters guard the door. Whoever guesses one a millisecond does not come
/// through sixteen of them, and a path of more than a hundred is one that some proxy cuts.
pub(super) const PATH_SECRET: RangeInclusive<usize> = 16..=128;

/// How many tables `[[app]]` there may be, and how many `[[official_account]]`: more are another host's.
pub(super) const MAX_CLIENTS: usize = 100;

/// `app.appkey` and `official_account.app_id`, in characters. Those seen have 16 to 18; a credential's name, which they
/// become a part of, has at most 255 (systemd.exec(5)).
pub(super) const CLIENT_ID: RangeInclusive<usize> = 1..=64;

/// `official_account.user_domain`, in characters: as many as a domain name has (RFC 1035).
pub(super) const USER_DOMAIN: RangeInclusive<usize> = 1..=253;

/// How many tables `[[webhook]]` there may be: each keeps a connection busy, and a place in the journal.
pub(super) const MAX_WEBHOOKS: usize = 20;

/// `webhook.secret_file`: how many bytes the key has (Standard Webhooks, "Signature scheme").
pub(super) const SIGNING_KEY: RangeInclusive<usize> = 24..=64;

/// `tokens.expiring_ahead`: a day before the end there is time to fetch a new code in office hours.
pub(super) const EXPIRING_AHEAD: Limits<Duration> =
    Limits { default: DAY, least: SECOND, most: DAY.saturating_mul(90) };

/// `tokens.refresh_ahead`: a token of system C lives two hours (protocol.md); twenty minutes outlast a restart of the
/// platform.
pub(super) const REFRESH_AHEAD: Limits<Duration> =
    Limits { default: MINUTE.saturating_mul(20), least: SECOND, most: DAY };

/// `tokens.keep_expired`: a week answers "why was I logged out?"; ten years is for ever.
pub(super) const KEEP_EXPIRED: Limits<Duration> =
    Limits { default: DAY.saturating_mul(7), least: SECOND, most: DAY.saturating_mul(3650) };

/// `tokens.max`: a record each, and all of them in memory.
pub(super) const MAX_TOKENS: Limits<u64> = Limits { default: 100_000, least: 1, most: 1_000_000 };

/// `sandbox.first_drop`: a minute, so that a newcomer sees the drop and what follows from it.
pub(super) const SANDBOX_FIRST_DROP: Limits<Duration> =
    Limits { default: MINUTE, least: Duration::from_millis(100), most: DAY.saturating_mul(90) };

/// `sandbox.block`: as long as the real platform blocks; tests take less.
pub(super) const SANDBOX_BLOCK: Limits<Duration> = Limits {
    default: Duration::from_secs(250),
    least: Duration::from_millis(10),
    most: MINUTE.saturating_mul(10),
};

/// `sandbox.app_token_for`: ten days, as between issue and end in the examples of seed 000. Ends are told in whole
/// seconds, here and in the two that follow.
pub(super) const SANDBOX_APP_TOKEN_FOR: Limits<Duration> =
    Limits { default: DAY.saturating_mul(10), least: SECOND, most: DAY.saturating_mul(365) };

/// `sandbox.official_token_for`: two hours (protocol.md, system C).
pub(super) const SANDBOX_OFFICIAL_TOKEN_FOR: Limits<Duration> =
    Limits { default: HOUR.saturating_mul(2), least: SECOND, most: DAY.saturating_mul(365) };

/// `sandbox.refresh_token_for`: a month; no document says how long a real one lives.
pub(super) const SANDBOX_REFRESH_TOKEN_FOR: Limits<Duration> =
    Limits { default: DAY.saturating_mul(30), least: SECOND, most: DAY.saturating_mul(365) };
