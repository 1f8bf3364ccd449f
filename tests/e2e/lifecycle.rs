//! What a running daemon leaves on its host, what it tells its supervisor, and reloading.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use crate::harness::{Daemon, Host, Platform, world};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_the_daemon_makes_is_open_to_whom_it_should_be() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    daemon.begin().await;
    assert_eq!(mode(&daemon.host.socket()), 0o660);
    assert_eq!(mode(&daemon.host.state()), 0o700);
    assert_eq!(mode(&daemon.host.state().join("control.token")), 0o640);
    for entry in fs::read_dir(daemon.host.state()).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("control.token") {
            assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_daemon_without_tcp_makes_no_token() {
    let (_platform, daemon) = world().await;
    assert!(!daemon.host.state().join("control.token").exists());
}

#[tokio::test]
async fn the_socket_of_a_killed_daemon_is_no_obstacle() {
    let (_platform, mut daemon) = world().await;
    daemon.kill9().await;
    assert!(daemon.host.socket().exists());
    daemon.restart().await;
    daemon.health().await.unwrap();
}

#[tokio::test]
async fn the_supervisor_hears_how_things_stand() {
    let (platform, mut daemon) = world().await;
    daemon.online(&platform).await;
    daemon.begin().await;
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.hear("STATUS").await, "1 online, 1 logging in, 1 accounts known");
    daemon.process.signal(Signal::TERM);
    daemon.hear("STOPPING").await;
    assert!(daemon.process.exited().await.success());
}

#[tokio::test]
async fn the_watchdog_is_fed_while_the_daemon_lives() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform)
        .start_by(|host| {
            let mut command = host.command();
            command.env("WATCHDOG_USEC", "300000");
            command
        })
        .await;
    let (begun, fed) = (Instant::now(), 5);
    for _ in 0..fed {
        assert_eq!(daemon.hear("WATCHDOG").await, "1");
    }
    // Well before it bites, and not as fast as it can.
    assert!(begun.elapsed() > Duration::from_millis(100) * (fed - 2), "{:?}", begun.elapsed());
}

/// How long the QR of a new login is valid.
async fn validity(daemon: &Daemon) -> Duration {
    let w_id = daemon.begin().await;
    let qr = daemon.session(w_id.as_str()).await.unwrap().qr.unwrap();
    qr.expires_at.duration_since(qr.issued_at).try_into().unwrap()
}

#[tokio::test]
async fn a_reload_takes_over_what_is_new() {
    let (_platform, daemon) = world().await;
    assert_eq!(validity(&daemon).await, Duration::from_mins(5));
    daemon.host.configure("qr_valid_for = \"20m\"\nauto_check = true");
    daemon.process.signal(Signal::HUP);
    daemon.hear("RELOADING").await;
    daemon.hear("READY").await;
    assert_eq!(validity(&daemon).await, Duration::from_mins(20));
    let log = daemon.process.log();
    assert!(log.contains("device.auto_check"), "what needs a restart is not named:\n{log}");
    assert!(!log.contains("device.base_url"), "{log}");
}

#[tokio::test]
async fn a_reload_that_fails_keeps_everything_and_says_why() {
    let (_platform, daemon) = world().await;
    daemon.host.configure("qr_valid_for = 5");
    daemon.process.signal(Signal::HUP);
    daemon.hear("RELOADING").await;
    daemon.hear("READY").await;
    assert_eq!(validity(&daemon).await, Duration::from_mins(5));
    let log = daemon.process.log();
    assert!(log.contains("reloading failed") && log.contains("device.qr_valid_for"), "{log}");
    daemon.ready().await.unwrap();
}
