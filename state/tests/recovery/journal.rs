//! The journal through its public API: pages, trimming, bounds.

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Batch, DeadLetter, Hook, HookChange, MAX_RECORD, Outbox, RecordError, Retention, Seq, StateDir, Store,
};

use super::account_of;
use super::common::{batch, begun, is_whole, open, seqs};

/// A commit with the events `first..=last` and nothing else; some hundred of them fill several pages.
fn events(first: u64, last: u64) -> Batch {
    let mut batch = Batch::default();
    for seq in (first..=last).map(Seq) {
        let session = begun(&format!("w{seq}"), seq);
        batch.push_event(&Event::of_session(seq, Timestamp::UNIX_EPOCH, &session)).unwrap();
    }
    batch
}

#[test]
fn events_can_be_read_from_every_place_on() {
    let place = tempfile::tempdir().unwrap();
    let (_dir, mut store, _) = open(place.path());
    for (first, last) in [(1, 1), (2, 100), (101, 102), (103, 170)] {
        store.commit(&events(first, last)).unwrap();
    }
    for after in 0..=171 {
        for limit in [0, 1, 2, 33, 1_000] {
            let expected: Vec<u64> = (after + 1..=170).take(limit).collect();
            assert_eq!(seqs(&store.events(Seq(after), limit).unwrap()), expected, "{limit} after {after}");
        }
    }
    assert!(store.events(Seq(u64::MAX), 10).unwrap().is_empty());
}

#[test]
fn an_empty_journal_has_no_events() {
    let place = tempfile::tempdir().unwrap();
    let (_dir, store, contents) = open(place.path());
    assert_eq!(contents.last_seq, Seq(0));
    assert!(store.events(Seq(0), 10).unwrap().is_empty());
}

/// Accounts sort before events and sessions after them; neither is taken for a page.
#[test]
fn records_beside_the_journal_are_not_read_as_events() {
    let place = tempfile::tempdir().unwrap();
    let (_dir, mut store, _) = open(place.path());
    let mut records = Batch::default();
    let session = begun("w1", Seq(1));
    records.put_session(&session).unwrap();
    records.put_account(&account_of(&session)).unwrap();
    store.commit(&records).unwrap();
    assert!(store.events(Seq(0), 10).unwrap().is_empty());
    store.commit(&events(1, 3)).unwrap();
    assert_eq!(seqs(&store.events(Seq(0), 10).unwrap()), [1, 2, 3]);
}

#[test]
fn trimming_keeps_at_least_the_newest_events_and_no_more_than_it_must() {
    let keep = 300;
    let place = tempfile::tempdir().unwrap();
    let dir = StateDir::claim(place.path()).unwrap();
    let mut last = 0;
    for round in 0..3 {
        let (mut store, contents) = Store::open(&dir, Retention { events: keep }).unwrap();
        assert_eq!(contents.last_seq, Seq(last), "round {round}");
        while last < 1_000 * (round + 1) {
            store.commit(&events(last + 1, last + 37)).unwrap();
            last += 37;
            let kept = seqs(&store.events(Seq(0), usize::MAX).unwrap());
            let first = kept[0];
            assert_eq!(kept, (first..=last).collect::<Vec<_>>());
            assert!(kept.len() as u64 >= keep.min(last), "{first}..={last}");
            assert!(kept.len() < 300 + 512 + 100, "{first}..={last}");
            // At and around the border of what is left.
            for after in first.saturating_sub(2)..first + 3 {
                let read = seqs(&store.events(Seq(after), 2).unwrap());
                let from = first.max(after + 1);
                assert_eq!(read, [from, from + 1], "after {after}");
            }
        }
    }
}

/// A receiver that has come so far.
fn hook(id: &str, done: u64) -> HookChange {
    HookChange::of(Hook::new(id.parse().unwrap(), Seq(done)))
}

#[test]
fn trimming_waits_for_the_receiver_that_is_furthest_behind_over_a_restart_too() {
    let place = tempfile::tempdir().unwrap();
    let dir = StateDir::claim(place.path()).unwrap();
    let (mut store, _) = Store::open(&dir, Retention { events: 300 }).unwrap();
    let mut batch = events(1, 37);
    for (id, done) in [("slow", 20), ("quick", 37)] {
        batch.change_hook(&hook(id, done)).unwrap();
    }
    store.commit(&batch).unwrap();
    store.hold_after(Some(Seq(20)));
    (1..=40).for_each(|n| store.commit(&events(n * 37 + 1, n * 37 + 37)).unwrap());
    assert!(seqs(&store.events(Seq(0), 5).unwrap())[0] <= 21);
    drop(store);
    // What is stored says for whom to wait.
    let (mut store, contents) = Store::open(&dir, Retention { events: 300 }).unwrap();
    assert_eq!(contents.outbox.held_after(), Some(Seq(20)));
    store.commit(&events(1_518, 1_600)).unwrap();
    assert!(seqs(&store.events(Seq(0), 5).unwrap())[0] <= 21);
    // It has caught up.
    store.hold_after(Some(Seq(1_600)));
    store.commit(&events(1_601, 1_602)).unwrap();
    let first = seqs(&store.events(Seq(0), 1).unwrap())[0];
    assert!((1_000..=1_302).contains(&first), "{first}");
}

#[test]
fn what_became_of_a_receiver_is_committed_or_refused_as_a_whole() {
    let place = tempfile::tempdir().unwrap();
    let (dir, mut store, _) = open(place.path());
    let json = r#"{"hook":"a","since":"2026-01-01T00:00:00Z","what":"",
                   "event":{"seq":3,"at":"2026-01-01T00:00:00Z","type":"session.online"}}"#;
    let letter: DeadLetter = serde_json::from_str(json).unwrap();
    let large = DeadLetter { what: "x".repeat(MAX_RECORD), ..letter.clone() };
    let hook = Hook::new("a".parse().unwrap(), Seq(5));
    let burying = |letter: &DeadLetter| HookChange::Keep {
        hook: Box::new(hook.clone()),
        buried: vec![letter.clone()],
        raised: vec![Seq(1)],
    };
    let mut batch = Batch::default();
    assert!(matches!(batch.change_hook(&burying(&large)), Err(RecordError::TooLarge { .. })));
    assert!(batch.is_empty());
    batch.change_hook(&burying(&letter)).unwrap();
    store.commit(&batch).unwrap();
    drop((store, dir));
    let (dir, mut store, contents) = open(place.path());
    assert_eq!(contents.outbox, Outbox::new(vec![hook.clone()], vec![letter]));
    let mut batch = Batch::default();
    batch.change_hook(&contents.outbox.forgetting(&hook.id)).unwrap();
    store.commit(&batch).unwrap();
    drop((store, dir));
    let (_dir, _store, contents) = open(place.path());
    assert_eq!(contents.outbox, Outbox::default());
}

#[test]
fn no_retention_is_too_large() {
    let place = tempfile::tempdir().unwrap();
    let dir = StateDir::claim(place.path()).unwrap();
    let (mut store, _) = Store::open(&dir, Retention { events: u64::MAX }).unwrap();
    store.commit(&events(1, 700)).unwrap();
    store.commit(&events(701, 1_400)).unwrap();
    assert_eq!(store.events(Seq(0), usize::MAX).unwrap().len(), 1_400);
}

#[test]
fn an_oversized_record_is_refused_alone() {
    let place = tempfile::tempdir().unwrap();
    let (dir, mut store, _) = open(place.path());
    let mut large = begun("w9", Seq(9));
    large.qr.as_mut().unwrap().url = "x".repeat(MAX_RECORD);
    let mut batch = batch(Seq(1));
    let held = batch.len();
    let error = batch.put_session(&large).unwrap_err();
    assert!(matches!(error, RecordError::TooLarge { bytes, .. } if bytes > MAX_RECORD), "{error}");
    let event = Event::of_session(Seq(2), Timestamp::UNIX_EPOCH, &large);
    assert!(batch.push_event(&event).is_err());
    assert_eq!(batch.len(), held);
    store.commit(&batch).unwrap();
    drop((store, dir));
    let (_dir, store, contents) = open(place.path());
    is_whole(&store, &contents);
    assert_eq!(contents.last_seq, Seq(1));
}
