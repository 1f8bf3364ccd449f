//! What must be going on for a session, derived from its value and stored nowhere.
//!
//! After every commit, and at start for every record, the driver compares duties with what is running and
//! starts or ends tasks. A restart therefore resumes by the ordinary path.

use jiff::Timestamp;

use crate::secret::Secret;
use crate::session::{Code, Session, SliderProgress, State};

/// What must be going on for one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duty {
    /// The platform must be asked for an answer, again and again until it gives one.
    pub call: Option<Call>,
    /// At this time the step is over, whoever was meant to do it.
    pub deadline: Option<Timestamp>,
}

/// A call for an answer (`/getIPadLoginInfo`) that must be going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Goes back with the answer, so that a stale one is known.
    pub round: u32,
    /// The code to pass on.
    pub code: Option<Secret>,
}

/// What must be going on for `session`.
pub fn duty(session: &Session) -> Duty {
    Duty {
        call: session.asks().then(|| Call { round: session.round, code: session.code_in_flight().cloned() }),
        deadline: session.deadline(),
    }
}

impl Session {
    /// Whether the platform is to be asked for an answer now. While a person has to type or slide it is not:
    /// a call made before that only asks for the same again (protocol.md, slider).
    pub(crate) fn asks(&self) -> bool {
        match &self.state {
            State::QrIssued { .. } => true,
            State::AwaitingVerify { code, .. } => *code != Code::Wanted,
            State::Slider { progress, .. } => *progress == SliderProgress::SaidDone,
            State::Online { .. } | State::Dropped { .. } => false,
        }
    }

    /// When the step it is in is over; `None` once it is online or dropped.
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.state {
            State::QrIssued { deadline }
            | State::AwaitingVerify { deadline, .. }
            | State::Slider { deadline, .. } => Some(*deadline),
            State::Online { .. } | State::Dropped { .. } => None,
        }
    }

    fn code_in_flight(&self) -> Option<&Secret> {
        match &self.state {
            State::AwaitingVerify { code: Code::InFlight(code), .. } => Some(code),
            _ => None,
        }
    }
}
