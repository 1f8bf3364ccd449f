//! A state directory that no daemon uses: its store, its journal, its keys, its export.
//!
//! Opening a store writes: what a crash interrupted is ended, logs are cut. So a copy is opened, in a temporary
//! directory ($TMPDIR, which needs room for it), and the directory itself is only read; but for its lock, which is
//! held so that no daemon begins meanwhile.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;
use wxlogin_state::{Contents, Retention, Seq, StateDir, Store, export};

use super::Finding;
use crate::ctl::backup::Holds;
use crate::ctl::failure::Failure;
use crate::ctl::offline;
use crate::logging;

/// What to do about a daemon that runs.
const ASK: &str =
    "A daemon that runs is asked by wxloginctl check without --state-dir; to check the store, stop it.";

/// What to do about a store that is damaged.
const RESTORE: &str =
    "The daemon restores it from its export when it starts; an older backup by hand: wxloginctl restore FILE";

/// Everything of a store, however much of the journal there is.
const ALL: Retention = Retention { events: u64::MAX };

/// Events that are read at a time.
const PAGE: usize = 1_000;

/// What lies in the directory beside the store that opening it looks at.
const BESIDE: [&str; 2] = ["durable", "db.part"];

pub(super) fn findings(dir: &Path, key_file: Option<&Path>) -> Result<Vec<Finding>, Failure> {
    // The lock is made by the first daemon; made by this program it could be somebody else's.
    if !offline::has_store(dir) || !dir.join("lock").exists() {
        return Err(Failure::Sentence(format!("there is no store in {}", dir.display())));
    }
    let claimed = offline::claim(dir, ASK)?;
    let unread = |source| Failure::File { path: dir.to_owned(), source };
    let copy = tempfile::Builder::new().prefix("wxlogind-check-").tempdir().map_err(unread)?;
    copy_store(dir, &copy).map_err(unread)?;
    let scratch = StateDir::claim(copy.path())?;
    let mut findings = Vec::new();
    match Store::open(&scratch, ALL) {
        Ok((store, contents)) => {
            let (holds, events) = (Holds::of(&contents), journal(&store));
            findings.push(Finding::good("store", format!("every record is whole: {holds}")));
            findings.push(events);
            findings.push(keys(&claimed, key_file, &contents));
        }
        Err(error) => findings.push(Finding::bad("store", logging::chain(&error), RESTORE)),
    }
    findings.push(last_export(dir));
    Ok(findings)
}

fn copy_store(dir: &Path, to: &TempDir) -> io::Result<()> {
    for name in offline::STORE.iter().chain(&BESIDE) {
        copy(&dir.join(name), &to.path().join(name))?;
    }
    Ok(())
}

/// Copies files and directories; what is neither, or not there, is none of the store's.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(from) else { return Ok(()) };
    if metadata.is_file() {
        fs::copy(from, to)?;
    } else if metadata.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Reads all of it: no page may be damaged, no event missing.
fn journal(store: &Store) -> Finding {
    let (mut first, mut last) = (None, Seq::default());
    loop {
        match store.events(last, PAGE) {
            Ok(events) => {
                first = first.or(events.first().map(|event| event.seq));
                match events.last() {
                    Some(event) => last = event.seq,
                    None => break,
                }
            }
            Err(error) => {
                return Finding::bad(
                    "journal",
                    format!("after event {last}: {}", logging::chain(&error)),
                    RESTORE,
                );
            }
        }
    }
    Finding::good(
        "journal",
        match first {
            Some(first) => format!("events {first} to {last}"),
            None => "no events yet".to_owned(),
        },
    )
}

fn keys(dir: &StateDir, named: Option<&Path>, contents: &Contents) -> Finding {
    let todo =
        "Give that key back: as DIR/state.key (mode 0600), or as the credential state.key (--key-file here).";
    let keys = match offline::keys(dir, named) {
        Ok(keys) => keys,
        Err(error) => return Finding::bad("keys", logging::chain(&error), todo),
    };
    match (offline::open_all(contents, keys.as_ref()), &contents.seal) {
        (Err(why), _) => Finding::bad("keys", why, todo),
        (Ok(()), None) => Finding::good("keys", "nothing is sealed"),
        (Ok(()), Some(seal)) => {
            Finding::good("keys", format!("every token opens; the key is {}", seal.key()))
        }
    }
}

fn last_export(dir: &Path) -> Finding {
    let path = dir.join("export");
    if !path.exists() {
        return Finding::good("export", "there is none yet; the daemon writes one when it starts");
    }
    match export::read(&path) {
        Ok(contents) => Finding::good("export", format!("it is whole: {}", Holds::of(&contents))),
        Err(error) => Finding::bad(
            "export",
            logging::chain(&error),
            "The daemon writes another one when it starts; take a backup once it runs: wxloginctl backup FILE",
        ),
    }
}
