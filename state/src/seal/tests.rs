//! What sealing promises: only the right key, in the right place, opens what was not touched.

use super::*;

fn keys() -> Keys {
    Keys::only(Key::generate().unwrap())
}

fn sealed(keys: &Keys) -> Sealed {
    keys.seal(&Secret::new("令牌 token"), b"here").unwrap()
}

#[test]
fn what_was_sealed_opens_in_its_place_and_after_a_record() {
    let keys = keys();
    let text = serde_json::to_string(&sealed(&keys)).unwrap();
    let back: Sealed = serde_json::from_str(&text).unwrap();
    assert_eq!(keys.open(&back, b"here").unwrap().reveal(), "令牌 token");
}

#[test]
fn what_was_put_in_anothers_place_does_not_open() {
    let keys = keys();
    let there = keys.open(&sealed(&keys), b"there");
    assert_eq!(there, Err(SealError::Changed(keys.current().id())));
}

#[test]
fn every_flipped_bit_is_found() {
    let keys = keys();
    let text: String = serde_json::from_str(&serde_json::to_string(&sealed(&keys)).unwrap()).unwrap();
    let bytes = STANDARD.decode(text).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let text = serde_json::to_string(&STANDARD.encode(changed)).unwrap();
        let changed: Sealed = serde_json::from_str(&text).unwrap();
        assert!(keys.open(&changed, b"here").is_err(), "bit {bit}");
    }
}

#[test]
fn what_is_too_short_or_no_base64_is_no_sealed_text() {
    for text in [String::new(), "not base64".to_owned(), STANDARD.encode([0; 8 + NONCE + TAG - 1])] {
        let error = serde_json::from_value::<Sealed>(text.into()).unwrap_err();
        assert!(error.to_string().contains("base64"), "{error}");
    }
}

#[test]
fn another_key_does_not_open_it_and_says_which_one_would() {
    let (right, wrong) = (keys(), keys());
    let error = wrong.open(&sealed(&right), b"here").unwrap_err();
    assert_eq!(error, SealError::UnknownKey(right.current().id()));
    assert!(error.to_string().contains(&right.current().id().to_string()), "{error}");
}

#[test]
fn the_same_text_is_never_sealed_to_the_same_bytes() {
    let keys = keys();
    assert_ne!(sealed(&keys), sealed(&keys));
}

#[test]
fn an_older_key_opens_and_the_current_one_seals() {
    let old = keys();
    let before = sealed(&old);
    let new = old.clone().renewed(Key::generate().unwrap());
    assert!(new.open(&before, b"here").is_ok());
    assert_eq!(sealed(&new).key(), new.current().id());
    assert!(new.without_older().open(&before, b"here").is_err());
}

#[test]
fn keys_come_back_from_their_text_with_the_current_one_first() {
    let keys = keys().renewed(Key::generate().unwrap()).renewed(Key::generate().unwrap());
    let text = keys.to_text();
    let ids = |keys: &Keys| keys.all().map(Key::id).collect::<Vec<_>>();
    for text in [text.reveal().to_owned(), text.reveal().trim_end().replace('\n', "\r\n")] {
        assert_eq!(ids(&text.parse().unwrap()), ids(&keys));
    }
    assert!(text.reveal().lines().all(|line| line.starts_with("wxlogind-key-1:") && line.len() == 59));
}

#[test]
fn a_keys_name_is_the_same_for_good() {
    // 32 zero bytes. Another name for the same key would make every store refuse to open.
    let keys: Keys = format!("wxlogind-key-1:{}", STANDARD.encode([0; 32])).parse().unwrap();
    assert_eq!(keys.current().id().to_string(), "54e6951995b2d039");
}

#[test]
fn what_is_no_key_is_refused_by_its_line_and_never_repeated() {
    let good = keys().to_text();
    let good = good.reveal();
    assert_eq!("".parse::<Keys>().unwrap_err(), InvalidKey::Empty);
    for bad in ["hunter2", "wxlogind-key-1:", "wxlogind-key-2:AAAA", "wxlogind-key-1:AAAA", " ", ""] {
        let error = format!("{good}{bad}\n").parse::<Keys>().unwrap_err();
        assert_eq!(error, InvalidKey::Line(2), "{bad:?}");
        assert!(!error.to_string().contains("hunter2"));
    }
    assert!(good.trim_end().replace("key-1:", "key-1: ").parse::<Keys>().is_err());
}

#[test]
fn debug_shows_names_of_keys_and_nothing_else() {
    let keys = keys().renewed(Key::generate().unwrap());
    let shown = format!("{keys:?} {:?} {:?}", sealed(&keys), SealCheck::new(&keys).unwrap());
    for key in keys.all() {
        assert!(!shown.contains(&STANDARD.encode(key.bytes())), "{shown}");
        assert!(!shown.contains(&format!("{:?}", key.bytes())), "{shown}");
    }
    assert!(shown.contains(&format!("Key({})", keys.current().id())), "{shown}");
    assert!(shown.ends_with("Sealed(…) SealCheck(Sealed(…))"), "{shown}");
}
