//! `wxloginctl login --from` with phones that scan by themselves.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use wxlogin_state::StateName;
use wxlogind::sandbox::SandboxSettings;

use crate::ctl::{printed, program, words};
use crate::harness::{Host, Platform, output};

#[tokio::test]
async fn a_dozen_shops_log_in_from_a_file_once_however_often_it_is_run() {
    let pace = Some(Duration::from_millis(50));
    let settings = SandboxSettings { autopilot: pace, ..SandboxSettings::default() };
    let platform = Platform::start_with(settings).await;
    let daemon = Host::against(&platform).start().await;
    let file = daemon.host.path("shops");
    let shops: Vec<String> = (1..=12).map(|n| format!("shop-{n}")).collect();
    fs::write(&file, shops.join("\n")).unwrap();
    let line = format!("login --from {} --at-most 5", file.display());
    let said = printed(&daemon, &line, 0).await;
    assert!(said.ends_with("12 of 12: 12 online now, 0 were already, 0 failed\n"), "{said}");
    let accounts = daemon.accounts().await.unwrap();
    let mut labels: Vec<String> =
        accounts.iter().map(|account| account.label.as_ref().unwrap().to_string()).collect();
    labels.sort();
    let mut expected = shops.clone();
    expected.sort();
    assert_eq!(labels, expected);

    // One more line, and somebody who has begun it before: only that one is logged in.
    fs::write(&file, format!("one-more\n{}\n", shops.join("\n"))).unwrap();
    let said = printed(&daemon, &format!("{line} --json"), 0).await;
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({"online": 13, "alreadyOnline": 0, "failed": 0}));
    assert_eq!(platform.calls("/iPadLogin").await, 13);
    assert!(daemon.everything().await.iter().all(|session| session.state == StateName::Online));
}

#[tokio::test]
async fn a_login_that_nobody_completes_fails_and_is_begun_anew_the_next_time() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_device("qr_valid_for = \"1s\"").start().await;
    let file = daemon.host.path("shops");
    fs::write(&file, "shop\n").unwrap();
    let socket = daemon.host.socket();
    for round in 1..=2 {
        let (socket, file) = (socket.to_str().unwrap(), file.to_str().unwrap());
        let ran = output(program(&["--socket", socket, "login", "--from", file])).await;
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(
            ran.status.code() == Some(1) && said.contains("line 1: shop: the time ran out"),
            "{said}{}",
            words(&ran)
        );
        assert_eq!(platform.calls("/iPadLogin").await, round);
    }
}
