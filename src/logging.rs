//! Where log records go: fields to the journal under systemd, readable lines to a terminal otherwise.
//!
//! In the journal `wId`, `wcId` and `state` become `WX_WID`, `WX_WCID` and `WX_STATE`, so that
//! `journalctl -u wxlogind WX_WCID=wxid_…` is the life of one account. What the engine and other libraries log by
//! the `log` crate is left out: the engine's own trace shows what it writes, secrets and all.

use std::env;
use std::error::Error;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

mod journal;

use journal::Journal;

/// Names the variable with a filter: `debug`, or `info,wxlogind::poll=debug`.
pub const FILTER: &str = "WXLOGIND_LOG";

/// Begins logging what the filter `usual` lets through, unless the environment has another one.
///
/// Fails for a filter that cannot be read, and where a logger was set before.
pub fn begin(usual: &str) -> anyhow::Result<()> {
    let filter = env::var(FILTER).unwrap_or_else(|_| usual.to_owned());
    let filter = EnvFilter::try_new(&filter).with_context(|| format!("{FILTER}: {filter:?} is no filter"))?;
    let records = tracing_subscriber::registry().with(filter);
    if stderr_is_the_journal()
        && let Ok(journal) = Journal::connect()
    {
        records.with(journal).try_init()?;
    } else {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false);
        records.with(lines).try_init()?;
    }
    Ok(())
}

/// An error and all that caused it, in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// systemd names the device and inode of the stream it connected (systemd.exec(5), `$JOURNAL_STREAM`).
fn stderr_is_the_journal() -> bool {
    let Some(stream) = env::var("JOURNAL_STREAM").ok() else { return false };
    rustix::fs::fstat(io::stderr().as_fd())
        .is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}
