//! SIGHUP: reads the configuration again, and takes over what can change while the daemon runs.

use std::error::Error;
use std::path::PathBuf;

use tokio::sync::watch;
use tracing::{error, info, warn};

use super::figures;
use crate::api::Api;
use crate::api::token::Token;
use crate::config::{self, Environment, Overrides, Plan, Settings};

/// Where the settings come from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) file: Option<PathBuf>,
    pub(super) overrides: Overrides,
    pub(super) environment: Environment,
}

impl Origin {
    /// Whether nobody asked for just the port that the control API listens on: a second sandbox then takes
    /// another one.
    pub(super) fn may_move_port(&self) -> bool {
        self.overrides.sandbox && self.overrides.listen.is_none() && self.file.is_none()
    }
}

/// What reloading needs to know.
#[derive(Debug)]
pub(super) struct Reload {
    origin: Origin,
    current: Settings,
}

impl Reload {
    pub(super) fn new(origin: Origin, current: Settings) -> Self {
        Self { origin, current }
    }

    /// Reads the configuration again. Where it has a fault everything stays as it is.
    pub(super) async fn run(&mut self, api: &Api, token: Option<&watch::Sender<Token>>) {
        let Origin { file, overrides, environment } = &self.origin;
        let fresh = match config::load(file.as_deref(), overrides, environment) {
            Ok(loaded) => match loaded.plan {
                Plan::Complete(settings) => settings,
                // The sandbox that runs is the platform still.
                Plan::Rehearsal(rehearsal) => {
                    let Settings { device, apps, official_accounts, .. } = &self.current;
                    let fresh = rehearsal.settings(device.base_url.clone(), device.auth.clone());
                    Settings { apps: apps.clone(), official_accounts: official_accounts.clone(), ..fresh }
                }
            },
            Err(fault) => {
                error!(error = &fault as &dyn Error, "the settings stay as they are: reloading failed");
                return;
            }
        };
        if let Some(token) = token {
            match Token::load_or_make(&self.current.control.token_file) {
                Ok(fresh) => drop(token.send_replace(fresh)),
                Err(fault) => error!(error = &fault as &dyn Error, "the control token stays as it is"),
            }
        }
        let configured = api.webhooks.configure(&fresh.webhooks, &fresh.relogin.window.zone).await;
        match configured {
            Ok(()) => self.current.webhooks.clone_from(&fresh.webhooks),
            Err(fault) => error!(error = &fault as &dyn Error, "the webhooks stay as they are"),
        }
        let rest = self.needing_restart(&fresh);
        if !rest.is_empty() {
            warn!(settings = rest.join(", "), "these changes take effect at the next start");
        }
        self.current.relogin = fresh.relogin;
        self.current.tokens = fresh.tokens;
        self.current.state.keep_dropped = fresh.state.keep_dropped;
        let (device, new) = (&mut self.current.device, fresh.device);
        device.qr_valid_for = new.qr_valid_for;
        device.check_interval = new.check_interval;
        device.confirmations = new.confirmations;
        device.max_polls = new.max_polls;
        device.device_type = new.device_type;
        device.proxy = new.proxy;
        api.driver.go_by(figures(&self.current)).await;
        api.defaults.send_replace(super::defaults(&self.current));
        info!("the configuration was read again");
    }

    /// Which changed settings cannot be taken over while running.
    fn needing_restart(&self, fresh: &Settings) -> Vec<&'static str> {
        let current = &self.current;
        let device = (&current.device, &fresh.device);
        [
            ("state.dir", current.state.dir != fresh.state.dir),
            ("state.keep_events", current.state.keep_events != fresh.state.keep_events),
            ("[control]", current.control != fresh.control),
            ("device.base_url", device.0.base_url != device.1.base_url),
            ("device.account, password or authorization", device.0.auth != device.1.auth),
            ("device.auto_check", device.0.auto_check != device.1.auto_check),
            ("device.poll_timeout", device.0.poll_timeout != device.1.poll_timeout),
            ("[callback]", current.callback != fresh.callback),
            ("[[app]]", current.apps != fresh.apps),
            ("[[official_account]]", current.official_accounts != fresh.official_accounts),
            ("state.key", current.state_key != fresh.state_key),
            ("[sandbox]", current.sandbox != fresh.sandbox),
        ]
        .into_iter()
        .filter_map(|(name, changed)| changed.then_some(name))
        .collect()
    }
}
