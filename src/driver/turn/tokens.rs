//! The part of a turn that is about tokens.

use std::sync::Arc;

use wxlogin_state::public::{self, Event};
use wxlogin_state::seal::SealCheck;
use wxlogin_state::{
    Batch, Generation, Obtained, Pair, Plain, Token, TokenChange, TokenId, TokenInput, TokenMove,
    TokenUnmoved,
};

use super::{Turn, journal, too_large};
use crate::driver::handle::Denied;
use crate::driver::tokens::NewToken;
use crate::driver::vault::Vault;

impl Turn<'_> {
    /// A token, as staged or committed.
    pub(in crate::driver) fn token(&self, id: &TokenId) -> Option<Arc<Token>> {
        match self.tokens.get(id) {
            Some(staged) => staged.clone(),
            None => self.view.token(id),
        }
    }

    /// Takes in a token that a login has brought, under the name `id`.
    pub(in crate::driver) fn keep_token(
        &mut self,
        id: TokenId,
        new: NewToken,
        vault: &Vault,
    ) -> Result<TokenId, Denied> {
        let NewToken { system, app, uid, plain } = new;
        let pair = sealed(&plain, &id, Generation(1), vault)?;
        if vault.seal.is_none() && self.seal.is_none() {
            let seal = SealCheck::new(&vault.keys).map_err(|fault| Denied::Sealed(Arc::new(fault)))?;
            self.batch.put_seal(&seal).map_err(too_large)?;
            self.seal = Some(seal);
        }
        self.stage_token(Token::obtained(
            Obtained { system, app, uid, pair },
            self.now,
            &self.figures.token_rules,
        ))?;
        Ok(id)
    }

    /// Takes in the pair after `generation` that a refresh has brought.
    pub(in crate::driver) fn refreshed_token(
        &mut self,
        id: &TokenId,
        generation: Generation,
        plain: &Plain,
        vault: &Vault,
    ) -> Result<Result<(), TokenUnmoved>, Denied> {
        let pair = sealed(plain, id, generation.next(), vault)?;
        self.take_token(id, TokenInput::Refreshed { generation, pair })
    }

    /// What happens to a token; what changes nothing says why.
    pub(in crate::driver) fn take_token(
        &mut self,
        id: &TokenId,
        input: TokenInput,
    ) -> Result<Result<(), TokenUnmoved>, Denied> {
        let token = self.token(id).ok_or_else(|| Denied::NoToken(id.clone()))?;
        match token.take(input, self.now, &self.figures.token_rules) {
            Ok(TokenMove::Changed(change)) => self.stage_token(change).map(Ok),
            Ok(TokenMove::Removed) => {
                self.forget_token(id);
                Ok(Ok(()))
            }
            Err(unmoved) => Ok(Err(unmoved)),
        }
    }

    /// Forgets a token.
    pub(in crate::driver) fn forget_token(&mut self, id: &TokenId) {
        self.batch.forget_token(id);
        self.tokens.insert(id.clone(), None);
    }

    fn stage_token(&mut self, change: TokenChange) -> Result<(), Denied> {
        let TokenChange { token, said } = change;
        let (mut batch, mut events) = (Batch::default(), Vec::new());
        batch.put_token(&token).map_err(too_large)?;
        let mut seq = self.last_seq;
        for notice in &said {
            seq = seq.next();
            let public = public::Token::of(&token, &self.figures.token_rules);
            events.push(journal(&mut batch, Event::of_token(seq, self.now, notice, public))?);
        }
        self.batch.append(batch);
        self.events.extend(events);
        self.last_seq = seq;
        self.token_notices.extend(said.into_iter().map(|notice| (token.id.clone(), notice)));
        self.tokens.insert(token.id.clone(), Some(Arc::new(token)));
        Ok(())
    }
}

/// Sealed with the keys of this moment, which is that of the commit.
fn sealed(plain: &Plain, id: &TokenId, generation: Generation, vault: &Vault) -> Result<Pair, Denied> {
    Pair::seal(plain, id, generation, &vault.keys).map_err(|fault| Denied::Sealed(Arc::new(fault)))
}
