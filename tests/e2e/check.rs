//! `wxloginctl check` of real daemons and of what they leave.

use std::fs;

use serde_json::{Value, json};

use crate::ctl::{printed, program, words};
use crate::harness::{output, world};

#[tokio::test]
async fn a_daemon_that_is_well_says_so_and_one_that_is_gone_does_not() {
    let (platform, mut daemon) = world().await;
    daemon.online(&platform).await;
    daemon.begin().await;
    let said = printed(&daemon, "check", 0).await;
    for part in [env!("CARGO_PKG_VERSION"), "takes changes", "1 of 1 online", "1 login waits"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said: Value = serde_json::from_str(&printed(&daemon, "check --json", 0).await).unwrap();
    assert_eq!(said["ok"], true);
    daemon.stop().await;
    printed(&daemon, "check", 3).await;
}

#[tokio::test]
async fn a_platform_that_does_not_answer_is_found() {
    let (platform, daemon) = world().await;
    platform.script(&json!({"call": "/queryLoginWx", "times": 1000, "fault": {"status": 502}})).await;
    let mut daemon = daemon;
    daemon.kill9().await;
    daemon.restart().await;
    // A list that fails is asked for again soon.
    platform.until("it was asked twice", |state| state["calls"]["/queryLoginWx"].as_u64() > Some(2)).await;
    let check = daemon.check().await.unwrap();
    assert_eq!(check.platform.answers, Some(false));
    let ran = output({
        let socket = daemon.host.socket();
        program(&["--socket", socket.to_str().unwrap(), "check"])
    })
    .await;
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.code() == Some(1) && said.contains("BAD  platform") && said.contains("base_url"),
        "{said}"
    );
}

#[tokio::test]
async fn a_state_directory_is_checked_while_nobody_uses_it() {
    let (platform, mut daemon) = world().await;
    daemon.online(&platform).await;
    let state = daemon.host.state();
    let check = || output(program(&["check", "--state-dir", state.to_str().unwrap()]));
    let refused = check().await;
    assert!(refused.status.code() == Some(1) && words(&refused).contains("pid"), "{}", words(&refused));
    daemon.kill9().await;
    let killed = check().await;
    let said = String::from_utf8_lossy(&killed.stdout);
    assert!(killed.status.success() && said.contains("1 session, 1 account"), "{said}{}", words(&killed));
    daemon.restart().await;
    daemon.stop().await;
    let log = state.join("db").join("db");
    let mut bytes = fs::read(&log).unwrap();
    // The nickname is part of a record.
    let at = bytes.windows(4).position(|window| window == b"wcId").unwrap();
    bytes[at] ^= 1;
    fs::write(&log, bytes).unwrap();
    let damaged = check().await;
    let said = String::from_utf8_lossy(&damaged.stdout);
    assert!(damaged.status.code() == Some(1) && said.contains("BAD  store"), "{said}{}", words(&damaged));
    assert!(said.contains("ok   export"), "{said}");
}
