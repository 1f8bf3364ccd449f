//! The known first drop of an account, and the login after it.

use wxlogin_state::{DropReason, Phase, Source, State, StateName};

use super::platform::{LOOK, POPUP, QR};
use super::setup::Setup;
use super::world::{World, id, minute};

/// When the accounts of [`Setup::first_day`] have been online for a day.
const A_DAY: i64 = 24 * 60 - 10;

/// An account whose first drop has just been found.
async fn dropped() -> World {
    let mut world = Setup::first_day(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.at(minute(A_DAY)).await;
    world.platform.asked_about("w1").await.say_online(false);
    world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    world
}

#[tokio::test]
async fn the_daemon_looks_by_itself_when_the_first_drop_is_due_and_not_before() {
    let mut world = Setup::first_day(&[("wxid_1", "w1")]).run().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.at(minute(A_DAY - 61)).await;
    assert_eq!(world.account("wxid_1").version.0, 1);
    world.at(minute(A_DAY - 60)).await;
    assert_eq!(world.account("wxid_1").version.0, 2);
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    world.at(minute(A_DAY)).await;
    world.platform.asked_about("w1").await.say_online(true);
    world.settled().await;
    assert_eq!(world.state("w1"), StateName::Online);
    // Once: after that the list says it.
    world.at(minute(A_DAY + 10)).await;
    assert_eq!(world.platform.more_of(LOOK).await, 0);
    // It outlived its first drop.
    world.at(minute(2 * 24 * 60)).await;
    assert!(world.account("wxid_1").is_settled());
    let kept = world.stop().await;
    assert_eq!(kept.story(1), [("account.drop-expected", "w1"), ("account.settled", "w1")]);
}

#[tokio::test]
async fn after_its_first_drop_an_account_is_logged_in_by_a_qr_with_its_wcid_and_settles() {
    let mut world = dropped().await;
    let State::Dropped { drop, .. } = &world.session("w1").state else { panic!() };
    assert_eq!(drop.reason, DropReason::FirstNight);
    let asked = world.platform.asked_for_qr().await;
    assert_eq!(asked.body["wcId"], "wxid_1");
    asked.issue("w2");
    world.platform.polled("w2").await.log_in("wxid_1");
    let account = world.when("wxid_1", |account| account.current_w_id.is_some()).await;
    assert!(account.is_settled());
    assert_eq!((account.logins, account.relogin), (vec![id("w1"), id("w2")], None));
    assert_eq!(account.evidence.last().unwrap().from, Source::LoginInfo);
    assert_eq!(world.session("w2").predecessor, Some(id("w1")));
    assert_eq!(world.session("w1").successor, Some(id("w2")));
    assert_eq!(world.platform.more_of(POPUP).await, 0);
    assert_eq!(world.platform.more_of(QR).await, 0);
    let kept = world.stop().await;
    assert_eq!(
        kept.story(1),
        [
            ("session.dropped", "w1"),
            ("account.relogin-scheduled", ""),
            ("session.qr-issued", "w2"),
            ("account.scan-needed", "w2"),
            ("session.dropped", "w1"),
            ("session.online", "w2"),
            ("account.settled", "w2"),
        ]
    );
    assert!(kept.seqs.iter().copied().eq(1..=8), "{:?}", kept.seqs);
}

#[tokio::test]
async fn a_pop_up_is_refused_until_the_account_has_settled() {
    let mut world = dropped().await;
    world.platform.asked_for_qr().await.answer(502, "");
    world.when("wxid_1", |account| matches!(&account.relogin, Some(r) if r.troubles == 1)).await;
    let wanted = wxlogin_state::Tending::Wanted {
        method: Some(wxlogin_state::Method::PopUp),
        force: false,
        request_key: None,
    };
    let refused = world.tend("wxid_1", wanted).await.unwrap_err();
    assert!(refused.to_string().contains("by QR only"), "{refused}");
    assert!(matches!(world.account("wxid_1").relogin.unwrap().phase, Phase::Due { .. }));
    assert_eq!(world.platform.more_of(POPUP).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_drop_within_a_minute_of_a_login_is_a_trouble_of_its_own_and_waits() {
    let mut world = World::new().await;
    world.look(&[("wxid_1", "w1")]).await;
    world.clock.set(minute(0) + jiff::SignedDuration::from_secs(59));
    world.driver.hint("wxid_1".parse().unwrap());
    world.platform.asked_about("w1").await.say_online(false);
    let account = world.when("wxid_1", |account| account.current_w_id.is_none()).await;
    assert_eq!(account.last_drop.unwrap().reason, DropReason::ShortLived);
    // An hour, give or take a fifth.
    world.at(minute(48)).await;
    assert_eq!(world.platform.more_of(QR).await, 0);
    world.at(minute(74)).await;
    assert_eq!(world.platform.asked_for_qr().await.body["wcId"], "wxid_1");
    world.stop().await;
}
