//! What a test of the driver stands on, and the few things that all of them do.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Answer, DeviceType, Input, Issued, Profile, Retention, Rules, Seq, Session, StateDir, StateName,
    Store, Tending, TokenRules, Verdict, WId, WcId, step,
};

use super::platform::Fake;
use super::setup::Setup;
use super::test_clock::TestClock;
use crate::driver::keeper::faults::Faults;
use crate::driver::{self, Denied, Driver, Figures, LoginRequest, Parts};
use crate::metrics::Metrics;
use crate::platform::Systems;
use crate::view::{AccountEntry, SessionEntry, View};

/// How long a person has for each step.
pub(super) const ALLOWANCE: Duration = Duration::from_mins(5);

/// What a test waits for has happened by then, or does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const RULES: Rules = Rules::DEFAULT;

/// Dropped sessions stay known for two hours.
pub(super) const FIGURES: Figures = Figures {
    rules: RULES,
    max_in_flight: 10_000,
    keep_dropped: Duration::from_hours(2),
    check_interval: Duration::from_hours(1),
    device: DeviceType::Ipad,
    proxy: None,
    token_rules: TokenRules::DEFAULT,
    console_url: None,
};

pub(super) const RETENTION: Retention = Retention { events: 100_000 };

/// A moment, in minutes from when the tests begin.
pub(super) fn minute(n: i64) -> Timestamp {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    begin + SignedDuration::from_mins(n)
}

pub(super) fn id(text: &str) -> WId {
    text.parse().unwrap()
}

pub(super) fn account_id(text: &str) -> WcId {
    text.parse().unwrap()
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
    systems: Systems,
    figures: Figures,
    pub(super) place: TempDir,
    ended: oneshot::Receiver<()>,
}

impl World {
    /// Over an empty store.
    pub(super) async fn new() -> Self {
        Self::with(Vec::new()).await
    }

    /// Over a store of these sessions, at minute 0.
    pub(super) async fn with(sessions: Vec<Session>) -> Self {
        Setup::of(sessions).run().await
    }

    /// As [`with`](Self::with), with a clock that no two rounds see alike.
    pub(super) async fn ticking_from(now: Timestamp, sessions: Vec<Session>) -> Self {
        let clock = TestClock::new();
        clock.set(now);
        clock.tick();
        Setup::of(sessions).by(clock).run().await
    }

    /// Over the store in this place.
    pub(super) async fn open(place: TempDir, clock: TestClock, figures: Figures, systems: Systems) -> Self {
        let platform = Fake::start().await;
        let opened = driver::open(Parts {
            dir: StateDir::claim(place.path()).unwrap(),
            retention: RETENTION,
            figures: figures.clone(),
            clock: clock.clock(),
            tasks: TaskTracker::new(),
            state_key: None,
            metrics: Metrics::default(),
        })
        .unwrap();
        let (driver, view, faults) = (opened.driver.clone(), opened.view.clone(), opened.faults());
        let ended = opened.run(platform.client.clone(), systems.clone()).unwrap();
        Self { driver, view, clock, faults, platform, systems, figures, place, ended }
    }

    /// Stops the driver and starts another one over the same store, with a platform that knows of no call.
    pub(super) async fn restart(self) -> Self {
        let Self { driver, ended, place, clock, figures, systems, .. } = self;
        driver.stop().await;
        ended.await.unwrap();
        Self::open(place, clock, figures, systems).await
    }

    /// Goes by these rules from now on.
    pub(super) async fn go_by(&mut self, rules: Rules) {
        self.figures.rules = rules;
        self.driver.go_by(self.figures.clone()).await;
        self.round().await;
    }

    /// So many absences make a drop from now on.
    pub(super) async fn go_by_confirmations(&mut self, confirmations: u32) {
        self.go_by(Rules { confirmations, ..self.figures.rules.clone() }).await;
    }

    /// Looks as often as this from now on.
    pub(super) async fn check_every(&mut self, check_interval: Duration) {
        self.figures.check_interval = check_interval;
        self.driver.go_by(self.figures.clone()).await;
        self.round().await;
    }

    /// Stops the driver; where its store lies.
    pub(super) async fn halt(self) -> TempDir {
        self.driver.stop().await;
        self.ended.await.unwrap();
        self.place
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
            events,
        }
    }

    pub(super) fn session(&self, w_id: &str) -> Arc<SessionEntry> {
        self.view.session(&id(w_id)).unwrap()
    }

    pub(super) fn state(&self, w_id: &str) -> StateName {
        self.session(w_id).state.name()
    }

    pub(super) fn account(&self, wc_id: &str) -> Account {
        (**self.view.account(&account_id(wc_id)).unwrap()).clone()
    }

    pub(super) async fn apply(&self, w_id: &str, input: Input) -> Result<Arc<SessionEntry>, Denied> {
        self.driver.apply(&id(w_id), input).await
    }

    /// Waits until the session has another version than `version`.
    pub(super) async fn after(&self, w_id: &str, version: u64) -> Arc<SessionEntry> {
        self.view.session_after(&id(w_id), version).await.unwrap()
    }

    pub(super) async fn tend(&self, wc_id: &str, tending: Tending) -> Result<Arc<AccountEntry>, Denied> {
        self.driver.tend(&account_id(wc_id), tending).await
    }

    /// The account as soon as it is as the test wants it.
    pub(super) async fn when(&self, wc_id: &str, is_so: impl Fn(&Account) -> bool) -> Account {
        let begun = Instant::now();
        loop {
            let account = self.account(wc_id);
            if is_so(&account) {
                return account;
            }
            assert!(begun.elapsed() < PATIENCE, "{account:#?}");
            // A write that fails is no reason not to wait.
            let _ = self.driver.ping().await;
        }
    }

    /// Answers the look that follows a start.
    pub(super) async fn look(&mut self, online: &[(&str, &str)]) {
        self.platform.asked_for_list().await.list(online);
        // The answer is in the inbox before the next but one is asked for.
        self.settled().await;
    }

    /// Waits until the driver has done what follows from the calls that were answered by now.
    pub(super) async fn settled(&mut self) {
        for _ in 0..3 {
            self.platform.more_calls().await;
            let _ = self.driver.ping().await;
        }
    }

    /// Makes sure that the driver sleeps: nothing that waits may keep it busy.
    pub(super) async fn stands_still(&self) {
        let before = self.clock.looks();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let looks = self.clock.looks() - before;
        assert!(looks < 10, "{looks} looks at the clock while nothing happened");
    }

    /// Sets the clock, and lets the driver do what is due then.
    pub(super) async fn at(&self, now: Timestamp) {
        self.clock.set(now);
        self.round().await;
        self.round().await;
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
        self.clock.stop_at_next_look(arrived, released);
        // There is nothing to do in it, so that nothing fails in it either.
        self.driver.hint(account_id("nobody"));
        here.await.unwrap();
        Held { _gate: gate }
    }
}

/// What a driver left behind.
pub(super) struct Kept {
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) seqs: Vec<u64>,
    pub(super) events: Vec<Event>,
}

impl Kept {
    /// What happened behind the event `after`, in order: its type and what it is about.
    pub(super) fn story(&self, after: usize) -> Vec<(&str, &str)> {
        self.events[after..]
            .iter()
            .map(|event| (event.kind.as_str(), event.w_id.as_ref().map_or("", WId::as_str)))
            .collect()
    }
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
