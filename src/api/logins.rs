//! What logins by app and by official account have in common: a code is used once, and what it brings is kept.
//!
//! ```text
//!   a code ──► known? ── under way, or answered within a minute ───► the same answer, and the same token
//!                └─ no ──► room? ──► the system ──► kept, durably ──► the answer, for all who wait
//! ```
//!
//! Codes are known by their hash. A login is a task of its own: a caller who hangs up loses nothing but the answer,
//! and asks for it again with the same code.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tracing::{error, info, warn};
use wxlogin_state::{Secret, System, TokenId};

use super::Api;
use super::problem::Refused;
use crate::driver::{NewToken, StoreState};
use crate::platform::Trouble;
use crate::wire::{ProblemCode, TOKEN_HEADER};

/// How long the answer to a login that used its code up is given again: as long as a service whose connection broke
/// goes on trying.
const AGAIN: Duration = Duration::from_mins(1);

/// Most answers that are given again, some hundred bytes to a few thousand each; beyond them the oldest go first.
const REMEMBERED: usize = 1000;

/// Most logins under way at once: twice as many as there can be connections, which is more than services that wait for
/// their answers can have.
const UNDER_WAY: usize = 512;

/// What a system answered to a login.
pub(super) enum Answered {
    /// A token.
    LoggedIn {
        /// To be kept before anybody is told.
        new: NewToken,
        /// The system's own answer.
        body: Bytes,
    },
    /// Nothing that is to be kept; the whole answer.
    Otherwise(Bytes),
}

impl Answered {
    /// The system gave no answer that can be used, which the log says; the caller is told this instead.
    pub(super) fn unusable(system: System, app: &str, trouble: &Trouble, body: Bytes) -> Self {
        let error = trouble as &dyn Error;
        warn!(%system, app, error, body = trouble.body_excerpt(), "a login got no answer that can be used");
        Self::Otherwise(body)
    }
}

/// A login that somebody asks for.
pub(super) struct Asked<'a> {
    pub(super) system: System,
    /// The appkey (B) or appId (C).
    pub(super) app: &'a str,
    pub(super) code: &'a Secret,
    /// The system's own way to say that no token could be made: the answer where it cannot be kept.
    pub(super) not_kept: Bytes,
}

/// What everybody is told who asked with the same code.
#[derive(Clone)]
struct Outcome {
    body: Bytes,
    token: Option<TokenId>,
}

/// SHA-256 of system, app and code.
type Key = [u8; 32];

/// `None` where its task failed.
type Flight = Shared<BoxFuture<'static, Option<Outcome>>>;

/// The logins that are under way, and those that were answered a moment ago.
#[derive(Clone, Default)]
pub(super) struct Logins(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    known: HashMap<Key, Known>,
    /// Those that are over, the oldest first.
    over: VecDeque<(Instant, Key)>,
}

struct Known {
    flight: Flight,
    /// What it brought.
    token: Option<TokenId>,
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").field("known", &self.table().known.len()).finish_non_exhaustive()
    }
}

impl Logins {
    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing that holds the lock can leave the table half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logs a user in: `call` asks the system, unless somebody has with the same code.
///
/// The answer to a success is given again for a minute, for as long as its token is known; every other answer only to
/// those who waited for it, since the code may be good still.
pub(super) async fn log_in(
    api: &Arc<Api>,
    asked: Asked<'_>,
    call: impl Future<Output = Answered> + Send + 'static,
) -> Result<Response, Refused> {
    let key = key(&asked);
    let flight = {
        let mut table = api.logins.table();
        table.clean(Instant::now());
        let known = table.known.get(&key).map(|known| (known.flight.clone(), known.token.clone()));
        let still_known =
            |token: &Option<TokenId>| token.as_ref().is_none_or(|id| api.view.token(id).is_some());
        if let Some((flight, _)) = known.filter(|(_, token)| still_known(token)) {
            flight
        } else {
            if let Err(why) = room(api, &table) {
                let Asked { system, app, .. } = asked;
                error!(%system, app, why, "the system was not asked to log a user in");
                return Ok(told(asked.not_kept, None));
            }
            table.drop_answer(&key);
            let landing = Landing { logins: api.logins.clone(), key, is_used: false, token: None };
            let flying = tokio::spawn(fly(api.clone(), asked.not_kept, call, landing));
            let flight = flying.map(Result::ok).boxed().shared();
            table.known.insert(key, Known { flight: flight.clone(), token: None });
            flight
        }
    };
    match flight.await {
        Some(Outcome { body, token }) => Ok(told(body, token.as_ref())),
        None => Err(Refused::new(ProblemCode::Internal, "logging in failed")),
    }
}

/// An answer in a system's own words: HTTP 200 whatever they say, and the name of the token that was kept.
pub(super) fn told(body: Bytes, token: Option<&TokenId>) -> Response {
    const HEADERS: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    let name = token.and_then(|id| HeaderValue::from_str(id.as_str()).ok());
    let name = name.map(|name| [(HeaderName::from_static(TOKEN_HEADER), name)]);
    (StatusCode::OK, HEADERS, name, body).into_response()
}

fn key(asked: &Asked<'_>) -> Key {
    let Asked { system, app, code, .. } = asked;
    // No app's name holds the byte between them.
    let parts = Sha256::new().chain_update(system.as_str()).chain_update([0]).chain_update(app);
    parts.chain_update([0]).chain_update(code.reveal()).finalize().into()
}

/// Whether a token can be fetched and kept, as far as that can be known ahead: the system uses a code up in any case.
fn room(api: &Api, table: &Table) -> Result<(), String> {
    if let StoreState::ReadOnly(read_only) = api.driver.store_state() {
        return Err(read_only.to_string());
    }
    let under_way = table.known.len() - table.over.len();
    if under_way >= UNDER_WAY {
        return Err(format!("{under_way} logins are under way, as many as may be"));
    }
    let most = api.defaults.borrow().max_tokens;
    if api.view.count_tokens() + under_way >= most {
        return Err(format!("{most} tokens are kept, as many as tokens.max allows"));
    }
    Ok(())
}

/// Asks the system, and keeps what it gives.
async fn fly(
    api: Arc<Api>,
    not_kept: Bytes,
    call: impl Future<Output = Answered> + Send,
    mut landing: Landing,
) -> Outcome {
    let (new, body) = match call.await {
        Answered::LoggedIn { new, body } => (new, body),
        Answered::Otherwise(body) => return Outcome { body, token: None },
    };
    landing.is_used = true;
    let (system, app) = (new.system, new.app.clone());
    match api.driver.keep_token(new).await {
        Ok(token) => {
            info!(token = %token.id, %system, app, "a user is logged in");
            landing.token = Some(token.id.clone());
            Outcome { body, token: Some(token.id.clone()) }
        }
        Err(denied) => {
            let error = &denied as &dyn Error;
            error!(%system, app, error, "the system logged a user in, but the token could not be kept");
            Outcome { body: not_kept, token: None }
        }
    }
}

/// Takes a login off those that are under way, however it ends.
struct Landing {
    logins: Logins,
    key: Key,
    /// Whether the system has used the code up.
    is_used: bool,
    token: Option<TokenId>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut table = self.logins.table();
        if self.is_used {
            if let Some(known) = table.known.get_mut(&self.key) {
                known.token = self.token.take();
                table.over.push_back((Instant::now(), self.key));
            }
        } else {
            table.known.remove(&self.key);
        }
    }
}

impl Table {
    /// Forgets the answers that are too old or too many.
    fn clean(&mut self, now: Instant) {
        while let Some((at, key)) = self.over.front()
            && (now.duration_since(*at) >= AGAIN || self.over.len() > REMEMBERED)
        {
            self.known.remove(key);
            self.over.pop_front();
        }
    }

    /// Forgets an answer, where there is one.
    fn drop_answer(&mut self, key: &Key) {
        if self.known.remove(key).is_some() {
            self.over.retain(|(_, known)| known != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    /// A table in which a login ended at each of these moments, the oldest first.
    fn ended_at(moments: &[Instant]) -> Logins {
        let logins = Logins::default();
        for (number, at) in (0_u64..).zip(moments) {
            let mut key = Key::default();
            key[..8].copy_from_slice(&number.to_le_bytes());
            let flight = ready(None).boxed().shared();
            logins.table().known.insert(key, Known { flight, token: None });
            logins.table().over.push_back((*at, key));
        }
        logins
    }

    #[test]
    fn an_answer_is_given_again_for_a_minute() {
        let now = Instant::now();
        let logins = ended_at(&[now, now + Duration::from_secs(1)]);
        let left = |after| {
            let mut table = logins.table();
            table.clean(now + after);
            assert_eq!(table.known.len(), table.over.len());
            table.known.len()
        };
        assert_eq!(left(AGAIN.checked_sub(Duration::from_millis(1)).unwrap()), 2);
        assert_eq!(left(AGAIN), 1);
        assert_eq!(left(AGAIN + Duration::from_secs(1)), 0);
    }

    #[test]
    fn no_more_answers_are_remembered_than_there_is_room_for() {
        let now = Instant::now();
        let logins = ended_at(&vec![now; REMEMBERED + 7]);
        let mut table = logins.table();
        let oldest = table.over[0].1;
        table.clean(now);
        assert_eq!((table.known.len(), table.over.len()), (REMEMBERED, REMEMBERED));
        assert!(!table.known.contains_key(&oldest));
    }

    #[test]
    fn a_login_that_left_its_code_open_is_forgotten_when_it_ends_and_another_is_not() {
        let asked = |code: &str| {
            let code = Secret::new(code);
            key(&Asked { system: System::App, app: "app", code: &code, not_kept: Bytes::new() })
        };
        let logins = Logins::default();
        for (code, is_used) in [("open", false), ("used", true)] {
            let flight = ready(None).boxed().shared();
            logins.table().known.insert(asked(code), Known { flight, token: None });
            let token = Some("app-01".parse().unwrap());
            drop(Landing { logins: logins.clone(), key: asked(code), is_used, token });
        }
        let table = logins.table();
        assert!(!table.known.contains_key(&asked("open")));
        assert!(table.known[&asked("used")].token.is_some() && table.over.len() == 1);
    }
}
