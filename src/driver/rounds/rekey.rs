//! The part of a round that brings a new key for the tokens one step on. None holds the round up: some tokens are
//! sealed anew, or an export in the background is looked after.

use std::sync::Arc;

use wxlogin_state::{RekeyStep, rekey_step};

use super::{Rounds, committed};
use crate::driver::exporting::Reached;
use crate::driver::vault::Progress;
use crate::logging;
use crate::view::Changes;

impl Rounds {
    /// The next step towards a new key.
    pub(super) fn rekey(&mut self) {
        if !self.ground.keeper.is_writable() {
            return;
        }
        match self.ground.vault.progress() {
            Some(Progress::Sealing(_)) => self.reseal(),
            Some(Progress::Exporting { since }) => {
                let since = *since;
                self.export_for_key(since);
            }
            None => {}
        }
    }

    fn reseal(&mut self) {
        let ground = &mut self.ground;
        let Some(Progress::Sealing(left)) = ground.vault.progress() else { return };
        let view = &ground.view;
        let mut left = left
            .take()
            .unwrap_or_else(|| view.all_tokens().into_iter().map(|token| token.id.clone()).collect());
        let tokens = left.iter().filter_map(|id| view.token(id));
        match rekey_step(tokens, ground.vault.seal.as_ref(), &ground.vault.keys) {
            Ok(RekeyStep::Tokens { tokens, batch }) => {
                if ground.keeper.commit(&batch).is_err() {
                    return;
                }
                self.commits += 1;
                // Those before the last one are sealed with the new key as well.
                let last = tokens.last().and_then(|last| left.iter().position(|id| *id == last.id));
                left.drain(..last.map_or(0, |last| last + 1));
                let tokens = tokens.into_iter().map(Arc::new).collect();
                ground.view.publish(Changes { tokens, ..Changes::default() });
                ground.vault.go_on(Progress::Sealing(Some(left)));
            }
            Ok(RekeyStep::Seal { seal, batch }) => {
                if ground.keeper.commit(&batch).is_err() {
                    return;
                }
                self.commits += 1;
                ground.vault.seal = Some(seal);
                left.clear();
                ground.vault.go_on(Progress::Sealing(Some(left)));
            }
            Ok(RekeyStep::Done) => {
                // An export from before can only be restored with the key that is about to go.
                let since = self.commits;
                ground.vault.go_on(Progress::Exporting { since });
                self.export_for_key(since);
            }
            Err(fault) => ground.vault.gave_up(&logging::chain(&fault)),
        }
    }

    fn export_for_key(&mut self, since: u64) {
        let ground = &mut self.ground;
        match self.exporting.reach(since, committed(ground, &ground.shelf.committed(), self.commits)) {
            Reached::Yes => ground.vault.renewed(ground.keeper.dir()),
            Reached::NotYet => {}
            Reached::Failed => {
                ground.vault.gave_up("the export cannot be written, and the last one needs the older key");
            }
        }
    }
}
