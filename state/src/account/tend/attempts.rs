//! Attempts to log an account in again: when one is due, how it begins, and what follows when it comes to nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Tend;
use crate::account::evidence::cut;
use crate::account::relogin::{backoff, spread};
use crate::account::{Account, LastDrop, Method, Phase, PopUpFailure, Relogin, Rest, Source};
use crate::fleet::{Turn, Why};
use crate::id::WId;
use crate::input::Refusal;
use crate::notice::NoticeKind;
use crate::rules::{Issue, after, between};
use crate::session::{DropReason, Session};

/// After so many troubles in a row with the box on the phone a QR is next: the box may be what is broken.
const BOXES_IN_TROUBLE: u32 = 3;

/// What a person can do where the daemon fetches no more QRs for now: theirs are counted, not refused.
const ASK_YOURSELF: &str = "ask for a login yourself when the phone is at hand (wxloginctl relogin)";

impl Tend<'_> {
    /// A session of it has its QR: on its way, by whoever asked for it.
    pub(crate) fn begun(&mut self, session: &Session) {
        let by_daemon = self.account.call() == Some(Method::Qr);
        self.account.label = session.label.clone().or(self.account.label.take());
        let phase = Phase::InFlight { w_id: session.w_id.clone(), since: self.now };
        match &mut self.account.relogin {
            Some(relogin) if by_daemon => relogin.phase = phase,
            relogin => {
                *relogin = Some(Relogin {
                    method: Method::Qr,
                    by_person: true,
                    why: "a person asked for it".to_owned(),
                    troubles: 0,
                    turn: Turn::Open,
                    phase,
                });
                self.account.spent.spend(self.now, self.rules.relogin.budget);
                self.fleet.to_mut().count(self.now, &self.rules.relogin);
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

    /// A session of it ended before it was online, as `from` says.
    pub(crate) fn came_to_nothing(&mut self, w_id: &WId, from: Source, what: &str) {
        if self.account.relogin.as_ref().and_then(Relogin::w_id) != Some(w_id) {
            return;
        }
        self.account.relogin = None;
        self.note(from, format!("the login {w_id} came to nothing: {what}"));
        if self.account.current_w_id.is_none() {
            self.account.attempts = self.account.attempts.saturating_add(1);
            let failures = self.account.attempts;
            self.plan(self.pause(failures), &format!("attempt {failures} came to nothing: {what}"));
        }
    }

    /// Begins the login that is due, or says when it is due instead.
    pub(super) fn begin(&mut self) {
        let (now, rules) = (self.now, &self.rules.relogin);
        let Some(Relogin { method, by_person, turn, .. }) = self.account.relogin.clone() else { return };
        let fetches = method == Method::Qr;
        if by_person {
            if fetches {
                self.fleet.to_mut().count(now, rules);
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
        match self.fleet.to_mut().admit(now, turn, fetches, rules) {
            Ok(()) => {
                self.call(fetches);
                self.stands(Turn::Had);
            }
            Err(held) => {
                let why = match held.why {
                    Why::Turn => "many accounts are to be logged in at once: it waits for its turn",
                    Why::Budget => {
                        self.hosts_budget_spent();
                        "the host has fetched as many QRs as it may for now"
                    }
                };
                self.put_off(held.until, why);
                self.stands(if turn == Turn::Had { turn } else { Turn::Waits });
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
            self.say(NoticeKind::BudgetSpent, &why, Some(ASK_YOURSELF), Some(free_at));
        }
        self.put_off(free_at, &why);
    }

    fn hosts_budget_spent(&mut self) {
        let rules = &self.rules.relogin;
        if let Some(free_at) = self.fleet.to_mut().says_budget_spent(self.now, rules) {
            let why = format!("the QRs of the host are spent: {}", rules.budget_total);
            self.say_of_host(NoticeKind::BudgetSpent, why, Some(ASK_YOURSELF), Some(free_at));
        }
    }

    /// Notes where its login stands in the host's line.
    fn stands(&mut self, turn: Turn) {
        if let Some(relogin) = &mut self.account.relogin {
            relogin.turn = turn;
        }
    }

    /// Due later, for this reason, with no place in the line; not at all where the daemon was told meanwhile to
    /// leave the account be.
    pub(super) fn put_off(&mut self, at: Timestamp, why: &str) {
        let rests = self.account.resting(&self.rules.relogin).is_some();
        self.account.relogin.take_if(|relogin| rests && !relogin.by_person);
        let Some(relogin) = &mut self.account.relogin else { return };
        relogin.phase = Phase::Due { at, set_at: self.now };
        (relogin.turn, relogin.why) = (Turn::Open, cut(why.to_owned()));
        self.say_scheduled();
    }

    /// Schedules the next login after `delay`, or leaves the account be where that was decided.
    pub(super) fn plan(&mut self, delay: Duration, why: &str) {
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
        let place = self.fleet.to_mut().place(at, now, rules);
        self.account.relogin = Some(Relogin {
            method: self.account.method(),
            by_person: false,
            why: cut(why.to_owned()),
            troubles: 0,
            turn: if place.is_some() { Turn::Waits } else { Turn::Open },
            phase: Phase::Due { at: place.unwrap_or(at), set_at: now },
        });
        self.say_scheduled();
    }

    /// How long to wait after so many failures. A login that held for seconds is no reason for haste.
    fn pause(&self, failures: u32) -> Duration {
        let rules = &self.rules.relogin;
        if self.short_lived_at().is_some() {
            spread(&self.account.wc_id, failures, rules.backoff_max)
        } else {
            backoff(&self.account.wc_id, failures, rules)
        }
    }

    /// How much of the slow retry is left where its last login held for seconds only; nothing where it did not.
    pub(super) fn rest_of_the_pause(&self) -> Duration {
        let left =
            |dropped_at| self.pause(self.account.attempts).saturating_sub(between(dropped_at, self.now));
        self.short_lived_at().map_or(Duration::ZERO, left)
    }

    /// When its last login was lost, had it held for seconds only.
    fn short_lived_at(&self) -> Option<Timestamp> {
        let Account { last_drop, last_login_at, .. } = &self.account;
        // One that dropped before the last login says nothing about that one.
        let is_it = |drop: &&LastDrop| drop.reason == DropReason::ShortLived && drop.at >= *last_login_at;
        last_drop.as_ref().filter(is_it).map(|drop| drop.at)
    }

    pub(super) fn popup_failed(&mut self, what: &str) {
        if self.account.call() != Some(Method::PopUp) {
            return;
        }
        self.note(Source::PopUp, format!("the pop-up login failed: {what}"));
        self.qr_instead(what);
    }

    /// The box on the phone is of no use until the account is online again.
    fn qr_instead(&mut self, what: &str) {
        self.account.popup_failed = Some(PopUpFailure::Failed);
        let Some(relogin) = &mut self.account.relogin else { return };
        (relogin.method, relogin.troubles) = (Method::Qr, 0);
        self.put_off(self.now, &format!("the pop-up login failed ({what}); a QR is next"));
        // The box had its turn; who has its phone at hand now is not sent behind everybody.
        self.stands(Turn::Had);
    }

    pub(super) fn call_failed(&mut self, what: &str, no_qr: bool) {
        let Some(Relogin { phase: Phase::Calling { since }, method, by_person, troubles, .. }) =
            self.account.relogin.clone()
        else {
            return;
        };
        let source = if method == Method::Qr { Source::IssueQr } else { Source::PopUp };
        self.note(source, format!("no login could be begun: {what}"));
        if no_qr && method == Method::Qr {
            self.account.spent.refund(since);
            self.fleet.to_mut().refund(since);
        }
        let troubles = troubles.saturating_add(1);
        let delay = backoff(&self.account.wc_id, troubles, &self.rules.relogin);
        if by_person {
            // Who asked has seen it fail; from here on it is the schedule's.
            return self.plan(delay, "a login that a person asked for could not be begun");
        }
        if method == Method::PopUp && troubles >= BOXES_IN_TROUBLE {
            return self.qr_instead(&format!("no usable answer {troubles} times in a row: {what}"));
        }
        if let Some(relogin) = &mut self.account.relogin {
            relogin.troubles = troubles;
        }
        let at = self.rules.relogin.window.opens(after(self.now, delay));
        self.put_off(at, &format!("no login could be begun: {what}"));
    }

    pub(super) fn wanted(
        &mut self,
        method: Option<Method>,
        force: bool,
        request_key: Option<Arc<str>>,
    ) -> Result<(), Refusal> {
        if request_key.is_some() && request_key == self.account.request_key {
            return Ok(());
        }
        let is_on_its_way = self.is_on_its_way();
        let account = &mut self.account;
        if is_on_its_way {
            account.request_key = request_key.or(account.request_key.take());
            return Ok(());
        }
        if account.current_w_id.is_some() && !force {
            return Err(Refusal::Online);
        }
        if method == Some(Method::PopUp) && !account.is_settled() {
            return Err(Refusal::NotSettled);
        }
        let method = method.unwrap_or_else(|| account.method());
        (account.rest, account.attempts) = (None, 0);
        account.request_key = request_key.or(account.request_key.take());
        account.relogin = Some(Relogin {
            method,
            by_person: true,
            why: "a person asked for it".to_owned(),
            troubles: 0,
            turn: Turn::Open,
            phase: Phase::Due { at: self.now, set_at: self.now },
        });
        self.note(Source::Person, "a login was asked for");
        self.begin();
        Ok(())
    }

    /// Whether the platform is being called, or a person has a step to complete.
    pub(super) fn is_on_its_way(&self) -> bool {
        let phase = self.account.relogin.as_ref().map(|relogin| &relogin.phase);
        matches!(phase, Some(Phase::Calling { .. } | Phase::InFlight { .. }))
    }

    fn say_scheduled(&mut self) {
        let Some(relogin) = &self.account.relogin else { return };
        let (why, at) = (relogin.why.clone(), relogin.due_at());
        self.say(NoticeKind::ReloginScheduled, &why, None, at);
    }
}
