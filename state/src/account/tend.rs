//! What becomes of an account: the rules of its life, one function for each thing that can happen to it.

mod attempts;
mod review;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::evidence::{cut, note};
use super::relogin::spread;
use super::{Account, LOGINS_KEPT, LastDrop, Method, REASON_EVERY, Relogin, Rest, Source, Stage, lead};
use crate::fleet::Fleet;
use crate::id::{Version, WId, WcId};
use crate::input::Refusal;
use crate::moves::Act;
use crate::notice::{Notice, NoticeKind};
use crate::profile::{Label, Profile};
use crate::rules::{ReloginRules, Rules, after, before, between};
use crate::session::{DropReason, Session};
use crate::words;

/// What can happen to an account apart from its sessions' steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tending {
    /// The clock passed a time that [`Account::due_at`] named.
    TimeCame,
    /// Everything is looked through: at start, after a reload, after the clock was set back. Changes nothing
    /// where all is as it should be.
    Reviewed {
        /// Whether the call that the record says is out really is.
        calling: bool,
        /// Whether the session that the record says is in flight really is.
        in_flight: bool,
    },
    /// The platform's list has it.
    Listed,
    /// The platform's list does not have it.
    NotListed,
    /// The platform says that its current login is online.
    ConfirmedOnline,
    /// The platform's list has it under a login that is known to have ended here.
    ListedAs(WId),
    /// The pop-up login came to nothing, in these words.
    PopUpFailed(String),
    /// The platform could not be asked for a login, in these words.
    CallFailed {
        /// Why.
        what: String,
        /// Whether it is certain that no QR was issued.
        no_qr: bool,
    },
    /// A person wants it logged in now.
    Wanted {
        /// How; as the account needs it where nothing is said.
        method: Option<Method>,
        /// Although it is online.
        force: bool,
        /// The caller's name for the request: asked again by the same name, nothing more is done.
        request_key: Option<Arc<str>>,
    },
    /// A person logs it out: the platform is being asked to.
    LogOutBegun,
    /// The platform did not log it out.
    LogOutFailed,
    /// A person changes its settings.
    Set {
        /// What to call it.
        label: Option<Label>,
        /// Whether to log it in again by itself.
        auto_relogin: Option<bool>,
    },
    /// The platform could not say why it is offline, in these words.
    NotExplained(String),
}

/// What is said and asked for beside the account itself.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) notices: Vec<Notice>,
    pub(crate) acts: Vec<Act>,
}

/// An account being changed.
#[derive(Debug)]
pub(crate) struct Tend<'a> {
    pub(crate) account: Account,
    pub(crate) fleet: Cow<'a, Fleet>,
    pub(crate) said: Said,
    pub(crate) rules: &'a Rules,
    pub(crate) now: Timestamp,
}

impl Account {
    /// The account that its first login here makes, as `from` says.
    pub fn first_login(
        login: &Session,
        profile: &Profile,
        from: Source,
        now: Timestamp,
        rules: &Rules,
    ) -> Self {
        let account = Self::before_login(login, profile, now, rules);
        let (fleet, said) = (Cow::Owned(Fleet::default()), Said::default());
        let mut tend = Tend { account, fleet, said, rules, now };
        tend.logged_in(login, profile, false, from);
        tend.account
    }

    /// The account of whoever scanned the QR of `login` after that had ended here; `label` is what it is called.
    /// It is offline, and its device is new.
    pub(crate) fn scanned_too_late(
        login: &Session,
        label: Option<Label>,
        profile: &Profile,
        now: Timestamp,
        rules: &Rules,
    ) -> Self {
        // A login that another one followed already is no link of this account's chain.
        let logins = login.successor.is_none().then(|| login.w_id.clone()).into_iter().collect();
        let proxy = login.proxy.clone();
        Self { label, proxy, logins, ..Self::before_login(login, profile, now, rules) }
    }

    fn before_login(login: &Session, profile: &Profile, now: Timestamp, rules: &Rules) -> Self {
        Self {
            wc_id: profile.wc_id.clone(),
            version: Version(1),
            label: None,
            profile: Box::new(profile.clone()),
            device: login.device,
            proxy: None,
            current_w_id: None,
            first_login_at: now,
            last_login_at: now,
            stage: first_day(now, &rules.relogin),
            last_drop: None,
            absences: 0,
            auto_relogin: true,
            rest: None,
            relogin: None,
            attempts: 0,
            popup_failed: None,
            request_key: None,
            spent: crate::budget::Ledger::default(),
            budget_told: false,
            reason: super::Reason::default(),
            evidence: Vec::new(),
            logins: Vec::new(),
        }
    }
}

fn first_day(now: Timestamp, rules: &ReloginRules) -> Stage {
    Stage::FirstDay { drop_due_at: after(now, rules.first_drop), told: false, looked: false }
}

impl Tend<'_> {
    /// Everything but the steps of sessions.
    pub(crate) fn take(&mut self, tending: Tending) -> Result<(), Refusal> {
        match tending {
            Tending::TimeCame => self.time_came(),
            Tending::Reviewed { calling, in_flight } => self.reviewed(calling, in_flight),
            Tending::Listed => self.present(Source::List, "the platform lists it online again"),
            Tending::ConfirmedOnline => self.present(Source::IsOnline, "the platform says that it is online"),
            Tending::NotListed => self.absent(),
            Tending::ListedAs(w_id) => self.listed_as(&w_id, Source::List),
            Tending::PopUpFailed(what) => self.popup_failed(&what),
            Tending::CallFailed { what, no_qr } => self.call_failed(&what, no_qr),
            Tending::Wanted { method, force, request_key } => {
                return self.wanted(method, force, request_key);
            }
            Tending::LogOutBegun => self.account.rest = Some(Rest::LoggedOut),
            Tending::LogOutFailed => self.stays_online(),
            Tending::Set { label, auto_relogin } => self.set(label, auto_relogin),
            Tending::NotExplained(what) => {
                self.note(Source::OfflineReason, format!("it could not be asked why: {what}"));
            }
        }
        Ok(())
    }

    /// Notes that re-logins are off for all where that is what it rests for, so that its record tells.
    pub(crate) fn notes_its_rest(&mut self) {
        self.account.rest.take_if(|rest| *rest == Rest::Disabled);
        let rests = self.account.current_w_id.is_none() && self.account.relogin.is_none();
        if rests && self.account.resting(&self.rules.relogin) == Some(Rest::Disabled) {
            self.account.rest = Some(Rest::Disabled);
        }
    }

    /// Gives back the place in the host's line that it `waited` for, where it waits no more before its time has
    /// come.
    pub(crate) fn leaves_the_line(&mut self, waited: bool) {
        if waited && !self.account.waits_in_line(self.now) {
            self.fleet.to_mut().give_back(&self.rules.relogin);
        }
    }

    /// A login of it went online; `known` says whether there was the account before, `from` which call said so.
    pub(crate) fn logged_in(&mut self, login: &Session, profile: &Profile, known: bool, from: Source) {
        let rules = &self.rules.relogin;
        let account = &mut self.account;
        account.label = login.label.clone().or(account.label.take());
        *account.profile = profile.clone();
        account.device = login.device;
        account.proxy = login.proxy.clone().or(account.proxy.take());
        account.current_w_id = Some(login.w_id.clone());
        account.last_login_at = self.now;
        if account.logins.len() >= LOGINS_KEPT {
            account.logins.remove(0);
        }
        account.logins.push(login.w_id.clone());
        (account.relogin, account.rest, account.popup_failed) = (None, None, None);
        (account.attempts, account.absences, account.reason.wanted) = (0, 0, None);
        let why = login.history.last().map_or("", |transition| &transition.why);
        note(&mut account.evidence, from, format!("{why} ({})", login.w_id), self.now);
        let stable_until = after(self.now, rules.stable_for);
        match &mut account.stage {
            stage if known && login.new_device => {
                *stage = first_day(self.now, rules);
                let why = "it was logged in without its wcId: the platform made a new device of it, which drops \
                           once more; log it in with its wcId from now on";
                self.note(Source::Daemon, why);
                self.say(NoticeKind::NewDevice, why, None, None);
            }
            Stage::FirstDay { .. } => {}
            Stage::FirstDropped => self.settle("it was logged in again after its first drop"),
            Stage::Settled { stable_until: until, told } => (*until, *told) = (stable_until, false),
        }
    }

    /// Its current login was lost without anybody here having wanted that.
    pub(crate) fn lost(&mut self, w_id: &WId, reason: DropReason, from: Source, what: &str) {
        let (now, rules) = (self.now, &self.rules.relogin);
        let account = &mut self.account;
        account.current_w_id = None;
        account.absences = 0;
        account.last_drop = Some(LastDrop { w_id: w_id.clone(), at: now, reason });
        if reason == DropReason::FirstNight {
            account.stage = Stage::FirstDropped;
        }
        let may_ask = account.reason.asked_at.is_none_or(|at| between(at, now) >= REASON_EVERY);
        account.reason.wanted = may_ask.then(|| w_id.clone());
        self.note(from, what);
        if let Some(storm) = self.fleet.to_mut().dropped(now, rules) {
            let why = format!(
                "{} accounts dropped within {}: one incident; re-logins are held until it is calm, then begin \
                 one after another",
                storm.drops,
                words::duration(rules.storm.per)
            );
            self.say_of_host(NoticeKind::Storm, why, None, None);
        }
        if self.is_on_its_way() {
            return;
        }
        let (delay, why) = match reason {
            DropReason::ShortLived => (
                spread(&self.account.wc_id, 0, rules.backoff_max),
                "it dropped right after its login, so the next one waits: check the region or proxy it logs in \
                 from",
            ),
            DropReason::FirstNight => (Duration::ZERO, "its known first drop"),
            _ => (Duration::ZERO, "it dropped"),
        };
        self.plan(delay, why);
    }

    /// A person logged its current login out.
    pub(crate) fn logged_out(&mut self, w_id: &WId) {
        self.account.current_w_id = None;
        self.account.absences = 0;
        let reason = DropReason::LoggedOut;
        self.account.last_drop = Some(LastDrop { w_id: w_id.clone(), at: self.now, reason });
        self.account.rest = Some(Rest::LoggedOut);
        self.note(Source::Person, "it was logged out here");
    }

    /// The platform said why it was lost.
    pub(crate) fn explained(&mut self, sentence: &str) {
        self.note(Source::OfflineReason, format!("the platform says: {sentence}"));
    }

    /// What a person wanted did not happen, or it is not known whether it did: what drops now, drops by itself.
    pub(super) fn stays_online(&mut self) {
        let online = self.account.current_w_id.is_some();
        self.account.rest.take_if(|rest| online && *rest == Rest::LoggedOut);
    }

    fn time_came(&mut self) {
        if self.account.current_w_id.is_some() {
            self.time_came_online();
        } else if let Some(w_id) = self.account.reason.wanted.take() {
            self.account.reason.asked_at = Some(self.now);
            self.said.acts.push(Act::AskReason { wc_id: self.account.wc_id.clone(), w_id });
        }
        let due_at = self.account.relogin.as_ref().and_then(Relogin::due_at);
        if due_at.is_some_and(|at| at <= self.now) {
            self.begin();
        }
    }

    fn time_came_online(&mut self) {
        let (now, rules) = (self.now, &self.rules.relogin);
        let settles = after(self.account.last_login_at, rules.first_drop.saturating_mul(2));
        if !self.account.is_settled() && settles <= now {
            self.settle("it stayed online for twice the time in which its first drop comes");
            return;
        }
        match &mut self.account.stage {
            Stage::FirstDay { drop_due_at, told, looked } => {
                let due = *drop_due_at;
                if due <= now && !*looked {
                    (*told, *looked) = (true, true);
                    self.said.acts.push(Act::Look(self.account.wc_id.clone()));
                } else if !*told && before(due, lead(rules.drop_lead, rules.first_drop)) <= now {
                    *told = true;
                    let why = "a first login drops once within its first day";
                    let todo = "have the phone of this account at hand: a QR will have to be scanned";
                    self.say(NoticeKind::DropExpected, why, Some(todo), Some(due));
                }
            }
            Stage::Settled { stable_until, told } => {
                let until = *stable_until;
                if !*told && before(until, lead(rules.renewal_lead, rules.stable_for)) <= now {
                    *told = true;
                    let why = "a login holds for about this long";
                    let todo = "log it in again at a time that suits you, or wait until it drops";
                    self.say(NoticeKind::RenewalDue, why, Some(todo), Some(until));
                }
            }
            Stage::FirstDropped => {}
        }
    }

    fn settle(&mut self, why: &str) {
        let stable_until = after(self.now, self.rules.relogin.stable_for);
        self.account.stage = Stage::Settled { stable_until, told: false };
        self.say(NoticeKind::Settled, why, None, Some(stable_until));
    }

    fn absent(&mut self) {
        self.account.absences = self.account.absences.saturating_add(1);
        self.note(Source::List, "it is missing in the platform's list");
    }

    fn present(&mut self, from: Source, what: &str) {
        if self.account.absences > 0 {
            self.account.absences = 0;
            self.note(from, what);
        }
    }

    /// The platform has a login of it online that has ended here: noted, and said with the login that is to take its
    /// place.
    fn listed_as(&mut self, w_id: &WId, from: Source) {
        let mut what = format!("the platform lists it online as {w_id}, a login that has ended here");
        if self.account.current_w_id.is_none() && self.account.resting(&self.rules.relogin).is_none() {
            what.push_str("; the next login takes its place");
        }
        let what = cut(what);
        let account = &mut self.account;
        // The platform may list several of them, in each list: one is named as the reason, and stays.
        let named = |why: &str| account.evidence.iter().any(|seen| seen.from == from && seen.what == why);
        if let Some(relogin) = &mut account.relogin
            && !relogin.by_person
            && relogin.due_at().is_some()
            && !named(&relogin.why)
        {
            relogin.why.clone_from(&what);
        }
        self.note(from, what);
    }

    /// It has become known by a login that had ended here for this reason. Where a person ended that, the account
    /// is left be; otherwise whoever scanned too late is asked to scan once more.
    pub(crate) fn became_known_by(&mut self, w_id: &WId, reason: DropReason, from: Source) {
        let wanted = matches!(reason, DropReason::Expired | DropReason::Failed | DropReason::Declined);
        self.account.rest = (!wanted).then_some(Rest::LoggedOut);
        self.plan(Duration::ZERO, "its QR was scanned after that had ended here");
        self.listed_as(w_id, from);
        if !wanted {
            let why = "its QR was scanned after it had been ended here, so that it is left offline";
            self.say(NoticeKind::ReloginStopped, why, Some("log it in yourself (wxloginctl relogin)"), None);
        }
    }

    fn note(&mut self, from: Source, what: impl Into<String>) {
        note(&mut self.account.evidence, from, what, self.now);
    }

    fn say(&mut self, kind: NoticeKind, why: &str, todo: Option<&str>, until: Option<Timestamp>) {
        self.say_of(self.account.current_w_id.clone(), kind, why, todo, until);
    }

    fn say_of_host(&mut self, kind: NoticeKind, why: String, todo: Option<&str>, until: Option<Timestamp>) {
        let todo = todo.map(str::to_owned);
        self.said.notices.push(Notice { kind, wc_id: None, w_id: None, why, todo, until });
    }

    fn say_of(
        &mut self,
        w_id: Option<WId>,
        kind: NoticeKind,
        why: &str,
        todo: Option<&str>,
        until: Option<Timestamp>,
    ) {
        let wc_id: Option<WcId> = Some(self.account.wc_id.clone());
        let (why, todo) = (why.to_owned(), todo.map(str::to_owned));
        self.said.notices.push(Notice { kind, wc_id, w_id, why, todo, until });
    }
}
