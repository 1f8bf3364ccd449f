//! Where a session can be, and what can happen to it there.

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{
    Answer, Code, DropReason, Failure, Input, Issued, Profile, Rules, Secret, Seq, Session, SliderProgress,
    Source, State, Verdict, step,
};

pub(crate) const RULES: Rules = Rules::DEFAULT;

/// Where a session can be: its state, and how far it is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    QrIssued,
    CodeWanted,
    CodeInFlight,
    SliderWanted,
    SliderSaidDone,
    Online,
    Dropped,
}

impl Place {
    /// In the order of the table's columns.
    pub(crate) const ALL: [Self; COLUMNS] = [
        Self::QrIssued,
        Self::CodeWanted,
        Self::CodeInFlight,
        Self::SliderWanted,
        Self::SliderSaidDone,
        Self::Online,
        Self::Dropped,
    ];

    pub(crate) fn of(state: &State) -> Self {
        match state {
            State::QrIssued { .. } => Self::QrIssued,
            State::AwaitingVerify { code: Code::Wanted, .. } => Self::CodeWanted,
            State::AwaitingVerify { code: Code::InFlight(_), .. } => Self::CodeInFlight,
            State::Slider { progress: SliderProgress::Wanted, .. } => Self::SliderWanted,
            State::Slider { progress: SliderProgress::SaidDone, .. } => Self::SliderSaidDone,
            State::Online { .. } => Self::Online,
            State::Dropped { .. } => Self::Dropped,
        }
    }
}

pub(crate) const COLUMNS: usize = 7;

/// What can happen. Answers are those of the session's current round, unless they say otherwise; where no call
/// is out (a code is wanted, a slider is wanted) that is an answer nobody asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    LoggedIn,
    SliderAsked,
    CodeAsked,
    Declined,
    QrExpired,
    Failed,
    StaleLoggedIn,
    StaleSliderAsked,
    StaleCodeAsked,
    StaleFailed,
    FutureLoggedIn,
    CodeEntered,
    SliderDone,
    TooEarly,
    AtDeadline,
    PastDeadline,
    Ended,
    Abandoned,
    SetBack,
    Superseded,
    Lost,
    Explained,
    ExplainedAgain,
    Followed,
}

impl Event {
    pub(crate) const ALL: [Self; 24] = [
        Self::LoggedIn,
        Self::SliderAsked,
        Self::CodeAsked,
        Self::Declined,
        Self::QrExpired,
        Self::Failed,
        Self::StaleLoggedIn,
        Self::StaleSliderAsked,
        Self::StaleCodeAsked,
        Self::StaleFailed,
        Self::FutureLoggedIn,
        Self::CodeEntered,
        Self::SliderDone,
        Self::TooEarly,
        Self::AtDeadline,
        Self::PastDeadline,
        Self::Ended,
        Self::Abandoned,
        Self::SetBack,
        Self::Superseded,
        Self::Lost,
        Self::Explained,
        Self::ExplainedAgain,
        Self::Followed,
    ];

    /// The input, and when it happens.
    pub(crate) fn happens_to(self, session: &Session) -> (Input, Timestamp) {
        let before = session.deadline().unwrap_or(start()) - SignedDuration::from_nanos(1);
        let at = session.deadline().unwrap_or(start());
        let this = |answer| Input::Answered { round: session.round, answer };
        let stale = |answer| Input::Answered { round: session.round - 1, answer };
        match self {
            Self::LoggedIn => (this(logged_in()), before),
            Self::SliderAsked => (this(slider_asked()), before),
            Self::CodeAsked => (this(code_asked()), before),
            Self::Declined => (this(failed(Failure::Declined)), before),
            Self::QrExpired => (this(failed(Failure::Expired)), before),
            Self::Failed => (this(failed(Failure::Other)), before),
            Self::StaleLoggedIn => (stale(logged_in()), before),
            Self::StaleSliderAsked => (stale(slider_asked()), before),
            Self::StaleCodeAsked => (stale(code_asked()), before),
            Self::StaleFailed => (stale(failed(Failure::Other)), before),
            Self::FutureLoggedIn => {
                (Input::Answered { round: session.round + 1, answer: logged_in() }, before)
            }
            Self::CodeEntered => (code_entered(), before),
            Self::SliderDone => (Input::SliderDone, before),
            Self::TooEarly => (Input::DeadlinePassed, before),
            Self::AtDeadline => (Input::DeadlinePassed, at),
            Self::PastDeadline => (Input::DeadlinePassed, at + SignedDuration::from_hours(1)),
            Self::Ended => (Input::Ended, before),
            Self::Abandoned => (Input::Abandoned, before),
            Self::SetBack => (Input::ClockSetBack, start() - SignedDuration::from_hours(1)),
            Self::Superseded => (Input::Superseded { by: "w-next".parse().unwrap() }, before),
            Self::Lost => {
                let detail = "it is missing in the platform's list".to_owned();
                (Input::Lost { reason: DropReason::FirstNight, detail, from: Source::List }, before)
            }
            Self::Explained => (Input::Explained { detail: "新设备首次登录24小时内掉线".to_owned() }, before),
            Self::ExplainedAgain => {
                let detail = match &session.state {
                    State::Dropped { drop, .. } => drop.detail.clone(),
                    _ => String::new(),
                };
                (Input::Explained { detail }, before)
            }
            Self::Followed => (Input::Followed { by: "w-next".parse().unwrap() }, before),
        }
    }
}

pub(crate) fn accepted(verdict: Verdict) -> Session {
    match verdict {
        Verdict::Accepted(next) => next,
        other => panic!("not accepted: {other:?}"),
    }
}

/// A session in that place, brought there by the machine itself.
pub(crate) fn session_in(place: Place) -> Session {
    let answered = |session: &Session, answer| {
        let round = session.round;
        accepted(step(session, Input::Answered { round, answer }, start(), &RULES))
    };
    let issued = Issued::new("w1".parse().unwrap(), "http://platform/qr.png");
    let begun = Session::begun(issued, Seq(1), start(), &RULES);
    match place {
        Place::QrIssued => begun,
        Place::CodeWanted => answered(&begun, code_asked()),
        Place::CodeInFlight => {
            accepted(step(&session_in(Place::CodeWanted), code_entered(), start(), &RULES))
        }
        Place::SliderWanted => answered(&begun, slider_asked()),
        Place::SliderSaidDone => {
            accepted(step(&session_in(Place::SliderWanted), Input::SliderDone, start(), &RULES))
        }
        Place::Online => answered(&begun, logged_in()),
        Place::Dropped => accepted(step(&begun, Input::Ended, start(), &RULES)),
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn logged_in() -> Answer {
    Answer::LoggedIn(Box::new(Profile::of("wxid_a".parse().unwrap())))
}

pub(crate) fn slider_asked() -> Answer {
    Answer::SliderAsked { url: "http://platform/slider".to_owned() }
}

pub(crate) fn code_asked() -> Answer {
    Answer::CodeAsked { prompt: "请在iPad上输入验证码".to_owned() }
}

pub(crate) fn failed(why: Failure) -> Answer {
    Answer::Failed { why, message: "失败".to_owned() }
}

pub(crate) fn code_entered() -> Input {
    Input::CodeEntered(Secret::new("471100"))
}
