//! Tokens: their lives by injected time, their place in the store, and what never shows of them.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

mod app_life;
mod canary;
mod clocks;
mod generations;
mod official_account_life;
mod rekeyed;
mod stored;
mod world;
