//! A full disk: changes are refused, reading goes on, and once there is room everything goes on by itself.
//!
//! The state directory lies on a small file system of its own, in a mount namespace that only the daemon is in;
//! the test reaches it through `/proc/<pid>/root`.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use wxlogin_state::StateName;
use wxlogind::wire::CreateSession;

use crate::harness::{
    APP_LOGIN, APP_LOGOUT, Daemon, Host, OFFICIAL_LOGIN, PATIENCE, Platform, get, output, refused, value,
};

/// Mounts a small file system and becomes the program: directory, program and arguments follow.
const ON_A_SMALL_DISK: &str = "mount -t tmpfs -o size=8m,mode=0700 tmpfs \"$0\" && exec \"$@\"";

/// The same, with nothing left on it.
const ON_A_FULL_DISK: &str =
    "mount -t tmpfs -o size=1m,mode=0700 tmpfs \"$0\" && head -c 2m /dev/zero > \"$0/filler\"; exec \"$@\"";

/// Far more logins than a full disk takes: what is left are bytes, and a login needs hundreds.
const MORE_THAN_FIT: usize = 10_000;

/// Between two looks at `/readyz`, which has no blocking read.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

fn on_a_small_disk(command: &Command, place: &Path) -> Command {
    on_a_disk(ON_A_SMALL_DISK, command, place)
}

fn on_a_disk(disk: &str, command: &Command, place: &Path) -> Command {
    let mut outer = Command::new("unshare");
    outer.args(["--user", "--map-root-user", "--mount", "sh", "-c", disk]).arg(place);
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// Whether this host lets a test mount something where nobody else sees it. In CI it must.
async fn can_mount() -> bool {
    let place = tempfile::tempdir().unwrap();
    let tried = on_a_small_disk(&Command::new("true"), place.path());
    let there = env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join("unshare").exists()));
    let can = there && output(tried).await.status.success();
    if !can {
        let why = "this host lets nobody mount a file system of their own";
        assert!(env::var_os("CI").is_none(), "{why}");
        eprintln!("not shown: {why}");
    }
    can
}

/// Takes every byte that is left in a directory.
fn fill(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    let mut filler = File::create(&path).unwrap();
    for size in [64 * 1024, 4096, 1] {
        while filler.write_all(&vec![b'x'; size]).is_ok() {}
    }
    path
}

/// Begins logins until one is refused; those that were acknowledged.
async fn begin_until_refused(daemon: &Daemon) -> usize {
    for begun in 0..MORE_THAN_FIT {
        if let Err(error) = daemon.create(&CreateSession::default()).await {
            let problem = error.problem().expect("no answer at all");
            assert_eq!((problem.status, problem.code.as_str()), (507, "store-full"), "{problem:?}");
            return begun;
        }
    }
    panic!("the disk is never full");
}

async fn until_ready(daemon: &Daemon) {
    let looking = async {
        while daemon.ready().await.is_err() {
            sleep(LOOK_AGAIN).await;
        }
    };
    timeout(PATIENCE, looking).await.expect("the daemon does not recover");
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_recovered_from() {
    if !can_mount().await {
        return;
    }
    let platform = Platform::start().await;
    let host = Host::against(&platform);
    fs::create_dir(host.state()).unwrap();
    let daemon = host.start_by(|host| on_a_small_disk(&host.command(), &host.state())).await;
    let inside = PathBuf::from(format!("/proc/{}/root", daemon.process.pid()));
    let disk = inside.join(daemon.host.state().strip_prefix("/").unwrap());
    let waiting = daemon.begin().await;
    let online = daemon.online(&platform).await.w_id;

    let mut fillers = vec![fill(&disk, "filler")];
    begin_until_refused(&daemon).await;
    // The daemon has freed what it holds back for this moment; somebody takes that, too.
    fillers.push(fill(&disk, "more"));
    let unready = daemon.send(get("/readyz")).await;
    assert_eq!(unready.status(), 503);
    let reason = value(&unready)["detail"].as_str().unwrap().to_owned();
    assert!(reason.contains("full"), "{reason}");
    daemon.health().await.unwrap();
    let acknowledged = daemon.everything().await;

    // The platform's answer comes while nothing can be written. It is kept until it can.
    platform.phone(&waiting, "confirm").await;
    platform.until("the answer is out", |state| state["world"]["logins"][0]["pollsOpen"] == 0).await;
    assert_eq!(daemon.session(waiting.as_str()).await.unwrap().state, StateName::QrIssued);
    let calls = platform.calls("/iPadLogin").await;
    assert_eq!(refused(daemon.create(&CreateSession::default()).await).code.as_str(), "store-full");
    assert_eq!(refused(daemon.end(waiting.as_str()).await).code.as_str(), "store-full");
    assert_eq!(refused(daemon.end(online.as_str()).await).code.as_str(), "store-full");
    // What cannot be noted is not done.
    assert_eq!(platform.calls("/iPadLogin").await, calls);
    assert_eq!(platform.login(&online).await["stage"], "online");

    for filler in fillers {
        fs::remove_file(filler).unwrap();
    }
    until_ready(&daemon).await;
    daemon.until(&waiting, StateName::Online).await;
    let now = daemon.everything().await;
    assert_eq!(now.len(), acknowledged.len());
    for (now, then) in now.iter().zip(&acknowledged).filter(|(now, _)| now.w_id != waiting) {
        assert_eq!(now, then);
    }
    daemon.begin().await;
    assert_eq!(platform.state().await["world"]["overlappingPolls"], 0);
}

#[tokio::test]
async fn no_code_is_spent_on_a_token_that_a_full_disk_cannot_keep() {
    if !can_mount().await {
        return;
    }
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_services(&platform);
    fs::create_dir(host.state()).unwrap();
    let daemon = host.start_by(|host| on_a_small_disk(&host.command(), &host.state())).await;
    let inside = PathBuf::from(format!("/proc/{}/root", daemon.process.pid()));
    let disk = inside.join(daemon.host.state().strip_prefix("/").unwrap());
    let id = daemon.app_token("alice.1").await;
    let mut fillers = vec![fill(&disk, "filler")];
    begin_until_refused(&daemon).await;
    fillers.push(fill(&disk, "more"));

    assert_eq!(value(&daemon.app_login("bob.1").await)["code"], 400_193);
    assert_eq!(value(&daemon.official_login("carol").await)["code"], 5367);
    assert_eq!(refused(daemon.forget_token(&id).await).code.as_str(), "store-full");
    assert_eq!((platform.calls(APP_LOGIN).await, platform.calls(OFFICIAL_LOGIN).await), (1, 0));
    assert_eq!(platform.calls(APP_LOGOUT).await, 0);
    daemon.secret_of(&id).await;

    for filler in fillers {
        fs::remove_file(filler).unwrap();
    }
    until_ready(&daemon).await;
    daemon.app_token("bob.1").await;
    daemon.official_token("carol").await;
    daemon.forget_token(&id).await.unwrap();
}

#[tokio::test]
async fn a_start_on_a_full_disk_may_be_tried_again() {
    if !can_mount().await {
        return;
    }
    let host = Host::at("http://127.0.0.1:9");
    host.configure("");
    fs::create_dir(host.state()).unwrap();
    let started = output(on_a_disk(ON_A_FULL_DISK, &host.command(), &host.state())).await;
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(said.contains("No space left"), "{said}");
    // Not 78: with that a supervisor gives up, and whoever makes room thinks of no daemon.
    assert_eq!(started.status.code(), Some(1), "{said}");
}
