//! Tokens of system C: refreshed ahead of their end, for as long as the refresh token lives.

use wxlogin_state::{Generation, RefreshEnd, System, TokenInput, TokenState, TokenUnmoved};

use crate::world::{ACCESS, DAY, HOUR, MINUTE, REFRESH, SECOND, World, seconds};

#[test]
fn a_pair_is_refreshed_ahead_of_its_end_again_and_again() {
    let mut world = World::official_account();
    assert_eq!(world.told(), ["token.active"]);
    for generation in 1..50 {
        assert!((99 * MINUTE..=106 * MINUTE).contains(&world.refresh_in()), "{}", world.refresh_in());
        assert_eq!(world.duty(), None);
        world.wait_for_refresh();
        assert_eq!(world.duty(), Some(Generation(generation)));
        world.refreshed();
        assert_eq!((world.told(), world.duty()), (vec!["token.refreshed"], None));
        assert_eq!(world.access(), format!("access-{}-SECRET", generation + 1));
    }
}

#[test]
fn many_tokens_of_one_moment_are_not_refreshed_in_one_moment() {
    let mut world = World::official_account();
    let ids = (0..200).map(|n| format!("token-{n}").parse().unwrap());
    let mut waits: Vec<i64> = ids
        .map(|id| {
            world.token.id = id;
            world.refresh_in()
        })
        .collect();
    waits.sort_unstable();
    assert!(waits[0] >= 100 * MINUTE && waits[199] <= 105 * MINUTE);
    assert!(waits[199] - waits[0] > 4 * MINUTE, "{waits:?}");
}

#[test]
fn a_blip_is_no_news_and_goes_by() {
    let mut world = World::official_account();
    world.wait_for_refresh();
    world.failed();
    assert_eq!((world.duty(), world.state()), (None, TokenState::Active));
    assert!((4 * SECOND..=6 * SECOND).contains(&world.refresh_in()), "{}", world.refresh_in());
    world.wait_for_refresh();
    world.refreshed();
    assert_eq!(world.told(), ["token.active", "token.refreshed"]);
    assert_eq!(world.token.trouble, None);
}

#[test]
fn a_refresh_that_goes_on_failing_is_told_then_the_end_and_then_its_return() {
    let mut world = World::official_account();
    world.told();
    world.wait_for_refresh();
    let mut waits = Vec::new();
    while world.state() != TokenState::Expired {
        world.failed();
        waits.push(world.refresh_in());
        world.wait_for_refresh();
    }
    let notices = world.notices();
    let told: Vec<_> = notices.iter().map(|notice| notice.kind.as_str()).collect();
    assert_eq!(told, ["token.expiring", "token.expired"]);
    assert!(notices.iter().all(|notice| notice.todo.is_none()), "it is tried again: {notices:?}");
    assert!(notices[0].why.contains("the connection was refused"), "{}", notices[0].why);
    assert!(waits.iter().all(|wait| *wait <= 6 * MINUTE) && waits.len() < 20, "{waits:?}");
    assert!(waits.last().unwrap() > &(3 * MINUTE), "{waits:?}");
    world.refreshed();
    assert_eq!((world.told(), world.state()), (vec!["token.refreshed"], TokenState::Active));
}

#[test]
fn a_refused_refresh_is_told_at_once_and_never_tried_again() {
    let mut world = World::official_account();
    world.wait_for_refresh();
    world.told();
    world.refused();
    let notices = world.notices();
    assert_eq!((notices.len(), notices[0].kind.as_str()), (1, "token.expiring"));
    assert!(notices[0].why.contains("5104"), "{}", notices[0].why);
    assert!(notices[0].todo.is_some());
    assert_eq!((world.duty(), world.token.refresh_at(&world.rules)), (None, None));
    world.live(HOUR);
    assert_eq!((world.told(), world.duty()), (vec!["token.expired"], None));
    assert_eq!(world.take(TokenInput::Wanted), Err(TokenUnmoved::NoRefresh));
    world.live(7 * DAY);
    assert!(world.removed);
}

#[test]
fn a_refusal_after_its_end_is_told_with_what_to_do() {
    let mut world = World::official_account();
    world.wait_for_refresh();
    world.live(HOUR);
    assert_eq!(world.state(), TokenState::Expired);
    world.notices();
    world.refused();
    let notices = world.notices();
    assert_eq!((notices.len(), notices[0].kind.as_str()), (1, "token.expired"));
    assert!(notices[0].todo.is_some());
    world.live(7 * DAY);
    assert!(world.removed);
}

#[test]
fn an_expired_token_is_tried_until_its_refresh_token_is_over_too() {
    let mut world = World::official_account();
    let mut tries = 0;
    loop {
        let wait = world.token.refresh_at(&world.rules).map(|at| at.duration_since(world.now).as_secs());
        let Some(wait) = wait else { break };
        world.live(wait.max(0) + SECOND);
        if world.duty().is_none() {
            break;
        }
        world.failed();
        tries += 1;
    }
    let lived = world.now.duration_since(world.token.obtained_at).as_secs();
    assert!((REFRESH..REFRESH + 6 * MINUTE).contains(&lived), "{lived}");
    assert!((7_000..12_000).contains(&tries), "{tries} tries in 30 days at about 5 min");
    assert_eq!(world.token.refresh.as_ref().unwrap().ended, Some(RefreshEnd::Over));
    assert_eq!(world.told(), ["token.active", "token.expiring", "token.expired", "token.expired"]);
    world.live(7 * DAY);
    assert!(world.removed);
}

#[test]
fn a_pair_whose_refresh_token_ends_first_is_refreshed_before_that() {
    let mut world = World::begun(System::OfficialAccount, ACCESS, Some(HOUR));
    assert!((45 * MINUTE..HOUR).contains(&world.refresh_in()), "{}", world.refresh_in());
    world.wait_for_refresh();
    world.refreshed();
    assert!(world.refresh_in() > HOUR);
}

#[test]
fn a_refresh_token_whose_end_never_moves_makes_no_storm() {
    let mut world = World::begun(System::OfficialAccount, ACCESS, Some(3 * HOUR));
    let end = world.token.refresh.as_ref().unwrap().expires_at.unwrap();
    let mut refreshes = 0;
    while world.token.duty(&world.rules, world.now).refresh
        || world.token.refresh_at(&world.rules).is_some_and(|at| at < end)
    {
        world.wait_for_refresh();
        let left = end.duration_since(world.now).as_secs();
        world.refreshed_for(world.token.generation.0, ACCESS, Some(left)).unwrap();
        refreshes += 1;
        assert!(refreshes < 15, "{:?}", world.token);
    }
    world.live(10 * HOUR);
    assert_eq!((world.state(), world.duty()), (TokenState::Expired, None));
}

#[test]
fn a_refresh_that_brings_no_new_refresh_token_leaves_the_old_one_in_use() {
    let mut world = World::official_account();
    for generation in 1..4 {
        world.wait_for_refresh();
        world.refreshed_for(generation, ACCESS, None).unwrap();
        assert_eq!(world.refresh_token(), "refresh-1-SECRET");
        assert_eq!(world.access(), format!("access-{}-SECRET", generation + 1));
    }
}

#[test]
fn a_token_without_a_refresh_token_ends_as_one_of_system_b() {
    let mut world = World::begun(System::OfficialAccount, ACCESS, None);
    world.live(ACCESS);
    assert_eq!(world.told(), ["token.active", "token.expiring", "token.expired"]);
    assert_eq!(world.duty(), None);
}

#[test]
fn a_refresh_token_without_a_known_end_is_given_up_in_the_end() {
    let mut world = World::official_account();
    world.token.refresh.as_mut().unwrap().expires_at = None;
    world.live(6 * DAY);
    assert!(world.duty().is_some());
    world.failed();
    world.live(2 * DAY);
    assert!(world.removed);
}

#[test]
fn whoever_fetches_a_token_that_is_over_hastens_its_refresh_but_not_without_measure() {
    let mut world = World::official_account();
    assert_eq!(world.take(TokenInput::Wanted), Err(TokenUnmoved::StillGood));
    world.live(ACCESS);
    assert_eq!(world.take(TokenInput::Wanted), Err(TokenUnmoved::Refreshing));
    (0..10).for_each(|_| world.failed());
    assert!(world.refresh_in() > 3 * MINUTE);
    let too_soon = world.take(TokenInput::Wanted);
    assert!(matches!(too_soon, Err(TokenUnmoved::TooSoon { .. })), "{too_soon:?}");
    world.live(seconds(world.rules.backoff_initial));
    world.take(TokenInput::Wanted).unwrap();
    assert_eq!(world.duty(), Some(Generation(1)));
    assert_eq!(world.take(TokenInput::Wanted), Err(TokenUnmoved::Refreshing));
}

#[test]
fn a_token_of_a_minute_is_refreshed_when_it_is_fetched_late_in_it() {
    let mut world = World::begun(System::OfficialAccount, 2 * MINUTE, Some(REFRESH));
    world.live(80 * SECOND);
    assert_eq!(world.duty(), None);
    world.take(TokenInput::Wanted).unwrap();
    assert_eq!(world.duty(), Some(Generation(1)));
}

#[test]
fn a_restart_finds_every_duty_again() {
    let mut world = World::official_account();
    world.wait_for_refresh();
    world.failed();
    let text = serde_json::to_string(&world.token).unwrap();
    let again: wxlogin_state::Token = serde_json::from_str(&text).unwrap();
    assert_eq!(again, world.token);
    for seconds in 0..10 {
        world.pass(seconds);
        assert_eq!(again.duty(&world.rules, world.now), world.token.duty(&world.rules, world.now));
    }
}
