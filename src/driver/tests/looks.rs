//! Questions about single accounts: when they are asked, and what follows from the answers.

use wxlogin_state::{DropReason, Input, Source, State, StateName};

use super::platform::LOOK;
use super::setup::Setup;
use super::world::{World, account_id, id};
use crate::driver::watch::{AT_ONCE, LISTS_WAIT};

#[tokio::test]
async fn an_absence_asks_about_just_that_account_and_a_no_drops_it_at_once() {
    let mut world = Setup::settled(&[("wxid_1", "w1"), ("wxid_2", "w2")]).run().await;
    world.look(&[("wxid_2", "w2")]).await;
    world.platform.asked_about("w1").await.say_online(false);
    let account = world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    assert!(account.evidence.iter().any(|seen| seen.from == Source::IsOnline), "{:?}", account.evidence);
    let State::Dropped { drop, .. } = &world.session("w1").state else { panic!() };
    assert_eq!(drop.reason, DropReason::Offline);
    assert_eq!(world.state("w2"), StateName::Online);
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_yes_forgets_the_absences() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    for _ in 0..4 {
        world.platform.asked_for_list().await.list(&[]);
        world.platform.asked_about("w1").await.say_online(true);
        // It was away by the list, and is there by the answer.
        let heard = |account: &wxlogin_state::Account| {
            account.evidence.last().is_some_and(|seen| seen.from == Source::IsOnline)
        };
        assert_eq!(world.when("wxid_1", heard).await.absences, 0);
        // It may have been out already when that was said, and then says nothing of the account.
        world.platform.asked_for_list().await.list(&[("wxid_1", "w1")]);
    }
    assert_eq!(world.state("w1"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_neither_drops_nor_saves() {
    let bad = [
        (200, r#"{"code":"1000","data":null}"#),
        (200, r#"{"code":"1000","data":{"isOnline":"false"}}"#),
        (200, r#"{"code":"1001","message":"失败","data":{"isOnline":false}}"#),
        (200, "<html>"),
        (500, r#"{"code":"1000","data":{"isOnline":false}}"#),
        (504, ""),
    ];
    let confirmations = u32::try_from(bad.len()).unwrap() + 1;
    let setup = Setup::settled(&[("wxid_1", "w1")]).rules(|rules| rules.confirmations = confirmations);
    let mut world = setup.busy().run().await;
    for (absences, (status, body)) in (1..).zip(bad) {
        world.platform.asked_for_list().await.list(&[]);
        world.when("wxid_1", |account| account.absences == absences).await;
        world.platform.asked_about("w1").await.answer(status, body);
        world.settled().await;
        assert_eq!(world.state("w1"), StateName::Online, "{status} {body}");
    }
    world.platform.asked_for_list().await.list(&[]);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world.stop().await;
}

#[tokio::test]
async fn an_answer_about_an_earlier_login_says_nothing_about_the_next_one() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    world.platform.asked_for_list().await.list(&[]);
    let old = world.platform.asked_about("w1").await;
    world.platform.asked_for_list().await.list(&[("wxid_1", "w2")]);
    world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
    old.say_online(false);
    world.settled().await;
    assert_eq!(world.state("w2"), StateName::Online);
    world.stop().await;
}

#[tokio::test]
async fn a_hint_asks_once_and_hints_meanwhile_ask_once_more() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    for _ in 0..20 {
        world.driver.hint(account_id("wxid_1"));
    }
    let first = world.platform.asked_about("w1").await;
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    first.say_online(true);
    world.platform.asked_about("w1").await.say_online(true);
    world.settled().await;
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    assert_eq!(world.account("wxid_1").version.0, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_hint_about_nobody_or_about_who_is_offline_asks_nothing() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.apply("w1", Input::Ended).await.unwrap();
    let before = world.account("wxid_1");
    world.driver.hint(account_id("wxid_1"));
    world.driver.hint(account_id("wxid_2"));
    world.settled().await;
    assert_eq!(world.platform.more_calls().await, 0);
    assert_eq!(world.account("wxid_1"), before);
    world.stop().await;
}

#[tokio::test]
async fn questions_are_asked_a_few_at_a_time_and_all_of_them() {
    let names: Vec<(String, String)> =
        (0..3 * AT_ONCE).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let mut world = Setup::settled(&online).rules(|rules| rules.confirmations = 9).run().await;
    world.look(&[]).await;
    let mut asked = 0;
    while asked < online.len() {
        let out = world.platform.more_of(LOOK).await;
        assert!(out <= AT_ONCE, "{out}");
        world.platform.asked_about_any().await.say_online(true);
        asked += 1;
    }
    world.settled().await;
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    assert_eq!(world.view.count(StateName::Online), online.len());
    world.stop().await;
}

#[tokio::test]
async fn a_question_that_fails_leaves_room_for_the_next() {
    let names: Vec<(String, String)> =
        (0..2 * AT_ONCE).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let mut world: World = Setup::settled(&online).run().await;
    world.look(&online).await;
    for (wc_id, _) in &online {
        world.driver.hint(account_id(wc_id));
    }
    for _ in &online {
        world.platform.asked_about_any().await.answer(502, "");
    }
    world.driver.hint(account_id("wxid_0"));
    world.platform.asked_about("w0").await.say_online(false);
    world.when("wxid_0", |account| account.current_w_id.is_none()).await;
    world.stop().await;
}

#[tokio::test]
async fn nobody_is_dropped_by_a_second_list_before_the_question_about_the_first_is_answered() {
    let names: Vec<(String, String)> =
        (0..2 * AT_ONCE).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let mut world = Setup::settled(&online).busy().run().await;
    for _ in 0..=LISTS_WAIT {
        world.platform.asked_for_list().await.list(&[]);
    }
    world.settled().await;
    // Half of them are asked about, and the platform takes its time; the others wait for their turn.
    assert_eq!(world.view.count(StateName::Online), online.len());
    assert_eq!(world.platform.more_of(LOOK).await, AT_ONCE);
    let list = world.platform.asked_for_list().await;
    for _ in &online {
        world.platform.asked_about_any().await.say_online(true);
    }
    world.settled().await;
    // Each was asked about once, and counts from the beginning.
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    assert!(online.iter().all(|(wc_id, _)| world.account(wc_id).absences == 0));
    list.list(&online);
    world.stop().await;
}

#[tokio::test]
async fn a_question_that_hangs_holds_up_a_drop_for_some_lists_only() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).busy().run().await;
    world.platform.asked_for_list().await.list(&[]);
    let hangs = world.platform.asked_about("w1").await;
    for _ in 0..LISTS_WAIT {
        world.platform.asked_for_list().await.list(&[]);
    }
    let next = world.platform.asked_for_list().await;
    assert_eq!((world.state("w1"), world.account("wxid_1").absences), (StateName::Online, 1));
    next.list(&[]);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    drop(hangs);
    world.stop().await;
}

#[tokio::test]
async fn where_questions_are_answered_slowly_everybody_waits_for_their_turn() {
    let names: Vec<(String, String)> =
        (0..2 * AT_ONCE).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let mut world = Setup::settled(&online).busy().run().await;
    for _ in 0..3 * LISTS_WAIT {
        world.platform.asked_for_list().await.list(&[]);
        world.platform.asked_about_any().await.say_online(true);
    }
    world.settled().await;
    assert_eq!(world.view.count(StateName::Online), online.len());
    world.stop().await;
}
