//! The simulated phone: a page per login with the buttons that make sense now, and the same by HTTP for tests.
//!
//! `/phone/{name}` takes a wId (that is what a QR leads to), or the wcId of whoever has a pop-up box on the phone
//! or is online. `POST /phone/{name}/{action}` does what the button does; see [`Action`] for the actions and
//! [`Details`] for the optional JSON.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use serde_json::json;

use super::hub::Hub;
use super::pages::{HTML, PNG, SCRIPT, STYLE, page, problem};
use super::pictures::{PictureError, face, qr};
use super::world::{Action, ActionRefused, Details};

/// How many phones and people the list shows: as many as somebody looks through.
const LISTED: usize = 50;

/// The phones, what is on them, and the pictures that lead to them.
pub(super) fn routes(hub: &Arc<Hub>) -> Router {
    Router::new()
        .route("/phone", get(async || page(HTML, include_str!("phone/list.html"))))
        .route("/phones", get(phones))
        .route("/phone/{name}", get(async || page(HTML, include_str!("phone/phone.html"))))
        .route("/phone/{name}/state", get(state))
        .route("/phone/{name}/{action}", post(act))
        .route("/assets/style.css", get(async || page(STYLE, include_str!("phone/style.css"))))
        .route("/assets/phone.js", get(async || page(SCRIPT, include_str!("phone/phone.js"))))
        .route("/assets/list.js", get(async || page(SCRIPT, include_str!("phone/list.js"))))
        .route("/assets/words.js", get(async || page(SCRIPT, include_str!("phone/words.js"))))
        .route("/qr/{file}", get(qr_picture))
        .route("/face/{file}", get(face_picture))
        .with_state(hub.clone())
}

async fn phones(State(hub): State<Arc<Hub>>) -> Response {
    let (phones, people) = hub.with(|world| (world.phones(LISTED), world.people(LISTED)));
    Json(json!({"phones": phones, "people": people})).into_response()
}

async fn state(State(hub): State<Arc<Hub>>, Path(name): Path<String>) -> Response {
    match hub.with(|world| world.login(&name)) {
        Some(login) => Json(login).into_response(),
        None => unknown(),
    }
}

async fn act(
    State(hub): State<Arc<Hub>>,
    Path((name, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    match serde_json::from_value(action.into()) {
        Ok(action) => perform(&hub, &name, action, &body),
        Err(_) => problem(StatusCode::NOT_FOUND, &"the phone knows no such action"),
    }
}

/// Does what a button does; the body is [`Details`] or nothing.
pub(super) fn perform(hub: &Hub, name: &str, action: Action, body: &[u8]) -> Response {
    let details = match body {
        b"" => Details::default(),
        body => match serde_json::from_slice(body) {
            Ok(details) => details,
            Err(error) => return problem(StatusCode::BAD_REQUEST, &error),
        },
    };
    let result = hub.with(|world| {
        let w_id = world.act(name, action, &details)?;
        Ok(world.login(w_id.as_str()))
    });
    match result {
        Ok(Some(login)) => {
            tracing::debug!(name, ?action, "somebody used a phone");
            Json(login).into_response()
        }
        Ok(None) | Err(ActionRefused::Unknown) => unknown(),
        Err(refused @ ActionRefused::NotNow(_)) => problem(StatusCode::CONFLICT, &refused),
        Err(refused @ ActionRefused::Spelling) => problem(StatusCode::BAD_REQUEST, &refused),
    }
}

async fn qr_picture(State(hub): State<Arc<Hub>>, headers: HeaderMap, Path(file): Path<String>) -> Response {
    match file.strip_suffix(".png") {
        Some(w_id) if hub.with(|world| world.is_open(w_id)) => {
            picture(qr(&format!("{}/phone/{w_id}", hub.origin(&headers))))
        }
        _ => unknown(),
    }
}

async fn face_picture(Path(file): Path<String>) -> Response {
    match file.strip_suffix(".png") {
        Some(name) => picture(face(name)),
        None => unknown(),
    }
}

fn picture(drawn: Result<Vec<u8>, PictureError>) -> Response {
    match drawn {
        Ok(png) => page(PNG, png),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

fn unknown() -> Response {
    problem(StatusCode::NOT_FOUND, &ActionRefused::Unknown)
}
