//! The only room that knows the engine (sled 0.34.7), held the way that was measured to work.
//!
//! ```text
//!   Batch ──► one atomic write ──► flush ──► fdatasync of <dir>/db/db ──► sidecar ──► Ok
//! ```
//!
//! * `flush()` alone is not durable: it ends in `sync_file_range`, and a failing disk goes unnoticed. So an own
//!   descriptor of the log is synced before a commit returns.
//! * One tree with prefixes and one batch per commit: transactions over several trees cost half the speed and
//!   twice the disk.
//! * A commit that failed is *unknown*: it may or may not be there after reopening. The store refuses every
//!   further commit until it is opened again; whoever drives it drops it, frees the ballast
//!   ([`StateDir::release_ballast`]), opens it again and reads everything anew.
//! * Every commit carries its number, and the highest durable one is noted outside: the engine repairs a damaged
//!   log by cutting it short, without a word. What [`OpenError::is_damage`] calls damage is answered with the last
//!   export ([`Store::restore`]); a lack of space or of rights is never called so.
//! * The engine panics on some damage; a panic becomes an error (`engine.rs`), for which the programs must be
//!   built to unwind.
//! * Other calls of the engine are banned in `clippy.toml`, each with what it does.

use std::fs::File;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::account::Account;
use crate::fleet::Fleet;
use crate::id::Seq;
use crate::link::Link;
use crate::outbox::Outbox;
use crate::public::Event;
use crate::seal::SealCheck;
use crate::session::Session;
use crate::token::Token;

mod ballast;
mod batch;
mod dir;
mod engine;
mod error;
mod key;
mod keyfile;
mod read;
mod rekey;
mod restore;
mod rewrite;
mod sidecar;

pub use batch::{Batch, PlatformKey};
pub use dir::StateDir;
use engine::{Engine, caught};
pub use error::{CommitError, OpenError, ReadError};
use error::{classified, write_error};
pub use keyfile::{KeyFileError, read_key_file};
pub use rekey::{RESEALED_AT_ONCE, RekeyError, RekeyStep, rekey_step};
pub use restore::RESTORED;
use sidecar::{Progress, Sidecar};

/// How far the journal may outgrow its limit before it is trimmed, so that not every commit trims.
const TRIM_SLACK: u64 = 512;

/// Most events that are kept beyond the retention for receivers of webhooks which have not taken them yet.
pub const HELD: u64 = 100_000;

/// What the store keeps of the journal.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Newest events that are kept at least.
    pub events: u64,
}

/// Everything that was stored.
#[derive(Debug, Default)]
pub struct Contents {
    /// All sessions, in no particular order.
    pub sessions: Vec<Session>,
    /// All accounts, in no particular order.
    pub accounts: Vec<Account>,
    /// All tokens, in no particular order.
    pub tokens: Vec<Token>,
    /// All one-time links, in no particular order. An export has none: they are over before one is needed.
    pub links: Vec<Link>,
    /// What the key that the tokens are sealed with is known by ([`seal::check()`](crate::seal::check())); there from
    /// the first token on.
    pub seal: Option<SealCheck>,
    /// The platform's key, where one was issued.
    pub platform_key: Option<PlatformKey>,
    /// What holds for the host as a whole.
    pub fleet: Fleet,
    /// How far each receiver of webhooks has come, and what it never took.
    pub outbox: Outbox,
    /// Number of the last event; 0 before the first.
    pub last_seq: Seq,
    /// Why the store takes far more space than it needs, where it could not be copied into a smaller one.
    pub not_shrunk: Option<OpenError>,
}

/// An open store. One thread owns it.
#[derive(Debug)]
pub struct Store {
    engine: Engine,
    log: File,
    sidecar: Sidecar,
    progress: Progress,
    retention: Retention,
    /// First event of the oldest journal page.
    oldest: Option<Seq>,
    /// What comes after this event is still to be delivered.
    held_after: Option<Seq>,
    poisoned: bool,
}

impl Store {
    /// Opens the store in `dir` and reads everything it holds, checking each record.
    pub fn open(dir: &StateDir, retention: Retention) -> Result<(Self, Contents), OpenError> {
        let in_dir = |source| OpenError::Directory { path: dir.path().to_owned(), source };
        let of_engine = |source| OpenError::of_engine(dir.path(), source);
        dir.tidy().map_err(in_dir)?;
        let (sidecar, durable) = Sidecar::open(&dir.sidecar()).map_err(in_dir)?;
        let mut engine = Engine::open(&dir.engine()).map_err(of_engine)?;
        let (mut contents, progress) = read::everything(&engine, dir.path())?;
        if progress.is_behind(durable) {
            let (path, found, durable_seq) = (dir.path().to_owned(), progress.seq, durable.seq);
            let commits = durable.commits.saturating_sub(progress.commits);
            return Err(OpenError::Lost { path, commits, found, durable: durable_seq });
        }
        if rewrite::is_due(&engine).map_err(of_engine)? {
            (engine, contents.not_shrunk) = rewrite::run(dir, engine)?;
        }
        // What was read may have been written by a process that was killed before it synced; from here on it is
        // shown and acted upon, so it has to be durable.
        let log = File::open(dir.log()).map_err(in_dir)?;
        log.sync_all().map_err(in_dir)?;
        File::open(dir.engine()).and_then(|engine| engine.sync_all()).map_err(in_dir)?;
        dir.sync().map_err(in_dir)?;
        sidecar.note(progress).map_err(in_dir)?;
        let oldest = read::oldest_page(&engine).map_err(of_engine)?;
        let held_after = contents.outbox.held_after();
        let store = Self { engine, log, sidecar, progress, retention, oldest, held_after, poisoned: false };
        Ok((store, contents))
    }

    /// Puts a fresh store with `contents` (an export's, see [`export`](crate::export)) in the place of a damaged
    /// one, which is moved aside to `damaged-<n>` and never deleted; says where to. [`Store::open`] then finds it.
    ///
    /// No sequence number that was ever acknowledged is used again: the journal begins anew with one event of the
    /// type [`RESTORED`] at `now`, numbered after both the export and what was last known durable. To whoever
    /// follows the journal it looks like one that was trimmed.
    pub fn restore(
        dir: &StateDir,
        contents: &Contents,
        now: Timestamp,
    ) -> Result<Option<PathBuf>, OpenError> {
        restore::run(dir, contents, now)
    }

    /// From the next commit on events after this one are kept beyond the retention, [`HELD`] of them at most: the
    /// outbox is a place in the journal ([`Outbox::held_after`]), so the journal is what keeps its promises.
    pub fn hold_after(&mut self, seq: Option<Seq>) {
        self.held_after = seq;
    }

    /// Writes the batch; durable when this returns.
    pub fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        if self.poisoned {
            return Err(CommitError::Poisoned);
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.write(batch).inspect_err(|_| self.poisoned = true)
    }

    /// Writes something of no meaning, durably: proof that a commit would not fail now.
    pub fn prove_writable(&mut self) -> Result<(), CommitError> {
        if self.poisoned {
            return Err(CommitError::Poisoned);
        }
        // Every commit is counted in a record of its own, so an empty one writes as well.
        self.write(&Batch::default()).inspect_err(|_| self.poisoned = true)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), CommitError> {
        let progress = self.progress.after_commit(batch.seqs().map(|(_, last)| last));
        let mut writes = batch.writes(progress.commits);
        if let Some((first, last)) = batch.seqs() {
            self.trim(first, last, &mut writes).map_err(write_error)?;
        }
        caught(|| {
            self.engine.tree().apply_batch(writes)?;
            self.engine.flush()
        })
        .map_err(write_error)?;
        self.log.sync_data().map_err(classified)?;
        self.sidecar.note(progress).map_err(classified)?;
        self.progress = progress;
        Ok(())
    }

    /// Adds to `writes`, which hold the events `first..=last`, the removal of journal pages that hold only events
    /// beyond the retention.
    fn trim(&mut self, first: Seq, last: Seq, writes: &mut sled::Batch) -> sled::Result<()> {
        let keep_from = keep_from(last, self.retention, self.held_after);
        let mut oldest = self.oldest.unwrap_or(first);
        if keep_from >= oldest.0.saturating_add(TRIM_SLACK) {
            // A page ends where the next one begins; the newest page is never removed.
            while let Some(next) = self.page_after(oldest)?.filter(|next| next.0 <= keep_from) {
                writes.remove(key::page(oldest));
                oldest = next;
            }
        }
        self.oldest = Some(oldest);
        Ok(())
    }

    fn page_after(&self, page: Seq) -> sled::Result<Option<Seq>> {
        let next = caught(|| self.engine.tree().get_gt(key::page(page)))?;
        Ok(next.and_then(|(key, _)| key::seq_of_page(&key)))
    }

    /// Up to `limit` events after `after`, oldest first. Fewer where the journal ends, or begins later.
    ///
    /// After a failed commit this mostly still works, but may fail as well: the engine ends a half-done split of
    /// its pages while it reads, and that is a write.
    pub fn events(&self, after: Seq, limit: usize) -> Result<Vec<Event>, ReadError> {
        read::events(&self.engine, after, limit)
    }

    /// Bytes that the engine uses on disk.
    pub fn size_on_disk(&self) -> u64 {
        self.engine.size_on_disk()
    }
}

/// From which event on the journal is kept, after the event `last`.
fn keep_from(last: Seq, retention: Retention, held_after: Option<Seq>) -> u64 {
    let by_retention = last.0.saturating_sub(retention.events);
    let held = held_after.map_or(by_retention, |seq| seq.next().0);
    by_retention.min(held).max(by_retention.saturating_sub(HELD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_waits_for_a_receiver_but_not_without_end() {
        let keep = |last, held: Option<u64>| keep_from(Seq(last), Retention { events: 1_000 }, held.map(Seq));
        assert_eq!((keep(500, None), keep(5_000, None)), (0, 4_000));
        assert_eq!((keep(5_000, Some(20)), keep(5_000, Some(4_500))), (21, 4_000));
        assert_eq!((keep(500_000, Some(20)), keep(500_000, Some(450_000))), (399_000, 450_001));
    }
}
