//! Refusals: one place for what each of them is called, its status, and its sentence.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use wxlogin_state::{Refusal, StateName, WId, WcId};

use crate::driver::{Denied, ReadOnly};
use crate::logging;
use crate::platform::Trouble;
use crate::wire::{Problem, ProblemCode};

/// A request that was not done, as the response that says so.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct Refused {
    problem: Box<Problem>,
    /// When to ask again.
    retry_after: Option<Duration>,
}

impl Refused {
    /// A refusal with this code and sentence.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    /// A body or query whose member `field` does not hold up.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Problem::new(ProblemCode::InvalidRequest, detail).at_field(field).into()
    }

    /// An act that the session's state does not allow.
    pub fn wrong_state(state: StateName, detail: impl Into<String>) -> Self {
        Problem::new(ProblemCode::WrongState, detail).in_state(state).into()
    }

    /// No such session.
    pub fn no_session(w_id: &WId) -> Self {
        Denied::NoSession(w_id.clone()).into()
    }

    /// No such account.
    pub fn no_account(wc_id: &WcId) -> Self {
        Denied::NoAccount(wc_id.clone()).into()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after: None }
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        let sentence = denied.to_string();
        match denied {
            Denied::NoSession(_) | Denied::NoAccount(_) | Denied::NoToken(_) => {
                Self::new(ProblemCode::NotFound, sentence)
            }
            Denied::Refused(Refusal::WrongState { state, .. }) => Self::wrong_state(state, sentence),
            Denied::Refused(Refusal::CodeInFlight | Refusal::PopUpShown | Refusal::UnderWay) => {
                Self::new(ProblemCode::Busy, sentence)
            }
            Denied::Refused(Refusal::Online | Refusal::StillOnline) => {
                Self::wrong_state(StateName::Online, sentence)
            }
            Denied::KnownLabel { wc_id, .. } => {
                let detail = format!(
                    "{sentence}; log it in with \"wcId\": \"{wc_id}\", or say \"newDevice\": true if that is meant"
                );
                let problem = Problem::new(ProblemCode::KnownAccount, detail).at_field("label");
                problem.of_account(wc_id).into()
            }
            Denied::AlreadyOnline { .. } => Self::wrong_state(
                StateName::Online,
                format!("{sentence}; \"force\": true does it all the same"),
            ),
            Denied::TooMany(_) => Self::new(ProblemCode::TooManySessions, sentence),
            Denied::Platform(trouble) => (&*trouble).into(),
            Denied::Reissued(_) => Self::new(ProblemCode::PlatformRefused, sentence),
            Denied::Unwritable(ReadOnly { full: true, .. }) => Self::new(ProblemCode::StoreFull, sentence),
            Denied::Unwritable(_) => Self::new(ProblemCode::StoreUnwritable, sentence),
            Denied::JournalClosed(_) | Denied::Stopping => Self::new(ProblemCode::NotReady, sentence),
            Denied::Refused(Refusal::NotSettled | Refusal::NobodyAwaited)
            | Denied::TokenOver { .. }
            | Denied::KeyIsGiven => Self::new(ProblemCode::WrongState, sentence),
            Denied::TokenUnrefreshed { again_in, .. } => {
                let refused = Self::new(ProblemCode::PlatformUnreachable, sentence);
                Self { retry_after: Some(again_in), ..refused }
            }
            Denied::Sealed(fault) => {
                tracing::error!(error = &*fault as &dyn std::error::Error, "a token's seal does not hold");
                Self::new(ProblemCode::Internal, sentence)
            }
            Denied::JournalUnreadable(_) | Denied::NoName(_) | Denied::NotRekeyed(_) => {
                Self::new(ProblemCode::Internal, sentence)
            }
            Denied::TooLarge(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "a change does not fit the store");
                Self::new(ProblemCode::Internal, sentence)
            }
        }
    }
}

/// The platform's trouble, without anything that the platform sent but the sentence of a refusal.
impl From<&Trouble> for Refused {
    fn from(trouble: &Trouble) -> Self {
        let code = if trouble.is_refusal() {
            ProblemCode::PlatformRefused
        } else {
            ProblemCode::PlatformUnreachable
        };
        Self::new(code, logging::chain(trouble))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = HeaderValue::from_static("application/problem+json");
        let challenge =
            (status == StatusCode::UNAUTHORIZED).then_some([(header::WWW_AUTHENTICATE, "Bearer")]);
        // A part of a second counts as a whole one.
        let retry_after = self.retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let retry_after = retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.max(1).to_string())]);
        (status, challenge, retry_after, [(header::CONTENT_TYPE, problem)], Json(&*self.problem))
            .into_response()
    }
}

/// Answers a path that there is not.
pub(super) async fn no_route() -> Refused {
    Refused::new(ProblemCode::NotFound, "there is no such route")
}

/// Answers a method that the path does not have.
pub(super) async fn no_method() -> Refused {
    Refused::new(ProblemCode::MethodNotAllowed, "this route does not take that method")
}
