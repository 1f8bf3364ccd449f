//! `POST /v1/login/wechat`: app login (system B) for the services of this host (seed 000).
//!
//! The path, the parameters and the answers are the seed's. The caller sends no timestamp and no sign: the daemon
//! adds them. It keeps the token and names it in a header, `X-Wxlogind-Token`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use jiff::Timestamp;
use wxlogin_state::{Plain, System};

use super::Api;
use super::body::whole;
use super::logins::{Answered, Asked, log_in, told};
use super::problem::Refused;
use crate::driver::NewToken;
use crate::platform::app::{Answer, AppPlatform, Fields, LoggedIn, Login, Refusal};

/// Logs a user in. Whatever the outcome, it is told in the seed's envelope with HTTP 200: what the documents refuse
/// is refused here, what the system answers is passed on unchanged, 400194 where it brings no answer that can be
/// understood, and 400193 where the token cannot be kept.
pub(super) async fn app_login(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Refused> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.map(str::to_owned);
    let body = whole(request, &api).await?;
    let (app, login) = match read(&api, content_type.as_deref(), &body) {
        Ok(read) => read,
        Err(refusal) => return Ok(told(refusal.body(), None)),
    };
    let code = login.code.clone();
    let asked =
        Asked { system: System::App, app: app.appkey(), code: &code, not_kept: Refusal::NO_TOKEN.body() };
    let call = call(app.clone(), login, api.clock.now());
    log_in(&api, asked, call).await
}

/// The parameters in the documented order, then the appkey.
fn read<'a>(
    api: &'a Api,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<(&'a AppPlatform, Login), Refusal> {
    let fields = Fields::read(content_type, body)?;
    let login = Login::read(&fields)?;
    let app = fields.appkey().and_then(|appkey| api.systems.app(appkey)).ok_or(Refusal::UNKNOWN_APPKEY)?;
    Ok((app, login))
}

async fn call(app: AppPlatform, login: Login, now: Timestamp) -> Answered {
    match app.login(&login, now).await {
        Ok(Answer::LoggedIn(LoggedIn { uid, access_token, expires_at, body })) => {
            let plain = Plain { access: access_token, expires_at, refresh: None };
            let appkey = app.appkey().to_owned();
            let new = NewToken { system: System::App, app: appkey, uid: Some(uid.to_string()), plain };
            Answered::LoggedIn { new, body }
        }
        Ok(Answer::Refused { body, .. }) => Answered::Otherwise(body),
        Err(trouble) => {
            let body = Refusal::of(&trouble).body();
            Answered::unusable(System::App, app.appkey(), &trouble, body)
        }
    }
}
