//! The console: its files, its session, and the figures that it shows.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::time::sleep;
use wxlogin_state::{Secret, Standing, StateName};

use super::body::Body;
use super::guard::REFUSAL_DELAY;
use super::problem::{self, Refused};
use super::{Api, Peer};
use crate::console::{INVITED_FOR, file};
use crate::wire::{AccountFigures, ConsoleSession, EnterConsole, Invitation, ProblemCode, Summary};

/// `GET /`, `GET /assets/…`: the console's files.
pub(super) async fn page(request: Request) -> Response {
    match file(request.uri().path(), request.headers()) {
        Some(file) => file,
        None => problem::no_route().await.into_response(),
    }
}

impl Api {
    /// A URL that opens the console, once, for some minutes.
    pub fn invite(&self) -> Result<Invitation, Refused> {
        let secret = self.console.seats.invite().map_err(no_random_bytes)?;
        let Some(url) = self.console.invitation_url(&secret) else {
            let detail =
                "no browser can reach this daemon: control.listen is off, and control.console_url is not set";
            return Err(Refused::new(ProblemCode::NotReady, detail));
        };
        let expires_at = self.clock.now().checked_add(INVITED_FOR).unwrap_or(Timestamp::MAX);
        Ok(Invitation { url: Secret::new(url), expires_at })
    }
}

/// `POST /v1/console/login`: a URL that opens the console → 201.
pub(super) async fn invite(State(api): State<Arc<Api>>) -> Result<Response, Refused> {
    Ok((StatusCode::CREATED, Json(api.invite()?)).into_response())
}

/// `POST /v1/console/session`: follows an invitation → 204 with the cookie.
pub(super) async fn enter(
    State(api): State<Arc<Api>>,
    Body(EnterConsole { secret }): Body<EnterConsole>,
) -> Result<Response, Refused> {
    let Some(seat) = api.console.seats.enter(secret.reveal()).map_err(no_random_bytes)? else {
        let _turn = api.guessing.lock().await;
        sleep(REFUSAL_DELAY).await;
        let detail = "this URL was opened before, or its time is over; `wxloginctl console` prints a new one";
        return Err(Refused::new(ProblemCode::Unauthorized, detail));
    };
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, api.console.cookie(&seat))]).into_response())
}

/// `GET /v1/console/session`: whether the caller is let in. By the socket, everybody who gets there is.
pub(super) async fn standing(
    State(api): State<Arc<Api>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Json<ConsoleSession> {
    Json(ConsoleSession { signed_in: peer.0.is_some() || api.console.is_seated(&headers) })
}

/// `DELETE /v1/console/session`: ends it → 204.
pub(super) async fn leave(State(api): State<Arc<Api>>, headers: HeaderMap) -> Response {
    api.console.leave(&headers);
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, api.console.no_cookie())]).into_response()
}

/// `GET /v1/summary`: how many accounts and sessions there are.
pub(super) async fn summary(State(api): State<Arc<Api>>) -> Json<Summary> {
    let (known, online) = api.view.count_accounts();
    Json(Summary {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        accounts: AccountFigures {
            known,
            online,
            standing: Standing::ALL.into_iter().map(|one| (one, api.view.count_standing(one))).collect(),
        },
        sessions: StateName::ALL.into_iter().map(|state| (state, api.view.count(state))).collect(),
    })
}

fn no_random_bytes(error: getrandom::Error) -> Refused {
    Refused::new(ProblemCode::Internal, format!("the system gives no random bytes: {error}"))
}
