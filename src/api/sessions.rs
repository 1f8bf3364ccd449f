//! Sessions: begin, list, read, wait for, end.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::ToSchema;
use wxlogin_state::{Label, Proxy, Seq, StateName, WcId};

use super::Api;
use super::body::{Body, Query, SessionPath};
use super::problem::Refused;
use crate::config::is_host_and_port;
use crate::driver::LoginRequest;
use crate::view::{Like, SessionFilter};
use crate::wire::{CreateSession, History};

/// Rows of a page where the caller does not say.
const PAGE: usize = 100;

/// Most rows of a page.
const LONGEST_PAGE: usize = 500;

/// Names a request (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Longest of these names, in bytes: a UUID has 36.
const LONGEST_KEY: usize = 64;

/// Longest address of a proxy, in bytes: a host name of 255 and its port.
const LONGEST_PROXY: usize = 261;

/// Longest user name and password of a proxy, in bytes (RFC 1929).
const LONGEST_CREDENTIAL: usize = 255;

/// Longest time that a blocking read blocks.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// A committed value as a response.
pub(super) fn rendered(status: StatusCode, json: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// `POST /v1/sessions`: fetches a QR and starts the login. Asked again with the same `Idempotency-Key`, the same
/// login is the answer, for as long as it is known.
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Body(asked): Body<CreateSession>,
) -> Result<Response, Refused> {
    let begun = api.begin(asked, request_key(&headers)?).await?;
    let status = if begun.fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok(rendered(status, begun.session.json()))
}

/// The caller's name for the request, where it has one.
pub(super) fn request_key(headers: &HeaderMap) -> Result<Option<Arc<str>>, Refused> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let fits = |key: &&str| {
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    key.to_str().ok().filter(fits).map(|key| Some(key.into())).ok_or_else(|| {
        let detail = format!("an idempotency key has 1 to {LONGEST_KEY} visible ASCII characters");
        Refused::invalid("Idempotency-Key", detail)
    })
}

/// What the caller asked for, with what the account and the configuration say where the caller does not. A
/// known account keeps its device and its place: another one is a known cause of drops.
pub(super) fn login_request(
    api: &Api,
    asked: CreateSession,
    request_key: Option<Arc<str>>,
) -> Result<LoginRequest, Refused> {
    if asked.new_device && asked.wc_id.is_none() && asked.label.is_none() {
        let detail =
            "newDevice says that a known account is to become a new device; name it with wcId or label";
        return Err(Refused::invalid("newDevice", detail));
    }
    let account = asked.wc_id.as_ref().and_then(|wc_id| api.view.account(wc_id));
    let account = account.as_ref().map(|account| &***account);
    let defaults = api.defaults.borrow().clone();
    Ok(LoginRequest {
        device: asked
            .device_type
            .or_else(|| account.map(|account| account.device))
            .unwrap_or(defaults.device_type),
        proxy: proxy(&asked)?
            .or_else(|| account.and_then(|account| account.proxy.clone()))
            .or(Some(defaults.proxy)),
        wc_id: asked.wc_id,
        label: asked.label,
        force: asked.force,
        new_device: asked.new_device,
        request_key,
    })
}

fn proxy(asked: &CreateSession) -> Result<Option<Proxy>, Refused> {
    match (&asked.proxy_ip, asked.proxy) {
        (Some(ip), _) => own_proxy(ip, asked).map(Some),
        (None, _) if asked.proxy_user.is_some() || asked.proxy_password.is_some() => {
            Err(Refused::invalid("proxyIp", "a proxy user or password needs proxyIp"))
        }
        (None, Some(region @ 1..=23)) => Ok(Some(Proxy::Region(region))),
        (None, Some(_)) => Err(Refused::invalid("proxy", "a proxy region is a number from 1 to 23")),
        (None, None) => Ok(None),
    }
}

/// The same rules as the configuration's: what is wrong is found before the platform is asked.
fn own_proxy(ip: &str, asked: &CreateSession) -> Result<Proxy, Refused> {
    if ip.len() > LONGEST_PROXY || !is_host_and_port(ip) {
        return Err(Refused::invalid("proxyIp", "a proxy is written host:port"));
    }
    let fits = |text: &str| (1..=LONGEST_CREDENTIAL).contains(&text.len());
    let details = (asked.proxy_user.clone(), asked.proxy_password.clone());
    match &details {
        (Some(user), Some(password)) if fits(user) && fits(password.reveal()) => {}
        (None, None) => {}
        (Some(_), Some(_)) => {
            let detail = format!("a proxy's user and password have 1 to {LONGEST_CREDENTIAL} bytes each");
            return Err(Refused::invalid("proxyUser", detail));
        }
        _ => return Err(Refused::invalid("proxyUser", "a proxy's user and password go together")),
    }
    Ok(Proxy::Own { ip: ip.to_owned(), user: details.0, password: details.1 })
}

/// What a list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ListQuery {
    state: Option<StateName>,
    wc_id: Option<WcId>,
    label: Option<Label>,
    text: Option<String>,
    #[serde(default)]
    order: Order,
    limit: Option<String>,
    after: Option<String>,
}

/// Where a list begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    #[default]
    Oldest,
    Newest,
}

/// How many rows a page has, as the query says it.
pub(super) fn rows(limit: Option<&str>) -> Result<usize, Refused> {
    let Some(limit) = limit else { return Ok(PAGE) };
    limit
        .parse()
        .ok()
        .filter(|limit| (1..=LONGEST_PAGE).contains(limit))
        .ok_or_else(|| Refused::invalid("limit", format!("limit is a number from 1 to {LONGEST_PAGE}")))
}

/// `GET /v1/sessions`: a page of them, in the order of their creation, the oldest or the newest first.
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Refused> {
    let limit = rows(query.limit.as_deref())?;
    let filter = SessionFilter {
        state: query.state,
        wc_id: query.wc_id,
        like: Like::new(query.label, query.text.as_deref()),
        newest_first: query.order == Order::Newest,
        after: place(query.after.as_deref())?,
    };
    let found = api.view.sessions(&filter, limit + 1);
    let next = (found.len() > limit).then(|| found[limit - 1].born.to_string());
    let rows: Vec<Bytes> = found.iter().take(limit).map(|session| session.json()).collect();
    Ok(rendered(StatusCode::OK, page("sessions", &rows, next.as_deref())))
}

/// The place behind which a page begins, as the query says it.
pub(super) fn place(after: Option<&str>) -> Result<Option<Seq>, Refused> {
    let place = after.map(|after| after.parse().map(Seq)).transpose();
    place.map_err(|_| Refused::invalid("after", "after is the `next` of the page before"))
}

/// A page put together from rows that are rendered already.
pub(super) fn page(name: &str, rows: &[Bytes], next: Option<&str>) -> Bytes {
    let mut page = BytesMut::with_capacity(rows.iter().map(|row| row.len() + 1).sum::<usize>() + 64);
    page.put_slice(format!("{{\"{name}\":[").as_bytes());
    for (n, row) in rows.iter().enumerate() {
        if n > 0 {
            page.put_u8(b',');
        }
        page.put_slice(row);
    }
    // `next` is a number or an identifier: nothing in it needs escaping but what JSON strings allow as it is.
    let next = serde_json::json!(next);
    page.put_slice(format!("],\"next\":{next}}}").as_bytes());
    page.freeze()
}

/// Whether, and from which version on, a read blocks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadQuery {
    wait: Option<String>,
    version: Option<u64>,
}

/// `GET /v1/sessions/{wId}`: the session; with `wait`, as soon as its version exceeds `version`, else as it is
/// when the time is over.
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
    Query(query): Query<ReadQuery>,
) -> Result<Response, Refused> {
    let found = match query.wait.as_deref().map(wait).transpose()? {
        None => api.view.session(&w_id),
        Some(wait) => {
            let current = api.view.session(&w_id).map_or(0, |session| session.version.0);
            let version = query.version.unwrap_or(current);
            match timeout(wait, api.view.session_after(&w_id, version)).await {
                Ok(found) => found,
                Err(_) => api.view.session(&w_id),
            }
        }
    };
    let session = found.ok_or_else(|| Refused::no_session(&w_id))?;
    Ok(rendered(StatusCode::OK, session.json()))
}

fn wait(text: &str) -> Result<Duration, Refused> {
    humantime::parse_duration(text).ok().filter(|wait| *wait <= LONGEST_WAIT).ok_or_else(|| {
        let longest = humantime::format_duration(LONGEST_WAIT);
        Refused::invalid("wait", format!("wait is a duration such as 30s, at most {longest}"))
    })
}

/// `GET /v1/sessions/{wId}/history`: its transitions, oldest first.
pub(super) async fn history(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
) -> Result<Json<History>, Refused> {
    let session = api.view.session(&w_id).ok_or_else(|| Refused::no_session(&w_id))?;
    Ok(Json(History { history: session.history.clone() }))
}
