//! `login --from`: many logins from a file, some at a time, each gone along with until it is online or over.
//!
//! ```text
//!   file ──► lines ──► at most N at once: begin ──► newer version ──► … ──► online, or over
//!                              │ by a name made of file and line           each told as it comes
//!                              ▼
//!                      a second run finds the same logins
//! ```

mod file;
mod progress;
mod run;

use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use tokio::time::sleep;
use wxlogin_state::StateName;

use super::failure::{Exit, Failure};
use super::{Context, args};
use crate::wire::CreateSession;
use progress::Progress;
use run::{News, Run, What};

/// How many ended how, in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    online: usize,
    already_online: usize,
    failed: usize,
}

/// `wxloginctl login --from FILE`. In JSON: a line for each version of each session and for each that failed, and the
/// counts at the end.
pub(super) async fn many(context: &mut Context<'_>, login: args::Login) -> Result<Exit, Failure> {
    let Some(path) = &login.from else { return Ok(Exit::Usage) };
    let lines = file::read(path)?;
    let usual = CreateSession {
        device_type: login.device_type,
        proxy: login.proxy,
        force: login.force,
        ..CreateSession::default()
    };
    let mut interrupted = (context.terminal.interrupt)();
    let pause = context.terminal.pause;
    let runs = lines
        .iter()
        .enumerate()
        .map(|(at, line)| Run::new(context.client.clone(), pause, at, line, &usual).news());
    let mut news = stream::iter(runs.collect::<Vec<_>>()).flatten_unordered(login.at_most.get());
    let mut progress = Progress::new(context, &lines);
    loop {
        tokio::select! {
            told = news.next() => match told {
                Some(News { at, what: What::Failed(failure) }) if failure.exit() == Exit::Unreachable => {
                    progress.leave(context)?;
                    context.remark(format_args!("{} was being begun.", lines[at].name()))?;
                    return Err(failure);
                }
                Some(News { at, what }) => progress.take(context, at, what).await?,
                None => break,
            },
            // What is left of its time is news, too.
            () = sleep(pause), if progress.is_drawn() => progress.draw(context).await?,
            () = &mut interrupted => {
                progress.leave(context)?;
                context.remark("\nThe logins go on without this terminal: wxloginctl list\n\
                    The same command again goes on with them and begins the rest.")?;
                return Ok(Exit::Failed);
            }
        }
    }
    progress.end(context)
}

/// Whether somebody still has to do something for it.
fn is_over(state: StateName) -> bool {
    matches!(state, StateName::Online | StateName::Dropped)
}
