//! `login --wait`: along with a login to its end.

use wxlogin_state::DropReason;

use super::{Person, Ran, Screen};
use crate::client::fake::{self, Fake};

/// Runs `login --wait` while the test moves the login.
async fn waiting(person: Person, fake: &Fake, line: &str, moves: impl AsyncFnOnce(Screen)) -> Ran {
    let screen = person.screen.clone();
    let (ran, ()) = tokio::join!(person.runs(fake, line), async {
        screen.shows(if line.contains("--json") { "qr-issued" } else { "The time for it ends" }).await;
        moves(screen).await;
    });
    ran
}

#[tokio::test]
async fn a_scanned_login_ends_online_with_what_is_to_be_expected() {
    let fake = Fake::start();
    fake.world().accounts.push(fake::account("wxid_a", Some("w-fresh")));
    let ran = waiting(Person::absent(), &fake, "login --wait", async |_| {
        fake.change("w-fresh", fake::online);
    })
    .await;
    assert_eq!(
        ran.out,
        "The login w-fresh has begun.\n\
         █▀█\n\
         ▀▄█\n\
         Scan the QR with WeChat on the phone, then confirm the login there.\n\
         The time for it ends in 5 min (2026-01-01 00:05 UTC).\n\
         贝塔同学 (wxid_a) is online.\n\
         Its known first drop is still to come (until 2026-01-02 00:00 UTC, in 1 d).\n\
         Have its phone at hand then: a QR will have to be scanned.\n\
         It may not post moments before 2026-01-04 00:00 UTC, in 3 d.\n"
    );
    assert_eq!(ran.status, 0);
}

#[tokio::test]
async fn a_refused_code_is_asked_for_again() {
    let fake = Fake::start();
    let ran = waiting(Person::typing("\n000000\n123456\n"), &fake, "login --wait", async |_| {
        fake.change("w-fresh", fake::code_wanted);
    })
    .await;
    assert_eq!(ran.status, 0, "{}", ran.out);
    let told = [
        "请在iPad上输入验证码",
        "--device-type mac",
        "The platform is checking",
        "(1 code so far)",
        "is online.",
    ];
    let mut rest = ran.out.as_str();
    for sentence in told {
        rest = rest.split_once(sentence).unwrap_or_else(|| panic!("{sentence} in {}", ran.out)).1;
    }
    assert_eq!(ran.out.matches("The code that the phone shows: ").count(), 3, "{}", ran.out);
    assert!(!ran.out.contains("123456"));
}

#[tokio::test]
async fn a_slider_is_shown_and_enter_says_it_is_passed() {
    let fake = Fake::start();
    let ran = waiting(Person::typing("\n"), &fake, "login --wait", async |_| {
        fake.change("w-fresh", fake::slider_wanted);
    })
    .await;
    assert!(ran.status == 0 && ran.out.contains("  http://platform/captcha\n"), "{}", ran.out);
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_other_ways_are_named() {
    let fake = Fake::start();
    let ran = waiting(Person::absent(), &fake, "login --wait", async |screen| {
        fake.change("w-fresh", fake::code_wanted);
        screen.shows("wxloginctl verify").await;
        fake.change("w-fresh", fake::slider_wanted);
        screen.shows("wxloginctl slider-done").await;
        fake.change("w-fresh", |session| fake::dropped(session, DropReason::Declined, "失败\x1b[2J"));
    })
    .await;
    assert!(ran.out.contains("wxloginctl verify w-fresh CODE"), "{}", ran.out);
    assert!(ran.out.contains("wxloginctl slider-done w-fresh"), "{}", ran.out);
    assert!(
        ran.out.contains("The login is over: the login was refused on the phone: 失败[2J.\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.ends_with("Log in again: wxloginctl login --wait\n"), "{}", ran.out);
    assert_eq!(ran.status, 1);
}

#[tokio::test]
async fn an_input_that_ends_leaves_the_login_going() {
    let fake = Fake::start();
    let ran = waiting(Person::typing(""), &fake, "login --wait", async |screen| {
        fake.change("w-fresh", fake::code_wanted);
        screen.shows("wxloginctl verify").await;
        fake.change("w-fresh", fake::online);
    })
    .await;
    assert!(ran.status == 0 && ran.out.contains("wxloginctl verify w-fresh CODE"), "{}", ran.out);
}

#[tokio::test]
async fn programs_get_a_line_for_each_version() {
    let fake = Fake::start();
    let ran = waiting(Person::typing("123456\n"), &fake, "login --wait --json", async |screen| {
        fake.change("w-fresh", fake::code_wanted);
        screen.shows("awaiting-verify").await;
        fake.change("w-fresh", fake::online);
    })
    .await;
    let states: Vec<_> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<wxlogin_state::public::Session>(line).unwrap().state.to_string())
        .collect();
    assert_eq!(states, ["qr-issued", "awaiting-verify", "online"]);
}

#[tokio::test]
async fn a_person_who_leaves_is_told_how_to_go_on() {
    let fake = Fake::start();
    let person = Person { interrupt: || Box::pin(std::future::ready(())), ..Person::absent() };
    let ran = person.runs(&fake, "login --wait").await;
    assert!(ran.status == 1 && ran.err.contains("wxloginctl login --resume w-fresh"), "{}", ran.err);
    assert_eq!(fake.world().sessions[0].state, wxlogin_state::StateName::QrIssued);
}

#[tokio::test]
async fn a_login_under_way_can_be_resumed() {
    let fake = Fake::start();
    fake.world().sessions.push(fake::session("w-longname"));
    let ran = waiting(Person::absent(), &fake, "login --resume w-long", async |_| {
        fake.change("w-longname", fake::online);
    })
    .await;
    assert_eq!((ran.status, ran.err.as_str()), (0, "w-long is w-longname\n"));
    assert!(fake.world().created.is_empty());
}
