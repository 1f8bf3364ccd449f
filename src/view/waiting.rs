//! Who waits for which session to change.
//!
//! Only sessions that somebody waits for have a seat here, so ten thousand others cost nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use wxlogin_state::WId;

/// The seats.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<WId, Arc<Notify>>>);

/// A place to wait for one session; given up with the last one who holds it.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    waiting: &'a Waiting,
    w_id: WId,
    bell: Arc<Notify>,
}

impl Waiting {
    /// A seat for `w_id`, shared with everybody else who waits for it.
    pub(super) fn seat(&self, w_id: &WId) -> Seat<'_> {
        let bell = self.lock().entry(w_id.clone()).or_default().clone();
        Seat { waiting: self, w_id: w_id.clone(), bell }
    }

    /// Wakes those who wait for any of these.
    pub(super) fn wake<'a>(&self, w_ids: impl Iterator<Item = &'a WId>) {
        let seats = self.lock();
        if seats.is_empty() {
            return;
        }
        for bell in w_ids.filter_map(|w_id| seats.get(w_id)) {
            bell.notify_waiters();
        }
    }

    /// Wakes everybody.
    pub(super) fn wake_all(&self) {
        self.lock().values().for_each(|bell| bell.notify_waiters());
    }

    #[cfg(test)]
    pub(super) fn seats(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WId, Arc<Notify>>> {
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
        let mut seats = self.waiting.lock();
        // Two holders: the table and this seat.
        if Arc::strong_count(&self.bell) <= 2 {
            seats.remove(&self.w_id);
        }
    }
}
