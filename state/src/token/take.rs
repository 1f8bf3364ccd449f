//! What becomes of a token: one function for each thing that can happen to it.

use std::time::Duration;

use jiff::Timestamp;

use super::input::LOG_IN;
use super::{
    Attempt, Obtained, Pair, RefreshEnd, Token, TokenChange, TokenInput, TokenMove, TokenRules, TokenState,
    TokenUnmoved, Trouble,
};
use crate::id::{Generation, Version};
use crate::notice::{TokenNotice, TokenNoticeKind};
use crate::rules::{after, between};

/// So close to its end a token is refreshed for whoever fetches it; and so far a clock must be set back before
/// what was said is taken back.
const AT_HAND: Duration = Duration::from_mins(1);

/// Most characters of a sentence about trouble.
const LONGEST: usize = 300;

impl Token {
    /// The token that a login has brought.
    pub fn obtained(obtained: Obtained, now: Timestamp, rules: &TokenRules) -> TokenChange {
        let Obtained { system, app, uid, pair: Pair { id, generation, access, refresh } } = obtained;
        let token = Self {
            id,
            system,
            app,
            uid,
            state: TokenState::Active,
            state_since: now,
            version: Version(1),
            generation,
            obtained_at: now,
            refreshed_at: None,
            access,
            refresh,
            attempt: None,
            trouble: None,
        };
        let mut take = Take { token, said: Vec::new(), now, rules };
        if take.standing(now) == TokenState::Active {
            take.say(TokenNoticeKind::Active, "its login has brought it".to_owned());
        }
        take.note_over();
        take.settle();
        TokenChange { token: take.token, said: take.said }
    }

    /// What `input` makes of it at `now`.
    pub fn take(
        &self,
        input: TokenInput,
        now: Timestamp,
        rules: &TokenRules,
    ) -> Result<TokenMove, TokenUnmoved> {
        let mut take = Take { token: self.clone(), said: Vec::new(), now, rules };
        match input {
            TokenInput::TimeCame => {
                if take.is_to_go() {
                    return Ok(TokenMove::Removed);
                }
                take.time_came();
            }
            TokenInput::Refreshed { generation, pair } => take.refreshed(generation, pair)?,
            TokenInput::RefreshFailed { generation, what } => take.failed(generation, &what)?,
            TokenInput::RefreshRefused { generation, what } => take.refused(generation, &what)?,
            TokenInput::Wanted => take.wanted()?,
        }
        let Take { mut token, said, .. } = take;
        if token == *self {
            return Err(TokenUnmoved::NotDue);
        }
        token.version = self.version.next();
        Ok(TokenMove::Changed(TokenChange { token, said }))
    }
}

/// A token being changed.
struct Take<'a> {
    token: Token,
    said: Vec<TokenNotice>,
    now: Timestamp,
    rules: &'a TokenRules,
}

impl Take<'_> {
    fn time_came(&mut self) {
        self.follow_the_clock();
        self.note_over();
        self.settle();
    }

    fn refreshed(&mut self, generation: Generation, pair: Pair) -> Result<(), TokenUnmoved> {
        self.is_of_this_pair(generation)?;
        if pair.id != self.token.id || pair.generation != generation.next() {
            return Err(TokenUnmoved::Misplaced);
        }
        let token = &mut self.token;
        token.generation = pair.generation;
        token.refreshed_at = Some(self.now);
        token.access = pair.access;
        token.refresh = pair.refresh.or(token.refresh.take());
        let before = (token.attempt.take(), token.trouble.take()).1;
        if token.access.expires_at <= self.now {
            // It is asked again at a pace: asked at once, it would give such a pair again and again.
            token.trouble = before;
            self.meet_trouble(
                "the pair that came is over already by the clock of this host: check the clock",
            );
        } else {
            self.enter(self.standing(self.now));
        }
        self.say(TokenNoticeKind::Refreshed, "a refresh has brought a newer pair".to_owned());
        self.note_over();
        self.settle();
        Ok(())
    }

    fn failed(&mut self, generation: Generation, what: &str) -> Result<(), TokenUnmoved> {
        self.is_of_this_pair(generation)?;
        self.has_refresh()?;
        self.meet_trouble(what);
        self.note_over();
        self.settle();
        Ok(())
    }

    fn refused(&mut self, generation: Generation, what: &str) -> Result<(), TokenUnmoved> {
        self.is_of_this_pair(generation)?;
        self.has_refresh()?;
        self.meet_trouble(what);
        self.end_refresh(RefreshEnd::Refused);
        // Only now a new login is certain to be needed, whatever was said before.
        self.enter(self.standing(self.now).max(self.token.state));
        self.say_standing();
        Ok(())
    }

    fn wanted(&mut self) -> Result<(), TokenUnmoved> {
        let (token, now) = (&mut self.token, self.now);
        if between(now, token.access.expires_at) > AT_HAND {
            return Err(TokenUnmoved::StillGood);
        }
        if !token.can_refresh(now) {
            return Err(TokenUnmoved::NoRefresh);
        }
        if token.duty(self.rules, now).refresh {
            return Err(TokenUnmoved::Refreshing);
        }
        // However often it is fetched, the system is not asked more often than after a first failure.
        let tried_at = token.trouble.as_ref().map_or(token.since(), |trouble| trouble.at.max(token.since()));
        let until = after(tried_at, self.rules.backoff_initial);
        if tried_at <= now && now < until {
            return Err(TokenUnmoved::TooSoon { until });
        }
        token.attempt = Some(Attempt { at: now, set_at: now });
        Ok(())
    }

    fn is_of_this_pair(&self, given: Generation) -> Result<(), TokenUnmoved> {
        let current = self.token.generation;
        if given == current { Ok(()) } else { Err(TokenUnmoved::Stale { given, current }) }
    }

    fn has_refresh(&self) -> Result<(), TokenUnmoved> {
        let refresh = self.token.refresh.as_ref();
        if refresh.is_some_and(|refresh| refresh.ended.is_none()) {
            Ok(())
        } else {
            Err(TokenUnmoved::NoRefresh)
        }
    }

    /// What was decided by a clock that has been set back since, or by other settings, is decided anew. A moment's
    /// correction takes back nothing that was said.
    fn follow_the_clock(&mut self) {
        let now = self.now;
        if let Some(attempt) = self.token.attempt.as_mut().filter(|attempt| now < attempt.set_at) {
            *attempt = Attempt { at: after(now, between(attempt.set_at, attempt.at)), set_at: now };
        }
        let refresh = self.token.refresh.as_mut().filter(|refresh| refresh.ended == Some(RefreshEnd::Over));
        if let Some(refresh) = refresh
            && refresh.expires_at.is_some_and(|end| between(now, end) > AT_HAND)
        {
            refresh.ended = None;
        }
        if between(now, self.token.state_since) > AT_HAND {
            self.token.state_since = now;
        }
        if self.standing(after(now, AT_HAND)) < self.token.state {
            self.enter(self.standing(now));
            self.say_standing();
        }
    }

    /// Notes that the refresh token's time is over.
    fn note_over(&mut self) {
        let refresh = self.token.refresh.as_ref().filter(|refresh| refresh.ended.is_none());
        if refresh.and_then(|refresh| refresh.expires_at).is_none_or(|end| self.now < end) {
            return;
        }
        self.end_refresh(RefreshEnd::Over);
        if self.token.state != TokenState::Active {
            // What was said left hope for a refresh.
            self.enter(self.standing(self.now).max(self.token.state));
            self.say_standing();
        }
    }

    fn end_refresh(&mut self, end: RefreshEnd) {
        self.token.attempt = None;
        if let Some(refresh) = &mut self.token.refresh {
            refresh.ended = Some(end);
        }
    }

    fn meet_trouble(&mut self, what: &str) {
        let in_a_row = self.token.trouble.as_ref().map_or(0, |trouble| trouble.in_a_row).saturating_add(1);
        let what =
            what.chars().map(|char| if char.is_control() { ' ' } else { char }).take(LONGEST).collect();
        self.token.trouble = Some(Trouble { what, at: self.now, in_a_row });
        let at = after(self.now, self.token.backoff(in_a_row, self.rules));
        self.token.attempt = Some(Attempt { at, set_at: self.now });
    }

    /// Where it stands at that time.
    fn standing(&self, at: Timestamp) -> TokenState {
        let token = &self.token;
        let refused =
            token.refresh.as_ref().is_some_and(|refresh| refresh.ended == Some(RefreshEnd::Refused));
        if token.access.expires_at <= at {
            TokenState::Expired
        } else if refused || (!token.renews() && token.expiring_at(self.rules) <= at) {
            TokenState::Expiring
        } else {
            TokenState::Active
        }
    }

    /// Goes on to where it stands by the clock, and says so.
    fn settle(&mut self) {
        let standing = self.standing(self.now);
        if self.token.state < standing {
            self.enter(standing);
            self.say_standing();
        }
    }

    fn enter(&mut self, state: TokenState) {
        (self.token.state, self.token.state_since) = (state, self.now);
    }

    fn is_to_go(&self) -> bool {
        let removed_at = || self.token.removed_at(self.rules);
        self.token.state == TokenState::Expired && removed_at().is_some_and(|at| at <= self.now)
    }

    fn say_standing(&mut self) {
        let (kind, what) = match self.token.state {
            TokenState::Active => {
                let why = "by the clock and the settings of now its end is not near".to_owned();
                return self.say(TokenNoticeKind::Active, why);
            }
            TokenState::Expiring => (TokenNoticeKind::Expiring, "it ends soon"),
            TokenState::Expired => (TokenNoticeKind::Expired, "it has ended"),
        };
        self.say(kind, format!("{what}, and {}", self.outlook()));
    }

    /// Why nothing newer has come, as a sentence's second half.
    fn outlook(&self) -> String {
        let (ended, trouble) =
            (self.token.refresh.as_ref().map(|refresh| refresh.ended), &self.token.trouble);
        match (ended, trouble) {
            (None, _) => "there is nothing to refresh it with".to_owned(),
            (Some(Some(RefreshEnd::Over)), _) => "its refresh token is over as well".to_owned(),
            (Some(Some(RefreshEnd::Refused)), Some(trouble)) => {
                format!("the system refused to refresh it: {}", trouble.what)
            }
            (Some(_), Some(Trouble { what, in_a_row, .. })) => {
                format!("it could not be refreshed, {in_a_row} in a row; it is tried again: {what}")
            }
            (Some(_), None) => "it is refreshed as soon as the system answers".to_owned(),
        }
    }

    fn say(&mut self, kind: TokenNoticeKind, why: String) {
        let ends = matches!(kind, TokenNoticeKind::Expiring | TokenNoticeKind::Expired);
        let todo = (ends && self.has_refresh().is_err()).then_some(LOG_IN);
        let until = (kind != TokenNoticeKind::Expired).then_some(self.token.access.expires_at);
        self.said.push(TokenNotice { kind, why, todo, until });
    }
}
