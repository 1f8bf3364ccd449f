//! `completions`: what a shell needs to complete command lines.

use clap_complete::{Shell, generate};

use super::failure::{Exit, Failure};
use super::{Context, args};

/// `wxloginctl completions`. The same with `--json`, which has no other words for a script.
pub(super) fn completions(context: &mut Context<'_>, shell: args::Shell) -> Result<Exit, Failure> {
    let shell = match shell {
        args::Shell::Bash => Shell::Bash,
        args::Shell::Zsh => Shell::Zsh,
        args::Shell::Fish => Shell::Fish,
    };
    // clap writes into memory without failing, and to a pipe that is closed with a panic.
    let mut script = Vec::new();
    generate(shell, &mut super::command(), "wxloginctl", &mut script);
    context.terminal.out.write_all(&script)?;
    Ok(Exit::Done)
}
