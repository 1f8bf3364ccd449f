//! Tokens in the store: sealed, durable, in every export, and of no use without their key.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use wxlogin_state::public::{self, Event};
use wxlogin_state::seal::{Key, KeyError, Keys, SealCheck, check};
use wxlogin_state::{
    Batch, Contents, Fleet, Generation, Obtained, Pair, Retention, Seq, StateDir, Store, System, Token,
    TokenChange, TokenRules, export,
};

use crate::world::{ACCESS, REFRESH, plain};

pub(crate) const RULES: TokenRules = TokenRules::DEFAULT;

pub(crate) fn open(path: &Path) -> (StateDir, Store, Contents) {
    let dir = StateDir::claim(path).unwrap();
    let (store, contents) = Store::open(&dir, Retention { events: 1_000 }).unwrap();
    (dir, store, contents)
}

/// What a login brought, as the driver takes it in.
pub(crate) fn obtained(n: usize, keys: &Keys) -> TokenChange {
    let now = Timestamp::UNIX_EPOCH;
    let id = format!("token-{n}").parse().unwrap();
    let pair = Pair::seal(&plain(now, 1, ACCESS, Some(REFRESH)), &id, Generation(1), keys).unwrap();
    let system = System::OfficialAccount;
    Token::obtained(Obtained { system, app: "wx1".to_owned(), uid: None, pair }, now, &RULES)
}

/// A store with so many tokens, and its keys.
pub(crate) fn filled(path: &Path, tokens: usize) -> (StateDir, Store, Contents, Keys) {
    let (dir, mut store, contents) = open(path);
    let keys = dir.make_key(&contents).unwrap();
    let mut batch = Batch::default();
    batch.put_seal(&SealCheck::new(&keys).unwrap()).unwrap();
    let mut seq = Seq(0);
    for n in 0..tokens {
        let TokenChange { token, said } = obtained(n, &keys);
        batch.put_token(&token).unwrap();
        for notice in &said {
            seq = seq.next();
            let public = public::Token::of(&token, &RULES);
            batch.push_event(&Event::of_token(seq, token.obtained_at, notice, public)).unwrap();
        }
    }
    store.commit(&batch).unwrap();
    drop((store, dir));
    let (dir, store, contents) = open(path);
    assert_eq!(contents.tokens.len(), tokens);
    (dir, store, contents, keys)
}

fn export_to(path: &Path, contents: &Contents) {
    let (seal, outbox, fleet) = (contents.seal.as_ref(), &contents.outbox, &Fleet::default());
    let host = export::Host { platform_key: None, seal, outbox, fleet, last_seq: contents.last_seq };
    export::write(path, &[], &[], &contents.tokens, host).unwrap();
}

fn opens(contents: &Contents, keys: &Keys) {
    assert_eq!(check(contents.seal.as_ref(), Some(keys)), Ok(()));
    for token in &contents.tokens {
        assert_eq!(token.open_access(keys).unwrap().reveal(), "access-1-SECRET");
        assert_eq!(token.open_refresh(keys).unwrap().unwrap().reveal(), "refresh-1-SECRET");
    }
}

/// Whether any file below the directory holds the text.
fn is_there(directory: &Path, text: &str) -> bool {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return is_there(&path, text);
        }
        fs::read(&path).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes())
    })
}

#[test]
fn a_token_comes_back_and_is_nowhere_in_the_clear() {
    let place = tempfile::tempdir().unwrap();
    let (dir, store, contents, keys) = filled(place.path(), 3);
    opens(&contents, &dir.read_keys().unwrap().unwrap());
    let events = store.events(Seq(0), 10).unwrap();
    assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["token.active"; 3]);
    assert_eq!(events[0].token.as_ref().unwrap().app, "wx1");
    export_to(&place.path().join("export.jsonl"), &contents);
    assert!(is_there(place.path(), "token-2"));
    assert!(!is_there(place.path(), "SECRET"));
    opens(&contents, &keys);
}

#[test]
fn a_forgotten_token_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let (dir, mut store, _, _) = filled(place.path(), 2);
    let mut batch = Batch::default();
    batch.forget_token(&"token-0".parse().unwrap());
    store.commit(&batch).unwrap();
    drop((store, dir));
    let (_, _, contents) = open(place.path());
    assert_eq!(contents.tokens.len(), 1);
    assert_eq!(contents.tokens[0].id.as_str(), "token-1");
    assert!(contents.seal.is_some());
}

#[test]
fn a_restored_export_opens_with_its_key_and_with_no_other() {
    let place = tempfile::tempdir().unwrap();
    let (_dir, _store, contents, keys) = filled(place.path(), 2);
    let exported = place.path().join("export.jsonl");
    export_to(&exported, &contents);

    let elsewhere = tempfile::tempdir().unwrap();
    let dir = StateDir::claim(elsewhere.path()).unwrap();
    Store::restore(&dir, &export::read(&exported).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    drop(dir);
    let (dir, _, restored) = open(elsewhere.path());
    assert_eq!((&restored.tokens, &restored.seal), (&contents.tokens, &contents.seal));
    opens(&restored, &keys);

    let expected = keys.current().id();
    let none = dir.read_keys().unwrap();
    assert_eq!(check(restored.seal.as_ref(), none.as_ref()), Err(KeyError::NoKey { expected }));
    assert!(dir.make_key(&restored).is_err(), "a new key would not open them");
    let other = Keys::only(Key::generate().unwrap());
    let wrong = check(restored.seal.as_ref(), Some(&other));
    assert!(matches!(wrong, Err(KeyError::WrongKey { expected: id, .. }) if id == expected), "{wrong:?}");
    dir.replace_keys(&keys).unwrap();
    assert_eq!(check(restored.seal.as_ref(), dir.read_keys().unwrap().as_ref()), Ok(()));
}

#[test]
fn a_token_that_is_too_large_is_refused_by_name() {
    let mut token = obtained(1, &Keys::only(Key::generate().unwrap())).token;
    token.app = "x".repeat(40_000);
    let error = Batch::default().put_token(&token).unwrap_err();
    assert!(error.to_string().contains("t/token-1"), "{error}");
}
