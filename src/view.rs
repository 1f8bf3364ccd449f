//! The committed values, for everybody who reads.
//!
//! The driver publishes what has become durable, once per commit; readers share a lock for as long as it takes
//! to clone a few pointers. JSON is rendered at the first read of a version and shared by all later ones.
//! Sessions are kept in the order of their creation, with an index for each way of asking, so that a page
//! costs the same however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use wxlogin_state::{
    Account, Label, Link, LinkId, Seq, Session, Standing, State, StateName, Token, TokenId, WId, WcId, public,
};

mod accounts;
mod counts;
mod find;
mod links;
mod tokens;
mod waiting;

use accounts::AccountTable;
pub use counts::Counts;
pub use find::{AccountFilter, Like, SessionFilter};
pub use links::Links;
pub use tokens::TokenFilter;
use tokens::TokenTable;
use waiting::Waiting;

/// A committed value and its public JSON.
#[derive(Debug)]
pub struct Entry<T> {
    value: T,
    json: OnceLock<Bytes>,
}

/// A session as committed.
pub type SessionEntry = Entry<Session>;

/// An account as committed.
pub type AccountEntry = Entry<Account>;

impl<T> Entry<T> {
    /// An entry whose JSON is rendered when it is first asked for.
    pub fn new(value: T) -> Arc<Self> {
        Arc::new(Self { value, json: OnceLock::new() })
    }

    fn rendered<P: Serialize>(&self, public: impl FnOnce(&T) -> P) -> Bytes {
        let render = || {
            // A public form has string keys and no floats; there is nothing in it that could fail to be JSON.
            serde_json::to_vec(&public(&self.value)).map(Bytes::from).unwrap_or_default()
        };
        self.json.get_or_init(render).clone()
    }
}

impl<T> std::ops::Deref for Entry<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl SessionEntry {
    /// The session's public JSON.
    pub fn json(&self) -> Bytes {
        self.rendered(|session| public::Session::from(session))
    }
}

impl AccountEntry {
    /// The account's public JSON.
    pub fn json(&self) -> Bytes {
        self.rendered(|account| public::Account::from(account))
    }
}

/// What one commit made of the world.
#[derive(Debug, Default)]
pub struct Changes {
    /// Sessions that are new or changed.
    pub sessions: Vec<Arc<SessionEntry>>,
    /// Accounts that are new or changed.
    pub accounts: Vec<Arc<AccountEntry>>,
    /// Sessions that are known no more.
    pub forgotten: Vec<WId>,
    /// Accounts that are known no more.
    pub forgotten_accounts: Vec<WcId>,
    /// Tokens that are new or changed.
    pub tokens: Vec<Arc<Token>>,
    /// Tokens that are known no more.
    pub forgotten_tokens: Vec<TokenId>,
    /// One-time links that were made.
    pub links: Vec<Link>,
    /// One-time links that are over.
    pub forgotten_links: Vec<LinkId>,
}

/// All that is committed.
#[derive(Debug)]
pub struct Everything {
    /// The sessions, in the order of their creation.
    pub sessions: Vec<Arc<SessionEntry>>,
    /// The accounts, in the order of their wcId.
    pub accounts: Vec<Arc<AccountEntry>>,
    /// The tokens, in the order of their names.
    pub tokens: Vec<Arc<Token>>,
}

/// The committed values.
#[derive(Debug, Default)]
pub struct View {
    tables: RwLock<Tables>,
    waiting: Waiting,
    /// The one-time links.
    pub links: Links,
}

#[derive(Debug, Default)]
struct Tables {
    places: HashMap<WId, Seq>,
    sessions: BTreeMap<Seq, Arc<SessionEntry>>,
    by_state: BTreeMap<StateName, BTreeSet<Seq>>,
    by_account: HashMap<WcId, BTreeSet<Seq>>,
    by_request: HashMap<Arc<str>, Seq>,
    dropped: BTreeSet<(Timestamp, Seq)>,
    accounts: AccountTable,
    tokens: TokenTable,
}

impl View {
    /// A view of these values, for example of all that was stored.
    pub fn new(sessions: Vec<Session>, accounts: Vec<Account>, tokens: Vec<Token>) -> Self {
        let view = Self::default();
        view.publish(Changes {
            sessions: sessions.into_iter().map(Entry::new).collect(),
            accounts: accounts.into_iter().map(Entry::new).collect(),
            tokens: tokens.into_iter().map(Arc::new).collect(),
            ..Changes::default()
        });
        view
    }

    /// Shows what has become durable, and wakes whoever waits for it. Only the driver calls this.
    pub fn publish(&self, changes: Changes) {
        let mut tables = self.write();
        for session in &changes.sessions {
            tables.put_session(session);
        }
        for account in changes.accounts {
            tables.accounts.put(account);
        }
        for w_id in &changes.forgotten {
            tables.forget_session(w_id);
        }
        for wc_id in &changes.forgotten_accounts {
            tables.accounts.forget(wc_id);
        }
        for token in changes.tokens {
            tables.tokens.put(token);
        }
        for id in &changes.forgotten_tokens {
            tables.tokens.forget(id);
        }
        drop(tables);
        self.links.change(changes.links, &changes.forgotten_links);
        self.waiting.wake(changes.sessions.iter().map(|session| &session.w_id));
    }

    /// Replaces everything, for example by what was read anew after a failed write.
    pub fn replace(&self, sessions: Vec<Session>, accounts: Vec<Account>, tokens: Vec<Token>) {
        let fresh = Self::new(sessions, accounts, tokens);
        *self.write() = fresh.tables.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.waiting.wake_all();
    }

    /// The session `w_id`.
    pub fn session(&self, w_id: &WId) -> Option<Arc<SessionEntry>> {
        let tables = self.read();
        tables.sessions.get(tables.places.get(w_id)?).cloned()
    }

    /// The session `w_id` as soon as its version exceeds `version`; as it is, or `None`, at once where it does
    /// already or is not known. Waits without end: the caller sets the limit.
    pub async fn session_after(&self, w_id: &WId, version: u64) -> Option<Arc<SessionEntry>> {
        loop {
            let seat = self.waiting.seat(w_id);
            let change = seat.change();
            tokio::pin!(change);
            // Seated before looking, so that a change between the look and the wait is not missed.
            change.as_mut().enable();
            match self.session(w_id) {
                Some(session) if session.version.0 <= version => {}
                found => return found,
            }
            change.await;
        }
    }

    /// The sessions of an account that are not dropped, oldest first: at most one online and one in flight.
    pub fn live_sessions(&self, wc_id: &WcId) -> Vec<Arc<SessionEntry>> {
        let tables = self.read();
        let places = tables.by_account.get(wc_id).into_iter().flatten();
        places
            .filter_map(|place| tables.sessions.get(place))
            .filter(|session| session.state.name() != StateName::Dropped)
            .cloned()
            .collect()
    }

    /// The session that was begun by the request of this name.
    pub fn requested_as(&self, key: &str) -> Option<Arc<SessionEntry>> {
        let tables = self.read();
        tables.sessions.get(tables.by_request.get(key)?).cloned()
    }

    /// At most `limit` dropped sessions and when they dropped, the longest ago first.
    pub fn dropped_first(&self, limit: usize) -> Vec<(Timestamp, WId)> {
        let tables = self.read();
        let entry = |(at, place): &(Timestamp, Seq)| Some((*at, tables.sessions.get(place)?.w_id.clone()));
        tables.dropped.iter().filter_map(entry).take(limit).collect()
    }

    /// All sessions, accounts and tokens, as of one commit.
    pub fn everything(&self) -> Everything {
        let tables = self.read();
        Everything {
            sessions: tables.sessions.values().cloned().collect(),
            accounts: tables.accounts.all(),
            tokens: tables.tokens.all(),
        }
    }

    /// The token `id`.
    pub fn token(&self, id: &TokenId) -> Option<Arc<Token>> {
        self.read().tokens.get(id)
    }

    /// At most `limit` tokens that the filter lets through, in the order of their names.
    pub fn tokens(&self, filter: &TokenFilter, limit: usize) -> Vec<Arc<Token>> {
        self.read().tokens.page(filter, limit)
    }

    /// All tokens.
    pub fn all_tokens(&self) -> Vec<Arc<Token>> {
        self.read().tokens.all()
    }

    /// How many tokens are kept.
    pub fn count_tokens(&self) -> usize {
        self.read().tokens.len()
    }

    /// How many sessions are in `state`.
    pub fn count(&self, state: StateName) -> usize {
        self.read().by_state.get(&state).map_or(0, BTreeSet::len)
    }

    /// How many sessions somebody is still to complete.
    pub fn count_in_flight(&self) -> usize {
        StateName::ALL.into_iter().filter(|state| state.is_in_flight()).map(|state| self.count(state)).sum()
    }

    /// The account `wc_id`.
    pub fn account(&self, wc_id: &WcId) -> Option<Arc<AccountEntry>> {
        self.read().accounts.get(wc_id)
    }

    /// An account of this label.
    pub fn labelled(&self, label: &Label) -> Option<WcId> {
        self.read().accounts.labelled(label)
    }

    /// Who is online.
    pub fn online(&self) -> Vec<WcId> {
        self.read().accounts.online().cloned().collect()
    }

    /// Everybody who is known.
    pub fn everybody(&self) -> Vec<WcId> {
        self.read().accounts.names()
    }

    /// How many accounts stand so.
    pub fn count_standing(&self, standing: Standing) -> usize {
        self.read().accounts.count_standing(standing)
    }

    /// How many accounts are known, and how many of them are online.
    pub fn count_accounts(&self) -> (usize, usize) {
        let tables = self.read();
        (tables.accounts.len(), tables.accounts.count_online())
    }

    // The tables are consistent after every statement that could panic, so a poisoned lock is as good as any.

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn put_session(&mut self, session: &Arc<SessionEntry>) {
        let place = session.born;
        if let Some(old) = self.sessions.insert(place, session.clone()) {
            // Most changes leave a session where every index has it already.
            if (old.state.name(), &old.wc_id) == (session.state.name(), &session.wc_id) {
                return;
            }
            self.unindex(&old);
        }
        self.places.insert(session.w_id.clone(), place);
        self.by_state.entry(session.state.name()).or_default().insert(place);
        if let Some(wc_id) = &session.wc_id {
            self.by_account.entry(wc_id.clone()).or_default().insert(place);
        }
        if let Some(key) = &session.request_key {
            self.by_request.insert(key.clone(), place);
        }
        if let State::Dropped { drop, .. } = &session.state {
            self.dropped.insert((drop.at, place));
        }
    }

    fn forget_session(&mut self, w_id: &WId) {
        if let Some(place) = self.places.remove(w_id)
            && let Some(old) = self.sessions.remove(&place)
        {
            self.unindex(&old);
        }
    }

    fn unindex(&mut self, old: &SessionEntry) {
        if let Some(places) = self.by_state.get_mut(&old.state.name()) {
            places.remove(&old.born);
        }
        if let Some(key) = &old.request_key {
            self.by_request.remove(key);
        }
        if let State::Dropped { drop, .. } = &old.state {
            self.dropped.remove(&(drop.at, old.born));
        }
        if let Some(wc_id) = &old.wc_id
            && let Some(places) = self.by_account.get_mut(wc_id)
        {
            places.remove(&old.born);
            if places.is_empty() {
                self.by_account.remove(wc_id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
