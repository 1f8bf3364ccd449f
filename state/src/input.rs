//! What can happen to a session: facts from the platform, acts of people, and time.

use crate::account::Source;
use crate::id::WId;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::session::{DropReason, Session, StateName};

/// Something that happened, addressed to one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The platform answered the call for an answer (`/getIPadLoginInfo`) of this round. Answers of an
    /// earlier round are stale and move nothing.
    Answered {
        /// The round in which the call was made.
        round: u32,
        /// What the platform said.
        answer: Answer,
    },
    /// A person typed the code that the phone shows.
    CodeEntered(Secret),
    /// A person says the slider page is passed.
    SliderDone,
    /// The clock passed the deadline of the current step.
    DeadlinePassed,
    /// A person wants the session gone: an online one is logged out, a login in flight abandoned.
    Ended,
    /// A person wants a login in flight gone. One that is online meanwhile has to be logged out at the platform first.
    Abandoned,
    /// The clock was set back: a deadline further away than a step ever has was set by the clock as it was.
    ClockSetBack,
    /// Another login of the same account went online.
    Superseded {
        /// That login.
        by: WId,
    },
    /// It was online and is no more, without anybody here having wanted that.
    Lost {
        /// In one word.
        reason: DropReason,
        /// In a sentence.
        detail: String,
        /// Who says so.
        from: Source,
    },
    /// The platform says why it was lost (`/offlineReason`).
    Explained {
        /// Its sentence.
        detail: String,
    },
    /// Another login of the same account went online after this one had ended.
    Followed {
        /// That login.
        by: WId,
    },
}

impl Input {
    /// Who says so.
    pub(crate) fn source(&self) -> Source {
        match self {
            Self::Answered { .. } => Source::LoginInfo,
            Self::CodeEntered(_) | Self::SliderDone | Self::Ended | Self::Abandoned => Source::Person,
            Self::DeadlinePassed | Self::ClockSetBack | Self::Superseded { .. } | Self::Followed { .. } => {
                Source::Daemon
            }
            Self::Lost { from, .. } => *from,
            Self::Explained { .. } => Source::OfflineReason,
        }
    }
}

/// A recognised answer to `/getIPadLoginInfo` (protocol.md, "What `/getIPadLoginInfo` can answer"). Everything
/// else the platform may send is trouble, not an answer, and never becomes an [`Input`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Success with a `wcId`: logged in.
    LoggedIn(Box<Profile>),
    /// Success (or `"200"`) with a `url`: a person must pass the page behind it.
    SliderAsked {
        /// The page.
        url: String,
    },
    /// A message that asks for the code which the phone shows.
    CodeAsked {
        /// The platform's own sentence.
        prompt: String,
    },
    /// `"1001"` otherwise: this login is over.
    Failed {
        /// What the sentence says.
        why: Failure,
        /// The platform's own sentence.
        message: String,
    },
}

/// What the sentence of a failed login says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The person refused on the phone.
    Declined,
    /// The QR is not valid any more.
    Expired,
    /// Anything else.
    Other,
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "taken apart at once; a box would be an allocation for each step"
)]
pub enum Verdict {
    /// It makes this of the session.
    Accepted(Session),
    /// It is true but changes nothing, for this reason.
    Ignored(Ignored),
    /// It cannot be done to the session as it is; whoever asked is told.
    Refused(Refusal),
}

/// Why an input changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// The answer belongs to a round that is over.
    #[error("the answer belongs to an earlier call")]
    StaleAnswer,
    /// The session has reached its last state.
    #[error("the session has ended")]
    AlreadyDropped,
    /// The session is online, which no deadline and no second answer changes.
    #[error("the session is online already")]
    AlreadyOnline,
    /// The deadline lies in the future: the clock was set back, or the step has a new deadline.
    #[error("the deadline has not passed")]
    NotYetDue,
    /// Nothing is waited for.
    #[error("nobody is waited for")]
    NoDeadline,
    /// The slider's result is being asked for already.
    #[error("the result is being asked for already")]
    AlreadyAsking,
    /// The session was not online, so that it cannot have been lost.
    #[error("the session was not online")]
    NotOnline,
    /// What is said about a session that has ended comes before it has.
    #[error("the session has not ended")]
    NotDropped,
    /// It is known already.
    #[error("it is known already")]
    AlreadyKnown,
}

/// Why an input cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The session is in a state that this act does not belong to.
    #[error("the session is {state}; {needs}")]
    WrongState {
        /// The state it is in.
        state: StateName,
        /// What the act would need, as a sentence's second half.
        needs: &'static str,
    },
    /// A code is on its way to the platform; its answer comes first.
    #[error("a code is being checked by the platform; wait for its answer before entering another")]
    CodeInFlight,
    /// The account is online.
    #[error("the account is online; a second login would throw that one out")]
    Online,
    /// The account is online, and what is online is not forgotten.
    #[error("the account is online; log it out first")]
    StillOnline,
    /// Another login of the account is on its way, and not of the kind that is asked for.
    #[error("another login of this account is on its way; complete it or abandon it first")]
    UnderWay,
    /// The pop-up login fails until the account has settled.
    #[error("before its first drop and the login after it, an account is logged in by QR only")]
    NotSettled,
    /// No person is to do anything for the account.
    #[error(
        "nobody is waited for: no login of the account is in flight, on its phone or waiting to be opened"
    )]
    NobodyAwaited,
    /// A pop-up is on the phone.
    #[error("its phone shows a box to confirm; wait for the answer to it")]
    PopUpShown,
}
