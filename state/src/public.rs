//! The public form of sessions, accounts and events: the JSON of the control API, the journal and the client.
//!
//! Field names are the contract's and the platform's (`wId`, `wcId`); times are RFC 3339 UTC. A public form
//! carries no secret: no code, no proxy password.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account;
use crate::id::{Seq, Version, WId, WcId};
use crate::profile::{DeviceType, Label, Profile};
use crate::session::{self, Code, Drop, Qr, SliderProgress, State, StateName};

/// A session as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The login of the same account that this one threw out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<WId>,
    /// The login of the same account that threw this one out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<WId>,
}

/// What an awaiting-verify session waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
            State::QrIssued { .. } => public.qr = Some(session.qr.clone()),
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
    /// From when on it may post moments.
    pub moments_allowed_at: Timestamp,
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
            first_drop_due_at: account.first_drop_due_at,
            moments_allowed_at: account.moments_allowed_at(),
            sessions: account.logins.clone(),
        }
    }
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its place; there are no gaps.
    pub seq: Seq,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: `session.<state>`; `store.restored` where the store was restored from an export.
    #[serde(rename = "type")]
    pub kind: String,
    /// The session it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w_id: Option<WId>,
    /// The account it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
    /// The session as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

impl Event {
    /// The event that `session` reached the state it is in.
    pub fn of_session(seq: Seq, at: Timestamp, session: &session::Session) -> Self {
        Self {
            seq,
            at,
            kind: format!("session.{}", session.state.name()),
            w_id: Some(session.w_id.clone()),
            wc_id: session.wc_id.clone(),
            session: Some(session.into()),
        }
    }
}
