//! What the daemon counts, for Prometheus (contract.md, "Metrics").
//!
//! ```text
//!   platform clients ─┐
//!   keeper            ├─► Metrics ─────┐
//!   driver's rounds  ─┘   counters     ├──► Exposition ──► GET /metrics
//!   view ──── what there is, on asking ┘
//! ```
//!
//! What happens is counted where it happens, and only after it is durable; what there is, is read when somebody asks.
//! Labels are words from bounded sets: never a name of a session, an account or a token, and never a sentence.
//! Whoever has something new to count adds its family to [`Metrics`], and registers it in `Metrics::register`.
//!
//! | room | for |
//! |---|---|
//! | `request` | calls that are out, and how they end |
//! | `attempts` | how logins of known accounts end |
//! | `exposition` | the text, and what there is |
//! | `process` | the process itself |

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use wxlogin_state::{
    Account, DropReason, NoticeKind, Session, State, StateName, System, TokenNoticeKind, WId,
};

use crate::feed::Posted;

mod attempts;
mod exposition;
mod process;
mod request;

pub use exposition::{CONTENT_TYPE, Exposition};
pub use request::Outcome;
pub(crate) use request::{Asked, Polling};

/// Upper bounds for the answer to a call, in seconds; a call that waits for a person takes up to 250 s.
const ANSWERED_WITHIN: [f64; 13] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Upper bounds for a durable commit, in seconds.
const COMMITTED_WITHIN: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Upper bounds for the changes of a commit.
const CHANGES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 1000.0, 5000.0];

/// What happens before a session's first state.
const NONE: &str = "none";

type Labels<const N: usize> = [(&'static str, &'static str); N];

type Counters<const N: usize> = Family<Labels<N>, Counter>;

/// The counters; cheap to clone, and all clones count the same.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    transitions: Counters<2>,
    drops: Counters<1>,
    relogins: Counters<2>,
    logins: Counters<2>,
    token_refreshes: Counters<2>,
    /// The types are words of the state crate, and of its records.
    events: Family<[(&'static str, String); 1], Counter>,
    requests: Counters<2>,
    request_seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    list_failures: Gauge,
    polls: Gauge,
    commit_seconds: Histogram,
    commit_size: Histogram,
    commit_failures: Counter,
    store_bytes: Gauge<u64, AtomicU64>,
    webhook_deliveries: Counters<1>,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self(Arc::new(Families {
            transitions: Family::default(),
            drops: Family::default(),
            relogins: Family::default(),
            logins: Family::default(),
            token_refreshes: Family::default(),
            events: Family::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(ANSWERED_WITHIN)),
            list_failures: Gauge::default(),
            polls: Gauge::default(),
            commit_seconds: Histogram::new(COMMITTED_WITHIN),
            commit_size: Histogram::new(CHANGES),
            commit_failures: Counter::default(),
            store_bytes: Gauge::default(),
            webhook_deliveries: Family::default(),
        }));
        metrics.begin();
        metrics
    }
}

impl Metrics {
    /// Shows at 0 what can be told beforehand: a counter that appears with its first event shows no increase.
    fn begin(&self) {
        for (from, to) in STEPS {
            let from = from.map_or(NONE, StateName::as_str);
            self.0.transitions.get_or_create(&[("from", from), ("to", to.as_str())]).inc_by(0);
        }
        let states = StateName::ALL.map(|state| format!("session.{state}"));
        let notices = NoticeKind::ALL.map(|notice| notice.as_str().to_owned());
        let token_notices = TokenNoticeKind::ALL.map(|notice| notice.as_str().to_owned());
        for kind in states.into_iter().chain(notices).chain(token_notices) {
            self.0.events.get_or_create(&[("type", kind)]).inc_by(0);
        }
        for reason in DropReason::ALL {
            self.0.drops.get_or_create(&[("reason", reason.as_str())]).inc_by(0);
        }
        for delivery in Delivery::ALL {
            self.0.webhook_deliveries.get_or_create(&[("outcome", delivery.as_str())]).inc_by(0);
        }
        for (method, outcome) in attempts::endings() {
            self.0.relogins.get_or_create(&[("method", method), ("outcome", outcome)]).inc_by(0);
        }
        for outcome in Outcome::ALL {
            for system in [System::App, System::OfficialAccount] {
                self.0.logins.get_or_create(&of_system(system, outcome)).inc_by(0);
            }
            self.0.token_refreshes.get_or_create(&of_system(System::OfficialAccount, outcome)).inc_by(0);
        }
    }

    /// Calls of these paths will be made.
    pub(crate) fn expect_calls(&self, calls: &[&'static str]) {
        for call in calls {
            drop(self.0.request_seconds.get_or_create(&[("call", call)]));
            for outcome in Outcome::ALL {
                self.0.requests.get_or_create(&[("call", call), ("outcome", outcome.as_str())]).inc_by(0);
            }
        }
    }

    /// A call to a platform goes out.
    pub(crate) fn asks<'a>(&'a self, call: &'a &'static str) -> Asked<'a> {
        Asked::new(self, call)
    }

    /// The platform said who is online, or did not. How often it is asked is configured, so only failures in a row say at
    /// any distance that it is not known who is.
    pub(crate) fn listed(&self, is_known: bool) {
        if is_known {
            self.0.list_failures.set(0);
        } else {
            self.0.list_failures.inc();
        }
    }

    /// A long-poll begins.
    pub(crate) fn polls(&self) -> Polling<'_> {
        Polling::new(&self.0.polls)
    }

    /// Somebody was logged in by app or by official account, or was not.
    pub(crate) fn logged_in(&self, system: System, outcome: Outcome) {
        self.0.logins.get_or_create(&of_system(system, outcome)).inc();
    }

    /// A token was refreshed, or was not.
    pub(crate) fn refreshed(&self, system: System, outcome: Outcome) {
        self.0.token_refreshes.get_or_create(&of_system(system, outcome)).inc();
    }

    /// A session took a step, which is durable.
    pub(crate) fn stepped(&self, session: &Session) {
        let Some(step) = session.history.last().filter(|step| step.version == session.version) else {
            return;
        };
        if step.from == Some(step.to) {
            return;
        }
        let from = step.from.map_or(NONE, StateName::as_str);
        self.0.transitions.get_or_create(&[("from", from), ("to", step.to.as_str())]).inc();
        if let State::Dropped { drop, .. } = &session.state {
            self.0.drops.get_or_create(&[("reason", drop.reason.as_str())]).inc();
        }
    }

    /// An account changed, which is durable; `reason` says how a session ended.
    pub(crate) fn changed(
        &self,
        old: &Account,
        new: &Account,
        reason: impl FnOnce(&WId) -> Option<DropReason>,
    ) {
        if let Some((method, outcome)) = attempts::ended(old, new, reason) {
            self.0.relogins.get_or_create(&[("method", method), ("outcome", outcome)]).inc();
        }
    }

    /// These events are durable.
    pub(crate) fn happened(&self, events: &[Posted]) {
        for event in events {
            self.0.events.get_or_create(&[("type", event.kind().to_owned())]).inc();
        }
    }

    /// A commit of so many changes took this long, and is durable or is not.
    pub(crate) fn committed(&self, changes: usize, took: Duration, durable: bool) {
        if !durable {
            self.0.commit_failures.inc();
            return;
        }
        self.0.commit_seconds.observe(took.as_secs_f64());
        let changes = u32::try_from(changes).unwrap_or(u32::MAX);
        self.0.commit_size.observe(changes.into());
    }

    /// A message was posted to a receiver of webhooks, or given up.
    pub(crate) fn delivered(&self, delivery: Delivery) {
        self.0.webhook_deliveries.get_or_create(&[("outcome", delivery.as_str())]).inc();
    }

    /// The store takes so much space, in bytes.
    pub(crate) fn store_takes(&self, bytes: u64) {
        self.0.store_bytes.set(bytes);
    }

    fn register(&self, to: &mut Registry) {
        let Families {
            transitions,
            drops,
            relogins,
            logins,
            token_refreshes,
            events,
            requests,
            request_seconds,
            list_failures,
            polls,
            commit_seconds,
            commit_size,
            commit_failures,
            store_bytes,
            webhook_deliveries,
        } = &*self.0;
        to.register("build", "Which program this is", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        to.register("transitions", "Steps of sessions from one state to another", transitions.clone());
        to.register("drops", "Sessions that ended, by reason", drops.clone());
        to.register("relogins", "Logins of known accounts that ended, by method", relogins.clone());
        to.register("logins", "Logins by app and by official account", logins.clone());
        to.register("token_refreshes", "Refreshes of tokens", token_refreshes.clone());
        to.register("events", "Entries of the journal", events.clone());
        to.register("platform_requests", "Calls to the platforms that ended", requests.clone());
        to.register(
            "platform_request_seconds",
            "From the call to its whole answer, or to its failure",
            request_seconds.clone(),
        );
        let help = "How many times in a row the platform did not say who is online";
        to.register("list_failures", help, list_failures.clone());
        to.register("polls_in_flight", "Long-polls that wait for the platform", polls.clone());
        to.register("commit_seconds", "Time that a commit took to be durable", commit_seconds.clone());
        to.register("commit_batch_size", "Records and events of a commit", commit_size.clone());
        to.register("commit_failures", "Commits that are not known to be durable", commit_failures.clone());
        let help = "Messages posted to receivers of webhooks, and those that were given up";
        to.register("webhook_deliveries", help, webhook_deliveries.clone());
        to.register("store_bytes", "Bytes that the store takes on disk", store_bytes.clone());
    }
}

/// What became of an attempt to deliver a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It was taken.
    Delivered,
    /// It was not; it is tried again.
    Failed,
    /// The receiver wants nothing any more.
    Gone,
    /// It was given up after the last attempt.
    DeadLetter,
}

impl Delivery {
    const ALL: [Self; 4] = [Self::Delivered, Self::Failed, Self::Gone, Self::DeadLetter];

    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::DeadLetter => "dead-letter",
        }
    }
}

/// The steps that a session can take (the drawing in the state crate's `session`).
const STEPS: [(Option<StateName>, StateName); 13] = [
    (None, StateName::QrIssued),
    (None, StateName::Online),
    (Some(StateName::QrIssued), StateName::AwaitingVerify),
    (Some(StateName::QrIssued), StateName::Slider),
    (Some(StateName::QrIssued), StateName::Online),
    (Some(StateName::QrIssued), StateName::Dropped),
    (Some(StateName::AwaitingVerify), StateName::Slider),
    (Some(StateName::AwaitingVerify), StateName::Online),
    (Some(StateName::AwaitingVerify), StateName::Dropped),
    (Some(StateName::Slider), StateName::AwaitingVerify),
    (Some(StateName::Slider), StateName::Online),
    (Some(StateName::Slider), StateName::Dropped),
    (Some(StateName::Online), StateName::Dropped),
];

fn of_system(system: System, outcome: Outcome) -> Labels<2> {
    [("system", system.as_str()), ("outcome", outcome.as_str())]
}

#[cfg(test)]
mod tests;
