//! The commands that ask once and answer.

use super::Person;
use crate::client::fake::{self, Fake};
use crate::wire::{Problem, ProblemCode};

const ONE: &str = "0000016e-63eb-f319-0001-ed01076abf1f";

/// A daemon with one login under way and one account that is online.
fn fake() -> Fake {
    let fake = Fake::start();
    let mut online = fake::session("w-online");
    fake::online(&mut online);
    fake.world().sessions.extend([fake::session(ONE), online]);
    fake.world().accounts.push(fake::account("wxid_a", Some("w-online")));
    fake
}

#[tokio::test]
async fn the_live_logins_are_listed_and_the_ended_ones_on_request() {
    let fake = fake();
    fake.world().sessions.push(fake::session("w-over"));
    fake.change("w-over", |session| fake::dropped(session, wxlogin_state::DropReason::Declined, "失败"));
    let ran = Person::absent().runs(&fake, "list").await;
    assert_eq!((ran.status, ran.out.lines().count()), (0, 3), "{}", ran.out);
    let ran = Person::absent().runs(&fake, "list --all --json").await;
    assert_eq!(ran.json()["sessions"].as_array().unwrap().len(), 3);
    let ran = Person::absent().runs(&fake, "list --state online").await;
    assert!(ran.out.contains("w-online") && !ran.out.contains(ONE));
    let ran = Person::absent().runs(&fake, "list --limit 1").await;
    assert!(ran.out.ends_with("… and more; --limit is 1\n"), "{}", ran.out);
}

#[tokio::test]
async fn a_cut_list_says_so_in_json() {
    let fake = fake();
    fake.world().sessions.insert(1, fake::session("w-over"));
    fake.change("w-over", |session| fake::dropped(session, wxlogin_state::DropReason::Declined, "失败"));
    // The fake's `next` is a place in its list; w-over has the second one.
    for (line, listed, next) in [
        ("list --limit 1", 1, Some("1")),
        ("list --limit 2", 2, None),
        ("list", 2, None),
        ("list --all --limit 2", 2, Some("2")),
        ("list --all --limit 3", 3, None),
        ("list --state online --limit 1", 1, None),
    ] {
        let page = Person::absent().runs(&fake, &format!("{line} --json")).await.json();
        assert_eq!(page["sessions"].as_array().unwrap().len(), listed, "{line}");
        assert_eq!(page["next"].as_str(), next, "{line}");
    }
}

#[tokio::test]
async fn an_empty_list_says_how_to_begin() {
    let ran = Person::absent().runs(&Fake::start(), "list").await;
    assert_eq!(ran.out, "There are no live logins. Begin one: wxloginctl login --wait\n");
    let ran = Person::absent().runs(&Fake::start(), "accounts").await;
    assert_eq!(ran.out, "No account has logged in here yet. Begin: wxloginctl login --wait\n");
}

#[tokio::test]
async fn a_name_that_is_no_login_is_looked_up_as_an_account() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "status wxid_a").await;
    assert!(ran.out.contains("w-online") && ran.out.contains("贝塔同学 (wxid_a)"), "{}", ran.out);
    let ran = Person::absent().runs(&fake, "status wxid_a --json").await;
    assert_eq!(ran.json()["currentWId"], "w-online");
    let ran = Person::absent().runs(&fake, "status w-online --json").await;
    assert_eq!(ran.json()["state"], "online");
}

#[tokio::test]
async fn the_beginning_of_a_wid_is_enough_while_it_is_the_only_one() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "status 0000016e").await;
    assert_eq!((ran.status, ran.err), (0, format!("0000016e is {ONE}\n")));
    assert_eq!(Person::absent().runs(&fake, "status 00000").await.status, 1);
    fake.world().sessions.push(fake::session("0000016e-other"));
    let ran = Person::absent().runs(&fake, "status 0000016e").await;
    assert!(ran.status == 1 && ran.err.contains("2 logins begin with 0000016e"), "{}", ran.err);
}

#[tokio::test]
async fn an_unknown_name_is_refused_in_words_and_in_json() {
    let ran = Person::absent().runs(&fake(), "status nobody-at-all").await;
    assert_eq!(ran.status, 1);
    assert_eq!(ran.err, "wxloginctl: no login and no account is called nobody-at-all\n");
    let ran = Person::absent().runs(&fake(), "status nobody-at-all --json").await;
    assert!(ran.out.is_empty() && ran.err.contains(r#""code":"not-found""#), "{}", ran.err);
}

#[tokio::test]
async fn a_qr_is_drawn_or_saved() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, &format!("qr {ONE}")).await;
    assert!(ran.out.starts_with(fake::BLOCKS) && ran.out.contains("in 5 min"), "{}", ran.out);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("qr.png");
    let ran = Person::absent().runs(&fake, &format!("qr {ONE} --png {}", file.display())).await;
    assert_eq!((ran.status, ran.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), fake::BLOCKS);
    let ran =
        Person::absent().runs(&fake, &format!("qr {ONE} --svg {}/no/qr.svg", dir.path().display())).await;
    assert!(ran.status == 1 && ran.err.contains("because: No such file"), "{}", ran.err);
}

#[tokio::test]
async fn a_code_comes_from_the_command_line_or_from_standard_input() {
    let fake = fake();
    let early = Person::absent().runs(&fake, &format!("verify {ONE} 123456")).await;
    assert!(early.status == 1 && early.err.contains("awaiting-verify"), "{}", early.err);
    fake.change(ONE, fake::code_wanted);
    assert_eq!(Person::absent().runs(&fake, &format!("verify {ONE} -")).await.status, 1);
    let piped = Person { types: false, ..Person::typing("123456\n") };
    let ran = piped.runs(&fake, &format!("verify {ONE} -")).await;
    assert!(ran.status == 0 && ran.out.contains(&format!("wxloginctl status {ONE}")), "{}", ran.err);
}

#[tokio::test]
async fn an_account_is_logged_out_by_its_name_once() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "logout wxid_a").await;
    assert_eq!((ran.status, ran.out.as_str()), (0, "Logged out w-online of 贝塔同学 (wxid_a).\n"));
    let ran = Person::absent().runs(&fake, "logout wxid_a").await;
    assert_eq!((ran.status, ran.err.as_str()), (1, "wxloginctl: wxid_a has no login to end\n"));
    let ran = Person::absent().runs(&fake, &format!("logout {ONE} --json")).await;
    assert_eq!(ran.json()["state"], "dropped");
}

#[tokio::test]
async fn the_slider_and_the_history_have_their_verbs() {
    let fake = fake();
    fake.change(ONE, fake::slider_wanted);
    assert_eq!(Person::absent().runs(&fake, &format!("slider-done {ONE}")).await.status, 0);
    let ran = Person::absent().runs(&fake, &format!("history {ONE}")).await;
    assert!(ran.out.contains("the platform issued a QR"), "{}", ran.out);
    let ran = Person::absent().runs(&fake, "accounts").await;
    assert!(ran.out.contains("wxid_a") && ran.out.contains("贝塔同学"), "{}", ran.out);
}

#[tokio::test]
async fn a_login_without_waiting_says_how_to_go_on() {
    let fake = Fake::start();
    let line = "login --wc-id wxid_a --label shop --device-type mac --proxy 8 --force";
    let ran = Person::absent().runs(&fake, line).await;
    assert!(ran.status == 0 && ran.out.contains("wxloginctl login --resume w-fresh"), "{}", ran.out);
    let sent = serde_json::to_value(&fake.world().created[0]).unwrap();
    let expected = serde_json::json!({
        "wcId": "wxid_a", "label": "shop", "deviceType": "mac", "proxy": 8, "force": true
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn an_account_that_is_online_is_logged_in_again_only_by_force() {
    let fake = Fake::start();
    fake.world().refusal = Some(Problem::new(ProblemCode::WrongState, "wxid_a is online as w1"));
    let ran = Person::absent().runs(&fake, "login --wc-id wxid_a").await;
    assert_eq!(ran.status, 1);
    assert_eq!(
        ran.err,
        "wxloginctl: wxid_a is online as w1\n  To begin another login all the same: --force\n"
    );
}

#[tokio::test]
async fn the_exit_status_tells_usage_from_a_missing_daemon() {
    let ran = Person::absent().runs_with(&["--socket", "/nonexistent/control.sock"], "list").await;
    assert_eq!(ran.status, 3);
    assert!(
        ran.err.contains("cannot reach wxlogind at /nonexistent/control.sock: is it running?"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("  because: No such file"), "{}", ran.err);
    let ran = Person::absent().runs_with(&[], "frobnicate").await;
    assert_eq!(ran.status, 2);
    let ran = Person::absent().runs_with(&["--url", "http://127.0.0.1:1"], "list").await;
    assert!(ran.status == 2 && ran.err.contains("a token is needed"), "{}", ran.err);
    let ran = Person::absent().runs_with(&[], "--version").await;
    assert!(ran.status == 0 && ran.out.starts_with("wxloginctl "), "{}", ran.out);
}
