//! Many drops at once: one incident, and accounts that come back one after another.

use jiff::SignedDuration;
use wxlogin_state::StateName;

use super::platform::{POPUP, QR};
use super::setup::Setup;
use super::world::{World, id, minute};

const MANY: usize = 500;

/// That many accounts have dropped in one list.
async fn storm(setup: impl Fn(&[(&str, &str)]) -> Setup) -> World {
    let names: Vec<(String, String)> = (0..MANY).map(|n| (format!("wxid_{n}"), format!("w{n}"))).collect();
    let online: Vec<(&str, &str)> = names.iter().map(|(wc_id, w_id)| (&**wc_id, &**w_id)).collect();
    let mut world = setup(&online).rules(|rules| rules.confirmations = 1).run().await;
    world.look(&[]).await;
    assert_eq!(world.view.online().len(), 0);
    world
}

/// Lets a second pass, and everybody confirm who is asked to; how many that are.
async fn second(world: &mut World, n: i64) -> usize {
    world.clock.set(minute(0) + SignedDuration::from_secs(n));
    world.round().await;
    world.round().await;
    let out = world.platform.more_of(POPUP).await;
    for _ in 0..out {
        let asked = world.platform.asked_to_pop_up().await;
        let wc_id = asked.body["wcId"].as_str().unwrap().to_owned();
        let w_id = wc_id.replace("wxid_", "new");
        asked.confirm(&w_id);
        world.when(&wc_id, |account| account.current_w_id == Some(id(&w_id))).await;
    }
    out
}

#[tokio::test]
async fn after_a_storm_everybody_comes_back_at_the_pace_of_the_budget() {
    let mut world = storm(Setup::settled).await;
    world.settled().await;
    world.stands_still().await;
    let mut begun = 0;
    for n in 1..60 {
        begun += second(&mut world, n).await;
    }
    assert_eq!(begun, 0);
    // One in five seconds is 120 in ten minutes.
    for n in (60..60 + 5 * i64::try_from(MANY).unwrap()).step_by(5) {
        let more = second(&mut world, n).await;
        assert!(more <= 1, "{n}: {more}");
        begun += more;
    }
    assert_eq!(begun, MANY);
    assert_eq!(world.view.count(StateName::Online), MANY);
    assert_eq!(world.platform.more_of(QR).await, 0);
    let kept = world.stop().await;
    let of = |kind: &str| kept.events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(of("fleet.storm"), 1);
    // Each was online before as well.
    assert_eq!(of("session.online"), 2 * MANY);
}

#[tokio::test]
async fn the_qrs_after_a_storm_keep_to_the_budget_of_the_host() {
    let mut world = storm(Setup::first_day).await;
    let mut fetched = 0;
    for n in (0..660).step_by(5) {
        world.at(minute(0) + SignedDuration::from_secs(n)).await;
        let more = world.platform.more_of(QR).await;
        assert!(n >= 60 || more == 0, "{n}");
        assert!(more <= 1, "{n}: {more}");
        for _ in 0..more {
            fetched += 1;
            world.platform.asked_for_qr().await.issue(&format!("q{fetched}"));
        }
    }
    assert_eq!(fetched, 120);
    world.stop().await;
}

#[tokio::test]
async fn a_storm_outlives_a_restart() {
    let world = storm(Setup::settled).await;
    let mut world = world.restart().await;
    world.look(&[]).await;
    let mut begun = 0;
    for n in (5..160).step_by(5) {
        let more = second(&mut world, n).await;
        assert!(n >= 60 || more == 0, "{n}");
        assert!(more <= 1, "{n}: {more}");
        begun += more;
    }
    assert_eq!(begun, 20);
    world.stop().await;
}
