//! The control token: what TCP callers present.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;
use wxlogin_state::Secret;

use crate::config::{SecretError, read_secret};
use crate::random::random_hex;

/// Random bytes in a token: 256 bits.
const BYTES: usize = 32;

/// Shortest token accepted from a file that somebody else made, in characters.
const SHORTEST: usize = 16;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file is no place for a secret.
    #[error("the control token cannot be used")]
    File(#[from] SecretError),
    /// There is no file, and none can be made.
    #[error("the control token {path} cannot be made", path = path.display())]
    Make {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Too short to be a secret.
    #[error("the control token in {path} has fewer than {SHORTEST} characters; remove the file to have one made", path = path.display())]
    Short {
        /// Which file.
        path: PathBuf,
    },
}

/// The token.
#[derive(Debug, Clone)]
pub struct Token(Secret);

impl Token {
    /// Reads the token, and makes it where there is none (mode 0640).
    pub fn load_or_make(path: &Path) -> Result<Self, TokenError> {
        if !path.exists() {
            make(path).map_err(|source| TokenError::Make { path: path.to_owned(), source })?;
        }
        let token = read_secret(path)?;
        if token.reveal().len() < SHORTEST {
            return Err(TokenError::Short { path: path.to_owned() });
        }
        Ok(Self(token))
    }

    /// Whether `presented` is the token; takes as long for a near miss as for a far one.
    pub fn is(&self, presented: &str) -> bool {
        self.0.reveal().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

/// Writes a new token next to its place and moves it there, so that a crash leaves no torn one.
fn make(path: &Path) -> io::Result<()> {
    let secret = random_hex::<BYTES>().map_err(io::Error::other)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    // A draft that a crash left is replaced; whatever else lies under that name, a link say, is not followed.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&draft)?;
    // Whatever the umask took away: the group may read it, so that operators can.
    file.set_permissions(fs::Permissions::from_mode(0o640))?;
    writeln!(file, "{}", secret.reveal())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_a_token_and_the_second_one_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.token");
        Token::load_or_make(&path).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        let again = Token::load_or_make(&path).unwrap();
        assert!(again.is(written.trim()));
        assert_eq!(written.trim().len(), 2 * BYTES);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o137, 0);
    }

    #[test]
    fn a_draft_that_is_a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.token");
        let victim = dir.path().join("victim");
        fs::write(&victim, "kept").unwrap();
        std::os::unix::fs::symlink(&victim, dir.path().join("control.token.new")).unwrap();
        Token::load_or_make(&path).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
    }

    #[test]
    fn nothing_but_the_token_is_the_token() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.token");
        let token = Token::load_or_make(&path).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        for wrong in ["", "x", &written.trim()[1..], &format!("{}x", written.trim())] {
            assert!(!token.is(wrong));
        }
    }

    #[test]
    fn a_token_that_everybody_can_read_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.token");
        fs::write(&path, "0123456789abcdef0123").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = anyhow::Error::from(Token::load_or_make(&path).unwrap_err());
        assert!(format!("{error:#}").contains("control.token"), "{error:#}");
    }

    #[test]
    fn a_token_worth_nothing_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.token");
        fs::write(&path, "hunter2\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Token::load_or_make(&path), Err(TokenError::Short { .. })));
    }
}
