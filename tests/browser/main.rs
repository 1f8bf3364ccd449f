//! The console in a real browser: headless Chromium, the real daemon, and the sandbox with its phones.
//!
//! Wants `chromedriver` and `chromium` (Debian: `apt-get install chromium chromium-driver`; `CHROMEDRIVER` names another
//! one); without them every test fails and says so. A test fails as well where the browser's own log has an error or a
//! violation of the page's policy. With `WXLOGIND_PICTURES=DIR` the pictures of the README are written there.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

// What the end-to-end tests work with; not all of it is wanted here.
#[expect(dead_code, unused_imports, reason = "the end-to-end tests use the rest")]
#[path = "../e2e"]
mod e2e {
    pub(crate) mod harness;
}

// Stores as a daemon would have left them.
#[path = "../bench/stored.rs"]
mod stored;

mod account;
mod browser;
mod driver;
mod inbox;
mod links;
mod lists;
mod looks;
mod seat;
mod session;
mod strangers;
mod terminal;

use e2e::harness;
