//! The key file: the keys of the tokens, beside the store, where no credential gives them.
//!
//! It is made once, before the first token is sealed, and never over a store that holds sealed ones: a new key would
//! not open them. Every write takes the place of the file in one step, so that a crash leaves the previous keys or
//! these.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Contents, StateDir};
use crate::seal::{InvalidKey, Key, Keys, SealError};

/// Largest key file, in bytes: some sixty keys, where two are many.
const MAX_KEY_FILE: usize = 4096;

/// Permission bits that it must not have: any for others, and writing for its group. The same as of the daemon's
/// other secrets.
const REFUSED_MODE: u32 = 0o027;

/// Why there are no keys from the key file. Never says anything of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read, or not be written.
    #[error("cannot read or write the key file {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A directory, a pipe, a device.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// Its permissions are too wide.
    #[error("{file} has mode {mode:04o}: others may read it or its group may write it; chmod 0600 it", file = .file.display())]
    Exposed {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What is in it is no key.
    #[error("{} holds no keys", .0.display())]
    Invalid(PathBuf, #[source] InvalidKey),
    /// It is too large to be one, or not a text.
    #[error("{} is not a key file: that is a few lines of text", .0.display())]
    NotText(PathBuf),
    /// A new key was wanted, where an old one is needed.
    #[error(
        "no key is made at {}: the store holds tokens that another key has sealed; give that key back, or restore a \
         backup together with its key",
        .0.display()
    )]
    Needed(PathBuf),
    /// A new key was wanted, where there is one.
    #[error("no key is made at {}: there is a file already", .0.display())]
    Exists(PathBuf),
    /// No new key can be made.
    #[error("a key cannot be made")]
    NoKey(#[from] SealError),
}

/// The keys in a file that is given to the daemon, such as systemd's credential `state.key`.
pub fn read_key_file(path: &Path) -> Result<Keys, KeyFileError> {
    let metadata = fs::metadata(path).map_err(|error| KeyFileError::File(path.to_owned(), error))?;
    read(path, &metadata)
}

impl StateDir {
    /// Where the key file is: `state.key` in the state directory.
    pub fn key_file(&self) -> PathBuf {
        self.path().join("state.key")
    }

    /// The keys in the key file; `None` where there is none.
    pub fn read_keys(&self) -> Result<Option<Keys>, KeyFileError> {
        let path = self.key_file();
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyFileError::File(path, error)),
            Ok(metadata) => read(&path, &metadata).map(Some),
        }
    }

    /// Makes the key file with a new key (mode 0600), durably, for a store that holds `contents`. Refused where
    /// something is sealed in there, and where there is a file.
    pub fn make_key(&self, contents: &Contents) -> Result<Keys, KeyFileError> {
        let path = self.key_file();
        if contents.seal.is_some() || !contents.tokens.is_empty() {
            return Err(KeyFileError::Needed(path));
        }
        if fs::symlink_metadata(&path).is_ok() {
            return Err(KeyFileError::Exists(path));
        }
        let keys = Keys::only(Key::generate()?);
        self.replace_keys(&keys)?;
        Ok(keys)
    }

    /// Puts these keys in the place of those in the key file, durably and in one step.
    pub fn replace_keys(&self, keys: &Keys) -> Result<(), KeyFileError> {
        let (path, part) = (self.key_file(), self.key_part());
        let write = || {
            self.remove_key_part()?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
            file.write_all(keys.to_text().reveal().as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            self.sync()
        };
        write().map_err(|source| {
            // Half a key file is of no use to anybody; the error tells enough.
            let _ = self.remove_key_part();
            KeyFileError::File(self.key_file(), source)
        })
    }

    /// Removes what a crash left of a key file that was being written.
    pub(super) fn remove_key_part(&self) -> io::Result<()> {
        match fs::remove_file(self.key_part()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn key_part(&self) -> PathBuf {
        self.path().join("state.key.part")
    }
}

fn read(path: &Path, metadata: &fs::Metadata) -> Result<Keys, KeyFileError> {
    let file = || path.to_owned();
    if !metadata.is_file() {
        return Err(KeyFileError::NotAFile(file()));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & REFUSED_MODE != 0 {
        return Err(KeyFileError::Exposed { file: file(), mode });
    }
    // All of it at once, so that no copy is left behind where the text grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_FILE + 1));
    File::open(path)
        .and_then(|opened| opened.take(MAX_KEY_FILE as u64 + 1).read_to_end(&mut bytes))
        .map_err(|source| KeyFileError::File(file(), source))?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= MAX_KEY_FILE);
    let text = text.ok_or_else(|| KeyFileError::NotText(file()))?;
    text.parse().map_err(|source| KeyFileError::Invalid(file(), source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::SealCheck;

    fn claimed() -> (tempfile::TempDir, StateDir) {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        (place, dir)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_comes_back() {
        let (_place, dir) = claimed();
        assert!(dir.read_keys().unwrap().is_none());
        let made = dir.make_key(&Contents::default()).unwrap();
        assert_eq!(mode(&dir.key_file()), 0o600);
        assert!(!dir.key_part().exists());
        assert_eq!(dir.read_keys().unwrap().unwrap().current().id(), made.current().id());
        let again = dir.make_key(&Contents::default());
        assert!(matches!(again, Err(KeyFileError::Exists(_))), "{again:?}");
    }

    #[test]
    fn no_key_is_made_where_another_is_needed() {
        let (_place, dir) = claimed();
        let seal = Some(SealCheck::new(&Keys::only(Key::generate().unwrap())).unwrap());
        let error = dir.make_key(&Contents { seal, ..Contents::default() }).unwrap_err();
        assert!(matches!(error, KeyFileError::Needed(_)));
        assert!(error.to_string().contains("give that key back"), "{error}");
        assert!(!dir.key_file().exists());
    }

    #[test]
    fn a_file_that_others_can_touch_is_refused_by_name() {
        let (_place, dir) = claimed();
        dir.make_key(&Contents::default()).unwrap();
        for exposed in [0o644, 0o604, 0o602, 0o620, 0o660] {
            fs::set_permissions(dir.key_file(), fs::Permissions::from_mode(exposed)).unwrap();
            let error = dir.read_keys().unwrap_err();
            assert!(matches!(error, KeyFileError::Exposed { mode, .. } if mode == exposed), "{error:?}");
            assert!(error.to_string().contains("state.key has mode 0"), "{error}");
        }
        fs::set_permissions(dir.key_file(), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(dir.read_keys().is_ok());
    }

    #[test]
    fn what_is_no_key_file_is_refused_and_never_replaced() {
        let (_place, dir) = claimed();
        let put = |bytes: &[u8]| {
            fs::write(dir.key_file(), bytes).unwrap();
            fs::set_permissions(dir.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
        };
        put(b"");
        assert!(matches!(dir.read_keys(), Err(KeyFileError::Invalid(_, InvalidKey::Empty))));
        put(b"hunter2\n");
        assert!(matches!(dir.read_keys(), Err(KeyFileError::Invalid(_, InvalidKey::Line(1)))));
        put(&[b'\n'; 4097]);
        assert!(matches!(dir.read_keys(), Err(KeyFileError::NotText(_))));
        put(b"\xff");
        assert!(matches!(dir.read_keys(), Err(KeyFileError::NotText(_))));
        assert!(matches!(dir.make_key(&Contents::default()), Err(KeyFileError::Exists(_))));
        fs::remove_file(dir.key_file()).unwrap();
        fs::create_dir(dir.key_file()).unwrap();
        assert!(matches!(dir.read_keys(), Err(KeyFileError::NotAFile(_))));
    }

    #[test]
    fn a_crash_while_it_is_written_leaves_the_previous_keys_and_nothing_else() {
        let (_place, dir) = claimed();
        let before = dir.make_key(&Contents::default()).unwrap();
        fs::write(dir.key_part(), "half a ke").unwrap();
        dir.tidy().unwrap();
        assert!(!dir.key_part().exists());
        assert_eq!(dir.read_keys().unwrap().unwrap().current().id(), before.current().id());
        fs::write(dir.key_part(), "half a ke").unwrap();
        let next = before.renewed(Key::generate().unwrap());
        dir.replace_keys(&next).unwrap();
        assert_eq!(dir.read_keys().unwrap().unwrap().current().id(), next.current().id());
    }
}
