//! Reading: everything at start, each record checked, and pages of the journal later.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::engine::{Engine, caught};
use super::key;
use super::sidecar::Progress;
use super::{Contents, OpenError, ReadError};
use crate::id::Seq;
use crate::outbox::Outbox;
use crate::public::Event;
use crate::record::{RecordError, open};

/// Everything that the store in `dir` holds, but for the journal, of which only the last page is read; and how far
/// it has come.
pub(super) fn everything(engine: &Engine, dir: &Path) -> Result<(Contents, Progress), OpenError> {
    caught(|| Ok(contents(engine.tree()))).map_err(ReadError::Engine).flatten().map_err(|error| match error {
        ReadError::Engine(source) => OpenError::of_engine(dir, source),
        ReadError::Record(source) => OpenError::Record { path: dir.to_owned(), source },
    })
}

fn contents(tree: &sled::Tree) -> Result<(Contents, Progress), ReadError> {
    let contents = Contents {
        sessions: with_prefix(tree, key::SESSIONS)?,
        accounts: with_prefix(tree, key::ACCOUNTS)?,
        tokens: with_prefix(tree, key::TOKENS)?,
        links: with_prefix(tree, key::LINKS)?,
        platform_key: single(tree, key::PLATFORM_KEY)?,
        seal: single(tree, key::SEAL)?,
        fleet: single(tree, key::FLEET)?.unwrap_or_default(),
        outbox: Outbox::new(with_prefix(tree, key::HOOKS)?, with_prefix(tree, key::DEAD_LETTERS)?),
        last_seq: last_seq(tree)?,
        not_shrunk: None,
    };
    let commits = single(tree, key::COMMITS)?.unwrap_or_default();
    let progress = Progress { commits, seq: contents.last_seq };
    Ok((contents, progress))
}

fn single<T: DeserializeOwned>(tree: &sled::Tree, key: &[u8]) -> Result<Option<T>, ReadError> {
    Ok(tree.get(key)?.map(|record| open(key, &record)).transpose()?)
}

fn with_prefix<T: DeserializeOwned>(tree: &sled::Tree, prefix: &[u8]) -> Result<Vec<T>, ReadError> {
    tree.scan_prefix(prefix)
        .map(|entry| {
            let (key, record) = entry?;
            Ok(open(&key, &record)?)
        })
        .collect()
}

fn last_seq(tree: &sled::Tree) -> Result<Seq, ReadError> {
    let Some((key, page)) = tree.scan_prefix(key::EVENTS).next_back().transpose()? else {
        return Ok(Seq::default());
    };
    let events: Vec<Event> = open(&key, &page)?;
    Ok(events.last().map(|event| event.seq).unwrap_or_default())
}

/// The first event's number of the journal's first page.
pub(super) fn oldest_page(engine: &Engine) -> sled::Result<Option<Seq>> {
    let first = caught(|| engine.tree().scan_prefix(key::EVENTS).next().transpose())?;
    Ok(first.and_then(|(key, _)| key::seq_of_page(&key)))
}

/// Up to `limit` events after `after`, oldest first.
pub(super) fn events(engine: &Engine, after: Seq, limit: usize) -> Result<Vec<Event>, ReadError> {
    caught(|| Ok(journal(engine.tree(), after, limit))).map_err(ReadError::Engine).flatten()
}

fn journal(tree: &sled::Tree, after: Seq, limit: usize) -> Result<Vec<Event>, ReadError> {
    let mut events = Vec::new();
    let mut seen: Option<Seq> = None;
    for entry in tree.range(page_holding(tree, after.next())?..key::after_last_page()) {
        let (key, page) = entry?;
        for event in open::<Vec<Event>>(&key, &page)? {
            if events.len() == limit {
                return Ok(events);
            }
            if seen.is_some_and(|seen| seen.next() != event.seq) {
                // A page that the engine lost would otherwise be a silent hole.
                return Err(RecordError::missing_before(&key).into());
            }
            seen = Some(event.seq);
            if event.seq > after {
                events.push(event);
            }
        }
    }
    Ok(events)
}

/// The key to begin reading at for the event `seq`: that of the last page which begins at it or before, or the
/// journal's beginning.
fn page_holding(tree: &sled::Tree, seq: Seq) -> sled::Result<Vec<u8>> {
    let before = tree.get_lt(key::page(seq.next()))?.map(|(key, _)| key.to_vec());
    let page = before.filter(|key| key::seq_of_page(key).is_some());
    Ok(page.unwrap_or_else(|| key::page(Seq::default())))
}
