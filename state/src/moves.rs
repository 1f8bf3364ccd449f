//! What a fact makes of a session, its account and the account's other logins: together, or not at all.
//!
//! ```text
//!   a session's input ─┐                     ┌─► sessions   the stepped one, those it supersedes or follows
//!   a session's QR    ─┤                     ├─► accounts   where they stand, what is due for them
//!   a look at the     ─┼─► Moves ─► Change ──┼─► fleet      budget and storm of the host
//!   platform           │                     ├─► notices    what the journal says beside the sessions
//!   time, a person    ─┘                     └─► acts       what is to be asked once all of it is durable
//! ```
//!
//! Pure, like everything in this crate: the driver commits a change as one batch, and the model check
//! (`tests/lives/every.rs`) runs the very same moves.

use std::borrow::Cow;
use std::ops::Deref;

use jiff::Timestamp;

use crate::account::{Account, Rest, Said, Source, Tend, Tending};
use crate::fleet::Fleet;
use crate::id::{Seq, WId, WcId};
use crate::input::{Ignored, Input, Refusal, Verdict};
use crate::notice::Notice;
use crate::profile::{DeviceType, Profile, Proxy};
use crate::rules::Rules;
use crate::session::{Drop, DropReason, Found, Issued, Session, State, StateName};
use crate::step::step;

/// What is known: committed, or staged for the same commit.
pub trait Known {
    /// A session, owned or shared.
    type Session: Deref<Target = Session>;
    /// An account, owned or shared.
    type Account: Deref<Target = Account>;

    /// The session `w_id`.
    fn session(&self, w_id: &WId) -> Option<Self::Session>;
    /// The account `wc_id`.
    fn account(&self, wc_id: &WcId) -> Option<Self::Account>;
    /// The account's sessions that are not dropped.
    fn live_sessions(&self, wc_id: &WcId) -> Vec<Self::Session>;
}

/// Everything that changes together.
#[derive(Debug, Default)]
pub struct Change {
    /// Sessions that are new or changed, in the order of their events.
    pub sessions: Vec<Session>,
    /// Accounts that are new or changed.
    pub accounts: Vec<Account>,
    /// An account that is known no more.
    pub forgotten: Option<WcId>,
    /// The host's record, where it changed.
    pub fleet: Option<Fleet>,
    /// What the journal says beside the sessions' events.
    pub notices: Vec<Notice>,
    /// What is to be done once all of it is durable.
    pub acts: Vec<Act>,
}

/// A question to the platform. Each is asked at most once: where the process ends before, the next look at the
/// list, or nothing, takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Whether the account's current login is online.
    Look(WcId),
    /// Why the account is offline.
    AskReason {
        /// The account.
        wc_id: WcId,
        /// The login that it was lost by.
        w_id: WId,
    },
}

/// Why nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmoved {
    /// There is no such session.
    NoSession(WId),
    /// There is no such account.
    NoAccount(WcId),
    /// What was said is true but changes nothing.
    Ignored(Ignored),
    /// It cannot be done; whoever asked is told.
    Refused(Refusal),
}

/// The moves, over what is known at one moment.
#[derive(Debug)]
pub struct Moves<'a, K> {
    /// Sessions and accounts.
    pub known: &'a K,
    /// The host's record.
    pub fleet: &'a Fleet,
    /// The figures.
    pub rules: &'a Rules,
    /// The time of day.
    pub now: Timestamp,
}

impl<K: Known> Moves<'_, K> {
    /// Steps a session.
    pub fn apply(&self, w_id: &WId, input: Input) -> Result<Change, Unmoved> {
        let session = self.known.session(w_id).ok_or_else(|| Unmoved::NoSession(w_id.clone()))?;
        match step(&session, input, self.now, self.rules) {
            Verdict::Accepted(next) => Ok(self.followed_up(&session, next)),
            Verdict::Ignored(why) => Err(Unmoved::Ignored(why)),
            Verdict::Refused(refusal) => Err(Unmoved::Refused(refusal)),
        }
    }

    /// Takes in a session whose QR was just issued; `born` is the sequence number of its event.
    pub fn begun(&self, issued: Issued, born: Seq) -> Change {
        let mut work = Work::new(self);
        let session = Session::begun(issued, born, self.now, self.rules);
        if let Some(wc_id) = &session.wc_id {
            work.tend(wc_id, |tend| tend.begun(&session));
        }
        work.sessions.push(session);
        work.finish()
    }

    /// Takes in a login that is online without having been begun here by a QR: by pop-up, or by whoever else
    /// uses the platform. `device` and `proxy` are for an account that nothing is known about yet; `born` is the
    /// sequence number of its event.
    pub fn found_online(
        &self,
        w_id: WId,
        profile: Profile,
        from: Source,
        (device, proxy): (DeviceType, Option<Proxy>),
        born: Seq,
    ) -> Result<Change, Unmoved> {
        let wc_id = profile.wc_id.clone();
        if let Some(known) = self.known.session(&w_id) {
            // Its own call brings the login of one in flight; one that has ended stays so.
            return match known.state.name() {
                StateName::Dropped => self.listed_as_ended(&known, &profile, from),
                _ => Err(Unmoved::Ignored(Ignored::AlreadyKnown)),
            };
        }
        let account = self.known.account(&wc_id);
        let account = account.as_deref();
        let why = match from {
            Source::PopUp => "the login was confirmed on the phone",
            _ => account
                .and_then(Account::found_by_box)
                .unwrap_or("the platform lists it online; it was not begun here"),
        };
        let mut profile = Box::new(profile);
        if profile.nick_name.is_none()
            && let Some(account) = account
        {
            // The list has only names; what was known of the person stays.
            profile.clone_from(&account.profile);
        }
        let found = Found {
            w_id,
            profile,
            device: account.map_or(device, |account| account.device),
            proxy: account.map_or(proxy, |account| account.proxy.clone()),
            label: account.and_then(|account| account.label.clone()),
            why: why.to_owned(),
            source: from,
        };
        let mut work = Work::new(self);
        work.online(None, Session::found(found, born, self.now), from);
        // Its own event comes first: that is where it was born.
        work.sessions.rotate_right(1);
        Ok(work.finish())
    }

    /// Takes in that the platform has a login online that has ended here: somebody scanned its QR when nobody
    /// asked for the answer any more. It stays ended. Who it is becomes known with it, where it had not been
    /// online here: an account that was online here and is not known is one that a person forgot.
    fn listed_as_ended(&self, ended: &Session, profile: &Profile, from: Source) -> Result<Change, Unmoved> {
        let wc_id = &profile.wc_id;
        let drop = match &ended.state {
            State::Dropped { drop, profile: None } if self.known.account(wc_id).is_none() => drop,
            _ => return self.tend(wc_id, Tending::ListedAs(ended.w_id.clone())),
        };
        let mut work = Work::new(self);
        // Where somebody else was expected to scan, the login's name is not theirs.
        let meant = ended.wc_id.as_ref().is_none_or(|expected| expected == wc_id);
        let label = ended.label.clone().filter(|_| meant);
        work.accounts.push(Account::scanned_too_late(ended, label, profile, self.now, self.rules));
        work.tend(wc_id, |tend| tend.became_known_by(&ended.w_id, drop.reason, from));
        Ok(work.finish())
    }

    /// Takes in that the account's current login is lost, as `from` says.
    pub fn lost(&self, wc_id: &WcId, from: Source, what: &str) -> Result<Change, Unmoved> {
        let account = self.known.account(wc_id).ok_or_else(|| Unmoved::NoAccount(wc_id.clone()))?;
        let current = account.current_w_id.as_ref().ok_or(Unmoved::Ignored(Ignored::NotOnline))?;
        let session = self.known.session(current).ok_or_else(|| Unmoved::NoSession(current.clone()))?;
        if account.rest == Some(Rest::LoggedOut) {
            // It is just what a person has asked for.
            return self.apply(current, Input::Ended);
        }
        let reason = account.drop_reason(session.state_since, self.now, &self.rules.relogin);
        let lost = Input::Lost { reason, detail: what.to_owned(), from };
        match step(&session, lost, self.now, self.rules) {
            Verdict::Accepted(next) => {
                let mut work = Work::new(self);
                work.tend(wc_id, |tend| tend.lost(current, reason, from, what));
                work.sessions.push(next);
                Ok(work.finish())
            }
            Verdict::Ignored(why) => Err(Unmoved::Ignored(why)),
            Verdict::Refused(refusal) => Err(Unmoved::Refused(refusal)),
        }
    }

    /// Takes in that the platform's list does not have the account: a drop, where that is so often enough.
    pub fn not_listed(&self, wc_id: &WcId) -> Result<Change, Unmoved> {
        let account = self.known.account(wc_id).ok_or_else(|| Unmoved::NoAccount(wc_id.clone()))?;
        if account.current_w_id.is_none() {
            return Err(Unmoved::Ignored(Ignored::NotOnline));
        }
        let absences = account.absences.saturating_add(1);
        if absences < self.rules.confirmations {
            return self.tend(wc_id, Tending::NotListed);
        }
        let what = match absences {
            1 => "it is missing in the platform's list of who is online".to_owned(),
            _ => format!("it is missing in the platform's list of who is online, {absences} times in a row"),
        };
        self.lost(wc_id, Source::List, &what)
    }

    /// Takes in why the account was lost by the login `w_id`, in the platform's own words.
    pub fn explained(&self, wc_id: &WcId, w_id: &WId, sentence: &str) -> Result<Change, Unmoved> {
        let mut change = match self.apply(w_id, Input::Explained { detail: sentence.to_owned() }) {
            Ok(change) => change,
            Err(Unmoved::NoSession(_) | Unmoved::Ignored(_)) => Change::default(),
            Err(refused) => return Err(refused),
        };
        let mut work = Work::new(self);
        work.tend(wc_id, |tend| tend.explained(sentence));
        change.accounts = work.finish().accounts;
        Ok(change)
    }

    /// Everything that happens to an account apart from its sessions.
    pub fn tend(&self, wc_id: &WcId, tending: Tending) -> Result<Change, Unmoved> {
        let mut work = Work::new(self);
        match work.tend(wc_id, |tend| tend.take(tending)) {
            None => Err(Unmoved::NoAccount(wc_id.clone())),
            Some(Err(refusal)) => Err(Unmoved::Refused(refusal)),
            Some(Ok(())) => Ok(work.finish()),
        }
    }

    /// Forgets an account that is not online; a login of it that is in flight is abandoned.
    pub fn forget(&self, wc_id: &WcId) -> Result<Change, Unmoved> {
        let account = self.known.account(wc_id).ok_or_else(|| Unmoved::NoAccount(wc_id.clone()))?;
        if account.current_w_id.is_some() {
            return Err(Unmoved::Refused(Refusal::StillOnline));
        }
        let ended = self.known.live_sessions(wc_id).into_iter().filter_map(|session| {
            match step(&session, Input::Ended, self.now, self.rules) {
                Verdict::Accepted(next) => Some(next),
                Verdict::Ignored(_) | Verdict::Refused(_) => None,
            }
        });
        let mut fleet = None;
        if account.waits_in_line(self.now) {
            fleet.insert(self.fleet.clone()).give_back(&self.rules.relogin);
        }
        Ok(Change { sessions: ended.collect(), forgotten: Some(wc_id.clone()), fleet, ..Change::default() })
    }

    fn followed_up(&self, before: &Session, next: Session) -> Change {
        let mut work = Work::new(self);
        match &next.state {
            State::Online { .. } if before.state.name().is_in_flight() => {
                work.online(Some(before), next, Source::LoginInfo);
                return work.finish();
            }
            State::Dropped { drop, .. } if before.state.name() != StateName::Dropped => {
                work.dropped(before, drop, &next);
            }
            _ => {}
        }
        work.sessions.push(next);
        work.finish()
    }
}

/// A change being made.
struct Work<'a, K> {
    moves: &'a Moves<'a, K>,
    sessions: Vec<Session>,
    accounts: Vec<Account>,
    /// Copied once something is written to it.
    fleet: Cow<'a, Fleet>,
    said: Said,
}

impl<'a, K: Known> Work<'a, K> {
    fn new(moves: &'a Moves<'a, K>) -> Self {
        let fleet = Cow::Borrowed(moves.fleet);
        Self { moves, sessions: Vec::new(), accounts: Vec::new(), fleet, said: Said::default() }
    }

    /// Changes an account; `None` where there is none.
    fn tend<T>(&mut self, wc_id: &WcId, change: impl FnOnce(&mut Tend<'_>) -> T) -> Option<T> {
        let place = self.accounts.iter().position(|account| account.wc_id == *wc_id);
        let account = match place {
            Some(place) => self.accounts.swap_remove(place),
            None => Account::clone(&*self.moves.known.account(wc_id)?),
        };
        let waited = account.waits_in_line(self.moves.now);
        let Moves { fleet, rules, now, .. } = *self.moves;
        let fleet = std::mem::replace(&mut self.fleet, Cow::Borrowed(fleet));
        let mut tend = Tend { account, fleet, said: std::mem::take(&mut self.said), rules, now };
        let outcome = change(&mut tend);
        tend.leaves_the_line(waited);
        tend.notes_its_rest();
        (self.fleet, self.said) = (tend.fleet, tend.said);
        self.accounts.push(tend.account);
        Some(outcome)
    }

    /// A login goes online: it takes the place of every other login of its account.
    fn online(&mut self, before: Option<&Session>, mut next: Session, from: Source) {
        let State::Online { profile } = &next.state else { return };
        let profile = profile.clone();
        let wc_id = &profile.wc_id;
        let moves = self.moves;
        for other in moves.known.live_sessions(wc_id).iter().filter(|other| other.w_id != next.w_id) {
            let superseded = Input::Superseded { by: next.w_id.clone() };
            if let Verdict::Accepted(ended) = step(other, superseded, moves.now, moves.rules) {
                if other.state.name() == StateName::Online {
                    next.predecessor = Some(other.w_id.clone());
                }
                self.sessions.push(ended);
            }
        }
        let account = moves.known.account(wc_id);
        if let Some(account) = account.as_deref()
            && next.predecessor.is_none()
        {
            next.predecessor = account.logins.last().cloned();
            self.sessions
                .extend(next.predecessor.as_ref().and_then(|before| moves.succeeded(before, &next.w_id)));
        }
        let expected = before.and_then(|before| before.wc_id.as_ref());
        // Where somebody else was expected to scan, the login's name is not theirs, either.
        let meant = expected.is_none_or(|expected| expected == wc_id);
        // What an account is called was settled when its login began, or a person has changed it since.
        let names = expected.is_none() || (meant && account.is_none());
        let login = if names { &next } else { &Session { label: None, ..next.clone() } };
        if self.tend(wc_id, |tend| tend.logged_in(login, &profile, true, from)).is_none() {
            self.accounts.push(Account::first_login(login, &profile, from, moves.now, moves.rules));
        }
        if let Some(expected) = expected.filter(|_| !meant) {
            let what = format!("{wc_id} scanned instead");
            self.tend(expected, |tend| tend.came_to_nothing(&next.w_id, from, &what));
        }
        self.sessions.push(next);
    }

    /// A session has ended.
    fn dropped(&mut self, before: &Session, drop: &Drop, next: &Session) {
        let w_id = &next.w_id;
        let from = next.history.last().map_or(Source::Daemon, |step| step.source);
        let Some(wc_id) = &before.wc_id else { return };
        let was_online = before.state.name() == StateName::Online;
        self.tend(wc_id, |tend| match drop.reason {
            // Whatever took its place says what becomes of the account.
            DropReason::Superseded => {}
            _ if !was_online => tend.came_to_nothing(w_id, from, &drop.detail),
            _ if tend.account.current_w_id.as_ref() != Some(w_id) => {}
            DropReason::LoggedOut => tend.logged_out(w_id),
            reason => tend.lost(w_id, reason, from, &drop.detail),
        });
    }

    fn finish(self) -> Change {
        let Self { moves, sessions, accounts, fleet, said } = self;
        let changed = |mut account: Account| {
            let before = moves.known.account(&account.wc_id);
            match before.as_deref() {
                Some(before) if !account.is_news_beside(before) => return None,
                Some(before) => account.version = before.version.next(),
                None => {}
            }
            Some(account)
        };
        Change {
            sessions,
            accounts: accounts.into_iter().filter_map(changed).collect(),
            forgotten: None,
            fleet: match fleet {
                Cow::Owned(fleet) if fleet != *moves.fleet => Some(fleet),
                _ => None,
            },
            notices: said.notices,
            acts: said.acts,
        }
    }
}

impl<K: Known> Moves<'_, K> {
    /// The login `before`, which had ended, once `by` has followed it; `None` where it is known no more.
    fn succeeded(&self, before: &WId, by: &WId) -> Option<Session> {
        let session = self.known.session(before)?;
        match step(&session, Input::Followed { by: by.clone() }, self.now, self.rules) {
            Verdict::Accepted(next) => Some(next),
            Verdict::Ignored(_) | Verdict::Refused(_) => None,
        }
    }
}
