//! The store through its public API, against all that can happen to a process, a disk and a file.
//!
//! What needs a process to die or to run out of space runs this same binary again, as a child (`child.rs`).

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Batch, Contents, DeviceType, Issued, Profile, Retention, Rules, Seq, Session, StateDir, Store,
};

mod child;
mod damage;
mod full_disk;
mod journal;
mod killed;
mod restore;

const RULES: Rules = Rules { step_allowance: Duration::from_mins(5), first_drop: Duration::from_hours(24) };

/// A retention that no test reaches unless it wants to.
const ALL: Retention = Retention { events: 1_000_000 };

fn begun(w_id: &str, seq: Seq) -> Session {
    let issued = Issued {
        w_id: w_id.parse().unwrap(),
        qr_url: "http://platform/qr.png".to_owned(),
        label: None,
        device: DeviceType::Ipad,
        proxy: None,
        wc_id: None,
    };
    Session::begun(issued, seq, Timestamp::UNIX_EPOCH, &RULES)
}

fn account_of(session: &Session) -> Account {
    let profile = Profile::of(format!("wxid_{}", session.w_id).parse().unwrap());
    Account::logged_in(None, session, &profile, Timestamp::UNIX_EPOCH, &RULES)
}

/// One session of its own, and its event `seq`: what a commit of the driver holds at least.
fn batch(seq: Seq) -> Batch {
    let session = begun(&format!("w{seq}"), seq);
    let mut batch = Batch::default();
    batch.put_session(&session).unwrap();
    batch.push_event(&Event::of_session(seq, Timestamp::UNIX_EPOCH, &session)).unwrap();
    batch
}

fn open(path: &Path) -> (StateDir, Store, Contents) {
    let dir = StateDir::claim(path).unwrap();
    let (store, contents) = Store::open(&dir, ALL).unwrap();
    (dir, store, contents)
}

/// The sessions' numbers in order, from their names.
fn numbers(contents: &Contents) -> Vec<u64> {
    let number = |session: &Session| session.w_id.as_str()[1..].parse().unwrap();
    let mut numbers: Vec<u64> = contents.sessions.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

fn seqs(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}

/// That the store holds sessions 1 to its last event, each with its event, and nothing else.
fn is_whole(store: &Store, contents: &Contents) {
    let expected: Vec<u64> = (1..=contents.last_seq.0).collect();
    assert_eq!(numbers(contents), expected);
    assert_eq!(seqs(&store.events(Seq(0), usize::MAX).unwrap()), expected);
}
