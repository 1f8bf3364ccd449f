//! When something is due for a token, and what must be going on for it: derived, and stored nowhere.
//!
//! What is left of a token is judged by the wall clock, because the system says its end so.

use std::time::Duration;

use jiff::Timestamp;

use super::{Refresh, Token, TokenRules, TokenState};
use crate::rules::{after, before, between};

/// So many failed refreshes in a row are no blip.
const FAILING: u32 = 3;

/// What must be going on for one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenDuty {
    /// Whether the system must be asked, once, for the pair after this one. The token's generation goes back with the
    /// result, so that a stale one is known.
    pub refresh: bool,
    /// When to look at it again: at a time that is not ahead, [`TimeCame`](super::TokenInput::TimeCame) changes it.
    pub look_at: Option<Timestamp>,
}

impl Token {
    /// What must be going on for it at `now`. The same question as long as the record is the same, so a restart
    /// and a second look find the refresh that is running, or start it.
    pub fn duty(&self, rules: &TokenRules, now: Timestamp) -> TokenDuty {
        let refresh_at = self.refresh_at(rules).filter(|_| self.can_refresh(now));
        let ahead = refresh_at.filter(|at| now < *at);
        TokenDuty {
            refresh: refresh_at.is_some() && ahead.is_none(),
            look_at: [self.due_at(rules), ahead].into_iter().flatten().min(),
        }
    }

    /// When [`TimeCame`](super::TokenInput::TimeCame) changes it. A refresh is no such time: it is a duty.
    pub fn due_at(&self, rules: &TokenRules) -> Option<Timestamp> {
        let refresh = self.refresh.as_ref().filter(|refresh| refresh.ended.is_none());
        let over = refresh.and_then(|refresh| refresh.expires_at);
        let standing = match self.state {
            TokenState::Active if !self.renews() => Some(self.expiring_at(rules)),
            TokenState::Active | TokenState::Expiring => Some(self.access.expires_at),
            TokenState::Expired => self.removed_at(rules),
        };
        [over, standing].into_iter().flatten().min()
    }

    /// When it is refreshed next; `None` where nothing can refresh it.
    pub fn refresh_at(&self, rules: &TokenRules) -> Option<Timestamp> {
        let refresh = self.refresh.as_ref().filter(|refresh| refresh.ended.is_none())?;
        Some(self.attempt.map_or_else(|| self.scheduled(refresh, rules), |attempt| attempt.at))
    }

    /// Ahead of the end of whichever token of the pair ends first.
    fn scheduled(&self, refresh: &Refresh, rules: &TokenRules) -> Timestamp {
        let end = refresh.expires_at.map_or(self.access.expires_at, |end| end.min(self.access.expires_at));
        let lead = lead(rules.refresh_ahead, between(self.since(), end));
        let jitter = rules.jitter.min(lead / 2).mul_f64(self.share(0));
        // Where a pair lives for some seconds, or the refresh token ends at the same time however often it is
        // refreshed, this keeps it from being refreshed on and on.
        let soonest = after(self.since(), rules.backoff_initial).min(end);
        after(before(end, lead), jitter).max(soonest)
    }

    /// From when on it is told to be expiring, if it is not refreshed.
    pub(super) fn expiring_at(&self, rules: &TokenRules) -> Timestamp {
        let life = between(self.since(), self.access.expires_at);
        before(self.access.expires_at, lead(rules.expiring_ahead, life))
    }

    /// When an expired one is removed; not as long as its refresh token is known to live.
    pub(super) fn removed_at(&self, rules: &TokenRules) -> Option<Timestamp> {
        let lives = |refresh: &Refresh| refresh.ended.is_none() && refresh.expires_at.is_some();
        let kept = self.refresh.as_ref().is_some_and(lives);
        (!kept).then(|| after(self.state_since, rules.keep_expired))
    }

    /// Whether the system can be asked for the next pair at `now`.
    pub fn can_refresh(&self, now: Timestamp) -> bool {
        let lives =
            |refresh: &Refresh| refresh.ended.is_none() && refresh.expires_at.is_none_or(|end| now < end);
        self.refresh.as_ref().is_some_and(lives)
    }

    /// Whether it can be expected to be refreshed before its end.
    pub(super) fn renews(&self) -> bool {
        self.refresh.as_ref().is_some_and(|refresh| refresh.ended.is_none())
            && self.trouble.as_ref().is_none_or(|trouble| trouble.in_a_row < FAILING)
    }

    /// When this pair came.
    pub(super) fn since(&self) -> Timestamp {
        self.refreshed_at.unwrap_or(self.obtained_at)
    }

    /// How long to wait after so many failed refreshes: doubles from `backoff_initial` to `backoff_max`, give or
    /// take a fifth.
    pub(super) fn backoff(&self, failures: u32, rules: &TokenRules) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let delay = rules.backoff_initial.saturating_mul(1 << doublings).min(rules.backoff_max);
        let millis = delay.mul_f64(0.8 + 0.4 * self.share(failures)).as_millis();
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// From 0 to 1, by the token and its generation: many spread out, and one is the same after a restart.
    fn share(&self, salt: u32) -> f64 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(self.id.as_str().as_bytes());
        hasher.update(&self.generation.0.to_le_bytes());
        hasher.update(&salt.to_le_bytes());
        f64::from(hasher.finalize()) / f64::from(u32::MAX)
    }
}

/// How long ahead of an end something is done; at most a fourth of the life before it.
fn lead(lead: Duration, life: Duration) -> Duration {
    lead.min(life / 4)
}
