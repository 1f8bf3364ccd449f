//! Who may come in: the first thing that every request meets.
//!
//! On the Unix socket the file's mode decides, and the caller is known by `SO_PEERCRED`. On TCP a caller must
//! name this host, must not come from another site's page, and must present the token; only `/healthz` and
//! `/readyz` go without one. Requests are logged by their route, never by query or body.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::net::unix::UCred;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tracing::{debug, info};

use super::problem::Refused;
use super::token::Token;
use crate::wire::ProblemCode;

/// How long a caller without the right token waits for the answer.
const REFUSAL_DELAY: Duration = Duration::from_millis(500);

/// Most refused callers that wait at once; the others are refused without an answer's worth of work.
const REFUSALS: usize = 16;

/// How callers come in.
#[derive(Debug)]
pub enum Entrance {
    /// By the Unix socket.
    Socket,
    /// By TCP.
    Tcp {
        /// What they must present.
        token: Token,
        /// What they may call this host, as in `127.0.0.1:7430`; empty where any name is accepted.
        hosts: Vec<String>,
        /// Bounds the refused callers that wait.
        refusals: Semaphore,
    },
}

impl Entrance {
    /// The entrance by TCP at `port`. Where the operator opened it to other hosts (`remote`) its names are not
    /// known here, and the token alone decides.
    pub fn tcp(token: Token, port: u16, remote: bool) -> Self {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        let hosts = if remote { Vec::new() } else { names.map(|name| format!("{name}:{port}")).to_vec() };
        Self::Tcp { token, hosts, refusals: Semaphore::new(REFUSALS) }
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
    let response = match admit(&entrance, &head).await {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(refused) => refused.into_response(),
    };
    log(&method, route.as_deref(), peer, &response);
    response
}

async fn admit(entrance: &Entrance, request: &Parts) -> Result<(), Refused> {
    let Entrance::Tcp { token, hosts, refusals } = entrance else { return Ok(()) };
    let headers = &request.headers;
    if !hosts.is_empty() && !names_this_host(request, hosts) {
        return Err(Refused::new(ProblemCode::Misdirected, "the Host header does not name this daemon"));
    }
    if is_foreign(headers, hosts) {
        let detail = "a page of another site may not use this API";
        return Err(Refused::new(ProblemCode::ForbiddenOrigin, detail));
    }
    if matches!(request.uri.path(), "/healthz" | "/readyz") {
        return Ok(());
    }
    if presented(headers).is_some_and(|presented| token.is(presented)) {
        return Ok(());
    }
    if let Ok(_place) = refusals.try_acquire() {
        sleep(REFUSAL_DELAY).await;
    }
    let detail = "this needs \"Authorization: Bearer <token>\"; the token is in control.token_file";
    Err(Refused::new(ProblemCode::Unauthorized, detail))
}

fn names_this_host(request: &Parts, hosts: &[String]) -> bool {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let named = host.or_else(|| request.uri.authority().map(Authority::as_str));
    named.is_some_and(|named| hosts.iter().any(|host| host.eq_ignore_ascii_case(named)))
}

/// Whether a browser says that the request comes from a page which is not ours.
fn is_foreign(headers: &HeaderMap, hosts: &[String]) -> bool {
    let foreign_site =
        headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    let foreign_origin = headers.get(header::ORIGIN).is_some_and(|origin| {
        let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        !host.is_some_and(|host| hosts.iter().any(|own| own.eq_ignore_ascii_case(host)))
    });
    foreign_site || foreign_origin
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
