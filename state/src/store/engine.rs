//! The engine, opened the way we want it and kept from taking the process down.
//!
//! sled 0.34.7 panics where it meets damage that it does not expect (a page of the wrong kind, a segment in the
//! wrong state), and when it is dropped while the disk fails. Damage must end in a restored store or in a
//! message, so every call into it that may meet damage goes through [`caught`].

use std::any::Any;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Memory for the engine's pages, in bytes. Its default is 1 GiB; everything that is read again and again
/// lives in the daemon's own view.
const CACHE: u64 = 32 * 1024 * 1024;

/// An open engine and its one tree.
#[derive(Debug)]
pub(super) struct Engine(Option<sled::Db>);

impl Engine {
    /// Opens or makes the engine's directory `path`, which is its owner's alone: the engine gives its files the
    /// mode that the umask leaves, and they hold keys and codes.
    pub(super) fn open(path: &Path) -> sled::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
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
