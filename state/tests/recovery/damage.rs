//! Files that were changed behind the store's back: it says so, or has every byte; never silently less.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use wxlogin_state::{Account, Batch, Contents, OpenError, Seq, Session, StateDir, Store};

use super::account_of;
use super::common::{ALL, batch, begun, open};

/// Sessions, each with its event.
const SESSIONS: u64 = 120;

/// Bits flipped in each file: enough to meet every part of it, few enough to stay quick.
const FLIPS: usize = 250;

#[test]
fn a_flipped_bit_is_found_or_changes_nothing() {
    let original = tempfile::tempdir().unwrap();
    fill(original.path());
    let whole = everything(original.path()).unwrap();
    for file in files(&original.path().join("db")) {
        let bytes = fs::read(original.path().join("db").join(&file)).unwrap();
        // What lies behind the last used byte of the log is padding.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for flip in 0..FLIPS.min(used) {
            let place = tempfile::tempdir().unwrap();
            copy(original.path(), place.path());
            let mut rotten = bytes.clone();
            rotten[flip * used / FLIPS.min(used)] ^= 1 << (flip % 8);
            fs::write(place.path().join("db").join(&file), &rotten).unwrap();
            match everything(place.path()) {
                Ok(found) => assert_eq!(found, whole, "{file}, flip {flip}"),
                Err(error) => assert!(error.is_damage(), "{file}, flip {flip}: {error:?}"),
            }
        }
    }
}

#[test]
fn a_log_cut_short_anywhere_is_found() {
    let original = tempfile::tempdir().unwrap();
    fill(original.path());
    let log = fs::read(original.path().join("db/db")).unwrap();
    let used = log.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for cut in 0..40 {
        let place = tempfile::tempdir().unwrap();
        copy(original.path(), place.path());
        fs::write(place.path().join("db/db"), &log[..cut * used / 40]).unwrap();
        let error = everything(place.path()).unwrap_err();
        assert!(error.is_damage(), "cut {cut}: {error:?}");
    }
}

#[test]
fn a_lost_journal_is_found_by_what_was_noted_as_durable() {
    let place = tempfile::tempdir().unwrap();
    fill(place.path());
    fs::remove_dir_all(place.path().join("db")).unwrap();
    for _ in 0..2 {
        let error = everything(place.path()).unwrap_err();
        let (none, all) = (Seq(0), Seq(SESSIONS));
        assert!(matches!(error, OpenError::Lost { found, durable, .. } if (found, durable) == (none, all)));
    }
}

#[test]
fn a_lost_commit_without_events_is_found_as_well() {
    let place = tempfile::tempdir().unwrap();
    let before = tempfile::tempdir().unwrap();
    {
        let (_dir, mut store, _) = open(place.path());
        store.commit(&batch(Seq(1))).unwrap();
        copy(&place.path().join("db"), &before.path().join("db"));
        store.commit(&account_alone(1)).unwrap();
    }
    fs::remove_dir_all(place.path().join("db")).unwrap();
    copy(&before.path().join("db"), &place.path().join("db"));
    let error = everything(place.path()).unwrap_err();
    assert!(matches!(error, OpenError::Lost { commits: 1, .. }), "{error:?}");
}

#[test]
fn a_place_that_cannot_be_used_is_not_called_damage() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    let error = StateDir::claim(&place.path().join("file/state")).unwrap_err();
    assert!(matches!(error, OpenError::Directory { .. }) && !error.is_damage(), "{error:?}");
    let dir = StateDir::claim(place.path()).unwrap();
    fs::write(place.path().join("db"), "a file in the way").unwrap();
    let error = Store::open(&dir, ALL).unwrap_err();
    assert!(matches!(error, OpenError::Directory { .. }) && !error.is_damage(), "{error:?}");
}

/// A store whose engine has a snapshot, a log before it and a log after it; sessions with their events, accounts
/// and changed sessions without.
fn fill(path: &Path) {
    {
        let (_dir, mut store, _) = open(path);
        (1..=SESSIONS / 2).for_each(|seq| store.commit(&batch(Seq(seq))).unwrap());
    }
    let (_dir, mut store, _) = open(path);
    (SESSIONS / 2 + 1..=SESSIONS).for_each(|seq| store.commit(&batch(Seq(seq))).unwrap());
    (1..=20).for_each(|n| store.commit(&account_alone(n)).unwrap());
    for n in 1..=20 {
        let changed = Session { successor: Some("w0".parse().unwrap()), ..begun(&format!("w{n}"), Seq(n)) };
        let mut batch = Batch::default();
        batch.put_session(&changed).unwrap();
        store.commit(&batch).unwrap();
    }
}

fn account_alone(n: u64) -> Batch {
    let mut batch = Batch::default();
    batch.put_account(&account_of(&begun(&format!("w{n}"), Seq(n)))).unwrap();
    batch
}

/// All that can be read, in order; a journal that cannot be read counts as damage.
fn everything(path: &Path) -> Result<(Vec<Session>, Vec<Account>, usize), OpenError> {
    let dir = StateDir::claim(path)?;
    let (store, contents) = Store::open(&dir, ALL)?;
    let Contents { mut sessions, mut accounts, last_seq, .. } = contents;
    sessions.sort_by(|a, b| a.w_id.cmp(&b.w_id));
    accounts.sort_by(|a, b| a.wc_id.cmp(&b.wc_id));
    let lost =
        |commits| OpenError::Lost { path: path.to_owned(), commits, found: last_seq, durable: last_seq };
    let events = store.events(Seq(0), usize::MAX).map_err(|_| lost(0))?;
    assert!(events.iter().all(|event| event.at == Timestamp::UNIX_EPOCH));
    Ok((sessions, accounts, events.len()))
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
