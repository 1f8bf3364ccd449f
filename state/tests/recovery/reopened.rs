//! A store that is opened again holds what was committed, whatever the last process left behind.

use std::fs;

use jiff::Timestamp;
use wxlogin_state::{Batch, Goal, Link, LinkId, Seq};

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

#[test]
fn a_link_is_kept_by_its_digest_until_it_is_forgotten() {
    let place = tempfile::tempdir().unwrap();
    let made = Timestamp::UNIX_EPOCH;
    let link =
        Link { id: LinkId::of_digest([7; 32]), to: Goal::Login("w1".parse().unwrap()), made, until: made };
    for kept in [vec![link.clone()], Vec::new()] {
        {
            let (_dir, mut store, _) = open(place.path());
            let mut batch = Batch::default();
            match kept.first() {
                Some(link) => batch.put_link(link).unwrap(),
                None => batch.forget_link(&link.id),
            }
            store.commit(&batch).unwrap();
        }
        assert_eq!(open(place.path()).2.links, kept);
    }
}
