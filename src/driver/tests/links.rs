//! One-time links in the store: for as long as they lead anywhere, over a restart, and no longer.

use std::time::Duration;

use tokio::time::sleep;
use wxlogin_state::{Goal, Link, LinkId, StateName};

use super::world::{World, id, issued, logged_in, minute, stepped};
use crate::driver::Denied;

fn login(w_id: &str) -> Goal {
    Goal::Login(id(w_id))
}

/// A link to a login, made when the tests begin.
fn link(n: u8, w_id: &str, minutes: i64) -> Link {
    Link { id: LinkId::of_digest([n; 32]), to: login(w_id), made: minute(0), until: minute(minutes) }
}

/// Waits until the driver has forgotten a link.
async fn forgotten(world: &World, link: &Link) {
    while world.view.links.get(&link.id).is_some() {
        world.round().await;
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_link_is_forgotten_once_its_time_is_over_and_not_before() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let (short, long) = (link(1, "w1", 1), link(2, "w1", 60));
    for link in [&short, &long] {
        world.driver.keep_link(link.clone()).await.unwrap();
    }
    world.at(minute(1)).await;
    forgotten(&world, &short).await;
    let world = world.restart().await;
    assert_eq!(world.view.links.get(&short.id), None);
    assert_eq!(world.view.links.of(&login("w1")), [long]);
    world.stop().await;
}

#[tokio::test]
async fn a_link_outlives_its_login_by_as_long_as_its_page_is_told_how_that_ended() {
    let world = World::with(vec![issued(1, "w1", minute(0))]).await;
    let link = link(1, "w1", 60);
    world.driver.keep_link(link.clone()).await.unwrap();
    world.at(minute(6)).await;
    assert_eq!(world.state("w1"), StateName::Dropped);
    let world = world.restart().await;
    assert_eq!(world.view.links.get(&link.id).as_ref(), Some(&link));
    world.at(minute(8)).await;
    forgotten(&world, &link).await;
    let world = world.restart().await;
    assert_eq!(world.view.links.get(&link.id), None);
    world.stop().await;
}

#[tokio::test]
async fn a_link_to_a_login_that_waits_for_nobody_is_not_kept() {
    let online = stepped(&issued(1, "w1", minute(0)), logged_in("wxid_1"), minute(0));
    let world = World::with(vec![online]).await;
    let denied = world.driver.keep_link(link(1, "w1", 60)).await.unwrap_err();
    assert!(matches!(denied, Denied::Refused(_)), "{denied}");
    let denied = world.driver.keep_link(link(1, "w2", 60)).await.unwrap_err();
    assert!(matches!(denied, Denied::NoSession(_)), "{denied}");
    assert!(world.view.links.of(&login("w1")).is_empty());
    world.stop().await;
}
