//! The client of system A, the device login platform (protocol.md; seed 002).
//!
//! ```text
//!   Platform ── key ──► transport ── exchange ──►  the platform
//!      ▲                                               │
//!      └── Answer or Trouble ◄── device ◄── envelope ◄─┘
//! ```
//!
//! Serves the driver (fetching QRs, pop-up logins, logging out, who is online and why not) and the long-poll tasks.
//! It knows no sessions: it says what the platform answered, and [`Trouble`] where that is nothing to act upon.
//! How often to ask again is the caller's business, at the [`Pace`] given here. What the platform says unasked is
//! a [`Notice`].

pub mod app;
mod device;
mod envelope;
mod json;
mod key;
mod notice;
pub mod official_account;
mod pace;
mod picture;
mod profile;
mod redact;
mod routable;
mod service;
mod systems;
pub(crate) mod transport;
mod trouble;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, Response};
use rustls::RootCertStore;
use serde::Serialize;
use wxlogin_state::{Secret, WId, WcId};

pub use self::device::poll::Polled;
pub use self::device::popup::PopUp;
pub use self::device::presence::Presence;
pub use self::device::qr::{IssuedQr, QrRequest};
pub use self::key::KeepKey;
pub use self::notice::Notice;
pub use self::pace::Pace;
pub use self::picture::{Picture, PictureTrouble};
pub use self::systems::Systems;
pub use self::trouble::{Excerpt, Fault, Trouble};

use self::device::order::{self, CallbackCall, OfflineCall};
use self::device::poll::{self, PollCall};
use self::device::popup::{self, PopUpCall};
use self::device::presence::{self, IsOnlineCall, OnlineCall};
use self::device::qr::{self, QrCall};
use self::device::reason::{self, ReasonCall};
use self::envelope::Reply;
use self::key::Keyring;
use self::service::{Outgoing, Service};
use self::transport::Transport;
use crate::config::{Device, DeviceAuth};
use crate::exchange::{ExchangeError, Limits};
use crate::metrics::{Metrics, Outcome};

/// For an ordinary call's answer to begin.
const ORDINARY: Duration = Duration::from_secs(30);

/// How much longer than the platform's own limit to wait for a poll: the answer travels too.
const POLL_MARGIN: Duration = Duration::from_secs(10);

/// Between two pieces of an answer's body; the whole answer has this much more than its head.
const READ: Duration = Duration::from_secs(15);

/// Largest answer, in bytes. The platform's have a few thousand.
const LARGEST: usize = 1024 * 1024;

/// Largest list of those online, in bytes: ten thousand with identifiers as long as any that is accepted have 2.8
/// million, fifty thousand with the platform's own have 4 million.
const LARGEST_LIST: usize = 4 * LARGEST;

/// The platform, ready to be called. Clones share the key.
#[derive(Clone)]
pub struct Platform(Arc<Inner>);

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Platform").field(&self.0.service.endpoint).finish()
    }
}

/// What is called here.
const CALLS: [&str; 9] = [
    "/iPadLogin",
    "/getIPadLoginInfo",
    "/secondLogin",
    "/queryLoginWx",
    "/isOnline",
    "/offlineReason",
    "/setHttpCallbackUrl",
    "/member/offline",
    "/member/login",
];

#[derive(Clone)]
struct Inner {
    service: Service,
    keys: Arc<Keyring>,
    account: Option<String>,
    password: Option<Secret>,
    auto_check: bool,
    poll_timeout: Duration,
}

/// Why the platform cannot be called with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `device.base_url`
    #[error("the platform's base_url is not an absolute http or https URL without a user name")]
    BaseUrl,
    /// The configured key.
    #[error("the platform's key contains characters that no HTTP header can carry")]
    Key,
    /// The base URL is https, and this host cannot do TLS.
    #[error("TLS to the platform is not possible")]
    Tls(#[source] io::Error),
}

/// One call, apart from its body.
struct Call<'a> {
    path: &'static str,
    /// For its answer to begin.
    head: Duration,
    /// Its largest answer, in bytes.
    largest: usize,
    /// Secrets in its body, which the answer may echo.
    secrets: &'a [&'a Secret],
}

impl Call<'_> {
    /// A call that is answered at once, with little, and that holds no secret.
    const fn to(path: &'static str) -> Self {
        Self { path, head: ORDINARY, largest: LARGEST, secrets: &[] }
    }
}

impl Platform {
    /// The platform of these settings, trusting whom this host trusts.
    ///
    /// `stored` is a key kept from an earlier run, for the same account; `keep` is called with each new one and
    /// must have made it durable when its future is done. Both serve [`DeviceAuth::Password`] only.
    pub fn new(settings: &Device, stored: Option<Secret>, keep: KeepKey) -> Result<Self, SetupError> {
        Self::over(Transport::new(), settings, stored, keep)
    }

    /// As [`new`](Self::new), trusting these certificate authorities and no other.
    pub fn trusting(
        roots: RootCertStore,
        settings: &Device,
        stored: Option<Secret>,
        keep: KeepKey,
    ) -> Result<Self, SetupError> {
        Self::over(Transport::trusting(roots).map_err(SetupError::Tls)?, settings, stored, keep)
    }

    fn over(
        transport: Transport,
        settings: &Device,
        stored: Option<Secret>,
        keep: KeepKey,
    ) -> Result<Self, SetupError> {
        let service = Service::new(transport, &settings.base_url)?;
        let (keys, account, password) = match &settings.auth {
            DeviceAuth::Key { key, account } => {
                key::header(key).ok_or(SetupError::Key)?;
                (Keyring::fixed(key.clone(), keep), account.clone(), None)
            }
            DeviceAuth::Password { account, password } => {
                // A stored key that cannot be sent is as good as none.
                let stored = stored.filter(|key| key::header(key).is_some());
                (Keyring::renewable(stored, keep), Some(account.clone()), Some(password.clone()))
            }
        };
        Ok(Self(Arc::new(Inner {
            service,
            keys: Arc::new(keys),
            account,
            password,
            auto_check: settings.auto_check,
            poll_timeout: settings.poll_timeout,
        })))
    }

    /// The same platform, its calls counted by `metrics`.
    #[must_use]
    pub fn counted_by(self, metrics: &Metrics) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { service: inner.service.counted_by(metrics, &CALLS), ..inner }))
    }

    /// Begins a login: `/iPadLogin`. Every success is a new login instance, also where it is never scanned.
    pub async fn issue_qr(&self, request: &QrRequest) -> Result<IssuedQr, Trouble> {
        let body = QrCall::of(request);
        let call = Call { secrets: body.proxy_password.as_slice(), ..Call::to("/iPadLogin") };
        self.0.ask(&call, &body, qr::issued).await
    }

    /// Asks how a login stands: `/getIPadLoginInfo`, with the code that a person typed where there is one.
    ///
    /// Blocks until the platform knows something new, up to `poll_timeout`; dropping the future hangs up.
    /// [`Trouble`] says nothing about the login: ask again, at a [`Pace`].
    pub async fn login_info(&self, w_id: &WId, code: Option<&Secret>) -> Result<Polled, Trouble> {
        let inner = &self.0;
        let _polling = inner.service.metrics.polls();
        let body = PollCall { w_id, auto_check: inner.auto_check, verify_code: code };
        let secrets = code.as_slice();
        let call = Call { head: inner.blocking(), secrets, ..Call::to("/getIPadLoginInfo") };
        match inner.ask(&call, &body, poll::polled).await {
            Err(Trouble::Exchange(ExchangeError::NoAnswer(_))) => Ok(Polled::NoAnswer),
            result => result,
        }
    }

    /// Logs an account in again without a QR: `/secondLogin`.
    ///
    /// Blocks while the phone shows a box, up to `poll_timeout`; dropping the future hangs up, and the box stays
    /// where it is. [`Trouble`] says nothing about the login: the person may have confirmed, see
    /// [`online`](Self::online).
    pub async fn second_login(&self, wc_id: &WcId) -> Result<PopUp, Trouble> {
        let call = Call { head: self.0.blocking(), ..Call::to("/secondLogin") };
        let read = |reply: &Reply<'_>| popup::popped_up(reply, wc_id);
        match self.0.ask(&call, &PopUpCall { wc_id }, read).await {
            Err(Trouble::Exchange(ExchangeError::NoAnswer(_))) => Ok(PopUp::NoAnswer),
            result => result,
        }
    }

    /// Everybody who is online under this key: `/queryLoginWx`, one call for all accounts.
    ///
    /// In the platform's order, each pair once; an account that is listed with two login instances is there
    /// twice. An empty list means that nobody is online; [`Trouble`] says nothing about anybody.
    pub async fn online(&self) -> Result<Vec<Presence>, Trouble> {
        let call = Call { largest: LARGEST_LIST, ..Call::to("/queryLoginWx") };
        self.0.ask(&call, &OnlineCall {}, presence::online).await
    }

    /// Whether this login instance is online: `/isOnline`. [`Trouble`], a refusal among it, says nothing about it.
    pub async fn is_online(&self, w_id: &WId) -> Result<bool, Trouble> {
        self.0.ask(&Call::to("/isOnline"), &IsOnlineCall { w_id }, presence::is_online).await
    }

    /// Why an account is offline, in a sentence for people of at most 200 characters; `None` while it is online:
    /// `/offlineReason`.
    ///
    /// The platform allows one call in 12 h for each account, and the caller has to keep to it.
    pub async fn offline_reason(&self, wc_id: &WcId) -> Result<Option<String>, Trouble> {
        let read = |reply: &Reply<'_>| reason::offline_reason(reply, wc_id);
        self.0.ask(&Call::to("/offlineReason"), &ReasonCall { wc_id }, read).await
    }

    /// Has the platform post its messages to this URL from now on: `/setHttpCallbackUrl`. Its path is a secret, and
    /// shown nowhere. What comes there is for [`Notice::read`].
    pub async fn set_callback(&self, url: &str) -> Result<(), Trouble> {
        let secrets = order::secrets_of(url);
        let secrets: Vec<&Secret> = secrets.iter().collect();
        let call = Call { secrets: &secrets, ..Call::to("/setHttpCallbackUrl") };
        self.0.ask(&call, &CallbackCall::of(&Secret::new(url)), order::done).await
    }

    /// Logs accounts out: `/member/offline`.
    pub async fn offline(&self, accounts: &[WcId]) -> Result<(), Trouble> {
        let body = OfflineCall { account: self.0.account.as_deref(), wc_ids: accounts };
        self.0.ask(&Call::to("/member/offline"), &body, order::done).await
    }

    /// Fetches the picture of a QR: PNG, JPEG or GIF of at most 1 MiB within 15 s, from the platform's own host or
    /// from a public address, without redirects.
    pub async fn picture(&self, url: &str) -> Result<Picture, PictureTrouble> {
        picture::fetch(&self.0.service.transport, &self.0.service.endpoint, url).await
    }
}

impl Inner {
    /// For the answer to begin of a call that blocks until a person has done something.
    fn blocking(&self) -> Duration {
        self.poll_timeout.saturating_add(POLL_MARGIN)
    }

    /// Calls with the key; with another one, once, where the platform refuses it.
    async fn ask<T>(
        &self,
        call: &Call<'_>,
        body: &impl Serialize,
        read: impl Fn(&Reply<'_>) -> Result<T, Trouble> + Copy,
    ) -> Result<T, Trouble> {
        let body = json_body(body);
        // Boxed: a login is rare, and ten thousand waiting polls should not each keep room for one.
        let log_in = || Box::pin(self.log_in());
        let key = self.keys.current(log_in).await?;
        match self.send(call, Some(&key), body.clone(), read).await {
            Err(refused @ Trouble::KeyRefused { .. }) => {
                let key = self.keys.replace(&key, refused, log_in).await?;
                self.send(call, Some(&key), body, read).await
            }
            result => result,
        }
    }

    /// `/member/login`: the one call without a key.
    async fn log_in(&self) -> Result<Secret, Trouble> {
        #[derive(Serialize)]
        struct LoginCall<'a> {
            account: Option<&'a str>,
            password: Option<&'a Secret>,
        }
        let body = LoginCall { account: self.account.as_deref(), password: self.password.as_ref() };
        self.send(&Call::to("/member/login"), None, json_body(&body), key::issued_key).await
    }

    fn send<'a, T>(
        &'a self,
        call: &'a Call<'_>,
        key: Option<&'a Secret>,
        body: Bytes,
        read: impl Fn(&Reply<'_>) -> Result<T, Trouble> + 'a,
    ) -> impl Future<Output = Result<T, Trouble>> {
        let outgoing = Outgoing {
            method: Method::POST,
            query: "",
            authorization: key.and_then(key::header),
            media_type: Some("application/json"),
            body,
            limits: Limits { head: call.head, read: READ, body: call.largest },
        };
        let read = move |response: Response<Bytes>| {
            let secrets: Vec<&Secret> =
                key.into_iter().chain(&self.password).chain(call.secrets.iter().copied()).collect();
            let status = response.status().as_u16();
            read(&Reply { status, body: response.into_body(), secrets: &secrets })
        };
        self.service.call(&call.path, outgoing, read, |_| Outcome::Ok)
    }
}

fn json_body(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("a call's body is a struct of texts and numbers").into()
}

#[cfg(test)]
mod tests;
