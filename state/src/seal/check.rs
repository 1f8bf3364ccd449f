//! The check, at start, that the keys at hand are those which the store was sealed with.

use serde::{Deserialize, Serialize};

use super::{KeyId, Keys, SealError, Sealed};
use crate::secret::Secret;

/// What is sealed, and its place.
const CONSTANT: &str = "wxlogind seal check";

/// Something known, sealed: it opens with the store's key alone. One of it lies beside the tokens (`m/seal`), from
/// the first one on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealCheck(Sealed);

impl SealCheck {
    /// Sealed with the current key.
    pub fn new(keys: &Keys) -> Result<Self, SealError> {
        keys.seal(&Secret::new(CONSTANT), CONSTANT.as_bytes()).map(Self)
    }

    /// The key that it was sealed with.
    pub fn key(&self) -> KeyId {
        self.0.key()
    }
}

/// Why the tokens of a store cannot be opened. The daemon does not start then: to go on without them would lose
/// them silently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key at all.
    #[error(
        "the tokens in the store are sealed with the key {expected}, and there is no key: give it back, as the \
         credential state.key or as the file state.key in the state directory (mode 0600); or restore a backup \
         together with its key"
    )]
    NoKey {
        /// The key that is needed.
        expected: KeyId,
    },
    /// Other keys.
    #[error(
        "the tokens in the store are sealed with the key {expected}, and what is given is {given}: give that key \
         back, as the credential state.key or, where there is no credential, as the file state.key in the state \
         directory (mode 0600); or restore a backup together with its key",
        given = listed(given)
    )]
    WrongKey {
        /// The key that is needed.
        expected: KeyId,
        /// Those that are at hand, the current one first.
        given: Vec<KeyId>,
    },
    /// The key is the right one, and what it sealed is not what it was.
    #[error(
        "the store's seal check was changed since the key {0} sealed it; restore a backup together with its key"
    )]
    Changed(KeyId),
}

/// Whether `keys` open what is in a store with this seal check; in a store without one nothing is sealed.
pub fn check(seal: Option<&SealCheck>, keys: Option<&Keys>) -> Result<(), KeyError> {
    let Some(SealCheck(sealed)) = seal else { return Ok(()) };
    let expected = sealed.key();
    let keys = keys.ok_or(KeyError::NoKey { expected })?;
    match keys.open(sealed, CONSTANT.as_bytes()) {
        Ok(opened) if opened.reveal() == CONSTANT => Ok(()),
        Err(SealError::UnknownKey(_)) => {
            Err(KeyError::WrongKey { expected, given: keys.all().map(super::Key::id).collect() })
        }
        Ok(_) | Err(_) => Err(KeyError::Changed(expected)),
    }
}

/// The names in a sentence.
fn listed(ids: &[KeyId]) -> String {
    ids.iter().map(KeyId::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn keys() -> Keys {
        Keys::only(Key::generate().unwrap())
    }

    #[test]
    fn a_store_in_which_nothing_is_sealed_needs_no_key() {
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(None, Some(&keys())), Ok(()));
    }

    #[test]
    fn the_right_key_passes_the_check_also_as_an_older_one() {
        let keys = keys();
        let seal = SealCheck::new(&keys).unwrap();
        assert_eq!(check(Some(&seal), Some(&keys)), Ok(()));
        assert_eq!(check(Some(&seal), Some(&keys.renewed(Key::generate().unwrap()))), Ok(()));
    }

    #[test]
    fn a_missing_or_a_wrong_key_is_refused_with_the_way_out() {
        let (right, wrong) = (keys(), keys());
        let seal = SealCheck::new(&right).unwrap();
        let (expected, given) = (right.current().id(), wrong.current().id());
        let missing = check(Some(&seal), None).unwrap_err();
        assert_eq!(missing, KeyError::NoKey { expected });
        let other = check(Some(&seal), Some(&wrong)).unwrap_err();
        assert_eq!(other, KeyError::WrongKey { expected, given: vec![given] });
        for error in [missing.to_string(), other.to_string()] {
            assert!(error.contains(&expected.to_string()), "{error}");
            assert!(error.contains("state.key") && error.contains("restore a backup"), "{error}");
        }
        assert!(other.to_string().contains(&given.to_string()), "{other}");
    }

    #[test]
    fn a_changed_check_is_told_apart_from_a_wrong_key() {
        let keys = keys();
        let seal = SealCheck(keys.seal(&Secret::new("something else"), CONSTANT.as_bytes()).unwrap());
        assert_eq!(check(Some(&seal), Some(&keys)), Err(KeyError::Changed(keys.current().id())));
        let seal = SealCheck(keys.seal(&Secret::new(CONSTANT), b"elsewhere").unwrap());
        assert_eq!(check(Some(&seal), Some(&keys)), Err(KeyError::Changed(keys.current().id())));
    }
}
