//! A new key for the tokens, one durable step after another.
//!
//! ```text
//!   key file   old ──► new, old ───────────────────────────────────────────────────► new
//!   records    old     old ──► tokens, tokens, … ──► the seal check ──► an export    new
//! ```
//!
//! 1. [`Keys::renewed`] with a new key, and [`StateDir::replace_keys`](super::StateDir::replace_keys). From here on
//!    everything is sealed with the new key, and opened with whichever it was sealed with.
//! 2. [`rekey_step`] again and again, each step committed before the next.
//! 3. A fresh export, since an older one can only be restored with the older key.
//! 4. [`Keys::without_older`] into the key file.
//!
//! A crash at any point leaves every record readable with the key file as it then is; whoever finds older keys in it
//! at start goes on with the second step. Where a credential gives the keys, the first and the last step are its
//! owner's.

use std::borrow::Borrow;

use super::Batch;
use crate::record::RecordError;
use crate::seal::{Keys, SealCheck, SealError};
use crate::token::Token;

/// Most tokens of one step: a commit that others do not wait long for.
pub const RESEALED_AT_ONCE: usize = 500;

/// What to commit next for a new key.
#[derive(Debug)]
pub enum RekeyStep {
    /// Some tokens; there may be more.
    Tokens {
        /// The tokens as they are once the batch is committed.
        tokens: Vec<Token>,
        /// What writes them.
        batch: Batch,
    },
    /// The seal check: every token is sealed with the current key.
    Seal {
        /// The seal check as it is once the batch is committed.
        seal: SealCheck,
        /// What writes it.
        batch: Batch,
    },
    /// Nothing: no older key is needed by any record.
    Done,
}

/// Why a step towards a new key cannot be made. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// A token does not open.
    #[error("the token {id} cannot be sealed again")]
    Token {
        /// Which.
        id: crate::id::TokenId,
        /// Why.
        source: SealError,
    },
    /// The seal check cannot be made.
    #[error("the seal check cannot be made")]
    Seal(#[source] SealError),
    /// A record does not fit.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The next step from `tokens` and `seal`, as they are committed, to all of them sealed with the current key.
pub fn rekey_step(
    tokens: impl IntoIterator<Item: Borrow<Token>>,
    seal: Option<&SealCheck>,
    keys: &Keys,
) -> Result<RekeyStep, RekeyError> {
    let mut batch = Batch::default();
    let mut resealed = Vec::new();
    for token in tokens {
        let token = token.borrow();
        let again =
            token.resealed(keys).map_err(|source| RekeyError::Token { id: token.id.clone(), source })?;
        if let Some(again) = again {
            batch.put_token(&again)?;
            resealed.push(again);
        }
        if resealed.len() == RESEALED_AT_ONCE {
            break;
        }
    }
    if !resealed.is_empty() {
        return Ok(RekeyStep::Tokens { tokens: resealed, batch });
    }
    if seal.is_none_or(|seal| seal.key() == keys.current().id()) {
        return Ok(RekeyStep::Done);
    }
    let seal = SealCheck::new(keys).map_err(RekeyError::Seal)?;
    batch.put_seal(&seal)?;
    Ok(RekeyStep::Seal { seal, batch })
}
