//! The public form of sessions, accounts, tokens and events: the JSON of the control API, the journal and the client.
//!
//! Field names are the contract's and the platform's (`wId`, `wcId`); times are RFC 3339 UTC. A public form
//! carries no secret: no code, no proxy password, no token; but an event may carry a one-time link, which is for whoever
//! reads the event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{self, LastDrop, Method, Phase, Rest};
use crate::awaited::Awaited;
use crate::id::{Seq, Version, WId, WcId};
use crate::notice::{Notice, TokenNotice};
use crate::profile::{DeviceType, Label, Profile};
use crate::secret::Secret;
use crate::session::{self, Code, Drop, Qr, SliderProgress, State, StateName};
use crate::standing::Standing;

mod token;

pub use token::Token;

/// A session as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The platform's name for this login.
    pub w_id: WId,
    /// Where it stands.
    pub state: StateName,
    /// Grows by one with every change.
    pub version: Version,
    /// Whose login it is, as soon as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The device it pretends to be.
    pub device_type: DeviceType,
    /// When the QR was issued.
    pub created_at: Timestamp,
    /// When it entered its state.
    pub state_since: Timestamp,
    /// The QR, while it is to be scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr: Option<Qr>,
    /// The code, while it is to be entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// The slider page, while it is to be passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slider: Option<Slider>,
    /// Who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<Drop>,
    /// The login of the same account that was online before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<WId>,
    /// The login of the same account that was online next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<WId>,
}

/// What an awaiting-verify session waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Verify {
    /// The platform's own sentence.
    pub prompt: String,
    /// How many codes the platform has refused.
    pub attempts: u32,
    /// Whether a code is with the platform now.
    pub in_flight: bool,
    /// Until when a code is waited for.
    pub deadline: Timestamp,
}

/// What a slider session waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Slider {
    /// The page that a person must pass.
    pub url: String,
    /// Whether somebody said it is passed, and the platform is being asked.
    pub said_done: bool,
    /// Until when it is waited for.
    pub deadline: Timestamp,
}

impl From<&session::Session> for Session {
    fn from(session: &session::Session) -> Self {
        let mut public = Self {
            w_id: session.w_id.clone(),
            state: session.state.name(),
            version: session.version,
            wc_id: session.wc_id.clone(),
            label: session.label.clone(),
            device_type: session.device,
            created_at: session.created_at,
            state_since: session.state_since,
            qr: None,
            verify: None,
            slider: None,
            profile: session.profile().cloned(),
            drop: None,
            predecessor: session.predecessor.clone(),
            successor: session.successor.clone(),
        };
        match &session.state {
            State::QrIssued { .. } => public.qr.clone_from(&session.qr),
            State::AwaitingVerify { deadline, prompt, attempts, code } => {
                public.verify = Some(Verify {
                    prompt: prompt.clone(),
                    attempts: *attempts,
                    in_flight: *code != Code::Wanted,
                    deadline: *deadline,
                });
            }
            State::Slider { deadline, url, progress } => {
                public.slider = Some(Slider {
                    url: url.clone(),
                    said_done: *progress == SliderProgress::SaidDone,
                    deadline: *deadline,
                });
            }
            State::Online { .. } => {}
            State::Dropped { drop, .. } => public.drop = Some(drop.clone()),
        }
        public
    }
}

/// An account as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The identity.
    pub wc_id: WcId,
    /// Grows by one with every change.
    pub version: Version,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Who it is, as of the last login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Whether a login of it is online.
    pub online: bool,
    /// That login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_w_id: Option<WId>,
    /// When it first went online here.
    pub first_login_at: Timestamp,
    /// When it last went online here.
    pub last_login_at: Timestamp,
    /// By when its known first drop comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_drop_due_at: Option<Timestamp>,
    /// Whether it holds: it was logged in again after its first drop, or outlived it.
    pub settled: bool,
    /// About until when its login holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable_until: Option<Timestamp>,
    /// From when on it may post moments.
    pub moments_allowed_at: Timestamp,
    /// Whether the daemon logs it in again by itself.
    pub auto_relogin: bool,
    /// The login that is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relogin: Option<Relogin>,
    /// Why no login is on its way although it is offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// How it was last lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_drop: Option<LastDrop>,
    /// Its logins, oldest first.
    pub sessions: Vec<WId>,
}

impl From<&account::Account> for Account {
    fn from(account: &account::Account) -> Self {
        Self {
            wc_id: account.wc_id.clone(),
            version: account.version,
            label: account.label.clone(),
            profile: Some(Profile::clone(&account.profile)),
            online: account.current_w_id.is_some(),
            current_w_id: account.current_w_id.clone(),
            first_login_at: account.first_login_at,
            last_login_at: account.last_login_at,
            first_drop_due_at: account.first_drop_due_at(),
            settled: account.is_settled(),
            stable_until: account.stable_until(),
            moments_allowed_at: account.moments_allowed_at(),
            auto_relogin: account.auto_relogin,
            relogin: Relogin::of(account),
            rest: account.told_rest(),
            last_drop: account.last_drop.clone(),
            sessions: account.logins.clone(),
        }
    }
}

impl Account {
    /// Where it stands, in one word.
    pub fn standing(&self) -> Standing {
        let phase = self.relogin.as_ref().map(|relogin| relogin.phase);
        Standing::of(self.online, phase, self.rest.is_some())
    }
}

/// A login of a known account that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Relogin {
    /// When it begins by itself; where it has begun or waits for somebody to open it, since when.
    pub due_at: Timestamp,
    /// The how manyth since the account was last online; the first is 1.
    pub attempt: u32,
    /// How.
    pub method: Method,
    /// Why, in a sentence.
    pub why: String,
    /// How far it is.
    pub phase: PhaseName,
    /// The session that a person must complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w_id: Option<WId>,
    /// What a person is to do although no session waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits: Option<Awaited>,
}

/// How far a re-login is, without what only that phase knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PhaseName {
    /// It begins by itself at its time.
    Due,
    /// It begins as soon as somebody opens it.
    Offered,
    /// The platform is being called.
    Calling,
    /// A person must complete its session.
    InFlight,
}

impl From<&Phase> for PhaseName {
    fn from(phase: &Phase) -> Self {
        match phase {
            Phase::Due { .. } => Self::Due,
            Phase::Offered { .. } => Self::Offered,
            Phase::Calling { .. } => Self::Calling,
            Phase::InFlight { .. } => Self::InFlight,
        }
    }
}

impl Relogin {
    /// That of `account`, where one is on its way.
    fn of(account: &account::Account) -> Option<Self> {
        let relogin = account.relogin.as_ref()?;
        let (due_at, w_id) = match &relogin.phase {
            Phase::Due { at, .. } => (*at, None),
            Phase::Offered { since } | Phase::Calling { since } => (*since, None),
            Phase::InFlight { w_id, since } => (*since, Some(w_id.clone())),
        };
        let phase = PhaseName::from(&relogin.phase);
        let (attempt, method, why) = (account.attempt(), relogin.method, relogin.why.clone());
        Some(Self { due_at, attempt, method, why, phase, w_id, awaits: account.awaits() })
    }
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its place; there are no gaps.
    pub seq: Seq,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: `session.<state>`, `account.<what>`, `token.<what>`, `fleet.storm`; `store.restored` where the
    /// store was restored from an export.
    #[serde(rename = "type")]
    pub kind: String,
    /// The session it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w_id: Option<WId>,
    /// The account it happened to; an `account.budget-spent` without one is about the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
    /// The session as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// The account as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// The token as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// Why, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What a person or a service must do, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
    /// Until when, or when it is going to happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// A one-time link to what is to be done, where people can reach the console (`control.console_url`). It is in the
    /// journal as it is here, so that an alert that is late still leads there: it is over with its login, after minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Secret>,
}

impl Event {
    /// The event that `session` reached the state it is in.
    pub fn of_session(seq: Seq, at: Timestamp, session: &session::Session) -> Self {
        Self {
            w_id: Some(session.w_id.clone()),
            wc_id: session.wc_id.clone(),
            session: Some(session.into()),
            ..Self::new(seq, at, format!("session.{}", session.state.name()))
        }
    }

    /// The event that says `notice`, of `account` where it is about one.
    pub fn of_notice(seq: Seq, at: Timestamp, notice: &Notice, account: Option<&account::Account>) -> Self {
        Self {
            w_id: notice.w_id.clone(),
            wc_id: notice.wc_id.clone(),
            account: account.map(Account::from),
            why: Some(notice.why.clone()),
            todo: notice.todo.clone(),
            until: notice.until,
            ..Self::new(seq, at, notice.kind.as_str().to_owned())
        }
    }

    /// The event that says `notice` of `token`.
    pub fn of_token(seq: Seq, at: Timestamp, notice: &TokenNotice, token: Token) -> Self {
        Self {
            token: Some(token),
            why: Some(notice.why.clone()),
            todo: notice.todo.map(str::to_owned),
            until: notice.until,
            ..Self::new(seq, at, notice.kind.as_str().to_owned())
        }
    }

    /// An event of which no more is known than its type.
    pub(crate) fn new(seq: Seq, at: Timestamp, kind: String) -> Self {
        Self {
            seq,
            at,
            kind,
            w_id: None,
            wc_id: None,
            session: None,
            account: None,
            token: None,
            why: None,
            todo: None,
            until: None,
            link: None,
        }
    }
}
