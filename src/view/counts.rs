//! How many there are of what, kept as it changes: whoever counts asks often, and there may be ten thousand accounts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use wxlogin_state::{StateName, System, TokenState};

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
        let (relogins, oldest_relogin) = tables.accounts.pending();
        Counts {
            sessions: StateName::ALL
                .map(|state| (state, tables.by_state.get(&state).map_or(0, BTreeSet::len))),
            accounts: tables.accounts.len(),
            online: tables.accounts.count_online(),
            tokens: tables.tokens.counts().clone(),
            relogins,
            oldest_relogin,
        }
    }
}
