//! wxlogind keeps WeChat device logins alive: it knows which logins exist, waits for the people who complete
//! them, and tells everybody else.

pub mod api;
pub mod callback;
pub mod client;
pub mod clock;
pub mod config;
pub mod console;
pub mod ctl;
pub mod daemon;
pub mod driver;
pub mod exchange;
pub mod feed;
pub mod lifecycle;
pub mod links;
pub mod logging;
pub mod metrics;
pub mod outbox;
pub mod platform;
pub mod qr;
mod random;
pub mod sandbox;
pub mod view;
pub mod wire;
