//! What `restore` and `check` do to a state directory that no daemon uses.

use std::path::Path;

use wxlogin_state::seal::{Keys, check};
use wxlogin_state::{Contents, KeyFileError, OpenError, StateDir, read_key_file};

use super::failure::Failure;
use crate::logging;

/// What lies in a state directory while there is a store in it, also in the middle of a swap.
pub(super) const STORE: [&str; 3] = ["db", "db.new", "db.old"];

/// Whether there is a store in the directory.
pub(super) fn has_store(dir: &Path) -> bool {
    STORE.iter().any(|name| dir.join(name).exists())
}

/// Takes the directory's lock; `hint` says what to do about a daemon that has it.
pub(super) fn claim(dir: &Path, hint: &str) -> Result<StateDir, Failure> {
    StateDir::claim(dir).map_err(|error| match error {
        in_use @ OpenError::InUse { .. } => Failure::advised(in_use.to_string(), hint),
        error => error.into(),
    })
}

/// The keys in the file that was named, else in the directory's own key file; `None` where there is none.
pub(super) fn keys(dir: &StateDir, named: Option<&Path>) -> Result<Option<Keys>, KeyFileError> {
    match named {
        Some(path) => read_key_file(path).map(Some),
        None => dir.read_keys(),
    }
}

/// Opens every token, and says why not where one does not open. Nothing of them is kept.
pub(super) fn open_all(contents: &Contents, keys: Option<&Keys>) -> Result<(), String> {
    check(contents.seal.as_ref(), keys).map_err(|error| error.to_string())?;
    for token in &contents.tokens {
        let Some(keys) = keys else {
            return Err(format!("the token {} is sealed, and there is no key", token.id));
        };
        let opened = token.open_access(keys).and_then(|_| token.open_refresh(keys));
        opened.map_err(|error| format!("the token {}: {}", token.id, logging::chain(&error)))?;
    }
    Ok(())
}
