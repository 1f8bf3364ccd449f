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
//!   further commit until it is opened again; whoever drives it reads everything anew then.
//! * Other calls of the engine are banned in `clippy.toml`, each with what it does.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::account::Account;
use crate::id::Seq;
use crate::public::Event;
use crate::record::{RecordError, open};
use crate::session::Session;

mod batch;
mod dir;
mod key;
mod rewrite;
mod sidecar;

pub use batch::{Batch, PlatformKey};
pub use dir::StateDir;
use sidecar::Sidecar;

/// Memory for the engine's pages, in bytes. Its default is 1 GiB; everything that is read again and again
/// lives in the daemon's own view.
const CACHE: u64 = 32 * 1024 * 1024;

/// How far the journal may outgrow its limit before it is trimmed, so that not every commit trims.
const TRIM_SLACK: u64 = 512;

/// Why a state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be made, read or locked.
    #[error("cannot use the state directory {path}", path = path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds the lock.
    #[error(
        "another wxlogind ({holder}) uses the state directory {path}",
        holder = holder.map_or("pid unknown".to_owned(), |pid| format!("pid {pid}")),
        path = path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other process, where it could be read.
        holder: Option<u32>,
    },
    /// The engine cannot open its files.
    #[error("the store in {path} cannot be opened", path = path.display())]
    Engine {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: sled::Error,
    },
    /// A record was changed since it was written.
    #[error("the store in {path} is damaged", path = path.display())]
    Record {
        /// The directory.
        path: PathBuf,
        /// Which record, and how.
        source: RecordError,
    },
    /// Acknowledged events are missing.
    #[error(
        "the store in {path} has lost what was acknowledged: its journal ends at {found}, {durable} was durable",
        path = path.display()
    )]
    Lost {
        /// The directory.
        path: PathBuf,
        /// Where the journal ends.
        found: Seq,
        /// Where it ended when it was last written.
        durable: Seq,
    },
}

impl OpenError {
    /// Whether the store's content is at fault, rather than the place it lies in.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Engine { .. } | Self::Record { .. } | Self::Lost { .. })
    }
}

/// Why a commit is not known to be durable. Nothing of it may be acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// No space is left.
    #[error("the disk under the state directory is full")]
    Full(#[source] io::Error),
    /// The engine or the disk failed otherwise.
    #[error("the state directory cannot be written")]
    Failed(#[source] io::Error),
    /// An earlier commit failed; the store has to be opened again.
    #[error("the store waits to be opened again after a failed write")]
    Poisoned,
}

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
    /// The platform's key, where one was issued.
    pub platform_key: Option<PlatformKey>,
    /// Number of the last event; 0 before the first.
    pub last_seq: Seq,
}

/// An open store. One thread owns it.
#[derive(Debug)]
pub struct Store {
    db: sled::Db,
    tree: sled::Tree,
    log: File,
    sidecar: Sidecar,
    retention: Retention,
    /// First event of the oldest journal page.
    oldest: Option<Seq>,
    poisoned: bool,
}

impl Store {
    /// Opens the store in `dir` and reads everything it holds, checking each record.
    pub fn open(dir: &StateDir, retention: Retention) -> Result<(Self, Contents), OpenError> {
        let in_dir = |source| OpenError::Directory { path: dir.path().to_owned(), source };
        dir.tidy().map_err(in_dir)?;
        let (sidecar, durable) = Sidecar::open(&dir.path().join("durable")).map_err(in_dir)?;
        let (mut db, mut tree) = open_engine(&dir.engine(), dir.path())?;
        let contents = read_all(&tree, dir.path())?;
        if contents.last_seq < durable {
            let (path, found) = (dir.path().to_owned(), contents.last_seq);
            return Err(OpenError::Lost { path, found, durable });
        }
        if rewrite::is_due(&db, &tree) {
            drop((db, tree));
            rewrite::run(dir)?;
            (db, tree) = open_engine(&dir.engine(), dir.path())?;
        }
        let log = File::open(dir.engine().join("db")).map_err(in_dir)?;
        File::open(dir.engine()).and_then(|engine| engine.sync_all()).map_err(in_dir)?;
        dir.sync().map_err(in_dir)?;
        let oldest = journal_ends(&tree).map_err(|source| engine_error(dir.path(), source))?.0;
        Ok((Self { db, tree, log, sidecar, retention, oldest, poisoned: false }, contents))
    }

    /// Writes the batch; durable when this returns.
    pub fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        if self.poisoned {
            return Err(CommitError::Poisoned);
        }
        self.write(batch).inspect_err(|_| self.poisoned = true)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), CommitError> {
        let mut writes = sled::Batch::default();
        for (key, record) in &batch.puts {
            writes.insert(&key[..], &record[..]);
        }
        for key in &batch.removals {
            writes.remove(&key[..]);
        }
        for (key, page) in batch.pages() {
            writes.insert(key, page);
        }
        let last = batch.events.last().map(|(seq, _)| *seq);
        if let Some(last) = last {
            self.trim(last, &mut writes).map_err(write_error)?;
        }
        self.tree.apply_batch(writes).map_err(write_error)?;
        self.db.flush().map_err(write_error)?;
        self.log.sync_data().map_err(classified)?;
        if let Some(last) = last {
            self.sidecar.note(last).map_err(classified)?;
        }
        Ok(())
    }

    /// Adds the removal of journal pages that hold only events beyond the retention.
    fn trim(&mut self, last: Seq, writes: &mut sled::Batch) -> sled::Result<()> {
        let mut oldest = self.oldest.unwrap_or(last);
        if last.0.saturating_sub(oldest.0) >= self.retention.events + TRIM_SLACK {
            while let Some((next, _)) = self.tree.get_gt(key::page(oldest))? {
                // A page ends where the next one begins; the newest page is never removed.
                match key::seq_of_page(&next) {
                    Some(next) if next.0 + self.retention.events <= last.0 => {
                        writes.remove(key::page(oldest));
                        oldest = next;
                    }
                    _ => break,
                }
            }
        }
        self.oldest = Some(oldest);
        Ok(())
    }

    /// Up to `limit` events after `after`, oldest first. Fewer where the journal ends, or begins later.
    pub fn events(&self, after: Seq, limit: usize) -> Result<Vec<Event>, ReadError> {
        let mut events = Vec::new();
        let first = self.tree.get_lt(key::page(after.next().next()))?.map(|(key, _)| key);
        let first = first.filter(|first| key::seq_of_page(first).is_some());
        let from = first.map_or_else(|| key::page(Seq::default()), |first| first.to_vec());
        for entry in self.tree.range(from..key::after_last_page()) {
            let (key, page) = entry?;
            for event in open::<Vec<Event>>(&key, &page)? {
                if events.len() == limit {
                    return Ok(events);
                }
                if event.seq > after {
                    events.push(event);
                }
            }
        }
        Ok(events)
    }

    /// Bytes that the engine uses on disk.
    pub fn size_on_disk(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0)
    }
}

/// Why events cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The engine failed.
    #[error("the journal cannot be read")]
    Engine(#[from] sled::Error),
    /// A page was changed since it was written.
    #[error("the journal is damaged")]
    Record(#[from] RecordError),
}

fn open_engine(path: &Path, dir: &Path) -> Result<(sled::Db, sled::Tree), OpenError> {
    let db = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE)
        // Every commit flushes; the engine's own flusher would only add a thread whose failures nobody sees.
        .flush_every_ms(None)
        .open()
        .map_err(|source| engine_error(dir, source))?;
    let tree = sled::Tree::clone(&db);
    Ok((db, tree))
}

fn engine_error(path: &Path, source: sled::Error) -> OpenError {
    match source {
        sled::Error::Io(source) => OpenError::Directory { path: path.to_owned(), source },
        source => OpenError::Engine { path: path.to_owned(), source },
    }
}

fn read_all(tree: &sled::Tree, dir: &Path) -> Result<Contents, OpenError> {
    let damaged = |source| OpenError::Record { path: dir.to_owned(), source };
    let engine = |source| engine_error(dir, source);
    let mut platform_key = None;
    if let Some(record) = tree.get(key::PLATFORM_KEY).map_err(engine)? {
        platform_key = Some(open(key::PLATFORM_KEY, &record).map_err(damaged)?);
    }
    let last_seq = match journal_ends(tree).map_err(engine)?.1 {
        None => Seq::default(),
        Some((key, page)) => {
            let events: Vec<Event> = open(&key, &page).map_err(damaged)?;
            events.last().map(|event| event.seq).unwrap_or_default()
        }
    };
    Ok(Contents {
        sessions: read_prefix(tree, key::SESSIONS, dir)?,
        accounts: read_prefix(tree, key::ACCOUNTS, dir)?,
        platform_key,
        last_seq,
    })
}

fn read_prefix<T: DeserializeOwned>(
    tree: &sled::Tree,
    prefix: &[u8],
    dir: &Path,
) -> Result<Vec<T>, OpenError> {
    let mut values = Vec::new();
    for entry in tree.scan_prefix(prefix) {
        let (key, record) = entry.map_err(|source| engine_error(dir, source))?;
        let value =
            open(&key, &record).map_err(|source| OpenError::Record { path: dir.to_owned(), source })?;
        values.push(value);
    }
    Ok(values)
}

type Entry = (sled::IVec, sled::IVec);

/// The first event's number of the journal's first page, and its last page.
fn journal_ends(tree: &sled::Tree) -> sled::Result<(Option<Seq>, Option<Entry>)> {
    let mut pages = tree.scan_prefix(key::EVENTS);
    let first = pages.next().transpose()?;
    let last = tree.scan_prefix(key::EVENTS).next_back().transpose()?;
    Ok((first.and_then(|(key, _)| key::seq_of_page(&key)), last))
}

fn write_error(error: sled::Error) -> CommitError {
    match error {
        sled::Error::Io(error) => classified(error),
        error => CommitError::Failed(io::Error::other(error)),
    }
}

fn classified(error: io::Error) -> CommitError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            CommitError::Full(error)
        }
        _ => CommitError::Failed(error),
    }
}
