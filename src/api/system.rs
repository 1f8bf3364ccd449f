//! Whether the daemon is alive, and whether it is ready.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::Api;
use super::problem::Refused;
use crate::driver::StoreState;
use crate::wire::ProblemCode;

/// `GET /healthz`: 200 for as long as the process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `POST /v1/platform/callback`: a platform callback, passed on by whoever received it.
pub(super) async fn callback(State(api): State<Arc<Api>>, request: Request) -> Response {
    api.callbacks.receive(request).await
}

/// `GET /readyz`: 200 where changes are taken; 503 with the reason where they are not.
pub(super) async fn readyz(State(api): State<Arc<Api>>) -> Result<Json<Value>, Refused> {
    match api.driver.store_state() {
        StoreState::Writable => Ok(Json(json!({ "status": "ready" }))),
        StoreState::ReadOnly(read_only) => {
            let detail = format!("changes are not taken now, reading goes on: {read_only}");
            Err(Refused::new(ProblemCode::NotReady, detail))
        }
    }
}
