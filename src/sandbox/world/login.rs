//! One login instance (wId) as the platform and the phone see it.
//!
//! ```text
//!            scan            confirm
//!   shown ─────────► scanned ────────► online ──► ended
//!     │   ask-code /   ▲ │  ▲                        ▲
//!     │   show-slider  │ │  └── slider passed         │ declined, expired, dropped,
//!     └──────────► code ⇄ slider                      │ superseded, logged out
//!                   └── right code ──► online         │
//!   every stage ──────────────────────────────────────┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;
use wxlogin_state::{DeviceType, WId, WcId};

use super::account::Person;

/// A login from its QR or pop-up box to its end.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) w_id: WId,
    /// Its place in the order of creation.
    pub(crate) born: u64,
    pub(crate) via: Via,
    /// The wcId that the caller named; absent makes a new device.
    pub(crate) asked_for: Option<WcId>,
    pub(crate) device: DeviceType,
    pub(crate) stage: Stage,
    /// When the current step expires; means nothing once online.
    pub(crate) deadline: Duration,
    /// Whose phone it is; known from the scan on.
    pub(crate) person: Option<Person>,
    /// The slider page shown last.
    pub(crate) captcha: Option<String>,
    /// Calls for an answer: all there were, those that are open now, and how many began beside another.
    pub(crate) polls: u64,
    pub(crate) open: Vec<u64>,
    pub(crate) overlapping: u64,
    pub(crate) codes_tried: u64,
    /// Wakes the calls that wait for this login.
    pub(crate) changed: Arc<Notify>,
}

/// How a login began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Via {
    /// `/iPadLogin`: a QR to scan.
    Qr,
    /// `/secondLogin`: a box on the phone.
    Popup,
}

/// Where a login stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The QR or the box waits for somebody.
    Shown,
    /// Scanned; the phone asks whether to log in.
    Scanned,
    /// The phone shows a code, or says that the check goes on elsewhere (`None`): then no code is right.
    Code(Option<String>),
    /// A slider page must be passed on another screen; answers spell their `code` like this.
    Slider(Value),
    /// Logged in.
    Online,
    /// Over, for good.
    Ended(End),
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// Nobody went on in time.
    Expired,
    /// The person refused.
    Declined,
    /// It was online and was lost.
    Dropped,
    /// A newer login of the same account took its place.
    Superseded,
    /// The caller logged it out.
    LoggedOut,
}

/// What a person does with the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// Points the camera at the QR.
    Scan,
    /// Agrees; scans first where that is still to do.
    Confirm,
    /// Refuses.
    Decline,
    /// The phone shows a code to type on the new device (seed 002: 验证码).
    AskCode,
    /// The phone says 在新设备完成验证: an ipad login cannot go on (seed 002).
    AskElsewhere,
    /// The platform wants a slider passed (seed 002: 滑块).
    ShowSlider,
    /// Ends the login on the phone.
    Drop,
}

impl Stage {
    /// The stage's name on the phone's page and in the sandbox's state.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Scanned => "scanned",
            Self::Code(_) => "code",
            Self::Slider(_) => "slider",
            Self::Online => "online",
            Self::Ended(_) => "ended",
        }
    }

    /// Whether somebody still has to do something before the login is online.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self, Self::Online | Self::Ended(_))
    }
}

impl Login {
    /// What the phone offers now.
    pub(crate) fn actions(&self) -> &'static [Action] {
        use Action::{AskCode, AskElsewhere, Confirm, Decline, Drop, Scan, ShowSlider};
        match (&self.stage, self.via) {
            (Stage::Shown, Via::Qr) => &[Scan, Confirm, Decline, AskCode, AskElsewhere, ShowSlider],
            (Stage::Shown | Stage::Scanned, Via::Popup) => &[Confirm, Decline],
            (Stage::Scanned, Via::Qr) => &[Confirm, Decline, AskCode, AskElsewhere, ShowSlider],
            (Stage::Code(_) | Stage::Slider(_), _) => &[Decline, AskCode, AskElsewhere, ShowSlider],
            (Stage::Online, _) => &[Drop],
            (Stage::Ended(_), _) => &[],
        }
    }
}
