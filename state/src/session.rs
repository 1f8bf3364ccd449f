//! A session: one login instance (wId) from its QR to its end.
//!
//! ```text
//!              code asked                    code asked / slider asked
//!   qr-issued ───────────► awaiting-verify ◄───────────────────────► slider
//!       │   └─ slider asked ──────────────────────────────────────────► │
//!       │ logged in               │ logged in                           │ logged in
//!       └─────────────────────────┴────────────► online ◄───────────────┘
//!                                                  │
//!   any of the three, failed · declined ·          │ first-night · short-lived · offline ·
//!   expired · abandoned · superseded ─► dropped ◄──┘ logged-out · superseded
//! ```
//!
//! A login that was confirmed on the phone, without a QR, or that was found online at the platform, begins as
//! online.
//!
//! A session is a value. [`step`](crate::step()) makes the next one; nothing else does.

mod states;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Source;
use crate::id::{Seq, Version, WId, WcId};
use crate::profile::{DeviceType, Label, Profile, Proxy};
use crate::rules::{Rules, after};

pub use states::{Code, Drop, DropReason, Qr, SliderProgress, State, StateName, Transition};

/// Most transitions that a session remembers: more than a login has, few enough to keep the record small.
pub const HISTORY_KEPT: usize = 24;

/// Most bytes of sentences in a session's history, as they are written in its record; an ordinary login has some
/// 500. With the bounds that the platform client sets on texts, no session outgrows the store's record
/// (`tests/model.rs`).
const HISTORY_BYTES: usize = 2 * 1024;

/// One login instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The platform's name for it.
    pub w_id: WId,
    /// Grows by one with every change.
    pub version: Version,
    /// Its first event: the place in the order of creation.
    pub born: Seq,
    /// When the QR was issued.
    pub created_at: Timestamp,
    /// When it entered the state it is in.
    pub state_since: Timestamp,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The device it pretends to be.
    pub device: DeviceType,
    /// Where it logs in from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// The identity it was begun for, then the one that logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
    /// The caller's name for the request that began it: asked again by the same name, it is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_key: Option<Arc<str>>,
    /// The picture to scan; absent for a login that began without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr: Option<Qr>,
    /// Whether the platform made a new device of it: it was begun without a wcId, or a person wanted just that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_device: bool,
    /// Which call for an answer is the current one; an answer to an earlier one is stale.
    pub round: u32,
    /// Where it stands.
    pub state: State,
    /// The login of the same account that was online before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<WId>,
    /// The login of the same account that was online next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<WId>,
    /// How it came here, oldest first; at most [`HISTORY_KEPT`].
    pub history: Vec<Transition>,
}

/// What is known of a login when its QR has just been issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The platform's name for it.
    pub w_id: WId,
    /// Where the platform shows the QR.
    pub qr_url: String,
    /// What the operator calls it.
    pub label: Option<Label>,
    /// The device it pretends to be.
    pub device: DeviceType,
    /// Where it logs in from.
    pub proxy: Option<Proxy>,
    /// The identity it is begun for.
    pub wc_id: Option<WcId>,
    /// Whether the platform was told to make a new device of it, although the identity is known.
    pub new_device: bool,
    /// The caller's name for the request.
    pub request_key: Option<Arc<str>>,
}

impl Issued {
    /// A login of which nobody said more.
    pub fn new(w_id: WId, qr_url: impl Into<String>) -> Self {
        Self {
            w_id,
            qr_url: qr_url.into(),
            label: None,
            device: DeviceType::default(),
            proxy: None,
            wc_id: None,
            new_device: false,
            request_key: None,
        }
    }
}

/// What is known of a login that begins as online.
#[derive(Debug, Clone)]
pub struct Found {
    /// The platform's name for it.
    pub w_id: WId,
    /// Whose it is.
    pub profile: Box<Profile>,
    /// The device it pretends to be, as far as is known.
    pub device: DeviceType,
    /// Where it logs in from, as far as is known.
    pub proxy: Option<Proxy>,
    /// What the operator calls it.
    pub label: Option<Label>,
    /// How it became known, in a sentence.
    pub why: String,
    /// Who said so.
    pub source: Source,
}

impl Session {
    /// A session whose QR was issued at `now`; `born` is the sequence number of its first event.
    pub fn begun(issued: Issued, born: Seq, now: Timestamp, rules: &Rules) -> Self {
        let deadline = after(now, rules.step_allowance);
        let why = if issued.new_device {
            "the platform issued a QR, for a new device as a person asked"
        } else {
            "the platform issued a QR"
        };
        Self {
            w_id: issued.w_id,
            version: Version(1),
            born,
            created_at: now,
            state_since: now,
            label: issued.label,
            device: issued.device,
            proxy: issued.proxy,
            new_device: issued.new_device || issued.wc_id.is_none(),
            wc_id: issued.wc_id,
            request_key: issued.request_key,
            qr: Some(Qr { url: issued.qr_url, issued_at: now, expires_at: deadline }),
            round: 1,
            state: State::QrIssued { deadline },
            predecessor: None,
            successor: None,
            history: vec![Transition {
                at: now,
                version: Version(1),
                from: None,
                to: StateName::QrIssued,
                why: why.to_owned(),
                source: Source::IssueQr,
            }],
        }
    }

    /// A login that was online when it became known; `born` is the sequence number of its first event.
    pub fn found(found: Found, born: Seq, now: Timestamp) -> Self {
        let Found { w_id, profile, device, proxy, label, why, source } = found;
        Self {
            w_id,
            version: Version(1),
            born,
            created_at: now,
            state_since: now,
            label,
            device,
            proxy,
            wc_id: Some(profile.wc_id.clone()),
            request_key: None,
            qr: None,
            new_device: false,
            round: 1,
            state: State::Online { profile },
            predecessor: None,
            successor: None,
            history: vec![Transition {
                at: now,
                version: Version(1),
                from: None,
                to: StateName::Online,
                why,
                source,
            }],
        }
    }

    /// The same session in its next state, as `source` says. Where the history is full, its second entry makes
    /// room: the first one and the newest tell the most.
    pub(crate) fn entering(&self, state: State, why: String, source: Source, now: Timestamp) -> Self {
        let (from, to) = (self.state.name(), state.name());
        let mut next = Self { version: self.version.next(), state, ..self.clone() };
        if from != to {
            next.state_since = now;
        }
        next.history.push(Transition { at: now, version: next.version, from: Some(from), to, why, source });
        while next.history.len() > 2 && next.history_is_full() {
            next.history.remove(1);
        }
        next
    }

    fn history_is_full(&self) -> bool {
        self.history.len() > HISTORY_KEPT
            || self.history.iter().map(|transition| written_len(&transition.why)).sum::<usize>()
                > HISTORY_BYTES
    }

    /// Who is or was online here.
    pub fn profile(&self) -> Option<&Profile> {
        match &self.state {
            State::Online { profile } => Some(profile),
            State::Dropped { profile, .. } => profile.as_deref(),
            _ => None,
        }
    }
}

/// Bytes that a text takes in JSON, or a few more: a control character is six bytes there, `"` and `\` are two.
fn written_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            0..=0x1f => 6,
            b'"' | b'\\' => 2,
            _ => 1,
        })
        .sum()
}
