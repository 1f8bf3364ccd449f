//! Who may come in: the first thing that every request meets.
//!
//! On the Unix socket the file's mode decides, and the caller is known by `SO_PEERCRED`. On TCP a caller must
//! name this host, must not come from another site's page, and must present the token, or the cookie of somebody
//! who came in by the console. `/healthz`, `/readyz`, the console's files and the way in go without, and what is below
//! `/step/` has its secret in its path. Requests are logged by their route, never by query or body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::net::unix::UCred;
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;
use tracing::{debug, info};

use super::problem::Refused;
use super::token::Token;
use crate::console::{CHANGE_HEADER, Console, DATA_POLICY, is_file};
use crate::wire::ProblemCode;

/// How long a caller with a wrong token waits for the answer.
pub(super) const REFUSAL_DELAY: Duration = Duration::from_millis(500);

/// What every answer says to a browser, unless it says something else: do not keep it, do not guess what it is, do
/// not run anything in it.
const GUARDED: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, DATA_POLICY),
];

/// How callers come in.
#[derive(Debug)]
pub enum Entrance {
    /// By the Unix socket.
    Socket,
    /// By TCP.
    Tcp {
        /// What they must present.
        token: watch::Receiver<Token>,
        /// What they may call this host, as in `127.0.0.1:7430`; empty where any name is accepted.
        hosts: Vec<String>,
        /// The console: whose cookies are good, and where else its page comes from.
        console: Arc<Console>,
        /// Callers with a wrong token wait one after the other, so that guessing by many connections is no
        /// faster than by one.
        guessing: Mutex<()>,
    },
}

impl Entrance {
    /// The entrance by TCP at `address`. Where the operator opened it to other hosts (`remote`) its names are
    /// not known here, and the token alone decides.
    pub fn tcp(
        token: watch::Receiver<Token>,
        address: SocketAddr,
        remote: bool,
        console: Arc<Console>,
    ) -> Self {
        let port = address.port();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        let bound = address.to_string();
        let own = bound.rsplit_once(':').map(|(host, _)| host.to_owned());
        let names = names.into_iter().chain(own);
        let mut hosts: Vec<String> = match (remote, port) {
            (true, _) => Vec::new(),
            // The port that goes without saying.
            (false, 80) => names.flat_map(|name| [format!("{name}:80"), name]).collect(),
            (false, port) => names.map(|name| format!("{name}:{port}")).collect(),
        };
        if !remote {
            hosts.extend(console.host().map(str::to_owned));
        }
        Self::Tcp { token, hosts, console, guessing: Mutex::new(()) }
    }
}

/// Who sent a request; an extension of every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub Option<UCred>);

/// Lets the request pass, or answers why not.
pub(super) async fn check(State(entrance): State<Arc<Entrance>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0);
    let (head, body) = request.into_parts();
    let mut response = match admit(&entrance, &head).await {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(refused) => refused.into_response(),
    };
    for (name, value) in GUARDED {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    log(&method, route.as_deref(), peer, &response);
    response
}

async fn admit(entrance: &Entrance, request: &Parts) -> Result<(), Refused> {
    let Entrance::Tcp { token, hosts, console, guessing } = entrance else { return Ok(()) };
    let (headers, path) = (&request.headers, request.uri.path());
    if !hosts.is_empty() && !names_this_host(request, hosts) {
        return Err(Refused::new(ProblemCode::Misdirected, "the Host header does not name this daemon"));
    }
    // A link elsewhere may lead to the page; the page is told nothing but by what follows.
    if (is_file(path) || is_step_page(path)) && request.method.is_safe() {
        return Ok(());
    }
    let origin = origin(headers, hosts, console);
    if origin == Origin::Foreign {
        let detail = "a page of another site may not use this API";
        return Err(Refused::new(ProblemCode::ForbiddenOrigin, detail));
    }
    if matches!(path, "/healthz" | "/readyz" | "/v1/console/session") || path.starts_with("/step/") {
        return Ok(());
    }
    if presented(headers).is_some_and(|presented| token.borrow().is(presented)) {
        return Ok(());
    }
    if presented(headers).is_some() {
        let _turn = guessing.lock().await;
        sleep(REFUSAL_DELAY).await;
    } else if console.is_seated(headers) {
        return admit_seat(request, origin);
    }
    let detail = "this needs \"Authorization: Bearer <token>\"; the token is in control.token_file";
    Err(Refused::new(ProblemCode::Unauthorized, detail))
}

/// Whether `path` is that of a one-time link: it is opened from wherever it was received.
fn is_step_page(path: &str) -> bool {
    path.strip_prefix("/step/").is_some_and(|secret| !secret.contains('/'))
}

/// A browser sends its cookie whoever makes it ask, so that a change needs a sign that its own page did.
fn admit_seat(request: &Parts, origin: Origin) -> Result<(), Refused> {
    let meant = origin == Origin::Own && request.headers.contains_key(CHANGE_HEADER);
    if request.method.is_safe() || meant {
        return Ok(());
    }
    let detail =
        format!("a change by the console's session comes from its own page, with the header {CHANGE_HEADER}");
    Err(Refused::new(ProblemCode::ForbiddenOrigin, detail))
}

fn names_this_host(request: &Parts, hosts: &[String]) -> bool {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let named = host.or_else(|| request.uri.authority().map(Authority::as_str));
    named.is_some_and(|named| hosts.iter().any(|host| host.eq_ignore_ascii_case(named)))
}

/// Whose page a request comes from, as far as a browser says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The console.
    Own,
    /// Another site's.
    Foreign,
    /// No page's, or it is not said.
    Unsaid,
}

fn origin(headers: &HeaderMap, hosts: &[String], console: &Console) -> Origin {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let origin = headers.get(header::ORIGIN);
    let is_own = |origin: &HeaderValue| {
        let Ok(origin) = origin.to_str() else { return false };
        let host = origin.strip_prefix("http://");
        console.origin().is_some_and(|own| own.eq_ignore_ascii_case(origin))
            || host.is_some_and(|host| is_own_host(host, headers, hosts))
    };
    match (site, origin.map(is_own)) {
        (Some(site), _) if site != b"same-origin" && site != b"none" => Origin::Foreign,
        (_, Some(false)) => Origin::Foreign,
        (Some(b"same-origin"), _) | (_, Some(true)) => Origin::Own,
        _ => Origin::Unsaid,
    }
}

/// Whether a page of `host` is this daemon's. Where its names are not known, the one that was asked for must be: a
/// page that had its own name lead here holds no cookie of this daemon.
fn is_own_host(host: &str, headers: &HeaderMap, hosts: &[String]) -> bool {
    let is = |own: &str| own.eq_ignore_ascii_case(host);
    if hosts.is_empty() {
        return headers.get(header::HOST).and_then(|asked| asked.to_str().ok()).is_some_and(is);
    }
    hosts.iter().any(|own| is(own))
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn log(method: &Method, route: Option<&str>, peer: Option<UCred>, response: &Response) {
    let (route, status) = (route.unwrap_or("unknown"), response.status().as_u16());
    let (uid, pid) = (peer.map(|peer| peer.uid()), peer.and_then(|peer| peer.pid()));
    if method.is_safe() {
        debug!(%method, route, status, "request");
    } else {
        info!(%method, route, status, uid, pid, "change requested");
    }
}
