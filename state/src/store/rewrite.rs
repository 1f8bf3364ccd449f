//! Giving disk space back.
//!
//! The engine never shrinks: after a mass removal it keeps, and loads, what it once held (store.md: 1 M → 10,000
//! records, 1,083 MB for good). So at start, a directory of more than ten times its live bytes is copied into a
//! fresh one, which takes its place by rename.

use std::fs::File;

use super::{OpenError, StateDir, engine_error, open_engine};

/// How many times its live bytes a store may take.
const FACTOR: u64 = 10;

/// Below this size, in bytes, there is nothing worth giving back.
const FLOOR: u64 = 64 * 1024 * 1024;

/// Records copied per write.
const CHUNK: usize = 1_000;

/// Whether the store takes more than it should.
pub(super) fn is_due(db: &sled::Db, tree: &sled::Tree) -> bool {
    let size = db.size_on_disk().unwrap_or(0);
    size > FLOOR && size / FACTOR > live_bytes(tree)
}

fn live_bytes(tree: &sled::Tree) -> u64 {
    tree.iter().flatten().map(|(key, record)| (key.len() + record.len()) as u64).sum()
}

/// Copies everything into a fresh directory and swaps it in. A crash at any point leaves one whole copy, which
/// `StateDir::tidy` finds.
pub(super) fn run(dir: &StateDir) -> Result<(), OpenError> {
    let engine = |source| engine_error(dir.path(), source);
    let (_old_db, old) = open_engine(&dir.engine(), dir.path())?;
    let (new_db, new) = open_engine(&dir.rewrite(), dir.path())?;
    let mut chunk = sled::Batch::default();
    for (copied, entry) in old.iter().enumerate() {
        let (key, record) = entry.map_err(engine)?;
        chunk.insert(key, record);
        if copied % CHUNK == CHUNK - 1 {
            new.apply_batch(std::mem::take(&mut chunk)).map_err(engine)?;
        }
    }
    new.apply_batch(chunk).map_err(engine)?;
    new_db.flush().map_err(engine)?;
    File::open(dir.rewrite().join("db"))
        .and_then(|log| log.sync_all())
        .and_then(|()| File::open(dir.rewrite())?.sync_all())
        .and_then(|()| dir.swap_in_rewrite())
        .map_err(|source| OpenError::Directory { path: dir.path().to_owned(), source })
}
