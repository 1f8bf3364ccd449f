//! Keys: how they are named, written and read. The text is the content of a key file or of the credential
//! `state.key`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use zeroize::Zeroizing;

use super::{NONCE, SealError};
use crate::hex::hex;
use crate::secret::Secret;

/// Bytes of a key.
const KEY: usize = 32;

/// Bytes of a key's name.
const ID: usize = 8;

/// What a line begins with that holds a key; the number is for a later kind of sealing.
const PREFIX: &str = "wxlogind-key-1:";

/// What a key's name is made over. No text is ever sealed with this nonce: those are random.
const NAMED: &[u8] = b"wxlogind key id";

/// Why a text holds no keys. Never says anything of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not a single line.
    #[error("there is no key in it; a key is one line that begins with \"{PREFIX}\"")]
    Empty,
    /// A line that is something else.
    #[error("line {0} is no key: a key is one line, \"{PREFIX}\" and 32 bytes in base64")]
    Line(usize),
}

/// The name of a key, by which messages and sealed texts refer to it. It follows from the key, and says nothing
/// about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; ID]);

impl KeyId {
    pub(super) fn from_bytes(bytes: [u8; ID]) -> Self {
        Self(bytes)
    }

    pub(super) fn to_bytes(self) -> [u8; ID] {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key: 32 random bytes, gone from memory with the value.
#[derive(Clone)]
pub struct Key {
    id: KeyId,
    bytes: Zeroizing<[u8; KEY]>,
}

impl Key {
    /// A new key.
    pub fn generate() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; KEY]);
        getrandom::fill(&mut *bytes)?;
        Self::new(bytes)
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.bytes
    }

    fn new(bytes: Zeroizing<[u8; KEY]>) -> Result<Self, SealError> {
        let mut key = Self { id: KeyId([0; ID]), bytes };
        // The tag of an empty text under a nonce of its own: a function of the key that does not lead back to it.
        let named = key.cipher().encrypt(&[0; NONCE].into(), Payload { msg: b"", aad: NAMED });
        let tag = named.map_err(|_| SealError::TooLong)?;
        key.id = KeyId(tag.first_chunk().copied().ok_or(SealError::TooLong)?);
        Ok(key)
    }

    fn parse(line: &str) -> Option<Self> {
        let decoded = Zeroizing::new(STANDARD.decode(line.strip_prefix(PREFIX)?).ok()?);
        let bytes = <[u8; KEY]>::try_from(&decoded[..]).ok().map(Zeroizing::new)?;
        Self::new(bytes).ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// The keys at hand: the one that seals, and those that only open what they sealed before it.
///
/// As text, one key per line, the current one first.
#[derive(Debug, Clone)]
pub struct Keys {
    current: Key,
    older: Vec<Key>,
}

impl Keys {
    /// One key alone.
    pub fn only(current: Key) -> Self {
        Self { current, older: Vec::new() }
    }

    /// The key that seals.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// Those that only open, latest first.
    pub fn older(&self) -> &[Key] {
        &self.older
    }

    /// The key of that name.
    pub fn get(&self, id: KeyId) -> Option<&Key> {
        self.all().find(|key| key.id == id)
    }

    /// The same with `next` as the key that seals.
    #[must_use]
    pub fn renewed(self, next: Key) -> Self {
        let older = [self.current].into_iter().chain(self.older).filter(|key| key.id != next.id).collect();
        Self { current: next, older }
    }

    /// The current one alone: once nothing is sealed with an older one any more.
    #[must_use]
    pub fn without_older(&self) -> Self {
        Self::only(self.current.clone())
    }

    /// The text of a key file: one key per line, the current one first.
    pub fn to_text(&self) -> Secret {
        let mut text = Zeroizing::new(String::new());
        for key in self.all() {
            text.push_str(PREFIX);
            STANDARD.encode_string(key.bytes(), &mut text);
            text.push('\n');
        }
        Secret::new(text.as_str())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        [&self.current].into_iter().chain(&self.older)
    }
}

impl FromStr for Keys {
    type Err = InvalidKey;

    /// Reads what [`Keys::to_text`] wrote, or a person pasted: line ends may be missing or `\r\n`.
    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let parsed = |(line, number): (&str, _)| Key::parse(line).ok_or(InvalidKey::Line(number));
        let mut keys = text.lines().zip(1..).map(parsed);
        let current = keys.next().ok_or(InvalidKey::Empty)??;
        Ok(Self { current, older: keys.collect::<Result<_, _>>()? })
    }
}
