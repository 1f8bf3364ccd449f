//! Why the store cannot be opened, written or read. The driver tells from these whether to wait, to restore or
//! to stop.

use std::io;
use std::path::{Path, PathBuf};

use crate::id::Seq;
use crate::record::RecordError;

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
    /// A record was changed since it was written, or is of a later version.
    #[error("the store in {path} cannot be read", path = path.display())]
    Record {
        /// The directory.
        path: PathBuf,
        /// Which record, and how.
        source: RecordError,
    },
    /// Acknowledged commits are missing.
    #[error(
        "the store in {path} has lost {commits} acknowledged commits: its journal ends at {found}, {durable} was \
         durable",
        path = path.display()
    )]
    Lost {
        /// The directory.
        path: PathBuf,
        /// How many commits.
        commits: u64,
        /// Where the journal ends.
        found: Seq,
        /// Where it ended when it was last written.
        durable: Seq,
    },
}

impl OpenError {
    /// Whether the store's content is at fault, rather than the place it lies in.
    pub fn is_damage(&self) -> bool {
        match self {
            // What a later version wrote, a later version reads.
            Self::Record { source: RecordError::Format { .. }, .. }
            | Self::Directory { .. }
            | Self::InUse { .. } => false,
            Self::Engine { .. } | Self::Record { .. } | Self::Lost { .. } => true,
        }
    }

    /// Whether there was no room: nothing is wrong that more of it would not mend.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Directory { source, .. } if is_full(source))
    }

    /// A failure of the engine with the store in `dir`. A call that the system refused is the place's fault;
    /// a file that is too short, or says what cannot be, is the content's.
    pub(super) fn of_engine(dir: &Path, source: sled::Error) -> Self {
        let path = dir.to_owned();
        match source {
            sled::Error::Io(source) if !is_about_content(&source) => Self::Directory { path, source },
            source => Self::Engine { path, source },
        }
    }
}

fn is_about_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
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

/// What a failed call of the engine means for a commit.
pub(super) fn write_error(error: sled::Error) -> CommitError {
    match error {
        sled::Error::Io(error) => classified(error),
        error => CommitError::Failed(io::Error::other(error)),
    }
}

/// What a failed call of the system means for a commit.
pub(super) fn classified(error: io::Error) -> CommitError {
    if is_full(&error) { CommitError::Full(error) } else { CommitError::Failed(error) }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
