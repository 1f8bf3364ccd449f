//! An account: the identity (wcId) behind one login after another.
//!
//! ```text
//!   first login          known first drop             re-login by QR           holds, about 3 months
//!  ──────────► first day ────────────────► first dropped ───────────► settled ─────────────────────► …
//!                  └───── stayed online past twice `first_drop` ──────►┘  ▲ │ a later drop: pop-up, then QR
//!                                                                         └─┘
//! ```
//!
//! Sessions end and never come back; the account lives on, points at its current login and carries the dates
//! that follow from the platform's rules (seed 002, 新用户必看). An account that is offline has a login that is
//! on its way, or a [`Rest`]: a named reason why not. Nothing else changes an account than what
//! [`moves`](crate::Moves) says.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::Ledger;
use crate::fleet::Turn;
use crate::id::{Version, WId, WcId};
use crate::profile::{DeviceType, Label, Profile, Proxy};
use crate::rules::{ReloginRules, Rules, after, before, between};
use crate::session::DropReason;

mod evidence;
mod relogin;
mod tend;

pub use evidence::{EVIDENCE_KEPT, Evidence, Source};
pub use relogin::{Method, Phase, PopUpFailure, Relogin, Rest};
pub use tend::Tending;
pub(crate) use tend::{Said, Tend};

/// After its first login an account may not post moments for this long (seed 002: 72小时内不能发送朋友圈).
pub const NO_MOMENTS_FOR: Duration = Duration::from_hours(72);

/// How often the platform may be asked why an account is offline (protocol.md, `/offlineReason`).
pub const REASON_EVERY: Duration = Duration::from_hours(12);

/// Most logins that an account remembers by wId; older ones are only in the journal.
pub const LOGINS_KEPT: usize = 32;

/// One identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The platform's name for it.
    pub wc_id: WcId,
    /// Grows by one with every change.
    pub version: Version,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Who it is, as of the last login.
    pub profile: Box<Profile>,
    /// The device its logins pretend to be; the same one every time.
    pub device: DeviceType,
    /// Where its logins come from; a login from elsewhere is a known cause of drops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// The login that is online now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_w_id: Option<WId>,
    /// When it first went online here.
    pub first_login_at: Timestamp,
    /// When it last went online here.
    pub last_login_at: Timestamp,
    /// How far it is in the life that the seed describes.
    #[serde(default)]
    pub stage: Stage,
    /// How it was last lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_drop: Option<LastDrop>,
    /// Absences from the platform's list in a row.
    #[serde(default)]
    pub absences: u32,
    /// Whether the daemon logs it in again by itself.
    #[serde(default = "yes")]
    pub auto_relogin: bool,
    /// Why it is left offline, where that was decided for this account; or [`Rest::Disabled`], where it was when
    /// the account last changed. `autoRelogin` says its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// The login that is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relogin: Option<Relogin>,
    /// Logins that came to nothing since it was last online.
    #[serde(default)]
    pub attempts: u32,
    /// Why the pop-up is of no use until it is online again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub popup_failed: Option<PopUpFailure>,
    /// The name of the last request for a login of it that a caller gave one: asked again by the same name, it has been
    /// done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_key: Option<Arc<str>>,
    /// QRs that were fetched for it.
    #[serde(default)]
    pub spent: Ledger,
    /// Whether it was said that they are as many as there may be.
    #[serde(default)]
    pub budget_told: bool,
    /// What the platform is asked about why it is offline.
    #[serde(default)]
    pub reason: Reason,
    /// What was observed, oldest first.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Its logins, oldest first; at most [`LOGINS_KEPT`].
    pub logins: Vec<WId>,
}

/// How far an account is in its life (seed 002: 24小时内会掉线1次, then about three months).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Stage {
    /// Its device is new and drops once.
    FirstDay {
        /// By then.
        drop_due_at: Timestamp,
        /// Whether it was said that this is near.
        told: bool,
        /// Whether the daemon has looked after it, then.
        looked: bool,
    },
    /// It has dropped once; the next login settles it. Also what is assumed of a record that does not say.
    #[default]
    FirstDropped,
    /// It holds.
    Settled {
        /// About until then, if nothing else happens.
        stable_until: Timestamp,
        /// Whether it was said that this is near.
        told: bool,
    },
}

/// How an account was last lost.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastDrop {
    /// By which login.
    pub w_id: WId,
    /// When.
    pub at: Timestamp,
    /// In one word.
    pub reason: DropReason,
}

/// The question why an account is offline. It may be asked once in [`REASON_EVERY`], so it is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// The login to ask about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<WId>,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
}

fn yes() -> bool {
    true
}

impl Account {
    /// From when on it may post moments.
    pub fn moments_allowed_at(&self) -> Timestamp {
        after(self.first_login_at, NO_MOMENTS_FOR)
    }

    /// By when its known first drop comes; `None` once it has.
    pub fn first_drop_due_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::FirstDay { drop_due_at, .. } => Some(drop_due_at),
            Stage::FirstDropped | Stage::Settled { .. } => None,
        }
    }

    /// Whether it holds, as the seed says it does after its first drop.
    pub fn is_settled(&self) -> bool {
        matches!(self.stage, Stage::Settled { .. })
    }

    /// About until when its login holds.
    pub fn stable_until(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Settled { stable_until, .. } => Some(stable_until),
            Stage::FirstDay { .. } | Stage::FirstDropped => None,
        }
    }

    /// Why no login of it is begun by itself, were it offline.
    pub fn resting(&self, rules: &ReloginRules) -> Option<Rest> {
        self.decided_rest().or((!rules.enabled).then_some(Rest::Disabled))
    }

    /// Why it is left offline as far as its record tells, for those who do not have the rules; `None` where it is
    /// not.
    pub fn told_rest(&self) -> Option<Rest> {
        let rests = self.current_w_id.is_none() && self.relogin.is_none();
        self.decided_rest().or(self.rest).filter(|_| rests)
    }

    /// Why no login of it is begun by itself, as was decided for this account.
    fn decided_rest(&self) -> Option<Rest> {
        let decided = self.rest.filter(|rest| *rest != Rest::Disabled);
        decided.or((!self.auto_relogin).then_some(Rest::AutoReloginOff))
    }

    /// How it is logged in next. Never by pop-up before it has settled: that fails after the first drop, and
    /// the person would be asked twice.
    pub fn method(&self) -> Method {
        let popup = self.is_settled() && self.popup_failed.is_none() && self.current_w_id.is_none();
        if popup { Method::PopUp } else { Method::Qr }
    }

    /// The how manyth login since it was last online is next, or on its way; the first is 1.
    pub fn attempt(&self) -> u32 {
        self.attempts.saturating_add(1)
    }

    /// The call that must be going on for it.
    pub fn call(&self) -> Option<Method> {
        let relogin = self.relogin.as_ref()?;
        matches!(relogin.phase, Phase::Calling { .. }).then_some(relogin.method)
    }

    /// How a login of it that the list is the first to name came about, where a box on its phone may have to do
    /// with it.
    pub(crate) fn found_by_box(&self) -> Option<&'static str> {
        let left_behind = self.popup_failed == Some(PopUpFailure::Interrupted);
        if self.call() == Some(Method::PopUp) {
            Some("the platform lists it online: the box on its phone was confirmed")
        } else if left_behind && self.attempts == 0 {
            Some(
                "the platform lists it online: the box that its phone showed when the daemon was stopped was \
                  confirmed, as it seems",
            )
        } else {
            None
        }
    }

    /// Whether its login has a place in the host's line that is still to come.
    pub(crate) fn waits_in_line(&self, now: Timestamp) -> bool {
        self.relogin.as_ref().is_some_and(|relogin| {
            relogin.turn == Turn::Waits && relogin.due_at().is_some_and(|place| place > now)
        })
    }

    /// When the time comes to look after it.
    pub fn due_at(&self, rules: &Rules) -> Option<Timestamp> {
        let rules = &rules.relogin;
        let relogin = self.relogin.as_ref().and_then(Relogin::due_at);
        let online = || {
            let settles = after(self.last_login_at, rules.first_drop.saturating_mul(2));
            match &self.stage {
                Stage::FirstDay { drop_due_at, told: false, .. } => {
                    Some(before(*drop_due_at, lead(rules.drop_lead, rules.first_drop)))
                }
                Stage::FirstDay { drop_due_at, looked: false, .. } => Some((*drop_due_at).min(settles)),
                Stage::FirstDay { .. } | Stage::FirstDropped => Some(settles),
                Stage::Settled { stable_until, told: false } => {
                    Some(before(*stable_until, lead(rules.renewal_lead, rules.stable_for)))
                }
                Stage::Settled { .. } => None,
            }
        };
        let offline = || self.reason.wanted.is_some().then_some(self.last_login_at);
        let standing = if self.current_w_id.is_some() { online() } else { offline() };
        [relogin, standing].into_iter().flatten().min()
    }

    /// Whether this says anything that `before` does not: observations that were only made once more, by turns perhaps,
    /// are no news.
    pub(crate) fn is_news_beside(&self, before: &Self) -> bool {
        if self.evidence == before.evidence || !evidence::are_alike(&self.evidence, &before.evidence) {
            return self != before;
        }
        Self { evidence: before.evidence.clone(), ..self.clone() } != *before
    }

    /// In one word, how a login that was online since `since` is lost at `now`.
    pub(crate) fn drop_reason(&self, since: Timestamp, now: Timestamp, rules: &ReloginRules) -> DropReason {
        // Where the clock was set back, nobody knows how long it was online.
        if since <= now && between(since, now) < rules.short_lived {
            DropReason::ShortLived
        } else if self.is_settled() {
            DropReason::Offline
        } else {
            DropReason::FirstNight
        }
    }
}

/// How long ahead something is said; at most half of what it is ahead of.
pub(crate) fn lead(lead: Duration, of: Duration) -> Duration {
    lead.min(of / 2)
}
