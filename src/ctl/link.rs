//! `link`: a page for what a person is to do for one login, for whoever gets its URL.

use super::Context;
use super::failure::{Exit, Failure};
use super::find;
use super::time::local;
use crate::wire::MakeLink;

/// `wxloginctl link`. The URL alone is on standard output, so that a program can take it from there.
pub(super) async fn link(
    context: &mut Context<'_>,
    w_id: &str,
    ttl: Option<String>,
) -> Result<Exit, Failure> {
    let session = find::session(context, w_id).await?;
    let link = context.client.link(session.w_id.as_str(), &MakeLink { ttl }).await?;
    if context.json {
        context.print_json(&link)?;
        return Ok(Exit::Done);
    }
    context.say(link.url.reveal())?;
    let until = local(link.expires_at, &context.terminal.zone);
    context.remark(format_args!(
        "Whoever has it can do what this login waits for. It is good until that is done, or until {until}."
    ))?;
    Ok(Exit::Done)
}
