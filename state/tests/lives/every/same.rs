//! When two moments are the same one: nothing that can still happen tells them apart.
//!
//! Times count from now, and no further than they matter; names of logins by their place; what is only said or
//! counted not at all.

use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use wxlogin_state::{
    Account, DropReason, Phase, REASON_EVERY, Relogin, Rules, Session, Stage, StateName, WId,
};

use super::host::{Call, Fleet, Host, WHO, id};

/// Milliseconds that the longest of the host's periods has.
const LONGEST: i64 = 60 * 60 * 1_000;

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut names = Names(Vec::new());
        (self.up, self.left, self.seen, self.fault.is_some()).hash(state);
        for who in 0..WHO.len() {
            self.account(who, &mut names).hash(state);
            let there = &self.there[who];
            (names.place(there.online.as_ref()), there.first_night).hash(state);
            let call = self.calls[who].as_ref().map(|call| match call {
                Call::Qr => (false, None),
                Call::PopUp(confirmed) => (true, names.place(confirmed.as_ref())),
            });
            call.hash(state);
            self.lately(&self.figures.spent[who], LONGEST).hash(state);
        }
        let mut scanned: Vec<_> =
            self.scanned.iter().map(|(w_id, who)| (names.place(Some(w_id)), who)).collect();
        scanned.sort_unstable();
        scanned.hash(state);
        let mut sessions: Vec<_> = self.sessions().map(|session| self.session(session, &mut names)).collect();
        sessions.sort_unstable();
        sessions.hash(state);
        self.fleet(&self.figures.fleet).hash(state);
    }
}

/// Logins by the order in which they are met.
struct Names(Vec<WId>);

impl Names {
    fn place(&mut self, w_id: Option<&WId>) -> Option<usize> {
        let w_id = w_id?;
        Some(self.0.iter().position(|known| known == w_id).unwrap_or_else(|| {
            self.0.push(w_id.clone());
            self.0.len() - 1
        }))
    }
}

impl Host {
    /// Nanoseconds from now; what lies further back than `matters` milliseconds counts as that.
    fn until(&self, at: Timestamp, matters: i64) -> i64 {
        let nanoseconds = at.as_nanosecond() - self.now.as_nanosecond();
        i64::try_from(nanoseconds.max(i128::from(-matters) * 1_000_000)).unwrap_or(i64::MAX)
    }

    fn lately(&self, times: &[i64], within: i64) -> Vec<i64> {
        let ago = times.iter().map(|at| at - self.now.as_millisecond());
        ago.filter(|ago| *ago > -within).collect()
    }

    fn account(&self, who: usize, names: &mut Names) -> Option<impl Hash + use<>> {
        let account: &Account = self.records.accounts.get(&id(who))?;
        let first_drop = Rules::DEFAULT.relogin.first_drop;
        let day = i64::try_from(first_drop.as_millis()).unwrap();
        let stage = match &account.stage {
            Stage::FirstDay { drop_due_at, told, looked } => (0, self.until(*drop_due_at, 1), *told, *looked),
            Stage::FirstDropped => (1, 0, false, false),
            Stage::Settled { told: true, .. } => (2, 0, true, false),
            Stage::Settled { stable_until, .. } => (2, self.until(*stable_until, 1), false, false),
        };
        let short_lived = account
            .last_drop
            .as_ref()
            .is_some_and(|drop| drop.reason == DropReason::ShortLived && drop.at >= account.last_login_at);
        let online_for = if account.is_settled() { 0 } else { self.until(account.last_login_at, 2 * day) };
        let asked =
            account.reason.asked_at.map(|at| self.until(at, REASON_EVERY.as_millis().try_into().unwrap()));
        let last = names.place(account.logins.last());
        Some((
            (names.place(account.current_w_id.as_ref()), last, stage, short_lived, online_for),
            (account.absences, account.auto_relogin, account.rest, account.attempts),
            (account.popup_failed.is_some(), account.budget_told, asked, account.reason.wanted.is_some()),
            account.relogin.as_ref().map(|relogin| self.relogin(relogin, names)),
        ))
    }

    fn relogin(&self, relogin: &Relogin, names: &mut Names) -> impl Hash + use<> {
        let phase = match &relogin.phase {
            Phase::Due { at, .. } => (0, self.until(*at, 0), None),
            Phase::Offered { .. } => (1, 0, None),
            // The QR is taken back by when it was paid for.
            Phase::Calling { since } => (2, self.until(*since, LONGEST), None),
            Phase::InFlight { w_id, .. } => (3, 0, names.place(Some(w_id))),
        };
        (relogin.method, relogin.by_person, relogin.troubles, relogin.turn, phase)
    }

    fn session(&self, session: &Session, names: &mut Names) -> impl Ord + Hash + use<> {
        let online = session.state.name() == StateName::Online;
        (
            names.place(Some(&session.w_id)),
            session.state.name(),
            if online { self.until(session.state_since, 60_000) } else { 0 },
            session.deadline().map(|at| self.until(at, 0)),
            session.wc_id.clone(),
            (session.new_device, session.qr.is_some(), session.successor.is_some()),
        )
    }

    fn fleet(&self, fleet: &Fleet) -> impl Hash + use<> {
        // Further back than a period and a pace, a place says nothing any more.
        let matters = 5 * 60 * 1_000;
        (
            (self.lately(&fleet.spent, 10 * 60 * 1_000), fleet.budget_told),
            self.lately(&fleet.drops, 60 * 1_000),
            fleet.storm.as_ref().map(|storm| {
                (self.until(storm.since, 6 * 60 * 1_000), self.until(storm.last_drop_at, 6 * 60 * 1_000))
            }),
            self.until(fleet.next_start, matters),
            self.until(fleet.promised, matters),
        )
    }
}
