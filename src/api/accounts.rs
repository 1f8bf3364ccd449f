//! Accounts: list, read.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use wxlogin_state::{Label, Standing, WcId};

use super::Api;
use super::body::{AccountPath, Query};
use super::problem::Refused;
use super::sessions::{page, rendered, rows};
use crate::view::{AccountFilter, Like};

/// What a list is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    online: Option<bool>,
    awaited: Option<bool>,
    standing: Option<Standing>,
    label: Option<Label>,
    text: Option<String>,
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /v1/accounts`: a page of them, in the order of their wcId.
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Refused> {
    let limit = rows(query.limit.as_deref())?;
    let after = query.after.map(|after| after.parse::<WcId>()).transpose();
    let after = after.map_err(|_| Refused::invalid("after", "after is the `next` of the page before"))?;
    let like = Like::new(query.label, query.text.as_deref());
    let ListQuery { online, awaited, standing, .. } = query;
    let filter = AccountFilter { online, awaited, standing, like, after };
    let found = api.view.accounts(&filter, limit + 1);
    let next = (found.len() > limit).then(|| found[limit - 1].wc_id.to_string());
    let rows: Vec<Bytes> = found.iter().take(limit).map(|account| account.json()).collect();
    Ok(rendered(StatusCode::OK, page("accounts", &rows, next.as_deref())))
}

/// `GET /v1/accounts/{wcId}`: one of them.
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    AccountPath(wc_id): AccountPath,
) -> Result<Response, Refused> {
    let account = api.view.account(&wc_id).ok_or_else(|| Refused::no_account(&wc_id))?;
    Ok(rendered(StatusCode::OK, account.json()))
}
