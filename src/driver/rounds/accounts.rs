//! The part of a round that is about accounts: whose time has come, and who has to be looked through.

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use tracing::{debug, error, warn};
use wxlogin_state::{DeviceType, Input, Known, Method, Proxy, Tending, WcId};

use super::{ROUND, Rounds};
use crate::driver::handle::Figures;
use crate::driver::relogins::note;
use crate::driver::turn::Turn;

/// How far the clock may go back without anybody having set it.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

impl Rounds {
    /// Does what is due for accounts, once it is known who is online.
    pub(super) fn take_due_accounts(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        if !self.watch.has_looked() {
            return;
        }
        for wc_id in self.relogins.agenda.due(now, ROUND) {
            if let Err(denied) = turn.tend(&wc_id, Tending::TimeCame) {
                error!(%wc_id, error = &denied as &dyn Error, "what is due for an account cannot be done");
                self.relogins.agenda.set(&wc_id, None);
            }
        }
    }

    /// Has the schedule decide when those come again that found no room.
    pub(super) fn take_put_off(&mut self, turn: &mut Turn<'_>) {
        for (wc_id, what) in self.put_off.drain(..) {
            note(&wc_id, turn.tend(&wc_id, Tending::CallFailed { what, no_qr: true }));
        }
    }

    /// Looks through the next accounts of those that are to be; says which.
    pub(super) fn review(&mut self, turn: &mut Turn<'_>) -> Vec<WcId> {
        let next: Vec<WcId> = self.to_review.drain(..self.to_review.len().min(ROUND)).collect();
        for wc_id in &next {
            if turn.has_changed(wc_id) {
                // What it asks for since this round began cannot have begun.
                self.to_review.push_back(wc_id.clone());
                continue;
            }
            let Some(account) = turn.account(wc_id) else { continue };
            let calling = self.relogins.is_showing(wc_id) || self.beginnings.is_fetching(wc_id);
            let session = account.relogin.as_ref().and_then(|relogin| turn.session(relogin.w_id()?));
            let in_flight = session.is_some_and(|session| session.state.name().is_in_flight());
            note(wc_id, turn.tend(wc_id, Tending::Reviewed { calling, in_flight }));
        }
        next
    }

    /// Gives the next logins in flight a deadline of today's clock, where theirs is of another.
    pub(super) fn recheck(&mut self, turn: &mut Turn<'_>) {
        for w_id in self.to_recheck.drain(..self.to_recheck.len().min(ROUND)) {
            if let Err(denied) = turn.apply(&w_id, Input::ClockSetBack) {
                debug!(wId = %w_id, %denied, "its deadline stays");
            }
        }
    }

    /// Has every account looked through where the clock was set back: what was to happen after a while must not
    /// wait until the old time comes again.
    pub(super) fn note_time(&mut self, now: Timestamp) {
        if self.seen.duration_since(now) > CLOCK_TOLERANCE {
            warn!(was = %self.seen, is = %now, "the clock was set back");
            self.to_review = self.ground.view.everybody().into();
            self.review_tokens();
            let in_flight = self.ground.view.in_flight();
            self.to_recheck = in_flight.iter().map(|session| session.w_id.clone()).collect();
        }
        self.seen = now;
    }

    /// Sees to it that what the account as committed asks for goes on; at the end of the driver nothing begins.
    pub(super) fn settle_account(&mut self, wc_id: &WcId) {
        if self.stopping.is_some() {
            return;
        }
        let Some(account) = self.ground.view.account(wc_id) else { return };
        let Figures { rules, max_in_flight, .. } = &*self.ground.figures;
        let popup = account.call() == Some(Method::PopUp) && !self.relogins.is_showing(wc_id);
        if popup && self.beginnings.is_fetching(wc_id) {
            self.put_off.push((wc_id.clone(), "a person's QR is being fetched".to_owned()));
            return;
        }
        let Some(request) = self.relogins.settle(&account, rules) else { return };
        let in_flight = self.ground.view.count_in_flight();
        if let Err(denied) = self.beginnings.begin_due(request, in_flight, *max_in_flight) {
            warn!(%wc_id, error = &denied as &dyn Error, "a login that is due waits");
            self.put_off.push((wc_id.clone(), denied.to_string()));
        }
    }
}

/// What is taken for device and place of a login that was not begun here.
pub(super) fn otherwise(figures: &Figures) -> (DeviceType, Option<Proxy>) {
    (figures.device, figures.proxy.clone())
}
