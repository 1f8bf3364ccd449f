//! System B as the platform serves it (protocol.md, system B; seed 000). Parameters, codes and sentences are the
//! seed's, the order of checks is protocol.md's; what both leave open is chosen here and said so.
//!
//! Written from the documents and not from the client, which is tested against it. [`failure`] has the codes,
//! [`params`] what a call brings with it, [`register`] who is known.

mod failure;
mod params;
mod register;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use md5::{Digest, Md5};
use serde::Serialize;
use wxlogin_state::hex;

use self::failure::{Failed, failed};
use self::params::Params;
use self::register::Register;
use super::device::door::{MAX_BODY, Spoilt, by_rule};
use super::hub::Hub;
use super::serve::Line;
use crate::clock::Clock;

/// The app that a sandbox knows.
pub const APPKEY: &str = "sandboxapp";

/// Its secret, which guards nothing but a simulation.
pub const APP_SECRET: &str = "sandbox-app-secret";

const LOGIN: &str = "/v1/login/wechat";
const LOGOUT: &str = "/v1/user/logout";

/// Every call of system B.
pub(super) const CALLS: &[&str] = &[LOGIN, LOGOUT];

/// What it says where its answer is to be spoilt.
const SPOILT: Spoilt =
    Spoilt { garbage: "\u{0}{\"code\":200,,", spare: r#"{"code":200,"msg":"success","data":null}"# };

/// How far a request's clock may be off, in seconds (protocol.md).
const SKEW: u64 = 300;

/// What the calls of system B share.
struct App {
    hub: Arc<Hub>,
    clock: Clock,
    register: Mutex<Register>,
}

/// The calls of system B. What else begins like them is 404 or 405 in the envelope.
pub(super) fn routes(hub: &Arc<Hub>, clock: Clock, token_valid_for: Duration) -> Router {
    let register = Mutex::new(Register::new(token_valid_for));
    Router::new()
        .route(LOGIN, post(log_in).fallback(async || failed(405)))
        .route(LOGOUT, get(log_out).fallback(async || failed(405)))
        .route("/v1/{*rest}", any(async || failed(404)))
        .with_state(Arc::new(App { hub: hub.clone(), clock, register }))
}

/// The envelope of a success.
#[derive(Serialize)]
struct Done<T> {
    code: u32,
    msg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

fn done(data: Option<impl Serialize>) -> Response {
    Json(Done { code: 200, msg: "success", data }).into_response()
}

async fn log_in(State(app): State<Arc<App>>, request: Request) -> Response {
    let normal = |headers: &HeaderMap, body: &[u8]| {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let params = Params::read(media_type, body);
        let now = app.clock.now();
        check_signature(&params, now.as_second())?;
        let login = params.login().map_err(failed)?;
        let user_and_token = app.register().log_in(&login, now)?;
        Ok(done(Some(user_and_token)))
    };
    enter(&app, LOGIN, request, normal).await
}

async fn log_out(State(app): State<Arc<App>>, request: Request) -> Response {
    let normal = |headers: &HeaderMap, _: &[u8]| {
        let bearer = headers.get(AUTHORIZATION).ok_or_else(|| failed(400))?;
        let token = bearer.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        app.register().log_out(token.ok_or_else(|| failed(401))?, app.clock.now()).map_err(failed)?;
        Ok(done(None::<()>))
    };
    enter(&app, LOGOUT, request, normal).await
}

/// Lets a call in, as the script says.
async fn enter(
    app: &App,
    call: &'static str,
    request: Request,
    normal: impl FnOnce(&HeaderMap, &[u8]) -> Result<Response, Failed>,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return failed(413).into_response();
    };
    app.hub.count(call);
    tracing::debug!(call, "the platform is called");
    let rule = app.hub.script().take(call, None, None);
    let line = head.extensions.get::<Line>().cloned().unwrap_or_default();
    by_rule(rule, &line, &SPOILT, async { normal(&head.headers, &body).into_response() }).await
}

/// The signature of a login: 400 where it is not whole, 401 where it is wrong.
fn check_signature(params: &Params, now: i64) -> Result<(), Failed> {
    let part = |name| params.written(name).ok_or_else(|| failed(400));
    let (appkey, timestamp, sign) = (part("appkey")?, part("timestamp")?, part("sign")?);
    let ten_digits = timestamp.len() == 10 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let second: i64 = timestamp.parse().ok().filter(|_| ten_digits).ok_or_else(|| failed(400))?;
    if appkey != APPKEY {
        return Err(failed(400));
    }
    if second.abs_diff(now) > SKEW || sign != md5_hex(&format!("{appkey}{timestamp}{APP_SECRET}")) {
        return Err(failed(401));
    }
    Ok(())
}

fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text))
}

impl App {
    fn register(&self) -> MutexGuard<'_, Register> {
        // Poisoned by a test's assertion at most; the data are whole.
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
