//! The `Authorization` key: had once, kept before it is used, and renewed once when the platform refuses it.
//!
//! ```text
//!   stored or configured ──► in use ──refused──► /member/login, one for all callers ──► kept ──► in use
//!                                                   │ again within 30 s
//!                                                   └──► trouble: nobody hammers the platform with a password
//! ```
//!
//! The lock is held across the login on purpose: callers who meet a missing or refused key wait for the one
//! login that is under way, and find its result.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderValue;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{info, warn};
use wxlogin_state::Secret;

use super::device::members;
use super::envelope::Reply;
use super::profile::number;
use super::trouble::{Fault, Trouble};

/// Keeps a newly issued key. When its future is done, the key is durable.
pub type KeepKey =
    Arc<dyn Fn(Secret) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Between two logins at the platform: a wrong password or a key refused when new is not mended by trying, and
/// a person who mends it can wait this long.
const PAUSE: Duration = Duration::from_secs(30);

/// The key of one platform account, shared by all calls.
pub(super) struct Keyring {
    /// Whether a refused key can be replaced by logging in.
    renewable: bool,
    keep: KeepKey,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    key: Option<Secret>,
    last_login: Option<LastLogin>,
}

struct LastLogin {
    at: Instant,
    /// How it failed, if it did.
    failure: Option<Arc<Trouble>>,
}

impl Keyring {
    /// A key that was given, and that only a person can change.
    pub(super) fn fixed(key: Secret, keep: KeepKey) -> Self {
        Self { renewable: false, keep, held: Mutex::new(Held { key: Some(key), last_login: None }) }
    }

    /// A key that is had by logging in, unless it is still there from an earlier run.
    pub(super) fn renewable(stored: Option<Secret>, keep: KeepKey) -> Self {
        Self { renewable: true, keep, held: Mutex::new(Held { key: stored, last_login: None }) }
    }

    /// The key to call with. Where there is none, `login` gets one.
    pub(super) async fn current<F>(&self, login: impl FnOnce() -> F) -> Result<Secret, Trouble>
    where
        F: Future<Output = Result<Secret, Trouble>>,
    {
        let mut held = self.held.lock().await;
        match &held.key {
            Some(key) => Ok(key.clone()),
            None => self.renew(&mut held, None, login).await,
        }
    }

    /// The key to call with after `refused` was refused: the one that somebody else has got meanwhile, or a new
    /// one. `trouble` is what is returned where no other key can be had.
    pub(super) async fn replace<F>(
        &self,
        refused: &Secret,
        trouble: Trouble,
        login: impl FnOnce() -> F,
    ) -> Result<Secret, Trouble>
    where
        F: Future<Output = Result<Secret, Trouble>>,
    {
        let mut held = self.held.lock().await;
        match &held.key {
            Some(key) if key != refused => Ok(key.clone()),
            _ if !self.renewable => Err(trouble),
            _ => self.renew(&mut held, Some(trouble), login).await,
        }
    }

    async fn renew<F>(
        &self,
        held: &mut Held,
        refusal: Option<Trouble>,
        login: impl FnOnce() -> F,
    ) -> Result<Secret, Trouble>
    where
        F: Future<Output = Result<Secret, Trouble>>,
    {
        let refusal = match (held.recent_login(), refusal) {
            (Some((wait, Some(last))), _) => return Err(Trouble::LoginPaused { wait, last }),
            // That login succeeded, and the key it brought is being refused.
            (Some((_, None)), Some(refusal)) => return Err(refusal),
            (_, refusal) => refusal,
        };
        if let Some(refusal) = refusal {
            warn!(answer = refusal.body_excerpt(), "the platform refuses its key; logging in again");
        }
        let result = self.obtain(login()).await.map_err(Arc::new);
        let failure = result.as_ref().err().map(Arc::clone);
        held.last_login = Some(LastLogin { at: Instant::now(), failure });
        let key = result.map_err(Trouble::LoginFailed)?;
        info!("the platform issued a new key");
        held.key = Some(key.clone());
        Ok(key)
    }

    async fn obtain(&self, login: impl Future<Output = Result<Secret, Trouble>>) -> Result<Secret, Trouble> {
        let key = login.await?;
        (self.keep)(key.clone()).await.map_err(Trouble::KeyNotKept)?;
        Ok(key)
    }
}

impl Held {
    /// A login too recent for another one: how long that has to wait, and how the recent one failed, if it did.
    fn recent_login(&self) -> Option<(Duration, Option<Arc<Trouble>>)> {
        let last = self.last_login.as_ref()?;
        let wait = (last.at + PAUSE).saturating_duration_since(Instant::now());
        (!wait.is_zero()).then(|| (wait, last.failure.clone()))
    }
}

/// The key as a header. `None` where it holds what no header can.
pub(super) fn header(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(key.reveal()).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

/// What `/member/login` answers: `data.Authorization`, unless `data.status` says that the account is frozen (1)
/// or has expired (2).
pub(super) fn issued_key(reply: &Reply<'_>) -> Result<Secret, Trouble> {
    let data = members(reply, reply.open()?)?;
    match data.get("status").and_then(number) {
        Some(1) => return Err(Trouble::AccountFrozen),
        Some(2) => return Err(Trouble::AccountExpired),
        _ => {}
    }
    let key = match data.get("Authorization").and_then(Value::as_str) {
        None | Some("") => return Err(reply.incomplete("data.Authorization")),
        Some(text) => Secret::new(text),
    };
    match header(&key) {
        Some(_) => Ok(key),
        None => Err(reply.unreadable(Fault::Impossible("data.Authorization"))),
    }
}

#[cfg(test)]
mod tests;
