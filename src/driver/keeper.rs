//! Keeps the store writable: after a failed write it is opened again, as soon as that works.
//!
//! The engine refuses every write after one that failed, and what the failed one left is unknown. Until the
//! store is open again the daemon is read-only: everything is served, nothing is accepted.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tracing::{error, info, warn};
use wxlogin_state::{Batch, CommitError, Contents, OpenError, Retention, StateDir, Store};

/// How long to wait before the store is opened again after a failure.
const REOPEN_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// Whether the store can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreState {
    /// It can.
    Writable,
    /// It cannot, for this reason.
    ReadOnly(Arc<str>),
}

/// Holds the store, or waits to hold it again.
#[derive(Debug)]
pub(super) struct Keeper {
    dir: StateDir,
    retention: Retention,
    store: Option<Store>,
    state: watch::Sender<StoreState>,
    reopen_at: Timestamp,
}

impl Keeper {
    pub(super) fn open(
        dir: StateDir,
        retention: Retention,
    ) -> Result<(Self, watch::Receiver<StoreState>, Contents), OpenError> {
        let (store, contents) = Store::open(&dir, retention)?;
        let (state, watched) = watch::channel(StoreState::Writable);
        let keeper = Self { dir, retention, store: Some(store), state, reopen_at: Timestamp::MIN };
        Ok((keeper, watched, contents))
    }

    pub(super) fn is_writable(&self) -> bool {
        self.store.is_some()
    }

    /// When to try to open the store again.
    pub(super) fn reopen_at(&self) -> Option<Timestamp> {
        self.store.is_none().then_some(self.reopen_at)
    }

    /// Makes the batch durable; the reason where it is not known to be.
    pub(super) fn commit(&mut self, batch: &Batch, now: Timestamp) -> Result<(), Arc<str>> {
        let Some(store) = &mut self.store else {
            return Err(match &*self.state.borrow() {
                StoreState::ReadOnly(reason) => reason.clone(),
                StoreState::Writable => "the store is closed".into(),
            });
        };
        store.commit(batch).map_err(|failure| {
            error!(
                error = &failure as &dyn std::error::Error,
                "the store cannot be written; reading goes on, changes are refused until it can"
            );
            if let CommitError::Full(_) = failure {
                self.make_room();
            }
            self.close(failure.to_string().into(), now)
        })
    }

    /// Opens the store again where it is time; everything it holds, to be shown instead of what was known.
    pub(super) fn reopen(&mut self, now: Timestamp) -> Option<Contents> {
        if self.is_writable() || now < self.reopen_at {
            return None;
        }
        match Store::open(&self.dir, self.retention).and_then(|(mut store, contents)| {
            // Opening may work where writing does not.
            match store.commit(&Batch::default()) {
                Ok(()) => Ok((store, contents)),
                Err(CommitError::Full(source) | CommitError::Failed(source)) => {
                    Err(OpenError::Directory { path: self.dir.path().to_owned(), source })
                }
                Err(CommitError::Poisoned) => unreachable!("a store just opened has not failed"),
            }
        }) {
            Ok((store, contents)) => {
                info!("the store can be written again");
                self.store = Some(store);
                self.state.send_replace(StoreState::Writable);
                Some(contents)
            }
            Err(failure) => {
                warn!(error = &failure as &dyn std::error::Error, "the store cannot be opened yet");
                self.reopen_at = now + REOPEN_AFTER;
                None
            }
        }
    }

    fn close(&mut self, reason: Arc<str>, now: Timestamp) -> Arc<str> {
        // The engine lets go of its files only when it is dropped.
        self.store = None;
        self.reopen_at = now + REOPEN_AFTER;
        self.state.send_replace(StoreState::ReadOnly(reason.clone()));
        reason
    }

    fn make_room(&self) {}
}
