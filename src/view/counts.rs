//! How many there are of what, kept as it changes: whoever counts asks often, and there may be ten thousand accounts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use wxlogin_state::{Account, Phase, StateName, System, TokenState, WcId};

use super::View;

/// How many there are, as of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Sessions, by state.
    pub sessions: [(StateName, usize); 5],
    /// Accounts.
    pub accounts: usize,
    /// Those of them that are online.
    pub online: usize,
    /// Tokens, by system and state.
    pub tokens: BTreeMap<(System, TokenState), usize>,
    /// Accounts whose login is on its way.
    pub relogins: usize,
    /// Since when the one of them has been offline that has been for longest.
    pub oldest_relogin: Option<Timestamp>,
}

impl View {
    /// How many there are of everything.
    pub fn counts(&self) -> Counts {
        let tables = self.read();
        Counts {
            sessions: StateName::ALL
                .map(|state| (state, tables.by_state.get(&state).map_or(0, BTreeSet::len))),
            accounts: tables.accounts.len(),
            online: tables.by_presence.get(&true).map_or(0, BTreeSet::len),
            tokens: tables.tokens.counts().clone(),
            relogins: tables.pending.0.len(),
            oldest_relogin: tables.pending.0.first().map(|(since, _)| *since),
        }
    }
}

/// The accounts whose login is on its way, the one that has waited longest first.
#[derive(Debug, Default)]
pub(super) struct Pending(BTreeSet<(Timestamp, WcId)>);

impl Pending {
    /// The account is no more as it was.
    pub(super) fn remove(&mut self, old: &Account) {
        if let Some(since) = waits_since(old) {
            self.0.remove(&(since, old.wc_id.clone()));
        }
    }

    /// The account is as it is.
    pub(super) fn insert(&mut self, account: &Account) {
        if let Some(since) = waits_since(account) {
            self.0.insert((since, account.wc_id.clone()));
        }
    }
}

/// Since when an account waits for its login: since it dropped. One that is online all the same, because a person
/// wants another login, since that is at the point where it is.
fn waits_since(account: &Account) -> Option<Timestamp> {
    let relogin = account.relogin.as_ref()?;
    if account.current_w_id.is_none()
        && let Some(drop) = &account.last_drop
    {
        return Some(drop.at);
    }
    match relogin.phase {
        Phase::Due { set_at: since, .. }
        | Phase::Offered { since }
        | Phase::Calling { since }
        | Phase::InFlight { since, .. } => Some(since),
    }
}
