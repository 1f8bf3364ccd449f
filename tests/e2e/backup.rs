//! Backups of a daemon at work, and what becomes of them: the same sessions, accounts and tokens, or a refusal.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use wxlogin_state::{
    Batch, Contents, Generation, Obtained, Pair, Plain, Retention, Secret, StateDir, StateName, Store,
    System, Token, TokenRules, export, seal::SealCheck,
};

use crate::ctl::{printed, program, words};
use crate::harness::{Daemon, Host, Platform, output, world};

const ALL: Retention = Retention { events: u64::MAX };

/// A backup of this daemon.
async fn backup(daemon: &Daemon, name: &str) -> (PathBuf, Contents) {
    let file = daemon.host.path(name);
    printed(daemon, &format!("backup {}", file.display()), 0).await;
    let contents = export::read(&file).unwrap();
    (file, contents)
}

/// Restores into a state directory; what it says, on standard output or on standard error, and how it exits.
async fn restore(file: &Path, state: &Path) -> (Option<i32>, String) {
    let (file, state) = (file.to_str().unwrap(), state.to_str().unwrap());
    let ran = output(program(&["restore", file, "--yes", "--state-dir", state])).await;
    let said =
        if ran.status.success() { String::from_utf8(ran.stdout.clone()).unwrap() } else { words(&ran) };
    (ran.status.code(), said)
}

/// Every account is in it as its login is.
fn assert_consistent(contents: &Contents) {
    for account in &contents.accounts {
        let Some(w_id) = &account.current_w_id else { continue };
        let session = contents.sessions.iter().find(|session| session.w_id == *w_id);
        let session = session.unwrap_or_else(|| panic!("{} has {w_id}, which is not there", account.wc_id));
        assert_eq!(session.state.name(), StateName::Online);
    }
    let online = contents.sessions.iter().filter(|session| session.state.name() == StateName::Online).count();
    assert_eq!(online, contents.accounts.iter().filter(|account| account.current_w_id.is_some()).count());
}

#[tokio::test]
async fn a_backup_amid_logins_is_of_one_moment_and_holds_what_was_acknowledged_before() {
    let (platform, daemon) = world().await;
    let client = daemon.host.client();
    let logins = async {
        for _ in 0..15 {
            daemon.online(&platform).await;
        }
    };
    let backups = async {
        let mut last = 0;
        for n in 0..6 {
            let known = client.accounts().await.unwrap().len();
            let (_, contents) = backup(&daemon, &format!("backup-{n}")).await;
            assert_consistent(&contents);
            assert!(contents.accounts.len() >= known && contents.last_seq.0 >= last);
            last = contents.last_seq.0;
        }
    };
    tokio::join!(logins, backups);
    let log = daemon.process.log();
    assert!(log.contains("a backup is taken") && log.contains("uid="), "nobody is told who took it");
}

#[tokio::test]
async fn a_restored_daemon_has_the_same_sessions_and_accounts() {
    let (platform, mut daemon) = world().await;
    for _ in 0..3 {
        daemon.online(&platform).await;
    }
    let waiting = daemon.begin().await;
    let (file, _) = backup(&daemon, "backup").await;
    let (sessions, accounts) = (daemon.list().await, daemon.accounts().await.unwrap());
    // What comes after the backup is lost with the restore.
    let later = daemon.begin().await;

    let state = daemon.host.state();
    let (status, said) = restore(&file, &state).await;
    let pid = format!("pid {}", daemon.process.pid());
    assert!(status == Some(1) && said.contains(&pid) && said.contains("systemctl stop"), "{said}");
    daemon.stop().await;
    let (status, said) = restore(&file, &state).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("4 sessions, 3 accounts") && said.contains("damaged-1"), "{said}");
    daemon.restart().await;
    assert_eq!(daemon.list().await, sessions);
    assert_eq!(daemon.accounts().await.unwrap(), accounts);
    assert!(daemon.session(later.as_str()).await.unwrap_err().is_not_found());
    platform.phone(&waiting, "confirm").await;
    daemon.until(&waiting, StateName::Online).await;
    // The platform's key is restored as well: nobody logs in there anew.
    assert_eq!(platform.calls("/member/login").await, 1);
}

/// A token as a login brings it, and the keys it is sealed with, in the state directory of a host.
fn with_token(host: &Host) -> Token {
    let dir = StateDir::claim(&host.state()).unwrap();
    let (mut store, contents) = Store::open(&dir, ALL).unwrap();
    let keys = dir.make_key(&contents).unwrap();
    let expires_at: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let plain = Plain { access: Secret::new("access-SECRET"), expires_at, refresh: None };
    let pair = Pair::seal(&plain, &"app-1".parse().unwrap(), Generation(1), &keys).unwrap();
    let obtained = Obtained { system: System::App, app: "key1".to_owned(), uid: None, pair };
    let token =
        Token::obtained(obtained, "2026-01-01T00:00:00Z".parse().unwrap(), &TokenRules::DEFAULT).token;
    let mut batch = Batch::default();
    batch.put_token(&token).unwrap();
    batch.put_seal(&SealCheck::new(&keys).unwrap()).unwrap();
    store.commit(&batch).unwrap();
    token
}

#[tokio::test]
async fn tokens_are_restored_with_the_key_of_their_time_and_with_no_other() {
    let platform = Platform::start().await;
    let host = Host::against(&platform);
    let token = with_token(&host);
    let mut daemon = host.start().await;
    let file = daemon.host.path("backup");
    let said = printed(&daemon, &format!("backup {}", file.display()), 0).await;
    assert!(said.contains("1 token") && said.contains("state.key"), "{said}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("SECRET") && !text.contains("wxlogind-key-1"), "{text}");
    daemon.stop().await;

    let state = daemon.host.path("elsewhere");
    let (status, said) = restore(&file, &state).await;
    assert!(status == Some(1) && said.contains("there is no key") && said.contains("--key-file"), "{said}");
    drop(StateDir::claim(&state).unwrap().make_key(&Contents::default()).unwrap());
    let (status, said) = restore(&file, &state).await;
    assert!(status == Some(1) && said.contains("what is given is"), "{said}");
    assert!(!state.join("db").exists());
    fs::copy(daemon.host.state().join("state.key"), state.join("state.key")).unwrap();
    let (status, said) = restore(&file, &state).await;
    assert_eq!(status, Some(0), "{said}");
    let (_, restored) = Store::open(&StateDir::claim(&state).unwrap(), ALL).unwrap();
    assert_eq!(restored.tokens, [token]);
}

#[tokio::test]
async fn a_damaged_backup_restores_nothing() {
    let (platform, mut daemon) = world().await;
    daemon.online(&platform).await;
    let (file, _) = backup(&daemon, "backup").await;
    let sessions = daemon.list().await;
    daemon.stop().await;
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (status, said) = restore(&file, &daemon.host.state()).await;
    assert!(status == Some(1) && said.contains("its checksum is another one"), "{said}");
    daemon.restart().await;
    assert_eq!(daemon.list().await, sessions);
}

#[tokio::test]
async fn a_backup_needs_the_token_where_everything_does() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    let url = format!("http://{}", daemon.tcp());
    let take = |token: PathBuf| {
        output(program(&["--url", &url, "--token-file", token.to_str().unwrap(), "backup", "-"]))
    };
    let taken = take(daemon.host.state().join("control.token")).await;
    assert!(taken.status.success() && taken.stdout.starts_with(b"{\"wxlogindExport\":"), "{}", words(&taken));
    let refused = take(daemon.host.secret("wrong", "00000000000000000000")).await;
    assert!(refused.status.code() == Some(1) && refused.stdout.is_empty(), "{}", words(&refused));
}
