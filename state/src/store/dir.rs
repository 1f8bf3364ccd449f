//! The state directory: who may use it, and what lies in it.
//!
//! ```text
//! <dir>/lock       held for as long as the directory is used; carries the holder's pid
//! <dir>/db/        the engine's own
//! <dir>/durable    the highest durable sequence number, see sidecar.rs
//! ```
//!
//! The lock is ours because the engine's own comes late, after it has begun to read; and it comes before
//! anything is cleaned up, because the leftovers of a crash and the work of a living process look the same.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::OpenError;

/// A state directory that this process alone uses.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    /// Held, not read: the lock ends with it.
    _lock: File,
}

impl StateDir {
    /// Makes the directory where it is missing (mode 0700) and takes its lock.
    pub fn claim(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Directory { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Only decoration for the message: a holder that has not written its pid yet is no error here.
                let _ = lock.read_to_string(&mut pid);
                let holder = pid.trim().parse().ok();
                return Err(OpenError::InUse { path: path.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        note_holder(&mut lock).map_err(failed)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the engine keeps its files.
    pub(super) fn engine(&self) -> PathBuf {
        self.path.join("db")
    }

    /// Where a rewritten copy is made.
    pub(super) fn rewrite(&self) -> PathBuf {
        self.path.join("db.new")
    }

    /// Where the previous copy waits while the rewritten one takes its place.
    pub(super) fn replaced(&self) -> PathBuf {
        self.path.join("db.old")
    }

    /// Removes what a crash left behind, so that the engine opens what was last whole:
    ///
    /// * a rewrite that did not finish, and a copy that was replaced;
    /// * `snap.*.generating`: the engine, killed while opening, leaves it and then takes it for its newest
    ///   snapshot, "corrupted" for good (store.md). A finished `snap.*` is never touched: without it records
    ///   are lost silently.
    pub(super) fn tidy(&self) -> io::Result<()> {
        remove_if_there(&self.rewrite())?;
        if self.replaced().exists() {
            if self.engine().exists() {
                remove_if_there(&self.replaced())?;
            } else {
                fs::rename(self.replaced(), self.engine())?;
            }
        }
        let Ok(entries) = fs::read_dir(self.engine()) else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "generating") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Puts the rewritten copy in the place of the current one.
    pub(super) fn swap_in_rewrite(&self) -> io::Result<()> {
        fs::rename(self.engine(), self.replaced())?;
        fs::rename(self.rewrite(), self.engine())?;
        self.sync()?;
        remove_if_there(&self.replaced())
    }

    /// Makes the directory's own entries durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

fn note_holder(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_user_is_told_who_the_first_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let _first = StateDir::claim(dir.path()).unwrap();
        let error = StateDir::claim(dir.path()).unwrap_err();
        let own = std::process::id();
        assert!(matches!(error, OpenError::InUse { holder: Some(pid), .. } if pid == own), "{error}");
    }

    #[test]
    fn the_lock_ends_with_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        drop(StateDir::claim(dir.path()).unwrap());
        StateDir::claim(dir.path()).unwrap();
    }

    #[test]
    fn a_new_directory_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("deep/state");
        let _dir = StateDir::claim(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn leftovers_of_a_crash_go_and_finished_snapshots_stay() {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(parent.path()).unwrap();
        fs::create_dir_all(dir.engine()).unwrap();
        fs::create_dir_all(dir.rewrite()).unwrap();
        fs::write(dir.engine().join("snap.0001.generating"), "half").unwrap();
        fs::write(dir.engine().join("snap.0001"), "whole").unwrap();
        dir.tidy().unwrap();
        assert!(!dir.engine().join("snap.0001.generating").exists());
        assert!(dir.engine().join("snap.0001").exists());
        assert!(!dir.rewrite().exists());
    }

    #[test]
    fn a_crash_between_the_two_renames_of_a_swap_loses_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(parent.path()).unwrap();
        fs::create_dir_all(dir.replaced()).unwrap();
        fs::write(dir.replaced().join("conf"), "kept").unwrap();
        dir.tidy().unwrap();
        assert_eq!(fs::read_to_string(dir.engine().join("conf")).unwrap(), "kept");
    }
}
