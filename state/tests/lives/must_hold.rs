//! What holds after every change, whatever happened.

use wxlogin_state::{Account, Change, Method, Phase, Rules, Session, StateName, WcId};

use crate::known::Records;

/// The first thing found wrong with what a change has touched.
pub(crate) fn fault(change: &Change, records: &Records, rules: &Rules) -> Option<String> {
    let of_sessions = change.sessions.iter().filter_map(|session| session.wc_id.as_ref());
    let touched = change.accounts.iter().map(|account| &account.wc_id).chain(of_sessions);
    let mut accounts = touched.filter_map(|wc_id| records.accounts.get(wc_id));
    let faulty = accounts.find_map(|account| of_account(account, records, rules));
    faulty.or_else(|| change.sessions.iter().find_map(|session| of_session(session, records)))
}

/// What is wrong with an account.
pub(crate) fn of_account(account: &Account, records: &Records, rules: &Rules) -> Option<String> {
    let of_it = |name: StateName| {
        let theirs = |session: &&Session| session.wc_id.as_ref() == Some(&account.wc_id);
        let all = records.sessions.values().map(|session| &**session).filter(theirs);
        all.filter(|session| session.state.name() == name).map(|session| &session.w_id).collect::<Vec<_>>()
    };
    let wc_id = &account.wc_id;
    if of_it(StateName::Online) != account.current_w_id.iter().collect::<Vec<_>>() {
        return Some(format!(
            "{wc_id} has {:?} as its login; online: {:?}",
            account.current_w_id,
            of_it(StateName::Online)
        ));
    }
    let in_flight = in_flight(wc_id, records);
    if in_flight.len() > 1 {
        return Some(format!("{wc_id} has several logins in flight"));
    }
    let known_in_flight = account.relogin.as_ref().and_then(|relogin| relogin.w_id());
    if known_in_flight != in_flight.first().map(|session| &session.w_id) {
        return Some(format!("{wc_id} knows {known_in_flight:?} in flight; there are {in_flight:?}"));
    }
    let offline = account.current_w_id.is_none();
    if offline && account.relogin.is_none() && account.resting(&rules.relogin).is_none() {
        return Some(format!("{wc_id} is offline, and nothing is on its way for no reason"));
    }
    let relogin = account.relogin.as_ref()?;
    if relogin.method == Method::PopUp && !account.is_settled() {
        return Some(format!("{wc_id} gets a pop-up before it has settled"));
    }
    if !offline && !relogin.by_person {
        return Some(format!("{wc_id} is online, and the daemon begins a login"));
    }
    if matches!(relogin.phase, Phase::Offered { .. }) && relogin.method == Method::PopUp {
        return Some(format!("{wc_id} is offered a QR by pop-up"));
    }
    None
}

/// What is wrong with a session.
pub(crate) fn of_session(session: &Session, records: &Records) -> Option<String> {
    let before = session.predecessor.as_ref()?;
    let before = records.sessions.get(before)?;
    let ended = before.state.name() == StateName::Dropped;
    if !ended || before.successor.as_ref() != Some(&session.w_id) {
        return Some(format!(
            "{} followed {}, which {:?} followed",
            session.w_id, before.w_id, before.successor
        ));
    }
    None
}

/// The account's sessions that somebody is to complete.
pub(crate) fn in_flight<'a>(wc_id: &WcId, records: &'a Records) -> Vec<&'a Session> {
    let theirs = |session: &&Session| session.wc_id.as_ref() == Some(wc_id);
    let in_flight = |session: &&Session| session.state.name().is_in_flight();
    records.sessions.values().map(|session| &**session).filter(theirs).filter(in_flight).collect()
}
