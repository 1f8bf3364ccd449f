//! The client of system A, the device login platform (protocol.md; seed 002).
//!
//! ```text
//!   Platform ── key ──► transport ── exchange ──►  the platform
//!      ▲                                               │
//!      └── Answer or Trouble ◄── device ◄── envelope ◄─┘
//! ```
//!
//! Serves the driver (fetching QRs, logging out) and the long-poll tasks. It knows no sessions: it says what
//! the platform answered, and [`Trouble`] where that is nothing to act upon. How often to ask again is the
//! caller's business, at the [`Pace`] given here.

mod device;
mod envelope;
mod json;
mod key;
mod pace;
mod picture;
mod profile;
mod redact;
mod routable;
pub(crate) mod transport;
mod trouble;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::RootCertStore;
use serde::Serialize;
use wxlogin_state::{Secret, WId, WcId};

pub use self::device::{IssuedQr, Polled, QrRequest};
pub use self::key::KeepKey;
pub use self::pace::Pace;
pub use self::picture::{Picture, PictureTrouble};
pub use self::trouble::{Excerpt, Fault, Trouble};

use self::device::{OfflineCall, PollCall, QrCall};
use self::envelope::Reply;
use self::key::Keyring;
use self::transport::{Endpoint, Transport};
use crate::config::{Device, DeviceAuth};
use crate::exchange::{ExchangeError, Limits};

/// For an ordinary call's answer to begin.
const ORDINARY: Duration = Duration::from_secs(30);

/// How much longer than the platform's own limit to wait for a poll: the answer travels too.
const POLL_MARGIN: Duration = Duration::from_secs(10);

/// Between two pieces of an answer's body; the whole answer has this much more than its head.
const READ: Duration = Duration::from_secs(15);

/// Largest answer, in bytes. The platform's have a few thousand.
const LARGEST: usize = 1024 * 1024;

/// The platform, ready to be called. Clones share the key.
#[derive(Clone)]
pub struct Platform(Arc<Inner>);

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Platform").field(&self.0.endpoint).finish()
    }
}

struct Inner {
    endpoint: Endpoint,
    /// What comes before each call's path; no slash at its end.
    prefix: String,
    transport: Transport,
    keys: Keyring,
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
    head: Duration,
    /// A secret in its body, which the answer may echo.
    secret: Option<&'a Secret>,
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
        let endpoint = Endpoint::of(&settings.base_url).ok_or(SetupError::BaseUrl)?;
        if endpoint.secure {
            transport.tls().map_err(SetupError::Tls)?;
        }
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
            endpoint,
            prefix: settings.base_url.path().trim_end_matches('/').to_owned(),
            transport,
            keys,
            account,
            password,
            auto_check: settings.auto_check,
            poll_timeout: settings.poll_timeout,
        })))
    }

    /// Begins a login: `/iPadLogin`. Every success is a new login instance, also where it is never scanned.
    pub async fn issue_qr(&self, request: &QrRequest) -> Result<IssuedQr, Trouble> {
        let body = QrCall::of(request);
        let call = Call { path: "/iPadLogin", head: ORDINARY, secret: body.proxy_password };
        self.0.ask(&call, &body, device::issued).await
    }

    /// Asks how a login stands: `/getIPadLoginInfo`, with the code that a person typed where there is one.
    ///
    /// Blocks until the platform knows something new, up to `poll_timeout`; dropping the future hangs up.
    /// [`Trouble`] says nothing about the login: ask again, at a [`Pace`].
    pub async fn login_info(&self, w_id: &WId, code: Option<&Secret>) -> Result<Polled, Trouble> {
        let inner = &self.0;
        let body = PollCall { w_id, auto_check: inner.auto_check, verify_code: code };
        let head = inner.poll_timeout.saturating_add(POLL_MARGIN);
        let call = Call { path: "/getIPadLoginInfo", head, secret: code };
        match inner.ask(&call, &body, device::polled).await {
            Err(Trouble::Exchange(ExchangeError::NoAnswer(_))) => Ok(Polled::NoAnswer),
            result => result,
        }
    }

    /// Logs accounts out: `/member/offline`.
    pub async fn offline(&self, accounts: &[WcId]) -> Result<(), Trouble> {
        let body = OfflineCall { account: self.0.account.as_deref(), wc_ids: accounts };
        let call = Call { path: "/member/offline", head: ORDINARY, secret: None };
        self.0.ask(&call, &body, device::done).await
    }

    /// Fetches the picture of a QR: PNG, JPEG or GIF of at most 1 MiB within 15 s, from the platform's own host or
    /// from a public address, without redirects.
    pub async fn picture(&self, url: &str) -> Result<Picture, PictureTrouble> {
        picture::fetch(&self.0.transport, &self.0.endpoint, url).await
    }
}

impl Inner {
    /// Calls with the key; with another one, once, where the platform refuses it.
    async fn ask<T>(
        &self,
        call: &Call<'_>,
        body: &impl Serialize,
        read: fn(&Reply<'_>) -> Result<T, Trouble>,
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
        let call = Call { path: "/member/login", head: ORDINARY, secret: None };
        self.send(&call, None, json_body(&body), key::issued_key).await
    }

    async fn send<T>(
        &self,
        call: &Call<'_>,
        key: Option<&Secret>,
        body: Bytes,
        read: fn(&Reply<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let path = format!("{}{}", self.prefix, call.path);
        let limits = Limits { head: call.head, read: READ, body: LARGEST };
        let header = key.and_then(key::header);
        let response = self.transport.post(&self.endpoint, &path, header, body, limits).await?;
        let secrets: Vec<&Secret> =
            [key, self.password.as_ref(), call.secret].into_iter().flatten().collect();
        let status = response.status().as_u16();
        read(&Reply { status, body: response.into_body(), secrets: &secrets })
    }
}

fn json_body(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("a call's body is a struct of texts and numbers").into()
}

#[cfg(test)]
mod tests;
