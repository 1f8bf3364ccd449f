//! What the tests of the store share.

use std::path::Path;

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{Batch, Contents, Issued, Retention, Rules, Seq, Session, StateDir, Store};

pub(crate) const RULES: Rules = Rules::DEFAULT;

/// A retention that no test reaches unless it wants to.
pub(crate) const ALL: Retention = Retention { events: 1_000_000 };

pub(crate) fn begun(w_id: &str, seq: Seq) -> Session {
    let issued = Issued::new(w_id.parse().unwrap(), "http://platform/qr.png");
    Session::begun(issued, seq, Timestamp::UNIX_EPOCH, &RULES)
}

/// One session of its own, and its event `seq`: what a commit of the driver holds at least.
pub(crate) fn batch(seq: Seq) -> Batch {
    let session = begun(&format!("w{seq}"), seq);
    let mut batch = Batch::default();
    batch.put_session(&session).unwrap();
    batch.push_event(&Event::of_session(seq, Timestamp::UNIX_EPOCH, &session)).unwrap();
    batch
}

pub(crate) fn open(path: &Path) -> (StateDir, Store, Contents) {
    let dir = StateDir::claim(path).unwrap();
    let (store, contents) = Store::open(&dir, ALL).unwrap();
    (dir, store, contents)
}

/// The sessions' numbers in order, from their names.
pub(crate) fn numbers(contents: &Contents) -> Vec<u64> {
    let number = |session: &Session| session.w_id.as_str()[1..].parse().unwrap();
    let mut numbers: Vec<u64> = contents.sessions.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

pub(crate) fn seqs(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}

/// That the store holds sessions 1 to its last event, each with its event, and nothing else.
pub(crate) fn is_whole(store: &Store, contents: &Contents) {
    let expected: Vec<u64> = (1..=contents.last_seq.0).collect();
    assert_eq!(numbers(contents), expected);
    assert_eq!(seqs(&store.events(Seq(0), usize::MAX).unwrap()), expected);
}
