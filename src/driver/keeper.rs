//! Keeps the store: restores a damaged one at start, and makes it writable again after a failed write.
//!
//! The engine refuses every write after one that failed, and what the failed one left is unknown. Until the
//! store is open again the daemon is read-only: everything is served, nothing is accepted.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{error, info, warn};
use wxlogin_state::public::Event;
use wxlogin_state::{Batch, CommitError, Contents, OpenError, Retention, Seq, StateDir, Store, export};

use super::handle::Denied;
use crate::metrics::Metrics;

#[cfg(test)]
pub(super) mod faults;

/// How long to wait before the store is opened again after a failure.
const REOPEN_AFTER: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(5) };

/// Whether the store can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreState {
    /// It can.
    Writable,
    /// It cannot.
    ReadOnly(ReadOnly),
}

/// Why the store cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOnly {
    /// In a sentence.
    pub reason: Arc<str>,
    /// Whether it is for want of space.
    pub full: bool,
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Holds the store, or waits to hold it again.
#[derive(Debug)]
pub(super) struct Keeper {
    dir: StateDir,
    retention: Retention,
    store: Option<Store>,
    state: watch::Sender<StoreState>,
    reopen_at: Instant,
    metrics: Metrics,
    #[cfg(test)]
    pub(super) faults: faults::Faults,
}

/// What became of opening the store again.
#[derive(Debug)]
pub(super) enum Reopened {
    /// It can be written; this is what it holds.
    Writable(Box<Contents>),
    /// Not yet.
    NotYet,
    /// What is there is damaged: it has to be restored, which a start does.
    Damaged,
}

impl Keeper {
    pub(super) fn open(
        dir: StateDir,
        retention: Retention,
        now: Timestamp,
        metrics: Metrics,
    ) -> Result<(Self, watch::Receiver<StoreState>, Contents), OpenError> {
        let opened = Store::open(&dir, retention).or_else(|error| match error {
            full if full.is_full() => {
                // The ballast is there for just this.
                dir.release_ballast().map_err(|_| full)?;
                Store::open(&dir, retention)
            }
            error => Err(error),
        });
        let (store, contents) = match opened {
            Err(damage) if damage.is_damage() => restored(&dir, retention, damage, now)?,
            opened => opened?,
        };
        if let Some(failure) = &contents.not_shrunk {
            warn!(
                error = failure as &dyn Error,
                "the store takes more space than it needs, and cannot be shrunk"
            );
        }
        let (state, watched) = watch::channel(StoreState::Writable);
        let keeper = Self {
            dir,
            retention,
            store: Some(store),
            state,
            reopen_at: Instant::now(),
            metrics,
            #[cfg(test)]
            faults: faults::Faults::default(),
        };
        keeper.take_ballast();
        keeper.note_size();
        Ok((keeper, watched, contents))
    }

    /// Where the export is that a damaged store is restored from.
    pub(super) fn export(&self) -> PathBuf {
        export_in(&self.dir)
    }

    /// Where the store lies.
    pub(super) fn dir(&self) -> &StateDir {
        &self.dir
    }

    pub(super) fn is_writable(&self) -> bool {
        self.store.is_some()
    }

    /// Bytes of the store on disk; `None` while it is closed.
    pub(super) fn size_on_disk(&self) -> Option<u64> {
        self.store.as_ref().map(Store::size_on_disk)
    }

    /// When to try to open the store again.
    pub(super) fn reopen_at(&self) -> Option<Instant> {
        self.store.is_none().then_some(self.reopen_at)
    }

    /// Makes the batch durable; the reason where it is not known to be.
    pub(super) fn commit(&mut self, batch: &Batch) -> Result<(), ReadOnly> {
        let (begun, tried) = (Instant::now(), self.is_writable());
        let written = self.write(|store| store.commit(batch));
        if tried {
            self.metrics.committed(batch.len(), begun.elapsed(), written.is_ok());
        }
        written
    }

    /// Says how much space the store takes, as far as it is open.
    pub(super) fn note_size(&self) {
        if let Some(store) = &self.store {
            self.metrics.store_takes(store.size_on_disk());
        }
    }

    /// Whether a commit would work now; the reason where not.
    pub(super) fn prove_writable(&mut self) -> Result<(), ReadOnly> {
        self.write(Store::prove_writable)
    }

    fn write(&mut self, write: impl FnOnce(&mut Store) -> Result<(), CommitError>) -> Result<(), ReadOnly> {
        let Some(store) = &mut self.store else {
            return Err(self.read_only());
        };
        #[cfg(test)]
        let write = self.faults.around(write);
        write(store).map_err(|failure| {
            error!(
                error = &failure as &dyn Error,
                "the store cannot be written; reading goes on, changes are refused until it can"
            );
            self.close(&failure);
            self.read_only()
        })
    }

    /// See [`Store::hold_after`]; a store that is opened again knows by itself.
    pub(super) fn hold_after(&mut self, seq: Option<Seq>) {
        if let Some(store) = &mut self.store {
            store.hold_after(seq);
        }
    }

    /// Reads the journal, see [`Store::events`].
    pub(super) fn events(&self, after: Seq, limit: usize) -> Result<Vec<Event>, Denied> {
        let store = self.store.as_ref().ok_or_else(|| Denied::JournalClosed(self.read_only()))?;
        store.events(after, limit).map_err(|error| {
            error!(error = &error as &dyn Error, "the journal cannot be read");
            Denied::JournalUnreadable(Arc::new(error))
        })
    }

    /// Why nothing can be written.
    pub(super) fn read_only(&self) -> ReadOnly {
        match &*self.state.borrow() {
            StoreState::ReadOnly(read_only) => read_only.clone(),
            StoreState::Writable => ReadOnly { reason: "the store is closed".into(), full: false },
        }
    }

    /// Opens the store again where it is time. What it holds then is true, whatever was known before.
    pub(super) fn reopen(&mut self) -> Reopened {
        if self.is_writable() || Instant::now() < self.reopen_at {
            return Reopened::NotYet;
        }
        match self.open_writable() {
            Ok((store, contents)) => {
                info!("the store can be written again");
                self.store = Some(store);
                self.take_ballast();
                self.state.send_replace(StoreState::Writable);
                Reopened::Writable(Box::new(contents))
            }
            Err(NotOpened::Damaged(damage)) => {
                error!(error = &damage as &dyn Error, "the store is damaged");
                Reopened::Damaged
            }
            Err(NotOpened::NotYet(failure)) => {
                warn!(error = &*failure as &dyn Error, "the store cannot be opened yet");
                self.reopen_at = Instant::now() + REOPEN_AFTER;
                Reopened::NotYet
            }
        }
    }

    /// Opening may work where writing does not, so both are tried.
    fn open_writable(&self) -> Result<(Store, Contents), NotOpened> {
        let (mut store, contents) = Store::open(&self.dir, self.retention).map_err(|e| {
            if e.is_damage() { NotOpened::Damaged(e) } else { NotOpened::NotYet(Box::new(e)) }
        })?;
        let prove = Store::prove_writable;
        #[cfg(test)]
        let prove = self.faults.around(prove);
        prove(&mut store).map_err(|failure| NotOpened::NotYet(Box::new(failure)))?;
        Ok((store, contents))
    }

    fn close(&mut self, failure: &CommitError) {
        // The engine lets go of its files only when it is dropped.
        self.store = None;
        self.reopen_at = Instant::now() + REOPEN_AFTER;
        let read_only =
            ReadOnly { reason: failure.to_string().into(), full: matches!(failure, CommitError::Full(_)) };
        self.state.send_replace(StoreState::ReadOnly(read_only));
        if let Err(error) = self.dir.release_ballast() {
            warn!(error = &error as &dyn Error, "the ballast cannot be released");
        }
    }

    fn take_ballast(&self) {
        if let Err(error) = self.dir.restore_ballast() {
            warn!(
                error = &error as &dyn Error,
                "there is no room for the ballast: the disk under the state directory is almost full"
            );
        }
    }
}

/// Why the store is not open again.
enum NotOpened {
    Damaged(OpenError),
    NotYet(Box<dyn Error + Send + Sync>),
}

/// The store as its last export has it. Where there is none the damage is the answer: nothing is guessed.
fn restored(
    dir: &StateDir,
    retention: Retention,
    damage: OpenError,
    now: Timestamp,
) -> Result<(Store, Contents), OpenError> {
    let export = export_in(dir);
    error!(error = &damage as &dyn Error, "the store is damaged");
    let contents = match export::read(&export) {
        Ok(contents) => contents,
        Err(unusable) => {
            error!(
                error = &unusable as &dyn Error,
                "there is no whole export to restore from: move the state directory aside to begin anew, or put \
                 a backup's export in its place"
            );
            return Err(damage);
        }
    };
    Store::restore(dir, &contents, now)?;
    error!(
        sessions = contents.sessions.len(),
        accounts = contents.accounts.len(),
        last_seq = contents.last_seq.0,
        export = %export.display(),
        "the store was restored from its last export; what came after it is lost, the damaged one lies beside it"
    );
    Store::open(dir, retention)
}

fn export_in(dir: &StateDir) -> PathBuf {
    dir.path().join("export")
}
