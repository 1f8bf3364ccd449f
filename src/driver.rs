//! The one task that owns the store, and the handle that everybody else holds.
//!
//! ```text
//!   control API ──┐             ┌────────────────────── one round ───────────────────────┐
//!   long-polls  ──┼──► inbox ──►│ take what is there → step each → ONE durable commit    │
//!   QR fetches  ──┘   bounded   │   → publish to the view → settle the duties → answer   │
//!   deadlines ─────────────────►│                                                        │
//!                               └────────────────────────────────────────────────────────┘
//! ```
//!
//! Nobody sees, hears of or acts on what could still be lost: publishing, answering and acting come after the
//! commit. While one commit is being made durable the next inputs gather, so many writers share one sync.
//! The driver runs on a thread of its own, because the engine blocks.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;
use wxlogin_state::{
    Contents, DeviceType, Input, Label, OpenError, PlatformKey, Proxy, RecordError, Refusal, Retention,
    Rules, StateDir, WId, WcId,
};

use crate::clock::Clock;
use crate::platform::{Platform, Trouble};
use crate::view::{SessionEntry, View};

mod begin;
mod exporting;
mod keeper;
mod rounds;
mod turn;

pub use keeper::{ReadOnly, StoreState};

/// Messages that may wait for the driver. A poll's answer waits in its own task and an API call in its own
/// connection, so this only has to keep one commit's worth of inputs at hand.
const INBOX: usize = 4096;

/// The handle: asks the driver, from anywhere.
#[derive(Debug, Clone)]
pub struct Driver {
    inbox: mpsc::Sender<Message>,
    store: watch::Receiver<StoreState>,
}

/// What the driver works with.
#[derive(Debug)]
pub struct Parts {
    /// The state directory, claimed.
    pub dir: StateDir,
    /// What the journal keeps.
    pub retention: Retention,
    /// What the driver goes by.
    pub figures: Figures,
    /// The time of day.
    pub clock: Clock,
    /// Tracks every task that the driver starts.
    pub tasks: TaskTracker,
}

/// The figures that the driver goes by; a reload may change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The machine's own.
    pub rules: Rules,
    /// Most logins in flight at once.
    pub max_in_flight: usize,
    /// How long a dropped session stays known.
    pub keep_dropped: Duration,
}

/// What a login is begun with.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// The identity, where it is known.
    pub wc_id: Option<WcId>,
    /// What the operator calls it.
    pub label: Option<Label>,
    /// The device it pretends to be.
    pub device: DeviceType,
    /// Where it logs in from, when not from the configured place.
    pub proxy: Option<Proxy>,
    /// Whether to go ahead although the account is online.
    pub force: bool,
}

/// A login that was asked for.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its session.
    pub session: Arc<SessionEntry>,
    /// Whether this request began it; otherwise it was on its way already.
    pub fresh: bool,
}

/// Why the driver did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Denied {
    /// There is no such session.
    #[error("there is no session {0}")]
    NoSession(WId),
    /// The machine refuses the act.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The account is online.
    #[error("{wc_id} is online as {w_id}; a second login would throw that one out")]
    AlreadyOnline {
        /// The account.
        wc_id: WcId,
        /// Its login.
        w_id: WId,
    },
    /// As many logins in flight as are allowed.
    #[error("{0} logins are in flight, as many as device.max_polls allows")]
    TooMany(usize),
    /// The platform did not issue a QR.
    #[error("the platform issued no QR")]
    Platform(#[source] Arc<Trouble>),
    /// The platform issued a wId that a session already has.
    #[error("the platform issued the wId {0}, which is known already")]
    Reissued(WId),
    /// The value does not fit a record.
    #[error("the change does not fit the store")]
    TooLarge(#[source] Arc<RecordError>),
    /// Nothing can be written now.
    #[error("nothing can be written now: {0}")]
    Unwritable(ReadOnly),
    /// The daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

type Reply<T> = oneshot::Sender<Result<T, Denied>>;

/// What the inbox takes.
#[derive(Debug)]
enum Message {
    Input { w_id: WId, input: Input, reply: Reply<Arc<SessionEntry>> },
    Begin { request: LoginRequest, reply: Reply<Begun> },
    Issued(begin::Issued),
    KeepKey { key: PlatformKey, reply: Reply<()> },
    Figures(Figures),
    Ping(Reply<()>),
    Stop,
}

/// A store that is open but drives nothing yet.
#[derive(Debug)]
pub struct Opened {
    /// The key that an earlier run was given, to make the platform client with.
    pub platform_key: Option<PlatformKey>,
    /// The committed values.
    pub view: Arc<View>,
    /// The handle; it is heard once the driver runs.
    pub driver: Driver,
    inbox: mpsc::Receiver<Message>,
    keeper: keeper::Keeper,
    last_seq: wxlogin_state::Seq,
    parts: Remaining,
}

/// What of [`Parts`] is left once the store is open.
#[derive(Debug)]
struct Remaining {
    figures: Figures,
    clock: Clock,
    tasks: TaskTracker,
}

/// Opens the store and shows what it holds.
pub fn open(parts: Parts) -> Result<Opened, OpenError> {
    let Parts { dir, retention, figures, clock, tasks } = parts;
    let (keeper, store, contents) = keeper::Keeper::open(dir, retention, clock.now())?;
    let Contents { sessions, accounts, platform_key, last_seq } = contents;
    let (sender, inbox) = mpsc::channel(INBOX);
    Ok(Opened {
        platform_key,
        view: Arc::new(View::new(sessions, accounts)),
        driver: Driver { inbox: sender, store },
        inbox,
        keeper,
        last_seq,
        parts: Remaining { figures, clock, tasks },
    })
}

impl Opened {
    /// Starts the driver on a thread of its own: resumes every duty, then does as it is asked until
    /// [`Driver::stop`]. The returned receiver ends when it has.
    pub fn run(self, platform: Platform) -> std::io::Result<oneshot::Receiver<()>> {
        let (ended, end) = oneshot::channel();
        let runtime = Handle::current();
        std::thread::Builder::new().name("driver".to_owned()).spawn(move || {
            let _tasks_find_the_runtime = runtime.enter();
            rounds::Rounds::new(self, platform, runtime.clone()).run();
            // Nobody may be waiting for the end any more.
            let _ = ended.send(());
        })?;
        Ok(end)
    }
}

impl Driver {
    /// Applies an input to a session; the session as it is afterwards, committed.
    pub async fn apply(&self, w_id: &WId, input: Input) -> Result<Arc<SessionEntry>, Denied> {
        self.ask(|reply| Message::Input { w_id: w_id.clone(), input, reply }).await
    }

    /// Begins a login: fetches a QR from the platform. Where one of the same account is on its way already,
    /// that one is the answer.
    pub async fn begin(&self, request: LoginRequest) -> Result<Begun, Denied> {
        self.ask(|reply| Message::Begin { request, reply }).await
    }

    /// Makes the platform's key durable.
    pub async fn keep_key(&self, key: PlatformKey) -> Result<(), Denied> {
        self.ask(|reply| Message::KeepKey { key, reply }).await
    }

    /// Goes by other figures from now on; deadlines that are set stay.
    pub async fn go_by(&self, figures: Figures) {
        // A driver that has ended has no use for figures.
        let _ = self.inbox.send(Message::Figures(figures)).await;
    }

    /// Answers after a full round of the driver, with a store that can be written.
    pub async fn ping(&self) -> Result<(), Denied> {
        self.ask(Message::Ping).await
    }

    /// Ends the driver once what is in its inbox is done; its long-polls end at once.
    pub async fn stop(&self) {
        // A driver that has ended already is what is wanted.
        let _ = self.inbox.send(Message::Stop).await;
    }

    /// Whether the store can be written, and why not.
    pub fn store_state(&self) -> StoreState {
        if self.inbox.is_closed() {
            return StoreState::ReadOnly(ReadOnly { reason: "the driver has ended".into(), full: false });
        }
        self.store.borrow().clone()
    }

    async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T, Denied> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(message(reply)).await.map_err(|_| Denied::Stopping)?;
        answer.await.unwrap_or(Err(Denied::Stopping))
    }
}
