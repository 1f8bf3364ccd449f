//! Whether the daemon is alive, whether it is ready, and what it counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::problem::Refused;
use crate::driver::StoreState;
use crate::metrics;
use crate::wire::{Health, ProblemCode};

/// `GET /healthz`: 200 for as long as the process answers.
pub(super) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok".to_owned() })
}

/// `POST /v1/platform/callback`: a platform callback, passed on by whoever received it.
pub(super) async fn callback(State(api): State<Arc<Api>>, request: Request) -> Response {
    api.callbacks.receive(request).await
}

/// `GET /readyz`: 200 where changes are taken; 503 with the reason where they are not.
pub(super) async fn readyz(State(api): State<Arc<Api>>) -> Result<Json<Health>, Refused> {
    match api.driver.store_state() {
        StoreState::Writable => Ok(Json(Health { status: "ready".to_owned() })),
        StoreState::ReadOnly(read_only) => {
            let detail = format!("changes are not taken now, reading goes on: {read_only}");
            Err(Refused::new(ProblemCode::NotReady, detail))
        }
    }
}

/// `GET /metrics`: what Prometheus reads.
pub(super) async fn metrics(State(api): State<Arc<Api>>) -> Result<impl IntoResponse, Refused> {
    let text = api.exposition.text();
    let text = text.map_err(|_| Refused::new(ProblemCode::Internal, "the metrics cannot be written"))?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}
