//! The time of day as a test says.

use std::sync::{Arc, Mutex, mpsc};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::world::minute;
use crate::clock::Clock;

/// The time of day as the test says.
#[derive(Clone)]
pub(super) struct TestClock(Arc<Mutex<Time>>);

struct Time {
    now: Timestamp,
    /// How far it goes on by being looked at.
    tick: SignedDuration,
    looks: usize,
    gate: Option<(oneshot::Sender<()>, mpsc::Receiver<()>)>,
}

impl TestClock {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Time { now: minute(0), tick: SignedDuration::ZERO, looks: 0, gate: None })))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.0.lock().unwrap().now = now;
    }

    /// From now on no two looks at it show the same time.
    pub(super) fn tick(&self) {
        self.0.lock().unwrap().tick = SignedDuration::from_millis(1);
    }

    /// How often it was looked at.
    pub(super) fn looks(&self) -> usize {
        self.0.lock().unwrap().looks
    }

    /// Whoever looks at it next tells `arrived`, and goes on when the other side of `released` ends.
    pub(super) fn stop_at_next_look(&self, arrived: oneshot::Sender<()>, released: mpsc::Receiver<()>) {
        self.0.lock().unwrap().gate = Some((arrived, released));
    }

    /// What the driver looks at.
    pub(super) fn clock(&self) -> Clock {
        let time = self.0.clone();
        Clock::from_fn(move || {
            let (now, gate) = {
                let mut time = time.lock().unwrap();
                let tick = time.tick;
                time.now += tick;
                time.looks += 1;
                (time.now, time.gate.take())
            };
            if let Some((arrived, released)) = gate {
                arrived.send(()).unwrap();
                // It opens with the end of its other side.
                let _ = released.recv();
            }
            now
        })
    }
}
