//! Looking everything through: what a record says after a restart, after the clock was set back, after the rules or
//! a person's settings changed.

use std::time::Duration;

use super::Tend;
use crate::account::{Method, Phase, PopUpFailure, Relogin, Rest, Source, Stage, lead};
use crate::profile::Label;
use crate::rules::{Issue, after, before, between};

/// After a call was interrupted by the daemon's end the next one waits a little: until then the platform's list
/// may say that the login came true meanwhile.
const AFTER_INTERRUPTION: Duration = Duration::from_secs(5);

impl Tend<'_> {
    pub(super) fn set(&mut self, label: Option<Label>, auto_relogin: Option<bool>) {
        self.account.label = label.or(self.account.label.take());
        let Some(auto_relogin) = auto_relogin else { return };
        // Whoever wants it logged in by itself wants that of one that was logged out or given up, too.
        let rested = auto_relogin && matches!(self.account.rest, Some(Rest::LoggedOut | Rest::GaveUp { .. }));
        if auto_relogin == self.account.auto_relogin && !rested {
            return;
        }
        self.account.auto_relogin = auto_relogin;
        if rested {
            (self.account.rest, self.account.attempts) = (None, 0);
        }
        let now_or_never = if auto_relogin { "on" } else { "off" };
        self.note(Source::Person, format!("autoRelogin was turned {now_or_never}"));
        self.keep_to_the_rules();
    }

    pub(super) fn reviewed(&mut self, calling: bool, in_flight: bool) {
        let (now, rules) = (self.now, &self.rules.relogin);
        // What lies further ahead than it ever could was noted before the clock was set back, and what was said
        // before its time is said again when that comes.
        match &mut self.account.stage {
            Stage::FirstDay { drop_due_at, told, looked } => {
                *drop_due_at = (*drop_due_at).min(after(now, rules.first_drop));
                *told &= before(*drop_due_at, lead(rules.drop_lead, rules.first_drop)) <= now;
                *looked &= *drop_due_at <= now;
            }
            Stage::Settled { stable_until, told } => {
                *stable_until = (*stable_until).min(after(now, rules.stable_for));
                *told &= before(*stable_until, lead(rules.renewal_lead, rules.stable_for)) <= now;
            }
            Stage::FirstDropped => {}
        }
        self.account.last_login_at = self.account.last_login_at.min(now);
        self.stays_online();
        self.account.reason.asked_at = self.account.reason.asked_at.map(|at| at.min(now));
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
        let most = rules.max_attempts;
        self.account.rest.take_if(|rest| match rest {
            Rest::GaveUp { attempts } => most == 0 || *attempts < most,
            _ => false,
        });
        self.keep_to_the_rules();
    }

    /// The daemon ended while the platform was being called. What became of the call is not known: a QR may have
    /// been issued, a box confirmed.
    fn interrupted(&mut self) {
        let Some(relogin) = &mut self.account.relogin else { return };
        let (popup, by_person) = (relogin.method == Method::PopUp, relogin.by_person);
        if popup {
            self.account.popup_failed = Some(PopUpFailure::Interrupted);
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
            None if may_begin => {
                let why = "it is offline and is to be logged in by itself";
                self.plan(self.rest_of_the_pause(), why);
            }
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
}
