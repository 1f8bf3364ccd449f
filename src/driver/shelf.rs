//! The outbox, as it is committed: the driver's to change, and everybody's to see.

use tokio::sync::watch;
use wxlogin_state::{HookChange, Outbox};

use super::keeper::Keeper;

/// Holds it.
#[derive(Debug)]
pub(super) struct Shelf(watch::Sender<Outbox>);

impl Shelf {
    /// Of what the store holds.
    pub(super) fn new(committed: Outbox) -> (Self, watch::Receiver<Outbox>) {
        let (shelf, watched) = watch::channel(committed);
        (Self(shelf), watched)
    }

    /// What is committed; nothing can be taken over meanwhile.
    pub(super) fn committed(&self) -> watch::Ref<'_, Outbox> {
        self.0.borrow()
    }

    /// Takes over what was just committed; the journal waits for what is owed now.
    pub(super) fn take_over(&mut self, changes: Vec<HookChange>, keeper: &mut Keeper) {
        if changes.is_empty() {
            return;
        }
        self.0.send_modify(|outbox| changes.into_iter().for_each(|change| outbox.apply(change)));
        keeper.hold_after(self.committed().held_after());
    }

    /// Takes what the store holds for what is true.
    pub(super) fn replace(&mut self, committed: Outbox) {
        self.0.send_replace(committed);
    }
}
