//! The slider page (seed 002: 滑块): a person drags a piece into its gap. Nothing but a drag that ends at the gap
//! passes it; looking at the page changes nothing.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::hub::Hub;
use super::pages::{HTML, SCRIPT, STYLE, page, problem};

/// Where the piece was let go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drag {
    /// A fraction of the track.
    position: f64,
}

/// The page and what is behind it.
pub(super) fn routes(hub: &Arc<Hub>) -> Router {
    Router::new()
        .route("/captcha/index.html", get(async || page(HTML, include_str!("captcha/captcha.html"))))
        .route("/captcha/captcha.js", get(async || page(SCRIPT, include_str!("captcha/captcha.js"))))
        .route("/captcha/captcha.css", get(async || page(STYLE, include_str!("captcha/captcha.css"))))
        .route("/captcha/{uuid}", get(look).post(slide))
        .with_state(hub.clone())
}

async fn look(State(hub): State<Arc<Hub>>, Path(uuid): Path<String>) -> Response {
    match hub.with(|world| world.captcha(&uuid)) {
        Some(captcha) => Json(captcha).into_response(),
        None => gone(),
    }
}

async fn slide(State(hub): State<Arc<Hub>>, Path(uuid): Path<String>, Json(drag): Json<Drag>) -> Response {
    match hub.with(|world| world.slide(&uuid, drag.position)) {
        Some(true) => Json(json!({"passed": true})).into_response(),
        Some(false) => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"passed": false}))).into_response(),
        None => gone(),
    }
}

fn gone() -> Response {
    problem(StatusCode::NOT_FOUND, &"there is no such page any more")
}
