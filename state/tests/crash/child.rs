//! This test binary run again as a process of its own, to be killed or starved.
//!
//! The child says `acked <seq>` after each commit that the store acknowledged, on a line of its own.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use wxlogin_state::{CommitError, Seq, StateDir, Store};

use super::common::{ALL, batch};

const DIR: &str = "WXLOGIN_TEST_STATE_DIR";

/// The test that a committing child runs.
pub(crate) const COMMITTING: &str = "child::a_child_commits_until_it_is_stopped";

/// Not a test by itself: what a child does, and nothing unless it is one.
#[test]
fn a_child_commits_until_it_is_stopped() {
    let Some(dir) = own_dir() else { return };
    let dir = StateDir::claim(&dir).unwrap();
    let (mut store, contents) = Store::open(&dir, ALL).unwrap();
    let (_, error) = commit_until_it_fails(&mut store, contents.last_seq);
    let again = store.commit(&batch(Seq(1))).unwrap_err();
    say(&format!("{error:?}; again {again:?}"));
}

/// Commits one event after another, says each, and gives the last one that was acknowledged. Stops by itself
/// should its parent have died.
pub(crate) fn commit_until_it_fails(store: &mut Store, mut last: Seq) -> (Seq, CommitError) {
    for _ in 0..200_000 {
        match store.commit(&batch(last.next())) {
            Ok(()) => last = last.next(),
            Err(error) => return (last, error),
        }
        say(&format!("acked {last}"));
    }
    panic!("nobody stopped it");
}

#[expect(clippy::explicit_write, reason = "the test harness captures what println! prints")]
pub(crate) fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

/// Where a child is to work; `None` in the parent.
pub(crate) fn own_dir() -> Option<PathBuf> {
    env::var_os(DIR).map(PathBuf::from)
}

/// Runs `test` of this binary in a child that works in `dir`. `command` starts it: a shell's words, in which `$0`
/// stands for the test.
pub(crate) fn start(dir: &Path, test: &str, command: &str) -> Child {
    Command::new("/bin/sh")
        .args(["-c", command])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test])
        .env(DIR, dir)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A child that commits until it is stopped.
pub(crate) fn committing(dir: &Path) -> Child {
    start(dir, COMMITTING, "exec \"$0\" \"$@\"")
}

/// What the child says, line by line, until it ends.
pub(crate) fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let stdout: ChildStdout = child.stdout.take().unwrap();
    BufReader::new(stdout).lines().map_while(Result::ok)
}

/// The number in an `acked` line.
pub(crate) fn acked(line: &str) -> Option<Seq> {
    line.strip_prefix("acked ")?.parse().ok().map(Seq)
}
