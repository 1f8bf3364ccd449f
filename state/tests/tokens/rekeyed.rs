//! A new key: a crash after any step leaves every record readable with the key file as it then is.

use wxlogin_state::seal::{Key, Keys, check};
use wxlogin_state::{Contents, RESEALED_AT_ONCE, RekeyStep, StateDir, Store, rekey_step};

use crate::stored::{filled, open};

const TOKENS: usize = 2 * RESEALED_AT_ONCE + 1;

/// That everything opens with the keys of the key file.
fn is_whole(dir: &StateDir, contents: &Contents) -> Keys {
    let keys = dir.read_keys().unwrap().unwrap();
    assert_eq!(check(contents.seal.as_ref(), Some(&keys)), Ok(()));
    assert_eq!(contents.tokens.len(), TOKENS);
    for token in &contents.tokens {
        assert_eq!(token.open_access(&keys).unwrap().reveal(), "access-1-SECRET");
        assert_eq!(token.open_refresh(&keys).unwrap().unwrap().reveal(), "refresh-1-SECRET");
    }
    keys
}

/// Makes the next step; whether there was one.
fn step(store: &mut Store, contents: &Contents, keys: &Keys) -> bool {
    match rekey_step(&contents.tokens, contents.seal.as_ref(), keys).unwrap() {
        RekeyStep::Tokens { tokens, batch } => {
            assert!(tokens.len() <= RESEALED_AT_ONCE);
            let before = |id| contents.tokens.iter().find(|token| token.id == id).unwrap();
            assert!(tokens.iter().all(|token| token.version == before(token.id.clone()).version));
            store.commit(&batch).unwrap();
        }
        RekeyStep::Seal { seal, batch } => {
            assert_eq!(seal.key(), keys.current().id());
            store.commit(&batch).unwrap();
        }
        RekeyStep::Done => return false,
    }
    true
}

#[test]
fn a_crash_after_any_step_of_a_rekey_loses_nothing_and_the_next_start_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let (dir, store, _, old) = filled(place.path(), TOKENS);
    dir.replace_keys(&old.clone().renewed(Key::generate().unwrap())).unwrap();
    drop((dir, store));
    let mut steps = 0;
    loop {
        // Each step is a life of its own, that ends without a word.
        let (dir, mut store, contents) = open(place.path());
        let keys = is_whole(&dir, &contents);
        if !step(&mut store, &contents, &keys) {
            dir.replace_keys(&keys.without_older()).unwrap();
            break;
        }
        steps += 1;
    }
    assert_eq!(steps, 4, "three of tokens, one of the seal check");
    let (dir, mut store, contents) = open(place.path());
    let keys = is_whole(&dir, &contents);
    assert!(keys.older().is_empty() && keys.get(old.current().id()).is_none());
    assert!(!step(&mut store, &contents, &keys));
    assert!(check(contents.seal.as_ref(), Some(&old)).is_err());
    assert!(contents.tokens.iter().all(|token| token.open_access(&old).is_err()));
}

#[test]
fn a_second_new_key_before_the_first_is_through_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (dir, mut store, contents, old) = filled(place.path(), TOKENS);
    let next = old.renewed(Key::generate().unwrap());
    dir.replace_keys(&next).unwrap();
    assert!(step(&mut store, &contents, &next));
    dir.replace_keys(&next.renewed(Key::generate().unwrap())).unwrap();
    drop((dir, store));
    loop {
        let (dir, mut store, contents) = open(place.path());
        let keys = is_whole(&dir, &contents);
        assert_eq!(keys.older().len(), 2);
        if !step(&mut store, &contents, &keys) {
            assert!(contents.tokens.iter().all(|token| token.is_sealed_with(&keys)));
            break;
        }
    }
}

#[test]
fn a_token_that_no_key_opens_is_named_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let (_dir, _store, contents, _) = filled(place.path(), 1);
    let other = Keys::only(Key::generate().unwrap());
    let error = rekey_step(&contents.tokens, contents.seal.as_ref(), &other).unwrap_err();
    assert!(error.to_string().contains("token-0"), "{error}");
}
