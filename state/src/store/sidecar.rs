//! The highest durable sequence number, outside the engine.
//!
//! The engine repairs a damaged log by cutting it short, and then opens as if nothing were missing. This
//! number, written after each commit was made durable, tells: a store whose journal ends before it has lost
//! what was acknowledged. It is never ahead of the store, so it needs no sync of its own.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::id::Seq;

/// The open file; twelve bytes: the number and its CRC-32, both little-endian.
#[derive(Debug)]
pub(super) struct Sidecar(File);

impl Sidecar {
    /// Opens or makes the file, and reads the number; 0 where there is none yet or it was torn.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Seq)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = [0; 12];
        let seq = match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => decode(bytes).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Seq::default(),
            Err(error) => return Err(error),
        };
        Ok((Self(file), seq))
    }

    /// Notes that everything up to `seq` is durable.
    pub(super) fn note(&self, seq: Seq) -> io::Result<()> {
        self.0.write_all_at(&encode(seq), 0)
    }
}

fn encode(seq: Seq) -> [u8; 12] {
    let number = seq.0.to_le_bytes();
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number);
    bytes[8..].copy_from_slice(&crc32fast::hash(&number).to_le_bytes());
    bytes
}

fn decode(bytes: [u8; 12]) -> Option<Seq> {
    let number: [u8; 8] = bytes[..8].try_into().ok()?;
    (crc32fast::hash(&number).to_le_bytes() == bytes[8..]).then(|| Seq(u64::from_le_bytes(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("durable");
        let (sidecar, seq) = Sidecar::open(&path).unwrap();
        assert_eq!(seq, Seq(0));
        sidecar.note(Seq(7)).unwrap();
        sidecar.note(Seq(4_000_000_000_000)).unwrap();
        assert_eq!(Sidecar::open(&path).unwrap().1, Seq(4_000_000_000_000));
    }

    #[test]
    fn a_torn_number_claims_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("durable");
        std::fs::write(&path, [9; 12]).unwrap();
        assert_eq!(Sidecar::open(&path).unwrap().1, Seq(0));
        std::fs::write(&path, [9; 5]).unwrap();
        assert_eq!(Sidecar::open(&path).unwrap().1, Seq(0));
    }
}
