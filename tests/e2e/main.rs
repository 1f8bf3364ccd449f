//! End-to-end tests: the real programs, over real sockets, against the sandbox.
//!
//! Each test has a temporary directory, a sandbox and a daemon of its own, so that they run side by side and
//! leave nothing behind. Where one fails, what its programs wrote to standard error follows.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod account_api;
mod accounts;
mod app_login;
mod backup;
mod bad_input;
mod callback;
mod check;
mod configuration;
mod console;
mod ctl;
mod doors;
mod drops;
mod ending;
mod events;
mod faults;
mod first_day;
mod full_disk;
mod harness;
mod lifecycle;
mod links;
mod login;
mod many;
mod metrics;
mod official_login;
mod openapi;
mod programs;
mod qr;
mod reading;
mod recovery;
mod refreshing;
mod rekey;
mod relogin;
mod steps;
mod storm;
mod tokens;
mod unseen;
mod webhooks;
mod why;
