//! `link`: the URL, and nothing but the URL, where a program takes it from.

use super::Person;
use crate::client::fake::{self, Fake};

#[tokio::test]
async fn the_url_stands_alone_and_what_it_is_good_for_stands_beside_it() {
    let fake = Fake::start();
    fake.world().sessions.push(fake::session("w-1"));
    let ran = Person::absent().runs(&fake, "link w-1 --ttl 10m").await;
    assert_eq!(ran.out, "http://127.0.0.1:7430/step/5ec4e7-10m\n");
    assert!(ran.err.contains("until 2026-01-01 00:05 UTC"), "{}", ran.err);
    assert_eq!(ran.status, 0);
    let json = Person::absent().runs(&fake, "link w-1 --json").await.json();
    assert_eq!(json["url"], "http://127.0.0.1:7430/step/5ec4e7-usual");
}

#[tokio::test]
async fn the_name_of_an_account_leads_to_its_next_login() {
    let fake = Fake::start();
    fake.world().accounts.push(fake::offline("wxid_a"));
    let ran = Person::absent().runs(&fake, "link wxid_a").await;
    assert_eq!(ran.out, "http://127.0.0.1:7430/step/acc0n7-usual\n");
}
