//! Refreshes that are slow, lost, worthless or many: no pair is thrown away, and nobody waits for another's.

use super::*;
use crate::driver::tokens::EACH;

#[tokio::test]
async fn a_token_that_can_be_used_is_given_at_once_though_it_is_being_refreshed() {
    let (fake, world) = begin().await;
    let id = world.kept(official("first")).await;
    fake.hold();
    world.at(minute(106)).await;
    fake.called(1).await;
    let opened = tokio::time::timeout(Duration::from_secs(5), world.opened(&id)).await;
    assert_eq!(opened.expect("it waits for the refresh"), "access-0");
    fake.answer();
    world.until_token(&id, |token| token.generation == Generation(2)).await;
    world.stop().await;
}

#[tokio::test]
async fn a_token_that_somebody_waits_for_is_refreshed_before_those_that_nobody_does() {
    let (fake, world) = begin().await;
    fake.hold();
    let mut ids = Vec::new();
    for n in 0..EACH + 4 {
        ids.push((world.kept(official(&n.to_string())).await, n.to_string()));
    }
    world.at(minute(106)).await;
    fake.called(EACH).await;
    let when = |id: &TokenId| world.token(id).refresh_at(&FIGURES.token_rules);
    let (last, name) = ids.iter().max_by_key(|(id, _)| when(id)).unwrap();
    world.clock.set(minute(119) + Duration::from_secs(30));
    let driver = world.driver.clone();
    let mut opening = std::pin::pin!(driver.open_token(last));
    tokio::select! {
        biased;
        opened = &mut opening => panic!("it is nearly over: {opened:?}"),
        () = world.round() => {}
    }
    fake.answers.add_permits(1);
    fake.called(EACH + 1).await;
    assert_eq!(fake.asked.lock().unwrap()[EACH], *name);
    fake.answer();
    assert!(opening.await.unwrap().access.reveal().ends_with(&format!("-by-{name}")));
    world.stop().await;
}

#[tokio::test]
async fn a_system_that_does_not_answer_holds_up_no_other() {
    let clock = TestClock::new();
    let (slow, one) = Fake::start_for("wx-slow", clock.clone()).await;
    let (_quick, other) = Fake::start_for(APP_ID, clock.clone()).await;
    let systems = Systems { official_accounts: vec![one, other], ..Systems::default() };
    let world = World::open(tempfile::tempdir().unwrap(), clock, FIGURES, systems).await;
    slow.hold();
    for n in 0..3 * EACH {
        world.kept(NewToken { app: "wx-slow".to_owned(), ..official(&n.to_string()) }).await;
    }
    world.at(minute(106)).await;
    slow.called(EACH).await;
    let mut quick = official("quick");
    quick.plain.expires_at = minute(108);
    let id = world.kept(quick).await;
    world.at(minute(107) + Duration::from_secs(50)).await;
    world.until_token(&id, |token| token.generation == Generation(2)).await;
    assert_eq!(slow.calls(), EACH);
    world.stop().await;
}

#[tokio::test]
async fn a_restart_loses_no_timer_and_an_answer_that_was_lost_is_asked_for_again() {
    let (fake, world) = begin().await;
    let id = world.kept(official("first")).await;
    fake.hold();
    world.at(minute(110)).await;
    fake.called(1).await;
    let world = world.restart().await;
    fake.answer();
    let token = world.until_token(&id, |token| token.generation == Generation(2)).await;
    assert_eq!((token.state, fake.calls()), (TokenState::Active, 2));
    world.stop().await;
}

#[tokio::test]
async fn a_pair_that_comes_while_nothing_can_be_written_is_offered_until_it_can() {
    for fault in [Fault::Full, Fault::Unknown] {
        let (fake, world) = begin().await;
        let id = world.kept(official("first")).await;
        fake.hold();
        world.at(minute(106)).await;
        fake.called(1).await;
        world.faults.set(fault);
        fake.answer();
        while world.driver.store_state() == StoreState::Writable {
            tokio::task::yield_now().await;
        }
        world.clock.set(minute(121));
        let over = world.driver.open_token(&id).await.unwrap_err();
        assert!(matches!(over, Denied::Unwritable(_)), "{over}");
        world.faults.clear();
        world.writable().await;
        world.until_token(&id, |token| token.generation == Generation(2)).await;
        assert_eq!((world.opened(&id).await.as_str(), fake.calls()), ("access-1-by-first", 1));
        // Its old pair has ended meanwhile, which is no news beside the newer one.
        assert_eq!(world.told_of_tokens().await, ["token.active", "token.refreshed"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_stop_waits_for_a_pair_that_is_on_its_way_and_for_none_without_end() {
    let (fake, world) = begin().await;
    let id = world.kept(official("first")).await;
    fake.hold();
    world.at(minute(106)).await;
    fake.called(1).await;
    let answering = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        fake.answer();
    };
    let (world, ()) = tokio::join!(world.restart(), answering);
    assert_eq!((world.opened(&id).await.as_str(), fake.calls()), ("access-1-by-first", 1));
    fake.hold();
    world.at(minute(212)).await;
    fake.called(2).await;
    let world = world.restart().await;
    fake.answer();
    world.until_token(&id, |token| token.generation == Generation(3)).await;
    world.stop().await;
}

#[tokio::test]
async fn a_token_that_is_over_while_its_system_is_down_says_when_it_is_tried_again() {
    let (fake, world) = begin().await;
    let id = world.kept(official("broken")).await;
    world.at(minute(121)).await;
    let over = loop {
        match world.driver.open_token(&id).await.unwrap_err() {
            // The first refresh may not have begun.
            Denied::TokenUnrefreshed { what: None, .. } => {}
            over => break over,
        }
    };
    let Denied::TokenUnrefreshed { what: Some(what), again_at, again_in, .. } = &over else {
        panic!("{over}")
    };
    assert!(what.contains("503") && *again_at == minute(121) + *again_in, "{over}");
    assert!((Duration::from_secs(4)..Duration::from_secs(7)).contains(again_in), "{over}");
    assert!(!over.to_string().contains("new code"), "{over}");
    assert_eq!(fake.calls(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_pair_that_does_not_fit_the_store_is_trouble_and_asked_for_at_a_pace() {
    let (fake, world) = begin().await;
    let id = world.kept(official("huge")).await;
    world.at(minute(106)).await;
    let token = world.until_token(&id, |token| token.trouble.is_some()).await;
    assert!(token.trouble.as_ref().unwrap().what.contains("does not fit"), "{token:?}");
    assert!(token.refresh_at(&FIGURES.token_rules).unwrap() > minute(106));
    world.round().await;
    world.stands_still().await;
    assert_eq!((fake.calls(), world.opened(&id).await.as_str()), (1, "access-0"));
    world.stop().await;
}
