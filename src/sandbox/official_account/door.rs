//! What every call of system C passes before it is carried out: the tally and the script. System A's door looks for
//! a key and a JSON body, which these calls do not have.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;

use super::{CALLS, Office};
use crate::sandbox::device::door::{Spoilt, by_rule};
use crate::sandbox::serve::Line;

/// What it says where its answer is to be spoilt.
const SPOILT: Spoilt =
    Spoilt { garbage: "\u{0}{\"code\":200,,", spare: r#"{"code":200,"data":null,"extMsg":"","msg":""}"# };

/// Lets a call in.
pub(super) async fn door(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let hub = &office.hub;
    let Some(call) = CALLS.iter().copied().find(|call| *call == request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    hub.count(call);
    tracing::debug!(call, "the platform is called");
    let rule = hub.script().take(call, None, None);
    let line = request.extensions().get::<Line>().cloned().unwrap_or_default();
    by_rule(rule, &line, &SPOILT, next.run(request)).await
}
