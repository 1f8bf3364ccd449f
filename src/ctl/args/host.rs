//! The verbs for whoever looks after the host: backups, checks, completions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where the unit's state directory is (`StateDirectory=wxlogind`).
const STATE_DIR: &str = "/var/lib/wxlogind";

#[derive(Debug, Args)]
pub(in crate::ctl) struct Backup {
    /// Where to; "-" is standard output
    #[arg(value_name = "FILE")]
    pub(in crate::ctl) file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub(in crate::ctl) force: bool,
}

#[derive(Debug, Args)]
pub(in crate::ctl) struct Restore {
    /// The backup; "-" is standard input, and needs --yes
    #[arg(value_name = "FILE")]
    pub(in crate::ctl) file: PathBuf,
    /// The state directory to restore
    #[arg(long, value_name = "DIR", default_value = STATE_DIR)]
    pub(in crate::ctl) state_dir: PathBuf,
    /// The key file of the backup's tokens, where it is a credential and not DIR/state.key
    #[arg(long, value_name = "FILE")]
    pub(in crate::ctl) key_file: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub(in crate::ctl) yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::ctl) struct Check {
    /// Check a copy of what is in this state directory, which no daemon may be using, instead of asking a daemon
    #[arg(long, value_name = "DIR")]
    pub(in crate::ctl) state_dir: Option<PathBuf>,
    /// The key file of the tokens, where it is a credential and not DIR/state.key
    #[arg(long, value_name = "FILE", requires = "state_dir")]
    pub(in crate::ctl) key_file: Option<PathBuf>,
}

/// The shells that most people use; the others of clap are not tried here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::ctl) enum Shell {
    Bash,
    Zsh,
    Fish,
}
