//! `link`: a page for what a person is to do, for whoever gets its URL.

use super::Context;
use super::failure::{Exit, Failure};
use super::find::{self, Found};
use super::time::local;
use crate::wire::MakeLink;

/// `wxloginctl link`. The URL alone is on standard output, so that a program can take it from there.
pub(super) async fn link(
    context: &mut Context<'_>,
    name: &str,
    ttl: Option<String>,
) -> Result<Exit, Failure> {
    let asked = MakeLink { ttl };
    let link = match find::find(context, name).await? {
        Found::Session(session) => context.client.link(session.w_id.as_str(), &asked).await?,
        Found::Account { account, .. } => {
            context.client.link_to_account(account.wc_id.as_str(), &asked).await?
        }
    };
    if context.json {
        context.print_json(&link)?;
        return Ok(Exit::Done);
    }
    context.say(link.url.reveal())?;
    let until = local(link.expires_at, &context.terminal.zone);
    context.remark(format_args!(
        "Whoever has it can do what is waited for. It is good until that is done, or until {until}."
    ))?;
    Ok(Exit::Done)
}
