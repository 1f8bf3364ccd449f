//! `relogin`: what is asked, what a person is told, and along to the end.

use wxlogin_state::{DropReason, Method, StateName};

use super::{Person, Ran, Screen};
use crate::client::fake::{self, Asked, Fake};
use crate::wire::{LogInAgain, Problem, ProblemCode};

/// A daemon with one account that has been lost.
fn fake() -> Fake {
    let fake = Fake::start();
    fake.world().accounts.push(fake::offline("wxid_a"));
    fake
}

/// Runs `relogin --wait` while the test moves the account.
async fn waiting(person: Person, fake: &Fake, line: &str, moves: impl AsyncFnOnce(Screen)) -> Ran {
    let screen = person.screen.clone();
    let (ran, ()) = tokio::join!(person.runs(fake, line), async {
        screen.shows(if line.contains("--json") { "calling" } else { "\n" }).await;
        moves(screen).await;
    });
    ran
}

/// The account goes online by this login, however that came.
fn online(fake: &Fake, w_id: &str) {
    fake.change_account("wxid_a", |account| {
        (account.online, account.current_w_id, account.relogin) = (true, Some(w_id.parse().unwrap()), None);
    });
}

/// A QR of the account has been fetched.
fn qr(fake: &Fake, w_id: &str) {
    fake.world().sessions.push(fake::session(w_id));
    fake.change_account("wxid_a", |account| fake::in_flight(account, w_id));
}

#[tokio::test]
async fn what_follows_is_said_without_waiting_for_it() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "relogin wxid_a --method popup").await;
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (
            0,
            "The phone of 贝塔同学 (wxid_a) shows a box now: confirm the login there.\n\
             If nobody does, a QR is next; see how it goes: wxloginctl relogin wxid_a --wait\n"
        )
    );
    fake.change_account("wxid_a", |account| account.relogin = None);
    let ran = Person::absent().runs(&fake, "relogin wxid_a --force").await;
    assert!(ran.out.contains("A QR of 贝塔同学 (wxid_a) is being fetched.\n"), "{}", ran.out);
    fake.change_account("wxid_a", |account| fake::in_flight(account, "w-1"));
    let ran = Person::absent().runs(&fake, "relogin wxid_a").await;
    assert!(ran.out.contains("under way already") && ran.out.contains("wxloginctl qr w-1\n"), "{}", ran.out);
    let ran = Person::absent().runs(&fake, "relogin wxid_a --json").await;
    assert_eq!(ran.json()["relogin"]["wId"], "w-1");
    let popup = LogInAgain { method: Some(Method::PopUp), force: false };
    let forced = LogInAgain { method: None, force: true };
    assert_eq!(fake.world().asked[..2], [Asked::Relogin(popup), Asked::Relogin(forced)]);
}

#[tokio::test]
async fn a_box_that_is_confirmed_ends_online() {
    let fake = fake();
    let ran = waiting(Person::absent(), &fake, "relogin wxid_a --method popup --wait", async |_| {
        online(&fake, "w-2");
    })
    .await;
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (
            0,
            "The phone of 贝塔同学 (wxid_a) shows a box now: confirm the login there.\n\
             贝塔同学 (wxid_a) is online.\n"
        )
    );
}

#[tokio::test]
async fn a_box_that_is_declined_falls_back_to_a_qr_that_is_followed() {
    let fake = fake();
    let ran = waiting(Person::absent(), &fake, "relogin wxid_a --method popup --wait", async |screen| {
        let why = "the pop-up login failed (失败); a QR is next";
        fake.change_account("wxid_a", |account| fake::due(account, 0, why));
        screen.shows("The pop-up login failed (失败); a QR is next.").await;
        qr(&fake, "w-2");
        screen.shows("The time for it ends").await;
        fake.change("w-2", fake::code_wanted);
        screen.shows("wxloginctl verify w-2 CODE").await;
        fake.change("w-2", fake::online);
    })
    .await;
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.contains("█▀█") && ran.out.contains("贝塔同学 (wxid_a) is online."), "{}", ran.out);
}

#[tokio::test]
async fn a_fallback_between_two_looks_is_told_as_well() {
    let fake = fake();
    let ran = waiting(Person::absent(), &fake, "relogin wxid_a --method popup --wait", async |screen| {
        fake.world().sessions.push(fake::session("w-2"));
        fake.change_account("wxid_a", |account| {
            fake::in_flight(account, "w-2");
            account.relogin.as_mut().unwrap().why = "the pop-up login failed (失败)".to_owned();
        });
        screen.shows("The time for it ends").await;
        fake.change("w-2", |session| fake::dropped(session, DropReason::Declined, "失败"));
    })
    .await;
    assert!(ran.out.contains("The pop-up login failed (失败).\n"), "{}", ran.out);
    assert!(ran.out.contains("The login is over: the login was refused on the phone"), "{}", ran.out);
    assert_eq!(ran.status, 1);
}

#[tokio::test]
async fn a_login_that_cannot_be_begun_ends_with_why_and_what_is_next() {
    let fake = fake();
    fake.world().why = Some(fake::why());
    let ran = waiting(Person::absent(), &fake, "relogin wxid_a --wait", async |_| {
        fake.change_account("wxid_a", |account| fake::due(account, 60, "it could not be begun"));
    })
    .await;
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (
            1,
            "A QR of 贝塔同学 (wxid_a) is being fetched.\n\
             The pop-up login failed: 对方拒绝了登录请求[2J.\n\
             It is logged in again by itself in 1 min. Sooner: wxloginctl relogin wxid_a --wait\n"
        )
    );
}

#[tokio::test]
async fn an_account_that_stays_with_its_old_login_was_not_logged_in_again() {
    let fake = fake();
    fake.world().why = Some(fake::why());
    online(&fake, "w-1");
    let ran = waiting(Person::absent(), &fake, "relogin wxid_a --force --wait", async |_| {
        online(&fake, "w-1");
    })
    .await;
    assert_eq!(ran.status, 1);
    assert!(ran.out.ends_with("贝塔同学 (wxid_a) is still online as w-1.\n"), "{}", ran.out);
}

#[tokio::test]
async fn programs_get_a_line_for_each_version_of_the_account_then_of_its_session() {
    let fake = fake();
    let ran = waiting(Person::absent(), &fake, "relogin wxid_a --wait --json", async |screen| {
        qr(&fake, "w-2");
        screen.shows("qr-issued").await;
        fake.change("w-2", fake::online);
    })
    .await;
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["relogin"]["phase"], "calling");
    assert_eq!(lines[1]["relogin"]["wId"], "w-2");
    let states: Vec<_> = lines[2..].iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!((ran.status, &*states), (0, &["qr-issued", "online"][..]));
}

#[tokio::test]
async fn a_person_who_leaves_the_box_is_told_how_to_go_on() {
    let fake = fake();
    let person = Person { interrupt: || Box::pin(std::future::ready(())), ..Person::absent() };
    let ran = person.runs(&fake, "relogin wxid_a --method popup --wait").await;
    assert!(ran.status == 1 && ran.err.contains("wxloginctl relogin wxid_a --wait"), "{}", ran.err);
}

#[tokio::test]
async fn a_refusal_names_the_way_that_there_is() {
    let fake = fake();
    let online = Problem::new(ProblemCode::WrongState, "the account is online").in_state(StateName::Online);
    fake.world().refusal = Some(online);
    let ran = Person::absent().runs(&fake, "relogin wxid_a --wait").await;
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (1, "wxloginctl: the account is online\n  All the same: wxloginctl relogin wxid_a --force\n")
    );
    fake.world().refusal = Some(Problem::new(ProblemCode::WrongState, "by QR only"));
    let ran = Person::absent().runs(&fake, "relogin wxid_a --method popup").await;
    assert!(ran.status == 1 && ran.err.contains("wxloginctl relogin wxid_a --method qr"), "{}", ran.err);
    fake.world().refusal = None;
    let ran = Person::absent().runs(&fake, "relogin wxid_nobody").await;
    assert_eq!(ran.status, 1);
}
