//! Where log records go: fields to the journal under systemd, readable lines to a terminal otherwise.
//!
//! In the journal `wId`, `wcId` and `state` become `WX_WID`, `WX_WCID` and `WX_STATE`, so that
//! `journalctl -u wxlogind WX_WCID=wxid_…` is the life of one account.

use std::env;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Names the variable with a filter such as `debug` or `wxlogind::poll=debug`.
pub const FILTER: &str = "WXLOGIND_LOG";

/// Begins logging, from `usual` upwards unless the environment says otherwise.
///
/// Fails where a logger was set before, which only a second call in one process can do.
pub fn begin(usual: LevelFilter) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(usual.into()).with_env_var(FILTER).from_env()?;
    let records = tracing_subscriber::registry().with(filter);
    if stderr_is_the_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        records.with(journal.with_field_prefix(Some("WX".to_owned()))).try_init()?;
    } else {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false);
        records.with(lines).try_init()?;
    }
    Ok(())
}

/// systemd names the device and inode of the stream it connected (systemd.exec(5), `$JOURNAL_STREAM`).
fn stderr_is_the_journal() -> bool {
    let Some(stream) = env::var("JOURNAL_STREAM").ok() else { return false };
    rustix::fs::fstat(io::stderr().as_fd())
        .is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}
