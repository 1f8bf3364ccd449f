//! One round's work between the inbox and the commit: makes each move over the committed values and those
//! already staged, and gathers what is to be written, shown and answered.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::seal::SealCheck;
use wxlogin_state::{
    Account, Act, Batch, Change, DeviceType, Fleet, HookChange, Input, Issued, Known, Label, Link, LinkId,
    Moves, Notice, PlatformKey, Profile, Proxy, RecordError, Refusal, Seq, Session, Source, StateName,
    Tending, Token, TokenId, TokenNotice, Unmoved, WId, WcId,
};

mod links;
mod tokens;

use super::handle::{Denied, Figures};
use crate::feed::Posted;
use crate::links::{Fresh, url};
use crate::view::{AccountEntry, Changes, Entry, SessionEntry, View};

/// The staged work.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    view: &'a View,
    figures: &'a Figures,
    now: Timestamp,
    last_seq: Seq,
    /// Every step, in order; the last one of a session is in `sessions` as well.
    stepped: Vec<Arc<SessionEntry>>,
    sessions: HashMap<WId, Arc<SessionEntry>>,
    /// Whose the staged sessions are. A thousand logins may go online in one turn, each looking for others of its
    /// account.
    by_account: HashMap<WcId, HashSet<WId>>,
    /// `None` where the account is forgotten.
    accounts: HashMap<WcId, Option<Arc<AccountEntry>>>,
    /// `None` where the token is forgotten.
    tokens: HashMap<TokenId, Option<Arc<Token>>>,
    token_notices: Vec<(TokenId, TokenNotice)>,
    links: Vec<Link>,
    forgotten_links: Vec<LinkId>,
    /// What the keys are known by, with the first token.
    seal: Option<SealCheck>,
    fleet: Fleet,
    /// Whether it is to be written.
    fleet_changed: bool,
    forgotten: Vec<WId>,
    /// How many sessions were begun.
    begun: usize,
    platform_key: Option<PlatformKey>,
    hook_changes: Vec<HookChange>,
    notices: Vec<Notice>,
    acts: Vec<Act>,
    batch: Batch,
    /// What the batch has for the journal.
    events: Vec<Posted>,
}

/// What a finished turn wants done.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) batch: Batch,
    pub(super) events: Vec<Posted>,
    pub(super) changes: Changes,
    pub(super) fleet: Fleet,
    pub(super) notices: Vec<Notice>,
    pub(super) token_notices: Vec<(TokenId, TokenNotice)>,
    pub(super) seal: Option<SealCheck>,
    pub(super) acts: Vec<Act>,
    pub(super) platform_key: Option<PlatformKey>,
    pub(super) hook_changes: Vec<HookChange>,
    pub(super) last_seq: Seq,
}

/// A value that others hold as well.
#[derive(Debug)]
pub(super) struct Shared<T>(Arc<Entry<T>>);

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Known for Turn<'_> {
    type Session = Shared<Session>;
    type Account = Shared<Account>;

    fn session(&self, w_id: &WId) -> Option<Shared<Session>> {
        self.sessions.get(w_id).cloned().or_else(|| self.view.session(w_id)).map(Shared)
    }

    fn account(&self, wc_id: &WcId) -> Option<Shared<Account>> {
        match self.accounts.get(wc_id) {
            Some(staged) => staged.clone().map(Shared),
            None => self.view.account(wc_id).map(Shared),
        }
    }

    fn live_sessions(&self, wc_id: &WcId) -> Vec<Shared<Session>> {
        let committed = self.view.live_sessions(wc_id);
        let staged =
            self.by_account.get(wc_id).into_iter().flatten().filter_map(|w_id| self.sessions.get(w_id));
        committed
            .into_iter()
            .filter(|session| !self.sessions.contains_key(&session.w_id))
            .chain(staged.cloned())
            // One that was begun for this account may have turned out to be another's.
            .filter(|session| session.wc_id.as_ref() == Some(wc_id))
            .filter(|session| session.state.name() != StateName::Dropped)
            .map(Shared)
            .collect()
    }
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        view: &'a View,
        figures: &'a Figures,
        fleet: Fleet,
        now: Timestamp,
        last_seq: Seq,
    ) -> Self {
        Self {
            view,
            figures,
            now,
            last_seq,
            stepped: Vec::new(),
            sessions: HashMap::new(),
            by_account: HashMap::new(),
            accounts: HashMap::new(),
            tokens: HashMap::new(),
            token_notices: Vec::new(),
            links: Vec::new(),
            forgotten_links: Vec::new(),
            seal: None,
            fleet,
            fleet_changed: false,
            forgotten: Vec::new(),
            begun: 0,
            platform_key: None,
            hook_changes: Vec::new(),
            notices: Vec::new(),
            acts: Vec::new(),
            batch: Batch::default(),
            events: Vec::new(),
        }
    }

    /// Steps an input; a refusal changes nothing, and what is ignored is no refusal.
    pub(super) fn apply(&mut self, w_id: &WId, input: Input) -> Result<(), Denied> {
        self.move_with(|moves| moves.apply(w_id, input))
    }

    /// Takes in a session whose QR was just issued.
    pub(super) fn begin(&mut self, issued: Issued) -> Result<(), Denied> {
        if self.session(&issued.w_id).is_some() {
            return Err(Denied::Reissued(issued.w_id));
        }
        let born = self.last_seq.next();
        self.move_with(|moves| Ok(moves.begun(issued, born)))?;
        self.begun += 1;
        Ok(())
    }

    /// Takes in a login that is online without having been begun here by a QR.
    pub(super) fn found_online(
        &mut self,
        w_id: WId,
        profile: Profile,
        from: Source,
        otherwise: (DeviceType, Option<Proxy>),
    ) -> Result<(), Denied> {
        let born = self.last_seq.next();
        self.move_with(|moves| moves.found_online(w_id, profile, from, otherwise, born))
    }

    /// Takes in that the account's current login is lost.
    pub(super) fn lost(&mut self, wc_id: &WcId, from: Source, what: &str) -> Result<(), Denied> {
        self.move_with(|moves| moves.lost(wc_id, from, what))
    }

    /// Takes in that the platform's list does not have the account.
    pub(super) fn not_listed(&mut self, wc_id: &WcId) -> Result<(), Denied> {
        self.move_with(|moves| moves.not_listed(wc_id))
    }

    /// Takes in why the account was lost.
    pub(super) fn explained(&mut self, wc_id: &WcId, w_id: &WId, sentence: &str) -> Result<(), Denied> {
        self.move_with(|moves| moves.explained(wc_id, w_id, sentence))
    }

    /// Whatever else happens to an account.
    pub(super) fn tend(&mut self, wc_id: &WcId, tending: Tending) -> Result<(), Denied> {
        self.move_with(|moves| moves.tend(wc_id, tending))
    }

    /// Forgets an account.
    pub(super) fn forget_account(&mut self, wc_id: &WcId) -> Result<(), Denied> {
        self.move_with(|moves| moves.forget(wc_id))
    }

    /// The session that was begun by this name, as staged or committed.
    pub(super) fn requested_as(&self, key: &str) -> Option<WId> {
        let named = |session: &&Arc<SessionEntry>| session.request_key.as_deref() == Some(key);
        let staged = self.sessions.values().find(named).map(|session| session.w_id.clone());
        staged.or_else(|| self.view.requested_as(key).map(|session| session.w_id.clone()))
    }

    /// An account of this label, as staged or committed.
    pub(super) fn labelled(&self, label: &Label) -> Option<WcId> {
        let has_it = |account: &AccountEntry| account.label.as_ref() == Some(label);
        let staged = self.accounts.values().flatten().find(|account| has_it(account));
        let committed = || self.view.labelled(label).filter(|wc_id| !self.accounts.contains_key(wc_id));
        staged.map(|account| account.wc_id.clone()).or_else(committed)
    }

    /// Whether the account has changed in this turn.
    pub(super) fn has_changed(&self, wc_id: &WcId) -> bool {
        self.accounts.contains_key(wc_id)
    }

    /// How many sessions somebody is still to complete, those that were begun in this turn among them.
    pub(super) fn count_in_flight(&self) -> usize {
        self.view.count_in_flight() + self.begun
    }

    /// Keeps the platform's key.
    pub(super) fn keep_key(&mut self, key: PlatformKey) -> Result<(), Denied> {
        self.batch.put_platform_key(&key).map_err(too_large)?;
        self.platform_key = Some(key);
        Ok(())
    }

    /// Takes in what became of a receiver of webhooks.
    pub(super) fn change_hook(&mut self, change: HookChange) -> Result<(), Denied> {
        self.batch.change_hook(&change).map_err(too_large)?;
        self.hook_changes.push(change);
        Ok(())
    }

    /// Forgets a session that ended long ago.
    pub(super) fn forget(&mut self, w_id: &WId) {
        self.batch.forget_session(w_id);
        self.forgotten.push(w_id.clone());
    }

    /// All of it, with the host's record as the last change left it.
    pub(super) fn finish(mut self) -> Staged {
        if self.fleet_changed
            && let Err(error) = self.batch.put_fleet(&self.fleet)
        {
            // What it may count is bounded by the configuration, so that it fits; the accounts go on without it.
            tracing::error!(error = &error as &dyn std::error::Error, "the host's record cannot be kept");
        }
        let mut changes = Changes {
            sessions: self.stepped,
            forgotten: self.forgotten,
            links: self.links,
            forgotten_links: self.forgotten_links,
            ..Changes::default()
        };
        for (wc_id, account) in self.accounts {
            match account {
                Some(account) => changes.accounts.push(account),
                None => changes.forgotten_accounts.push(wc_id),
            }
        }
        for (id, token) in self.tokens {
            match token {
                Some(token) => changes.tokens.push(token),
                None => changes.forgotten_tokens.push(id),
            }
        }
        Staged {
            batch: self.batch,
            events: self.events,
            changes,
            fleet: self.fleet,
            notices: self.notices,
            token_notices: self.token_notices,
            seal: self.seal,
            acts: self.acts,
            platform_key: self.platform_key,
            hook_changes: self.hook_changes,
            last_seq: self.last_seq,
        }
    }

    /// Makes a move and stages what comes of it; what changes nothing is no refusal.
    fn move_with(
        &mut self,
        make: impl FnOnce(&Moves<'_, Self>) -> Result<Change, Unmoved>,
    ) -> Result<(), Denied> {
        let moves = Moves { known: &*self, fleet: &self.fleet, rules: &self.figures.rules, now: self.now };
        match make(&moves) {
            Ok(change) => self.stage(change),
            Err(Unmoved::Ignored(why)) => {
                tracing::debug!(%why, "what was heard changes nothing");
                Ok(())
            }
            Err(Unmoved::NoSession(w_id)) => Err(Denied::NoSession(w_id)),
            Err(Unmoved::NoAccount(wc_id)) => Err(Denied::NoAccount(wc_id)),
            Err(Unmoved::Refused(refusal)) => Err(refusal.into()),
        }
    }

    /// All of a change, or nothing where a part of it does not fit the store.
    fn stage(&mut self, change: Change) -> Result<(), Denied> {
        let (mut batch, mut events, mut links) = (Batch::default(), Vec::new(), Vec::new());
        let mut seq = self.last_seq;
        for session in &change.sessions {
            seq = seq.next();
            batch.put_session(session).map_err(too_large)?;
            events.push(journal(&mut batch, Event::of_session(seq, self.now, session))?);
        }
        for account in &change.accounts {
            batch.put_account(account).map_err(too_large)?;
        }
        for notice in &change.notices {
            seq = seq.next();
            let account =
                change.accounts.iter().find(|account| Some(&account.wc_id) == notice.wc_id.as_ref());
            let mut event = Event::of_notice(seq, self.now, notice, account);
            if let Some(Fresh { link, secret }) = self.link_for(notice, account) {
                event.link = self.figures.console_url.as_ref().map(|console| url(console, &secret));
                batch.put_link(&link).map_err(too_large)?;
                links.push(link);
            }
            events.push(journal(&mut batch, event)?);
        }
        if let Some(wc_id) = &change.forgotten {
            batch.forget_account(wc_id);
        }
        self.batch.append(batch);
        self.events.extend(events);
        for link in links {
            self.take_in(link);
        }
        self.last_seq = seq;
        self.take_over(change);
        Ok(())
    }

    fn take_over(&mut self, change: Change) {
        for session in change.sessions {
            let session = Entry::new(session);
            if let Some(wc_id) = &session.wc_id {
                self.by_account.entry(wc_id.clone()).or_default().insert(session.w_id.clone());
            }
            self.sessions.insert(session.w_id.clone(), session.clone());
            self.stepped.push(session);
        }
        for account in change.accounts {
            self.accounts.insert(account.wc_id.clone(), Some(Entry::new(account)));
        }
        if let Some(wc_id) = change.forgotten {
            self.accounts.insert(wc_id, None);
        }
        if let Some(fleet) = change.fleet {
            (self.fleet, self.fleet_changed) = (fleet, true);
        }
        self.notices.extend(change.notices);
        self.acts.extend(change.acts);
    }
}

/// What a refusal says to whoever asked for a login of an account that is online.
pub(super) fn online_is_in_the_way(denied: Denied, account: Option<&Account>) -> Denied {
    match (denied, account.and_then(|account| Some((account, account.current_w_id.as_ref()?)))) {
        (Denied::Refused(Refusal::Online), Some((account, w_id))) => {
            Denied::AlreadyOnline { wc_id: account.wc_id.clone(), w_id: w_id.clone() }
        }
        (denied, _) => denied,
    }
}

/// Stages an event, and renders it for those who follow the journal: they see it once it is durable.
fn journal(batch: &mut Batch, event: Event) -> Result<Posted, Denied> {
    let json = batch.push_event(&event).map_err(too_large)?;
    Ok(Posted::rendered(event, json))
}

fn too_large(error: RecordError) -> Denied {
    Denied::TooLarge(Arc::new(error))
}
