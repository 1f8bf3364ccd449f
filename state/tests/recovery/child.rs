//! This test binary run again as a process of its own, to be killed or starved.
//!
//! The child says `acked <seq>` after each commit that the store acknowledged, on a line of its own.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use wxlogin_state::{Contents, Seq, StateDir, Store};

use super::{ALL, batch};

const DIR: &str = "WXLOGIN_TEST_STATE_DIR";

/// Not a test by itself: what a child does, and nothing unless it is one.
#[test]
fn a_child_commits_until_it_is_stopped() {
    let Some(dir) = env::var_os(DIR) else { return };
    let dir = StateDir::claim(Path::new(&dir)).unwrap();
    let (mut store, contents): (Store, Contents) = Store::open(&dir, ALL).unwrap();
    let mut seq = contents.last_seq;
    // Ends by itself should its parent have died.
    while seq < Seq(contents.last_seq.0 + 200_000) {
        seq = seq.next();
        match store.commit(&batch(seq)) {
            // Not `println!`, which the test harness captures.
            Ok(()) => writeln!(std::io::stdout(), "acked {seq}").unwrap(),
            Err(error) => {
                let again = store.commit(&batch(seq)).unwrap_err();
                let readable = store.events(Seq(0), usize::MAX).is_ok();
                writeln!(std::io::stdout(), "failed {error:?}; again {again:?}; readable {readable}")
                    .unwrap();
                return;
            }
        }
    }
}

/// The child for `dir`. `before` is run by a shell first, in the child's process: limits, mounts.
pub(crate) fn start(dir: &Path, before: &str) -> Child {
    Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("{before} exec \"$0\" --exact child::a_child_commits_until_it_is_stopped"))
        .arg(env::current_exe().unwrap())
        .env(DIR, dir)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
