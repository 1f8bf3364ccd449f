//! The outbox, as it is committed: the driver's own, and what everybody else may see of it.

use tokio::sync::watch;
use wxlogin_state::{HookChange, Outbox};

use super::keeper::Keeper;

/// Holds it.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) committed: Outbox,
    shown: watch::Sender<Outbox>,
}

impl Shelf {
    /// Of what the store holds.
    pub(super) fn new(committed: Outbox) -> (Self, watch::Receiver<Outbox>) {
        let (shown, watched) = watch::channel(committed.clone());
        (Self { committed, shown }, watched)
    }

    /// Takes over what was just committed; the journal waits for what is owed now.
    pub(super) fn take_over(&mut self, changes: Vec<HookChange>, keeper: &mut Keeper) {
        if changes.is_empty() {
            return;
        }
        for change in changes {
            self.committed.apply(change);
        }
        keeper.hold_after(self.committed.held_after());
        self.shown.send_replace(self.committed.clone());
    }

    /// Takes what the store holds for what is true.
    pub(super) fn replace(&mut self, committed: Outbox) {
        self.committed = committed;
        self.shown.send_replace(self.committed.clone());
    }
}
