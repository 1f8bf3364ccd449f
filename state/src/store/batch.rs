//! What one commit writes: records and events together, all or nothing.

use serde::{Deserialize, Serialize};

use super::key;
use crate::account::Account;
use crate::fleet::Fleet;
use crate::id::{LinkId, Seq, TokenId, WId, WcId};
use crate::link::Link;
use crate::outbox::HookChange;
use crate::public::Event;
use crate::record::{RecordError, frame, json};
use crate::seal::SealCheck;
use crate::secret::Secret;
use crate::session::Session;
use crate::token::Token;

/// Bytes of events that share one journal record. Group commits put many events into one record, which costs
/// the engine far less than a record each; the rest up to [`MAX_RECORD`](crate::MAX_RECORD) is room for the last event.
const PAGE: usize = 8 * 1024;

/// The platform's key, and whose it is: kept, because `/member/login` issues it once for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformKey {
    /// The platform that issued it.
    pub base_url: String,
    /// The platform account it belongs to.
    pub account: String,
    /// The key.
    pub key: Secret,
}

/// Changes for one atomic, durable commit.
///
/// Staging refuses a record that is too large, so that one oversized value never fails the others that share
/// its commit.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order in which they were asked for: what is forgotten may be known again in the same commit.
    changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Each with its JSON, made once.
    events: Vec<(Seq, Vec<u8>)>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.events.is_empty()
    }

    /// How many changes it holds.
    pub fn len(&self) -> usize {
        self.changes.len() + self.events.len()
    }

    /// Writes a session.
    pub fn put_session(&mut self, session: &Session) -> Result<(), RecordError> {
        self.put(key::session(&session.w_id), session)
    }

    /// Writes an account.
    pub fn put_account(&mut self, account: &Account) -> Result<(), RecordError> {
        self.put(key::account(&account.wc_id), account)
    }

    /// Writes a token. The first one comes with the seal check ([`Batch::put_seal`]) in the same batch.
    pub fn put_token(&mut self, token: &Token) -> Result<(), RecordError> {
        self.put(key::token(&token.id), token)
    }

    /// Writes a one-time link.
    pub fn put_link(&mut self, link: &Link) -> Result<(), RecordError> {
        self.put(key::link(&link.id), link)
    }

    /// Writes what the key that the tokens are sealed with is known by.
    pub fn put_seal(&mut self, seal: &SealCheck) -> Result<(), RecordError> {
        self.put(key::SEAL.to_vec(), seal)
    }

    /// Writes the platform's key.
    pub fn put_platform_key(&mut self, platform_key: &PlatformKey) -> Result<(), RecordError> {
        self.put(key::PLATFORM_KEY.to_vec(), platform_key)
    }

    /// Writes what holds for the host as a whole.
    pub fn put_fleet(&mut self, fleet: &Fleet) -> Result<(), RecordError> {
        self.put(key::FLEET.to_vec(), fleet)
    }

    /// Writes what became of a hook; nothing of it where a part does not fit.
    pub fn change_hook(&mut self, change: &HookChange) -> Result<(), RecordError> {
        let mut batch = Self::default();
        match change {
            HookChange::Keep { hook, buried, raised } => {
                batch.put(key::hook(&hook.id), hook)?;
                for letter in buried {
                    batch.put(key::dead_letter(&letter.hook, letter.event.seq), letter)?;
                }
                batch.changes.extend(raised.iter().map(|seq| (key::dead_letter(&hook.id, *seq), None)));
            }
            HookChange::Forget { id, dead } => {
                batch.changes.push((key::hook(id), None));
                batch.changes.extend(dead.iter().map(|seq| (key::dead_letter(id, *seq), None)));
            }
        }
        self.append(batch);
        Ok(())
    }

    /// Takes in everything that `other` holds, after what is there.
    pub fn append(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.events.extend(other.events);
    }

    /// Forgets a session.
    pub fn forget_session(&mut self, w_id: &WId) {
        self.changes.push((key::session(w_id), None));
    }

    /// Forgets an account.
    pub fn forget_account(&mut self, wc_id: &WcId) {
        self.changes.push((key::account(wc_id), None));
    }

    /// Forgets a token.
    pub fn forget_token(&mut self, id: &TokenId) {
        self.changes.push((key::token(id), None));
    }

    /// Forgets a one-time link.
    pub fn forget_link(&mut self, id: &LinkId) {
        self.changes.push((key::link(id), None));
    }

    /// Adds an event to the journal, and gives its JSON; its number is the one after the last.
    pub fn push_event(&mut self, event: &Event) -> Result<&[u8], RecordError> {
        let json = json(&key::page(event.seq), event)?;
        let (_, json) = self.events.push_mut((event.seq, json));
        Ok(json)
    }

    /// Numbers of its first and its last event.
    pub(super) fn seqs(&self) -> Option<(Seq, Seq)> {
        Some((self.events.first()?.0, self.events.last()?.0))
    }

    /// The same for the engine, as the commit of that number.
    pub(super) fn writes(&self, commit: u64) -> sled::Batch {
        let mut writes = sled::Batch::default();
        writes.insert(key::COMMITS, frame(key::COMMITS, commit.to_string().as_bytes()));
        for (key, change) in &self.changes {
            match change {
                Some(record) => writes.insert(&key[..], &record[..]),
                None => writes.remove(&key[..]),
            }
        }
        for (key, page) in self.pages() {
            writes.insert(key, page);
        }
        writes
    }

    fn put(&mut self, key: Vec<u8>, value: &impl Serialize) -> Result<(), RecordError> {
        let record = frame(&key, &json(&key, value)?);
        self.changes.push((key, Some(record)));
        Ok(())
    }

    /// The events as journal records: (key, record), with as many events each as fit a page.
    fn pages(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut pages = Vec::new();
        let mut rest = &self.events[..];
        while let Some((first, _)) = rest.first() {
            let mut bytes = 0;
            let fitting = rest.iter().take_while(|(_, json)| {
                bytes += json.len();
                bytes <= PAGE
            });
            let (page, after) = rest.split_at(fitting.count().max(1));
            let key = key::page(*first);
            let list =
                [&b"["[..], &page.iter().map(|(_, json)| &json[..]).collect::<Vec<_>>().join(&b','), b"]"];
            pages.push((key.clone(), frame(&key, &list.concat())));
            rest = after;
        }
        pages
    }
}
