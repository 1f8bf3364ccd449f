//! One-time links: made for those who may use the API, opened by whoever has one.
//!
//! What is below `/step/<secret>` is all that a link opens: the page, and what that page asks for. It reads and does
//! what belongs to one login's steps, or to the beginning of an account's next login, and takes neither token nor cookie. A secret that opens nothing is answered like
//! every other one, whether there ever was such a link or not, and callers who have one wait one after the other.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::time::sleep;
use wxlogin_state::{Account, Goal, Input, Tending};

use super::Api;
use super::body::{AccountPath, Body, SessionPath};
use super::guard::REFUSAL_DELAY;
use super::problem::Refused;
use super::{qr, steps};
use crate::console::step_page;
use crate::links::{self, Fresh, LONGEST, Standing, USUAL};
use crate::view::SessionEntry;
use crate::wire::{EnterCode, LinkedStep, MakeLink, PersonsStep, ProblemCode, Step, StepLink, Whose};

/// `POST /v1/sessions/{wId}/link`: a one-time link → 201; 409 where the session waits for nobody.
pub(super) async fn make(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
    asked: Option<Body<MakeLink>>,
) -> Result<Response, Refused> {
    made(&api, Goal::Login(w_id), asked).await
}

/// `POST /v1/accounts/{wcId}/link`: one to the account's next login → 201; 409 where nobody is waited for.
pub(super) async fn make_for_account(
    State(api): State<Arc<Api>>,
    AccountPath(wc_id): AccountPath,
    asked: Option<Body<MakeLink>>,
) -> Result<Response, Refused> {
    made(&api, Goal::Account(wc_id), asked).await
}

async fn made(api: &Api, to: Goal, asked: Option<Body<MakeLink>>) -> Result<Response, Refused> {
    let asked = asked.map(|Body(asked)| asked).unwrap_or_default();
    let ttl = asked.ttl.as_deref().map_or(Ok(USUAL), ttl)?;
    let made = Fresh::new(to, api.clock.now(), ttl);
    let Fresh { link, secret } = made.map_err(|error| {
        Refused::new(ProblemCode::Internal, format!("the system gives no random bytes: {error}"))
    })?;
    let Some(url) = api.console.step_url(&secret) else {
        let detail =
            "no browser can reach this daemon: control.listen is off, and control.console_url is not set";
        return Err(Refused::new(ProblemCode::NotReady, detail));
    };
    let expires_at = link.until;
    api.driver.keep_link(link).await?;
    Ok((StatusCode::CREATED, Json(StepLink { url, expires_at })).into_response())
}

fn ttl(text: &str) -> Result<Duration, Refused> {
    let fits = |ttl: &Duration| (Duration::from_secs(1)..=LONGEST).contains(ttl);
    humantime::parse_duration(text).ok().filter(fits).ok_or_else(|| {
        let longest = humantime::format_duration(LONGEST);
        Refused::invalid("ttl", format!("ttl is a duration such as 10m, from 1s to {longest}"))
    })
}

impl Api {
    /// How things stand behind a secret while there is something to be told.
    fn opened(&self, secret: &str) -> Option<Standing> {
        let link = self.view.links.get(&links::named(secret)?)?;
        let standing = Standing::of(&link, &self.view);
        let is_over = links::is_over(&link, standing.as_ref(), self.clock.now());
        standing.filter(|_| !is_over)
    }

    /// The login that a link leads to while somebody is to complete it.
    async fn login(&self, secret: &str) -> Result<Arc<SessionEntry>, Refused> {
        match self.opened(secret) {
            Some(Standing::Login(session)) => Ok(session),
            _ => Err(self.nothing_there().await),
        }
    }

    async fn nothing_there(&self) -> Refused {
        let _turn = self.guessing.lock().await;
        sleep(REFUSAL_DELAY).await;
        Refused::new(ProblemCode::NotFound, "there is nothing to do here, or no longer")
    }
}

/// `GET /step/<secret>`: the page, or one that says that there is nothing to do.
pub(super) async fn page(State(api): State<Arc<Api>>, Path(secret): Path<String>) -> Response {
    let is_open = api.opened(&secret).is_some_and(|standing| standing.is_open());
    if !is_open {
        api.nothing_there().await;
    }
    step_page(is_open)
}

/// `GET /step/<secret>/state`: what is to be done now; for a little while, how that ended.
pub(super) async fn state(
    State(api): State<Arc<Api>>,
    Path(secret): Path<String>,
) -> Result<Json<LinkedStep>, Refused> {
    let Some(standing) = api.opened(&secret) else { return Err(api.nothing_there().await) };
    Ok(Json(match standing {
        Standing::Login(session) => match steps::step(&api, &session) {
            Some(step) => LinkedStep::Waiting(for_the_person(step)),
            None => LinkedStep::Ended,
        },
        Standing::Confirm(account) => LinkedStep::Confirm(whose(&account, None)),
        Standing::Open(account) => LinkedStep::Offered(whose(&account, None)),
        Standing::Fetching(account) => LinkedStep::Fetching(whose(&account, None)),
        Standing::Later(account, at) => LinkedStep::Later(whose(&account, Some(at))),
        Standing::Done { online: true, .. } => LinkedStep::Online,
        Standing::Done { online: false, .. } => LinkedStep::Ended,
    }))
}

/// `POST /step/<secret>/open`: fetches the QR of a login that waited to be opened → 202 without a body.
pub(super) async fn open(
    State(api): State<Arc<Api>>,
    Path(secret): Path<String>,
) -> Result<StatusCode, Refused> {
    match api.opened(&secret) {
        Some(Standing::Open(account)) => {
            api.driver
                .tend(&account.wc_id, Tending::Wanted { method: None, force: false, request_key: None })
                .await?;
        }
        // Somebody opened it a moment ago.
        Some(Standing::Login(_) | Standing::Fetching(_)) => {}
        Some(Standing::Confirm(_) | Standing::Later(..) | Standing::Done { .. }) | None => {
            return Err(api.nothing_there().await);
        }
    }
    Ok(StatusCode::ACCEPTED)
}

/// `GET /step/<secret>/qr`: as `GET /v1/sessions/{wId}/qr`.
pub(super) async fn picture(
    State(api): State<Arc<Api>>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let session = api.login(&secret).await?;
    qr::shown(&api, &session, &headers).await
}

/// `POST /step/<secret>/verify`: passes the code on → 202 without a body.
pub(super) async fn verify(
    State(api): State<Arc<Api>>,
    Path(secret): Path<String>,
    Body(entered): Body<EnterCode>,
) -> Result<StatusCode, Refused> {
    let session = api.login(&secret).await?;
    steps::enter_code(&api, &session.w_id, &entered).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `POST /step/<secret>/slider-done`: the page is passed → 202 without a body.
pub(super) async fn slider_done(
    State(api): State<Arc<Api>>,
    Path(secret): Path<String>,
) -> Result<StatusCode, Refused> {
    let session = api.login(&secret).await?;
    api.driver.apply(&session.w_id, Input::SliderDone).await?;
    Ok(StatusCode::ACCEPTED)
}

fn whose(account: &Account, at: Option<Timestamp>) -> Whose {
    Whose { label: account.label.clone(), nick_name: account.profile.nick_name.clone(), at }
}

fn for_the_person(step: Step) -> PersonsStep {
    PersonsStep {
        kind: step.kind,
        label: step.label,
        nick_name: step.nick_name,
        known: step.wc_id.is_some(),
        prompt: step.prompt,
        attempts: step.attempts,
        url: step.url,
        in_flight: step.in_flight,
        deadline: step.deadline,
    }
}
