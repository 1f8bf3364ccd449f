//! Where an account stands, in one word: the same one wherever it is told.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::public::PhaseName;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A login of it is online, whatever else is on its way.
    Online,
    /// The platform is being called to log it in.
    LoggingIn,
    /// A person must complete a login of it, or open the one that is offered.
    ScanNeeded,
    /// It is offline; a login begins by itself at its time.
    ReloginScheduled,
    /// It is offline and left so, for a named reason.
    Resting,
    /// It is offline, and nothing is known to be on its way.
    Offline,
}

impl Account {
    /// Where it stands, in one word.
    pub fn standing(&self) -> Standing {
        let phase = self.relogin.as_ref().map(|relogin| PhaseName::from(&relogin.phase));
        Standing::of(self.current_w_id.is_some(), phase, self.told_rest().is_some())
    }
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Online,
        Self::LoggingIn,
        Self::ScanNeeded,
        Self::ReloginScheduled,
        Self::Resting,
        Self::Offline,
    ];

    /// Of an account that is online or not, whose login is so far, and that rests or not.
    pub(crate) fn of(online: bool, phase: Option<PhaseName>, rests: bool) -> Self {
        match phase {
            _ if online => Self::Online,
            Some(PhaseName::Calling) => Self::LoggingIn,
            Some(PhaseName::InFlight | PhaseName::Offered) => Self::ScanNeeded,
            Some(PhaseName::Due) => Self::ReloginScheduled,
            None if rests => Self::Resting,
            None => Self::Offline,
        }
    }

    /// The public spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::LoggingIn => "logging-in",
            Self::ScanNeeded => "scan-needed",
            Self::ReloginScheduled => "relogin-scheduled",
            Self::Resting => "resting",
            Self::Offline => "offline",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_is_listed_and_spelt_alike_everywhere() {
        assert_eq!(Standing::Offline as usize + 1, Standing::ALL.len());
        for (n, standing) in Standing::ALL.into_iter().enumerate() {
            assert_eq!(standing as usize, n);
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.as_str());
        }
    }
}
