//! A store that is opened again holds what was committed, whatever the last process left behind.

use std::fs;

use wxlogin_state::Seq;

use super::account_of;
use super::common::{batch, begun, is_whole, numbers, open};

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
    assert_eq!(numbers(&contents), [1, 3, 4]);
}

#[test]
fn what_is_forgotten_and_known_again_in_one_commit_is_known() {
    let place = tempfile::tempdir().unwrap();
    let account = account_of(&begun("w1", Seq(1)));
    {
        let (_dir, mut store, _) = open(place.path());
        store.commit(&batch(Seq(1))).unwrap();
        let mut again = batch(Seq(2));
        again.forget_account(&account.wc_id);
        again.put_account(&account).unwrap();
        store.commit(&again).unwrap();
    }
    let (_dir, _store, contents) = open(place.path());
    assert_eq!(contents.accounts, [account]);
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
