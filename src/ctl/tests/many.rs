//! Many logins from a file.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use wxlogin_state::{DropReason, StateName};

use super::Person;
use crate::client::fake::{self, Fake};
use crate::wire::{Problem, ProblemCode};

/// A file of logins.
fn file(text: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shops");
    fs::write(&path, text).unwrap();
    (dir, path)
}

#[tokio::test]
async fn every_login_of_the_file_is_gone_along_with_and_the_failed_ones_are_named() {
    let (fake, (_dir, path)) = (Fake::start(), file("a\n# later\nb\nc,wxid_c\n"));
    let person = Person::absent();
    let screen = person.screen.clone();
    let line = format!("login --from {} --at-most 3", path.display());
    let (ran, ()) = tokio::join!(person.runs(&fake, &line), async {
        screen.shows("wxloginctl qr w-3").await;
        fake.change("w-2", |session| fake::dropped(session, DropReason::Declined, "对方拒绝了"));
        fake.change("w-1", fake::online);
        fake.change("w-3", fake::online);
    });
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.out.contains("3 of 3: 2 online now, 0 were already, 1 failed"), "{}", ran.out);
    assert!(ran.out.contains("line 3: b: the login was refused on the phone: 对方拒绝了"), "{}", ran.out);
    let sent: Vec<_> = fake.world().created.iter().map(|body| serde_json::to_value(body).unwrap()).collect();
    assert_eq!(sent[2], serde_json::json!({"label": "c", "wcId": "wxid_c"}));
}

#[tokio::test]
async fn no_more_than_asked_for_are_under_way_at_a_time() {
    let (fake, (_dir, path)) = (Fake::start(), file("a\nb\nc\n"));
    let person = Person::absent();
    let screen = person.screen.clone();
    let line = format!("login --from {} --at-most 1 --json", path.display());
    let (ran, ()) = tokio::join!(person.runs(&fake, &line), async {
        for n in 1..=3 {
            screen.shows(&format!(r#""wId":"w-{n}""#)).await;
            assert_eq!(fake.world().named.len(), n);
            fake.change(&format!("w-{n}"), fake::online);
        }
    });
    assert_eq!(ran.status, 0, "{}", ran.err);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 7);
    assert_eq!((&lines[0]["line"], &lines[0]["session"]["state"]), (&1.into(), &"qr-issued".into()));
    assert_eq!(lines[6], serde_json::json!({"online": 3, "alreadyOnline": 0, "failed": 0}));
}

#[tokio::test]
async fn the_same_file_again_begins_only_what_has_ended() {
    let (fake, (_dir, path)) = (Fake::start(), file("a\nb\n"));
    let line = format!("login --from {}", path.display());
    let person = Person { interrupt: || Box::pin(std::future::ready(())), ..Person::absent() };
    // Whoever leaves at once may have begun some; the daemon goes on with those.
    let left = person.runs(&fake, &line).await;
    assert!(left.status == 1 && left.err.contains("The same command again"), "{}", left.err);
    let again = async || {
        let person = Person::absent();
        let screen = person.screen.clone();
        let (ran, ()) = tokio::join!(person.runs(&fake, &line), async {
            screen.shows("b ").await;
            let under_way: Vec<_> = fake
                .world()
                .sessions
                .iter()
                .filter(|s| s.state == StateName::QrIssued)
                .map(|s| s.w_id.clone())
                .collect();
            for w_id in under_way {
                if w_id.as_str() == "w-2" {
                    fake.change("w-2", |session| fake::dropped(session, DropReason::Expired, ""));
                } else {
                    fake.change(w_id.as_str(), fake::online);
                }
            }
        });
        ran
    };
    assert_eq!(again().await.status, 1);
    let ran = again().await;
    assert_eq!(ran.status, 0, "{}", ran.out);
    let names: Vec<_> =
        fake.world().named.iter().map(|(key, _)| key.rsplit('-').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["1", "1", "2"], "a is begun once, b twice");
}

#[tokio::test]
async fn an_account_that_is_online_is_what_was_wanted_and_a_known_one_needs_its_wc_id() {
    let (fake, (_dir, path)) = (Fake::start(), file("shop\n"));
    let line = format!("login --from {}", path.display());
    fake.world().accounts.push(fake::account("wxid_a", Some("w-0")));
    let known = Problem::new(ProblemCode::KnownAccount, "it is known").of_account("wxid_a".parse().unwrap());
    fake.world().refusal = Some(known);
    let ran = Person::absent().runs(&fake, &line).await;
    assert!(ran.status == 0 && ran.out.contains("wxid_a is online already"), "{}", ran.out);
    fake.change_account("wxid_a", |account| account.online = false);
    let ran = Person::absent().runs(&fake, &line).await;
    assert!(ran.status == 1 && ran.out.contains("write shop,wxid_a into the file"), "{}", ran.out);
    let online = Problem::new(ProblemCode::WrongState, "it is online").in_state(StateName::Online);
    fake.world().refusal = Some(online);
    fs::write(&path, "shop,wxid_a\n").unwrap();
    let ran = Person::absent().runs(&fake, &line).await;
    assert!(ran.status == 0 && ran.out.contains("1 were already"), "{}", ran.out);
}

#[tokio::test]
async fn on_a_terminal_the_qr_and_a_line_for_each_are_drawn_over() {
    let (fake, (_dir, path)) = (Fake::start(), file("a\nb\n"));
    let person = Person { width: Some(60), height: Some(20), ..Person::absent() };
    let screen = person.screen.clone();
    let line = format!("login --from {}", path.display());
    let (ran, ()) = tokio::join!(person.runs(&fake, &line), async {
        screen.shows("█▀█").await;
        screen.shows("\x1b[5F\x1b[J").await;
        fake.change("w-1", fake::online);
        fake.change("w-2", fake::online);
    });
    assert_eq!(ran.status, 0, "{}", ran.err);
    let visible: Vec<_> = ran.out.rsplit("\x1b[J").next().unwrap().lines().collect();
    assert_eq!(visible, ["2 of 2: 2 online now, 0 were already, 0 failed"], "{}", ran.out);
}

#[tokio::test]
async fn a_file_with_faults_begins_nothing() {
    let (fake, (_dir, path)) = (Fake::start(), file("a\na\n"));
    let ran = Person::absent().runs(&fake, &format!("login --from {}", path.display())).await;
    assert!(ran.status == 1 && ran.err.contains("line 2: a stands in line 1 already"), "{}", ran.err);
    assert!(fake.world().created.is_empty());
    let ran = Person::absent().runs(&fake, "login --from /nowhere/shops").await;
    assert!(ran.status == 1 && ran.err.contains("cannot read /nowhere/shops"), "{}", ran.err);
    for line in ["login --at-most 3", "login --from f --wait", "login --from f --at-most 0"] {
        assert_eq!(Person::absent().runs(&fake, line).await.status, 2, "{line}");
    }
}

#[tokio::test]
async fn a_daemon_that_goes_away_while_a_login_is_begun_is_told_by_the_exit_status() {
    let (mut fake, (_dir, path)) = (Fake::start(), file("a\n"));
    fake.stop();
    let ran = Person::absent().runs(&fake, &format!("login --from {}", path.display())).await;
    assert_eq!(ran.status, 3);
}
