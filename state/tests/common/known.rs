//! What is known, for tests of the moves: records in maps, and changes taken in as a commit takes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use wxlogin_state::{Account, Change, Fleet, Known, Moves, Rules, Session, StateName, Version, WId, WcId};

/// All records.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Records {
    pub(crate) sessions: BTreeMap<WId, Arc<Session>>,
    pub(crate) accounts: BTreeMap<WcId, Arc<Account>>,
    pub(crate) fleet: Arc<Fleet>,
}

impl Known for Records {
    type Session = Arc<Session>;
    type Account = Arc<Account>;

    fn session(&self, w_id: &WId) -> Option<Arc<Session>> {
        self.sessions.get(w_id).cloned()
    }

    fn account(&self, wc_id: &WcId) -> Option<Arc<Account>> {
        self.accounts.get(wc_id).cloned()
    }

    fn live_sessions(&self, wc_id: &WcId) -> Vec<Arc<Session>> {
        let of_it = |session: &&Arc<Session>| session.wc_id.as_ref() == Some(wc_id);
        let live = |session: &&Arc<Session>| session.state.name() != StateName::Dropped;
        self.sessions.values().filter(of_it).filter(live).cloned().collect()
    }
}

impl Records {
    /// The moves at `now`.
    pub(crate) fn moves<'a>(&'a self, rules: &'a Rules, now: Timestamp) -> Moves<'a, Self> {
        Moves { known: self, fleet: &self.fleet, rules, now }
    }

    /// Takes a change in, all of it at once. Every record in it is there once, as the next version.
    pub(crate) fn take(&mut self, change: &Change) {
        for session in &change.sessions {
            let before = self.sessions.insert(session.w_id.clone(), Arc::new(session.clone()));
            assert_eq!(session.version, next(before.map(|before| before.version)), "{session:?}");
        }
        for account in &change.accounts {
            let before = self.accounts.insert(account.wc_id.clone(), Arc::new(account.clone()));
            assert_eq!(account.version, next(before.map(|before| before.version)), "{account:?}");
        }
        if let Some(wc_id) = &change.forgotten {
            assert!(self.accounts.remove(wc_id).is_some(), "{wc_id} was not known");
        }
        if let Some(fleet) = &change.fleet {
            self.fleet = Arc::new(fleet.clone());
        }
    }
}

fn next(before: Option<Version>) -> Version {
    before.unwrap_or_default().next()
}
