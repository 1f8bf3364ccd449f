//! The driver's handle: what the control API, the long-polls and the daemon hold to ask it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use wxlogin_state::public::Event;
use wxlogin_state::seal::SealError;
use wxlogin_state::{
    DeviceType, Generation, HookChange, Input, Label, Link, Outbox, PlatformKey, Proxy, ReadError,
    RecordError, Refusal, Rules, Seq, Tending, Token, TokenId, TokenRules, WId, WcId,
};

use super::begin::Issued;
use super::exporting::Snapshot;
use super::journal::Wanted;
use super::keeper::{ReadOnly, StoreState};
use super::relogins::PopUpOver;
use super::tokens::{Came, NewToken, OpenToken, TokenMessage};
use super::watch::Seen;
use crate::feed::{Feed, Older};
use crate::platform::Trouble;
use crate::view::{AccountEntry, SessionEntry};

/// Messages that may wait for the driver. A poll's answer waits in its own task and an API call in its own
/// connection, so this only has to keep one commit's worth of inputs at hand.
const INBOX: usize = 4096;

/// The handle; cheap to clone.
#[derive(Debug, Clone)]
pub struct Driver {
    inbox: mpsc::Sender<Message>,
    store: watch::Receiver<StoreState>,
    feed: Arc<Feed>,
    outbox: watch::Receiver<Outbox>,
}

/// The figures that the driver goes by; a reload may change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The machine's own.
    pub rules: Rules,
    /// Most logins in flight at once.
    pub max_in_flight: usize,
    /// How long a dropped session stays known.
    pub keep_dropped: Duration,
    /// Between two looks at who is online.
    pub check_interval: Duration,
    /// What is taken for the device of an account that was not begun here …
    pub device: DeviceType,
    /// … and for where it logs in from.
    pub proxy: Option<Proxy>,
    /// What tokens go by.
    pub token_rules: TokenRules,
    /// How people reach the console from outside, without a `/` at its end: what links in events begin with.
    pub console_url: Option<String>,
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
    /// Where it logs in from.
    pub proxy: Option<Proxy>,
    /// Whether to go ahead although the account is online.
    pub force: bool,
    /// Whether the platform is to make a new device of it, although the identity is known. A person's decision:
    /// the account drops once more (seed 002).
    pub new_device: bool,
    /// The caller's name for this request: asked again by the same name, the same login is the answer.
    pub request_key: Option<Arc<str>>,
}

/// A login that was asked for.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its session.
    pub session: Arc<SessionEntry>,
    /// Whether this request began it; otherwise it was on its way already.
    pub fresh: bool,
}

/// How the driver stands with what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footing {
    /// What the platform last answered to who is online: `None` before its first answer, else what was wrong with it,
    /// where something was.
    pub platform: Option<Result<(), String>>,
    /// Bytes of the store on disk; `None` while it is closed.
    pub store_bytes: Option<u64>,
}

/// Why the driver did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Denied {
    /// There is no such session.
    #[error("there is no session {0}")]
    NoSession(WId),
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(WcId),
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
    /// The label belongs to an account that is known: a login without its wcId would make a new device of it.
    #[error(
        "the label \"{label}\" belongs to the account {wc_id}; a login without its wcId makes a new device of it, \
         and the account drops once more"
    )]
    KnownLabel {
        /// The label.
        label: Label,
        /// The account.
        wc_id: WcId,
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
    /// The journal is closed until the store can be opened again.
    #[error("older events cannot be read until the store is open again: {0}")]
    JournalClosed(ReadOnly),
    /// The journal is damaged, or the disk under it fails.
    #[error("the journal cannot be read")]
    JournalUnreadable(#[source] Arc<ReadError>),
    /// Nothing can be written now.
    #[error("nothing can be written now: {0}")]
    Unwritable(ReadOnly),
    /// There is no such token.
    #[error("there is no token {0}")]
    NoToken(TokenId),
    /// The token cannot be used any more, and no refresh can bring another.
    #[error("the token {id} has expired{}; a login with a new code brings another", because(what.as_deref()))]
    TokenOver {
        /// The token.
        id: TokenId,
        /// Why it could not be refreshed, where that was tried.
        what: Option<String>,
    },
    /// The token cannot be used now, and a refresh may still bring another.
    #[error(
        "the token {id} has expired{}; it is tried again at {again_at}", because(what.as_deref())
    )]
    TokenUnrefreshed {
        /// The token.
        id: TokenId,
        /// Why it could not be refreshed, where that was tried.
        what: Option<String>,
        /// When it is tried again by itself.
        again_at: Timestamp,
        /// Until then.
        again_in: Duration,
    },
    /// A token cannot be sealed, or not be opened.
    #[error("the token's seal does not hold")]
    Sealed(#[source] Arc<SealError>),
    /// No name could be made for a token.
    #[error("no name can be made for the token: {0}")]
    NoName(String),
    /// The key is a credential.
    #[error(
        "the key is given by the credential state.key, which is not for the daemon to write: put a new key on its \
         first line, keep the old one on the second, and restart; the log says when the old one may be taken out"
    )]
    KeyIsGiven,
    /// A new key has not taken over.
    #[error("the new key has not taken over: {0}")]
    NotRekeyed(String),
    /// The daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

fn because(what: Option<&str>) -> String {
    what.map_or_else(String::new, |what| format!(", and it could not be refreshed: {what}"))
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, Denied>>;

/// What the inbox takes.
#[derive(Debug)]
pub(super) enum Message {
    Input { w_id: WId, input: Input, reply: Reply<Arc<SessionEntry>> },
    Begin { request: LoginRequest, reply: Reply<Begun> },
    Issued(Issued),
    Tend { wc_id: WcId, tending: Tending, reply: Reply<Arc<AccountEntry>> },
    Forget { wc_id: WcId, reply: Reply<()> },
    PopUpOver(PopUpOver),
    Seen(Seen),
    Hint(WcId),
    Token(TokenMessage),
    Events(Wanted),
    Hook { change: HookChange, reply: Reply<()> },
    KeepLink { link: Link, reply: Reply<()> },
    KeepKey { key: PlatformKey, reply: Reply<()> },
    Figures(Arc<Figures>),
    Snapshot(Reply<Snapshot>),
    Footing(Reply<Footing>),
    Ping(Reply<()>),
    Stop,
}

impl Driver {
    /// A handle, and the inbox it fills.
    pub(super) fn new(
        store: watch::Receiver<StoreState>,
        feed: Arc<Feed>,
        outbox: watch::Receiver<Outbox>,
    ) -> (Self, mpsc::Receiver<Message>) {
        let (inbox, messages) = mpsc::channel(INBOX);
        (Self { inbox, store, feed, outbox }, messages)
    }

    /// Applies an input to a session; the session as it is afterwards, committed.
    pub async fn apply(&self, w_id: &WId, input: Input) -> Result<Arc<SessionEntry>, Denied> {
        self.ask(|reply| Message::Input { w_id: w_id.clone(), input, reply }).await
    }

    /// Begins a login: fetches a QR from the platform. Where one of the same account is on its way already,
    /// that one is the answer.
    pub async fn begin(&self, request: LoginRequest) -> Result<Begun, Denied> {
        self.ask(|reply| Message::Begin { request, reply }).await
    }

    /// Does what a person wants with an account; the account as it is afterwards, committed.
    pub async fn tend(&self, wc_id: &WcId, tending: Tending) -> Result<Arc<AccountEntry>, Denied> {
        self.ask(|reply| Message::Tend { wc_id: wc_id.clone(), tending, reply }).await
    }

    /// Forgets an account that is not online.
    pub async fn forget(&self, wc_id: &WcId) -> Result<(), Denied> {
        self.ask(|reply| Message::Forget { wc_id: wc_id.clone(), reply }).await
    }

    /// Something may have happened to the account: the platform is asked at once, and nothing else follows. Lost
    /// where the driver has more to do than it can; the next look at the list comes anyway.
    pub fn hint(&self, wc_id: WcId) {
        let _ = self.inbox.try_send(Message::Hint(wc_id));
    }

    /// Keeps a token that a login has just brought; sealed and committed before this answers.
    pub async fn keep_token(&self, new: NewToken) -> Result<Arc<Token>, Denied> {
        self.ask(|reply| Message::Token(TokenMessage::Keep { new, reply })).await
    }

    /// Opens a token, refreshed before where it is over or nearly, and can be. However many ask at once, the system
    /// is asked once.
    pub async fn open_token(&self, id: &TokenId) -> Result<OpenToken, Denied> {
        self.ask(|reply| Message::Token(TokenMessage::Open { id: id.clone(), reply })).await
    }

    /// Hands over what came of a refresh; answered once it is committed.
    pub(super) async fn refreshed(
        &self,
        id: &TokenId,
        generation: Generation,
        came: Came,
    ) -> Result<(), Denied> {
        let id = id.clone();
        self.ask(|reply| Message::Token(TokenMessage::Answered { id, generation, came, reply })).await
    }

    /// Forgets a token.
    pub async fn forget_token(&self, id: &TokenId) -> Result<(), Denied> {
        self.ask(|reply| Message::Token(TokenMessage::Forget { id: id.clone(), reply })).await
    }

    /// Has a new key take over from the one that tokens are sealed with; answers once nothing needs the old one.
    pub async fn rekey(&self) -> Result<(), Denied> {
        self.ask(|reply| Message::Token(TokenMessage::Rekey { reply })).await
    }

    /// The newest events.
    pub fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// At most `limit` events of the journal after `after`, oldest first, and never more than some hundred. Fewer
    /// where the journal ends, or begins later.
    pub async fn events(&self, after: Seq, limit: usize) -> Result<Vec<Event>, Denied> {
        self.ask(|reply| Message::Events(Wanted { after, limit, reply })).await
    }

    /// The journal, for whoever is too far behind for the feed.
    pub fn older(&self) -> Older {
        let driver = self.clone();
        Older::new(move |after| {
            let driver = driver.clone();
            Box::pin(async move { driver.events(after, usize::MAX).await })
        })
    }

    /// How far the receivers of webhooks have come, as it is committed.
    pub fn outbox(&self) -> Outbox {
        self.outbox.borrow().clone()
    }

    /// Makes durable what became of a receiver of webhooks.
    pub async fn change_hook(&self, change: HookChange) -> Result<(), Denied> {
        self.ask(|reply| Message::Hook { change, reply }).await
    }

    /// Makes the platform's key durable.
    pub async fn keep_key(&self, key: PlatformKey) -> Result<(), Denied> {
        self.ask(|reply| Message::KeepKey { key, reply }).await
    }

    /// Everything that is committed at one moment, between two commits.
    pub async fn snapshot(&self) -> Result<Snapshot, Denied> {
        self.ask(Message::Snapshot).await
    }

    /// How the driver stands with the store and the platform.
    pub async fn footing(&self) -> Result<Footing, Denied> {
        self.ask(Message::Footing).await
    }

    /// Keeps a one-time link; committed before this answers. Refused where its login waits for nobody.
    pub async fn keep_link(&self, link: Link) -> Result<(), Denied> {
        self.ask(|reply| Message::KeepLink { link, reply }).await
    }

    /// Goes by other figures from now on; deadlines that are set stay.
    pub async fn go_by(&self, figures: Figures) {
        self.tell(Message::Figures(Arc::new(figures))).await;
    }

    /// Answers after a full round of the driver, with a store that can be written.
    pub async fn ping(&self) -> Result<(), Denied> {
        self.ask(Message::Ping).await
    }

    /// Ends the driver once what is in its inbox is done, and the refreshes that are out are answered or have taken too
    /// long; then its long-polls end at once.
    pub async fn stop(&self) {
        self.tell(Message::Stop).await;
    }

    /// Whether the store can be written, and why not.
    pub fn store_state(&self) -> StoreState {
        if self.inbox.is_closed() {
            return StoreState::ReadOnly(ReadOnly { reason: "the driver has ended".into(), full: false });
        }
        self.store.borrow().clone()
    }

    /// Hands over the platform's answer to a request for a QR.
    pub(super) async fn issued(&self, issued: Issued) {
        self.tell(Message::Issued(issued)).await;
    }

    pub(super) async fn tell(&self, message: Message) {
        // A driver that has ended has told everybody who waits, and needs to know nothing more.
        let _ = self.inbox.send(message).await;
    }

    async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T, Denied> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(message(reply)).await.map_err(|_| Denied::Stopping)?;
        answer.await.unwrap_or(Err(Denied::Stopping))
    }
}
