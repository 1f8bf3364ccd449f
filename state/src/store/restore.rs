//! A fresh store from an export, in the place of a damaged one.

use std::path::PathBuf;

use jiff::Timestamp;

use super::rewrite;
use super::sidecar::Sidecar;
use super::{Batch, Contents, OpenError, StateDir};
use crate::id::Seq;
use crate::public::Event;
use crate::record::RecordError;

/// The type of the event with which a restored journal begins. Nothing before it is known.
pub const RESTORED: &str = "store.restored";

/// Does what [`Store::restore`](super::Store::restore) says. A crash at any point leaves the damaged store, the
/// restored one, or, between the two renames, what [`StateDir::tidy`] completes.
pub(super) fn run(dir: &StateDir, contents: &Contents, now: Timestamp) -> Result<Option<PathBuf>, OpenError> {
    let in_dir = |source| OpenError::Directory { path: dir.path().to_owned(), source };
    dir.tidy().map_err(in_dir)?;
    let (_, durable) = Sidecar::open(&dir.sidecar()).map_err(in_dir)?;
    let progress = durable.after_commit(Some(durable.seq.max(contents.last_seq).next()));
    let batch = staged(contents, progress.seq, now)
        .map_err(|source| OpenError::Record { path: dir.path().to_owned(), source })?;
    rewrite::make(dir, |tree| tree.apply_batch(batch.writes(progress.commits)))?;
    let aside = dir.set_damaged_aside().map_err(in_dir)?;
    dir.swap_in_copy().map_err(in_dir)?;
    Ok(aside)
}

fn staged(contents: &Contents, seq: Seq, at: Timestamp) -> Result<Batch, RecordError> {
    let mut batch = Batch::default();
    for session in &contents.sessions {
        batch.put_session(session)?;
    }
    for account in &contents.accounts {
        batch.put_account(account)?;
    }
    for token in &contents.tokens {
        batch.put_token(token)?;
    }
    if let Some(seal) = &contents.seal {
        batch.put_seal(seal)?;
    }
    if let Some(platform_key) = &contents.platform_key {
        batch.put_platform_key(platform_key)?;
    }
    for change in contents.outbox.as_changes() {
        batch.change_hook(&change)?;
    }
    batch.put_fleet(&contents.fleet)?;
    batch.push_event(&Event::new(seq, at, RESTORED.to_owned()))?;
    Ok(batch)
}
