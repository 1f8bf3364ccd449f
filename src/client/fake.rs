//! A daemon for the tests of the client and of `wxloginctl`: the control API over a real Unix socket, with
//! sessions that the test moves by hand. It knows no rules beyond what the tests need.

mod accounts;
mod events;
mod host;
mod values;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use wxlogin_state::public::{Account, Session};
use wxlogin_state::{DropReason, Secret, Source, StateName, Transition, Version, Why};

pub(crate) use accounts::Asked;
pub(crate) use events::{event, event_block};
pub(crate) use host::export_of;
pub(crate) use values::{
    NOW, account, calling, code_wanted, dropped, due, in_flight, offline, online, session, slider_wanted, why,
};

use super::{Client, Target};
use crate::wire::{
    Check, CreateSession, EnterCode, History, Invitation, MakeLink, Problem, ProblemCode, SessionPage,
    StepLink,
};

/// The only code that is right.
pub(crate) const CODE: &str = "123456";

/// What the fake draws as a QR.
pub(crate) const BLOCKS: &str = "█▀█\n▀▄█\n";

/// A running fake daemon; it ends with the value.
pub(crate) struct Fake {
    dir: TempDir,
    shared: Arc<Shared>,
    server: Option<AbortHandle>,
}

#[derive(Default)]
struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<()>,
}

/// What the fake knows.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) sessions: Vec<Session>,
    pub(crate) accounts: Vec<Account>,
    /// What logins and changes of accounts are refused with.
    pub(crate) refusal: Option<Problem>,
    /// The bodies of `POST /v1/sessions`.
    pub(crate) created: Vec<CreateSession>,
    /// What was asked of accounts, in order.
    pub(crate) asked: Vec<Asked>,
    /// The answer to every "why?".
    pub(crate) why: Option<Why>,
    /// How many blocking reads have come.
    pub(crate) reads: usize,
    /// What the next streams of events send, piece by piece, before they end.
    pub(crate) streams: VecDeque<Vec<String>>,
    /// What streams were asked for, as queries.
    pub(crate) streams_asked: Vec<String>,
    /// The text of the backup.
    pub(crate) backup: Vec<u8>,
    /// How it stands; a daemon that does not say where absent.
    pub(crate) check: Option<Check>,
    /// Logins that were begun under a name: it, and the wId.
    pub(crate) named: Vec<(String, String)>,
}

impl Fake {
    /// Starts one that knows nothing.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut fake = Self { dir, shared: Arc::default(), server: None };
        fake.serve();
        fake
    }

    /// Listens.
    pub(crate) fn serve(&mut self) {
        let listener = UnixListener::bind(self.socket()).unwrap();
        let app = routes(self.shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        self.server = Some(server.abort_handle());
    }

    /// Listens no more; what it knows stays.
    pub(crate) fn stop(&mut self) {
        std::fs::remove_file(self.socket()).unwrap();
        self.server.take().unwrap().abort();
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("control.sock")
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(Target::Socket(self.socket()))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }

    /// Changes a session, raising its version and waking its readers.
    pub(crate) fn change(&self, w_id: &str, change: impl FnOnce(&mut Session)) {
        self.shared.change(w_id, change).unwrap();
    }

    /// Changes an account, raising its version.
    pub(crate) fn change_account(&self, wc_id: &str, change: impl FnOnce(&mut Account)) {
        self.shared.change_account(wc_id, change).unwrap();
    }

    /// Ends once so many blocking reads have come.
    pub(crate) async fn read_times(&self, times: usize) {
        let mut changed = self.shared.changed.subscribe();
        while self.world().reads < times {
            changed.changed().await.unwrap();
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl Shared {
    fn change(&self, w_id: &str, change: impl FnOnce(&mut Session)) -> Result<Session, Refused> {
        let mut world = self.world.lock().unwrap();
        let session = world.sessions.iter_mut().find(|session| session.w_id.as_str() == w_id);
        let session = session.ok_or_else(|| missing(w_id))?;
        change(session);
        session.version = session.version.next();
        self.changed.send_replace(());
        Ok(session.clone())
    }

    fn session(&self, w_id: &str) -> Result<Session, Refused> {
        let world = self.world.lock().unwrap();
        let session = world.sessions.iter().find(|session| session.w_id.as_str() == w_id);
        session.cloned().ok_or_else(|| missing(w_id))
    }
}

/// A problem as a response.
#[derive(Debug)]
struct Refused(Box<Problem>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::from_u16(self.0.status).unwrap(), Json(self.0)).into_response()
    }
}

fn refused(problem: Problem) -> Refused {
    Refused(Box::new(problem))
}

fn missing(name: &str) -> Refused {
    refused(Problem::new(ProblemCode::NotFound, format!("there is no {name}")))
}

type Fakes = State<Arc<Shared>>;

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/sessions", get(list).post(create))
        .route("/v1/sessions/{w_id}", get(read).delete(end))
        .route("/v1/sessions/{w_id}/qr", get(async || BLOCKS))
        .route("/v1/sessions/{w_id}/verify", post(verify))
        .route("/v1/sessions/{w_id}/slider-done", post(slider_done))
        .route("/v1/sessions/{w_id}/history", get(history))
        .route("/v1/sessions/{w_id}/why", get(accounts::why))
        .merge(accounts::routes())
        .route("/v1/console/login", post(invite))
        .route("/v1/sessions/{w_id}/link", post(link))
        .route("/v1/accounts/{wc_id}/link", post(link_to_account))
        .merge(events::routes())
        .merge(host::routes())
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(async || (StatusCode::BAD_GATEWAY, "<html>")))
        .with_state(shared)
}

/// Says in the secret for how long it was asked.
async fn link(
    State(shared): Fakes,
    Path(w_id): Path<String>,
    Json(asked): Json<MakeLink>,
) -> Result<(StatusCode, Json<StepLink>), Refused> {
    shared.session(&w_id)?;
    Ok(linked("5ec4e7", &asked))
}

async fn link_to_account(Json(asked): Json<MakeLink>) -> (StatusCode, Json<StepLink>) {
    linked("acc0n7", &asked)
}

fn linked(secret: &str, asked: &MakeLink) -> (StatusCode, Json<StepLink>) {
    let url = format!("http://127.0.0.1:7430/step/{secret}-{}", asked.ttl.as_deref().unwrap_or("usual"));
    let link = StepLink { url: Secret::new(url), expires_at: NOW + Duration::from_mins(5) };
    (StatusCode::CREATED, Json(link))
}

async fn invite() -> (StatusCode, Json<Invitation>) {
    let url = Secret::new("http://127.0.0.1:7430/#enter=5ec4e7");
    (StatusCode::CREATED, Json(Invitation { url, expires_at: NOW + Duration::from_mins(5) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    state: Option<StateName>,
    wc_id: Option<String>,
    limit: Option<usize>,
    after: Option<usize>,
}

/// `after` is a place in the list here.
async fn list(State(shared): Fakes, Query(which): Query<Which>) -> Json<SessionPage> {
    let world = shared.world.lock().unwrap();
    let wanted = |session: &&Session| {
        which.state.is_none_or(|state| session.state == state)
            && which
                .wc_id
                .as_deref()
                .is_none_or(|id| session.wc_id.as_ref().is_some_and(|it| it.as_str() == id))
    };
    let (from, most) = (which.after.unwrap_or(0), which.limit.unwrap_or(100));
    let all: Vec<Session> = world.sessions.iter().filter(wanted).cloned().collect();
    let next = (from + most < all.len()).then(|| (from + most).to_string());
    Json(SessionPage { sessions: all.into_iter().skip(from).take(most).collect(), next })
}

async fn create(
    State(shared): Fakes,
    headers: HeaderMap,
    Json(body): Json<CreateSession>,
) -> Result<Response, Refused> {
    let mut world = shared.world.lock().unwrap();
    world.created.push(body.clone());
    if let (Some(key), None) = (headers.get("idempotency-key"), &world.refusal) {
        return Ok(create_as(&mut world, key.to_str().unwrap(), body));
    }
    match (&world.refusal, world.sessions.first()) {
        (Some(problem), _) => Err(refused(problem.clone())),
        (None, Some(session)) => Ok(Json(session.clone()).into_response()),
        (None, None) => {
            world.sessions.push(session("w-fresh"));
            Ok((StatusCode::CREATED, Json(session("w-fresh"))).into_response())
        }
    }
}

/// By a name that is known it is that login; else the next one, `w-1`, `w-2`, …
fn create_as(world: &mut World, key: &str, body: CreateSession) -> Response {
    if let Some((_, w_id)) = world.named.iter().find(|(name, _)| name == key) {
        let known = world.sessions.iter().find(|session| session.w_id.as_str() == w_id).unwrap();
        return (StatusCode::CREATED, Json(known.clone())).into_response();
    }
    let w_id = format!("w-{}", world.named.len() + 1);
    world.named.push((key.to_owned(), w_id.clone()));
    world.sessions.push(Session { label: body.label, wc_id: body.wc_id, ..session(&w_id) });
    (StatusCode::CREATED, Json(session(&w_id))).into_response()
}

#[derive(Deserialize)]
struct Blocking {
    wait: Option<String>,
    #[serde(default)]
    version: u64,
}

async fn read(
    State(shared): Fakes,
    Path(w_id): Path<String>,
    Query(blocking): Query<Blocking>,
) -> Result<Json<Session>, Refused> {
    let Some(wait) = blocking.wait else { return shared.session(&w_id).map(Json) };
    let wait: Duration = humantime::parse_duration(&wait).unwrap();
    let mut changed = shared.changed.subscribe();
    shared.world.lock().unwrap().reads += 1;
    shared.changed.send_replace(());
    let newer = async {
        loop {
            match shared.session(&w_id) {
                Ok(session) if session.version.0 <= blocking.version => changed.changed().await.unwrap(),
                found => return found,
            }
        }
    };
    match tokio::time::timeout(wait, newer).await {
        Ok(found) => found.map(Json),
        Err(_) => shared.session(&w_id).map(Json),
    }
}

/// The right code logs in, another one is refused by the platform.
async fn verify(
    State(shared): Fakes,
    Path(w_id): Path<String>,
    Json(body): Json<EnterCode>,
) -> Result<(StatusCode, Json<Session>), Refused> {
    let before = shared.session(&w_id)?;
    if before.verify.is_none() {
        let detail = "a code is taken only while it is awaiting-verify";
        return Err(refused(Problem::new(ProblemCode::WrongState, detail).in_state(before.state)));
    }
    let taken = shared.change(&w_id, |session| session.verify.as_mut().unwrap().in_flight = true)?;
    shared.change(&w_id, |session| match (&mut session.verify, body.code.reveal()) {
        (Some(verify), code) if code != CODE => {
            (verify.attempts, verify.in_flight) = (verify.attempts + 1, false);
        }
        _ => online(session),
    })?;
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

/// Passing the page logs in.
async fn slider_done(State(shared): Fakes, Path(w_id): Path<String>) -> Result<Json<Session>, Refused> {
    shared.change(&w_id, online).map(Json)
}

async fn end(State(shared): Fakes, Path(w_id): Path<String>) -> Result<Json<Session>, Refused> {
    shared.change(&w_id, |session| dropped(session, DropReason::LoggedOut, "logged out here")).map(Json)
}

async fn history(State(shared): Fakes, Path(w_id): Path<String>) -> Result<Json<History>, Refused> {
    let session = shared.session(&w_id)?;
    let why = "the platform issued a QR".to_owned();
    let (at, to, source) = (session.created_at, session.state, Source::IssueQr);
    let first = Transition { at, version: Version(1), from: None, to, why, source };
    Ok(Json(History { history: vec![first] }))
}
