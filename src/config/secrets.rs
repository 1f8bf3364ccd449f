//! Secrets from files: a `…_file` key names one, or systemd passes one as a credential.
//!
//! The daemon reads its control token with [`read_secret`] as well, so that one rule holds for all of them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use wxlogin_state::Secret;

use super::fault::{Faults, Given, Place};

/// Largest secret, in bytes. The longest keys around are a few hundred.
const MAX_SECRET_BYTES: u64 = 4096;

/// Permission bits that a secret file must not have: any for others, and writing for its group.
const REFUSED_MODE: u32 = 0o027;

/// Why a file gives no secret. Never says anything of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is missing, or this process may not read it.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// A directory, a pipe, a device.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// Its permissions are too wide.
    #[error("{file} has mode {mode:04o}: others may read it or its group may write it; chmod 0640 it", file = .file.display())]
    Exposed {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Nothing in it but perhaps a line end.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    /// No secret is that long.
    #[error("{} is larger than {MAX_SECRET_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
    /// Not a text, or one with control characters, which no header or form could carry.
    #[error("{} is not one line of UTF-8 text", .0.display())]
    NotText(PathBuf),
}

/// Reads a secret and takes the line end off it that editors leave.
pub fn read_secret(file: &Path) -> Result<Secret, SecretError> {
    let mut bytes = Vec::new();
    open(file)?
        .take(MAX_SECRET_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| SecretError::Unreadable(file.to_owned(), source))?;
    if bytes.len() as u64 > MAX_SECRET_BYTES {
        return Err(SecretError::TooLarge(file.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText(file.to_owned()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(SecretError::Empty(file.to_owned())),
        line if line.contains(char::is_control) => Err(SecretError::NotText(file.to_owned())),
        line => Ok(Secret::new(line)),
    }
}

/// Opens a file that nobody else may touch.
///
/// The permissions are looked at before the file is opened, not atomically with it: the check is for slips of
/// the operator. Whoever can swap files in that directory needs no race to choose the secret.
fn open(file: &Path) -> Result<File, SecretError> {
    let unreadable = |source| SecretError::Unreadable(file.to_owned(), source);
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(SecretError::NotAFile(file.to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & REFUSED_MODE != 0 {
        return Err(SecretError::Exposed { file: file.to_owned(), mode });
    }
    File::open(file).map_err(unreadable)
}

/// A secret's file, and who named it.
#[derive(Debug)]
pub(super) struct SecretFile {
    pub(super) path: PathBuf,
    /// Where the key stands; `None` for a credential.
    place: Option<Place>,
    /// The key in full, or the credential's name, for faults.
    key: String,
}

impl SecretFile {
    /// The file that `key` names, if it does.
    pub(super) fn named(given: Option<&Given<PathBuf>>, key: impl Into<String>) -> Option<Self> {
        given.map(|given| Self { path: given.value.clone(), place: Some(given.place), key: key.into() })
    }

    /// The credential `name`, if systemd passed it.
    pub(super) fn credential(directory: Option<&Path>, name: impl Into<String>) -> Option<Self> {
        let key = name.into();
        let path = directory?.join(&key);
        // One that cannot be looked at is there: reading it will say what is wrong.
        path.try_exists().unwrap_or(true).then_some(Self { path, place: None, key })
    }

    /// What is in it, or a fault.
    pub(super) fn read(&self, faults: &mut Faults) -> Option<Secret> {
        self.or_refuse(read_secret(&self.path), faults)
    }

    /// Its path, for one that is more than a line and is read elsewhere; a fault where it cannot be opened, or
    /// others could.
    pub(super) fn checked(self, faults: &mut Faults) -> Option<PathBuf> {
        self.or_refuse(open(&self.path), faults).map(|_| self.path)
    }

    /// It should not be there.
    pub(super) fn refuse(&self, message: impl Into<String>, faults: &mut Faults) {
        match self.place {
            Some(place) => faults.add(place, &*self.key, message),
            None => faults.outside(&self.key, message),
        }
    }

    fn or_refuse<T>(&self, result: Result<T, SecretError>, faults: &mut Faults) -> Option<T> {
        result.map_err(|error| self.refuse(in_full(&error), faults)).ok()
    }
}

fn in_full(error: &SecretError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8], mode: u32) -> Result<Secret, SecretError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        read_secret(&file)
    }

    #[test]
    fn only_the_line_end_is_taken_off() {
        for (content, expected) in [
            (&b"hunter2"[..], "hunter2"),
            (b"hunter2\n", "hunter2"),
            (b"hunter2\r\n", "hunter2"),
            (b" spaces belong to it \n", " spaces belong to it "),
            ("密码\n".as_bytes(), "密码"),
        ] {
            assert_eq!(read(content, 0o600).unwrap().reveal(), expected);
        }
    }

    #[test]
    fn a_file_that_others_can_touch_is_refused_by_name() {
        for mode in [0o644, 0o604, 0o602, 0o601, 0o620, 0o660, 0o777] {
            let error = read(b"hunter2", mode).unwrap_err();
            assert!(matches!(error, SecretError::Exposed { mode: found, .. } if found == mode), "{error:?}");
            assert!(error.to_string().contains("/secret has mode 0"), "{error}");
        }
    }

    #[test]
    fn a_file_for_its_owner_or_group_is_read() {
        for mode in [0o400, 0o440, 0o600, 0o640] {
            assert!(read(b"hunter2", mode).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn what_can_be_no_secret_is_refused() {
        assert!(matches!(read(b"", 0o600), Err(SecretError::Empty(_))));
        assert!(matches!(read(b"\n\n", 0o600), Err(SecretError::Empty(_))));
        assert!(matches!(read(b"two\nlines", 0o600), Err(SecretError::NotText(_))));
        assert!(matches!(read(b"\xff\xfe", 0o600), Err(SecretError::NotText(_))));
        assert!(matches!(read(&[b'x'; 4097], 0o600), Err(SecretError::TooLarge(_))));
        assert!(read(&[b'x'; 4096], 0o600).is_ok());
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read_secret(dir.path()), Err(SecretError::NotAFile(_))));
        assert!(matches!(read_secret(&dir.path().join("none")), Err(SecretError::Unreadable(..))));
    }
}
