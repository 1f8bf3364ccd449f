//! The engine, opened the way we want it and kept from taking the process down.
//!
//! sled 0.34.7 panics where it meets damage that it does not expect (a page of the wrong kind, a segment in the
//! wrong state), and when it is dropped while the disk fails. Damage must end in a restored store or in a
//! message, so every call into it that may meet damage goes through [`caught`].

use std::any::Any;
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Memory for the engine's pages, in bytes. Its default is 1 GiB; everything that is read again and again
/// lives in the daemon's own view.
const CACHE: u64 = 32 * 1024 * 1024;

/// How often, and how long each time, an engine that was just dropped is waited for: two seconds in all, where it
/// takes some microseconds.
const LOCK_TRIES: u32 = 400;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// An open engine and its one tree.
#[derive(Debug)]
pub(super) struct Engine(Option<sled::Db>);

impl Engine {
    /// Opens or makes the engine's directory `path`, which is its owner's alone: the engine gives its files the
    /// mode that the umask leaves, and they hold keys and codes.
    pub(super) fn open(path: &Path) -> sled::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        wait_for_its_lock(path)?;
        caught(|| {
            sled::Config::new()
                .path(path)
                .cache_capacity(CACHE)
                // Every commit flushes; the engine's own flusher would only add a thread whose failures nobody
                // sees.
                .flush_every_ms(None)
                .open()
        })
        .map(|db| Self(Some(db)))
    }

    /// The tree that holds everything.
    pub(super) fn tree(&self) -> &sled::Tree {
        self.db()
    }

    /// Hands what was written to the system. Durable only once the log is synced as well.
    pub(super) fn flush(&self) -> sled::Result<()> {
        self.db().flush().map(drop)
    }

    /// Bytes on disk; 0 where the system does not say.
    pub(super) fn size_on_disk(&self) -> u64 {
        self.db().size_on_disk().unwrap_or(0)
    }

    fn db(&self) -> &sled::Db {
        self.0.as_ref().expect("only Drop takes it")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let db = self.0.take();
        // It syncs and panics where that fails. Nothing hangs on that sync: what was acknowledged is durable.
        let _ = caught(|| {
            drop(db);
            Ok(())
        });
    }
}

/// Waits until an engine that this process dropped has let go of its files. A thread of its pool may hold them a
/// moment longer, and opening them then fails. It can only be ours: the state directory's lock keeps others out.
/// What is held for longer is left to the engine to complain about.
#[expect(
    clippy::disallowed_methods,
    reason = "a bounded moment, before anything runs that could be cancelled"
)]
fn wait_for_its_lock(path: &Path) -> io::Result<()> {
    let log = match File::open(path.join("db")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        log => log?,
    };
    for _ in 0..LOCK_TRIES {
        match log.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            // The lock ends here, with its descriptor.
            Ok(()) | Err(TryLockError::Error(_)) => break,
        }
    }
    Ok(())
}

/// Runs `work` on the engine; a panic in there becomes an error. What was being worked on is not to be trusted
/// afterwards: a store is opened again, or restored.
pub(super) fn caught<T>(work: impl FnOnce() -> sled::Result<T>) -> sled::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(sled::Error::ReportableBug(message(&*panic).to_owned())))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("the engine panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_directory_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("db");
        let _engine = Engine::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn an_engine_opens_again_at_once_after_it_was_dropped() {
        let place = tempfile::tempdir().unwrap();
        for n in 0..100_u32 {
            let engine = Engine::open(&place.path().join("db")).unwrap();
            engine.tree().insert(n.to_be_bytes(), vec![0; 10_000]).unwrap();
            engine.flush().unwrap();
        }
    }

    #[test]
    fn an_engine_that_holds_on_is_complained_about() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("db");
        let held = Engine::open(&path).unwrap();
        assert!(matches!(Engine::open(&path), Err(sled::Error::Io(_))));
        drop(held);
    }

    #[test]
    fn a_panic_becomes_an_error_that_says_the_same() {
        for n in [1, 2] {
            let error = caught(|| -> sled::Result<()> {
                assert!(n != 1, "fixed words");
                panic!("page {n} is of the wrong kind")
            })
            .unwrap_err();
            let said = if n == 1 { "fixed words" } else { "page 2 is of the wrong kind" };
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
