//! The sandbox's own routes, which no platform has: what a test or a developer looks at and turns.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::hub::Hub;
use super::member::Status;
use super::pages::{TEXT, page, problem};
use super::world::Action;
use super::{phone, script};

/// Changes to the member.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MemberChange {
    status: Option<Status>,
    #[serde(default)]
    revoke_key: bool,
}

/// State, script, member and accounts.
pub(super) fn routes(hub: &Arc<Hub>) -> Router {
    Router::new()
        .route("/", get(async || page(TEXT, include_str!("help.txt"))))
        .route("/sandbox/state", get(state))
        .route("/sandbox/script", post(add_rules).delete(clear_rules))
        .route("/sandbox/member", post(change_member))
        .route("/sandbox/accounts/{wcId}/drop", post(drop_account))
        .with_state(hub.clone())
}

async fn state(State(hub): State<Arc<Hub>>) -> Response {
    let world = hub.with(|world| world.state());
    let member = hub.member().view();
    let rules = hub.script().left();
    let body = json!({"member": member, "world": world, "calls": hub.calls(), "scriptRulesLeft": rules});
    Json(body).into_response()
}

async fn add_rules(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let added = script::from_json(&body).and_then(|rules| hub.script().extend(rules));
    match added {
        Ok(()) => Json(json!({"scriptRulesLeft": hub.script().left()})).into_response(),
        Err(error) => problem(StatusCode::BAD_REQUEST, &format!("{:#}", anyhow::Error::new(error))),
    }
}

async fn clear_rules(State(hub): State<Arc<Hub>>) -> StatusCode {
    hub.script().clear();
    StatusCode::NO_CONTENT
}

async fn change_member(State(hub): State<Arc<Hub>>, Json(change): Json<MemberChange>) -> Response {
    let mut member = hub.member();
    if let Some(status) = change.status {
        member.set_status(status);
    }
    if change.revoke_key {
        member.revoke_key();
    }
    Json(member.view()).into_response()
}

async fn drop_account(State(hub): State<Arc<Hub>>, Path(wc_id): Path<String>, body: Bytes) -> Response {
    phone::perform(&hub, &wc_id, Action::Drop, &body)
}
