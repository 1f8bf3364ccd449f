//! The part of a round that comes after its commit: what is durable is shown, counted, and acted upon.

use std::collections::HashSet;
use std::time::Duration;

use wxlogin_state::WcId;

use super::Rounds;
use super::told::log_transition;
use crate::view::Changes;

impl Rounds {
    /// Shows what is durable, and sees to it that what it asks for goes on; also for the accounts that were
    /// `reviewed` and did not change.
    pub(super) fn publish(&mut self, changes: Changes, reviewed: &[WcId]) {
        let stepped = changes.sessions.clone();
        let accounts: Vec<WcId> = changes.accounts.iter().map(|account| account.wc_id.clone()).collect();
        for wc_id in &changes.forgotten_accounts {
            self.relogins.forget(wc_id);
        }
        let attempted = self.attempted(&changes.accounts);
        self.ground.view.publish(changes);
        self.count(&stepped, &attempted);
        stepped.iter().for_each(log_transition);
        for wc_id in &accounts {
            self.watch.note_change(wc_id);
        }
        for wc_id in accounts.iter().chain(reviewed) {
            self.settle_account(wc_id);
        }
        // Only a session's last value says what must be going on.
        let mut settled = HashSet::new();
        for session in stepped.iter().rev().filter(|session| settled.insert(&session.w_id)) {
            self.duties.settle(session, Duration::ZERO);
        }
    }
}
