//! From damage back to work: the export takes the place of what is lost, and numbers never go back.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use wxlogin_state::{
    Batch, Contents, Fleet, Hook, Outbox, PlatformKey, RESTORED, Secret, Seq, StateDir, Store, export,
};

use super::account_of;
use super::common::{ALL, batch, begun, numbers, open, seqs};

/// What the driver does at start.
fn open_or_restore(dir: &StateDir, exported: &Path) -> (Store, Contents) {
    match Store::open(dir, ALL) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(error.is_damage(), "{error:?}");
            let contents = export::read(exported).unwrap();
            Store::restore(dir, &contents, now()).unwrap();
            Store::open(dir, ALL).unwrap()
        }
    }
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// Commits up to event 30 and exports at event 20.
fn fill_and_export(path: &Path) {
    let (_dir, mut store, _) = open(path);
    let mut records = Batch::default();
    records.put_account(&account_of(&begun("w1", Seq(1)))).unwrap();
    records.put_platform_key(&platform_key()).unwrap();
    records.put_fleet(&fleet()).unwrap();
    store.commit(&records).unwrap();
    (1..=20).for_each(|seq| store.commit(&batch(Seq(seq))).unwrap());
    let sessions: Vec<_> = (1..=20).map(|seq| begun(&format!("w{seq}"), Seq(seq))).collect();
    let accounts = [account_of(&begun("w1", Seq(1)))];
    let (exported, key) = (path.join("export.jsonl"), platform_key());
    let fleet = fleet();
    let (platform_key, outbox) = (Some(&key), outbox());
    let host = export::Host { platform_key, seal: None, outbox: &outbox, fleet: &fleet, last_seq: Seq(20) };
    export::write(&exported, &sessions, &accounts, &[], host).unwrap();
    (21..=30).for_each(|seq| store.commit(&batch(Seq(seq))).unwrap());
}

/// A receiver that has taken everything up to event 12 but for event 3.
fn outbox() -> Outbox {
    let json = r#"{"hook":"a","since":"2026-01-01T00:00:00Z","what":"HTTP status 500",
                   "event":{"seq":3,"at":"2026-01-01T00:00:00Z","type":"session.online"}}"#;
    Outbox::new(vec![Hook::new("a".parse().unwrap(), Seq(12))], vec![serde_json::from_str(json).unwrap()])
}

fn platform_key() -> PlatformKey {
    let key = Secret::new("a key");
    PlatformKey { base_url: "http://platform".to_owned(), account: "186".to_owned(), key }
}

/// What the host has spent and how it stands.
fn fleet() -> Fleet {
    serde_json::from_str(r#"{"spent":[1,2,3],"drops":[4],"seen":"2026-01-01T00:00:00Z"}"#).unwrap()
}

fn damage(path: &Path) {
    let log = path.join("db/db");
    let mut bytes = fs::read(&log).unwrap();
    for at in (100..bytes.len()).step_by(50) {
        bytes[at] ^= 0x55;
    }
    fs::write(log, bytes).unwrap();
}

#[test]
fn a_damaged_store_goes_on_from_its_export() {
    let place = tempfile::tempdir().unwrap();
    fill_and_export(place.path());
    damage(place.path());
    let exported = place.path().join("export.jsonl");
    let dir = StateDir::claim(place.path()).unwrap();
    let (store, contents) = open_or_restore(&dir, &exported);
    assert_eq!(numbers(&contents), (1..=20).collect::<Vec<_>>());
    assert_eq!(contents.accounts.len(), 1);
    assert_eq!((contents.platform_key, contents.fleet), (Some(platform_key()), fleet()));

    assert_eq!(contents.outbox, outbox());

    // Event 30 was acknowledged; the export knew of 20.
    assert_eq!(contents.last_seq, Seq(31));
    let events = store.events(Seq(20), 10).unwrap();
    assert_eq!((seqs(&events), events[0].kind.as_str(), events[0].at), (vec![31], RESTORED, now()));
    drop(store);

    let (mut store, contents) = Store::open(&dir, ALL).unwrap();
    store.commit(&batch(Seq(32))).unwrap();
    drop((store, contents));
    let (store, contents) = Store::open(&dir, ALL).unwrap();
    assert_eq!(contents.last_seq, Seq(32));
    assert_eq!(seqs(&store.events(Seq(0), 10).unwrap()), [31, 32]);
    assert!(place.path().join("damaged-1/db").exists());
}

#[test]
fn a_second_damage_keeps_what_the_first_one_left() {
    let place = tempfile::tempdir().unwrap();
    fill_and_export(place.path());
    let exported = place.path().join("export.jsonl");
    let dir = StateDir::claim(place.path()).unwrap();
    for (n, last) in [(1, 31), (2, 32), (3, 33)] {
        damage(place.path());
        let (_store, contents) = open_or_restore(&dir, &exported);
        assert_eq!(contents.last_seq, Seq(last));
        assert!((1..=n).all(|n| place.path().join(format!("damaged-{n}/db")).exists()));
    }
}

#[test]
fn an_export_newer_than_the_sidecar_leads_the_numbers() {
    let place = tempfile::tempdir().unwrap();
    let dir = StateDir::claim(place.path()).unwrap();
    let contents = Contents { last_seq: Seq(500), ..Contents::default() };
    Store::restore(&dir, &contents, now()).unwrap();
    let (_, contents) = Store::open(&dir, ALL).unwrap();
    assert_eq!(contents.last_seq, Seq(501));
    assert!(!place.path().join("damaged-1").exists(), "there was nothing to set aside");
}

#[test]
fn a_backup_goes_into_an_empty_directory_as_well() {
    let old = tempfile::tempdir().unwrap();
    fill_and_export(old.path());
    let new = tempfile::tempdir().unwrap();
    let dir = StateDir::claim(new.path()).unwrap();
    Store::restore(&dir, &export::read(&old.path().join("export.jsonl")).unwrap(), now()).unwrap();
    let (_, contents) = Store::open(&dir, ALL).unwrap();
    assert_eq!((numbers(&contents).len(), contents.last_seq), (20, Seq(21)));
}
