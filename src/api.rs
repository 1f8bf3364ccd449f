//! The control API: routes over the view (reads) and the driver (changes).
//!
//! ```text
//!   listen ──► guard ──► route ──► view       what is committed, pre-rendered
//!   bounded    host,          └──► driver     changes, answered once durable
//!   in time,   origin,        └──► platform   pictures, logging out
//!   number     token                      and users' logins
//! ```
//!
//! Handlers only convert: what may be done is decided by the machine in the state crate. Every refusal is a
//! [`problem::Refused`], one place for status and sentence.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tokio::sync::{Mutex, Semaphore, watch};
use wxlogin_state::{DeviceType, Proxy, Qr, Rules, TokenRules, WId};

use crate::callback::Callbacks;
use crate::clock::Clock;
use crate::console::Console;
use crate::driver::{Begun, Driver};
use crate::metrics::Exposition;
use crate::outbox::Webhooks;
use crate::platform::{Platform, Systems};
use crate::view::View;
use crate::wire::CreateSession;

mod accounts;
mod app_login;
mod backup;
mod body;
mod check;
mod claims;
mod console;
mod ending;
mod events;
mod guard;
mod links;
pub mod listen;
mod logins;
mod official_login;
mod openapi;
mod pictures;
mod problem;
mod qr;
mod relogin;
mod routes;
mod sessions;
mod steps;
mod system;
pub mod token;
mod tokens;
mod webhooks;
mod why;

use claims::Claims;
pub use guard::{Entrance, Peer};
use logins::Logins;
pub use pictures::Picture;
use pictures::Pictures;
pub use problem::Refused;

/// Largest request body, in bytes: the largest there is has a few hundred.
const BODY: usize = 64 * 1024;

/// What the routes work with.
#[derive(Debug)]
pub struct Api {
    /// Who changes things.
    pub driver: Driver,
    /// What is committed.
    pub view: Arc<View>,
    /// For pictures and for logging out.
    pub platform: Platform,
    /// For logins by app and by official account.
    systems: Systems,
    /// The time of day.
    pub clock: Clock,
    /// What the routes go by where the caller does not say; a reload may change it.
    pub defaults: watch::Sender<Defaults>,
    /// Takes platform callbacks that somebody else received.
    callbacks: Callbacks,
    /// What is counted.
    exposition: Exposition,
    /// Who is told of events.
    pub webhooks: Arc<Webhooks>,
    /// Pictures that were fetched.
    pictures: Pictures,
    /// Room for backups that are being taken.
    backups: Arc<Semaphore>,
    /// Logins of users that are under way.
    logins: Logins,
    /// Who came in by the console.
    console: Arc<Console>,
    /// Who is on which step.
    claims: Claims,
    /// Callers with a wrong invitation or a link that is over wait one after the other, as those with a wrong token do.
    guessing: Mutex<()>,
}

/// What an [`Api`] is made of.
#[derive(Debug)]
pub struct Parts {
    /// Who changes things.
    pub driver: Driver,
    /// What is committed.
    pub view: Arc<View>,
    /// For pictures and for logging out.
    pub platform: Platform,
    /// Systems B and C.
    pub systems: Systems,
    /// Takes platform callbacks that somebody else received.
    pub callbacks: Callbacks,
    /// What is counted.
    pub exposition: Exposition,
    /// The time of day.
    pub clock: Clock,
    /// What the routes go by at first where the caller does not say.
    pub defaults: Defaults,
    /// Who came in by the console.
    pub console: Arc<Console>,
    /// Who is told of events.
    pub webhooks: Arc<Webhooks>,
}

/// What the routes go by where the caller does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// `device.device_type`
    pub device_type: DeviceType,
    /// `device.proxy`
    pub proxy: Proxy,
    /// What the machine goes by, for whoever asks why.
    pub rules: Rules,
    /// What tokens go by, for whoever is shown one.
    pub token_rules: TokenRules,
    /// `tokens.max`
    pub max_tokens: usize,
}

impl Api {
    /// The API over these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            driver,
            view,
            platform,
            systems,
            callbacks,
            exposition,
            clock,
            defaults,
            console,
            webhooks,
        } = parts;
        let defaults = watch::Sender::new(defaults);
        let (pictures, claims, guessing) = (Pictures::default(), Claims::default(), Mutex::default());
        let backups = Arc::new(Semaphore::new(backup::AT_ONCE));
        Arc::new(Self {
            driver,
            view,
            platform,
            systems,
            clock,
            defaults,
            callbacks,
            exposition,
            pictures,
            backups,
            logins: Logins::default(),
            console,
            webhooks,
            claims,
            guessing,
        })
    }

    /// Begins a login; `request_key` is the caller's name for the request, where there is one.
    pub async fn begin(&self, asked: CreateSession, request_key: Option<Arc<str>>) -> Result<Begun, Refused> {
        Ok(self.driver.begin(sessions::login_request(self, asked, request_key)?).await?)
    }

    /// The QR of a session that waits to be scanned.
    pub async fn picture(&self, w_id: &WId, qr: &Qr) -> Result<Arc<Picture>, Refused> {
        self.pictures.get(&self.platform, w_id, &qr.url).await
    }

    /// The routes, for callers that come in by `entrance`.
    pub fn router(self: &Arc<Self>, entrance: Entrance) -> Router {
        routes::routes()
            .into_router()
            .fallback(problem::no_route)
            .method_not_allowed_fallback(problem::no_method)
            .layer(DefaultBodyLimit::max(BODY))
            .layer(middleware::from_fn_with_state(Arc::new(entrance), guard::check))
            .with_state(self.clone())
    }
}
