//! wxlogind keeps WeChat device logins alive: it knows which logins exist, waits for the people who complete
//! them, and tells everybody else.

pub mod client;
pub mod config;
pub mod ctl;
pub mod exchange;
pub mod platform;
pub mod sandbox;
pub mod wire;
