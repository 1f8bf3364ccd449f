//! What every call of system C passes before it is carried out: the tally and the script. System A's door looks for
//! a key and a JSON body, which these calls do not have.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName};

use super::{CALLS, Office};
use crate::sandbox::script::{Fault, PlainFault};
use crate::sandbox::serve::{Cut, Line};

/// Largest answer of the sandbox's own, in bytes: two tokens have hundreds.
const MAX_ANSWER: usize = 64 * 1024;

/// Lets a call in.
pub(super) async fn door(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let hub = &office.hub;
    let Some(call) = CALLS.iter().copied().find(|call| *call == request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    hub.count(call);
    tracing::debug!(call, "the platform is called");
    let Some(rule) = hub.script().take(call, None, None) else { return next.run(request).await };
    let line = request.extensions().get::<Line>().cloned().unwrap_or_default();
    let mut normal = std::pin::pin!(next.run(request));
    let carried_out = if rule.after { Some(normal.as_mut().await) } else { None };
    if !rule.delay.is_zero() {
        tokio::time::sleep(rule.delay).await;
    }
    match (rule.fault, carried_out) {
        (None, Some(answer)) => answer,
        (None, None) => normal.await,
        (Some(fault), carried_out) => perform(&fault, &line, carried_out).await,
    }
}

/// Does what the script says; `answer` is the normal one where the call has been carried out.
async fn perform(fault: &Fault, line: &Line, answer: Option<Response>) -> Response {
    const JSON: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];
    let cut = match fault {
        Fault::Gateway { status, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            return (status, [(CONTENT_TYPE, "text/html")], body.clone()).into_response();
        }
        Fault::Answer { answer } => return (JSON, answer.to_string()).into_response(),
        Fault::Plain(PlainFault::Garbage) => return (JSON, "\u{0}{\"code\":200,,").into_response(),
        Fault::Plain(PlainFault::Reset) => Cut::Reset,
        Fault::Plain(PlainFault::Close) => Cut::Close(Bytes::new()),
        Fault::Plain(PlainFault::HalfBody) => Cut::Close(half(answer).await),
    };
    match line.cut(cut).await {}
}

/// The first half of an answer, whose head promises all of it.
async fn half(answer: Option<Response>) -> Bytes {
    let spare = || Bytes::from_static(br#"{"code":200,"data":null,"extMsg":"","msg":""}"#);
    let body = match answer {
        Some(answer) => to_bytes(answer.into_body(), MAX_ANSWER).await.unwrap_or_else(|_| spare()),
        None => spare(),
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
    let whole = format!("{head} {}\r\n\r\n", body.len());
    [whole.as_bytes(), &body[..body.len() / 2]].concat().into()
}
