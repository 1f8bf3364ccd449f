//! What becomes of an account: the rules of its life, one function for each thing that can happen to it.

use std::time::Duration;

use jiff::Timestamp;

use super::evidence::{cut, note};
use super::relogin::{backoff, spread};
use super::{
    Account, LOGINS_KEPT, LastDrop, Method, Phase, REASON_EVERY, Relogin, Rest, Source, Stage, lead,
};
use crate::fleet::{Fleet, Why};
use crate::id::{Version, WId, WcId};
use crate::input::Refusal;
use crate::moves::Act;
use crate::notice::{Notice, NoticeKind};
use crate::profile::{Label, Profile};
use crate::rules::{Issue, ReloginRules, Rules, after, before, between};
use crate::session::{DropReason, Session};
use crate::words;

/// After a call was interrupted by the daemon's end the next one waits a little: until then the platform's list
/// may say that the login came true meanwhile.
const AFTER_INTERRUPTION: Duration = Duration::from_secs(5);

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
    },
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
    pub(crate) fleet: &'a mut Fleet,
    pub(crate) said: &'a mut Said,
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
        let (mut fleet, mut said) = (Fleet::default(), Said::default());
        let mut tend = Tend { account, fleet: &mut fleet, said: &mut said, rules, now };
        tend.logged_in(login, profile, false, from);
        tend.account
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
            Tending::ListedAs(w_id) => self.listed_as(&w_id),
            Tending::PopUpFailed(what) => self.popup_failed(&what),
            Tending::CallFailed { what, no_qr } => self.call_failed(&what, no_qr),
            Tending::Wanted { method, force } => return self.wanted(method, force),
            Tending::Set { label, auto_relogin } => self.set(label, auto_relogin),
            Tending::NotExplained(what) => {
                self.note(Source::OfflineReason, format!("it could not be asked why: {what}"));
            }
        }
        Ok(())
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
                self.say(NoticeKind::NewDevice, why, None, None);
            }
            Stage::FirstDay { .. } => {}
            Stage::FirstDropped => self.settle("it was logged in again after its first drop"),
            Stage::Settled { stable_until: until, told, .. } => (*until, *told) = (stable_until, false),
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
        let may_ask = account.reason.asked_at.is_none_or(|at| now < at || between(at, now) >= REASON_EVERY);
        account.reason.wanted = may_ask.then(|| w_id.clone());
        self.note(from, what);
        if let Some(storm) = self.fleet.dropped(now, rules) {
            let why = format!(
                "{} accounts dropped within {}: one incident; re-logins are held until it is calm, then begin \
                 one after another",
                storm.drops,
                words::duration(rules.storm.per)
            );
            self.said.notices.push(Notice {
                kind: NoticeKind::Storm,
                wc_id: None,
                w_id: None,
                why,
                todo: None,
                until: None,
            });
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

    /// A session of it has its QR: on its way, by whoever asked for it.
    pub(crate) fn begun(&mut self, session: &Session) {
        let by_daemon = self.account.call() == Some(Method::Qr);
        let phase = Phase::InFlight { w_id: session.w_id.clone(), since: self.now };
        match &mut self.account.relogin {
            Some(relogin) if by_daemon => relogin.phase = phase,
            relogin => {
                *relogin = Some(Relogin {
                    attempt: self.account.attempts.saturating_add(1),
                    method: Method::Qr,
                    by_person: true,
                    why: "a person asked for it".to_owned(),
                    troubles: 0,
                    phase,
                });
                self.account.spent.spend(self.now, self.rules.relogin.budget);
                self.fleet.count(self.now, &self.rules.relogin);
            }
        }
        if self.account.relogin.as_ref().is_some_and(|relogin| !relogin.by_person) {
            let until = session.deadline();
            let todo = "scan the QR with the phone of this account, and confirm";
            self.say_of(
                Some(session.w_id.clone()),
                NoticeKind::ScanNeeded,
                "its QR is there",
                Some(todo),
                until,
            );
        }
    }

    /// A session of it ended before it was online.
    pub(crate) fn came_to_nothing(&mut self, w_id: &WId, what: &str) {
        if self.account.relogin.as_ref().and_then(Relogin::w_id) != Some(w_id) {
            return;
        }
        self.account.relogin = None;
        self.note(Source::LoginInfo, format!("the login {w_id} came to nothing: {what}"));
        if self.account.current_w_id.is_none() {
            self.account.attempts = self.account.attempts.saturating_add(1);
            let failures = self.account.attempts;
            self.plan(self.pause(failures), &format!("attempt {failures} came to nothing: {what}"));
        }
    }

    /// The platform said why it was lost.
    pub(crate) fn explained(&mut self, sentence: &str) {
        self.note(Source::OfflineReason, format!("the platform says: {sentence}"));
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
            Stage::Settled { stable_until, told, .. } => {
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

    /// Begins the login that is due, or says when it is due instead.
    fn begin(&mut self) {
        let (now, rules) = (self.now, &self.rules.relogin);
        let Some(Relogin { method, by_person, .. }) = self.account.relogin.clone() else { return };
        let fetches = method == Method::Qr;
        if by_person {
            if fetches {
                self.fleet.count(now, rules);
            }
            return self.call(fetches);
        }
        if self.account.current_w_id.is_some() || self.account.resting(rules).is_some() {
            self.account.relogin = None;
            return;
        }
        let opens = rules.window.opens(now);
        if opens > now {
            return self.put_off(opens, "it is outside the hours in which a login may begin by itself");
        }
        if fetches && rules.issue == Issue::OnDemand {
            return self.offer();
        }
        if fetches && let Some(free_at) = self.account.spent.free_at(now, rules.budget) {
            return self.budget_spent(free_at);
        }
        match self.fleet.admit(now, fetches, rules) {
            Ok(()) => self.call(fetches),
            Err(held) => {
                let why = match held.why {
                    Why::Storm => "many accounts dropped at once: it waits for its turn",
                    Why::Budget => "the host has fetched as many QRs as it may for now",
                };
                self.put_off(held.until, why);
            }
        }
    }

    /// From here on the platform is being called, and the QR is paid for.
    fn call(&mut self, fetches: bool) {
        if fetches {
            self.account.spent.spend(self.now, self.rules.relogin.budget);
            self.account.budget_told = false;
        }
        let Some(relogin) = &mut self.account.relogin else { return };
        relogin.phase = Phase::Calling { since: self.now };
        if !fetches && !relogin.by_person {
            let todo = "confirm the login on the phone of this account";
            let until = after(self.now, self.rules.popup_allowance);
            self.say(NoticeKind::ScanNeeded, "its phone shows a box", Some(todo), Some(until));
        }
    }

    fn offer(&mut self) {
        let Some(relogin) = &mut self.account.relogin else { return };
        relogin.phase = Phase::Offered { since: self.now };
        let todo = "open the login of this account when its phone is at hand (wxloginctl relogin): the QR is \
                    fetched then";
        self.say(NoticeKind::ScanNeeded, "a login is due", Some(todo), None);
    }

    fn budget_spent(&mut self, free_at: Timestamp) {
        let why = format!("its QRs are spent: {}", self.rules.relogin.budget);
        if !std::mem::replace(&mut self.account.budget_told, true) {
            let todo = "ask for a login yourself when the phone is at hand (wxloginctl relogin)";
            self.say(NoticeKind::BudgetSpent, &why, Some(todo), Some(free_at));
        }
        self.put_off(free_at, &why);
    }

    /// Due later, for this reason; not at all where the daemon was told meanwhile to leave the account be.
    fn put_off(&mut self, at: Timestamp, why: &str) {
        let rests = self.account.resting(&self.rules.relogin).is_some();
        self.account.relogin.take_if(|relogin| rests && !relogin.by_person);
        let Some(relogin) = &mut self.account.relogin else { return };
        relogin.phase = Phase::Due { at, set_at: self.now };
        relogin.why = cut(why.to_owned());
        self.say_scheduled();
    }

    /// Schedules the next login after `delay`, or leaves the account be where that was decided.
    fn plan(&mut self, delay: Duration, why: &str) {
        let (now, rules) = (self.now, &self.rules.relogin);
        self.account.relogin = None;
        if self.account.current_w_id.is_some() || self.account.resting(rules).is_some() {
            return;
        }
        let attempts = self.account.attempts;
        if rules.max_attempts > 0 && attempts >= rules.max_attempts {
            self.account.rest = Some(Rest::GaveUp { attempts });
            let why =
                format!("{attempts} logins in a row came to nothing, as many as relogin.max_attempts allows");
            let todo = "log it in yourself (wxloginctl relogin)";
            self.say(NoticeKind::ReloginStopped, &why, Some(todo), None);
            return;
        }
        let at = rules.window.opens(after(now, delay));
        let at = self.fleet.place(now, rules).map_or(at, |place| at.max(place));
        self.account.relogin = Some(Relogin {
            attempt: attempts.saturating_add(1),
            method: self.account.method(),
            by_person: false,
            why: cut(why.to_owned()),
            troubles: 0,
            phase: Phase::Due { at, set_at: now },
        });
        self.say_scheduled();
    }

    /// How long to wait after so many failures. A login that held for seconds is no reason for haste.
    fn pause(&self, failures: u32) -> Duration {
        let rules = &self.rules.relogin;
        let Account { last_drop, last_login_at, .. } = &self.account;
        // One that dropped before the last login says nothing about that one.
        let short_lived = last_drop
            .as_ref()
            .is_some_and(|drop| drop.reason == DropReason::ShortLived && drop.at >= *last_login_at);
        if short_lived {
            spread(&self.account.wc_id, failures, rules.backoff_max)
        } else {
            backoff(&self.account.wc_id, failures, rules)
        }
    }

    fn popup_failed(&mut self, what: &str) {
        if self.account.call() != Some(Method::PopUp) {
            return;
        }
        self.note(Source::PopUp, format!("the pop-up login failed: {what}"));
        self.account.popup_failed = Some(cut(what.to_owned()));
        let Some(relogin) = &mut self.account.relogin else { return };
        (relogin.method, relogin.troubles) = (Method::Qr, 0);
        self.put_off(self.now, &format!("the pop-up login failed ({what}); a QR is next"));
    }

    fn call_failed(&mut self, what: &str, no_qr: bool) {
        let Some(Relogin { phase: Phase::Calling { since }, method, by_person, troubles, .. }) =
            self.account.relogin.clone()
        else {
            return;
        };
        let source = if method == Method::Qr { Source::IssueQr } else { Source::PopUp };
        self.note(source, format!("no login could be begun: {what}"));
        if no_qr && method == Method::Qr {
            self.account.spent.refund(since);
            self.fleet.refund(since);
        }
        let troubles = troubles.saturating_add(1);
        let delay = backoff(&self.account.wc_id, troubles, &self.rules.relogin);
        if by_person {
            // Who asked has seen it fail; from here on it is the schedule's.
            return self.plan(delay, "a login that a person asked for could not be begun");
        }
        if let Some(relogin) = &mut self.account.relogin {
            relogin.troubles = troubles;
        }
        let at = self.rules.relogin.window.opens(after(self.now, delay));
        self.put_off(at, &format!("no login could be begun: {what}"));
    }

    fn wanted(&mut self, method: Option<Method>, force: bool) -> Result<(), Refusal> {
        if self.is_on_its_way() {
            return Ok(());
        }
        let account = &mut self.account;
        if account.current_w_id.is_some() && !force {
            return Err(Refusal::Online);
        }
        if method == Some(Method::PopUp) && !account.is_settled() {
            return Err(Refusal::NotSettled);
        }
        let method = method.unwrap_or_else(|| account.method());
        (account.rest, account.attempts) = (None, 0);
        account.relogin = Some(Relogin {
            attempt: 1,
            method,
            by_person: true,
            why: "a person asked for it".to_owned(),
            troubles: 0,
            phase: Phase::Due { at: self.now, set_at: self.now },
        });
        self.note(Source::Person, "a login was asked for");
        self.begin();
        Ok(())
    }

    fn set(&mut self, label: Option<Label>, auto_relogin: Option<bool>) {
        self.account.label = label.or(self.account.label.take());
        let Some(auto_relogin) = auto_relogin.filter(|auto| *auto != self.account.auto_relogin) else {
            return;
        };
        self.account.auto_relogin = auto_relogin;
        let now_or_never = if auto_relogin { "on" } else { "off" };
        self.note(Source::Person, format!("autoRelogin was turned {now_or_never}"));
        self.keep_to_the_rules();
    }

    fn reviewed(&mut self, calling: bool, in_flight: bool) {
        let (now, rules) = (self.now, &self.rules.relogin);
        // What lies further ahead than it ever could was noted before the clock was set back, and what was said
        // before its time is said again when that comes.
        match &mut self.account.stage {
            Stage::FirstDay { drop_due_at, told, looked } => {
                *drop_due_at = (*drop_due_at).min(after(now, rules.first_drop));
                *told &= before(*drop_due_at, lead(rules.drop_lead, rules.first_drop)) <= now;
                *looked &= *drop_due_at <= now;
            }
            Stage::Settled { since, stable_until, told } => {
                *since = (*since).min(now);
                *stable_until = (*stable_until).min(after(now, rules.stable_for));
                *told &= before(*stable_until, lead(rules.renewal_lead, rules.stable_for)) <= now;
            }
            Stage::FirstDropped => {}
        }
        self.account.last_login_at = self.account.last_login_at.min(now);
        match self.account.relogin.as_mut().map(|relogin| &mut relogin.phase) {
            Some(Phase::Due { at, set_at }) if now < *set_at => {
                (*at, *set_at) = (after(now, between(*set_at, *at)), now);
            }
            Some(Phase::Calling { .. }) if !calling => self.interrupted(),
            Some(Phase::InFlight { .. }) if !in_flight => {
                self.plan(Duration::ZERO, "the login that was on its way is not known any more");
            }
            _ => {}
        }
        self.keep_to_the_rules();
    }

    /// The daemon ended while the platform was being called. What became of the call is not known: a QR may have
    /// been issued, a box confirmed.
    fn interrupted(&mut self) {
        let Some(relogin) = &mut self.account.relogin else { return };
        let (popup, by_person) = (relogin.method == Method::PopUp, relogin.by_person);
        if popup {
            self.account.popup_failed = Some("the daemon was stopped while the phone was asked".to_owned());
        }
        if by_person {
            return self.plan(AFTER_INTERRUPTION, "a login that a person asked for was interrupted");
        }
        relogin.method = Method::Qr;
        self.put_off(after(self.now, AFTER_INTERRUPTION), "the daemon was stopped while it was being begun");
    }

    /// After a change of the settings: schedules what is wanted now, and lets go what is not.
    fn keep_to_the_rules(&mut self) {
        let rules = &self.rules.relogin;
        let may_begin = self.account.current_w_id.is_none() && self.account.resting(rules).is_none();
        match &self.account.relogin {
            None if may_begin => self.plan(Duration::ZERO, "it is offline and is to be logged in by itself"),
            Some(Relogin { by_person: false, phase: Phase::Due { .. } | Phase::Offered { .. }, .. })
                if !may_begin =>
            {
                self.account.relogin = None;
            }
            Some(Relogin { phase: Phase::Offered { .. }, .. }) if rules.issue == Issue::Auto => {
                self.plan(Duration::ZERO, "QRs are fetched by themselves from now on");
            }
            _ => {}
        }
    }

    /// Whether the platform is being called, or a person has a step to complete.
    fn is_on_its_way(&self) -> bool {
        let phase = self.account.relogin.as_ref().map(|relogin| &relogin.phase);
        matches!(phase, Some(Phase::Calling { .. } | Phase::InFlight { .. }))
    }

    fn settle(&mut self, why: &str) {
        let (since, stable_until) = (self.now, after(self.now, self.rules.relogin.stable_for));
        self.account.stage = Stage::Settled { since, stable_until, told: false };
        self.say(NoticeKind::Settled, why, None, Some(stable_until));
    }

    fn absent(&mut self) {
        self.account.absences = self.account.absences.saturating_add(1);
        let absences = self.account.absences;
        self.note(Source::List, format!("it is missing in the platform's list, {absences} in a row"));
    }

    fn present(&mut self, from: Source, what: &str) {
        if self.account.absences > 0 {
            self.account.absences = 0;
            self.note(from, what);
        }
    }

    fn listed_as(&mut self, w_id: &WId) {
        let what = format!("the platform lists it online as {w_id}, a login that has ended here");
        if self.account.evidence.last().is_none_or(|seen| seen.what != cut(what.clone())) {
            self.note(Source::List, what);
        }
    }

    fn note(&mut self, from: Source, what: impl Into<String>) {
        note(&mut self.account.evidence, from, what, self.now);
    }

    fn say_scheduled(&mut self) {
        let Some(relogin) = &self.account.relogin else { return };
        let (why, at) = (relogin.why.clone(), relogin.due_at());
        self.say(NoticeKind::ReloginScheduled, &why, None, at);
    }

    fn say(&mut self, kind: NoticeKind, why: &str, todo: Option<&str>, until: Option<Timestamp>) {
        self.say_of(self.account.current_w_id.clone(), kind, why, todo, until);
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
