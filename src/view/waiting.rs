//! Who waits for which session to change.
//!
//! Only sessions that somebody waits for have a seat here, so ten thousand others cost nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use wxlogin_state::WId;

/// Who waits, by session: how many, and what wakes them.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<WId, Bench>>);

#[derive(Debug, Default)]
struct Bench {
    seated: usize,
    bell: Arc<Notify>,
}

/// A place to wait for one session.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    waiting: &'a Waiting,
    w_id: WId,
    bell: Arc<Notify>,
}

impl Waiting {
    /// A seat for `w_id`, beside everybody else who waits for it.
    pub(super) fn seat(&self, w_id: &WId) -> Seat<'_> {
        let mut benches = self.lock();
        let bench = benches.entry(w_id.clone()).or_default();
        bench.seated += 1;
        Seat { waiting: self, w_id: w_id.clone(), bell: bench.bell.clone() }
    }

    /// Wakes those who wait for any of these.
    pub(super) fn wake<'a>(&self, w_ids: impl Iterator<Item = &'a WId>) {
        let benches = self.lock();
        if benches.is_empty() {
            return;
        }
        for bench in w_ids.filter_map(|w_id| benches.get(w_id)) {
            bench.bell.notify_waiters();
        }
    }

    /// Wakes everybody.
    pub(super) fn wake_all(&self) {
        self.lock().values().for_each(|bench| bench.bell.notify_waiters());
    }

    #[cfg(test)]
    pub(super) fn seats(&self) -> usize {
        self.lock().values().map(|bench| bench.seated).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WId, Bench>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Done at the next change; enable it before looking at the session.
    pub(super) fn change(&self) -> Notified<'_> {
        self.bell.notified()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut benches = self.waiting.lock();
        if let Some(bench) = benches.get_mut(&self.w_id) {
            bench.seated -= 1;
            if bench.seated == 0 {
                benches.remove(&self.w_id);
            }
        }
    }
}
