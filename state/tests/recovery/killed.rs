//! A process that is killed at any moment loses nothing that it acknowledged, and does not keep the next one out.

use std::fs;

use wxlogin_state::{OpenError, Seq, StateDir, Store};

use super::child::{acked, lines, start};
use super::{ALL, batch, is_whole, open};

const KILLS: u64 = 30;

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let place = tempfile::tempdir().unwrap();
    let mut last = Seq(0);
    for kill in 0..KILLS {
        let mut child = start(place.path(), "");
        // Each time at another moment: after some acknowledgements, or (every fifth) while it is still opening.
        let wait_for = if kill % 5 == 4 { 0 } else { 1 + kill * 7 };
        let mut said = lines(&mut child);
        if let Some(seq) = said.by_ref().filter_map(|line| acked(&line)).take(wait_for as usize).last() {
            last = seq;
        }
        child.kill().unwrap();
        // What it still said before it died was acknowledged as well.
        last = said.filter_map(|line| acked(&line)).last().unwrap_or(last);
        child.wait().unwrap();

        let (_dir, store, contents) = open(place.path());
        assert!(contents.last_seq >= last, "kill {kill}: {last} was acknowledged, {}", contents.last_seq);
        is_whole(&store, &contents);
    }
    assert!(last > Seq(KILLS), "the children were killed before they did anything");
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let place = tempfile::tempdir().unwrap();
    for seq in 1..=20 {
        let (_dir, mut store, contents) = open(place.path());
        assert_eq!(contents.last_seq, Seq(seq - 1));
        is_whole(&store, &contents);
        store.commit(&batch(Seq(seq))).unwrap();
    }
}

#[test]
fn a_session_forgotten_stays_forgotten() {
    let place = tempfile::tempdir().unwrap();
    {
        let (_dir, mut store, _) = open(place.path());
        for seq in 1..=3 {
            store.commit(&batch(Seq(seq))).unwrap();
        }
        let mut forget = batch(Seq(4));
        forget.forget_session(&"w2".parse().unwrap());
        store.commit(&forget).unwrap();
    }
    let (_dir, _store, contents) = open(place.path());
    assert_eq!(super::numbers(&contents), [1, 3, 4]);
}

/// The engine, killed while it opens, leaves a half-made snapshot and trips over it ever after.
#[test]
fn a_snapshot_left_half_made_does_not_keep_the_store_from_opening() {
    let place = tempfile::tempdir().unwrap();
    {
        let (_dir, mut store, _) = open(place.path());
        (1..=50).for_each(|seq| store.commit(&batch(Seq(seq))).unwrap());
    }
    drop(open(place.path()));
    fs::write(place.path().join("db/snap.7FFFFFFFFFFFFFFF.generating"), "half").unwrap();
    let (_dir, store, contents) = open(place.path());
    assert_eq!(contents.last_seq, Seq(50));
    is_whole(&store, &contents);
}

#[test]
fn a_second_process_is_told_who_has_the_directory() {
    let place = tempfile::tempdir().unwrap();
    let mut child = start(place.path(), "");
    let mut said = lines(&mut child);
    assert!(said.any(|line| acked(&line).is_some()));
    let error = StateDir::claim(place.path()).unwrap_err();
    let pid = child.id();
    assert!(matches!(error, OpenError::InUse { holder: Some(holder), .. } if holder == pid), "{error}");
    assert!(error.to_string().contains(&format!("pid {pid}")), "{error}");
    assert!(!error.is_damage());
    child.kill().unwrap();
    child.wait().unwrap();
    let dir = StateDir::claim(place.path()).unwrap();
    Store::open(&dir, ALL).unwrap();
}
