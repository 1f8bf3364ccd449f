//! From the command line to settings that nothing is missing from: reads the configuration and, where it is
//! wanted, starts the sandbox that stands in for the platform.

use anyhow::Context;
use tempfile::TempDir;
use tracing::info;

use super::reload::Origin;
use super::{Command, Failure};
use crate::config::{self, DeviceAuth, Environment, Plan, Settings};
use crate::sandbox::{Sandbox, SandboxSettings};

/// What the daemon starts with.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) settings: Settings,
    pub(super) sandbox: Option<Sandbox>,
    /// Where the settings came from, for reloading.
    pub(super) origin: Origin,
    /// The sandbox's state directory, where it was given none; removed when dropped.
    pub(super) scratch: Option<TempDir>,
}

pub(super) async fn prepare(command: Command) -> Result<Prepared, Failure> {
    let mut environment = Environment::of_process();
    let mut scratch = None;
    if command.sandbox && command.state_dir.is_none() {
        let dir = TempDir::with_prefix("wxlogind-")
            .context("cannot make a temporary state directory")
            .map_err(Failure::Other)?;
        environment.scratch_dir = Some(dir.path().to_owned());
        scratch = Some(dir);
    }
    let origin = Origin { file: command.config.clone(), overrides: command.overrides(), environment };
    let loaded = config::load(origin.file.as_deref(), &origin.overrides, &origin.environment)?;
    for note in &loaded.notes {
        info!("{note}");
    }
    let (settings, sandbox) = match loaded.plan {
        Plan::Complete(settings) => (settings, None),
        Plan::Rehearsal(rehearsal) => {
            let told = SandboxSettings::from(&rehearsal.sandbox);
            let auth =
                DeviceAuth::Password { account: told.account.clone(), password: told.password.clone() };
            let sandbox = Sandbox::start(told)
                .await
                .context("cannot start the sandbox")
                .map_err(Failure::Configuration)?;
            let mut settings = rehearsal.settings(sandbox.base_url().clone(), auth);
            settings.apps = vec![sandbox.app()];
            settings.official_accounts = vec![sandbox.official_account()];
            (settings, Some(sandbox))
        }
    };
    Ok(Prepared { settings, sandbox, origin, scratch })
}
