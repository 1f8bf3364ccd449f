//! Exports what is committed, from time to time and at the end, for the day that the store is damaged.
//!
//! What to export is taken on the driver's thread, between two commits; it is written off it, and the driver
//! goes on meanwhile.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::oneshot::{self, error::TryRecvError};
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
    /// As of which commit the last one was, where it failed.
    failed: Option<u64>,
    running: Option<(u64, oneshot::Receiver<io::Result<()>>)>,
    /// Told when the one that was under way has ended.
    written: Arc<Notify>,
    due: Instant,
}

/// What an export that somebody waits for has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// It is there.
    Yes,
    /// One is under way.
    NotYet,
    /// It cannot be written.
    Failed,
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
        Self {
            path,
            runtime,
            exported: None,
            failed: None,
            running: None,
            written: Arc::default(),
            due: Instant::now(),
        }
    }

    /// Exports in the background where it is time and something has changed.
    pub(super) fn run_if_due(&mut self, committed: Committed<'_>) {
        self.look();
        let is_new = self.exported != Some(committed.commits);
        if self.running.is_none() && is_new && Instant::now() >= self.due {
            self.begin(committed);
        }
    }

    /// Whether an export has everything up to the commit `since`. Where none has, one is written in the background:
    /// ask again when [`written`](Self::written) says so.
    pub(super) fn reach(&mut self, since: u64, committed: Committed<'_>) -> Reached {
        self.look();
        if self.exported >= Some(since) {
            Reached::Yes
        } else if self.running.is_some() {
            Reached::NotYet
        } else if self.failed.take() >= Some(since) {
            Reached::Failed
        } else {
            self.begin(committed);
            Reached::NotYet
        }
    }

    /// Told whenever an export in the background has ended.
    pub(super) fn written(&self) -> Arc<Notify> {
        self.written.clone()
    }

    fn begin(&mut self, committed: Committed<'_>) {
        let (commits, snapshot) = (committed.commits, Snapshot::of(committed));
        let (path, ended) = (self.path.clone(), self.written.clone());
        let (tell, told) = oneshot::channel();
        self.runtime.spawn_blocking(move || {
            // Nobody hears of the last one where the driver is gone.
            let _ = tell.send(snapshot.write(&path));
            ended.notify_one();
        });
        self.running = Some((commits, told));
    }

    /// Notes what came of the export that was under way, where it has ended.
    fn look(&mut self) {
        let Some((commits, told)) = &mut self.running else { return };
        let written = match told.try_recv() {
            Ok(written) => written,
            Err(TryRecvError::Empty) => return,
            Err(lost @ TryRecvError::Closed) => Err(io::Error::other(lost)),
        };
        let commits = *commits;
        self.running = None;
        self.note(commits, written);
    }

    /// Exports now, where something has changed.
    pub(super) fn finish(&mut self, committed: Committed<'_>) {
        self.settle();
        if self.exported != Some(committed.commits) {
            let written = Snapshot::of(committed).write(&self.path);
            self.note(committed.commits, written);
        }
    }

    /// Waits for the export that is under way.
    fn settle(&mut self) {
        if let Some((commits, told)) = self.running.take() {
            let written = self.runtime.block_on(told).unwrap_or_else(|lost| Err(io::Error::other(lost)));
            self.note(commits, written);
        }
    }

    fn note(&mut self, commits: u64, written: io::Result<()>) {
        match written {
            Ok(()) => {
                debug!("exported");
                self.exported = Some(commits);
                self.failed = None;
                self.due = Instant::now() + EVERY;
            }
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "the export cannot be written");
                self.failed = Some(commits);
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
    async fn an_export_that_is_waited_for_is_written_in_the_background_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let late = dir.path().join("late");
        let (view, fleet) = (View::default(), Default::default());
        let mut exporting = Exporting::new(late.join("export"), Handle::current());
        let written = exporting.written();
        assert_eq!(exporting.reach(2, nothing(&view, &fleet, 2)), Reached::NotYet);
        written.notified().await;
        assert_eq!(exporting.reach(2, nothing(&view, &fleet, 2)), Reached::Failed);
        std::fs::create_dir(&late).unwrap();
        assert_eq!(exporting.reach(2, nothing(&view, &fleet, 3)), Reached::NotYet);
        written.notified().await;
        // Whatever was committed meanwhile.
        assert_eq!(exporting.reach(2, nothing(&view, &fleet, 5)), Reached::Yes);
        assert_eq!(exporting.reach(5, nothing(&view, &fleet, 5)), Reached::NotYet);
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
