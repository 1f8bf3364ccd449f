//! A disk without space: the store says so, loses nothing, and goes on once there is space.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use wxlogin_state::{CommitError, ReadError, Seq, StateDir, Store};

use super::alone;
use super::child::{COMMITTING, acked, commit_until_it_fails, lines, own_dir, say, start};
use super::common::{ALL, batch, is_whole, open};

/// A limit on the size of files fails like a full disk does, and may be set anywhere. 2048 blocks are 1 MiB.
const SMALL_FILES: &str = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"";

/// A file system of its own, in which the ballast matters. It is mounted where only the child sees it.
const SMALL_DISK: &str = "exec unshare -rm /bin/sh -c \
    'mount -t tmpfs -o size=6m tmpfs \"$WXLOGIN_TEST_STATE_DIR\" && exec \"$0\" \"$@\"' \"$0\" \"$@\"";

#[test]
fn what_does_not_fit_is_refused_and_what_was_acknowledged_stays() {
    let _alone = alone();
    let place = tempfile::tempdir().unwrap();
    let mut last = Seq(0);
    for round in 0..3 {
        let mut child = start(place.path(), COMMITTING, SMALL_FILES);
        let mut failure = String::new();
        for line in lines(&mut child) {
            last = acked(&line).unwrap_or(last);
            if line.starts_with("Full") {
                failure = line;
            }
        }
        // The second child finds a file that leaves no space at all, and may fail while it opens.
        if round == 0 {
            assert!(failure.ends_with("again Poisoned"), "{failure:?}");
        }
        child.wait().unwrap();
    }
    assert!(last > Seq(100), "{last}");

    let (_dir, mut store, contents) = open(place.path());
    assert!(contents.last_seq >= last);
    is_whole(&store, &contents);
    store.commit(&batch(contents.last_seq.next())).unwrap();
}

/// What the driver does, on a disk that is full to the last byte.
#[test]
fn the_ballast_makes_room_to_open_the_store_again() {
    goes_on_in_a_small_disk("full_disk::a_child_fills_its_disk_and_goes_on_with_the_ballast");
}

/// Were it called so, the driver would put an older export in the place of a store that is whole.
#[test]
fn a_lack_of_space_is_never_called_damage() {
    goes_on_in_a_small_disk("full_disk::a_child_opens_its_store_with_ever_more_space");
}

fn goes_on_in_a_small_disk(test: &str) {
    let _alone = alone();
    let place = tempfile::tempdir().unwrap();
    let mut child = start(place.path(), test, SMALL_DISK);
    let said: Vec<String> = lines(&mut child).filter(|line| acked(line).is_none()).collect();
    let ended = child.wait().unwrap();
    if !said.iter().any(|line| line.contains("mounted")) {
        say("not shown: this place lets nobody mount a file system of their own (unshare -rm)");
        return;
    }
    assert!(ended.success() && said.iter().any(|line| line.contains("went on")), "{said:#?}");
}

/// Not a test by itself: what the child above does.
#[test]
fn a_child_fills_its_disk_and_goes_on_with_the_ballast() {
    let Some(path) = own_dir() else { return };
    say("mounted");
    let dir = StateDir::claim(&path).unwrap();
    dir.restore_ballast().unwrap();
    let (mut store, _) = Store::open(&dir, ALL).unwrap();
    let (acknowledged, error) = commit_until_it_fails(&mut store, Seq(0));
    assert!(matches!(error, CommitError::Full(_)), "{error:?}");
    assert!(matches!(store.commit(&batch(Seq(1))), Err(CommitError::Poisoned)));
    match store.events(Seq(0), usize::MAX) {
        Ok(events) => assert!(events.len() as u64 >= acknowledged.0),
        Err(error) => assert!(matches!(error, ReadError::Engine(_)), "{error:?}"),
    }
    drop(store);
    fill_to_the_last_byte(&path);
    assert!(dir.restore_ballast().is_ok(), "it is there still");
    must_not_be_called_damage(&dir);

    dir.release_ballast().unwrap();
    let (mut store, contents) = Store::open(&dir, ALL).unwrap();
    assert!(contents.last_seq >= acknowledged);
    is_whole(&store, &contents);
    store.commit(&batch(contents.last_seq.next())).unwrap();
    say("went on");
}

/// Not a test by itself: what a child does to learn how opening fails for want of space, from none at all on.
#[test]
fn a_child_opens_its_store_with_ever_more_space() {
    let Some(path) = own_dir() else { return };
    say("mounted");
    let dir = StateDir::claim(&path).unwrap();
    dir.restore_ballast().unwrap();
    let (mut store, _) = Store::open(&dir, ALL).unwrap();
    let (acknowledged, _) = commit_until_it_fails(&mut store, Seq(0));
    drop(store);
    dir.release_ballast().unwrap();
    let other = fill_to_the_last_byte(&path);
    let mut failures = 0;
    while other.metadata().unwrap().len() > 0 {
        match Store::open(&dir, ALL) {
            Ok((store, contents)) => {
                assert!(contents.last_seq >= acknowledged);
                is_whole(&store, &contents);
                say(&format!("went on after {failures}"));
                return;
            }
            Err(error) => assert!(!error.is_damage(), "{error:?}"),
        }
        failures += 1;
        other.set_len(other.metadata().unwrap().len().saturating_sub(4096)).unwrap();
    }
}

fn must_not_be_called_damage(dir: &StateDir) {
    if let Err(error) = Store::open(dir, ALL) {
        assert!(!error.is_damage(), "{error:?}");
    }
}

fn fill_to_the_last_byte(path: &Path) -> File {
    let mut file = File::create(path.join("other")).unwrap();
    for size in [4096, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
    file
}
