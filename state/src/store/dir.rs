//! The state directory: who may use it, and what lies in it.
//!
//! ```text
//! <dir>/lock         held for as long as the directory is used; carries the holder's pid
//! <dir>/db/          the engine's own
//! <dir>/durable      the highest durable sequence number, see sidecar.rs
//! <dir>/ballast      space to free when the disk is full, see ballast.rs
//! <dir>/state.key    the keys of the tokens, where no credential gives them, see keyfile.rs
//! <dir>/damaged-<n>/ what was restored over; for a person to look at and delete
//!
//! while a copy takes the place of db/ (to give space back, or restored from an export):
//! <dir>/db.part/     not complete yet
//! <dir>/db.new/      complete and durable
//! <dir>/db.old/      the previous one
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

    /// The engine's log, which has to be synced.
    pub(super) fn log(&self) -> PathBuf {
        self.engine().join("db")
    }

    pub(super) fn sidecar(&self) -> PathBuf {
        self.path.join("durable")
    }

    /// Where a copy is made.
    pub(super) fn part(&self) -> PathBuf {
        self.path.join("db.part")
    }

    /// Where a complete copy waits.
    fn copy(&self) -> PathBuf {
        self.path.join("db.new")
    }

    /// Where the previous one waits while a copy takes its place.
    fn replaced(&self) -> PathBuf {
        self.path.join("db.old")
    }

    /// Ends what a crash interrupted, so that the engine opens what was last whole:
    ///
    /// * a copy that was not complete goes, and so does one whose turn had not come; one that was about to take
    ///   the place of the previous one takes it;
    /// * `snap.*.generating` goes: the engine, killed while opening, leaves it and then takes it for its newest
    ///   snapshot, "corrupted" for good (store.md). A finished `snap.*` is never touched: without it records
    ///   are lost silently;
    /// * a key file that was being written goes; the one in its place is whole.
    pub(super) fn tidy(&self) -> io::Result<()> {
        self.remove_key_part()?;
        remove_if_there(&self.part())?;
        if !self.engine().exists() {
            if self.copy().exists() {
                fs::rename(self.copy(), self.engine())?;
            } else if self.replaced().exists() {
                fs::rename(self.replaced(), self.engine())?;
            }
            self.sync()?;
        }
        remove_if_there(&self.copy())?;
        remove_if_there(&self.replaced())?;
        let Ok(entries) = fs::read_dir(self.engine()) else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "generating") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Removes a copy that was not completed.
    pub(super) fn remove_part(&self) -> io::Result<()> {
        remove_if_there(&self.part())
    }

    /// Gives the copy that was made, and synced, the name that says so.
    pub(super) fn complete_copy(&self) -> io::Result<()> {
        remove_if_there(&self.copy())?;
        fs::rename(self.part(), self.copy())?;
        self.sync()
    }

    /// Puts the complete copy in the place of the current one, if there still is one.
    pub(super) fn swap_in_copy(&self) -> io::Result<()> {
        if self.engine().exists() {
            fs::rename(self.engine(), self.replaced())?;
        }
        fs::rename(self.copy(), self.engine())?;
        self.sync()?;
        remove_if_there(&self.replaced())
    }

    /// Moves the current one, where there is one, to the first `damaged-<n>` that is free, and says which that was.
    pub(super) fn set_damaged_aside(&self) -> io::Result<Option<PathBuf>> {
        if !self.engine().exists() {
            return Ok(None);
        }
        let mut aside = (1..).map(|n: u32| self.path.join(format!("damaged-{n}")));
        let free = aside.find(|path| !path.exists()).ok_or(io::ErrorKind::AlreadyExists)?;
        fs::rename(self.engine(), &free)?;
        self.sync()?;
        Ok(Some(free))
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
    fn a_half_made_snapshot_goes_and_a_finished_one_stays() {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(parent.path()).unwrap();
        put(&dir.engine().join("snap.0001.generating"), "half");
        put(&dir.engine().join("snap.0001"), "whole");
        dir.tidy().unwrap();
        assert!(!dir.engine().join("snap.0001.generating").exists());
        assert!(dir.engine().join("snap.0001").exists());
    }

    /// Every place where a crash can stop a copy from taking over, in order: what lies there, and which of it
    /// is used afterwards.
    #[test]
    fn a_crash_at_any_step_of_a_swap_leaves_one_whole_store() {
        let steps: [(&[&str], &str); 6] = [
            (&["db"], "db"),
            (&["db", "db.part"], "db"),
            (&["db", "db.new"], "db"),
            (&["db.old", "db.new"], "db.new"),
            (&["db.new", "damaged-1"], "db.new"),
            (&["db", "db.old"], "db"),
        ];
        for (there, used) in steps {
            let parent = tempfile::tempdir().unwrap();
            let dir = StateDir::claim(parent.path()).unwrap();
            for name in there {
                put(&dir.path().join(name).join("conf"), name);
            }
            dir.tidy().unwrap();
            assert_eq!(fs::read_to_string(dir.engine().join("conf")).unwrap(), used, "{there:?}");
            let left = [dir.part(), dir.copy(), dir.replaced()];
            assert!(left.iter().all(|path| !path.exists()), "{there:?}");
            assert_eq!(dir.path().join("damaged-1").exists(), there.contains(&"damaged-1"));
        }
    }

    #[test]
    fn what_is_set_aside_never_replaces_what_was_before() {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(parent.path()).unwrap();
        for n in ["1", "2"] {
            put(&dir.engine().join("conf"), n);
            dir.set_damaged_aside().unwrap();
        }
        for n in ["1", "2"] {
            let aside = dir.path().join(format!("damaged-{n}")).join("conf");
            assert_eq!(fs::read_to_string(aside).unwrap(), n);
        }
    }

    fn put(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
