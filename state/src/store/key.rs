//! The keys of the one tree: a prefix for the kind of record, then its name.
//!
//! `s/<wId>` sessions · `a/<wcId>` accounts · `t/<id>` tokens · `l/<digest>` one-time links · `o/<hook>` receivers of
//! webhooks · `d/<hook>/<seq, big-endian>` what they never took · `e/<seq, big-endian>` journal pages · `m/…` single values

use crate::id::{HookId, LinkId, Seq, TokenId, WId, WcId};

pub(super) const SESSIONS: &[u8] = b"s/";
pub(super) const ACCOUNTS: &[u8] = b"a/";
pub(super) const TOKENS: &[u8] = b"t/";
pub(super) const HOOKS: &[u8] = b"o/";
pub(super) const DEAD_LETTERS: &[u8] = b"d/";
pub(super) const LINKS: &[u8] = b"l/";
pub(super) const EVENTS: &[u8] = b"e/";
pub(super) const PLATFORM_KEY: &[u8] = b"m/platform-key";
/// What holds for the host as a whole.
pub(super) const FLEET: &[u8] = b"m/fleet";
/// What the key that the tokens are sealed with is known by.
pub(super) const SEAL: &[u8] = b"m/seal";
/// How many commits there were: part of every one.
pub(super) const COMMITS: &[u8] = b"m/commits";

pub(super) fn session(w_id: &WId) -> Vec<u8> {
    [SESSIONS, w_id.as_str().as_bytes()].concat()
}

pub(super) fn account(wc_id: &WcId) -> Vec<u8> {
    [ACCOUNTS, wc_id.as_str().as_bytes()].concat()
}

pub(super) fn token(id: &TokenId) -> Vec<u8> {
    [TOKENS, id.as_str().as_bytes()].concat()
}

pub(super) fn hook(id: &HookId) -> Vec<u8> {
    [HOOKS, id.as_str().as_bytes()].concat()
}

pub(super) fn dead_letter(id: &HookId, seq: Seq) -> Vec<u8> {
    [DEAD_LETTERS, id.as_str().as_bytes(), b"/", &seq.0.to_be_bytes()].concat()
}

pub(super) fn link(id: &LinkId) -> Vec<u8> {
    [LINKS, id.as_str().as_bytes()].concat()
}

/// The journal page whose first event is `seq`. Big-endian, so that the order of keys is the order of events.
pub(super) fn page(seq: Seq) -> Vec<u8> {
    [EVENTS, &seq.0.to_be_bytes()].concat()
}

/// The first event of the page under `key`; `None` for a key that is no page's.
pub(super) fn seq_of_page(key: &[u8]) -> Option<Seq> {
    let seq = key.strip_prefix(EVENTS)?.try_into().ok()?;
    Some(Seq(u64::from_be_bytes(seq)))
}

/// The first key behind all pages.
pub(super) fn after_last_page() -> Vec<u8> {
    b"e0".to_vec()
}
