//! What is counted of a round, once it is committed.

use std::sync::Arc;

use wxlogin_state::State;

use super::Rounds;
use crate::view::{AccountEntry, SessionEntry};

/// An account on whose way a login was, and how it is now.
pub(super) type Attempted = (Arc<AccountEntry>, Arc<AccountEntry>);

impl Rounds {
    /// Those of the `changed` accounts that had a login on its way. Asked before they are shown.
    pub(super) fn attempted(&self, changed: &[Arc<AccountEntry>]) -> Vec<Attempted> {
        let had_one = |new: &Arc<AccountEntry>| {
            let old = self.ground.view.account(&new.wc_id).filter(|old| old.relogin.is_some())?;
            Some((old, new.clone()))
        };
        changed.iter().filter_map(had_one).collect()
    }

    /// Counts steps of sessions and logins that ended. Both are shown by now.
    pub(super) fn count(&self, stepped: &[Arc<SessionEntry>], attempted: &[Attempted]) {
        let (metrics, view) = (&self.ground.metrics, &self.ground.view);
        for session in stepped {
            metrics.stepped(session);
        }
        for (old, new) in attempted {
            metrics.changed(old, new, |w_id| match &view.session(w_id)?.state {
                State::Dropped { drop, .. } => Some(drop.reason),
                _ => None,
            });
        }
    }
}
