//! Whether the daemon is alive, and whether it is ready.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Api;
use crate::driver::StoreState;

/// `GET /healthz`: 200 for as long as the process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: 200 where changes are taken, 503 with the reason where they are not.
pub(super) async fn readyz(State(api): State<Arc<Api>>) -> (StatusCode, Json<Value>) {
    match api.driver.store_state() {
        StoreState::Writable => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        StoreState::ReadOnly(reason) => {
            let body = json!({ "status": "read-only", "reason": &*reason });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}
