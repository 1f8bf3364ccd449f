//! `login`: begins a login, or goes on with one.

use wxlogin_state::public::Session;

use super::failure::{Exit, Failure};
use super::{Context, args, find, follow, words};
use crate::client::ClientError;
use crate::wire::{CreateSession, ProblemCode};

/// `wxloginctl login`
pub(super) async fn login(context: &mut Context<'_>, login: args::Login) -> Result<Exit, Failure> {
    if let Some(name) = &login.resume {
        let session = find::session(context, name).await?;
        return follow::follow(context, session).await;
    }
    let wait = login.wait;
    let session = begin(context, login).await?;
    if wait {
        return follow::follow(context, session).await;
    }
    if context.json {
        context.print_json(&session)?;
    } else {
        for sentence in words::todo(&session, context.now()) {
            context.say(sentence)?;
        }
        context.say(format_args!("Go on with it here: wxloginctl login --resume {}", session.w_id))?;
    }
    Ok(Exit::Done)
}

async fn begin(context: &mut Context<'_>, login: args::Login) -> Result<Session, Failure> {
    let wanted = CreateSession {
        wc_id: login.wc_id,
        label: login.label,
        device_type: login.device_type,
        proxy: login.proxy,
        force: login.force,
        ..CreateSession::default()
    };
    let created = context.client.create(&wanted).await.map_err(refused)?;
    let session = created.session;
    if !context.json {
        let begun = if created.fresh { "has begun" } else { "is under way already; going on with it" };
        context.say(format_args!("The login {} {begun}.", session.w_id))?;
    }
    Ok(session)
}

fn refused(error: ClientError) -> Failure {
    match error {
        ClientError::Problem(problem) if problem.code == ProblemCode::WrongState => {
            Failure::Hinted { problem, hint: "To begin another login all the same: --force" }
        }
        error => error.into(),
    }
}
