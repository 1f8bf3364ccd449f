//! The state machine: what an input makes of a session.
//!
//! [`step`] is pure: it reads no clock and does nothing. Every pair of state and input has a decided answer,
//! written out in `tests/table/pairs.rs`: accepted, ignored or refused.

use jiff::Timestamp;

use crate::account::Source;
use crate::id::WId;
use crate::input::{Answer, Failure, Ignored, Input, Refusal, Verdict};
use crate::profile::Profile;
use crate::rules::{Rules, after};
use crate::secret::Secret;
use crate::session::{Code, Drop, DropReason, Session, SliderProgress, State};

/// What `input` makes of `session` at `now`.
pub fn step(session: &Session, input: Input, now: Timestamp, rules: &Rules) -> Verdict {
    let step = Step { session, from: input.source(), now, rules };
    match input {
        Input::Answered { round, answer } => step.answered(round, answer),
        Input::CodeEntered(code) => step.code_entered(code),
        Input::SliderDone => step.slider_done(),
        Input::DeadlinePassed => step.deadline_passed(),
        Input::Ended => step.ended(),
        Input::Abandoned => step.abandoned(),
        Input::ClockSetBack => step.clock_set_back(),
        Input::Superseded { by } => step.superseded(by),
        Input::Lost { reason, detail, .. } => step.lost(reason, detail),
        Input::Explained { detail } => step.explained(detail),
        Input::Followed { by } => step.followed(by),
    }
}

struct Step<'a> {
    session: &'a Session,
    from: Source,
    now: Timestamp,
    rules: &'a Rules,
}

impl Step<'_> {
    fn answered(&self, round: u32, answer: Answer) -> Verdict {
        match self.session.state {
            State::Online { .. } => return Verdict::Ignored(Ignored::AlreadyOnline),
            State::Dropped { .. } => return Verdict::Ignored(Ignored::AlreadyDropped),
            _ if round != self.session.round || !self.session.asks() => {
                return Verdict::Ignored(Ignored::StaleAnswer);
            }
            _ => {}
        }
        let mut next = match answer {
            Answer::LoggedIn(profile) => self.logged_in(profile),
            Answer::SliderAsked { url } => self.slider_asked(url),
            Answer::CodeAsked { prompt } => self.code_asked(prompt),
            Answer::Failed { why, message } => self.failed(why, message),
        };
        next.round += 1;
        Verdict::Accepted(next)
    }

    fn logged_in(&self, profile: Box<Profile>) -> Session {
        let who = profile.wc_id.clone();
        let why = match &self.session.wc_id {
            Some(expected) if *expected != who => {
                format!("the platform reports the login of {who}; {expected} was expected to scan")
            }
            _ => "the platform reports the login".to_owned(),
        };
        Session { wc_id: Some(who), ..self.to(State::Online { profile }, why) }
    }

    fn slider_asked(&self, url: String) -> Session {
        let state = State::Slider { deadline: self.deadline(), url, progress: SliderProgress::Wanted };
        self.to(state, "the platform asks for its slider page".to_owned())
    }

    fn code_asked(&self, prompt: String) -> Session {
        let (attempts, why) = match self.session.state {
            State::AwaitingVerify { attempts, .. } => {
                (attempts.saturating_add(1), format!("the platform refused the code: {prompt}"))
            }
            _ => (0, format!("the platform asks for a code: {prompt}")),
        };
        let deadline = self.deadline();
        self.to(State::AwaitingVerify { deadline, prompt, attempts, code: Code::Wanted }, why)
    }

    fn failed(&self, why: Failure, message: String) -> Session {
        let reason = match why {
            Failure::Declined => DropReason::Declined,
            Failure::Expired => DropReason::Expired,
            Failure::Other => DropReason::Failed,
        };
        self.dropped(reason, message)
    }

    fn code_entered(&self, entered: Secret) -> Verdict {
        match &self.session.state {
            State::AwaitingVerify { prompt, attempts, code: Code::Wanted, .. } => {
                let state = State::AwaitingVerify {
                    deadline: self.deadline(),
                    prompt: prompt.clone(),
                    attempts: *attempts,
                    code: Code::InFlight(entered),
                };
                Verdict::Accepted(self.to(state, "a code was entered".to_owned()))
            }
            State::AwaitingVerify { code: Code::InFlight(_), .. } => Verdict::Refused(Refusal::CodeInFlight),
            _ => self.wrong_state("a code is taken only while it is awaiting-verify"),
        }
    }

    fn slider_done(&self) -> Verdict {
        match &self.session.state {
            State::Slider { url, progress: SliderProgress::Wanted, .. } => {
                let state = State::Slider {
                    deadline: self.deadline(),
                    url: url.clone(),
                    progress: SliderProgress::SaidDone,
                };
                Verdict::Accepted(self.to(state, "a person says that the slider page is passed".to_owned()))
            }
            State::Slider { progress: SliderProgress::SaidDone, .. } => {
                Verdict::Ignored(Ignored::AlreadyAsking)
            }
            _ => self.wrong_state("a slider is done only while it is slider"),
        }
    }

    fn deadline_passed(&self) -> Verdict {
        let missed = match &self.session.state {
            State::QrIssued { .. } => "nobody completed the scan in time",
            State::AwaitingVerify { code: Code::Wanted, .. } => "nobody entered the code in time",
            State::AwaitingVerify { code: Code::InFlight(_), .. } => {
                "the platform did not say in time whether the code is right"
            }
            State::Slider { progress: SliderProgress::Wanted, .. } => "nobody passed the slider page in time",
            State::Slider { progress: SliderProgress::SaidDone, .. } => {
                "the login was not confirmed in time after the slider page"
            }
            State::Online { .. } => return Verdict::Ignored(Ignored::AlreadyOnline),
            State::Dropped { .. } => return Verdict::Ignored(Ignored::AlreadyDropped),
        };
        if self.session.deadline().is_some_and(|deadline| self.now < deadline) {
            return Verdict::Ignored(Ignored::NotYetDue);
        }
        Verdict::Accepted(self.dropped(DropReason::Expired, missed.to_owned()))
    }

    fn ended(&self) -> Verdict {
        match &self.session.state {
            State::Dropped { .. } => self.wrong_state("only a live session can be ended"),
            State::Online { .. } => {
                Verdict::Accepted(self.dropped(DropReason::LoggedOut, "logged out here".to_owned()))
            }
            _ => Verdict::Accepted(
                self.dropped(DropReason::Abandoned, "ended here before it was complete".to_owned()),
            ),
        }
    }

    fn abandoned(&self) -> Verdict {
        match &self.session.state {
            State::Online { .. } => self.wrong_state("only a login in flight can be abandoned"),
            _ => self.ended(),
        }
    }

    fn clock_set_back(&self) -> Verdict {
        let latest = self.deadline();
        match self.session.deadline() {
            None => Verdict::Ignored(Ignored::NoDeadline),
            Some(deadline) if deadline <= latest => Verdict::Ignored(Ignored::NotYetDue),
            Some(_) => {
                let why = "the clock was set back: its step has as long as any from now on".to_owned();
                let mut next = self.to(self.session.state.clone().due_by(latest), why);
                if let Some(qr) = &mut next.qr {
                    qr.expires_at = qr.expires_at.min(latest);
                }
                Verdict::Accepted(next)
            }
        }
    }

    fn superseded(&self, by: WId) -> Verdict {
        if let State::Dropped { .. } = self.session.state {
            return Verdict::Ignored(Ignored::AlreadyDropped);
        }
        let detail = format!("the login {by} of the same account took its place");
        Verdict::Accepted(Session { successor: Some(by), ..self.dropped(DropReason::Superseded, detail) })
    }

    fn lost(&self, reason: DropReason, detail: String) -> Verdict {
        match self.session.state {
            State::Online { .. } => Verdict::Accepted(self.dropped(reason, detail)),
            State::Dropped { .. } => Verdict::Ignored(Ignored::AlreadyDropped),
            _ => Verdict::Ignored(Ignored::NotOnline),
        }
    }

    fn explained(&self, detail: String) -> Verdict {
        let State::Dropped { drop, profile } = &self.session.state else {
            return Verdict::Ignored(Ignored::NotDropped);
        };
        if drop.detail == detail {
            return Verdict::Ignored(Ignored::AlreadyKnown);
        }
        let why = format!("the platform says why: {detail}");
        let state = State::Dropped { drop: Drop { detail, ..drop.clone() }, profile: profile.clone() };
        Verdict::Accepted(self.to(state, why))
    }

    fn followed(&self, by: WId) -> Verdict {
        match &self.session.state {
            State::Dropped { .. } if self.session.successor.is_some() => {
                Verdict::Ignored(Ignored::AlreadyKnown)
            }
            state @ State::Dropped { .. } => {
                let why = format!("the login {by} of the same account followed it");
                Verdict::Accepted(Session { successor: Some(by), ..self.to(state.clone(), why) })
            }
            _ => Verdict::Ignored(Ignored::NotDropped),
        }
    }

    fn dropped(&self, reason: DropReason, detail: String) -> Session {
        let profile = match &self.session.state {
            State::Online { profile } => Some(profile.clone()),
            _ => None,
        };
        let drop = Drop { reason, detail: detail.clone(), at: self.now };
        self.to(State::Dropped { drop, profile }, detail)
    }

    fn to(&self, state: State, why: String) -> Session {
        self.session.entering(state, why, self.from, self.now)
    }

    fn deadline(&self) -> Timestamp {
        after(self.now, self.rules.step_allowance)
    }

    fn wrong_state(&self, needs: &'static str) -> Verdict {
        Verdict::Refused(Refusal::WrongState { state: self.session.state.name(), needs })
    }
}
