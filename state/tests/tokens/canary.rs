//! A token that is looked for wherever it must not be: `Debug`, public forms, events, errors.

use std::fmt::Debug;

use wxlogin_state::public::{self, Event};
use wxlogin_state::{Generation, Pair, Seq, TokenInput};

use crate::world::{ACCESS, HOUR, REFRESH, World, plain};

/// What is in every plain token of these tests.
const CANARY: &str = "SECRET";

fn shows_nothing(shown: &str) {
    assert!(!shown.contains(CANARY), "{shown}");
}

fn debug(value: &impl Debug) {
    shows_nothing(&format!("{value:?}"));
    shows_nothing(&format!("{value:#?}"));
}

#[test]
fn no_token_shows_in_debug_in_public_in_events_or_in_refusals() {
    let mut world = World::official_account();
    let plain = plain(world.now, 2, ACCESS, Some(REFRESH));
    assert!(plain.access.reveal().contains(CANARY));
    debug(&plain);
    let pair = Pair::seal(&plain, &world.token.id, Generation(2), &world.keys).unwrap();
    let refreshed = TokenInput::Refreshed { generation: Generation(1), pair };
    debug(&refreshed);
    world.take(refreshed.clone()).unwrap();
    let refusal = world.take(refreshed).unwrap_err();
    debug(&refusal);
    shows_nothing(&refusal.to_string());
    world.live(ACCESS);
    world.failed();
    world.live(HOUR);
    world.refused();
    debug(&world.token);
    debug(&world.keys);
    debug(&world.token.take(TokenInput::TimeCame, world.now, &world.rules));
    let shown = public::Token::of(&world.token, &world.rules);
    debug(&shown);
    shows_nothing(&serde_json::to_string(&shown).unwrap());
    shows_nothing(&serde_json::to_string(&world.token).unwrap());
    let notices = world.notices();
    assert!(notices.len() > 2);
    for notice in &notices {
        let event = Event::of_token(Seq(1), world.now, notice, shown.clone());
        shows_nothing(&serde_json::to_string(&event).unwrap());
    }
}

#[test]
fn the_public_form_says_everything_but_the_token() {
    let mut world = World::official_account();
    world.wait_for_refresh();
    world.failed();
    let shown = serde_json::to_value(public::Token::of(&world.token, &world.rules)).unwrap();
    let names: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "app",
        "expiresAt",
        "generation",
        "id",
        "nextRefreshAt",
        "obtainedAt",
        "refreshExpiresAt",
        "state",
        "system",
        "trouble",
        "version",
    ];
    expected.sort_unstable();
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!((&shown["system"], &shown["state"]), (&"official-account".into(), &"active".into()));
    assert_eq!(shown["trouble"]["inARow"], 1);
}
