//! Tokens of systems B and C: list, read, forget; and the key that they are sealed with.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::time::sleep;
use tracing::warn;
use wxlogin_state::{System, Token, TokenId, TokenState, public};

use super::Api;
use super::body::{Query, TokenPath};
use super::problem::Refused;
use super::sessions::rows;
use crate::driver::{Denied, StoreState};
use crate::platform::Pace;
use crate::platform::app::LoggedOut;
use crate::view::TokenFilter;
use crate::wire::{ProblemCode, RevealedToken, TokenPage};

/// What a list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    system: Option<System>,
    app: Option<String>,
    uid: Option<String>,
    state: Option<TokenState>,
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /v1/tokens`: a page of them, in the order of their names, without the secrets.
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Query(query): Query<ListQuery>,
) -> Result<Json<TokenPage>, Refused> {
    let limit = rows(query.limit.as_deref())?;
    let after = query.after.map(|after| after.parse::<TokenId>()).transpose();
    let after = after.map_err(|_| Refused::invalid("after", "after is the `next` of the page before"))?;
    let ListQuery { system, app, uid, state, .. } = query;
    let mut found = api.view.tokens(&TokenFilter { system, app, uid, state, after }, limit + 1);
    let next = (found.len() > limit).then(|| found[limit - 1].id.to_string());
    found.truncate(limit);
    Ok(Json(TokenPage { tokens: found.iter().map(|token| shown(&api, token)).collect(), next }))
}

/// How one token is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadQuery {
    reveal: Option<bool>,
}

/// `GET /v1/tokens/{id}`: one of them with its access token, refreshed first where it must be; with `reveal=false`
/// as a list shows it, which one that is over still can be.
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    TokenPath(id): TokenPath,
    Query(query): Query<ReadQuery>,
) -> Result<Response, Refused> {
    const UNSTORED: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];
    if query.reveal == Some(false) {
        let token = api.view.token(&id).ok_or_else(|| Denied::NoToken(id))?;
        return Ok((UNSTORED, Json(shown(&api, &token))).into_response());
    }
    let open = api.driver.open_token(&id).await?;
    let revealed = RevealedToken { token: shown(&api, &open.token), access: open.access };
    Ok((UNSTORED, Json(revealed)).into_response())
}

fn shown(api: &Api, token: &Token) -> public::Token {
    public::Token::of(token, &api.defaults.borrow().token_rules)
}

/// `DELETE /v1/tokens/{id}`: forgets it; one of system B is logged out there first. In a task of its own: a caller
/// who hangs up does not keep what the system did from being noted.
pub(super) async fn forget(
    State(api): State<Arc<Api>>,
    TokenPath(id): TokenPath,
) -> Result<StatusCode, Refused> {
    let done = tokio::spawn(async move { forget_whole(&api, &id).await }).await;
    done.map_err(|_| Refused::new(ProblemCode::Internal, "forgetting the token failed"))??;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget_whole(api: &Api, id: &TokenId) -> Result<(), Refused> {
    let token = api.view.token(id).ok_or_else(|| Denied::NoToken(id.clone()))?;
    if token.system == System::OfficialAccount {
        return Ok(api.driver.forget_token(id).await?);
    }
    // What cannot be noted is not done.
    if let StoreState::ReadOnly(read_only) = api.driver.store_state() {
        return Err(Denied::Unwritable(read_only).into());
    }
    log_out(api, &token).await?;
    // A fact by now, so it is offered until it can be written.
    let mut pace = Pace::new();
    loop {
        match api.driver.forget_token(id).await {
            Err(Denied::Unwritable(_)) => sleep(pace.wait()).await,
            Err(Denied::NoToken(_)) => return Ok(()),
            result => return Ok(result?),
        }
    }
}

/// Ends a token of system B there, unless it has ended.
async fn log_out(api: &Api, token: &Token) -> Result<(), Refused> {
    let id = &token.id;
    let access = match api.driver.open_token(id).await {
        Ok(open) => open.access,
        Err(Denied::TokenOver { .. }) => return Ok(()),
        Err(denied) => return Err(denied.into()),
    };
    let Some(app) = api.systems.app(&token.app) else {
        warn!(token = %id, app = token.app, "forgotten without a logout: no [[app]] with this appkey is configured");
        return Ok(());
    };
    match app.logout(&access).await {
        // The system does not know it any more.
        Ok(LoggedOut::Done | LoggedOut::Refused { code: 401, .. }) => Ok(()),
        Ok(LoggedOut::Refused { code, .. }) => {
            let detail = format!("the platform refuses to end the token {id}, with code {code}");
            Err(Refused::new(ProblemCode::PlatformRefused, detail))
        }
        Err(trouble) => {
            let (error, body) = (&trouble as &dyn Error, trouble.body_excerpt());
            warn!(token = %id, error, body, "logging out failed");
            Err((&trouble).into())
        }
    }
}

/// `POST /v1/rekey`: a new key takes over from the one that tokens are sealed with; answers once nothing needs the
/// old one.
pub(super) async fn rekey(State(api): State<Arc<Api>>) -> Result<StatusCode, Refused> {
    api.driver.rekey().await?;
    Ok(StatusCode::NO_CONTENT)
}
