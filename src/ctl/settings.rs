//! `set` and `forget`: what a person decides about an account.

use wxlogin_state::WcId;

use super::args::{self, Switch};
use super::failure::{Exit, Failure};
use super::text::plain;
use super::{Context, standing};
use crate::client::ClientError;
use crate::wire::{ChangeAccount, ProblemCode};

/// `wxloginctl set`
pub(super) async fn set(context: &mut Context<'_>, set: args::Set) -> Result<Exit, Failure> {
    let auto_relogin = set.auto_relogin.map(|switch| switch == Switch::On);
    let change = ChangeAccount { label: set.label, auto_relogin };
    let account = context.client.change_account(set.wc_id.as_str(), &change).await?;
    if context.json {
        context.print_json(&account)?;
        return Ok(Exit::Done);
    }
    let who = standing::who(&account);
    if let Some(label) = &change.label {
        context.say(format_args!("{who} is called {} now.", plain(label.as_str())))?;
    }
    match change.auto_relogin {
        Some(true) => context.say(format_args!("{who} is logged in again by itself when it drops."))?,
        Some(false) => {
            context.say(format_args!("{who} is left offline when it drops; log it in again yourself:"))?;
            context.say(format_args!("  wxloginctl relogin {} --wait", account.wc_id))?;
        }
        None => {}
    }
    Ok(Exit::Done)
}

/// `wxloginctl forget`. In JSON: the account as it was.
pub(super) async fn forget(context: &mut Context<'_>, wc_id: &WcId) -> Result<Exit, Failure> {
    let account = context.client.account(wc_id.as_str()).await?;
    context.client.forget(wc_id.as_str()).await.map_err(|error| refused(error, wc_id))?;
    if context.json {
        context.print_json(&account)?;
        return Ok(Exit::Done);
    }
    context.say(format_args!("Forgot {}.", standing::who(&account)))?;
    context.say("Should it log in here again, give its wcId, or the platform makes a new device of it:")?;
    context.say(format_args!("  wxloginctl login --wc-id {wc_id} --wait"))?;
    Ok(Exit::Done)
}

fn refused(error: ClientError, wc_id: &WcId) -> Failure {
    match error {
        ClientError::Problem(problem) if problem.code == ProblemCode::WrongState => {
            Failure::hinted(problem, format!("Log it out first: wxloginctl logout {wc_id}"))
        }
        error => error.into(),
    }
}
