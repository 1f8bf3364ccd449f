//! What holds in every state, and what happens in some.

use stateright::Property;
use wxlogin_state::{Account, Method, Phase, Relogin, Session, StateName};

use super::Lives;
use super::host::{Call, Host, WHO, id};
use crate::must_hold;

pub(super) fn properties() -> Vec<Property<Lives>> {
    vec![
        Property::always("the records are as they must be", |lives: &Lives, host: &Host| {
            let of_account = |account: &Account| must_hold::of_account(account, &host.records, &lives.rules);
            host.records.accounts.values().all(|account| of_account(account).is_none())
                && host.sessions().all(|session| must_hold::of_session(session, &host.records).is_none())
        }),
        Property::always("a call is out exactly for whom the records say so", |_, host: &Host| {
            !host.up || (0..WHO.len()).all(|who| calls_as_recorded(host, who))
        }),
        Property::always("no call is out beside a login that waits for a person", |_, host: &Host| {
            (0..WHO.len()).all(|who| host.calls[who].is_none() || host.in_flight(who).is_none())
        }),
        Property::always("a QR of the daemon's own has the account's name", |_, host: &Host| {
            host.records.accounts.values().all(|account| has_its_name(host, account))
        }),
        Property::always(
            "nothing that is over moves anything, and everything due survives",
            |_, host: &Host| host.fault.is_none(),
        ),
        Property::sometimes("both accounts settle again after a drop", |_, host: &Host| {
            let settles = |account: &Account| {
                account.is_settled() && account.logins.len() > 1 && account.current_w_id.is_some()
            };
            host.records.accounts.len() == 2 && host.records.accounts.values().all(|account| settles(account))
        }),
        Property::sometimes("a storm", |_, host: &Host| host.records.fleet.storm().is_some()),
        Property::sometimes("a box that is followed by a QR", |_, host: &Host| {
            host.records
                .accounts
                .values()
                .any(|account| account.popup_failed.is_some() && account.call() == Some(Method::Qr))
        }),
        Property::sometimes("a QR that is paid for twice, for a crash in between", |_, host: &Host| {
            host.seen.fetched_after
        }),
        Property::sometimes("an adoption", |_, host: &Host| {
            host.sessions().any(|session| session.history[0].why.contains("the platform lists it online"))
        }),
        Property::sometimes(
            "a confirmation that a crash has swallowed is found in the list",
            |_, host: &Host| {
                let adopted = |account: &Account| {
                    let current =
                        account.current_w_id.as_ref().and_then(|w_id| host.records.sessions.get(w_id));
                    current.is_some_and(|session| {
                        session.qr.is_none() && session.history[0].why.contains("lists it")
                    })
                };
                host.left.crashes == 0 && host.records.accounts.values().any(|account| adopted(account))
            },
        ),
        Property::sometimes("somebody else scans", |_, host: &Host| {
            let instead = |relogin: &Relogin| relogin.why.contains("scanned instead");
            host.records.accounts.values().any(|account| account.relogin.as_ref().is_some_and(instead))
        }),
        Property::sometimes("nothing more is done by itself", |_, host: &Host| {
            host.records.accounts.values().any(|account| account.rest.is_some())
        }),
        Property::sometimes("an answer to a login that was superseded meanwhile", |_, host: &Host| {
            let superseded = |session: &&Session| {
                session.state.name() == StateName::Dropped && session.successor.is_some()
            };
            host.scanned
                .keys()
                .filter_map(|w_id| host.records.sessions.get(w_id))
                .map(|session| &**session)
                .any(|session| superseded(&session))
        }),
    ]
}

fn calls_as_recorded(host: &Host, who: usize) -> bool {
    let wanted = host.records.accounts.get(&id(who)).and_then(|account| account.call());
    let out = host.calls[who].as_ref().map(|call| match call {
        Call::Qr => Method::Qr,
        Call::PopUp(_) => Method::PopUp,
    });
    wanted == out
}

fn has_its_name(host: &Host, account: &Account) -> bool {
    let Some(relogin) = account.relogin.as_ref().filter(|relogin| !relogin.by_person) else { return true };
    let Phase::InFlight { w_id, .. } = &relogin.phase else { return true };
    let session = &host.records.sessions[w_id];
    session.wc_id.as_ref() == Some(&account.wc_id) && !session.new_device
}
