//! wxlogind keeps WeChat device logins alive: it knows which logins exist, waits for the people who complete
//! them, and tells everybody else.

pub mod config;
pub mod exchange;
pub mod platform;
pub mod qr;
pub mod sandbox;
