//! `wxloginctl`: asks the daemon for what the command line says, and answers in sentences or JSON.
//!
//! [`main`] is all that the program calls. Every command works on a `Context`: a client, the terminal and how
//! to print; what is printed is made by pure functions (`words`, `show`, `list`, `table`), so that a test can
//! read it.

mod args;
mod backup;
mod check;
mod completions;
mod console;
mod failure;
mod find;
mod follow;
mod inbox;
mod link;
mod list;
mod live;
mod login;
mod many;
mod offline;
mod relogin;
mod restore;
mod settings;
mod show;
mod standing;
mod steps;
mod table;
mod terminal;
mod text;
mod time;
mod tokens;
mod watch;
mod webhooks;
mod why;
mod words;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;

use clap::{CommandFactory, Parser};
use jiff::Timestamp;
use serde::Serialize;

use crate::client::{Client, DEFAULT_SOCKET, Target};
use args::{Color, CommandLine, Verb};
use failure::{Exit, Failure};
use terminal::Terminal;
use text::Paint;

/// Runs the program on the terminal it was started on; `now` is the time of day. Returns the exit status.
pub fn main(now: &dyn Fn() -> Timestamp) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("wxloginctl: cannot start: {error}");
            return Exit::Failed as u8;
        }
    };
    Terminal::of_process(now, |terminal| runtime.block_on(run(std::env::args_os(), terminal)))
}

/// The command line's definition, for the man page.
pub fn command() -> clap::Command {
    CommandLine::command()
}

/// What a command works with.
struct Context<'a> {
    client: Client,
    terminal: Terminal<'a>,
    /// Whether to print JSON.
    json: bool,
    paint: Paint,
}

impl Context<'_> {
    fn now(&self) -> Timestamp {
        (self.terminal.now)()
    }

    /// Prints a line.
    fn say(&mut self, line: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.terminal.out, "{line}")?)
    }

    /// Prints text that brings its own line ends.
    fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.terminal.out.write_all(text.as_bytes())?;
        Ok(self.terminal.out.flush()?)
    }

    /// Prints JSON for a person or a program to read.
    fn print_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(value)?;
        self.say(json)
    }

    /// Prints a remark where it does not disturb what was asked for.
    fn remark(&mut self, line: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.terminal.err, "{line}")?)
    }
}

/// Runs one command line. Returns the exit status.
async fn run(args: impl IntoIterator<Item = OsString>, terminal: Terminal<'_>) -> u8 {
    let command_line = match CommandLine::try_parse_from(args) {
        Ok(command_line) => command_line,
        Err(error) => return usage(&error, terminal),
    };
    let CommandLine { global, verb } = command_line;
    let target = match Target::find(global.named(), terminal.env) {
        Ok(target) => target,
        // What is done on this host alone is done whatever daemon the environment names.
        Err(_) if verb.is_offline() => Target::Socket(DEFAULT_SOCKET.into()),
        Err(error) => return report(&error.into(), global.json, terminal.err),
    };
    let paint = Paint(match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal.on_screen && (terminal.env)("NO_COLOR").is_none_or(|value| value.is_empty()),
    });
    let mut context = Context { client: Client::new(target), terminal, json: global.json, paint };
    match dispatch(&mut context, verb).await {
        Ok(exit) => exit as u8,
        Err(failure) => report(&failure, global.json, context.terminal.err),
    }
}

async fn dispatch(context: &mut Context<'_>, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List(which) => list::sessions(context, which).await,
        Verb::Accounts => list::accounts(context).await,
        Verb::History { w_id } => list::history(context, &w_id).await,
        Verb::Status { name } => show::status(context, &name).await,
        Verb::Why { name } => why::why(context, &name).await,
        Verb::Watch(asked) => watch::watch(context, asked).await,
        Verb::Webhooks(asked) => webhooks::webhooks(context, asked).await,
        Verb::Relogin(asked) => relogin::relogin(context, asked).await,
        Verb::Set(change) => settings::set(context, change).await,
        Verb::Forget { wc_id } => settings::forget(context, &wc_id).await,
        Verb::Login(login) if login.from.is_some() => many::many(context, login).await,
        Verb::Login(login) => login::login(context, login).await,
        Verb::Qr(qr) => steps::qr(context, qr).await,
        Verb::Verify { w_id, code } => steps::verify(context, &w_id, code).await,
        Verb::SliderDone { w_id } => steps::slider_done(context, &w_id).await,
        Verb::Steps => inbox::steps(context).await,
        Verb::Link { name, ttl } => link::link(context, &name, ttl).await,
        Verb::Console => console::console(context).await,
        Verb::Check(asked) => check::check(context, asked).await,
        Verb::Backup(asked) => backup::backup(context, asked).await,
        Verb::Restore(asked) => restore::restore(context, asked).await,
        Verb::Completions { shell } => completions::completions(context, shell),
        Verb::Logout { name } => steps::logout(context, &name).await,
        Verb::Tokens(which) => tokens::list(context, which).await,
        Verb::Token(asked) => tokens::token(context, asked).await,
        Verb::Rekey => tokens::rekey(context).await,
    }
}

/// Prints clap's own words: help and version where they were asked for, else what is wrong with the line.
fn usage(error: &clap::Error, terminal: Terminal<'_>) -> u8 {
    let words = error.render();
    let words = if terminal.on_screen { words.ansi().to_string() } else { words.to_string() };
    let to = if error.use_stderr() { terminal.err } else { terminal.out };
    // Where nobody can be told, the exit status still says it.
    let _ = to.write_all(words.as_bytes());
    u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8)
}

/// Says why a command did not do what was asked. Returns the exit status.
fn report(failure: &Failure, json: bool, err: &mut dyn Write) -> u8 {
    // As above: the exit status remains.
    let _ = err.write_all(failure.report(json).as_bytes());
    failure.exit() as u8
}

#[cfg(test)]
mod tests;
