//! The daemon's dealings with its supervisor: signals in, readiness and liveness out.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tracing::warn;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

/// The signals that this process was sent.
pub struct Wishes(Signals);

impl Wishes {
    /// Begins to listen. Signals sent from here on are not lost, even before the first [`next`](Self::next).
    pub fn listen() -> io::Result<Self> {
        Signals::new([SIGTERM, SIGINT, SIGHUP]).map(Self)
    }

    /// The next wish.
    pub async fn next(&mut self) -> Wish {
        match self.0.next().await {
            Some(SIGHUP) => Wish::Reload,
            // The stream has no end; if it had, nothing would be left to stop the daemon by.
            _ => Wish::Stop,
        }
    }
}

/// Tells systemd how things are; does nothing without it.
#[derive(Debug, Default)]
pub struct Supervisor {
    last_status: Mutex<String>,
}

impl Supervisor {
    /// How often systemd wants to hear that the daemon is alive, where it does (`WatchdogSec=`).
    pub fn watchdog(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    /// Everything is bound and resumed.
    pub fn ready(&self, status: &str) {
        tell(&[NotifyState::Ready]);
        self.status(status);
    }

    /// One line for `systemctl status`; sent where it changed.
    pub fn status(&self, status: &str) {
        let mut last = self.last_status.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != status {
            tell(&[NotifyState::Status(status)]);
            status.clone_into(&mut last);
        }
    }

    /// A reload begins. [`ready`](Self::ready) ends it.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "the monotonic clock cannot be read");
            }
        }
    }

    /// The daemon is alive.
    pub fn alive(&self) {
        tell(&[NotifyState::Watchdog]);
    }

    /// The daemon is stopping.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!(error = &error as &dyn std::error::Error, "systemd could not be told");
    }
}

/// Raises the soft limit of open files to the hard one: each login in flight holds a connection.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        warn!(error = &error as &dyn std::error::Error, "the limit of open files stays as it is");
    }
}
