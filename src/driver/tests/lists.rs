//! The list of who is online: what it proves, and what it does not.

use std::time::Duration;

use wxlogin_state::{DropReason, Input, Session, State, StateName, Tending};

use super::platform::{LIST, LOOK};
use super::setup::Setup;
use super::world::{World, id, issued, minute};

#[tokio::test]
async fn one_list_serves_three_hundred_accounts_and_nobody_is_asked_about_alone() {
    let names: Vec<(String, String)> = (0..300).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let mut world = Setup::settled(&online).busy().run().await;
    for _ in 0..10 {
        let asked = world.platform.asked_for_list().await;
        assert_eq!(world.platform.more_calls().await, 0);
        asked.list(&online);
    }
    world.settled().await;
    assert_eq!(world.view.count(StateName::Online), 300);
    assert!(online.iter().all(|(wc_id, _)| world.account(wc_id).version.0 == 1));
    world.stop().await;
}

#[tokio::test]
async fn an_account_that_is_missing_so_often_is_lost_and_the_others_are_not() {
    let mut world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")]).busy().run().await;
    world.platform.asked_for_list().await.list(&[("wxid_2", "w2")]);
    world.platform.asked_about("w1").await.answer(500, "<html>");
    assert_eq!(world.when("wxid_1", |account| account.absences == 1).await.current_w_id, Some(id("w1")));
    world.platform.asked_for_list().await.list(&[("wxid_2", "w2")]);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    let State::Dropped { drop, .. } = &world.session("w1").state else { panic!() };
    assert_eq!((drop.reason, drop.detail.contains("2 times in a row")), (DropReason::Offline, true));
    assert_eq!(world.account("wxid_2").version.0, 1);
    world.stop().await;
}

#[tokio::test]
async fn an_account_that_is_listed_again_is_missed_from_the_beginning() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    for _ in 0..3 {
        world.platform.asked_for_list().await.list(&[]);
        world.platform.asked_about("w1").await.answer(504, "");
        world.when("wxid_1", |account| account.absences == 1).await;
        world.platform.asked_for_list().await.list(&[("wxid_1", "w1")]);
        world.when("wxid_1", |account| account.absences == 0).await;
    }
    assert_eq!(world.state("w1"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_read_drops_nobody_however_often() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    let bad = [
        (200, r#"{"code":"1000","data":null}"#),
        (200, r#"{"code":"1000"}"#),
        (200, r#"{"code":"1000","data":{}}"#),
        (200, r#"{"code":"1000","data":[{"wcId":"wxid_2"}]}"#),
        (200, r#"{"code":"1001","message":"失败","data":null}"#),
        (200, "<html>"),
        (200, r#"{"code":"1000","data":[{"wcId"#),
        (401, r#"{"code":"1000","data":[]}"#),
        (502, r#"{"code":"1000","data":[]}"#),
        (503, ""),
        (504, "<html>Gateway Time-out</html>"),
    ];
    for (status, body) in bad.iter().cycle().take(5 * bad.len()) {
        world.platform.asked_for_list().await.answer(*status, body);
    }
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    assert_eq!(world.account("wxid_1").version.0, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_list_that_was_asked_for_before_a_login_neither_drops_nor_moves_it() {
    let mut world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")])
        .rules(|rules| rules.confirmations = 1)
        .busy()
        .run()
        .await;
    let old = world.platform.asked_for_list().await;
    for (wc_id, w_id) in [("wxid_1", "w3"), ("wxid_2", "w4")] {
        log_in_by_force(&mut world, wc_id, w_id).await;
    }
    // It lacks one of them, and has another one under a login that is none of ours.
    old.list(&[("wxid_2", "w5")]);
    world.settled().await;
    assert_eq!(world.account("wxid_1").current_w_id, Some(id("w3")));
    assert_eq!(world.account("wxid_2").current_w_id, Some(id("w4")));
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_list_that_comes_in_one_round_with_a_login_neither_drops_nor_moves_it() {
    let mut world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")])
        .rules(|rules| rules.confirmations = 1)
        .run()
        .await;
    world.look(&[("wxid_1", "w1"), ("wxid_2", "w2")]).await;
    for (wc_id, w_id) in [("wxid_1", "w3"), ("wxid_2", "w4")] {
        begin_by_force(&mut world, wc_id, w_id).await;
    }
    world.check_every(Duration::from_millis(1)).await;
    let old = world.platform.asked_for_list().await;
    let polls = [("w3", "wxid_1"), ("w4", "wxid_2")];
    let held = world.hold().await;
    for (w_id, wc_id) in polls {
        world.platform.polled(w_id).await.log_in(wc_id);
    }
    // The answers to the polls are in the inbox by then, and come before the list.
    world.platform.more_calls().await;
    old.list(&[("wxid_2", "w5")]);
    world.platform.more_calls().await;
    drop(held);
    world.settled().await;
    assert_eq!(world.account("wxid_1").current_w_id, Some(id("w3")));
    assert_eq!(world.account("wxid_2").current_w_id, Some(id("w4")));
    world.stop().await;
}

#[tokio::test]
async fn a_login_that_is_listed_and_was_not_begun_here_takes_the_place_of_the_one_before() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w2")]).await;
    let account = world.account("wxid_1");
    assert_eq!((account.current_w_id, account.version.0), (Some(id("w2")), 2));
    let (before, now) = (world.session("w1"), world.session("w2"));
    assert_eq!((before.state.name(), &before.successor), (StateName::Dropped, &Some(id("w2"))));
    assert_eq!((now.state.name(), &now.predecessor), (StateName::Online, &Some(id("w1"))));
    assert_eq!(world.platform.more_calls().await, 0);
    let kept = world.stop().await;
    assert_eq!(kept.story(1), [("session.online", "w2"), ("session.dropped", "w1")]);
}

#[tokio::test]
async fn an_unknown_account_that_is_listed_is_known_from_then_on() {
    let mut world = World::new().await;
    world.look(&[("wxid_1", "w1")]).await;
    let account = world.account("wxid_1");
    assert_eq!((&account.current_w_id, &*account.logins), (&Some(id("w1")), &[id("w1")][..]));
    assert_eq!(account.first_drop_due_at(), Some(minute(24 * 60)));
    assert_eq!(world.session("w1").predecessor, None);
    world.stop().await;
}

#[tokio::test]
async fn a_login_that_has_ended_here_stays_so_whatever_the_list_says() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w1")]);
    world.apply("w1", Input::Ended).await.unwrap();
    for _ in 0..5 {
        world.platform.asked_for_list().await.list(&[("wxid_1", "w1")]);
    }
    world.settled().await;
    assert_eq!(world.state("w1"), StateName::Dropped);
    let account = world.account("wxid_1");
    assert_eq!(account.current_w_id, None);
    // It is noted once.
    assert_eq!(account.evidence.iter().filter(|seen| seen.what.contains("has ended here")).count(), 1);
    world.stop().await;
}

#[tokio::test]
async fn an_account_that_is_listed_by_an_ended_login_alone_is_asked_about() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w2")]);
    world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
    // The new one is lost, and the list goes on naming the old one.
    world.platform.asked_for_list().await.list(&[("wxid_1", "w1")]);
    world.platform.asked_about("w2").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    assert_eq!(world.state("w2"), StateName::Dropped);
    world.stop().await;
}

#[tokio::test]
async fn a_login_in_flight_that_is_listed_waits_for_its_own_answer() {
    let session = Session { wc_id: Some("wxid_1".parse().unwrap()), ..issued(1, "w1", minute(0)) };
    let mut world = World::with(vec![session]).await;
    world.look(&[("wxid_1", "w1")]).await;
    assert_eq!(world.session("w1").version.0, 1);
    world.platform.polled("w1").await.log_in("wxid_1");
    world.after("w1", 1).await;
    assert_eq!(world.account("wxid_1").logins, [id("w1")]);
    world.stop().await;
}

#[tokio::test]
async fn a_shorter_interval_holds_from_the_reload_on() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    assert_eq!(world.platform.more_of(LIST).await, 0);
    world.check_every(Duration::from_millis(1)).await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w1")]);
    world.platform.asked_for_list().await;
    world.stop().await;
}

/// A person logs the account in although it is online; its QR is there.
async fn begin_by_force(world: &mut World, wc_id: &str, w_id: &str) {
    world.tend(wc_id, Tending::Wanted { method: None, force: true, request_key: None }).await.unwrap();
    world.platform.asked_for_qr().await.issue(w_id);
    world.when(wc_id, |account| account.relogin.as_ref().is_some_and(|r| r.w_id() == Some(&id(w_id)))).await;
}

async fn log_in_by_force(world: &mut World, wc_id: &str, w_id: &str) {
    begin_by_force(world, wc_id, w_id).await;
    world.platform.polled(w_id).await.log_in(wc_id);
    world.when(wc_id, |account| account.current_w_id == Some(id(w_id))).await;
}
