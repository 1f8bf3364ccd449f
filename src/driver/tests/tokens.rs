//! Tokens: kept sealed, refreshed once for everybody, opened for whoever asks, and sealed anew.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::put;
use futures_util::future::join_all;
use hyper::{StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use wxlogin_state::public::Event;
use wxlogin_state::{Generation, MAX_RECORD, Plain, Secret, System, Token, TokenId, TokenState};

use super::test_clock::TestClock;
use super::world::{FIGURES, World, minute};
use crate::driver::keeper::faults::Fault;
use crate::driver::{Denied, NewToken, StoreState};
use crate::platform::Systems;
use crate::platform::official_account::{OfficialAccountPlatform, REFRESH};

mod ending;
mod keys;
mod refreshes;

const APP_ID: &str = "wx-app";

/// System C as far as it refreshes: an access token lives two hours, a refresh token is good once.
#[derive(Clone)]
struct Fake {
    /// The refresh tokens that it was called with.
    asked: Arc<Mutex<Vec<String>>>,
    /// Refresh tokens that have been exchanged.
    used: Arc<Mutex<HashSet<String>>>,
    /// Each answer takes one.
    answers: Arc<Semaphore>,
    clock: TestClock,
}

impl Fake {
    async fn start(clock: TestClock) -> (Self, Systems) {
        let (fake, client) = Self::start_for(APP_ID, clock).await;
        (fake, Systems { official_accounts: vec![client], ..Systems::default() })
    }

    async fn start_for(app_id: &str, clock: TestClock) -> (Self, OfficialAccountPlatform) {
        let fake = Self {
            asked: Arc::default(),
            used: Arc::default(),
            answers: Arc::new(Semaphore::new(1_000)),
            clock,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().route(REFRESH, put(refresh)).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let secret = Secret::new("domain secret");
        let client = OfficialAccountPlatform::new(&url, app_id, "users.example", &secret).unwrap();
        (fake, client)
    }

    fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Waits until it has been called so often.
    async fn called(&self, calls: usize) {
        while self.calls() < calls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// No answer from now on.
    fn hold(&self) {
        self.answers.forget_permits(1_000_000);
    }

    fn answer(&self) {
        self.answers.add_permits(1_000);
    }
}

async fn refresh(
    State(fake): State<Fake>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<String, StatusCode> {
    let call = {
        let mut asked = fake.asked.lock().unwrap();
        asked.push(query[0].1.clone());
        asked.len()
    };
    fake.answers.acquire().await.unwrap().forget();
    if query[0].1 == "broken" {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    if query[0].1 == "dead" || !fake.used.lock().unwrap().insert(query[0].1.clone()) {
        return Ok(
            json!({"code": 5368, "data": null, "extMsg": "", "msg": "Failed to get user OpenID"}).to_string()
        );
    }
    let (now, with) = (fake.clock.now().as_second(), &query[0].1);
    let token = |name: &str, life: i64| -> Value {
        let padding = if (name, with.as_str()) == ("access", "huge") { MAX_RECORD } else { 0 };
        json!({"token": format!("{name}-{call}-by-{with}{}", "x".repeat(padding)), "expirationTime": now + life})
    };
    let data = json!({"accessToken": token("access", 7_200), "refreshToken": token("refresh", 86_400)});
    Ok(json!({"code": 200, "data": data, "extMsg": "", "msg": "success"}).to_string())
}

/// A token of system C that ends in two hours, refreshed by `refresh`.
fn official(refresh: &str) -> NewToken {
    NewToken {
        system: System::OfficialAccount,
        app: APP_ID.to_owned(),
        uid: None,
        plain: Plain {
            access: Secret::new("access-0"),
            expires_at: minute(120),
            refresh: Some((Secret::new(refresh), Some(minute(24 * 60)))),
        },
    }
}

/// A token of system B that ends in ten days.
fn app() -> NewToken {
    NewToken {
        system: System::App,
        app: "appkey".to_owned(),
        uid: Some("7".to_owned()),
        plain: Plain { access: Secret::new("bearer"), expires_at: minute(14_400), refresh: None },
    }
}

async fn begin() -> (Fake, World) {
    let clock = TestClock::new();
    let (fake, systems) = Fake::start(clock.clone()).await;
    (fake, World::open(tempfile::tempdir().unwrap(), clock, FIGURES, systems).await)
}

impl World {
    async fn kept(&self, new: NewToken) -> TokenId {
        self.driver.keep_token(new).await.unwrap().id.clone()
    }

    async fn opened(&self, id: &TokenId) -> String {
        self.driver.open_token(id).await.unwrap().access.reveal().to_owned()
    }

    fn token(&self, id: &TokenId) -> Arc<Token> {
        self.view.token(id).unwrap()
    }

    async fn until_token(&self, id: &TokenId, is_so: impl Fn(&Token) -> bool) -> Arc<Token> {
        for _ in 0..2_000 {
            if let Some(token) = self.view.token(id).filter(|token| is_so(token)) {
                return token;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never: {:#?}", self.view.token(id));
    }

    async fn told_of_tokens(self) -> Vec<String> {
        let told = |event: Event| event.kind.starts_with("token.").then_some(event.kind);
        self.stop().await.events.into_iter().filter_map(told).collect()
    }
}

#[tokio::test]
async fn a_token_is_refreshed_ahead_of_its_end_and_the_new_one_is_sealed_before_it_is_shown() {
    let (fake, world) = begin().await;
    let id = world.kept(official("first")).await;
    assert_eq!((world.opened(&id).await.as_str(), fake.calls()), ("access-0", 0));
    world.at(minute(99)).await;
    assert_eq!(fake.calls(), 0, "twenty minutes ahead, give or take five");
    world.at(minute(106)).await;
    let token = world.until_token(&id, |token| token.generation == Generation(2)).await;
    assert_eq!((token.access.expires_at, token.refreshed_at), (minute(226), Some(minute(106))));
    assert_eq!(world.opened(&id).await, "access-1-by-first");
    world.at(minute(212)).await;
    world.until_token(&id, |token| token.generation == Generation(3)).await;
    assert_eq!(world.opened(&id).await, "access-2-by-refresh-1-by-first");
    assert_eq!(world.told_of_tokens().await, ["token.active", "token.refreshed", "token.refreshed"]);
}

#[tokio::test]
async fn however_many_fetch_a_token_that_is_over_the_system_is_asked_once() {
    let (fake, world) = begin().await;
    let id = world.kept(official("first")).await;
    let held = world.hold().await;
    world.clock.set(minute(121));
    let all = join_all((0..200).map(|_| world.driver.open_token(&id)));
    let (all, ()) = tokio::join!(all, async { drop(held) });
    for opened in all {
        assert_eq!(opened.unwrap().access.reveal(), "access-1-by-first");
    }
    assert_eq!(fake.calls(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_refused_refresh_token_is_told_while_the_access_token_can_still_be_used() {
    let (_fake, world) = begin().await;
    let id = world.kept(official("dead")).await;
    world.at(minute(110)).await;
    let token = world.until_token(&id, |token| token.state == TokenState::Expiring).await;
    assert!(token.trouble.as_ref().unwrap().what.contains("refuses the refresh token"), "{token:?}");
    assert_eq!(world.opened(&id).await, "access-0");
    world.at(minute(121)).await;
    let over = world.driver.open_token(&id).await.unwrap_err();
    assert!(matches!(&over, Denied::TokenOver { what: Some(_), .. }), "{over}");
    assert_eq!(world.told_of_tokens().await, ["token.active", "token.expiring", "token.expired"]);
}

#[tokio::test]
async fn a_token_that_cannot_grow_any_more_keeps_nobody_busy() {
    let (_fake, world) = begin().await;
    let keep = async |uid: usize| {
        let new = NewToken { uid: Some("u".repeat(uid)), ..app() };
        world.driver.keep_token(new).await.map(|token| token.id.clone())
    };
    // The longest that fits.
    let (mut fits, mut too_long) = (1, MAX_RECORD);
    while too_long - fits > 1 {
        let middle = usize::midpoint(fits, too_long);
        match keep(middle).await {
            Ok(id) => {
                world.driver.forget_token(&id).await.unwrap();
                fits = middle;
            }
            Err(Denied::TooLarge(_)) => too_long = middle,
            Err(denied) => panic!("{denied}"),
        }
    }
    let id = keep(fits).await.unwrap();
    // "expiring" is longer than "active".
    world.at(minute(14_400) - Duration::from_hours(1)).await;
    world.stands_still().await;
    assert_eq!(world.token(&id).state, TokenState::Active);
    assert_eq!(world.opened(&id).await, "bearer");
    world.stop().await;
}

#[tokio::test]
async fn an_app_token_says_that_it_will_end_then_that_it_has_and_goes() {
    let (_fake, world) = begin().await;
    let id = world.kept(app()).await;
    let day = |days: i64| minute(days * 24 * 60);
    world.at(day(9) + Duration::from_mins(1)).await;
    assert_eq!(world.token(&id).state, TokenState::Expiring);
    assert_eq!(world.opened(&id).await, "bearer");
    world.at(day(10)).await;
    assert_eq!(world.token(&id).state, TokenState::Expired);
    assert!(matches!(world.driver.open_token(&id).await, Err(Denied::TokenOver { what: None, .. })));
    world.at(day(17) + Duration::from_mins(1)).await;
    assert!(matches!(world.driver.open_token(&id).await, Err(Denied::NoToken(_))));
    assert_eq!(world.told_of_tokens().await, ["token.active", "token.expiring", "token.expired"]);
}

#[tokio::test]
async fn a_token_can_be_used_while_nothing_can_be_written_and_none_is_kept() {
    let (_fake, world) = begin().await;
    let id = world.kept(official("first")).await;
    world.faults.set(Fault::Full);
    assert!(matches!(world.driver.keep_token(app()).await, Err(Denied::Unwritable(_))));
    world.clock.set(minute(119) + Duration::from_secs(30));
    assert_eq!(world.opened(&id).await, "access-0");
    assert_eq!(world.view.count_tokens(), 1);
    world.faults.clear();
    world.writable().await;
    world.until_token(&id, |token| token.generation == Generation(2)).await;
    world.stop().await;
}

#[tokio::test]
async fn a_clock_that_jumps_neither_refreshes_in_a_storm_nor_never() {
    let (fake, world) = begin().await;
    let ids = [world.kept(official("a")).await, world.kept(official("b")).await];
    let ten_years: Timestamp = minute(10 * 365 * 24 * 60);
    world.at(ten_years).await;
    for id in &ids {
        // Its refresh token is over by that clock, too.
        world.until_token(id, |token| token.state == TokenState::Expired).await;
    }
    assert_eq!(fake.calls(), 0);
    world.at(minute(1)).await;
    for id in &ids {
        let token = world.until_token(id, |token| token.state == TokenState::Active).await;
        assert_eq!(token.generation, Generation(1));
    }
    world.at(minute(110)).await;
    for id in &ids {
        world.until_token(id, |token| token.generation == Generation(2)).await;
    }
    assert_eq!(fake.calls(), 2);
    world.stop().await;
}
