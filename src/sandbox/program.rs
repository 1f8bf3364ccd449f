//! The command line of `wxlogin-sandbox`: the sandbox on its own, for developers who want the platform and a phone
//! without the daemon.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use futures_util::StreamExt;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook_tokio::Signals;

use super::{Sandbox, SandboxSettings, read_script};
use crate::lifecycle::raise_open_files;
use crate::logging;

/// The device login platform, simulated, with a phone to go with it.
///
/// Prints its address and serves until SIGINT or SIGTERM; its first page (/) says what it can do. Account and
/// password are "sandbox".
#[derive(Debug, Parser)]
#[command(name = "wxlogin-sandbox", version, after_long_help = SCRIPT_HELP)]
pub struct Program {
    /// Loopback address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7439")]
    listen: SocketAddr,
    /// Answers and faults to give before the normal ones: JSON, or TOML where the name ends so
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// When the first login of a device is dropped
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
    first_drop: Duration,
    /// How long /getIPadLoginInfo blocks before it answers HTTP 504
    #[arg(long, value_name = "DURATION", default_value = "250s", value_parser = humantime::parse_duration)]
    block: Duration,
    /// How long a person has for each step
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = humantime::parse_duration)]
    qr_valid_for: Duration,
    /// How long a token of an app login is valid
    #[arg(long, value_name = "DURATION", default_value = "10d", value_parser = humantime::parse_duration)]
    app_token_valid_for: Duration,
    /// The phone scans and confirms by itself, taking this long for each
    #[arg(
        long,
        value_name = "PACE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2s",
        value_parser = humantime::parse_duration
    )]
    autopilot: Option<Duration>,
}

const SCRIPT_HELP: &str = r#"Scripts:
  A script is a list of rules, each for the next calls of one kind:

    [[rules]]
    call = "/getIPadLoginInfo"  # which call
    times = 2                   # how many calls it serves (1)
    wId = "…"                   # only for this login; wcId likewise
    delay = "3s"                # answer this much later
    after = true                # carry the call out, then spoil its answer
    fault = { status = 502, body = "<html>" }

  A fault is {status, body}, {answer = JSON}, "reset", "close", "half-body" or
  "garbage"; without one the call is answered normally, after its delay. In
  JSON it is {"rules": […]}, a list, or one rule. POST /sandbox/script takes
  the same while the sandbox runs.

Environment:
  WXLOGIND_LOG says what is logged on stderr; every call is, unless told otherwise."#;

/// Whoever runs the sandbox alone wants to see each call.
const LOGGED: &str = "info,wxlogind::sandbox=debug";

impl Program {
    /// Serves until SIGINT or SIGTERM.
    pub async fn run(self) -> anyhow::Result<()> {
        logging::begin(LOGGED)?;
        raise_open_files();
        let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot wait for signals")?;
        let sandbox = Sandbox::start(self.settings()?).await.context("cannot start the sandbox")?;
        // The address alone on stdout, for scripts that wait for it.
        println!("{}", sandbox.base_url());
        tracing::info!(url = %sandbox.base_url(), "the sandbox is ready");
        signals.next().await;
        sandbox.shutdown().await;
        Ok(())
    }

    fn settings(self) -> anyhow::Result<SandboxSettings> {
        let script = match &self.script {
            Some(path) => read_script(path).with_context(|| path.display().to_string())?,
            None => Vec::new(),
        };
        Ok(SandboxSettings {
            listen: self.listen,
            block: self.block,
            first_drop: self.first_drop,
            qr_valid_for: self.qr_valid_for,
            autopilot: self.autopilot,
            app_token_valid_for: self.app_token_valid_for,
            script,
            ..SandboxSettings::default()
        })
    }
}
