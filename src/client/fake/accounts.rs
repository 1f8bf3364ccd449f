//! The fake's accounts: what is asked of them is kept, and what follows is the test's to move.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use wxlogin_state::public::Account;
use wxlogin_state::{Method, Why};

use super::values::calling;
use super::{Fakes, Refused, Shared, missing, refused};
use crate::wire::{AccountPage, ChangeAccount, LogInAgain};

/// Something that was asked of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Relogin(LogInAgain),
    Change(ChangeAccount),
    Forget,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/accounts", get(list))
        .route("/v1/accounts/{wc_id}", get(read).patch(change).delete(forget))
        .route("/v1/accounts/{wc_id}/relogin", post(relogin))
        .route("/v1/accounts/{wc_id}/why", get(why))
}

impl Shared {
    pub(super) fn change_account(
        &self,
        wc_id: &str,
        change: impl FnOnce(&mut Account),
    ) -> Result<Account, Refused> {
        let mut world = self.world.lock().unwrap();
        let account = world.accounts.iter_mut().find(|account| account.wc_id.as_str() == wc_id);
        let account = account.ok_or_else(|| missing(wc_id))?;
        change(account);
        account.version = account.version.next();
        Ok(account.clone())
    }

    fn account(&self, wc_id: &str) -> Result<Account, Refused> {
        let world = self.world.lock().unwrap();
        let account = world.accounts.iter().find(|account| account.wc_id.as_str() == wc_id);
        account.cloned().ok_or_else(|| missing(wc_id))
    }

    /// Keeps what is asked; the refusal, where the test has one.
    fn asked(&self, asked: Asked) -> Result<(), Refused> {
        let mut world = self.world.lock().unwrap();
        world.asked.push(asked);
        world.refusal.clone().map_or(Ok(()), |problem| Err(refused(problem)))
    }
}

#[derive(Deserialize)]
struct Which {
    awaited: Option<bool>,
}

async fn list(State(shared): Fakes, Query(which): Query<Which>) -> Json<AccountPage> {
    let mut accounts = shared.world.lock().unwrap().accounts.clone();
    accounts.retain(|account| which.awaited.is_none_or(|awaited| is_awaited(account) == awaited));
    Json(AccountPage { accounts, next: None })
}

fn is_awaited(account: &Account) -> bool {
    account.relogin.as_ref().is_some_and(|relogin| relogin.awaits.is_some())
}

async fn read(State(shared): Fakes, Path(wc_id): Path<String>) -> Result<Json<Account>, Refused> {
    shared.account(&wc_id).map(Json)
}

/// The platform is called, unless a login is on its way.
async fn relogin(
    State(shared): Fakes,
    Path(wc_id): Path<String>,
    Json(body): Json<LogInAgain>,
) -> Result<(StatusCode, Json<Account>), Refused> {
    shared.asked(Asked::Relogin(body.clone()))?;
    let account = shared.change_account(&wc_id, |account| {
        if account.relogin.is_none() {
            calling(account, body.method.unwrap_or(Method::Qr));
        }
    })?;
    Ok((StatusCode::ACCEPTED, Json(account)))
}

async fn change(
    State(shared): Fakes,
    Path(wc_id): Path<String>,
    Json(body): Json<ChangeAccount>,
) -> Result<Json<Account>, Refused> {
    shared.asked(Asked::Change(body.clone()))?;
    let changed = shared.change_account(&wc_id, |account| {
        account.label = body.label.or(account.label.take());
        account.auto_relogin = body.auto_relogin.unwrap_or(account.auto_relogin);
    })?;
    Ok(Json(changed))
}

async fn forget(State(shared): Fakes, Path(wc_id): Path<String>) -> Result<StatusCode, Refused> {
    shared.asked(Asked::Forget)?;
    shared.account(&wc_id)?;
    shared.world.lock().unwrap().accounts.retain(|account| account.wc_id.as_str() != wc_id);
    Ok(StatusCode::NO_CONTENT)
}

/// Of accounts and sessions alike.
pub(super) async fn why(State(shared): Fakes, Path(id): Path<String>) -> Result<Json<Why>, Refused> {
    shared.world.lock().unwrap().why.clone().map(Json).ok_or_else(|| missing(&id))
}
