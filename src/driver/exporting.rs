//! Exports what is committed, from time to time and at the end, for the day that the store is damaged.
//!
//! What to export is taken on the driver's thread, between two commits; it is written off it, and the driver
//! goes on meanwhile.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::{debug, warn};
use wxlogin_state::{PlatformKey, Seq, export};

use crate::view::{AccountEntry, SessionEntry, View};

/// How old an export may get while things change. Accounts are what is worth keeping, and they change rarely.
const EVERY: Duration = Duration::from_hours(1);

/// How soon an export that failed is tried again.
const AGAIN: Duration = Duration::from_mins(5);

/// When what was exported.
#[derive(Debug)]
pub(super) struct Exporting {
    path: PathBuf,
    runtime: Handle,
    exported: Option<Seq>,
    running: Option<(Seq, JoinHandle<io::Result<()>>)>,
    due: Instant,
}

/// What is committed at one moment.
#[derive(Debug)]
struct Snapshot {
    sessions: Vec<Arc<SessionEntry>>,
    accounts: Vec<Arc<AccountEntry>>,
    platform_key: Option<PlatformKey>,
    last_seq: Seq,
}

impl Exporting {
    /// Exports to `path`; the first time right away.
    pub(super) fn new(path: PathBuf, runtime: Handle) -> Self {
        Self { path, runtime, exported: None, running: None, due: Instant::now() }
    }

    /// Exports in the background where it is time and something has changed.
    pub(super) fn run_if_due(&mut self, last_seq: Seq, view: &View, platform_key: Option<&PlatformKey>) {
        if self.running.as_ref().is_some_and(|(_, job)| job.is_finished()) {
            self.settle();
        }
        if self.running.is_some() || self.exported == Some(last_seq) || Instant::now() < self.due {
            return;
        }
        let snapshot = Snapshot::of(view, platform_key, last_seq);
        let path = self.path.clone();
        self.running = Some((last_seq, self.runtime.spawn_blocking(move || snapshot.write(&path))));
    }

    /// Exports now, where something has changed.
    pub(super) fn finish(&mut self, last_seq: Seq, view: &View, platform_key: Option<&PlatformKey>) {
        self.settle();
        if self.exported != Some(last_seq) {
            let written = Snapshot::of(view, platform_key, last_seq).write(&self.path);
            self.note(last_seq, written);
        }
    }

    /// Waits for the export that is under way.
    fn settle(&mut self) {
        if let Some((seq, job)) = self.running.take() {
            let written = self.runtime.block_on(job).unwrap_or_else(|lost| Err(io::Error::other(lost)));
            self.note(seq, written);
        }
    }

    fn note(&mut self, seq: Seq, written: io::Result<()>) {
        match written {
            Ok(()) => {
                debug!(last_seq = seq.0, "exported");
                self.exported = Some(seq);
                self.due = Instant::now() + EVERY;
            }
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "the export cannot be written");
                self.due = Instant::now() + AGAIN;
            }
        }
    }
}

impl Snapshot {
    fn of(view: &View, platform_key: Option<&PlatformKey>, last_seq: Seq) -> Self {
        let (sessions, accounts) = view.everything();
        Self { sessions, accounts, platform_key: platform_key.cloned(), last_seq }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let sessions = self.sessions.iter().map(|session| &***session);
        let accounts = self.accounts.iter().map(|account| &***account);
        export::write(path, sessions, accounts, self.platform_key.as_ref(), self.last_seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_export_that_failed_is_tried_again_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let late = dir.path().join("late");
        let (path, runtime) = (late.join("export"), Handle::current());
        let work = move || {
            let mut exporting = Exporting::new(late.join("export"), runtime);
            exporting.run_if_due(Seq(1), &View::default(), None);
            exporting.settle();
            std::fs::create_dir(&late).unwrap();
            exporting.finish(Seq(1), &View::default(), None);
        };
        tokio::task::spawn_blocking(work).await.unwrap();
        assert_eq!(export::read(&path).unwrap().last_seq, Seq(1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn stopping_amid_an_export_leaves_a_whole_one() {
        let dir = tempfile::tempdir().unwrap();
        let (path, runtime) = (dir.path().join("export"), Handle::current());
        let work = move || {
            let mut exporting = Exporting::new(path.clone(), runtime);
            exporting.run_if_due(Seq(1), &View::default(), None);
            exporting.finish(Seq(2), &View::default(), None);
            export::read(&path).unwrap().last_seq
        };
        assert_eq!(tokio::task::spawn_blocking(work).await.unwrap(), Seq(2));
    }
}
