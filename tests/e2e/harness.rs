//! What every end-to-end test works with: a platform, a daemon on a host of its own, and ways to ask them.

mod daemon;
mod hooks;
mod host;
mod http;
mod lives;
mod platform;
mod process;
mod receiver;
mod services;
mod supervisor;

use std::time::Duration;

pub(crate) use daemon::{Daemon, knock, login_of, refused};
pub(crate) use hooks::{Hook, Posted, Say, mac, signing_secret};
pub(crate) use host::{Host, PASSWORD};
pub(crate) use http::{get, over_tcp, over_unix, request, value};
pub(crate) use lives::A_WHILE;
pub(crate) use platform::Platform;
pub(crate) use process::{Printed, Process, output};
pub(crate) use receiver::{PATH_SECRET, Receiver};
pub(crate) use services::{APP_LOGIN, APP_LOGOUT, OFFICIAL_LOGIN, REFRESH, kept, services};

/// How long anything may take that is expected to happen. Far longer than it takes, so that only what never
/// happens fails, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The two programs' worth of a test: a sandbox with the usual settings, and a daemon that works against it.
pub(crate) async fn world() -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).start().await;
    (platform, daemon)
}
