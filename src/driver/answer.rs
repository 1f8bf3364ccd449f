//! Who hears what became of a round, once it is committed.

use std::sync::Arc;

use wxlogin_state::{Token, TokenId, WId, WcId};

use super::handle::{Begun, Denied, Reply};
use crate::view::{AccountEntry, SessionEntry, View};

/// An answer that waits for its round's commit. What a refusal rests on may be staged as well, so a refusal
/// waits like everything else.
#[derive(Debug)]
pub(super) enum Answer {
    /// An input to this session.
    Session(Reply<Arc<SessionEntry>>, Result<WId, Denied>),
    /// A login: the first of these has begun it, the others have joined.
    Begun(Vec<Reply<Begun>>, Result<WId, Denied>),
    /// A login that was there already.
    Joined(Reply<Begun>, WId),
    /// A wish about this account.
    Account(Reply<Arc<AccountEntry>>, Result<WcId, Denied>),
    /// A token that is kept.
    Token(Reply<Arc<Token>>, Result<TokenId, Denied>),
    /// Anything else.
    Done(Reply<()>, Result<(), Denied>),
}

impl Answer {
    /// Whether it says that something could be written, though the round may have had nothing to write.
    pub(super) fn vouches_for_a_write(&self) -> bool {
        matches!(self, Self::Done(..))
    }

    /// Tells what is shown now, or why not. Whoever gave up waiting needs no answer: the outcome is in the view.
    pub(super) fn send(self, view: &View, committed: &Result<(), Denied>) {
        let committed = || committed.clone();
        let shown = |w_id: WId| view.session(&w_id).ok_or(Denied::NoSession(w_id));
        match self {
            Self::Session(reply, applied) => {
                let _ = reply.send(committed().and(applied).and_then(shown));
            }
            Self::Begun(waiting, begun) => {
                for (n, reply) in waiting.into_iter().enumerate() {
                    let session = committed().and(begun.clone()).and_then(shown);
                    let _ = reply.send(session.map(|session| Begun { session, fresh: n == 0 }));
                }
            }
            Self::Joined(reply, w_id) => {
                let session = committed().and_then(|()| shown(w_id));
                let _ = reply.send(session.map(|session| Begun { session, fresh: false }));
            }
            Self::Account(reply, tended) => {
                let shown = |wc_id: WcId| view.account(&wc_id).ok_or(Denied::NoAccount(wc_id));
                let _ = reply.send(committed().and(tended).and_then(shown));
            }
            Self::Token(reply, kept) => {
                let shown = |id: TokenId| view.token(&id).ok_or(Denied::NoToken(id));
                let _ = reply.send(committed().and(kept).and_then(shown));
            }
            Self::Done(reply, done) => {
                let _ = reply.send(committed().and(done));
            }
        }
    }
}
