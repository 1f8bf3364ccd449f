//! The committed tokens, in the order of their names.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use wxlogin_state::{System, Token, TokenId, TokenState};

/// Which tokens a list is to show.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// Only those of this system.
    pub system: Option<System>,
    /// Only those of this appkey or appId.
    pub app: Option<String>,
    /// Only those of this user, where the system says (B).
    pub uid: Option<String>,
    /// Only those in this state.
    pub state: Option<TokenState>,
    /// Only those behind this one.
    pub after: Option<TokenId>,
}

#[derive(Debug, Default)]
pub(super) struct TokenTable {
    tokens: BTreeMap<TokenId, Arc<Token>>,
    counts: BTreeMap<(System, TokenState), usize>,
}

impl TokenTable {
    pub(super) fn put(&mut self, token: Arc<Token>) {
        self.forget(&token.id);
        *self.counts.entry((token.system, token.state)).or_default() += 1;
        self.tokens.insert(token.id.clone(), token);
    }

    pub(super) fn forget(&mut self, id: &TokenId) {
        if let Some(old) = self.tokens.remove(id)
            && let Some(count) = self.counts.get_mut(&(old.system, old.state))
        {
            *count -= 1;
        }
    }

    /// How many there are, by system and state.
    pub(super) fn counts(&self) -> &BTreeMap<(System, TokenState), usize> {
        &self.counts
    }

    pub(super) fn get(&self, id: &TokenId) -> Option<Arc<Token>> {
        self.tokens.get(id).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn all(&self) -> Vec<Arc<Token>> {
        self.tokens.values().cloned().collect()
    }

    pub(super) fn page(&self, filter: &TokenFilter, limit: usize) -> Vec<Arc<Token>> {
        let behind = filter.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let of_user = |token: &Token| filter.uid.is_none() || filter.uid == token.uid;
        self.tokens
            .range::<TokenId, _>((behind, Bound::Unbounded))
            .map(|(_, token)| token)
            .filter(|token| filter.system.is_none_or(|system| system == token.system))
            .filter(|token| filter.app.as_ref().is_none_or(|app| *app == token.app))
            .filter(|token| of_user(token))
            .filter(|token| filter.state.is_none_or(|state| state == token.state))
            .take(limit)
            .cloned()
            .collect()
    }
}
