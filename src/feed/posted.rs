//! An event, rendered once for everybody who reads it.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{Seq, WcId};

/// A journal's event as it is sent: a block of a `text/event-stream` that has the JSON in it.
#[derive(Debug)]
pub struct Posted {
    seq: Seq,
    at: Timestamp,
    kind: String,
    wc_id: Option<WcId>,
    block: Bytes,
    json: Range<usize>,
}

impl Posted {
    /// Renders an event that was read from the journal.
    pub fn new(event: Event) -> Self {
        // A public form has string keys and no floats; there is nothing in it that could fail to be JSON.
        let json = serde_json::to_vec(&event).unwrap_or_default();
        Self::rendered(event, &json)
    }

    /// An event whose JSON was made for the journal.
    pub fn rendered(event: Event, json: &[u8]) -> Self {
        let mut block = format!("id: {}\nevent: {}\ndata: ", event.seq, event.kind).into_bytes();
        let begin = block.len();
        block.extend_from_slice(json);
        let json = begin..block.len();
        block.extend_from_slice(b"\n\n");
        let Event { seq, at, kind, wc_id, .. } = event;
        Self { seq, at, kind, wc_id, block: block.into(), json }
    }

    /// Its place in the journal.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What happened: `session.online`, for example.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The account it happened to.
    pub fn wc_id(&self) -> Option<&WcId> {
        self.wc_id.as_ref()
    }

    /// The event as JSON.
    pub fn json(&self) -> Bytes {
        self.block.slice(self.json.clone())
    }

    /// The event itself, read from its JSON.
    pub fn event(&self) -> Result<Event, serde_json::Error> {
        serde_json::from_slice(&self.block[self.json.clone()])
    }

    /// The event as a block of a stream: `id`, `event`, `data`.
    pub fn block(&self) -> Bytes {
        self.block.clone()
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.block.len()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An event of no account.
    pub(in crate::feed) fn event(seq: u64) -> Event {
        let json = format!(r#"{{"seq":{seq},"at":"2026-01-01T00:00:00Z","type":"fleet.storm"}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_block_has_the_number_the_type_and_the_json_on_one_line() {
        let posted = Posted::new(Event { why: Some("two\nlines".to_owned()), ..event(7) });
        let json = r#"{"seq":7,"at":"2026-01-01T00:00:00Z","type":"fleet.storm","why":"two\nlines"}"#;
        assert_eq!(posted.json(), json);
        assert_eq!(posted.block(), format!("id: 7\nevent: fleet.storm\ndata: {json}\n\n"));
    }
}
