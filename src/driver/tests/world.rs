//! What a test of the driver stands on, and the few things that all of them do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Answer, Batch, DeviceType, Input, Issued, Profile, Retention, Rules, Seq, Session, Source,
    State, StateDir, StateName, Store, Verdict, WId, step,
};

use super::platform::Fake;
use crate::clock::Clock;
use crate::driver::keeper::faults::Faults;
use crate::driver::{self, Denied, Driver, Figures, LoginRequest, Parts};
use crate::view::{SessionEntry, View};

/// How long a person has for each step.
pub(super) const ALLOWANCE: Duration = Duration::from_mins(5);

const RULES: Rules = Rules::DEFAULT;

/// Dropped sessions stay known for two hours.
const FIGURES: Figures = Figures {
    rules: RULES,
    max_in_flight: 10_000,
    keep_dropped: Duration::from_hours(2),
    check_interval: Duration::from_hours(1),
    device: DeviceType::Ipad,
    proxy: None,
};

const RETENTION: Retention = Retention { events: 100_000 };

/// A moment, in minutes from when the tests begin.
pub(super) fn minute(n: i64) -> Timestamp {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    begin + SignedDuration::from_mins(n)
}

pub(super) fn id(text: &str) -> WId {
    text.parse().unwrap()
}

/// The time of day as the test says.
#[derive(Clone)]
pub(super) struct TestClock(Arc<Mutex<Time>>);

struct Time {
    now: Timestamp,
    /// How far it goes on by being looked at.
    tick: SignedDuration,
    gate: Option<(oneshot::Sender<()>, mpsc::Receiver<()>)>,
}

impl TestClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Time { now: minute(0), tick: SignedDuration::ZERO, gate: None })))
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.0.lock().unwrap().now = now;
    }

    /// From now on no two looks at it show the same time.
    pub(super) fn tick(&self) {
        self.0.lock().unwrap().tick = SignedDuration::from_millis(1);
    }

    fn clock(&self) -> Clock {
        let time = self.0.clone();
        Clock::from_fn(move || {
            let (now, gate) = {
                let mut time = time.lock().unwrap();
                let tick = time.tick;
                time.now += tick;
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

/// Keeps a driver in the middle of a round until this is dropped; whatever it is asked meanwhile comes into the
/// next one.
pub(super) struct Held {
    _gate: mpsc::Sender<()>,
}

/// A driver that runs.
pub(super) struct World {
    pub(super) driver: Driver,
    pub(super) view: Arc<View>,
    pub(super) clock: TestClock,
    pub(super) faults: Faults,
    pub(super) platform: Fake,
    place: TempDir,
    ended: oneshot::Receiver<()>,
}

impl World {
    /// Over an empty store.
    pub(super) async fn new() -> Self {
        Self::with(Vec::new()).await
    }

    /// Over a store of these sessions, at minute 0.
    pub(super) async fn with(sessions: Vec<Session>) -> Self {
        let place = tempfile::tempdir().unwrap();
        prepare(&place, &sessions);
        Self::open(place, TestClock::new()).await
    }

    /// As [`with`](Self::with), with a clock that no two rounds see alike.
    pub(super) async fn ticking_from(now: Timestamp, sessions: Vec<Session>) -> Self {
        let place = tempfile::tempdir().unwrap();
        prepare(&place, &sessions);
        let clock = TestClock::new();
        clock.set(now);
        clock.tick();
        Self::open(place, clock).await
    }

    async fn open(place: TempDir, clock: TestClock) -> Self {
        let platform = Fake::start().await;
        let opened = driver::open(Parts {
            dir: StateDir::claim(place.path()).unwrap(),
            retention: RETENTION,
            figures: FIGURES,
            clock: clock.clock(),
            tasks: TaskTracker::new(),
        })
        .unwrap();
        let (driver, view, faults) = (opened.driver.clone(), opened.view.clone(), opened.faults());
        let ended = opened.run(platform.client.clone()).unwrap();
        Self { driver, view, clock, faults, platform, place, ended }
    }

    /// Stops the driver and starts another one over the same store.
    pub(super) async fn restart(self) -> Self {
        self.driver.stop().await;
        self.ended.await.unwrap();
        Self::open(self.place, self.clock).await
    }

    /// Stops the driver; what its store holds.
    pub(super) async fn stop(self) -> Kept {
        self.driver.stop().await;
        self.ended.await.unwrap();
        let (store, contents) = Store::open(&StateDir::claim(self.place.path()).unwrap(), RETENTION).unwrap();
        let events = store.events(Seq(0), usize::MAX).unwrap();
        Kept {
            sessions: contents.sessions.into_iter().map(|s| (s.w_id.as_str().to_owned(), s)).collect(),
            seqs: events.iter().map(|event| event.seq.0).collect(),
        }
    }

    pub(super) fn session(&self, w_id: &str) -> Arc<SessionEntry> {
        self.view.session(&id(w_id)).unwrap()
    }

    pub(super) fn state(&self, w_id: &str) -> StateName {
        self.session(w_id).state.name()
    }

    pub(super) fn account(&self, wc_id: &str) -> Account {
        (**self.view.account(&wc_id.parse().unwrap()).unwrap()).clone()
    }

    pub(super) async fn apply(&self, w_id: &str, input: Input) -> Result<Arc<SessionEntry>, Denied> {
        self.driver.apply(&id(w_id), input).await
    }

    /// Waits until the session has another version than `version`.
    pub(super) async fn after(&self, w_id: &str, version: u64) -> Arc<SessionEntry> {
        self.view.session_after(&id(w_id), version).await.unwrap()
    }

    /// A full round of the driver, which finds what is due.
    pub(super) async fn round(&self) {
        self.driver.ping().await.unwrap();
    }

    /// Waits until the store can be written again.
    pub(super) async fn writable(&self) {
        while self.driver.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Makes the driver begin a round, and keeps it there.
    pub(super) async fn hold(&self) -> Held {
        let (arrived, here) = oneshot::channel();
        let (gate, released) = mpsc::channel();
        self.clock.0.lock().unwrap().gate = Some((arrived, released));
        // There is nothing to write in it, so that nothing fails in it either.
        self.driver.go_by(FIGURES).await;
        here.await.unwrap();
        Held { _gate: gate }
    }
}

/// What a driver left behind.
pub(super) struct Kept {
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) seqs: Vec<u64>,
}

fn prepare(place: &TempDir, sessions: &[Session]) {
    let dir = StateDir::claim(place.path()).unwrap();
    let (mut store, _) = Store::open(&dir, RETENTION).unwrap();
    let mut batch = Batch::default();
    for (seq, session) in (1..).map(Seq).zip(sessions) {
        batch.put_session(session).unwrap();
        batch.push_event(&Event::of_session(seq, session.created_at, session)).unwrap();
        if let State::Online { profile } = &session.state {
            let now = session.state_since;
            batch
                .put_account(&Account::first_login(session, profile, Source::LoginInfo, now, &RULES))
                .unwrap();
        }
    }
    store.commit(&batch).unwrap();
}

/// A session whose QR was issued at `at`; `born` is its place among those that are stored.
pub(super) fn issued(born: u64, w_id: &str, at: Timestamp) -> Session {
    let issued = Issued {
        w_id: id(w_id),
        qr_url: "http://platform.example/qr.png".to_owned(),
        label: None,
        device: DeviceType::Ipad,
        proxy: None,
        wc_id: None,
        new_device: false,
        request_key: None,
    };
    Session::begun(issued, Seq(born), at, &RULES)
}

/// What an input makes of a session.
pub(super) fn stepped(session: &Session, input: Input, at: Timestamp) -> Session {
    match step(session, input, at, &RULES) {
        Verdict::Accepted(next) => next,
        other => panic!("{other:?}"),
    }
}

/// The first call's answer.
pub(super) fn answered(answer: Answer) -> Input {
    Input::Answered { round: 1, answer }
}

pub(super) fn logged_in(wc_id: &str) -> Input {
    answered(Answer::LoggedIn(Box::new(Profile::of(wc_id.parse().unwrap()))))
}

pub(super) fn code_asked() -> Input {
    answered(Answer::CodeAsked { prompt: "请输入验证码".to_owned() })
}

/// A wish for a login of `wc_id`.
pub(super) fn login(wc_id: Option<&str>) -> LoginRequest {
    LoginRequest {
        wc_id: wc_id.map(|wc_id| wc_id.parse().unwrap()),
        label: None,
        device: DeviceType::Ipad,
        proxy: None,
        force: false,
        new_device: false,
        request_key: None,
    }
}
