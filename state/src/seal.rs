//! Tokens at rest: sealed with XChaCha20-Poly1305, under a key that is kept apart from the store.
//!
//! ```text
//!   state.key                              record
//!   ┌───────────────────────┐              ┌────────┬──────────┬────────────────────┐
//!   │ wxlogind-key-1:…  new │── seals ────►│ key id │ nonce    │ ciphertext and tag │ as base64
//!   │ wxlogind-key-1:…  old │── opens      │ 8 byte │ 24 bytes │                    │
//!   └───────────────────────┘              └────────┴──────────┴────────────────────┘
//! ```
//!
//! A [`Sealed`] may lie in records, exports and views: without the key it says nothing. Each is bound to its place
//! (the `aad`), so that one put in the place of another does not open. The nonce is random, which 24 bytes make
//! safe for any number of sealings; nonces and new keys are the only randomness that this crate reads, and they
//! decide nothing.
//!
//! The store keeps a [`SealCheck`], so that a wrong or missing key is known at start, by [`check()`], and not by the
//! first token that does not open.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::secret::Secret;

mod check;
mod key;

pub use check::{KeyError, SealCheck, check};
pub use key::{InvalidKey, Key, KeyId, Keys};

/// Bytes of a nonce (`draft-irtf-cfrg-xchacha`, section 2.3).
const NONCE: usize = 24;

/// Bytes of the tag behind the ciphertext (RFC 8439, section 2.8).
const TAG: usize = 16;

/// Why a text cannot be sealed, or what was sealed not opened. Never says anything of the text or the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes to seal with")]
    NoRandomness(#[from] getrandom::Error),
    /// Only sizes that no memory holds.
    #[error("the text is too long to be sealed")]
    TooLong,
    /// None of the keys at hand sealed it.
    #[error("it is sealed with the key {0}, which is not among the keys at hand; give that key back")]
    UnknownKey(KeyId),
    /// The key is the right one, but the bytes or their place are not: changed, or put where another belongs.
    #[error("what the key {0} sealed was changed, or put in another's place")]
    Changed(KeyId),
}

/// A text that only its key opens, in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    key: KeyId,
    nonce: [u8; NONCE],
    /// With the tag.
    ciphertext: Box<[u8]>,
}

impl Sealed {
    /// The key that it was sealed with.
    pub fn key(&self) -> KeyId {
        self.key
    }
}

impl Keys {
    /// Seals `plain` with the current key for the place that `aad` names.
    pub fn seal(&self, plain: &Secret, aad: &[u8]) -> Result<Sealed, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)?;
        let payload = Payload { msg: plain.reveal().as_bytes(), aad };
        let ciphertext = self.current().cipher().encrypt(&nonce.into(), payload);
        let ciphertext = ciphertext.map_err(|_| SealError::TooLong)?.into_boxed_slice();
        Ok(Sealed { key: self.current().id(), nonce, ciphertext })
    }

    /// Opens what one of the keys sealed for the place that `aad` names.
    pub fn open(&self, sealed: &Sealed, aad: &[u8]) -> Result<Secret, SealError> {
        let key = self.get(sealed.key).ok_or(SealError::UnknownKey(sealed.key))?;
        let changed = SealError::Changed(sealed.key);
        let payload = Payload { msg: &sealed.ciphertext, aad };
        let plain = key.cipher().decrypt(&sealed.nonce.into(), payload).map_err(|_| changed)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| changed)
    }
}

impl Key {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.bytes().into())
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = [&self.key.to_bytes()[..], &self.nonce, &self.ciphertext].concat();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let parted = STANDARD.decode(text.as_bytes()).ok().and_then(|bytes| {
            let (key, rest) = bytes.split_first_chunk()?;
            let (nonce, ciphertext) = rest.split_first_chunk()?;
            let whole = ciphertext.len() >= TAG;
            whole.then(|| Self { key: KeyId::from_bytes(*key), nonce: *nonce, ciphertext: ciphertext.into() })
        });
        parted.ok_or_else(|| {
            serde::de::Error::custom("a sealed text is key id, nonce and ciphertext in base64")
        })
    }
}

#[cfg(test)]
mod tests;
