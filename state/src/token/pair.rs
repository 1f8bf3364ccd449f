//! Pairs: sealed before they meet the machine, opened at use, sealed again under a new key.

use jiff::Timestamp;

use super::{Access, Refresh, Token};
use crate::id::{Generation, TokenId};
use crate::seal::{Keys, SealError};
use crate::secret::Secret;

/// What a system answered, in plain: seen by whoever asked it, and sealed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The access token.
    pub access: Secret,
    /// Its end (unix seconds in the answer).
    pub expires_at: Timestamp,
    /// The refresh token and, where the system says, its end (C).
    pub refresh: Option<(Secret, Option<Timestamp>)>,
}

/// A pair that is sealed for one place: a token and a generation of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub(super) id: TokenId,
    pub(super) generation: Generation,
    pub(super) access: Access,
    pub(super) refresh: Option<Refresh>,
}

#[derive(Clone, Copy)]
enum Which {
    Access,
    Refresh,
}

impl Pair {
    /// Seals a pair as the `generation` of the token `id`: the first for a login, for a refresh the one after that
    /// which was refreshed.
    ///
    /// `keys` are those of the moment in which the pair is committed: with keys from before a rekey it would be
    /// sealed by one that may be gone soon.
    pub fn seal(plain: &Plain, id: &TokenId, generation: Generation, keys: &Keys) -> Result<Self, SealError> {
        let seal = |secret, which| keys.seal(secret, &place(id, which, generation));
        let access = Access { sealed: seal(&plain.access, Which::Access)?, expires_at: plain.expires_at };
        let refresh = match &plain.refresh {
            Some((secret, expires_at)) => {
                let sealed = seal(secret, Which::Refresh)?;
                Some(Refresh { sealed, generation, expires_at: *expires_at, ended: None })
            }
            None => None,
        };
        Ok(Self { id: id.clone(), generation, access, refresh })
    }
}

impl Token {
    /// The access token, in plain.
    pub fn open_access(&self, keys: &Keys) -> Result<Secret, SealError> {
        keys.open(&self.access.sealed, &place(&self.id, Which::Access, self.generation))
    }

    /// The refresh token, in plain, where there is one.
    pub fn open_refresh(&self, keys: &Keys) -> Result<Option<Secret>, SealError> {
        let open = |refresh: &Refresh| {
            keys.open(&refresh.sealed, &place(&self.id, Which::Refresh, refresh.generation))
        };
        self.refresh.as_ref().map(open).transpose()
    }

    /// Whether everything in it is sealed with the current key.
    pub fn is_sealed_with(&self, keys: &Keys) -> bool {
        let current = keys.current().id();
        let refresh = self.refresh.as_ref().is_none_or(|refresh| refresh.sealed.key() == current);
        refresh && self.access.sealed.key() == current
    }

    /// The same, sealed with the current key; `None` where it is already. Its version stays: nothing changes that
    /// anybody sees.
    pub fn resealed(&self, keys: &Keys) -> Result<Option<Self>, SealError> {
        if self.is_sealed_with(keys) {
            return Ok(None);
        }
        let mut token = self.clone();
        let access = place(&self.id, Which::Access, self.generation);
        token.access.sealed = keys.seal(&self.open_access(keys)?, &access)?;
        if let (Some(refresh), Some(plain)) = (&mut token.refresh, self.open_refresh(keys)?) {
            let place = place(&self.id, Which::Refresh, refresh.generation);
            refresh.sealed = keys.seal(&plain, &place)?;
        }
        Ok(Some(token))
    }
}

/// What a text is sealed for, so that none opens in another's place. A name holds no NUL, so no two places read the
/// same.
fn place(id: &TokenId, which: Which, generation: Generation) -> Vec<u8> {
    let which: &[u8] = match which {
        Which::Access => b"access",
        Which::Refresh => b"refresh",
    };
    [b"wxlogind token", id.as_str().as_bytes(), which, &generation.0.to_be_bytes()].join(&0)
}
