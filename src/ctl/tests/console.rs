//! `console`: the URL, and nothing but the URL, where a program takes it from.

use super::Person;
use crate::client::fake::Fake;

#[tokio::test]
async fn the_url_stands_alone_and_how_long_it_is_good_stands_beside_it() {
    let ran = Person::absent().runs(&Fake::start(), "console").await;
    assert_eq!(ran.out, "http://127.0.0.1:7430/#enter=5ec4e7\n");
    assert_eq!(ran.err, "Open it in a browser. It is good once, until 2026-01-01 00:05 UTC.\n");
    assert_eq!(ran.status, 0);
}

#[tokio::test]
async fn a_program_gets_what_the_api_says() {
    let json = Person::absent().runs(&Fake::start(), "console --json").await.json();
    assert_eq!(json["url"], "http://127.0.0.1:7430/#enter=5ec4e7");
    assert!(json["expiresAt"].is_string());
}
