//! What is known to be durable, noted outside the engine.
//!
//! The engine repairs a damaged log by cutting it short, and then opens as if nothing were missing. These numbers,
//! written after each commit was made durable, tell: a store that is behind them has lost what was acknowledged.
//! They are never ahead of the store, so they need no sync of their own.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::id::Seq;

/// How far a store has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Commits so far; each store counts on from the one it was restored over.
    pub(super) commits: u64,
    /// Number of the last event.
    pub(super) seq: Seq,
}

impl Progress {
    /// Progress after one more commit, with events up to `last`.
    pub(super) fn after_commit(self, last: Option<Seq>) -> Self {
        Self { commits: self.commits + 1, seq: last.unwrap_or(self.seq) }
    }

    /// Whether something is missing here that was `durable`.
    pub(super) fn is_behind(self, durable: Self) -> bool {
        self.commits < durable.commits || self.seq < durable.seq
    }
}

/// The open file; twenty bytes: the two numbers and their CRC-32, all little-endian.
#[derive(Debug)]
pub(super) struct Sidecar(File);

impl Sidecar {
    /// Opens or makes the file, and reads it; nothing durable where there is none yet or it was torn.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Progress)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = [0; 20];
        let durable = match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => decode(bytes).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Progress::default(),
            Err(error) => return Err(error),
        };
        Ok((Self(file), durable))
    }

    /// Notes that everything up to `durable` is.
    pub(super) fn note(&self, durable: Progress) -> io::Result<()> {
        self.0.write_all_at(&encode(durable), 0)
    }
}

fn encode(durable: Progress) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&durable.commits.to_le_bytes());
    bytes[8..16].copy_from_slice(&durable.seq.0.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..16]);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn decode(bytes: [u8; 20]) -> Option<Progress> {
    let (numbers, crc) = bytes.split_first_chunk::<16>()?;
    let (commits, seq) = numbers.split_first_chunk::<8>()?;
    let seq = Seq(u64::from_le_bytes(seq.try_into().ok()?));
    (crc32fast::hash(numbers).to_le_bytes() == crc)
        .then(|| Progress { commits: u64::from_le_bytes(*commits), seq })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("durable");
        let (sidecar, durable) = Sidecar::open(&path).unwrap();
        assert_eq!(durable, Progress::default());
        let later = Progress { commits: 7, seq: Seq(4_000_000_000_000) };
        sidecar.note(Progress { commits: 6, seq: Seq(5) }).unwrap();
        sidecar.note(later).unwrap();
        assert_eq!(Sidecar::open(&path).unwrap().1, later);
    }

    #[test]
    fn torn_numbers_claim_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("durable");
        for torn in [&[9; 20][..], &[9; 5]] {
            std::fs::write(&path, torn).unwrap();
            assert_eq!(Sidecar::open(&path).unwrap().1, Progress::default());
        }
    }

    #[test]
    fn a_store_is_behind_when_either_number_is() {
        let durable = Progress { commits: 7, seq: Seq(20) };
        assert!(!durable.is_behind(durable));
        assert!(Progress { commits: 6, ..durable }.is_behind(durable));
        assert!(Progress { seq: Seq(19), ..durable }.is_behind(durable));
        assert!(!durable.after_commit(None).is_behind(durable));
    }
}
