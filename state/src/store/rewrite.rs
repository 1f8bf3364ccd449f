//! Making a whole new copy of the engine's directory: to give disk space back, and to restore an export.
//!
//! The engine never shrinks: after a mass removal it keeps, and loads, what it once held (store.md: 1 M → 10,000
//! records, 1,083 MB for good). So at start, a directory of more than ten times its live bytes is copied into a
//! fresh one, which takes its place by rename.

use std::fs::File;

use super::engine::{Engine, caught};
use super::{OpenError, StateDir};

/// How many times its live bytes a store may take.
const FACTOR: u64 = 10;

/// Below this size, in bytes, there is nothing worth giving back.
const FLOOR: u64 = 64 * 1024 * 1024;

/// Records copied per write.
const CHUNK: usize = 1_000;

/// Whether the store takes more than it should.
pub(super) fn is_due(engine: &Engine) -> sled::Result<bool> {
    let size = engine.size_on_disk();
    Ok(size > FLOOR && is_bloated(size, live_bytes(engine)?))
}

fn is_bloated(size: u64, live: u64) -> bool {
    size / FACTOR > live
}

fn live_bytes(engine: &Engine) -> sled::Result<u64> {
    let size = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
        entry.map(|(key, record)| (key.len() + record.len()) as u64)
    };
    caught(|| engine.tree().iter().map(size).sum())
}

/// Copies everything into a fresh directory, which takes the place of `old`, and opens that. Where no copy can be
/// made, for want of room say, `old` is as good as it was, and comes back with the reason.
pub(super) fn run(dir: &StateDir, old: Engine) -> Result<(Engine, Option<OpenError>), OpenError> {
    if let Err(failure) = make(dir, |new| copy(&old, new)) {
        // What was copied so far only takes room; the next start removes it as well.
        let _ = dir.remove_part();
        return Ok((old, Some(failure)));
    }
    drop(old);
    dir.swap_in_copy().map_err(|source| OpenError::Directory { path: dir.path().to_owned(), source })?;
    let new = Engine::open(&dir.engine()).map_err(|source| OpenError::of_engine(dir.path(), source))?;
    Ok((new, None))
}

/// Makes a copy, durable as a whole, ready to take the place of the current one. It gets the name by which
/// [`StateDir::tidy`] trusts it only once it is complete.
pub(super) fn make(
    dir: &StateDir,
    fill: impl FnOnce(&sled::Tree) -> sled::Result<()>,
) -> Result<(), OpenError> {
    let part = Engine::open(&dir.part());
    part.and_then(|part| caught(|| fill(part.tree()).and_then(|()| part.flush())))
        .map_err(|source| OpenError::of_engine(dir.path(), source))?;
    File::open(dir.part().join("db"))
        .and_then(|log| log.sync_all())
        .and_then(|()| File::open(dir.part())?.sync_all())
        .and_then(|()| dir.complete_copy())
        .map_err(|source| OpenError::Directory { path: dir.path().to_owned(), source })
}

fn copy(old: &Engine, new: &sled::Tree) -> sled::Result<()> {
    let mut chunk = sled::Batch::default();
    for (copied, entry) in old.tree().iter().enumerate() {
        let (key, record) = entry?;
        chunk.insert(key, record);
        if copied % CHUNK == CHUNK - 1 {
            new.apply_batch(std::mem::take(&mut chunk))?;
        }
    }
    new.apply_batch(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{SealCheck, check};
    use crate::secret::Secret;
    use crate::store::{Batch, PlatformKey, Retention, Store};

    #[test]
    fn a_store_is_bloated_beyond_ten_times_its_live_bytes() {
        assert!(is_bloated(110, 10));
        assert!(!is_bloated(100, 10));
    }

    #[test]
    fn a_rewrite_keeps_every_record_and_gives_the_space_back() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        let old = Engine::open(&dir.engine()).unwrap();
        for n in 0..1_000_u32 {
            old.tree().insert(n.to_be_bytes(), vec![7; 8 * 1024]).unwrap();
        }
        for n in 10..1_000_u32 {
            old.tree().remove(n.to_be_bytes()).unwrap();
        }
        old.flush().unwrap();
        let before = old.size_on_disk();
        let (new, failure) = run(&dir, old).unwrap();
        assert!(failure.is_none());
        assert!(new.size_on_disk() * 4 < before, "{} of {before}", new.size_on_disk());
        let kept: Vec<_> = new.tree().iter().map(|entry| entry.unwrap()).collect();
        assert_eq!(kept.len(), 10);
        assert!(kept.iter().all(|(_, record)| record.len() == 8 * 1024));
    }

    #[test]
    fn a_rewrite_without_room_leaves_the_store_open() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        let old = Engine::open(&dir.engine()).unwrap();
        old.tree().insert("s/1", "kept").unwrap();
        // A file in the way stands for a disk without room: no directory can be made there.
        std::fs::write(dir.part(), "in the way").unwrap();
        let (engine, failure) = run(&dir, old).unwrap();
        assert!(failure.is_some());
        assert_eq!(engine.tree().get("s/1").unwrap().unwrap(), "kept");
    }

    #[test]
    fn a_rewrite_that_stops_between_its_steps_loses_nothing() {
        let platform_key = PlatformKey {
            base_url: "http://platform".to_owned(),
            account: "186".to_owned(),
            key: Secret::new("a key"),
        };
        for step in 0..3 {
            let place = tempfile::tempdir().unwrap();
            let dir = StateDir::claim(place.path()).unwrap();
            let (mut store, _) = Store::open(&dir, Retention { events: 1 }).unwrap();
            let mut batch = Batch::default();
            batch.put_platform_key(&platform_key).unwrap();
            store.commit(&batch).unwrap();
            make(&dir, |new| copy(&store.engine, new)).unwrap();
            drop(store);
            let names = [("db", "db.old"), ("db.new", "db")];
            for (from, to) in &names[..step] {
                std::fs::rename(place.path().join(from), place.path().join(to)).unwrap();
            }
            let (_, contents) = Store::open(&dir, Retention { events: 1 }).unwrap();
            assert_eq!(contents.platform_key.as_ref(), Some(&platform_key), "after {step} renames");
        }
    }

    #[test]
    fn a_rewrite_keeps_what_the_tokens_key_is_known_by() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        let (mut store, contents) = Store::open(&dir, Retention { events: 1 }).unwrap();
        let keys = dir.make_key(&contents).unwrap();
        let mut batch = Batch::default();
        batch.put_seal(&SealCheck::new(&keys).unwrap()).unwrap();
        store.commit(&batch).unwrap();
        drop(store);
        drop(run(&dir, Engine::open(&dir.engine()).unwrap()).unwrap());
        let (_, contents) = Store::open(&dir, Retention { events: 1 }).unwrap();
        assert!(contents.seal.is_some());
        assert_eq!(check(contents.seal.as_ref(), dir.read_keys().unwrap().as_ref()), Ok(()));
    }

    #[test]
    fn an_empty_store_can_be_rewritten() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        drop(run(&dir, Engine::open(&dir.engine()).unwrap()).unwrap());
        let (_, contents) = Store::open(&dir, Retention { events: 1 }).unwrap();
        assert!(contents.sessions.is_empty());
    }
}
