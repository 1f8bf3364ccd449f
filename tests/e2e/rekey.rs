//! The key that tokens are sealed with: made at first start, refused where it is not the right one, renewed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use tokio::time::sleep;
use wxlogind::client::TokenFilter;

use crate::harness::{Daemon, Host, Platform, kept, output, refused, services};

/// More tokens than are sealed anew in one commit.
const MANY: usize = 700;

fn key_file(daemon: &Daemon) -> PathBuf {
    daemon.host.state().join("state.key")
}

/// What the daemon says when it does not start, which a supervisor must not try again.
async fn refusal(daemon: &Daemon) -> String {
    let started = output(daemon.host.command()).await;
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!(started.status.code(), Some(78), "{said}");
    said
}

#[tokio::test]
async fn a_key_that_is_wrong_missing_or_exposed_is_refused_with_the_way_out_and_nothing_is_lost() {
    let (_platform, mut daemon) = services().await;
    let (_other_platform, other) = services().await;
    let id = daemon.app_token("alice.1").await;
    let secret = daemon.secret_of(&id).await;
    other.app_token("bob.1").await;
    let file = key_file(&daemon);
    let key = fs::read_to_string(&file).unwrap();
    let others = fs::read_to_string(key_file(&other)).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    daemon.kill9().await;

    fs::write(&file, &others).unwrap();
    let said = refusal(&daemon).await;
    assert!(said.contains("what is given is") && said.contains("restore a backup"), "{said}");
    fs::remove_file(&file).unwrap();
    let said = format!("{said}{}", refusal(&daemon).await);
    assert!(said.contains("there is no key: give it back"), "{said}");
    assert!(!file.exists(), "a new key would open nothing");
    fs::write(&file, "not a key\n").unwrap();
    let said = format!("{said}{}", refusal(&daemon).await);
    fs::write(&file, &key).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = refusal(&daemon).await;
    assert!(exposed.contains("0644") && exposed.contains("chmod 0600"), "{exposed}");
    for line in key.lines().chain(others.lines()).filter(|line| !line.is_empty()) {
        assert!(!said.contains(line) && !exposed.contains(line), "a key is shown");
    }

    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    daemon.restart().await;
    assert_eq!(daemon.secret_of(&id).await, secret);
}

#[tokio::test]
async fn a_new_key_takes_over_and_the_old_one_opens_nothing_any_more() {
    let (_platform, mut daemon) = services().await;
    let id = daemon.app_token("alice.1").await;
    let official = daemon.official_token("carol").await;
    let (secret, official_secret) = (daemon.secret_of(&id).await, daemon.secret_of(&official).await);
    let old = fs::read_to_string(key_file(&daemon)).unwrap();
    daemon.rekey().await.unwrap();
    let new = fs::read_to_string(key_file(&daemon)).unwrap();
    assert!(new != old && !new.contains(old.trim()));
    let journal = daemon.journal().await.len();
    assert_eq!(daemon.secret_of(&id).await, secret);
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.secret_of(&id).await, secret);
    assert_eq!(daemon.secret_of(&official).await, official_secret);
    assert_eq!(daemon.journal().await.len(), journal, "a new key is no event");
    daemon.kill9().await;
    fs::write(key_file(&daemon), &old).unwrap();
    refusal(&daemon).await;
    fs::write(key_file(&daemon), &new).unwrap();
    daemon.restart().await;
    assert_eq!(daemon.secret_of(&id).await, secret);
}

#[tokio::test]
async fn a_kill_while_a_new_key_takes_over_loses_no_token() {
    let (_platform, mut daemon) = services().await;
    let login = |number: usize| {
        let daemon = &daemon;
        async move { kept(&daemon.app_login(&format!("user{number}.1")).await).unwrap() }
    };
    let ids: Vec<String> = iter(0..MANY).map(login).buffer_unordered(32).collect().await;
    let (first, last) = (daemon.secret_of(&ids[0]).await, daemon.secret_of(&ids[MANY - 1]).await);
    for pause in [0, 1, 3, 8, 20] {
        let client = daemon.host.client();
        let rekeying = tokio::spawn(async move { client.rekey().await });
        sleep(Duration::from_millis(pause)).await;
        daemon.kill9().await;
        daemon.restart().await;
        // It may have been done by then.
        let _ = rekeying.await.unwrap();
        assert_eq!(daemon.tokens(&TokenFilter::default()).await.unwrap().len(), MANY);
        assert_eq!(daemon.secret_of(&ids[0]).await, first);
        assert_eq!(daemon.secret_of(&ids[MANY - 1]).await, last);
    }
    daemon.rekey().await.unwrap();
    assert_eq!(fs::read_to_string(key_file(&daemon)).unwrap().lines().count(), 1);
    for id in &ids {
        daemon.secret_of(id).await;
    }
}

#[tokio::test]
async fn a_key_that_is_a_credential_is_not_the_daemons_to_renew() {
    let (_platform, donor) = services().await;
    donor.app_token("alice.1").await;
    let key = fs::read_to_string(key_file(&donor)).unwrap();
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services(&platform);
    let credentials = host.path("credentials");
    fs::create_dir(&credentials).unwrap();
    host.secret("credentials/state.key", &key);
    let daemon = host
        .start_by(|host| {
            let mut command = host.command();
            command.env("CREDENTIALS_DIRECTORY", host.path("credentials"));
            command
        })
        .await;
    let id = daemon.app_token("bob.1").await;
    assert!(!key_file(&daemon).exists());
    let problem = refused(daemon.rekey().await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "wrong-state"));
    assert!(problem.detail.contains("state.key"), "{problem}");
    daemon.secret_of(&id).await;
}
