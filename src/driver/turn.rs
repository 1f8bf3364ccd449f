//! One round's work between the inbox and the commit: steps each input over the committed values and those
//! already staged, and gathers what is to be written, shown and answered.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Batch, Input, Issued, PlatformKey, RecordError, Rules, Seq, Session, State, StateName, Verdict,
    WId, WcId, step,
};

use super::handle::Denied;
use crate::view::{AccountEntry, Changes, Entry, SessionEntry, View};

/// The staged work.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    view: &'a View,
    rules: &'a Rules,
    now: Timestamp,
    last_seq: Seq,
    /// Every step, in order; the last one of a session is in `sessions` as well.
    stepped: Vec<Arc<SessionEntry>>,
    sessions: HashMap<WId, Arc<SessionEntry>>,
    /// Whose the staged sessions are. A thousand logins may go online in one turn, each looking for others of its
    /// account.
    by_account: HashMap<WcId, HashSet<WId>>,
    accounts: HashMap<WcId, Arc<AccountEntry>>,
    forgotten: Vec<WId>,
    /// How many sessions were begun.
    begun: usize,
    platform_key: Option<PlatformKey>,
    batch: Batch,
}

/// What a finished turn wants done.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) batch: Batch,
    pub(super) changes: Changes,
    pub(super) platform_key: Option<PlatformKey>,
    pub(super) last_seq: Seq,
}

/// Sessions and accounts that change together, or not at all.
#[derive(Debug, Default)]
struct Together {
    sessions: Vec<Session>,
    account: Option<Account>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(view: &'a View, rules: &'a Rules, now: Timestamp, last_seq: Seq) -> Self {
        Self {
            view,
            rules,
            now,
            last_seq,
            stepped: Vec::new(),
            sessions: HashMap::new(),
            by_account: HashMap::new(),
            accounts: HashMap::new(),
            forgotten: Vec::new(),
            begun: 0,
            platform_key: None,
            batch: Batch::default(),
        }
    }

    /// The session, as staged or committed.
    pub(super) fn session(&self, w_id: &WId) -> Option<Arc<SessionEntry>> {
        self.sessions.get(w_id).cloned().or_else(|| self.view.session(w_id))
    }

    /// Steps an input; a refusal changes nothing, and what is ignored is no refusal.
    pub(super) fn apply(&mut self, w_id: &WId, input: Input) -> Result<(), Denied> {
        let session = self.session(w_id).ok_or_else(|| Denied::NoSession(w_id.clone()))?;
        match step(&session, input, self.now, self.rules) {
            Verdict::Accepted(next) => self.stage(&session, next),
            Verdict::Ignored(why) => {
                tracing::debug!(wId = %w_id, state = %session.state.name(), %why, "input ignored");
                Ok(())
            }
            Verdict::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// Takes in a session whose QR was just issued.
    pub(super) fn begin(&mut self, issued: Issued) -> Result<(), Denied> {
        if self.session(&issued.w_id).is_some() {
            return Err(Denied::Reissued(issued.w_id));
        }
        let session = Session::begun(issued, self.last_seq.next(), self.now, self.rules);
        self.write(Together { sessions: vec![session], account: None })?;
        self.begun += 1;
        Ok(())
    }

    /// The session that was begun by this name, as staged or committed.
    pub(super) fn requested_as(&self, key: &str) -> Option<WId> {
        let named = |session: &&Arc<SessionEntry>| session.request_key.as_deref() == Some(key);
        let staged = self.sessions.values().find(named).map(|session| session.w_id.clone());
        staged.or_else(|| self.view.requested_as(key).map(|session| session.w_id.clone()))
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

    /// Forgets a session that ended long ago.
    pub(super) fn forget(&mut self, w_id: &WId) {
        self.batch.forget_session(w_id);
        self.forgotten.push(w_id.clone());
    }

    pub(super) fn finish(self) -> Staged {
        let changes = Changes {
            sessions: self.stepped,
            accounts: self.accounts.into_values().collect(),
            forgotten: self.forgotten,
        };
        Staged { batch: self.batch, changes, platform_key: self.platform_key, last_seq: self.last_seq }
    }

    /// Stages the next value of a session, and what follows from it for its account and the account's other
    /// logins, in the same commit.
    fn stage(&mut self, before: &Session, next: Session) -> Result<(), Denied> {
        let mut together = Together::default();
        match &next.state {
            State::Online { profile } => {
                let account = self.account(&profile.wc_id);
                let account = account.as_ref().map(|account| &***account);
                // Where somebody else was expected to scan, the login's name is not theirs.
                let meant = before.wc_id.as_ref().is_none_or(|expected| *expected == profile.wc_id);
                let login = if meant { &next } else { &Session { label: None, ..next.clone() } };
                together.account = Some(Account::logged_in(account, login, profile, self.now, self.rules));
                return self.stage_online(next, together);
            }
            State::Dropped { .. } if before.state.name() == StateName::Online => {
                let account = next.wc_id.as_ref().and_then(|wc_id| self.account(wc_id));
                together.account = account.and_then(|account| account.logged_out(&next.w_id));
            }
            _ => {}
        }
        together.sessions.push(next);
        self.write(together)
    }

    /// A login that goes online takes the place of every other login of its account.
    fn stage_online(&mut self, mut next: Session, mut together: Together) -> Result<(), Denied> {
        let others = next.wc_id.as_ref().map(|wc_id| self.live_sessions(wc_id)).unwrap_or_default();
        for other in others.iter().filter(|other| other.w_id != next.w_id) {
            let superseded = Input::Superseded { by: next.w_id.clone() };
            if let Verdict::Accepted(ended) = step(other, superseded, self.now, self.rules) {
                if other.state.name() == StateName::Online {
                    next.predecessor = Some(other.w_id.clone());
                }
                together.sessions.push(ended);
            }
        }
        together.sessions.push(next);
        self.write(together)
    }

    fn write(&mut self, together: Together) -> Result<(), Denied> {
        let mut batch = Batch::default();
        let mut seq = self.last_seq;
        for session in &together.sessions {
            seq = seq.next();
            batch.put_session(session).map_err(too_large)?;
            batch.push_event(&Event::of_session(seq, self.now, session)).map_err(too_large)?;
        }
        if let Some(account) = &together.account {
            batch.put_account(account).map_err(too_large)?;
        }
        self.batch.append(batch);
        self.last_seq = seq;
        for session in together.sessions {
            let session = Entry::new(session);
            if let Some(wc_id) = &session.wc_id {
                self.by_account.entry(wc_id.clone()).or_default().insert(session.w_id.clone());
            }
            self.sessions.insert(session.w_id.clone(), session.clone());
            self.stepped.push(session);
        }
        if let Some(account) = together.account {
            self.accounts.insert(account.wc_id.clone(), Entry::new(account));
        }
        Ok(())
    }

    fn account(&self, wc_id: &WcId) -> Option<Arc<AccountEntry>> {
        self.accounts.get(wc_id).cloned().or_else(|| self.view.account(wc_id))
    }

    /// The account's sessions that are not dropped, as staged or committed.
    pub(super) fn live_sessions(&self, wc_id: &WcId) -> Vec<Arc<SessionEntry>> {
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
            .collect()
    }
}

fn too_large(error: RecordError) -> Denied {
    Denied::TooLarge(Arc::new(error))
}
