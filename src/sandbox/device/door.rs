//! What every platform call passes before it is carried out: the tally, the watch over polls, the script, the key.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::request::Parts;
use wxlogin_state::WId;

use super::envelope::{Params, Refused, json_response, refused};
use super::{CALLS, MEMBER_LOGIN, POLL};
use crate::sandbox::hub::Hub;
use crate::sandbox::member::Status;
use crate::sandbox::script::{Fault, PlainFault, Rule};
use crate::sandbox::serve::{Cut, Line};

/// Largest body of a call, in bytes: as the control API's own.
pub(in crate::sandbox) const MAX_BODY: usize = 64 * 1024;

/// How long an earlier poll may take to be noticed as gone. A client that closes one connection and at once opens
/// another is not at fault, though both may be seen here in one moment.
const OVERLAP_GRACE: Duration = Duration::from_millis(100);

/// Lets a call in.
pub(super) async fn door(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let Some(call) = CALLS.iter().copied().find(|call| *call == head.uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    hub.count(call);
    let params = Params::read(&body);
    let text = |name| params.as_ref().ok().and_then(|params| params.optional_text(name).ok().flatten());
    tracing::debug!(call, wId = text("wId"), wcId = text("wcId"), "the platform is called");
    let _open = if call == POLL { OpenPoll::begin(&hub, text("wId")).await } else { None };
    let rule = hub.script().take(call, text("wId"), text("wcId"));
    let line = head.extensions.get::<Line>().cloned().unwrap_or_default();
    let normal = async {
        match may_enter(&hub, call, &head).and(params) {
            Ok(params) => {
                head.extensions.insert(params);
                next.run(Request::from_parts(head, Body::empty())).await
            }
            Err(refusal) => refusal.into_response(),
        }
    };
    by_rule(rule, &line, &SPOILT, normal).await
}

/// What a system says where its answer is to be spoilt.
#[derive(Debug)]
pub(in crate::sandbox) struct Spoilt {
    /// Begins like an answer, and is not JSON.
    pub(in crate::sandbox) garbage: &'static str,
    /// The answer that is cut in half where the call was not carried out.
    pub(in crate::sandbox) spare: &'static str,
}

/// System A's.
const SPOILT: Spoilt = Spoilt {
    garbage: "\u{0}{\"code\":\"1000\",,",
    spare: r#"{"code":"1000","message":"\u5904","data":null}"#,
};

/// Answers as a rule says, and normally where there is none: later, wrongly, or not at all.
pub(in crate::sandbox) async fn by_rule(
    rule: Option<Rule>,
    line: &Line,
    spoilt: &Spoilt,
    normal: impl Future<Output = Response>,
) -> Response {
    let (delay, after, fault) =
        rule.map_or((Duration::ZERO, false, None), |rule| (rule.delay, rule.after, rule.fault));
    let mut normal = std::pin::pin!(normal);
    let carried_out = if after { Some(normal.as_mut().await) } else { None };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match (fault, carried_out) {
        (None, Some(answer)) => answer,
        (None, None) => normal.await,
        (Some(fault), carried_out) => perform(&fault, line, spoilt, carried_out).await,
    }
}

fn may_enter(hub: &Hub, call: &str, head: &Parts) -> Result<(), Refused> {
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !header(CONTENT_TYPE).starts_with("application/json") {
        return Err(refused("Content-Type必须是application/json"));
    }
    if call == MEMBER_LOGIN {
        return Ok(());
    }
    let member = hub.member();
    if !member.knows(header(AUTHORIZATION)) {
        return Err(refused("Authorization无效，请重新登录"));
    }
    match member.status() {
        Status::Normal => Ok(()),
        Status::Frozen => Err(refused("账号已冻结")),
        Status::Expired => Err(refused("账号已过期")),
    }
}

/// Does what the script says; `answer` is the normal one where the call has been carried out.
async fn perform(fault: &Fault, line: &Line, spoilt: &Spoilt, answer: Option<Response>) -> Response {
    let cut = match fault {
        Fault::Gateway { status, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            return (status, [(CONTENT_TYPE, "text/html")], body.clone()).into_response();
        }
        Fault::Answer { answer } => return json_response(answer),
        Fault::Plain(PlainFault::Garbage) => {
            return ([(CONTENT_TYPE, "application/json")], spoilt.garbage).into_response();
        }
        Fault::Plain(PlainFault::Reset) => Cut::Reset,
        Fault::Plain(PlainFault::Close) => Cut::Close(Bytes::new()),
        Fault::Plain(PlainFault::HalfBody) => Cut::Close(half(answer, spoilt.spare).await),
    };
    match line.cut(cut).await {}
}

/// The first half of an answer, whose head promises all of it.
async fn half(answer: Option<Response>, spare: &'static str) -> Bytes {
    let spare = || Bytes::from_static(spare.as_bytes());
    let body = match answer {
        Some(answer) => to_bytes(answer.into_body(), MAX_BODY).await.unwrap_or_else(|_| spare()),
        None => spare(),
    };
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n")
            .into_bytes();
    bytes.extend_from_slice(&body[..length / 2]);
    bytes.into()
}

/// A poll that is open: from its arrival until it is answered or its caller has gone.
struct OpenPoll {
    hub: Arc<Hub>,
    w_id: WId,
    number: u64,
}

impl OpenPoll {
    /// Opens a poll, and counts an overlap where another stays open beside it.
    async fn begin(hub: &Arc<Hub>, w_id: Option<&str>) -> Option<Self> {
        let w_id: WId = w_id?.parse().ok()?;
        let (number, beside) = hub.with(|world| world.open_poll(&w_id))?;
        let poll = Self { hub: hub.clone(), w_id, number };
        if let Some(earlier) = beside {
            tokio::time::sleep(OVERLAP_GRACE).await;
            hub.with(|world| world.check_overlap(&poll.w_id, earlier));
        }
        Some(poll)
    }
}

impl Drop for OpenPoll {
    fn drop(&mut self) {
        self.hub.with(|world| world.close_poll(&self.w_id, self.number));
    }
}
