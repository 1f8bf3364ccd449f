//! A process that is killed at any moment loses nothing that it acknowledged, and does not keep the next one out.

use wxlogin_state::{OpenError, Seq, StateDir, Store};

use super::alone;
use super::child::{acked, committing, lines};
use super::common::{ALL, is_whole, open};

const KILLS: usize = 30;

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let _alone = alone();
    let place = tempfile::tempdir().unwrap();
    let mut last = Seq(0);
    for kill in 0..KILLS {
        let mut child = committing(place.path());
        // Each time at another moment: after some acknowledgements, or (every fifth) while it is still opening.
        let wait_for = if kill % 5 == 4 { 0 } else { 1 + kill * 7 };
        let mut said = lines(&mut child);
        if let Some(seq) = said.by_ref().filter_map(|line| acked(&line)).take(wait_for).last() {
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
    assert!(last > Seq(30), "the children were killed before they did anything");
}

#[test]
fn a_second_process_is_told_who_has_the_directory() {
    let _alone = alone();
    let place = tempfile::tempdir().unwrap();
    let mut child = committing(place.path());
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
