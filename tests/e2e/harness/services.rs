//! What services of a host do: log their own users in by app and by official account, and use the tokens.

use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use hyper::header::ACCEPT;
use hyper::{Method, Response};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::public::Event;
use wxlogind::sandbox::{APP_ID, APPKEY};
use wxlogind::wire::{EventPage, TOKEN_HEADER};

use super::{Daemon, Host, PATIENCE, Platform, get, request};

/// System B's login, at the daemon and at the platform.
pub(crate) const APP_LOGIN: &str = "/v1/login/wechat";

/// System B's logout, at the platform.
pub(crate) const APP_LOGOUT: &str = "/v1/user/logout";

/// System C's login, at the daemon and at the platform.
pub(crate) const OFFICIAL_LOGIN: &str = "/v2/enduser/enduserapi/wechatOffiaccountAuthLogin";

/// System C's refresh, at the platform.
pub(crate) const REFRESH: &str = "/v2/enduser/enduserapi/refreshToken";

/// Between two looks at a token, which has no blocking read.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A sandbox with the usual settings, and a daemon that logs its users in.
pub(crate) async fn services() -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_services(&platform).start().await;
    (platform, daemon)
}

/// The name of the token that a login brought, where it brought one.
pub(crate) fn kept(response: &Response<Bytes>) -> Option<String> {
    Some(response.headers().get(TOKEN_HEADER)?.to_str().unwrap().to_owned())
}

impl Daemon {
    /// Logs a user in by app.
    pub(crate) async fn app_login(&self, code: &str) -> Response<Bytes> {
        let body = json!({"appkey": APPKEY, "code": code, "version_number": 1, "channel": "vivo"});
        self.send(request(Method::POST, APP_LOGIN, &body)).await
    }

    /// Logs a user in by official account.
    pub(crate) async fn official_login(&self, code: &str) -> Response<Bytes> {
        self.official_login_with(&[("appId", APP_ID), ("code", code)]).await
    }

    /// The same with parameters of the test's own, in the query.
    pub(crate) async fn official_login_with(&self, pairs: &[(&str, &str)]) -> Response<Bytes> {
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.send(request(Method::POST, &format!("{OFFICIAL_LOGIN}?{query}"), &Value::Null)).await
    }

    /// The token of a user who has just logged in by app.
    pub(crate) async fn app_token(&self, code: &str) -> String {
        kept(&self.app_login(code).await).expect("no token is kept")
    }

    /// The token of a user who has just logged in by official account.
    pub(crate) async fn official_token(&self, code: &str) -> String {
        kept(&self.official_login(code).await).expect("no token is kept")
    }

    /// The secret of a token.
    pub(crate) async fn secret_of(&self, id: &str) -> String {
        self.reveal_token(id).await.unwrap().access.reveal().to_owned()
    }

    /// Waits until a token is of this generation, as a list shows it.
    pub(crate) async fn until_generation(&self, id: &str, generation: u64) {
        let looking = async {
            while self.token(id).await.unwrap().generation.0 < generation {
                sleep(LOOK_AGAIN).await;
            }
        };
        let looked = timeout(PATIENCE, looking).await;
        assert!(looked.is_ok(), "it is never refreshed: {:?}", self.token(id).await);
    }

    /// The first page of the journal.
    pub(crate) async fn journal(&self) -> Vec<Event> {
        let mut events = get("/v1/events?limit=500");
        events.headers_mut().insert(ACCEPT, "application/json".parse().unwrap());
        serde_json::from_slice::<EventPage>(self.send(events).await.body()).unwrap().events
    }

    /// Waits until something has happened to a token.
    pub(crate) async fn until_told(&self, id: &str, kind: &str) -> Event {
        let is_it = |event: &Event| {
            event.kind == kind && event.token.as_ref().is_some_and(|token| token.id.as_str() == id)
        };
        let looking = async {
            loop {
                match self.journal().await.into_iter().find(is_it) {
                    Some(event) => return event,
                    None => sleep(LOOK_AGAIN).await,
                }
            }
        };
        timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("{kind} is never said of {id}"))
    }
}
