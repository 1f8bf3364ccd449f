//! `relogin` and `forget`: what people do with a known account.

use std::time::Duration;

use tokio::time::sleep;
use wxlogin_state::Method;
use wxlogin_state::public::{Account, PhaseName};

use super::failure::{Exit, Failure};
use super::{Context, args, follow};
use crate::client::ClientError;
use crate::wire::{LogInAgain, ProblemCode};

/// How often an account is looked at while its login is being begun.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// `wxloginctl relogin`
pub(super) async fn relogin(context: &mut Context<'_>, again: args::Relogin) -> Result<Exit, Failure> {
    let wanted = LogInAgain { method: again.method, force: again.force };
    let account = context.client.relogin(&again.wc_id, &wanted).await.map_err(refused)?;
    if again.wait {
        return wait(context, account).await;
    }
    if context.json {
        context.print_json(&account)?;
    } else {
        tell(context, &account)?;
        context.say(format_args!("How it goes: wxloginctl why {}", account.wc_id))?;
    }
    Ok(Exit::Done)
}

/// `wxloginctl forget`
pub(super) async fn forget(context: &mut Context<'_>, wc_id: &str) -> Result<Exit, Failure> {
    context.client.forget(wc_id).await?;
    if !context.json {
        context.say(format_args!("The account {wc_id} is forgotten."))?;
    }
    Ok(Exit::Done)
}

/// Until the account is online by another login than before, or no login of it is on its way.
async fn wait(context: &mut Context<'_>, mut account: Account) -> Result<Exit, Failure> {
    let before = account.current_w_id.clone();
    let mut told = None;
    loop {
        let phase = account.relogin.as_ref().map(|relogin| (relogin.phase, relogin.method));
        if let Some(w_id) = account.relogin.as_ref().and_then(|relogin| relogin.w_id.clone()) {
            let session = context.client.session(w_id.as_str()).await?;
            return follow::follow(context, session).await;
        }
        if let Some(w_id) = account.current_w_id.as_ref().filter(|w_id| Some(*w_id) != before.as_ref()) {
            let session = context.client.session(w_id.as_str()).await?;
            return follow::follow(context, session).await;
        }
        if told != phase && !context.json {
            tell(context, &account)?;
            told = phase;
        }
        let Some(relogin) = &account.relogin else {
            return Err(Failure::Sentence(format!("no login of {} is on its way", account.wc_id)));
        };
        if relogin.phase == PhaseName::Due && relogin.due_at > context.now() {
            let (at, why) = (relogin.due_at, &relogin.why);
            return Err(Failure::Sentence(format!("the next login begins at {at}: {why}")));
        }
        sleep(LOOK_EVERY).await;
        account = context.client.account(account.wc_id.as_str()).await?;
    }
}

fn tell(context: &mut Context<'_>, account: &Account) -> Result<(), Failure> {
    let Some(relogin) = &account.relogin else { return Ok(()) };
    match (relogin.phase, relogin.method, &relogin.w_id) {
        (PhaseName::InFlight, _, Some(w_id)) => {
            context.say(format_args!("Its login {w_id} is under way. Its QR: wxloginctl qr {w_id}"))
        }
        (_, Method::PopUp, _) => context.say("A box is being shown on its phone: confirm it there."),
        (_, Method::Qr, _) => context.say("Its QR is being fetched."),
    }
}

fn refused(error: ClientError) -> Failure {
    match error {
        ClientError::Problem(problem) if problem.code == ProblemCode::WrongState => {
            Failure::Hinted { problem, hint: "To log it in again although it is online: --force" }
        }
        error => error.into(),
    }
}
