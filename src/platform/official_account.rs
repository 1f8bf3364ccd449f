//! The client of system C, the official-account login (protocol.md, system C; seed 001).
//!
//! ```text
//!   caller ── Fields ──► Login::read ── Login ──► login ──► signed, in the query ──► the platform
//!      ▲                     │                      ▲                                     │
//!      │◄───── Refusal ──────┘        refresh ──────┘                                     │
//!      └───────────────────── Answer or Trouble ◄──── answer ◄────────────────────────────┘
//! ```
//!
//! Serves the control API's pass-through route and whoever keeps tokens alive. It keeps nothing and knows no time:
//! when a token ends is said in the answer. What goes wrong on the way is [`Trouble`], of which the caller is told
//! [`Refusal::NoAnswer`].

mod answer;
mod fields;
mod login;
mod refusal;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use form_urlencoded::{Serializer, byte_serialize};
use hyper::{Method, Response, Uri};
use sha2::{Digest, Sha256};
use wxlogin_state::{Secret, System, hex};

pub use self::answer::{Answer, Body, RefreshToken, Token, plain};
pub use self::fields::Fields;
pub use self::login::Login;
pub use self::refusal::Refusal;

use super::envelope::Reply;
use super::service::{Outgoing, Service};
use super::transport::Transport;
use super::{ORDINARY, READ, SetupError, Trouble};
use crate::exchange::Limits;
use crate::metrics::{Metrics, Outcome};

/// Path of the login, at the platform and at the daemon (seed 001, "API Address").
pub const LOGIN: &str = "/v2/enduser/enduserapi/wechatOffiaccountAuthLogin";

/// Path of the refresh (protocol.md, system C, field).
pub const REFRESH: &str = "/v2/enduser/enduserapi/refreshToken";

/// Largest answer, in bytes. Two tokens and a sentence have hundreds.
const LARGEST: usize = 64 * 1024;

/// The platform as one official account calls it. Clones share everything.
#[derive(Clone)]
pub struct OfficialAccountPlatform(Arc<Inner>);

impl fmt::Debug for OfficialAccountPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { service, app_id, user_domain, .. } = &*self.0;
        f.debug_tuple("OfficialAccountPlatform")
            .field(&service.endpoint)
            .field(app_id)
            .field(user_domain)
            .finish()
    }
}

#[derive(Clone)]
struct Inner {
    service: Service,
    app_id: String,
    user_domain: String,
    user_domain_secret: Secret,
}

impl OfficialAccountPlatform {
    /// The platform at this absolute http or https URL, trusting whom this host trusts.
    pub fn new(
        base_url: &Uri,
        app_id: &str,
        user_domain: &str,
        user_domain_secret: &Secret,
    ) -> Result<Self, SetupError> {
        Ok(Self(Arc::new(Inner {
            service: Service::new(Transport::new(), base_url)?,
            app_id: app_id.to_owned(),
            user_domain: user_domain.to_owned(),
            user_domain_secret: user_domain_secret.clone(),
        })))
    }

    /// The same account, its calls counted by `metrics`.
    #[must_use]
    pub fn counted_by(self, metrics: &Metrics) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { service: inner.service.counted_by(metrics, &[LOGIN, REFRESH]), ..inner }))
    }

    /// `appId`
    pub fn app_id(&self) -> &str {
        &self.0.app_id
    }

    /// `userDomain`
    pub fn user_domain(&self) -> &str {
        &self.0.user_domain
    }

    /// Logs a user in: `POST …/wechatOffiaccountAuthLogin`. A code works once, so the same login is never sent
    /// again; [`Trouble`] leaves open whether the code has been used.
    pub async fn login(&self, login: &Login) -> Result<Answer, Trouble> {
        let Inner { app_id, user_domain, user_domain_secret, .. } = &*self.0;
        let signature = signature(app_id, &login.code, user_domain_secret);
        let mcc = login.mcc.map(|mcc| mcc.to_string());
        let query = query(
            [
                ("appId", app_id.as_str()),
                ("code", login.code.reveal()),
                ("signature", signature.reveal()),
                ("userDomain", user_domain),
            ]
            .into_iter()
            .chain(mcc.as_deref().map(|mcc| ("mcc", mcc))),
        );
        let secrets = [&login.code, &encoded(&login.code), &signature, user_domain_secret];
        let result = self.send(Method::POST, &LOGIN, &query, &secrets).await;
        self.0.service.metrics.logged_in(System::OfficialAccount, outcome(&result));
        result
    }

    /// Gets a new access token: `PUT …/refreshToken`, the token in the query.
    ///
    /// An answer without a refresh token leaves the old one in force. No documented code says that a refresh token
    /// is dead; what an [`Answer::Refused`] means for it is the caller's to decide. [`Trouble`] says nothing about
    /// it, and leaves open whether it has been exchanged.
    pub async fn refresh(&self, refresh_token: &Secret) -> Result<Answer, Trouble> {
        let query = query([("refreshToken", refresh_token.reveal())]);
        let secrets = [refresh_token, &encoded(refresh_token)];
        let result = self.send(Method::PUT, &REFRESH, &query, &secrets).await;
        self.0.service.metrics.refreshed(System::OfficialAccount, outcome(&result));
        result
    }

    /// Calls with everything in the query, which the answer may echo: `secrets` are removed from what is shown.
    async fn send(
        &self,
        method: Method,
        call: &&'static str,
        query: &str,
        secrets: &[&Secret],
    ) -> Result<Answer, Trouble> {
        let limits = Limits { head: ORDINARY, read: READ, body: LARGEST };
        let body = Bytes::new();
        let outgoing = Outgoing { method, query, authorization: None, media_type: None, body, limits };
        let read = |response: Response<Bytes>| {
            let status = response.status().as_u16();
            answer::answer(&Reply { status, body: response.into_body(), secrets })
        };
        self.0.service.call(call, outgoing, read, said).await
    }
}

/// What an answer counts as.
fn said(answer: &Answer) -> Outcome {
    match answer {
        Answer::LoggedIn { .. } => Outcome::Ok,
        Answer::Refused { .. } => Outcome::Refused,
    }
}

fn outcome(result: &Result<Answer, Trouble>) -> Outcome {
    result.as_ref().map_or_else(Outcome::from, said)
}

fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Lower-case hex of SHA-256 over `appId + code + userDomainSecret`, each as it is before it is percent-encoded
/// (seed 001, "signature").
fn signature(app_id: &str, code: &Secret, user_domain_secret: &Secret) -> Secret {
    let hashed = Sha256::new()
        .chain_update(app_id)
        .chain_update(code.reveal())
        .chain_update(user_domain_secret.reveal())
        .finalize();
    Secret::new(hex(&hashed))
}

/// A secret as it stands in the query, which a gateway's page may quote.
fn encoded(secret: &Secret) -> Secret {
    Secret::new(byte_serialize(secret.reveal().as_bytes()).collect::<String>())
}

#[cfg(test)]
mod tests;
