//! `console`: a URL that opens the console, for one person, once.

use super::Context;
use super::failure::{Exit, Failure};
use super::time::local;

/// `wxloginctl console`. The URL alone is on standard output, so that a program can take it from there.
pub(super) async fn console(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let invitation = context.client.invite_to_console().await?;
    if context.json {
        context.print_json(&invitation)?;
        return Ok(Exit::Done);
    }
    context.say(invitation.url.reveal())?;
    let until = local(invitation.expires_at, &context.terminal.zone);
    context.remark(format_args!("Open it in a browser. It is good once, until {until}."))?;
    Ok(Exit::Done)
}
