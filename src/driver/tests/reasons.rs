//! Why an account is offline, in the platform's words: asked at most once in twelve hours.

use wxlogin_state::{Account, Source, State};

use super::attempts::dropped;
use super::platform::REASON;
use super::setup::Setup;
use super::world::{World, account_id, id, minute};

fn detail(world: &World, w_id: &str) -> String {
    match &world.session(w_id).state {
        State::Dropped { drop, .. } => drop.detail.clone(),
        other => panic!("{other:?}"),
    }
}

fn heard(account: &Account) -> bool {
    account.evidence.iter().any(|seen| seen.from == Source::OfflineReason)
}

/// The box is confirmed, and the new login is lost again at `minutes`.
async fn drop_again(world: &mut World, w_id: &str, minutes: i64) {
    world.platform.asked_to_pop_up().await.confirm(w_id);
    world.when("wxid_1", |account| account.current_w_id == Some(id(w_id))).await;
    world.clock.set(minute(minutes));
    world.driver.hint(account_id("wxid_1"));
    world.platform.asked_about(w_id).await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world.settled().await;
}

#[tokio::test]
async fn the_platforms_word_becomes_the_detail_of_the_drop() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_why().await;
    assert_eq!(asked.body["wcId"], "wxid_1");
    let before = world.session("w1").version.0;
    asked.explain("你已退出登录");
    world.after("w1", before).await;
    assert_eq!(detail(&world, "w1"), "你已退出登录");
    assert!(heard(&world.account("wxid_1")));
    world.stop().await;
}

#[tokio::test]
async fn it_is_asked_once_in_twelve_hours_over_a_restart_too() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
    world.platform.asked_why().await.explain("risk");
    world.when("wxid_1", heard).await;
    drop_again(&mut world, "w2", 30).await;
    assert_eq!(world.platform.more_of(REASON).await, 0);

    let mut world = world.restart().await;
    world.look(&[]).await;
    world.at(minute(40)).await;
    // The box that was out is followed by a QR.
    world.platform.asked_for_qr().await.issue("q1");
    world.platform.polled("q1").await.log_in("wxid_1");
    world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    world.clock.set(minute(12 * 60 - 1));
    world.driver.hint(account_id("wxid_1"));
    world.platform.asked_about("q1").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world.settled().await;
    assert_eq!(world.platform.more_of(REASON).await, 0);
    drop_again(&mut world, "w4", 12 * 60 + 1).await;
    world.platform.asked_why().await.explain("again");
    world.settled().await;
    assert_eq!(detail(&world, "w4"), "again");
    world.stop().await;
}

#[tokio::test]
async fn a_question_that_fails_is_evidence_and_no_more() {
    for (status, body) in [
        (500, "<html>"),
        (200, r#"{"code":"1001","message":"too often","data":null}"#),
        (200, r#"{"code":"1000","data":[{"wcId":"wxid_1","reason":null}]}"#),
    ] {
        let mut world = dropped(Setup::settled(&[("wxid_1", "w1")])).await;
        let before = detail(&world, "w1");
        world.platform.asked_why().await.answer(status, body);
        let account = world.when("wxid_1", heard).await;
        assert!(account.evidence.last().unwrap().what.contains("could not be asked why"));
        assert_eq!(detail(&world, "w1"), before);
        assert_eq!(world.platform.more_of(REASON).await, 0);
        world.stop().await;
    }
}
