//! The states of a session, each with what only it knows, and how a session came from one to the next.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Source;
use crate::id::Version;
use crate::profile::Profile;
use crate::secret::Secret;

/// The picture that a phone scans to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Qr {
    /// Where the platform shows it: an image.
    pub url: String,
    /// When it was fetched.
    pub issued_at: Timestamp,
    /// When it stops being valid.
    pub expires_at: Timestamp,
}

/// The five states, each with what only it knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum State {
    /// Somebody must scan.
    QrIssued {
        /// Until then.
        deadline: Timestamp,
    },
    /// Somebody must type the code that the phone shows.
    AwaitingVerify {
        /// Until then.
        deadline: Timestamp,
        /// The platform's own sentence.
        prompt: String,
        /// How many codes the platform has refused.
        attempts: u32,
        /// Whether a code is on its way.
        code: Code,
    },
    /// Somebody must pass the page at the URL.
    Slider {
        /// Until then.
        deadline: Timestamp,
        /// The page.
        url: String,
        /// Whether somebody says it is done.
        progress: SliderProgress,
    },
    /// Logged in.
    Online {
        /// Who.
        profile: Box<Profile>,
    },
    /// Over, for good.
    Dropped {
        /// How it ended.
        drop: Drop,
        /// Who it was, had it been online.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<Box<Profile>>,
    },
}

impl State {
    /// The same with another deadline, where it has one.
    pub(crate) fn due_by(mut self, by: Timestamp) -> Self {
        match &mut self {
            Self::QrIssued { deadline }
            | Self::AwaitingVerify { deadline, .. }
            | Self::Slider { deadline, .. } => *deadline = by,
            Self::Online { .. } | Self::Dropped { .. } => {}
        }
        self
    }

    /// Its name.
    pub fn name(&self) -> StateName {
        match self {
            Self::QrIssued { .. } => StateName::QrIssued,
            Self::AwaitingVerify { .. } => StateName::AwaitingVerify,
            Self::Slider { .. } => StateName::Slider,
            Self::Online { .. } => StateName::Online,
            Self::Dropped { .. } => StateName::Dropped,
        }
    }
}

/// The code of an awaiting-verify session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A person must enter it.
    Wanted,
    /// Entered, and not answered yet. Kept so that a restart passes it on; gone with the answer.
    InFlight(Secret),
}

/// How far a slider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SliderProgress {
    /// A person must pass it.
    Wanted,
    /// A person says it is passed; the platform is being asked.
    SaidDone,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Drop {
    /// In one word.
    pub reason: DropReason,
    /// In a sentence: the platform's own where it said one.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// How a session ended, in one word (contract.md, `drop.reason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DropReason {
    /// A deadline passed before it went online.
    Expired,
    /// The platform ended the login.
    Failed,
    /// The person refused on the phone.
    Declined,
    /// It was online and is no more.
    Offline,
    /// The known first drop of an account.
    FirstNight,
    /// Lost so soon after the login that the place it logs in from is suspect.
    ShortLived,
    /// Somebody logged it out here.
    LoggedOut,
    /// A newer login of the same account took its place.
    Superseded,
    /// Somebody ended the login before it was complete.
    Abandoned,
}

/// The name of a state, without what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StateName {
    /// [`State::QrIssued`]
    QrIssued,
    /// [`State::AwaitingVerify`]
    AwaitingVerify,
    /// [`State::Slider`]
    Slider,
    /// [`State::Online`]
    Online,
    /// [`State::Dropped`]
    Dropped,
}

impl DropReason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Expired,
        Self::Failed,
        Self::Declined,
        Self::Offline,
        Self::FirstNight,
        Self::ShortLived,
        Self::LoggedOut,
        Self::Superseded,
        Self::Abandoned,
    ];

    /// The public spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Offline => "offline",
            Self::FirstNight => "first-night",
            Self::ShortLived => "short-lived",
            Self::LoggedOut => "logged-out",
            Self::Superseded => "superseded",
            Self::Abandoned => "abandoned",
        }
    }
}

impl StateName {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 5] =
        [Self::QrIssued, Self::AwaitingVerify, Self::Slider, Self::Online, Self::Dropped];

    /// Whether somebody is still to complete the login.
    pub fn is_in_flight(self) -> bool {
        !matches!(self, Self::Online | Self::Dropped)
    }

    /// The public spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QrIssued => "qr-issued",
            Self::AwaitingVerify => "awaiting-verify",
            Self::Slider => "slider",
            Self::Online => "online",
            Self::Dropped => "dropped",
        }
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One change of a session, for its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// The version it made.
    pub version: Version,
    /// The state it left; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<StateName>,
    /// The state it entered; the same one where only its inside changed.
    pub to: StateName,
    /// Why, in a sentence.
    pub why: String,
    /// Who said so. A record that does not say it is of before: the daemon's own word.
    #[serde(default = "daemon")]
    #[cfg_attr(feature = "schema", schema(required))]
    pub source: Source,
}

fn daemon() -> Source {
    Source::Daemon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_name_every_reason_and_state_once_as_records_spell_them() {
        for (n, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, n);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert_eq!(DropReason::Abandoned as usize + 1, DropReason::ALL.len(), "the last one");
        for (n, state) in StateName::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, n);
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        assert_eq!(StateName::Dropped as usize + 1, StateName::ALL.len(), "the last one");
    }
}
