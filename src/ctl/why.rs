//! `why`: what is so, what was observed, what comes next, and what a person must do.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wxlogin_state::Why;

use super::failure::{Exit, Failure};
use super::find::{Found, find};
use super::table::{Cell, Column, table};
use super::text::{Paint, Tone, sentence, wrap};
use super::time::{local, relative};
use super::{Context, standing, words};

/// `wxloginctl why`
pub(super) async fn why(context: &mut Context<'_>, name: &str) -> Result<Exit, Failure> {
    let (who, why) = match find(context, name).await? {
        Found::Session(session) => {
            let who = words::who(&session).map(|who| format!(" of {who}")).unwrap_or_default();
            let why = context.client.why_session(session.w_id.as_str()).await?;
            (format!("{}{who}", session.w_id), why)
        }
        Found::Account { account, .. } => {
            let why = context.client.why_account(account.wc_id.as_str()).await?;
            (standing::who(&account), why)
        }
    };
    if context.json {
        context.print_json(&why)?;
    } else {
        let (now, zone) = (context.now(), context.terminal.zone.clone());
        let rendered = render(&who, &why, context.terminal.width, &At { now, zone }, context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

/// When and where it is asked.
pub(super) struct At {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl At {
    /// "2026-01-01 08:00 CST, 3 min ago".
    fn tell(&self, at: Timestamp) -> String {
        format!("{}, {}", local(at, &self.zone), relative(at, self.now))
    }
}

/// Paragraphs of ended lines; the last one is what a person must do.
pub(super) fn render(who: &str, why: &Why, width: Option<usize>, at: &At, paint: Paint) -> String {
    let state = paint.tone(tone(&why.state), &why.state);
    let who = paint.tone(Tone::Strong, who);
    let mut paragraphs = vec![format!("{who}\n{state} since {}\n", at.tell(why.since))];
    if !why.what.is_empty() {
        paragraphs[0] += &lines(&sentence(&why.what), "", width);
    }
    if !why.evidence.is_empty() {
        paragraphs.push(evidence(why, width, at, paint));
    }
    if let Some(next) = &why.next {
        let head = paint.tone(Tone::Strong, "Next");
        let when = at.tell(next.at);
        paragraphs.push(format!("{head}  {when}\n{}", lines(&sentence(&next.what), INDENT, width)));
    }
    paragraphs.push(match &why.todo {
        Some(todo) => {
            let todo = lines(&sentence(todo), INDENT, width);
            let todo: Vec<_> = todo.lines().map(|line| paint.tone(Tone::Waiting, line) + "\n").collect();
            format!("{}\n{}", paint.tone(Tone::Strong, "To do"), todo.concat())
        }
        None => "Nothing is to be done.\n".to_owned(),
    });
    paragraphs.join("\n")
}

/// What stands before lines that belong to a heading.
const INDENT: &str = "  ";

fn evidence(why: &Why, width: Option<usize>, at: &At, paint: Paint) -> String {
    const COLUMNS: [Column; 3] = [Column::whole("WHEN"), Column::whole("FROM"), Column::wrapping("WHAT")];
    let rows = why
        .evidence
        .iter()
        .map(|seen| [local(seen.at, &at.zone).into(), seen.from.as_str().into(), Cell::from(&seen.what)]);
    table(&COLUMNS, &rows.collect::<Vec<_>>(), width, paint)
}

/// A sentence as ended lines that fit.
fn lines(sentence: &str, indent: &str, width: Option<usize>) -> String {
    let columns = width.map_or(usize::MAX, |width| width.saturating_sub(indent.len()));
    let ended = |line: String| [indent, &line, "\n"].concat();
    wrap(sentence, columns).into_iter().map(ended).collect()
}

/// How a state of accounts or sessions looks; one of a newer daemon is waited for.
fn tone(state: &str) -> Tone {
    match state {
        "online" => Tone::Good,
        "dropped" | "offline" | "relogin-scheduled" | "resting" => Tone::Bad,
        _ => Tone::Waiting,
    }
}
