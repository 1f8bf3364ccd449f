//! Starting with a configuration that cannot be: exit status 78, and a message that says what to do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tokio::net::{TcpListener, UnixListener};

use crate::harness::{Host, Platform, output};

/// `EX_CONFIG`: the supervisor need not try again.
const CONFIG: Option<i32> = Some(78);

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A host whose configuration is this text.
fn host(text: &str) -> Host {
    let host = Host::at("http://127.0.0.1:9");
    std::fs::write(host.config(), text).unwrap();
    host
}

const FAULTY: &str = "\
[state]
dirr = \"/tmp/x\"
[control]
listen = \"0.0.0.0:7430\"
[device]
base_url = \"ftp://platform\"
poll_timeout = 250
proxy = 99
";

#[tokio::test]
async fn every_fault_is_named_at_once_with_line_and_key() {
    let host = host(FAULTY);
    let started = output(host.command()).await;
    assert_eq!(started.status.code(), CONFIG);
    let mut check = host.command();
    check.arg("--check-config");
    let checked = output(check).await;
    assert_eq!(checked.status.code(), CONFIG);
    assert_eq!(stderr(&started), stderr(&checked));
    for fault in [
        "config.toml:2: state.dirr:",
        "config.toml:4: control.listen:",
        "config.toml:6: device.base_url:",
        "config.toml:7: device.poll_timeout:",
        "config.toml:8: device.proxy:",
        "device.password_file:",
    ] {
        assert!(stderr(&started).contains(fault), "{fault} is missing in:\n{}", stderr(&started));
    }
    assert!(!host.state().exists());
}

#[tokio::test]
async fn a_configuration_without_faults_is_said_to_have_none() {
    let host = Host::at("http://127.0.0.1:9");
    host.configure("");
    let mut command = host.command();
    command.arg("--check-config");
    let checked = output(command).await;
    assert!(checked.status.success(), "{}", stderr(&checked));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("no faults"));
    assert!(!host.state().exists(), "a check makes nothing");
}

#[tokio::test]
async fn a_start_without_a_configuration_names_both_ways_to_start() {
    if Path::new(wxlogind::config::DEFAULT_FILE).exists() {
        eprintln!("not shown: this host has a configuration of its own");
        return;
    }
    let started = output(Host::at("http://127.0.0.1:9").bare_command()).await;
    assert_eq!(started.status.code(), CONFIG);
    for way in ["wxlogind --sandbox", "wxlogind --config FILE"] {
        assert!(stderr(&started).contains(way), "{}", stderr(&started));
    }
}

#[tokio::test]
async fn a_secret_that_others_can_read_is_refused_by_name() {
    let host = Host::at("http://127.0.0.1:9");
    host.configure("");
    let password = host.path("password");
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o644)).unwrap();
    let started = output(host.command()).await;
    assert_eq!(started.status.code(), CONFIG);
    assert!(stderr(&started).contains(password.to_str().unwrap()), "{}", stderr(&started));
}

#[tokio::test]
async fn a_state_directory_in_use_names_the_process_that_uses_it() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).start().await;
    let mut second = daemon.host.command();
    second.arg("--socket").arg(daemon.host.path("other.sock"));
    let started = output(second).await;
    assert_eq!(started.status.code(), CONFIG);
    let pid = format!("pid {}", daemon.process.pid());
    assert!(stderr(&started).contains(&pid), "{}", stderr(&started));
    daemon.health().await.unwrap();
}

#[tokio::test]
async fn a_socket_that_somebody_listens_on_is_left_alone() {
    let host = Host::at("http://127.0.0.1:9");
    host.configure("");
    let somebody = UnixListener::bind(host.socket()).unwrap();
    let started = output(host.command()).await;
    assert_eq!(started.status.code(), CONFIG);
    let socket = host.socket();
    assert!(stderr(&started).contains(socket.to_str().unwrap()), "{}", stderr(&started));
    assert!(stderr(&started).contains("another process listens there"), "{}", stderr(&started));
    // Still theirs: the look whether somebody listens has come by.
    somebody.accept().await.unwrap();
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_may_be_free_at_the_next_try() {
    let host = Host::at("http://127.0.0.1:9");
    host.configure("");
    let somebody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = somebody.local_addr().unwrap().to_string();
    let mut command = host.command();
    command.args(["--listen", &address]);
    let started = output(command).await;
    assert_eq!(started.status.code(), Some(1));
    assert!(stderr(&started).contains(&format!("control.listen {address}")), "{}", stderr(&started));
}

#[tokio::test]
async fn wrong_usage_is_told_apart_from_a_wrong_configuration() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxlogind"));
    command.arg("--sandbocks");
    let started = output(command).await;
    assert_eq!(started.status.code(), Some(2));
    assert!(stderr(&started).contains("--sandbox"), "{}", stderr(&started));
}
