//! What may happen next, and what it does.

use jiff::Timestamp;
use wxlogin_state::{
    Account, Answer, Failure, Input, Method, Phase, Rules, Session, Source, StateName, Tending, WId,
};

use super::host::{Call, Host, WHO, id};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// The clock goes on to when something is due.
    TimePasses,
    TimeCame(usize),
    DeadlinePassed(WId),
    /// The platform drops an account; nobody tells.
    Drops(usize),
    /// The daemon looks at the platform's list.
    Listed(usize),
    /// The daemon asks the platform about the account's login.
    IsOnline(usize),
    QrIssued(usize),
    CallFailed(usize, bool),
    Scanned(WId, usize),
    Delivered(WId),
    Refused(WId),
    Confirmed(usize),
    ConfirmationHeard(usize),
    Declined(usize),
    Wanted(usize, bool),
    BegunForNobody,
    Begun(usize),
    LoggedOut(usize),
    Abandoned(WId),
    Forgotten(usize),
    AutoRelogin(usize, bool),
    Crash,
    Restart,
}

/// Everything that may happen.
pub(super) fn possible(host: &Host, rules: &Rules, actions: &mut Vec<Action>) {
    at_the_platform(host, actions);
    if !host.up {
        actions.push(Action::Restart);
        actions.extend(next_due(host, rules).filter(|at| *at > host.now).map(|_| Action::TimePasses));
        return;
    }
    if host.left.crashes > 0 {
        actions.push(Action::Crash);
    }
    let due = |account: &Account| account.due_at(rules).is_some_and(|at| at <= host.now);
    let overdue = |session: &&Session| session.deadline().is_some_and(|at| at <= host.now);
    let before = actions.len();
    for who in 0..WHO.len() {
        if host.records.accounts.get(&id(who)).is_some_and(|account| due(account)) {
            actions.push(Action::TimeCame(who));
        }
    }
    actions
        .extend(host.sessions().filter(overdue).map(|session| Action::DeadlinePassed(session.w_id.clone())));
    // What is due is done before the clock goes on. People may take as long as they like; of everything else that
    // is on its way the clock gets ahead only so often.
    let nothing_is_due = actions.len() == before && next_due(host, rules).is_some();
    if nothing_is_due && (host.left.delays > 0 || !host.something_is_on_its_way()) {
        actions.push(Action::TimePasses);
    }
    answers(host, actions);
    for who in 0..WHO.len() {
        looks(host, who, actions);
        if host.left.wishes > 0 {
            wishes(host, who, actions);
        }
    }
    let nobodys = |session: &Session| session.wc_id.is_none();
    if host.left.wishes > 0 && !host.sessions().any(nobodys) {
        actions.push(Action::BegunForNobody);
    }
}

fn at_the_platform(host: &Host, actions: &mut Vec<Action>) {
    for (who, there) in host.there.iter().enumerate() {
        if there.online.is_some() && host.left.drops > 0 {
            actions.push(Action::Drops(who));
        }
        if host.calls[who] == Some(Call::PopUp(None)) && !there.first_night {
            actions.push(Action::Confirmed(who));
        }
    }
    let waits =
        |session: &&Session| session.state.name().is_in_flight() && !host.scanned.contains_key(&session.w_id);
    for session in host.sessions().filter(waits) {
        for who in 0..WHO.len() {
            let meant = session.wc_id.as_ref().is_none_or(|wc_id| *wc_id == id(who));
            if meant || host.left.scans_by_others > 0 {
                actions.push(Action::Scanned(session.w_id.clone(), who));
            }
        }
    }
}

fn answers(host: &Host, actions: &mut Vec<Action>) {
    actions.extend(host.scanned.keys().cloned().map(Action::Delivered));
    for (who, call) in host.calls.iter().enumerate() {
        let trouble = host.left.troubles > 0;
        match call {
            Some(Call::Qr) => {
                actions.push(Action::QrIssued(who));
                if trouble {
                    actions.extend([Action::CallFailed(who, true), Action::CallFailed(who, false)]);
                }
            }
            Some(Call::PopUp(None)) => {
                actions.push(Action::Declined(who));
                actions.extend(trouble.then_some(Action::CallFailed(who, true)));
            }
            Some(Call::PopUp(Some(_))) => actions.push(Action::ConfirmationHeard(who)),
            None => {}
        }
    }
    if host.left.troubles > 0 {
        let waits = |session: &&Session| {
            session.state.name().is_in_flight() && !host.scanned.contains_key(&session.w_id)
        };
        actions.extend(host.sessions().filter(waits).map(|session| Action::Refused(session.w_id.clone())));
    }
}

/// The daemon's looks at the platform that find something.
fn looks(host: &Host, who: usize, actions: &mut Vec<Action>) {
    let account = host.records.accounts.get(&id(who));
    let current = account.and_then(|account| account.current_w_id.as_ref());
    let online = host.there[who].online.as_ref();
    let counted = account.is_some_and(|account| account.absences > 0);
    if current != online || counted {
        let ended = |w_id: &WId| {
            host.records.sessions.get(w_id).is_some_and(|session| session.state.name() == StateName::Dropped)
        };
        if !online.is_some_and(ended) {
            actions.push(Action::Listed(who));
        }
        if current.is_some() {
            actions.push(Action::IsOnline(who));
        }
    }
}

fn wishes(host: &Host, who: usize, actions: &mut Vec<Action>) {
    let waits = host.in_flight(who);
    actions.extend(waits.map(|session| Action::Abandoned(session.w_id.clone())));
    let Some(account) = host.records.accounts.get(&id(who)) else { return };
    actions.push(Action::AutoRelogin(who, !account.auto_relogin));
    let on_its_way =
        account.relogin.as_ref().is_some_and(|relogin| !matches!(relogin.phase, Phase::Due { .. }));
    if account.current_w_id.is_some() {
        actions.push(Action::LoggedOut(who));
    } else {
        actions.push(Action::Forgotten(who));
    }
    if !on_its_way {
        actions.push(Action::Wanted(who, account.current_w_id.is_some()));
        actions.push(Action::Begun(who));
    }
}

/// When the clock has something to say next.
fn next_due(host: &Host, rules: &Rules) -> Option<Timestamp> {
    let accounts = host.records.accounts.values().filter_map(|account| account.due_at(rules));
    accounts.chain(host.sessions().filter_map(Session::deadline)).min()
}

impl Host {
    /// It happens.
    pub(super) fn happens(&mut self, rules: &Rules, action: Action) {
        match action {
            Action::TimePasses => {
                self.left.delays -= u8::from(self.up && self.something_is_on_its_way());
                self.now = next_due(self, rules).unwrap_or(self.now);
            }
            Action::TimeCame(who) => drop(self.tend(rules, who, Tending::TimeCame)),
            Action::DeadlinePassed(w_id) => drop(self.apply(rules, &w_id, Input::DeadlinePassed)),
            Action::Drops(who) => {
                self.left.drops -= 1;
                self.there[who].online = None;
                self.there[who].first_night = false;
                self.forget_what_is_over();
            }
            Action::Listed(who) => self.listed(rules, who),
            Action::IsOnline(who) => self.is_online(rules, who),
            Action::QrIssued(who) => {
                self.calls[who] = None;
                self.seen.fetched_after |= self.seen.paid_and_lost;
                self.begin(rules, Some(who));
            }
            Action::CallFailed(who, no_qr) => {
                self.left.troubles -= 1;
                self.calls[who] = None;
                self.tend(rules, who, Tending::CallFailed { what: "connection refused".to_owned(), no_qr });
            }
            Action::Scanned(w_id, who) => {
                let meant = self.records.sessions[&w_id].wc_id.as_ref().is_none_or(|wc_id| *wc_id == id(who));
                self.left.scans_by_others -= u8::from(!meant);
                self.scan(&w_id, who);
                self.forget_what_is_over();
            }
            Action::Delivered(w_id) => self.delivered(rules, &w_id),
            Action::Refused(w_id) => {
                self.left.troubles -= 1;
                let answer = Answer::Failed { why: Failure::Declined, message: "拒绝".to_owned() };
                self.apply(rules, &w_id, Input::Answered { round: 1, answer });
            }
            Action::Confirmed(who) => {
                let w_id = self.new_id();
                self.there[who].online = Some(w_id.clone());
                self.calls[who] = Some(Call::PopUp(Some(w_id)));
                self.forget_what_is_over();
            }
            Action::ConfirmationHeard(who) => {
                if let Some(Call::PopUp(Some(w_id))) = self.calls[who].take() {
                    self.found(rules, who, &w_id, Source::PopUp);
                }
            }
            Action::Declined(who) => {
                self.calls[who] = None;
                self.tend(rules, who, Tending::PopUpFailed("declined".to_owned()));
            }
            Action::Crash => {
                self.left.crashes -= 1;
                self.up = false;
                self.seen.paid_and_lost |= self.calls.contains(&Some(Call::Qr));
                self.calls = [None, None];
            }
            Action::Restart => self.restart(rules),
            wish => {
                self.left.wishes -= 1;
                self.is_wished(rules, wish);
            }
        }
    }

    /// Whether the platform has something to say that takes no person.
    fn something_is_on_its_way(&self) -> bool {
        let unknown = |who: usize| {
            let account = self.records.accounts.get(&id(who));
            account.and_then(|account| account.current_w_id.as_ref()) != self.there[who].online.as_ref()
        };
        let answered = |call: &Option<Call>| matches!(call, Some(Call::Qr | Call::PopUp(Some(_))));
        !self.scanned.is_empty() || self.calls.iter().any(answered) || (0..WHO.len()).any(unknown)
    }

    fn is_wished(&mut self, rules: &Rules, wish: Action) {
        match wish {
            Action::Wanted(who, force) => {
                self.tend(rules, who, Tending::Wanted { method: None, force, request_key: None });
            }
            Action::BegunForNobody => drop(self.begin(rules, None)),
            Action::Begun(who) => drop(self.begin(rules, Some(who))),
            Action::LoggedOut(who) => {
                let current = self.records.accounts[&id(who)].current_w_id.clone().unwrap();
                let there = &mut self.there[who].online;
                there.take_if(|online| *online == current);
                self.apply(rules, &current, Input::Ended);
            }
            Action::Abandoned(w_id) => drop(self.apply(rules, &w_id, Input::Ended)),
            Action::Forgotten(who) => {
                let change = self.records.moves(rules, self.now).forget(&id(who));
                self.take(change);
            }
            Action::AutoRelogin(who, on) => {
                self.tend(rules, who, Tending::Set { label: None, auto_relogin: Some(on) });
            }
            other => unreachable!("{other:?} is no wish"),
        }
    }

    fn listed(&mut self, rules: &Rules, who: usize) {
        let current = self.records.accounts.get(&id(who)).and_then(|account| account.current_w_id.clone());
        match self.there[who].online.clone() {
            Some(w_id) if current.as_ref() == Some(&w_id) => drop(self.tend(rules, who, Tending::Listed)),
            Some(w_id) => drop(self.found(rules, who, &w_id, Source::List)),
            None => {
                let change = self.records.moves(rules, self.now).not_listed(&id(who));
                self.take(change);
            }
        }
    }

    fn is_online(&mut self, rules: &Rules, who: usize) {
        let current = self.records.accounts[&id(who)].current_w_id.clone();
        if current == self.there[who].online {
            self.tend(rules, who, Tending::ConfirmedOnline);
        } else {
            let moves = self.records.moves(rules, self.now);
            let change = moves.lost(&id(who), Source::IsOnline, "the platform says that it is not online");
            self.take(change);
        }
    }

    /// Everything is looked through before anything is begun.
    fn restart(&mut self, rules: &Rules) {
        for who in 0..WHO.len() {
            let Some(before) = self.records.accounts.get(&id(who)).cloned() else { continue };
            let in_flight = self.in_flight(who).is_some();
            self.tend(rules, who, Tending::Reviewed { calling: false, in_flight });
            let after = &self.records.accounts[&id(who)];
            if !survives(&before, after, self.now) {
                self.fault = Some("a re-login did not survive the crash");
            }
        }
        self.up = true;
        self.call();
    }
}

/// What was on its way before the crash is so after it, or its successor within seconds.
fn survives(before: &Account, after: &Account, now: Timestamp) -> bool {
    let Some(relogin) = &before.relogin else { return true };
    let Phase::Calling { .. } = relogin.phase else { return after.relogin == before.relogin };
    let soon = |at: Timestamp| at.duration_since(now).as_secs() <= 300;
    let successor = after.relogin.as_ref();
    let scheduled = successor.is_some_and(|next| {
        (relogin.by_person || next.method == Method::Qr) && next.due_at().is_some_and(soon)
    });
    // A person's wish ends with the crash where the schedule has nothing to say.
    let rests = !after.auto_relogin || after.rest.is_some() || after.current_w_id.is_some();
    scheduled || (rests && after.relogin.is_none())
}
