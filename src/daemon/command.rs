//! The command line of `wxlogind`, and the exit status of each way to fail.

use std::io::ErrorKind;
use std::path::PathBuf;

use clap::Parser;
use wxlogin_state::OpenError;

use crate::config::{ConfigError, Overrides};
use crate::driver::Unopened;

/// `EX_CONFIG` of sysexits(3): starting again will not help, a person must act. The unit's
/// `RestartPreventExitStatus=` names it.
const EX_CONFIG: u8 = 78;

/// The rest of the long help, and of the man page.
const NOTES: &str = "\
Signals:
  SIGTERM, SIGINT  stop: long-polls end at once, what was acknowledged is durable;
                   a second one ends without waiting
  SIGHUP           read the configuration again; a faulty one changes nothing

Environment:
  WXLOGIND_LOG             what is logged: error, warn, info, debug, trace, or a
                           filter such as info,wxlogind::poll=debug
  STATE_DIRECTORY, XDG_STATE_HOME
                           where the state directory is, unless told otherwise
  CREDENTIALS_DIRECTORY    where systemd passes secrets on (LoadCredential=)

Files:
  /etc/wxlogind/config.toml       the configuration
  /var/lib/wxlogind               the state directory, under systemd
  <state dir>/control.token       what callers by TCP must present
  <state dir>/state.key           the key that tokens are sealed with, made at first
                                  start; keep a copy elsewhere: without it the
                                  tokens are lost
  <state dir>/export              what a damaged store is restored from
  <state dir>/damaged-<n>         a damaged store, kept
  /run/wxlogind/control.sock      the control API's Unix socket

Exit status:
  0   stopped by a signal
  1   failed; starting again may help
  2   wrong usage
  78  the configuration, the state directory's lock or the store needs a person";

/// Keeps WeChat device logins alive.
///
/// Two ways to start: with --sandbox, against a simulated platform; or with a configuration that names the
/// real one.
#[derive(Debug, Clone, Parser)]
#[command(name = "wxlogind", version, after_long_help = NOTES)]
pub struct Command {
    /// Configuration file [default: /etc/wxlogind/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Directory of the store and the control token; wins over the configuration
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// TCP address of the control API, "" for none; wins over the configuration
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,

    /// Unix socket of the control API, "" for none; wins over the configuration
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Start the embedded sandbox, and work against it
    #[arg(long)]
    pub sandbox: bool,

    /// Check the configuration, name every fault, and exit
    #[arg(long)]
    pub check_config: bool,
}

impl Command {
    /// What the command line says in place of the configuration.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            state_dir: self.state_dir.clone(),
            listen: self.listen.clone(),
            socket: self.socket.clone(),
            sandbox: self.sandbox,
        }
    }
}

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A person must change the configuration or the host first.
    #[error(transparent)]
    Configuration(anyhow::Error),
    /// Trying again may help.
    #[error(transparent)]
    Other(anyhow::Error),
}

impl Failure {
    /// The status to exit with.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Configuration(_) => EX_CONFIG,
            Self::Other(_) => 1,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Configuration(error.into())
    }
}

impl From<Unopened> for Failure {
    fn from(error: Unopened) -> Self {
        match error {
            Unopened::Store(error) => error.into(),
            Unopened::KeyFile(_) | Unopened::Key(_) => Self::Configuration(error.into()),
        }
    }
}

impl From<OpenError> for Failure {
    /// A state directory that is in use, damaged or out of reach needs a person; a disk that is full or fails may
    /// be better in a moment.
    fn from(error: OpenError) -> Self {
        let needs_a_person = match &error {
            OpenError::Directory { source, .. } => matches!(
                source.kind(),
                ErrorKind::NotFound
                    | ErrorKind::PermissionDenied
                    | ErrorKind::NotADirectory
                    | ErrorKind::ReadOnlyFilesystem
            ),
            _ => true,
        };
        if needs_a_person { Self::Configuration(error.into()) } else { Self::Other(error.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(kind: ErrorKind) -> u8 {
        Failure::from(OpenError::Directory { path: "/state".into(), source: kind.into() }).exit_status()
    }

    #[test]
    fn a_full_disk_at_start_is_worth_another_try() {
        assert_eq!(status(ErrorKind::StorageFull), 1);
        assert_eq!(status(ErrorKind::Other), 1);
    }

    #[test]
    fn a_directory_out_of_reach_or_in_use_needs_a_person() {
        assert_eq!(status(ErrorKind::PermissionDenied), EX_CONFIG);
        let in_use = OpenError::InUse { path: "/state".into(), holder: Some(7) };
        assert_eq!(Failure::from(in_use).exit_status(), EX_CONFIG);
    }
}
