//! Exports what is committed, from time to time and at the end, for the day that the store is damaged.
//!
//! What to export is taken on the driver's thread, between two commits; it is written off it, and the driver
//! goes on meanwhile.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::{debug, warn};
use wxlogin_state::seal::SealCheck;
use wxlogin_state::{Account, Fleet, Outbox, PlatformKey, Seq, Session, Token, export};

use crate::view::{AccountEntry, Everything, SessionEntry, View};

/// How old an export may get while things change. Accounts are what is worth keeping, and they change rarely.
const EVERY: Duration = Duration::from_hours(1);

/// How soon an export that failed is tried again.
const AGAIN: Duration = Duration::from_mins(5);

/// When what was exported.
#[derive(Debug)]
pub(super) struct Exporting {
    path: PathBuf,
    runtime: Handle,
    /// As of which commit.
    exported: Option<u64>,
    running: Option<(u64, JoinHandle<io::Result<()>>)>,
    due: Instant,
}

/// What is committed at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Committed<'a> {
    pub(super) view: &'a View,
    pub(super) host: export::Host<'a>,
    /// How many commits there were in this run: not each of them has an event.
    pub(super) commits: u64,
}

/// Everything that is committed at one moment, to be written while the driver goes on. It shares its records with
/// the view.
#[derive(Debug)]
pub struct Snapshot {
    sessions: Vec<Arc<SessionEntry>>,
    accounts: Vec<Arc<AccountEntry>>,
    tokens: Vec<Arc<Token>>,
    seal: Option<SealCheck>,
    outbox: Outbox,
    platform_key: Option<PlatformKey>,
    fleet: Fleet,
    last_seq: Seq,
}

impl Exporting {
    /// Exports to `path`; the first time right away.
    pub(super) fn new(path: PathBuf, runtime: Handle) -> Self {
        Self { path, runtime, exported: None, running: None, due: Instant::now() }
    }

    /// Exports in the background where it is time and something has changed.
    pub(super) fn run_if_due(&mut self, committed: Committed<'_>) {
        if self.running.as_ref().is_some_and(|(_, job)| job.is_finished()) {
            self.settle();
        }
        let commits = committed.commits;
        if self.running.is_some() || self.exported == Some(commits) || Instant::now() < self.due {
            return;
        }
        let snapshot = Snapshot::of(committed);
        let path = self.path.clone();
        self.running = Some((commits, self.runtime.spawn_blocking(move || snapshot.write(&path))));
    }

    /// Exports now, where something has changed.
    pub(super) fn finish(&mut self, committed: Committed<'_>) {
        self.settle();
        if self.exported != Some(committed.commits) {
            let written = Snapshot::of(committed).write(&self.path);
            self.note(committed.commits, written);
        }
    }

    /// Whether the last export has everything up to this commit.
    pub(super) fn has(&self, commits: u64) -> bool {
        self.exported == Some(commits)
    }

    /// Waits for the export that is under way.
    fn settle(&mut self) {
        if let Some((commits, job)) = self.running.take() {
            let written = self.runtime.block_on(job).unwrap_or_else(|lost| Err(io::Error::other(lost)));
            self.note(commits, written);
        }
    }

    fn note(&mut self, commits: u64, written: io::Result<()>) {
        match written {
            Ok(()) => {
                debug!("exported");
                self.exported = Some(commits);
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
    pub(super) fn of(committed: Committed<'_>) -> Self {
        let Committed { view, host, commits: _ } = committed;
        let Everything { sessions, accounts, tokens } = view.everything();
        Self {
            sessions,
            accounts,
            tokens,
            seal: host.seal.cloned(),
            outbox: host.outbox.clone(),
            platform_key: host.platform_key.cloned(),
            fleet: host.fleet.clone(),
            last_seq: host.last_seq,
        }
    }

    /// Writes its export to `to`, in many small pieces.
    pub fn write_to(&self, to: impl Write) -> io::Result<()> {
        let (sessions, accounts, tokens, host) = self.parts();
        export::write_to(to, sessions, accounts, tokens, host)
    }

    /// How many sessions, accounts and tokens it has.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.sessions.len(), self.accounts.len(), self.tokens.len())
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let (sessions, accounts, tokens, host) = self.parts();
        export::write(path, sessions, accounts, tokens, host)
    }

    fn parts(
        &self,
    ) -> (
        impl ExactSizeIterator<Item = &Session>,
        impl ExactSizeIterator<Item = &Account>,
        impl ExactSizeIterator<Item = &Token>,
        export::Host<'_>,
    ) {
        let host = export::Host {
            platform_key: self.platform_key.as_ref(),
            seal: self.seal.as_ref(),
            outbox: &self.outbox,
            fleet: &self.fleet,
            last_seq: self.last_seq,
        };
        (
            self.sessions.iter().map(|session| &***session),
            self.accounts.iter().map(|account| &***account),
            self.tokens.iter().map(|token| &**token),
            host,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing, as of this commit; its event has the same number.
    fn nothing<'a>(view: &'a View, (fleet, outbox): &'a (Fleet, Outbox), commits: u64) -> Committed<'a> {
        let host = export::Host { platform_key: None, seal: None, outbox, fleet, last_seq: Seq(commits) };
        Committed { view, host, commits }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_export_that_failed_is_tried_again_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let late = dir.path().join("late");
        let (path, runtime) = (late.join("export"), Handle::current());
        let work = move || {
            let (view, fleet) = (View::default(), Default::default());
            let mut exporting = Exporting::new(late.join("export"), runtime);
            exporting.run_if_due(nothing(&view, &fleet, 1));
            exporting.settle();
            std::fs::create_dir(&late).unwrap();
            exporting.finish(nothing(&view, &fleet, 1));
        };
        tokio::task::spawn_blocking(work).await.unwrap();
        assert_eq!(export::read(&path).unwrap().last_seq, Seq(1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn stopping_amid_an_export_leaves_a_whole_one() {
        let dir = tempfile::tempdir().unwrap();
        let (path, runtime) = (dir.path().join("export"), Handle::current());
        let work = move || {
            let (view, fleet) = (View::default(), Default::default());
            let mut exporting = Exporting::new(path.clone(), runtime);
            exporting.run_if_due(nothing(&view, &fleet, 1));
            exporting.finish(nothing(&view, &fleet, 2));
            export::read(&path).unwrap().last_seq
        };
        assert_eq!(tokio::task::spawn_blocking(work).await.unwrap(), Seq(2));
    }
}
