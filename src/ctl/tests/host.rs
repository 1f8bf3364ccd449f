//! Backups, restores, checks and completions.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use wxlogin_state::{Contents, Retention, Seq, StateDir, Store, export};

use super::Person;
use crate::client::fake::{self, Fake};
use crate::wire::{Check, PlatformCheck, StoreCheck};

const ALL: Retention = Retention { events: 1_000 };

/// What a small store holds, without anything sealed.
fn contents() -> Contents {
    Contents { last_seq: Seq(7), ..Contents::default() }
}

fn backed_up() -> Fake {
    let fake = Fake::start();
    fake.world().backup = fake::export_of(&contents());
    fake
}

/// The last sequence number that the store in `dir` knows.
fn last_seq(dir: &Path) -> u64 {
    Store::open(&StateDir::claim(dir).unwrap(), ALL).unwrap().1.last_seq.0
}

#[tokio::test]
async fn a_backup_is_its_owners_alone_and_overwrites_nothing_unless_told() {
    let (fake, dir) = (backed_up(), tempfile::tempdir().unwrap());
    let file = dir.path().join("b.jsonl");
    let line = format!("backup {}", file.display());
    let ran = Person::absent().runs(&fake, &line).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("0 sessions, 0 accounts, 0 tokens"), "{}", ran.out);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(export::read(&file).unwrap().last_seq, Seq(7));
    fs::write(&file, "mine").unwrap();
    let ran = Person::absent().runs(&fake, &line).await;
    assert!(
        ran.status == 1 && ran.err.contains("is there already") && ran.err.contains("--force"),
        "{}",
        ran.err
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let ran = Person::absent().runs(&fake, &format!("{line} --force --json")).await;
    assert_eq!(
        (ran.json()["lastSeq"].as_u64(), &ran.json()["sealedWith"]),
        (Some(7), &serde_json::Value::Null)
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_backup_to_standard_output_is_nothing_but_the_backup() {
    let fake = backed_up();
    let ran = Person::absent().runs(&fake, "backup -").await;
    assert_eq!(ran.out.as_bytes(), fake.world().backup);
    assert!(ran.err.contains("as a secret"), "{}", ran.err);
}

#[tokio::test]
async fn a_backup_that_breaks_off_is_not_written_at_all() {
    let (fake, dir) = (backed_up(), tempfile::tempdir().unwrap());
    fake.world().backup.truncate(60);
    let file = dir.path().join("b.jsonl");
    for to in [file.to_str().unwrap(), "-"] {
        let ran = Person::absent().runs(&fake, &format!("backup {to}")).await;
        assert_eq!((ran.status, ran.out.as_str()), (1, ""));
        assert!(ran.err.contains("not whole"), "{}", ran.err);
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_restore_moves_aside_what_was_there_once_somebody_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let (file, state) = (dir.path().join("b.jsonl"), dir.path().join("state"));
    fs::write(&file, fake::export_of(&contents())).unwrap();
    let line = format!("restore {} --state-dir {}", file.display(), state.display());
    // Into a directory that holds nothing nobody has to agree.
    let ran = Person::absent().runs_with(&[], &line).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(last_seq(&state), 8);
    let ran = Person::absent().runs_with(&[], &line).await;
    assert!(ran.status == 1 && ran.err.contains("--yes"), "{}", ran.err);
    let ran = Person::typing("n\n").runs_with(&[], &line).await;
    assert!(ran.status == 1 && ran.err.contains("nothing was restored"), "{}", ran.err);
    assert_eq!(last_seq(&state), 8);
    let ran = Person::typing("y\n").runs_with(&[], &line).await;
    let aside = state.join("damaged-1");
    assert!(ran.status == 0 && ran.out.contains(aside.to_str().unwrap()), "{}", ran.out);
    assert_eq!(last_seq(&state), 9);
    let ran = Person::absent().runs_with(&[], &format!("{line} --yes --json")).await;
    assert_eq!(ran.json()["aside"], state.join("damaged-2").to_str().unwrap());
    assert_eq!(last_seq(&state), 10);
}

#[tokio::test]
async fn a_damaged_backup_and_a_directory_in_use_are_refused_before_anything_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let (file, state) = (dir.path().join("b.jsonl"), dir.path().join("state"));
    let whole = fake::export_of(&contents());
    let line = format!("restore {} --yes --state-dir {}", file.display(), state.display());
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&file, damaged).unwrap();
        let ran = Person::absent().runs_with(&[], &line).await;
        assert_eq!(ran.status, 1, "byte {at}");
    }
    assert!(!state.exists());
    fs::write(&file, whole).unwrap();
    let held = StateDir::claim(&state).unwrap();
    let ran = Person::absent().runs_with(&[], &line).await;
    let pid = format!("(pid {})", std::process::id());
    assert!(ran.status == 1 && ran.err.contains(&pid) && ran.err.contains("systemctl stop"), "{}", ran.err);
    drop(held);
    assert!(!state.join("db").exists());
    let ran = Person::absent()
        .runs_with(&[], &line.replace(" --yes", "").replace(file.to_str().unwrap(), "-"))
        .await;
    assert!(ran.status == 1 && ran.err.contains("--yes"), "{}", ran.err);
}

#[tokio::test]
async fn what_is_wrong_with_a_daemon_is_said_with_what_to_do() {
    let fake = Fake::start();
    let ran = Person::absent().runs(&fake, "check").await;
    assert!(ran.status == 1 && ran.err.contains("older than this wxloginctl"), "{}", ran.err);
    let mut check = Check {
        version: "0.1.0".to_owned(),
        store: StoreCheck { writable: true, trouble: None, bytes: Some(4096) },
        platform: PlatformCheck { answers: Some(true), trouble: None },
        accounts: 5,
        accounts_online: 3,
        sessions_in_flight: 2,
        ..Check::default()
    };
    fake.world().check = Some(check.clone());
    let ran = Person::absent().runs(&fake, "check").await;
    assert_eq!(ran.status, 0, "{}", ran.out);
    for said in ["wxlogind 0.1.0", "4 KiB", "3 of 5", "2 logins wait"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    check.store =
        StoreCheck { writable: false, trouble: Some("the disk is\x1b[2J full".to_owned()), bytes: None };
    fake.world().check = Some(check);
    let ran = Person::absent().runs(&fake, "check").await;
    assert!(
        ran.status == 1 && ran.out.contains("the disk is[2J full") && ran.out.contains("Make room"),
        "{}",
        ran.out
    );
    let ran = Person::absent().runs(&fake, "check --json").await;
    assert_eq!((ran.status, ran.json()["ok"].as_bool()), (1, Some(false)));
    let ran = Person::absent().runs_with(&["--socket", "/nonexistent/control.sock"], "check").await;
    assert_eq!(ran.status, 3);
}

#[tokio::test]
async fn a_state_directory_is_checked_without_being_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (file, state) = (dir.path().join("b.jsonl"), dir.path().join("state"));
    let line = format!("check --state-dir {}", state.display());
    let ran = Person::absent().runs_with(&[], &line).await;
    assert!(ran.status == 1 && ran.err.contains("there is no store in"), "{}", ran.err);
    assert!(!state.exists());
    fs::write(&file, fake::export_of(&contents())).unwrap();
    let restore = format!("restore {} --state-dir {}", file.display(), state.display());
    assert_eq!(Person::absent().runs_with(&[], &restore).await.status, 0);
    let log = state.join("db").join("db");
    let (before, seen) = (fs::read(&log).unwrap(), fs::read_dir(&state).unwrap().count());
    // What a daemon would clean up is none of the check's business.
    fs::write(state.join("db").join("snap.0001.generating"), "half").unwrap();
    let ran = Person::absent().runs_with(&[], &line).await;
    assert_eq!(ran.status, 0, "{}", ran.out);
    for said in ["every record is whole", "events 8 to 8", "nothing is sealed", "there is none yet"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    assert_eq!((fs::read(&log).unwrap(), fs::read_dir(&state).unwrap().count()), (before, seen));
    assert!(state.join("db").join("snap.0001.generating").exists());
    let held = StateDir::claim(&state).unwrap();
    let ran = Person::absent().runs_with(&[], &line).await;
    assert!(ran.status == 1 && ran.err.contains("without --state-dir"), "{}", ran.err);
    drop(held);
    fs::write(state.join("export"), "half").unwrap();
    let ran = Person::absent().runs_with(&[], &format!("{line} --json")).await;
    let bad: Vec<_> =
        ran.json()["findings"].as_array().unwrap().iter().filter(|f| f["ok"] == false).cloned().collect();
    assert!(ran.status == 1 && bad.len() == 1 && bad[0]["what"] == "export", "{}", ran.out);
}

#[tokio::test]
async fn each_shell_completes_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = Person::absent().runs_with(&[], &format!("completions {shell}")).await;
        assert_eq!(ran.status, 0);
        for word in ["slider-done", "backup", "at-most"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(Person::absent().runs_with(&[], "completions tcsh").await.status, 2);
}
