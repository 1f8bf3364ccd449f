//! A typed client of the control API, used by `wxloginctl` and by the end-to-end tests.
//!
//! One method per route that programs have a use for, whether `wxloginctl` has one or not: a service that is written in
//! Rust needs no other client. Each opens a connection of its own, sends one request and reads one answer, which for
//! [`Client::events`] has no end. What the daemon refuses comes back as [`ClientError::Problem`] with its stable code.

mod backup;
mod error;
mod events;
#[cfg(test)]
pub(crate) mod fake;
mod http;
mod target;
mod tokens;
mod webhooks;

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use wxlogin_state::public::{Account, Session};
use wxlogin_state::{Secret, StateName, Transition, Version, WcId, Why};

pub use backup::Backup;
pub use error::{Advice, ClientError, Unreachable};
pub use events::{EventFilter, Events, News};
pub use target::{DEFAULT_SOCKET, Named, Target, TargetError};
pub use tokens::TokenFilter;

use crate::wire::{
    AccountPage, ChangeAccount, Check, CreateSession, EnterCode, History, Invitation, LogInAgain, MakeLink,
    SessionPage, Step, StepLink, StepPage,
};
use http::{Call, segment};

/// Most sessions or accounts on one page (contract.md, "Lists").
pub const PAGE: usize = 500;

/// A daemon to talk to. Cheap to clone; holds no connection.
#[derive(Debug, Clone)]
pub struct Client {
    target: Target,
}

/// A session that was asked for.
#[derive(Debug, Clone)]
pub struct Created {
    /// The session as it is now.
    pub session: Session,
    /// Whether it was begun by this very request; else the account was being logged in already.
    pub fresh: bool,
}

/// Which sessions to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<StateName>,
    /// Only those of this account.
    pub wc_id: Option<WcId>,
    /// At most so many on the page: 100 where absent, [`PAGE`] at most.
    pub limit: Option<usize>,
    /// Those after this place: the `next` of the page before.
    pub after: Option<String>,
}

/// The forms in which a QR can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrForm {
    /// A picture of pixels.
    Png,
    /// A picture of shapes.
    Svg,
    /// Lines of Unicode blocks for a terminal.
    Text,
}

impl QrForm {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Text => "text/plain",
        }
    }
}

impl Client {
    /// A client of the daemon at `target`. Nothing is sent yet.
    pub fn new(target: Target) -> Self {
        Self { target }
    }

    /// Where it looks for the daemon.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Fetches a QR from the platform and begins a login.
    pub async fn create(&self, login: &CreateSession) -> Result<Created, ClientError> {
        self.begin(Call::new(Method::POST, "/v1/sessions").body(login)?).await
    }

    /// The same under a name of the caller's: asked again by it, the same login is the answer, over restarts too, for as
    /// long as it is known. A name has 1 to 64 visible ASCII characters.
    pub async fn create_as(&self, key: &str, login: &CreateSession) -> Result<Created, ClientError> {
        self.begin(Call::new(Method::POST, "/v1/sessions").named(key).body(login)?).await
    }

    async fn begin(&self, call: Call) -> Result<Created, ClientError> {
        let response = self.send(call).await?;
        Ok(Created { session: response.json()?, fresh: response.status() == 201 })
    }

    /// One page of sessions.
    pub async fn sessions(&self, filter: &Filter) -> Result<SessionPage, ClientError> {
        let call = Call::new(Method::GET, "/v1/sessions")
            .query("state", filter.state.map(StateName::as_str))
            .query("wcId", filter.wc_id.as_ref().map(WcId::as_str))
            .query("limit", filter.limit)
            .query("after", filter.after.as_deref());
        self.send(call).await?.json()
    }

    /// All sessions that match, page after page. `filter.limit` is the size of a page.
    pub async fn all_sessions(&self, filter: &Filter) -> Result<Vec<Session>, ClientError> {
        let mut sessions = Vec::new();
        let mut filter = Filter { limit: filter.limit.or(Some(PAGE)), ..filter.clone() };
        loop {
            let page = self.sessions(&filter).await?;
            sessions.extend(page.sessions);
            if page.next.is_none() || page.next == filter.after {
                return Ok(sessions);
            }
            filter.after = page.next;
        }
    }

    /// One session.
    pub async fn session(&self, w_id: &str) -> Result<Session, ClientError> {
        self.send(Call::new(Method::GET, format!("/v1/sessions/{}", segment(w_id)))).await?.json()
    }

    /// One session as soon as its version exceeds `version`, or unchanged after `wait`.
    pub async fn session_after(
        &self,
        w_id: &str,
        version: Version,
        wait: Duration,
    ) -> Result<Session, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/sessions/{}", segment(w_id)))
            .query("wait", Some(humantime::format_duration(wait)))
            .query("version", Some(version))
            .blocking_for(wait);
        self.send(call).await?.json()
    }

    /// The session's QR. Refused with `wrong-state` once it is scanned or over.
    pub async fn qr(&self, w_id: &str, form: QrForm) -> Result<Bytes, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/sessions/{}/qr", segment(w_id)));
        Ok(self.send(call.accept(form.media_type())).await?.into_bytes())
    }

    /// Passes on the code that the phone shows.
    pub async fn verify(&self, w_id: &str, code: &Secret) -> Result<Session, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/sessions/{}/verify", segment(w_id)));
        self.send(call.body(&EnterCode { code: code.clone() })?).await?.json()
    }

    /// Says that a person passed the slider page.
    pub async fn slider_done(&self, w_id: &str) -> Result<Session, ClientError> {
        self.send(Call::new(Method::POST, format!("/v1/sessions/{}/slider-done", segment(w_id))))
            .await?
            .json()
    }

    /// Logs an online session out, or abandons a login in flight.
    pub async fn end(&self, w_id: &str) -> Result<Session, ClientError> {
        self.send(Call::new(Method::DELETE, format!("/v1/sessions/{}", segment(w_id)))).await?.json()
    }

    /// How a session came where it is, oldest first.
    pub async fn history(&self, w_id: &str) -> Result<Vec<Transition>, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/sessions/{}/history", segment(w_id)));
        Ok(self.send(call).await?.json::<History>()?.history)
    }

    /// All accounts, page after page.
    pub async fn accounts(&self) -> Result<Vec<Account>, ClientError> {
        self.accounts_where(None).await
    }

    /// The accounts for which a person is to do something although none of their logins is in flight, page after page.
    pub async fn awaited_accounts(&self) -> Result<Vec<Account>, ClientError> {
        self.accounts_where(Some(true)).await
    }

    async fn accounts_where(&self, awaited: Option<bool>) -> Result<Vec<Account>, ClientError> {
        let mut accounts = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let call = Call::new(Method::GET, "/v1/accounts")
                .query("awaited", awaited)
                .query("limit", Some(PAGE))
                .query("after", after.as_deref());
            let page: AccountPage = self.send(call).await?.json()?;
            accounts.extend(page.accounts);
            if page.next.is_none() || page.next == after {
                return Ok(accounts);
            }
            after = page.next;
        }
    }

    /// What people are waited for, page after page.
    pub async fn steps(&self) -> Result<Vec<Step>, ClientError> {
        let mut steps = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let call = Call::new(Method::GET, "/v1/steps")
                .query("limit", Some(PAGE))
                .query("after", after.as_deref());
            let page: StepPage = self.send(call).await?.json()?;
            steps.extend(page.steps);
            if page.next.is_none() || page.next == after {
                return Ok(steps);
            }
            after = page.next;
        }
    }

    /// One account.
    pub async fn account(&self, wc_id: &str) -> Result<Account, ClientError> {
        self.send(Call::new(Method::GET, format!("/v1/accounts/{}", segment(wc_id)))).await?.json()
    }

    /// Logs an account in again, now. Answers with the account before the platform has; refused with `wrong-state`
    /// where it is online and no force is asked for.
    pub async fn relogin(&self, wc_id: &str, how: &LogInAgain) -> Result<Account, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/accounts/{}/relogin", segment(wc_id)));
        self.send(call.body(how)?).await?.json()
    }

    /// Changes what a person decides about an account.
    pub async fn change_account(&self, wc_id: &str, change: &ChangeAccount) -> Result<Account, ClientError> {
        let call = Call::new(Method::PATCH, format!("/v1/accounts/{}", segment(wc_id)));
        self.send(call.body(change)?).await?.json()
    }

    /// Forgets an account. Refused with `wrong-state` while it is online.
    pub async fn forget(&self, wc_id: &str) -> Result<(), ClientError> {
        let call = Call::new(Method::DELETE, format!("/v1/accounts/{}", segment(wc_id)));
        self.send(call).await.map(drop)
    }

    /// Why an account is as it is.
    pub async fn why_account(&self, wc_id: &str) -> Result<Why, ClientError> {
        self.send(Call::new(Method::GET, format!("/v1/accounts/{}/why", segment(wc_id)))).await?.json()
    }

    /// Why a session is as it is.
    pub async fn why_session(&self, w_id: &str) -> Result<Why, ClientError> {
        self.send(Call::new(Method::GET, format!("/v1/sessions/{}/why", segment(w_id)))).await?.json()
    }

    /// A URL that opens a page for what a person is to do for one login. Refused with `wrong-state` where it waits for
    /// nobody.
    pub async fn link(&self, w_id: &str, asked: &MakeLink) -> Result<StepLink, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/sessions/{}/link", segment(w_id)));
        self.send(call.body(asked)?).await?.json()
    }

    /// A URL that opens a page for an account's next login. Refused with `wrong-state` where nobody is waited for.
    pub async fn link_to_account(&self, wc_id: &str, asked: &MakeLink) -> Result<StepLink, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/accounts/{}/link", segment(wc_id)));
        self.send(call.body(asked)?).await?.json()
    }

    /// A URL that opens the console, once.
    pub async fn invite_to_console(&self) -> Result<Invitation, ClientError> {
        self.send(Call::new(Method::POST, "/v1/console/login")).await?.json()
    }

    /// How the daemon stands.
    pub async fn check(&self) -> Result<Check, ClientError> {
        self.send(Call::new(Method::GET, "/v1/check")).await?.json()
    }

    /// Succeeds once the daemon takes requests.
    pub async fn ready(&self) -> Result<(), ClientError> {
        self.send(Call::new(Method::GET, "/readyz")).await.map(drop)
    }

    /// Succeeds while the daemon is alive.
    pub async fn health(&self) -> Result<(), ClientError> {
        self.send(Call::new(Method::GET, "/healthz")).await.map(drop)
    }

    async fn send(&self, call: Call) -> Result<http::Answer, ClientError> {
        call.send(&self.target).await
    }
}

#[cfg(test)]
mod tests;
