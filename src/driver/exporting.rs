//! Exports what is committed, from time to time and at the end, for the day that the store is damaged.
//!
//! Written from the view, off the driver's thread: the driver goes on meanwhile.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};
use wxlogin_state::{PlatformKey, Seq, export};

use crate::view::View;

/// How old an export may get while things change. Accounts are what is worth keeping, and they change rarely.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// When what was exported.
#[derive(Debug)]
pub(super) struct Exporting {
    path: PathBuf,
    exported: Option<Seq>,
    due: Timestamp,
}

impl Exporting {
    /// Exports to `path`; the first time right away.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, exported: None, due: Timestamp::MIN }
    }

    /// Exports in the background where it is time and something has changed.
    pub(super) fn run_if_due(
        &mut self,
        now: Timestamp,
        last_seq: Seq,
        view: &Arc<View>,
        platform_key: Option<&PlatformKey>,
        tasks: &TaskTracker,
    ) {
        if now < self.due || self.exported == Some(last_seq) {
            return;
        }
        self.due = now + EVERY;
        self.exported = Some(last_seq);
        let (path, view, platform_key) = (self.path.clone(), view.clone(), platform_key.cloned());
        tasks.spawn_blocking(move || report(write(&path, last_seq, &view, platform_key.as_ref())));
    }

    /// Exports now, where something has changed.
    pub(super) fn finish(&self, last_seq: Seq, view: &View, platform_key: Option<&PlatformKey>) {
        if self.exported != Some(last_seq) {
            report(write(&self.path, last_seq, view, platform_key));
        }
    }
}

fn write(path: &Path, last_seq: Seq, view: &View, platform_key: Option<&PlatformKey>) -> io::Result<()> {
    let (sessions, accounts) = view.everything();
    let sessions = sessions.iter().map(|session| &***session);
    let accounts = accounts.iter().map(|account| &***account);
    export::write(path, sessions, accounts, platform_key, last_seq)
}

fn report(written: io::Result<()>) {
    match written {
        Ok(()) => debug!("exported"),
        Err(error) => warn!(error = &error as &dyn std::error::Error, "the export cannot be written"),
    }
}
