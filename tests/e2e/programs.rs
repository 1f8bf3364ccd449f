//! The programs as a newcomer meets them: `wxlogind --sandbox`, and `wxlogin-sandbox` with a daemon beside it.

use std::path::Path;
use std::process::Command;

use hyper::Method;
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use wxlogin_state::StateName;
use wxlogind::client::{Client, Filter, Target};

use crate::harness::{Host, Process, output, over_tcp, request};

#[tokio::test]
async fn the_first_command_shows_a_login_from_its_qr_to_online() {
    let home = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxlogind"));
    command
        .args(["--sandbox", "--listen", "127.0.0.1:0"])
        .env("HOME", home.path())
        .env("TMPDIR", home.path());
    let (mut program, mut said) = Process::spawn_printing(command, &home.path().join("stderr"));
    let welcome = said.until("wxloginctl --socket").await;
    assert!(welcome.contains("control API") && welcome.contains("its token"), "{welcome}");
    let socket = welcome.split("--socket ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(Path::new(&socket).starts_with(home.path()), "{socket}");

    let logins = said.until("&code=carol.1").await;
    assert_eq!(logged_in(&logins).await, 2, "{logins}");

    let phone = said.line("/phone/").await.trim().to_owned();
    let (host, path) = phone.strip_prefix("http://").unwrap().split_once('/').unwrap();
    said.until("█").await;
    let pressed = request(Method::POST, &format!("/{path}/confirm"), &json!({}));
    assert_eq!(over_tcp(host.parse().unwrap(), pressed).await.status(), 200);
    let story = said.until("is online").await;
    assert!(story.contains("qr-issued"), "{story}");

    let client = Client::new(Target::Socket(socket.into()));
    let sessions = client.all_sessions(&Filter::default()).await.unwrap();
    assert_eq!(sessions[0].state, StateName::Online);
    program.signal(Signal::INT);
    assert!(program.exited().await.success());
    said.rest().await;
    let left: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["stderr"], "something is left behind");
    assert_eq!(program.log(), "", "a newcomer sees no log unless something is wrong");
}

/// How many of the commands that a newcomer is shown log somebody in; as many as are shown where there is no curl.
async fn logged_in(said: &str) -> usize {
    let commands: Vec<&str> = said.split("\n  curl ").skip(1).collect();
    let mut done = 0;
    for command in &commands {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("command -v curl >/dev/null || exit 77; curl -s {command}"));
        let ran = output(shell).await;
        done += usize::from(
            ran.status.code() == Some(77) || String::from_utf8_lossy(&ran.stdout).contains("\"code\":200"),
        );
    }
    done
}

#[tokio::test]
async fn a_daemon_works_against_the_sandbox_on_its_own() {
    let place = TempDir::new().unwrap();
    let script = place.path().join("faults.toml");
    let rules = "[[rules]]\ncall = \"/getIPadLoginInfo\"\nfault = { status = 502 }\n";
    std::fs::write(&script, rules).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxlogin-sandbox"));
    command.args(["--listen", "127.0.0.1:0", "--autopilot=10ms", "--script"]).arg(&script);
    let (mut sandbox, mut said) = Process::spawn_printing(command, &place.path().join("stderr"));
    let base_url = said.until("http://").await.trim().to_owned();

    let host = Host::at(&base_url);
    // The sandbox's own password, as its help says.
    host.secret("password", "sandbox");
    let daemon = host.start().await;
    let w_id = daemon.begin().await;
    let online = daemon.until(&w_id, StateName::Online).await;
    assert_eq!(online.version.0, 2);
    sandbox.signal(Signal::TERM);
    assert!(sandbox.exited().await.success());
    assert!(sandbox.log().contains("/getIPadLoginInfo"), "calls are not logged");
    // A platform that is gone says nothing about who is online.
    assert_eq!(daemon.session(w_id.as_str()).await.unwrap(), online);
}
