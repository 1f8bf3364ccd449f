//! Platform callbacks: what the platform reports by itself (protocol.md, system A, "callback").
//!
//! ```text
//!   the platform ──► door ──┐                 ┌─► hint      an account may be offline: look at once
//!   control API ────────────┴──► Callbacks ───┼─► forward   everything else, unchanged and in order
//!                                             └─► nothing   tests
//! ```
//!
//! Callbacks are duplicated, late, and may name a login that is long over, so that none of them is ever the truth:
//! an offline notice makes somebody look, no more. Whatever was read is acknowledged, also what makes no sense,
//! because the platform would only send it again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::Body as _;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use tokio::time::timeout;
use tracing::{debug, warn};
use wxlogin_state::WcId;

use crate::platform::Notice;

mod door;
mod forward;
mod register;

pub use door::Door;
pub use forward::{Forward, SetupError};
pub use register::register;

/// Largest callback, in bytes. A chat message that is a whole document has some hundred thousand.
pub const LARGEST: usize = 1024 * 1024;

/// How long a callback's body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(15);

/// Called with the account that an offline notice names. Must not wait.
pub type Hint = Arc<dyn Fn(WcId) + Send + Sync>;

/// Takes callbacks, wherever they come in. Clones share everything.
#[derive(Clone)]
pub struct Callbacks {
    hint: Hint,
    forward: Option<Forward>,
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks").field("forward", &self.forward).finish_non_exhaustive()
    }
}

/// What a callback was. As a response it is the acknowledgement that the platform wants, whatever it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// An offline notice, `30000`; the hint was given.
    Offline,
    /// A test, `00000`.
    Test,
    /// Anything else; passed on where chat messages are wanted.
    Message,
    /// An offline notice that names nobody.
    Unreadable,
}

impl Callbacks {
    /// Gives `hint` the accounts of offline notices, and everything else to `forward`, where there is one.
    pub fn new(hint: Hint, forward: Option<Forward>) -> Self {
        Self { hint, forward }
    }

    /// Reads a request's body, at most [`LARGEST`] bytes within 15 s, and takes it. Answers 413, 408 or 400
    /// without a body where there is nothing to take.
    pub async fn receive(&self, request: Request) -> Response {
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        match whole(request.into_body()).await {
            Ok(body) => self.take(body, content_type).into_response(),
            Err(status) => {
                warn!(
                    status = status.as_u16(),
                    "a callback is lost: its body did not come whole or is too large"
                );
                status.into_response()
            }
        }
    }

    /// Acts upon a callback; the type of its content goes with it where it is passed on.
    pub fn take(&self, body: Bytes, content_type: Option<HeaderValue>) -> Taken {
        match Notice::read(&body) {
            Ok(Notice::Offline { wc_id, w_id }) => {
                debug!(wcId = %wc_id, wId = w_id.map(tracing::field::display), "an offline notice");
                (self.hint)(wc_id);
                Taken::Offline
            }
            Ok(Notice::Test) => Taken::Test,
            Ok(Notice::Message) => {
                if let Some(forward) = &self.forward {
                    forward.pass_on(body, content_type);
                }
                Taken::Message
            }
            Err(fault) => {
                let (error, bytes) = (&fault as &dyn std::error::Error, body.len());
                warn!(error, bytes, "an offline notice names nobody");
                Taken::Unreadable
            }
        }
    }
}

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], Notice::ACK).into_response()
    }
}

/// All of a body, or the status that says what is wrong with it.
async fn whole(body: Body) -> Result<Bytes, StatusCode> {
    if body.size_hint().lower() > LARGEST as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match timeout(ARRIVAL, Limited::new(body, LARGEST).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

#[cfg(test)]
mod tests;
