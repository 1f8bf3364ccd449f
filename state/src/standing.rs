//! Where an account stands, in one word: the same one wherever it is told.

use std::fmt;

use crate::public::PhaseName;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl Standing {
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
