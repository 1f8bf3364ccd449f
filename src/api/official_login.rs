//! `POST /v2/enduser/enduserapi/wechatOffiaccountAuthLogin`: official-account login (system C) for the services of
//! this host (seed 001).
//!
//! The path, the parameters and the answers are the seed's; the parameters may also be a JSON object. The caller
//! sends no signature and no userDomain: the daemon adds them. It keeps both tokens under one name, which a header
//! tells: `X-Wxlogind-Token`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use wxlogin_state::System;

use super::Api;
use super::body::{is_json, whole};
use super::logins::{Answered, Asked, log_in, told};
use super::problem::Refused;
use crate::driver::NewToken;
use crate::platform::official_account::{Answer, Fields, Login, OfficialAccountPlatform, Refusal, plain};
use crate::wire::ProblemCode;

/// Logs a user in. The outcome is told in the seed's envelope with HTTP 200: what the documents refuse is refused
/// here, what the system answers is passed on unchanged, 5367 where it brings no answer that can be understood or
/// the token cannot be kept. Only a body that is no JSON object, for which the seed has no code, is a problem.
pub(super) async fn official_login(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<Response, Refused> {
    let fields = fields(&api, request).await?;
    let (account, login) = match Login::read(&fields, &api.systems.official_accounts) {
        Ok(read) => read,
        Err(refusal) => return Ok(told(refusal.body(), None)),
    };
    let code = login.code.clone();
    let asked = Asked {
        system: System::OfficialAccount,
        app: account.app_id(),
        code: &code,
        not_kept: Refusal::NoAnswer.body(),
    };
    log_in(&api, asked, call(account.clone(), login)).await
}

/// What came in the query, in the body, or in both.
async fn fields(api: &Api, request: Request) -> Result<Fields, Refused> {
    let query = Fields::from_query(request.uri().query().unwrap_or_default());
    let is_json = is_json(&request);
    let body = whole(request, &api).await?;
    if body.is_empty() {
        return Ok(query);
    }
    if !is_json {
        let detail = "the parameters are in the query, or in a JSON body with Content-Type: application/json";
        return Err(Refused::new(ProblemCode::UnsupportedMediaType, detail));
    }
    let body = Fields::from_json(&body).map_err(|fault| {
        Refused::new(ProblemCode::InvalidRequest, format!("the body cannot be read: {fault}"))
    })?;
    Ok(query.and(body))
}

async fn call(account: OfficialAccountPlatform, login: Login) -> Answered {
    match account.login(&login).await {
        Ok(Answer::LoggedIn { access, refresh, body }) => {
            let (app, plain) = (account.app_id().to_owned(), plain(access, refresh));
            let new = NewToken { system: System::OfficialAccount, app, uid: None, plain };
            Answered::LoggedIn { new, body: body.reveal().clone() }
        }
        Ok(Answer::Refused { body, .. }) => Answered::Otherwise(body.reveal().clone()),
        Err(trouble) => {
            let body = Refusal::NoAnswer.body();
            Answered::unusable(System::OfficialAccount, account.app_id(), &trouble, body)
        }
    }
}
