//! Whatever comes late, twice or never: a newer pair is never overwritten, and there is always one that opens.

use jiff::SignedDuration;
use proptest::prelude::*;
use wxlogin_state::{Generation, Pair, TokenInput, TokenMove, TokenState, TokenUnmoved};

use crate::world::{ACCESS, HOUR, MINUTE, REFRESH, World, plain};

#[derive(Debug, Clone, Copy)]
enum Happens {
    Passes(i64),
    TimeComes,
    IsWanted,
    /// A result for the pair so many generations back.
    Brings {
        back: u64,
        access: i64,
        refresh: Option<i64>,
    },
    Fails {
        back: u64,
    },
    Refuses {
        back: u64,
    },
}

fn happens() -> impl Strategy<Value = Happens> {
    let back = || prop_oneof![4 => Just(0_u64), 1 => 1..4_u64];
    let pass =
        prop_oneof![4 => 0..HOUR, 2 => 0..40 * HOUR, 1 => -40 * HOUR..0, 1 => -3 * REFRESH..3 * REFRESH];
    let brings =
        (back(), -HOUR..2 * ACCESS, prop_oneof![1 => Just(None), 3 => (-HOUR..REFRESH).prop_map(Some)]);
    prop_oneof![
        6 => pass.prop_map(Happens::Passes),
        6 => Just(Happens::TimeComes),
        2 => Just(Happens::IsWanted),
        4 => brings.prop_map(|(back, access, refresh)| Happens::Brings { back, access, refresh }),
        3 => back().prop_map(|back| Happens::Fails { back }),
        1 => back().prop_map(|back| Happens::Refuses { back }),
    ]
}

fn go(world: &mut World, happens: Happens) {
    let current = world.token.generation;
    let older = |back: u64| Generation(current.0.saturating_sub(back));
    let before = world.token.clone();
    let (given, result) = match happens {
        Happens::Passes(seconds) => return world.now += SignedDuration::from_secs(seconds),
        Happens::TimeComes => {
            let result = world.take(TokenInput::TimeCame);
            let due_at = world.token.due_at(&world.rules);
            let ahead = world.removed || due_at.is_none_or(|at| at > world.now);
            assert!(ahead, "a busy loop at {}: {:?}", world.now, world.token);
            (current, result)
        }
        Happens::IsWanted => (current, world.take(TokenInput::Wanted)),
        Happens::Brings { back, access, refresh } => {
            let given = older(back);
            let plain = plain(world.now, given.0 + 1, access, refresh);
            let pair = Pair::seal(&plain, &world.token.id, given.next(), &world.keys).unwrap();
            let result = world.take(TokenInput::Refreshed { generation: given, pair });
            assert_eq!(result.is_ok(), given == current, "{result:?}");
            (given, result)
        }
        Happens::Fails { back } => {
            let (generation, what) = (older(back), "no connection".to_owned());
            (generation, world.take(TokenInput::RefreshFailed { generation, what }))
        }
        Happens::Refuses { back } => {
            let (generation, what) = (older(back), "no".to_owned());
            (generation, world.take(TokenInput::RefreshRefused { generation, what }))
        }
    };
    if given != current {
        assert_eq!(result, Err(TokenUnmoved::Stale { given, current }));
    }
    if result.is_err() {
        assert_eq!(world.token, before);
    }
}

fn holds(world: &World) {
    let (token, now) = (&world.token, world.now);
    assert_eq!(world.access(), format!("access-{}-SECRET", token.generation));
    let refresh = world.refresh_token();
    assert!(refresh.starts_with("refresh-"), "{refresh}");
    let token = match token.take(TokenInput::TimeCame, now, &world.rules) {
        Ok(TokenMove::Changed(change)) => &change.token.clone(),
        Ok(TokenMove::Removed) => return,
        Err(_) => token,
    };
    let (state, end) = (token.state, token.access.expires_at);
    assert!(end > now || state == TokenState::Expired, "{token:?}");
    let moment = SignedDuration::from_secs(MINUTE);
    assert!(end <= now + moment || state != TokenState::Expired, "{token:?}");
    let duty = token.duty(&world.rules, now);
    // Nothing is ever forgotten: it is looked at again, or being refreshed.
    assert!(duty.refresh || duty.look_at.is_some_and(|at| at > now), "{token:?}");
}

proptest! {
    #[test]
    fn a_slow_refresh_never_overwrites_a_newer_pair(all in prop::collection::vec(happens(), 1..60)) {
        let mut world = World::official_account();
        for happens in all {
            go(&mut world, happens);
            if world.removed {
                break;
            }
            holds(&world);
        }
    }
}

#[test]
fn a_pair_that_was_sealed_for_another_place_is_refused() {
    let mut world = World::official_account();
    let (generation, plain) = (world.token.generation, plain(world.now, 2, ACCESS, Some(REFRESH)));
    let other = Pair::seal(&plain, &"token-2".parse().unwrap(), Generation(2), &world.keys).unwrap();
    let later = Pair::seal(&plain, &world.token.id, Generation(3), &world.keys).unwrap();
    for pair in [other, later] {
        assert_eq!(world.take(TokenInput::Refreshed { generation, pair }), Err(TokenUnmoved::Misplaced));
    }
}

#[test]
fn texts_that_changed_places_do_not_open() {
    let mut world = World::official_account();
    let access = world.token.access.sealed.clone();
    let refresh = world.token.refresh.as_ref().unwrap().sealed.clone();
    world.token.access.sealed = refresh;
    assert!(world.token.open_access(&world.keys).is_err());
    world.token.access.sealed = access;
    assert!(world.token.open_access(&world.keys).is_ok());
    world.token.generation = Generation(2);
    assert!(world.token.open_access(&world.keys).is_err());
    world.token.generation = Generation(1);
    world.token.id = "token-2".parse().unwrap();
    assert!(world.token.open_access(&world.keys).is_err());
    assert!(world.token.open_refresh(&world.keys).is_err());
}
