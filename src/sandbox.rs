//! A faithful stand-in for the device login platform, with a simulated phone: nobody needs an account, a phone or
//! the network to see a login from its QR to its first drop.
//!
//! The daemon embeds it with `--sandbox`, `wxlogin-sandbox` runs it alone, and every end-to-end test talks to it.
//!
//! ```text
//!   serve ──► device   the platform's calls, through a door that keeps the key, the script and the tally
//!         ──► app                the app login's calls (system B), with users and tokens of their own
//!         ──► official_account   the official-account login's (system C), likewise
//!         ──► phone    the phone's pages and actions      ─┐
//!         ──► captcha  the slider's page                   ├──► hub ──► world: logins, accounts, time
//!         ──► control  the sandbox's own state and script ─┘     └────► callback: notices to the caller's URL
//! ```

pub(crate) mod app;
mod callback;
mod captcha;
mod control;
mod device;
mod hub;
mod member;
mod official_account;
mod pages;
mod phone;
mod pictures;
mod program;
mod script;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper::Uri;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use wxlogin_state::Secret;

pub use self::app::{APP_SECRET, APPKEY};
use self::hub::Hub;
use self::member::Member;
pub use self::official_account::{APP_ID, OfficialAccountSettings, USER_DOMAIN, USER_DOMAIN_SECRET};
pub use self::program::Program;
use self::script::Script;
pub use self::script::{Fault, PlainFault, Rule, ScriptError, read_script};
pub use self::settings::{ACCOUNT, SandboxSettings};
use self::world::{Rules, World};
use crate::config;

/// Connections that may wait to be accepted: a fleet's polls come back all at once after an outage.
const BACKLOG: u32 = 4096;

/// A running sandbox; it ends when it is shut down or dropped.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    base_url: Uri,
    tasks: TaskTracker,
    stop: DropGuard,
}

impl Sandbox {
    /// Binds and serves in the background. Refuses an address that is not loopback, and a script that names an
    /// unknown call.
    #[expect(clippy::unused_async, reason = "sockets and tasks need the runtime that an async caller has")]
    pub async fn start(settings: SandboxSettings) -> io::Result<Self> {
        let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidInput, error);
        let calls = [device::CALLS, app::CALLS, official_account::CALLS].concat();
        let mut script = Script::new(calls);
        script.extend(settings.script.clone()).map_err(|error| invalid(error.to_string()))?;
        let listener = listen(settings.listen)?;
        let addr = listener.local_addr()?;
        let base_url = Uri::builder()
            .scheme("http")
            .authority(addr.to_string())
            .path_and_query("/")
            .build()
            .map_err(io::Error::other)?;
        let (posts, waiting) = mpsc::channel(callback::QUEUE);
        let rules = Rules {
            first_drop: settings.first_drop,
            step_valid_for: settings.qr_valid_for,
            popup_valid_for: settings.popup_valid_for,
            autopilot: settings.autopilot,
        };
        let member = Member::new(settings.account, settings.password);
        let hub = Arc::new(Hub::new(World::new(rules), member, script, posts, settings.block, addr));
        let routes = routes(&hub)
            .merge(app::routes(&hub, settings.clock.clone(), settings.app_token_valid_for))
            .merge(official_account::routes(&hub, settings.clock, settings.official_account));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let keeper = hub.clone();
        run(&tasks, &stop, async move { keeper.keep_time().await });
        run(&tasks, &stop, callback::post_all(waiting));
        run(&tasks, &stop, serve::serve(listener, routes, tasks.clone(), stop.clone()));
        tasks.close();
        Ok(Self { addr, base_url, tasks, stop: stop.drop_guard() })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a client takes as the platform's base URL; its path is `/`.
    pub fn base_url(&self) -> &Uri {
        &self.base_url
    }

    /// How a client calls the simulated system B.
    pub fn app(&self) -> config::App {
        let (appkey, secret) = (APPKEY.to_owned(), Secret::new(APP_SECRET));
        config::App { appkey, secret, base_url: self.base_url.clone() }
    }

    /// How a client calls the simulated system C.
    pub fn official_account(&self) -> config::OfficialAccount {
        config::OfficialAccount {
            app_id: APP_ID.to_owned(),
            user_domain: USER_DOMAIN.to_owned(),
            secret: Secret::new(USER_DOMAIN_SECRET),
            base_url: self.base_url.clone(),
        }
    }

    /// Ends every connection and waits for all tasks to be gone.
    pub async fn shutdown(self) {
        drop(self.stop);
        self.tasks.wait().await;
    }
}

fn routes(hub: &Arc<Hub>) -> Router {
    device::routes(hub).merge(phone::routes(hub)).merge(captcha::routes(hub)).merge(control::routes(hub))
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    if !addr.ip().is_loopback() {
        let message = format!("the sandbox listens on loopback only, and {addr} is not: it knows no secrets");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Runs a task that ends with the sandbox.
fn run(tasks: &TaskTracker, stop: &CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
    let stop = stop.clone();
    tasks.spawn(async move { stop.run_until_cancelled(task).await });
}
