//! How far many logins are: on a terminal a block that is drawn again and again, elsewhere a line for each step.
//!
//! ```text
//!   shop 1  is online as wxid_a (…)          what is over scrolls away
//!   █▀▀▀█ …                                   the QR of the one that waits longest
//!   shop 2  Scan the QR, ends in 4 min.       what is under way
//!   3 of 20: 2 online, 1 failed               how far it is
//! ```

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::json;
use wxlogin_state::public::Session;
use wxlogin_state::{StateName, WId};

use super::file::Line;
use super::run::What;
use super::{Count, is_over};
use crate::client::QrForm;
use crate::ctl::failure::{Exit, Failure};
use crate::ctl::text::{Tone, fit, plain, plain_lines, width};
use crate::ctl::{Context, watch, words};
use crate::logging;

/// Columns of a name.
const NAME: usize = 24;

pub(super) struct Progress {
    rows: Vec<Row>,
    count: Count,
    /// The terminal's columns and lines, where the block is drawn.
    screen: Option<(usize, usize)>,
    /// Lines of the block that stand on it now.
    drawn: usize,
    /// The QR that is shown: whose, since when, how it looks.
    qr: Option<(WId, Timestamp, Vec<String>)>,
}

struct Row {
    line: usize,
    name: String,
    label: Option<String>,
    /// Where it stands, while it is under way.
    session: Option<Session>,
    /// Why it failed.
    failed: Option<String>,
}

impl Progress {
    pub(super) fn new(context: &Context<'_>, lines: &[Line]) -> Self {
        let row = |line: &Line| Row {
            line: line.number,
            name: line.name(),
            label: line.label.as_ref().map(|label| label.as_str().to_owned()),
            session: None,
            failed: None,
        };
        let screen = context.terminal.width.zip(context.terminal.height).filter(|_| !context.json);
        let (rows, count) = (lines.iter().map(row).collect(), Count::default());
        Self { rows, count, screen, drawn: 0, qr: None }
    }

    /// Whether there is a block that grows old.
    pub(super) fn is_drawn(&self) -> bool {
        self.screen.is_some()
    }

    /// Takes in and tells what happened to one of them.
    pub(super) async fn take(
        &mut self,
        context: &mut Context<'_>,
        at: usize,
        what: What,
    ) -> Result<(), Failure> {
        let Some(row) = self.rows.get_mut(at) else { return Ok(()) };
        let (mut told, mut tone) = (None, Tone::Normal);
        let json = match what {
            What::Session(session) => {
                let json = json!({ "line": row.line, "label": row.label, "session": session });
                let over = is_over(session.state);
                if over || self.screen.is_none() {
                    (told, tone) =
                        (Some(watch::of_session(&session, context.now())), words::tone(session.state));
                }
                match session.state {
                    StateName::Online => self.count.online += 1,
                    StateName::Dropped => {
                        self.count.failed += 1;
                        row.failed = session.drop.as_ref().map(words::how_it_ended).or(Some(String::new()));
                    }
                    _ => {}
                }
                if session.state == StateName::Online {
                    let who = words::who(&session).unwrap_or_else(|| session.w_id.to_string());
                    told = Some(format!("{who} is online."));
                }
                row.session = (!over).then_some(*session);
                json
            }
            What::AlreadyOnline(wc_id) => {
                self.count.already_online += 1;
                (told, tone) = (Some(format!("{wc_id} is online already.")), Tone::Good);
                row.session = None;
                json!({ "line": row.line, "label": row.label, "alreadyOnline": wc_id })
            }
            What::Failed(failure) => {
                self.count.failed += 1;
                let why = plain(&logging::chain(&failure));
                (told, tone) = (Some(format!("Failed: {why}")), Tone::Bad);
                row.session = None;
                row.failed = Some(why.clone());
                json!({ "line": row.line, "label": row.label, "failed": why, "problem": failure.problem() })
            }
        };
        if context.json {
            return context.say(json);
        }
        let told = told.map(|told| format!("{}  {told}", padded(&row.name)));
        if let Some(told) = told {
            self.erase(context)?;
            let told = context.paint.tone(tone, &told);
            context.say(told)?;
        }
        self.draw(context).await
    }

    /// Draws the block anew, where there is one.
    pub(super) async fn draw(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        let Some((columns, high)) = self.screen else { return Ok(()) };
        self.fetch_qr(context).await?;
        let now = context.now();
        let mut lines: Vec<(Tone, String)> = Vec::new();
        let under_way = self.rows.iter().filter_map(|row| row.session.as_ref().map(|session| (row, session)));
        for (row, session) in under_way {
            let stands = watch::of_session(session, now);
            lines.push((words::tone(session.state), format!("{}  {stands}", padded(&row.name))));
        }
        lines.push((Tone::Strong, self.so_far()));
        // A block that is higher than the terminal cannot be drawn over.
        if let Some((_, _, qr)) = &self.qr {
            let fits = qr.iter().all(|line| width(line) <= columns) && qr.len() + lines.len() < high;
            if fits {
                let qr = qr.iter().map(|line| (Tone::Blocks, line.clone()));
                lines = qr.chain(lines).collect();
            }
        }
        let skipped = lines.len().saturating_sub(high.saturating_sub(1));
        let mut block = self.erasing();
        for (tone, line) in &lines[skipped..] {
            let line = if *tone == Tone::Blocks { line.clone() } else { fit(line, columns) };
            let _ = writeln!(block, "{}", context.paint.tone(*tone, &line));
        }
        self.drawn = lines.len() - skipped;
        context.print(&block)
    }

    /// Leaves what stands on the terminal as it is.
    pub(super) fn leave(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        self.drawn = 0;
        context.print("")
    }

    /// Sums up.
    pub(super) fn end(mut self, context: &mut Context<'_>) -> Result<Exit, Failure> {
        let exit = if self.count.failed == 0 { Exit::Done } else { Exit::Failed };
        if context.json {
            let count = serde_json::to_string(&self.count)?;
            context.say(count)?;
            return Ok(exit);
        }
        self.erase(context)?;
        context.say(self.so_far())?;
        for row in &self.rows {
            if let Some(why) = &row.failed {
                context.say(format_args!("  line {}: {}: {why}", row.line, row.name))?;
            }
        }
        if exit == Exit::Failed {
            context.say("The same command again begins those anew and leaves the others as they are.")?;
        }
        Ok(exit)
    }

    /// Keeps the QR of the login that waits longest for its scan at hand.
    async fn fetch_qr(&mut self, context: &Context<'_>) -> Result<(), Failure> {
        let waiting = self.rows.iter().filter_map(|row| row.session.as_ref());
        let waiting = waiting.filter_map(|session| Some((session, session.qr.as_ref()?)));
        let Some((session, qr)) = waiting.min_by_key(|(_, qr)| qr.issued_at) else {
            self.qr = None;
            return Ok(());
        };
        let shown = (&session.w_id, qr.issued_at);
        if self.qr.as_ref().is_some_and(|(w_id, issued_at, _)| (w_id, *issued_at) == shown) {
            return Ok(());
        }
        // Decoration: where it cannot be had, its line says by which command it is drawn.
        let text = context.client.qr(session.w_id.as_str(), QrForm::Text).await.unwrap_or_default();
        let text = plain_lines(&String::from_utf8_lossy(&text));
        self.qr = Some((session.w_id.clone(), qr.issued_at, text.lines().map(str::to_owned).collect()));
        Ok(())
    }

    fn so_far(&self) -> String {
        let Count { online, already_online, failed } = self.count;
        let (over, all) = (online + already_online + failed, self.rows.len());
        format!("{over} of {all}: {online} online now, {already_online} were already, {failed} failed")
    }

    fn erase(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        let erasing = self.erasing();
        self.drawn = 0;
        context.print(&erasing)
    }

    /// To the beginning of the block's first line, and all below it away (ECMA-48: CPL, ED).
    fn erasing(&self) -> String {
        if self.drawn == 0 { String::new() } else { format!("\x1b[{}F\x1b[J", self.drawn) }
    }
}

fn padded(name: &str) -> String {
    let name = fit(name, NAME);
    format!("{name}{}", " ".repeat(NAME.saturating_sub(width(&name))))
}
