//! What the driver does, and leaves, while its end waits for a refresh.

use wxlogin_state::{Account, Tending};

use super::*;
use crate::driver::tests::attempts::dropped;
use crate::driver::tests::platform::{Call, LIST, LOOK, POPUP, QR};
use crate::driver::tests::setup::Setup;
use crate::driver::tests::world::account_id;

const ONE: &[(&str, &str)] = &[("wxid_1", "w1")];

/// The next call that begins a login.
async fn asked_for_login(world: &mut World, path: &str) -> Call {
    match path {
        POPUP => world.platform.asked_to_pop_up().await,
        _ => world.platform.asked_for_qr().await,
    }
}

fn comes_later(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.due_at().is_some())
}

#[tokio::test]
async fn while_a_stop_waits_for_a_pair_nothing_begins_and_the_next_start_does_it() {
    for (setup, path) in [(Setup::settled(ONE), POPUP), (Setup::first_day(ONE), QR)] {
        let clock = TestClock::new();
        let (fake, systems) = Fake::start(clock.clone()).await;
        let mut world = dropped(setup.by(clock).beside(systems)).await;
        asked_for_login(&mut world, path).await.answer(503, "");
        world.when("wxid_1", comes_later).await;
        let mut soon_over = official("first");
        soon_over.plain.expires_at = minute(0) + Duration::from_secs(40);
        world.kept(soon_over).await;
        fake.hold();
        world.at(minute(0) + Duration::from_secs(39)).await;
        fake.called(1).await;

        // The account's next login is due by now.
        world.clock.set(minute(10));
        world.driver.stop().await;
        world.driver.hint(account_id("wxid_1"));
        let wanted = Tending::Wanted { method: None, force: false, request_key: None };
        let denied = world.tend("wxid_1", wanted).await.unwrap_err();
        assert!(matches!(denied, Denied::Stopping), "{denied}");
        for path in [POPUP, QR, LIST, LOOK] {
            assert_eq!(world.platform.more_of(path).await, 0, "{path}");
        }
        fake.answer();

        let mut world = world.restart().await;
        world.look(&[]).await;
        asked_for_login(&mut world, path).await;
        assert_eq!(world.told_of_tokens().await, ["token.active", "token.refreshed"]);
    }
}
