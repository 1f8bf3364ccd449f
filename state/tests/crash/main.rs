//! The store when its process is killed, and when its disk is full. Both need a process of their own: this binary
//! runs itself again, as a child (`child.rs`).

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::sync::{Mutex, MutexGuard, PoisonError};

mod child;
#[path = "../common/mod.rs"]
mod common;
mod full_disk;
mod killed;

/// Lets one test run at a time: between its fork and its exec a child holds every lock that its parent holds, so
/// that another test could not claim again the directory which it has just let go.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
