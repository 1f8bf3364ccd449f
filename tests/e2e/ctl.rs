//! `wxloginctl`, the real program: what it prints, how it exits.

use std::process::{Command, Output};

use serde_json::{Value, json};
use wxlogin_state::public::Session;
use wxlogin_state::{Secret, StateName, WId};

use crate::harness::{Daemon, Host, Platform, Printed, Process, output, world};

/// `wxloginctl` with these arguments.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
    command.args(args);
    command
}

/// What it prints; it must exit so.
pub(crate) async fn printed(daemon: &Daemon, line: &str, status: i32) -> String {
    let output = output(daemon.ctl(line)).await;
    assert_eq!(output.status.code(), Some(status), "{line}: {}", words(&output));
    if status == 0 { String::from_utf8(output.stdout).unwrap() } else { words(&output) }
}

pub(crate) fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A command that goes on while the test does something else.
fn watched(daemon: &Daemon, line: &str) -> (Process, Printed) {
    Process::spawn_printing(daemon.ctl(line), &daemon.host.path("ctl-stderr"))
}

#[tokio::test]
async fn a_login_is_followed_from_its_qr_to_online() {
    let (platform, daemon) = world().await;
    let (mut login, mut said) = watched(&daemon, "login --label shop --wait");
    let begun = said.line("has begun").await;
    let w_id: WId = begun.split(' ').nth(2).unwrap().parse().unwrap();
    said.line("█").await;
    platform.phone_with(&w_id, "ask-code", &json!({"code": "483920"})).await;
    said.line("请在iPad上输入验证码").await;
    let hint = said.line("wxloginctl verify").await;
    assert!(hint.contains(w_id.as_str()), "{hint}");
    let verified = printed(&daemon, &format!("verify {w_id} 483920"), 0).await;
    assert!(!verified.contains("483920"), "{verified}");
    said.line("is online").await;
    let rest = said.rest().await;
    assert_eq!(login.exited().await.code(), Some(0));
    assert!(rest.contains("first drop"), "{rest}");
}

#[tokio::test]
async fn a_login_that_is_declined_exits_with_one() {
    let (platform, daemon) = world().await;
    let (mut login, mut said) = watched(&daemon, "login --wait --json");
    let line = said.line("qr-issued").await;
    let session: Session = serde_json::from_str(&line).unwrap();
    platform.phone(&session.w_id, "decline").await;
    let rest = said.rest().await;
    assert_eq!(login.exited().await.code(), Some(1));
    let last: Session = serde_json::from_str(rest.trim().lines().last().unwrap()).unwrap();
    assert_eq!(last.state, StateName::Dropped);
}

#[tokio::test]
async fn waiting_lasts_through_a_restart_of_the_daemon() {
    let (platform, mut daemon) = world().await;
    let (mut login, mut said) = watched(&daemon, "login --wait --json");
    let session: Session = serde_json::from_str(&said.line("qr-issued").await).unwrap();
    daemon.kill9().await;
    daemon.restart().await;
    platform.phone(&session.w_id, "confirm").await;
    said.line("\"online\"").await;
    assert_eq!(login.exited().await.code(), Some(0));
}

#[tokio::test]
async fn the_inbox_says_what_people_are_waited_for() {
    let (platform, daemon) = world().await;
    assert!(printed(&daemon, "steps", 0).await.contains("Nobody is waited for"));
    daemon.online(&platform).await;
    let waiting = daemon.begin().await;
    let inbox = printed(&daemon, "steps", 0).await;
    let row = inbox.lines().find(|line| line.starts_with(waiting.as_str())).unwrap();
    assert!(row.contains("scan the QR") && row.contains(&format!("wxloginctl qr {waiting}")), "{inbox}");
    assert_eq!(inbox.lines().count(), 2, "{inbox}");
    let json: Value = serde_json::from_str(&printed(&daemon, "steps --json", 0).await).unwrap();
    assert_eq!(json["steps"][0]["wId"], waiting.as_str());
    assert_eq!((&json["next"], &json["accounts"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn tables_and_sentences_show_what_there_is() {
    let (platform, daemon) = world().await;
    assert!(printed(&daemon, "list", 0).await.contains("no live logins"));
    let online = daemon.online(&platform).await;
    let waiting = daemon.begin().await;
    let over = daemon.begin().await;
    daemon.end(over.as_str()).await.unwrap();
    let (wc_id, nick_name) = (online.wc_id.unwrap(), online.profile.unwrap().nick_name.unwrap());

    let list = printed(&daemon, "list", 0).await;
    assert!(list.contains(online.w_id.as_str()) && list.contains(&nick_name), "{list}");
    assert!(list.contains(waiting.as_str()) && !list.contains(over.as_str()), "{list}");
    assert!(printed(&daemon, "list --all", 0).await.contains(over.as_str()));
    assert!(printed(&daemon, "accounts", 0).await.contains(wc_id.as_str()));
    assert!(printed(&daemon, &format!("status {wc_id}"), 0).await.contains("online"));
    let status = printed(&daemon, &format!("status {}", &waiting.as_str()[..8]), 0).await;
    assert!(status.contains(&format!("wxloginctl qr {waiting}")), "{status}");
    let history = printed(&daemon, &format!("history {}", online.w_id), 0).await;
    assert!(history.contains("qr-issued") && history.contains("online"), "{history}");
    let drawn = printed(&daemon, &format!("qr {waiting}"), 0).await;
    let link = format!("{}phone/{waiting}", platform.url());
    assert!(drawn.contains(&wxlogind::qr::blocks(&link).unwrap()), "{drawn}");
}

#[tokio::test]
async fn json_is_the_control_api_s_own() {
    let (platform, daemon) = world().await;
    let online = daemon.online(&platform).await;
    let wc_id = online.wc_id.clone().unwrap();
    let json = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let list = json(printed(&daemon, "list --json", 0).await);
    assert_eq!(list, json!({"sessions": [online], "next": null}));
    let accounts = json(printed(&daemon, "accounts --json", 0).await);
    assert_eq!(accounts["accounts"][0]["wcId"], wc_id.as_str());
    let ended = json(printed(&daemon, &format!("logout {wc_id} --json"), 0).await);
    assert_eq!(ended["drop"]["reason"], "logged-out");
    let problem = json(printed(&daemon, &format!("logout {} --json", online.w_id), 1).await);
    assert_eq!((&problem["code"], &problem["state"]), (&json!("wrong-state"), &json!("dropped")));
}

#[tokio::test]
async fn a_step_after_the_other_is_done_by_command() {
    let (platform, daemon) = world().await;
    let begun: Session =
        serde_json::from_str(&printed(&daemon, "login --wc-id wxid_a --json", 0).await).unwrap();
    let w_id = begun.w_id;
    platform.phone(&w_id, "show-slider").await;
    let slider = daemon.until(&w_id, StateName::Slider).await.slider.unwrap();
    assert!(printed(&daemon, &format!("status {w_id}"), 0).await.contains(&slider.url));
    platform.pass_slider(&w_id).await;
    printed(&daemon, &format!("slider-done {w_id}"), 0).await;
    platform.phone(&w_id, "confirm").await;
    daemon.until(&w_id, StateName::Online).await;
    let refused = printed(&daemon, "login --wc-id wxid_a", 1).await;
    assert!(refused.contains("--force"), "{refused}");
    printed(&daemon, "logout wxid_a", 0).await;
    assert_eq!(platform.login(&w_id).await["end"], "logged-out");
}

#[tokio::test]
async fn the_exit_status_tells_what_went_wrong() {
    let (_platform, mut daemon) = world().await;
    let unknown = printed(&daemon, "status nobody", 1).await;
    assert!(unknown.contains("nobody"), "{unknown}");
    printed(&daemon, "login --proxy 99", 2).await;
    printed(&daemon, "relog", 2).await;
    daemon.stop().await;
    let unreachable = printed(&daemon, "list", 3).await;
    assert!(unreachable.contains(daemon.host.socket().to_str().unwrap()), "{unreachable}");
}

#[tokio::test]
async fn a_wrong_code_by_command_is_told_by_the_next_look() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    platform.phone(&w_id, "ask-elsewhere").await;
    daemon.until(&w_id, StateName::AwaitingVerify).await;
    daemon.verify(w_id.as_str(), &Secret::new("000000")).await.unwrap();
    daemon.until_so(&w_id, |session| session.verify.as_ref().is_some_and(|v| v.attempts == 1)).await;
    let status = printed(&daemon, &format!("status {w_id}"), 0).await;
    assert!(status.contains("--device-type mac"), "{status}");
}

#[tokio::test]
async fn over_tcp_it_needs_the_token() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    let remote = |token: std::path::PathBuf| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
        command.args(["--url", &format!("http://{}", daemon.tcp()), "--token-file"]).arg(token).arg("list");
        output(command)
    };
    let listed = remote(daemon.host.state().join("control.token")).await;
    assert!(listed.status.success(), "{}", words(&listed));
    let refused = remote(daemon.host.secret("wrong", "00000000000000000000")).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(words(&refused).contains("control.token"), "{}", words(&refused));
}
