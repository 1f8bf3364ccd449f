//! Tokens of system B: only a new code helps, so the end is told ahead.

use wxlogin_state::{Generation, TokenInput, TokenState, TokenUnmoved};

use crate::world::{DAY, HOUR, MINUTE, SECOND, World};

#[test]
fn a_token_is_told_to_be_expiring_a_day_ahead_then_expired_then_it_goes() {
    let mut world = World::app(30 * DAY);
    assert_eq!(world.told(), ["token.active"]);
    world.live(29 * DAY - SECOND);
    assert_eq!((world.told(), world.state()), (vec![], TokenState::Active));
    world.live(SECOND);
    let notices = world.notices();
    assert_eq!((notices.len(), notices[0].kind.as_str()), (1, "token.expiring"));
    assert!(notices[0].todo.unwrap().contains("new code"));
    assert_eq!(notices[0].until, Some(world.token.access.expires_at));
    world.live(DAY);
    assert_eq!((world.told(), world.state()), (vec!["token.expired"], TokenState::Expired));
    world.live(7 * DAY - SECOND);
    assert!(!world.removed);
    world.live(SECOND);
    assert!(world.removed);
    assert!(world.told().is_empty());
}

#[test]
fn a_short_life_is_told_to_be_over_after_three_fourths_of_it() {
    let mut world = World::app(4 * HOUR);
    world.live(3 * HOUR - SECOND);
    assert_eq!(world.state(), TokenState::Active);
    world.live(SECOND);
    assert_eq!(world.state(), TokenState::Expiring);
}

#[test]
fn it_is_never_refreshed() {
    let mut world = World::app(HOUR);
    world.live(2 * HOUR);
    assert_eq!(world.duty(), None);
    assert_eq!(world.take(TokenInput::Wanted), Err(TokenUnmoved::NoRefresh));
    let (generation, what) = (Generation(1), "late".to_owned());
    let failed = TokenInput::RefreshFailed { generation, what };
    assert_eq!(world.take(failed), Err(TokenUnmoved::NoRefresh));
}

#[test]
fn a_token_that_nobody_looked_after_is_kept_from_when_it_is_found_over() {
    let mut world = World::app(HOUR);
    world.pass(30 * DAY);
    world.take(TokenInput::TimeCame).unwrap();
    assert_eq!(world.told(), ["token.active", "token.expired"]);
    assert!(!world.removed);
    world.live(7 * DAY);
    assert!(world.removed);
}

#[test]
fn a_look_before_anything_is_due_changes_nothing() {
    let mut world = World::app(30 * DAY);
    world.pass(MINUTE);
    assert_eq!(world.take(TokenInput::TimeCame), Err(TokenUnmoved::NotDue));
}
