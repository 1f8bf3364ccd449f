//! `login`: begins a login, or goes on with one.

use wxlogin_state::Label;
use wxlogin_state::public::Session;

use super::failure::{Exit, Failure};
use super::{Context, args, find, follow, words};
use crate::client::ClientError;
use crate::wire::{CreateSession, Problem, ProblemCode};

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
        new_device: login.new_device,
        force: login.force,
        ..CreateSession::default()
    };
    let created = context.client.create(&wanted).await;
    let created = created.map_err(|error| refused(error, wanted.label.as_ref()))?;
    let session = created.session;
    if !context.json {
        let begun = if created.fresh { "has begun" } else { "is under way already; going on with it" };
        context.say(format_args!("The login {} {begun}.", session.w_id))?;
    }
    Ok(session)
}

fn refused(error: ClientError, label: Option<&Label>) -> Failure {
    match error {
        ClientError::Problem(problem) if problem.code == ProblemCode::WrongState => {
            Failure::hinted(problem, "To begin another login all the same: --force")
        }
        ClientError::Problem(problem) if problem.code == ProblemCode::KnownAccount => known(problem, label),
        error => error.into(),
    }
}

/// The label belongs to an account that is known. The daemon's own sentence is for those who write JSON.
fn known(problem: Box<Problem>, label: Option<&Label>) -> Failure {
    let (Some(wc_id), Some(label)) = (&problem.wc_id, label) else {
        return ClientError::Problem(problem).into();
    };
    let sentence = format!("{label} is the label of {wc_id}, which has logged in here before");
    let hints = vec![
        format!("To log it in again:               wxloginctl relogin {wc_id} --wait"),
        format!("The same by a QR, in any case:    wxloginctl login --wc-id {wc_id} --wait"),
        "To make a new device of it, which drops once more within a day: --new-device".to_owned(),
    ];
    Failure::Hinted { problem, sentence, hints }
}
