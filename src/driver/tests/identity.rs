//! Who somebody is: labels that guard against new devices, and accounts that are forgotten.

use wxlogin_state::{Account, Refusal, Stage, Tending};

use super::attempts::dropped;
use super::platform::{QR, REASON};
use super::setup::Setup;
use super::world::{World, account_id, id, login, minute};
use crate::driver::{Denied, LoginRequest};

fn labelled(label: &str) -> LoginRequest {
    LoginRequest { label: Some(label.parse().unwrap()), ..login(None) }
}

#[tokio::test]
async fn a_login_without_a_wcid_under_the_label_of_a_known_account_is_refused() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).label("wxid_1", "Al").run().await;
    let refused = world.driver.begin(labelled("Al")).await.unwrap_err();
    assert!(matches!(&refused, Denied::KnownLabel { wc_id, .. } if *wc_id == account_id("wxid_1")));
    assert_eq!(world.platform.more_of(QR).await, 0);
    // A label follows its account.
    let renamed = Tending::Set { label: Some("Bea".parse().unwrap()), auto_relogin: None };
    world.tend("wxid_1", renamed).await.unwrap();
    assert!(world.driver.begin(labelled("Bea")).await.is_err());
    let driver = world.driver.clone();
    let begun = tokio::spawn(async move { driver.begin(labelled("Al")).await });
    world.platform.asked_for_qr().await.issue("w2");
    begun.await.unwrap().unwrap();
    world.stop().await;
}

#[tokio::test]
async fn a_new_device_of_a_known_account_begins_its_first_day_again() {
    let mut world = Setup::settled(&[("wxid_1", "w1")]).label("wxid_1", "Al").run().await;
    world.look(&[("wxid_1", "w1")]).await;
    let driver = world.driver.clone();
    let request = LoginRequest { new_device: true, ..labelled("Al") };
    let begun = tokio::spawn(async move { driver.begin(request).await });
    let asked = world.platform.asked_for_qr().await;
    assert_eq!(asked.body["wcId"], "");
    asked.issue("w2");
    begun.await.unwrap().unwrap();
    world.clock.set(minute(1));
    world.platform.polled("w2").await.log_in("wxid_1");
    let account = world.when("wxid_1", |account| account.current_w_id == Some(id("w2"))).await;
    let drop_due_at = minute(24 * 60 + 1);
    assert_eq!(account.stage, Stage::FirstDay { drop_due_at, told: false, looked: false });
    assert_eq!(world.session("w2").predecessor, Some(id("w1")));
    let kept = world.stop().await;
    let told: Vec<_> = kept.events.iter().filter(|event| event.kind == "account.new-device").collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].w_id.clone(), told[0].wc_id.clone()), (Some(id("w2")), Some(account_id("wxid_1"))));
}

#[tokio::test]
async fn an_account_that_is_online_is_not_forgotten() {
    let world = Setup::settled(&[("wxid_1", "w1")]).run().await;
    let refused = world.driver.forget(&account_id("wxid_1")).await.unwrap_err();
    assert!(matches!(refused, Denied::Refused(Refusal::StillOnline)), "{refused}");
    assert!(matches!(world.driver.forget(&account_id("wxid_2")).await, Err(Denied::NoAccount(_))));
    world.stop().await;
}

#[tokio::test]
async fn a_forgotten_account_is_left_alone_and_is_a_new_one_when_it_comes_again() {
    let mut world = dropped(Setup::settled(&[("wxid_1", "w1")]).label("wxid_1", "Al")).await;
    let shown = world.platform.asked_to_pop_up().await;
    let why = world.platform.asked_why().await;
    world.driver.forget(&account_id("wxid_1")).await.unwrap();
    shown.hung_up().await;
    why.explain("late");
    world.settled().await;
    assert!(world.view.account(&account_id("wxid_1")).is_none());

    let mut world = world.restart().await;
    world.look(&[]).await;
    world.at(minute(600)).await;
    assert_eq!(world.platform.more_calls().await, 0);
    // Its label is free.
    let driver = world.driver.clone();
    let begun = tokio::spawn(async move { driver.begin(labelled("Al")).await });
    world.platform.asked_for_qr().await.issue("w2");
    begun.await.unwrap().unwrap();
    world.platform.polled("w2").await.log_in("wxid_1");
    world.after("w2", 1).await;
    let account: Account = world.account("wxid_1");
    assert_eq!((account.version.0, account.first_login_at), (1, minute(600)));
    assert_eq!((account.logins, account.label), (vec![id("w2")], Some("Al".parse().unwrap())));
    assert_eq!(world.platform.more_of(REASON).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_qr_that_comes_for_an_account_that_was_forgotten_meanwhile_is_nobodys() {
    let mut world: World = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    let asked = world.platform.asked_for_qr().await;
    world.driver.forget(&account_id("wxid_1")).await.unwrap();
    asked.issue("w2");
    world.settled().await;
    assert!(world.view.session(&id("w2")).is_none());
    assert!(world.view.account(&account_id("wxid_1")).is_none());
    world.stop().await;
}

#[tokio::test]
async fn a_login_in_flight_ends_with_its_account() {
    let mut world = dropped(Setup::first_day(&[("wxid_1", "w1")])).await;
    world.platform.asked_for_qr().await.issue("w2");
    let poll = world.platform.polled("w2").await;
    world.driver.forget(&account_id("wxid_1")).await.unwrap();
    poll.hung_up().await;
    assert!(world.view.in_flight().is_empty());
    world.stop().await;
}
