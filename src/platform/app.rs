//! The client of system B, the app login (protocol.md, system B; seed 000).
//!
//! ```text
//!   form or JSON ──► Fields ──► Login ── signed ──► transport ──► the platform
//!                      │          │                                  │
//!                      └─ Refusal ┘        Answer or Trouble ◄───────┘
//! ```
//!
//! Serves the control API's own `/v1/login/wechat`, whose callers send the bare parameters: what the documents
//! refuse is refused here, and costs no call. It keeps no tokens: it says what the platform answered, and
//! [`Trouble`] where that is nothing to act upon. There is no refreshing: when a token ends, a new `code` is needed.

mod answer;
mod fields;
mod login;
mod refusal;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, Response, Uri};
use jiff::Timestamp;
use md5::{Digest, Md5};
use wxlogin_state::{Secret, System, hex};

pub use self::answer::{Answer, LoggedIn, LoggedOut};
pub use self::fields::{Encoding, Fields};
pub use self::login::Login;
pub use self::refusal::Refusal;

use super::envelope::Reply;
use super::service::{Outgoing, Service};
use super::transport::Transport;
use super::{LARGEST, ORDINARY, READ, SetupError, Trouble};
use crate::exchange::Limits;
use crate::metrics::{Metrics, Outcome};

/// Path of the login (seed 000).
const LOGIN: &str = "/v1/login/wechat";

/// Path of the logout (seed 000).
const LOGOUT: &str = "/v1/user/logout";

/// Every call is an ordinary one.
const LIMITS: Limits = Limits { head: ORDINARY, read: READ, body: LARGEST };

/// One app at its platform, ready to be called. Clones share it.
#[derive(Clone)]
pub struct AppPlatform(Arc<Inner>);

impl fmt::Debug for AppPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppPlatform")
            .field("endpoint", &self.0.service.endpoint)
            .field("appkey", &self.0.appkey)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Inner {
    service: Service,
    appkey: String,
    secret: Secret,
}

impl AppPlatform {
    /// The app of this key and secret at the platform of this URL, trusting whom this host trusts.
    pub fn new(base_url: &Uri, appkey: &str, secret: &Secret) -> Result<Self, SetupError> {
        let service = Service::new(Transport::new(), base_url)?;
        Ok(Self(Arc::new(Inner { service, appkey: appkey.to_owned(), secret: secret.clone() })))
    }

    /// The same app, its calls counted by `metrics`.
    #[must_use]
    pub fn counted_by(self, metrics: &Metrics) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { service: inner.service.counted_by(metrics, &[LOGIN, LOGOUT]), ..inner }))
    }

    /// Which app this is.
    pub fn appkey(&self) -> &str {
        &self.0.appkey
    }

    /// Logs a user in, registering a new one: `POST /v1/login/wechat`, signed for this moment.
    ///
    /// The platform uses a `code` up: after [`Trouble`] nobody knows whether it did.
    pub async fn login(&self, login: &Login, now: Timestamp) -> Result<Answer, Trouble> {
        let timestamp = now.as_second().to_string();
        let sign = Secret::new(sign(&self.0.appkey, &timestamp, &self.0.secret));
        let outgoing = Outgoing {
            method: Method::POST,
            query: "",
            authorization: None,
            media_type: Some(login.encoding.media_type()),
            body: login.signed(&self.0.appkey, &timestamp, &sign),
            limits: LIMITS,
        };
        let outcome = |answer: &Answer| match answer {
            Answer::LoggedIn(_) => Outcome::Ok,
            Answer::Refused { .. } => Outcome::Refused,
        };
        let result = self.0.ask(&LOGIN, outgoing, &[&login.code, &sign], answer::logged_in, outcome).await;
        self.0.service.metrics.logged_in(System::App, result.as_ref().map_or_else(Outcome::from, outcome));
        result
    }

    /// Ends a token: `GET /v1/user/logout`. One that has expired (402) has ended already.
    pub async fn logout(&self, token: &Secret) -> Result<LoggedOut, Trouble> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.reveal()))
            .map_err(|_| Trouble::Unreachable(io::Error::other("no HTTP header can carry the token")))?;
        bearer.set_sensitive(true);
        let outgoing = Outgoing {
            method: Method::GET,
            query: "",
            authorization: Some(bearer),
            media_type: None,
            body: Bytes::new(),
            limits: LIMITS,
        };
        let outcome = |answer: &LoggedOut| match answer {
            LoggedOut::Done => Outcome::Ok,
            LoggedOut::Refused { .. } => Outcome::Refused,
        };
        self.0.ask(&LOGOUT, outgoing, &[token], answer::logged_out, outcome).await
    }
}

impl Inner {
    /// Calls; `secrets` are those that the answer may echo, `outcome` says what it counts as.
    async fn ask<T>(
        &self,
        path: &&'static str,
        outgoing: Outgoing<'_>,
        secrets: &[&Secret],
        read: impl Fn(&Reply<'_>) -> Result<T, Trouble>,
        outcome: impl Fn(&T) -> Outcome,
    ) -> Result<T, Trouble> {
        let read = |response: Response<Bytes>| {
            let secrets: Vec<&Secret> = secrets.iter().copied().chain([&self.secret]).collect();
            let status = response.status().as_u16();
            read(&Reply { status, body: response.into_body(), secrets: &secrets })
        };
        self.service.call(path, outgoing, read, outcome).await
    }
}

/// `sign` of a request: `md5(appkey + timestamp + app_secret)` in lower-case hex (seed 000).
fn sign(appkey: &str, timestamp: &str, secret: &Secret) -> String {
    let digest =
        Md5::new().chain_update(appkey).chain_update(timestamp).chain_update(secret.reveal()).finalize();
    hex(&digest)
}

#[cfg(test)]
mod tests;
