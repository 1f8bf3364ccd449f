//! Later drops: a box on the phone first, then a QR.

use wxlogin_state::{Phase, StateName};

use super::platform::{POPUP, QR};
use super::setup::Setup;
use super::world::{World, account_id, id, minute};

/// A settled account that has just dropped.
async fn dropped() -> World {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.driver.hint(account_id("wxid_1"));
    world.platform.asked_about("w1").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world
}

#[tokio::test]
async fn a_box_that_is_confirmed_brings_the_account_back_with_a_new_login() {
    let mut world = dropped().await;
    let asked = world.platform.asked_to_pop_up().await;
    assert_eq!(asked.body["wcId"], "wxid_1");
    asked.confirm("w2");
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert_eq!((account.current_w_id, account.relogin), (Some(id("w2")), None));
    assert_eq!(world.session("w2").predecessor, Some(id("w1")));
    assert_eq!(world.session("w1").successor, Some(id("w2")));
    assert_eq!(world.platform.more_of(QR).await, 0);
    let kept = world.stop().await;
    assert_eq!(
        kept.story(1),
        [
            ("session.dropped", "w1"),
            ("account.relogin-scheduled", ""),
            ("account.scan-needed", ""),
            ("session.online", "w2"),
            ("session.dropped", "w1"),
        ]
    );
}

#[tokio::test]
async fn a_box_that_came_to_nothing_is_followed_by_a_qr_at_once() {
    let answers = [
        (200, r#"{"code":"1001","message":"用户拒绝登录","data":null}"#),
        (200, r#"{"code":"1000","message":"成功","data":{"code":"1001","message":"拒绝","data":null}}"#),
        (200, r#"{"code":"1001","message":"失败","data":null}"#),
        (504, "<html>Gateway Time-out</html>"),
    ];
    for (status, body) in answers {
        let mut world = dropped().await;
        world.platform.asked_to_pop_up().await.answer(status, body);
        let asked = world.platform.asked_for_qr().await;
        assert_eq!(asked.body["wcId"], "wxid_1", "{body}");
        asked.issue("w2");
        world.platform.polled("w2").await.log_in("wxid_1");
        let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
        // The next drop begins with the box again.
        assert_eq!((account.popup_failed, account.attempts), (None, 0), "{body}");
        assert_eq!(world.platform.more_of(POPUP).await, 0);
        world.stop().await;
    }
}

#[tokio::test]
async fn trouble_with_a_box_is_neither_a_qr_nor_a_loss_and_it_is_shown_again_later() {
    let troubles = [
        (502, "<html>"),
        (200, "<html>"),
        (200, r#"{"code":"1000","data":null}"#),
        (200, r#"{"code":"1000","data":{"wcId":"wxid_2","wId":"w9"}}"#),
    ];
    for twice in troubles.chunks(2) {
        let mut world = dropped().await;
        trouble(&mut world, twice).await;
        assert_eq!(world.platform.more_of(QR).await, 0);
        world.platform.asked_to_pop_up().await.confirm("w2");
        world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
        world.stop().await;
    }
}

/// One trouble after another; the box is shown again after each.
async fn trouble(world: &mut World, troubles: &[(u16, &str)]) {
    for (troubles, (status, body)) in (1..).zip(troubles) {
        world.platform.asked_to_pop_up().await.answer(*status, body);
        let account = world.when("wxid_1", |a| matches!(&a.relogin, Some(r) if r.troubles == troubles)).await;
        let due_at = account.relogin.unwrap().due_at().unwrap();
        assert!(due_at > world.clock.now());
        world.at(due_at - jiff::SignedDuration::from_secs(1)).await;
        assert_eq!(world.platform.more_of(POPUP).await, 0);
        world.at(due_at).await;
    }
}

#[tokio::test]
async fn a_third_trouble_in_a_row_with_a_box_is_followed_by_a_qr() {
    let mut world = dropped().await;
    trouble(&mut world, &[(502, "<html>"), (502, "<html>")]).await;
    world.platform.asked_to_pop_up().await.answer(502, "<html>");
    world.platform.asked_for_qr().await.issue("w2");
    world.when("wxid_1", |a| matches!(&a.relogin, Some(r) if r.w_id() == Some(&id("w2")))).await;
    assert_eq!(world.platform.more_of(POPUP).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_box_that_is_confirmed_after_all_is_found_by_the_list() {
    let mut world = dropped().await;
    world.platform.asked_to_pop_up().await.answer(504, "");
    world.platform.asked_for_qr().await.issue("w2");
    world.when("wxid_1", |a| matches!(&a.relogin, Some(r) if r.w_id().is_some())).await;
    world.check_every(std::time::Duration::from_millis(1)).await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w3")]);
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert_eq!((account.current_w_id, account.relogin), (Some(id("w3")), None));
    assert_eq!(world.state("w2"), StateName::Dropped);
    world.stop().await;
}

#[tokio::test]
async fn the_list_may_say_it_before_the_box_does() {
    let mut world = dropped().await;
    let asked = world.platform.asked_to_pop_up().await;
    world.check_every(std::time::Duration::from_millis(1)).await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w2")]);
    world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
    asked.confirm("w2");
    world.settled().await;
    assert_eq!(world.account("wxid_1").logins, [id("w1"), id("w2")]);
    assert_eq!(world.session("w2").version.0, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_box_that_brings_back_a_login_that_has_ended_is_followed_by_a_qr() {
    let mut world = dropped().await;
    world.platform.asked_to_pop_up().await.confirm("w1");
    assert_eq!(world.platform.asked_for_qr().await.body["wcId"], "wxid_1");
    let account = world.account("wxid_1");
    assert!(matches!(account.relogin.unwrap().phase, Phase::Calling { .. }));
    assert_eq!(world.state("w1"), StateName::Dropped);
    world.stop().await;
}

#[tokio::test]
async fn an_account_that_is_told_to_rest_is_left_offline() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    let off = wxlogin_state::Tending::Set { label: None, auto_relogin: Some(false) };
    world.tend("wxid_1", off).await.unwrap();
    world.look(&[("wxid_1", "w1")]).await;
    world.driver.hint(account_id("wxid_1"));
    world.platform.asked_about("w1").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world.at(minute(6 * 60)).await;
    assert_eq!(world.platform.more_of(POPUP).await + world.platform.more_of(QR).await, 0);
    let on = wxlogin_state::Tending::Set { label: None, auto_relogin: Some(true) };
    world.tend("wxid_1", on).await.unwrap();
    world.platform.asked_to_pop_up().await.confirm("w2");
    world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
    world.stop().await;
}
