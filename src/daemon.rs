//! The daemon: everything in the order in which it starts and stops.
//!
//! ```text
//!   configuration → state directory → store → platform → listeners → driver → READY
//!   signal → STOPPING → no new connections → refreshes that are out are noted → inbox done → long-polls end → end
//! ```
//!
//! Whatever can fail at start fails before READY, with the exit status that tells the supervisor whether to
//! try again.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};
use wxlogin_state::{PlatformKey, Retention, Rules, Secret, StateDir, StateName, TokenRules};

mod command;
mod doors;
mod reload;
mod settle;
mod welcome;

pub use command::{Command, Failure};
use doors::Doors;
use reload::{Origin, Reload};
use settle::Prepared;

use crate::api::listen::Server;
use crate::api::token::Token;
use crate::api::{self, Api, Defaults};
use crate::callback::{self, Callbacks, Forward, Hint};
use crate::clock::Clock;
use crate::config::{self, Device, DeviceAuth, Environment, Settings};
use crate::driver::{self, Denied, Driver, Figures, Parts, StoreState};
use crate::lifecycle::{self, Supervisor, Wish, Wishes};
use crate::logging;
use crate::metrics::{Exposition, Metrics};
use crate::outbox::Webhooks;
use crate::platform::app::AppPlatform;
use crate::platform::official_account::OfficialAccountPlatform;
use crate::platform::{KeepKey, Platform, Systems};
use crate::view::View;

/// How long everything may take to end: the driver waits for refreshes that are out, then ends its long-polls at once
/// and writes its export; requests are answered within a second meanwhile. With what follows it stays within
/// `TimeoutStopSec` of wxlogind.service, which kills.
const STOP_WITHIN: Duration = driver::DRAIN_WITHIN.saturating_add(Duration::from_secs(5));

/// How long work on blocking threads (a picture, a name look-up) may hold up the end of the process.
const SHUTDOWN_WITHIN: Duration = Duration::from_millis(500);

/// How often the status line is renewed, where the watchdog does not ask for more.
const TICK: Duration = Duration::from_secs(10);

/// The whole program.
pub fn main(command: Command, clock: Clock) -> Result<(), Failure> {
    if command.check_config {
        return check_config(&command);
    }
    // Whatever is made here is for the owner alone, unless it is opened on purpose.
    umask(Mode::RWXG | Mode::RWXO);
    // A newcomer is told what happens in sentences of their own, see welcome.rs.
    let usual = if command.sandbox { "warn" } else { "info" };
    logging::begin(usual).map_err(Failure::Configuration)?;
    let runtime = Runtime::new().context("cannot start the runtime").map_err(Failure::Other)?;
    let result = runtime.block_on(run(command, clock));
    runtime.shutdown_timeout(SHUTDOWN_WITHIN);
    result
}

/// `--check-config`: every fault at once, or that there is none.
fn check_config(command: &Command) -> Result<(), Failure> {
    let loaded = config::load(command.config.as_deref(), &command.overrides(), &Environment::of_process())?;
    for note in &loaded.notes {
        println!("{note}");
    }
    match loaded.file {
        Some(file) => println!("{}: no faults", file.display()),
        None => println!("no configuration file; no faults"),
    }
    Ok(())
}

/// Runs the daemon until a signal ends it.
async fn run(command: Command, clock: Clock) -> Result<(), Failure> {
    let wishes = Wishes::listen().context("cannot listen for signals").map_err(Failure::Other)?;
    let Prepared { settings, sandbox, origin, scratch } = settle::prepare(command).await?;
    lifecycle::raise_open_files();
    let (daemon, driver_ended) = Daemon::start(&settings, &origin, clock).await?;
    if let Some(sandbox) = &sandbox {
        welcome::begin(&daemon, &settings, sandbox);
    }
    let result = daemon.serve(driver_ended, wishes, Reload::new(origin, settings)).await;
    if let Some(sandbox) = sandbox {
        sandbox.shutdown().await;
    }
    drop(scratch);
    result
}

/// A daemon that serves.
#[derive(Debug)]
struct Daemon {
    api: Arc<Api>,
    driver: Driver,
    view: Arc<View>,
    doors: Addresses,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// What callers by TCP must present; a reload may change it.
    token: Option<watch::Sender<Token>>,
}

/// Where the daemon can be reached.
#[derive(Debug, Clone)]
struct Addresses {
    socket: Option<PathBuf>,
    tcp: Option<SocketAddr>,
    callback: Option<SocketAddr>,
}

/// Ends with the driver's thread.
type DriverEnded = oneshot::Receiver<()>;

impl Daemon {
    async fn start(
        settings: &Settings,
        origin: &Origin,
        clock: Clock,
    ) -> Result<(Self, DriverEnded), Failure> {
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let dir = StateDir::claim(&settings.state.dir)?;
        let doors = Doors::open(settings, origin.may_move_port()).await?;
        let server = Server::new(tasks.clone(), stop.clone());
        let metrics = Metrics::default();
        let opened = driver::open(Parts {
            dir,
            retention: Retention { events: settings.state.keep_events },
            figures: figures(settings),
            clock: clock.clone(),
            tasks: tasks.clone(),
            state_key: settings.state_key.clone(),
            metrics: metrics.clone(),
        })?;
        let systems = systems(settings, &metrics)?;
        let platform = platform(&settings.device, opened.platform_key.clone(), opened.driver.clone())?;
        let platform = platform.counted_by(&metrics);
        let (driver, view) = (opened.driver.clone(), opened.view.clone());
        let callbacks = callbacks(settings, &driver, &server)?;
        let console = doors.console(settings.control.console_url.as_ref());
        let webhooks =
            Webhooks::new(driver.clone(), clock.clone(), metrics.clone(), tasks.clone(), stop.clone());
        let api = Api::new(api::Parts {
            driver: driver.clone(),
            view: view.clone(),
            platform: platform.clone(),
            systems: systems.clone(),
            callbacks: callbacks.clone(),
            exposition: exposition(&metrics, &driver, &view, &clock, &webhooks),
            clock,
            defaults: defaults(settings),
            console: console.clone(),
            webhooks: webhooks.clone(),
        });
        let driver_ended = opened
            .run(platform.clone(), systems)
            .context("cannot start the driver's thread")
            .map_err(Failure::Other)?;
        webhooks
            .configure(&settings.webhooks, &settings.relogin.window.zone)
            .await
            .context("cannot send webhooks")
            .map_err(Failure::Configuration)?;
        let registration = doors.registration_url();
        let (doors, token) = doors.serve(&api, console, callbacks, &server);
        if let Some(url) = registration {
            let (register, stop) = (callback::register(platform, url), stop.clone());
            tasks.spawn(async move { stop.run_until_cancelled(register).await });
        }
        Ok((Self { api, driver, view, doors, stop, tasks, token }, driver_ended))
    }

    /// Serves until a signal says stop, then ends everything.
    async fn serve(
        self,
        mut driver_ended: DriverEnded,
        mut wishes: Wishes,
        mut reload: Reload,
    ) -> Result<(), Failure> {
        let supervisor = Supervisor::default();
        info!(
            socket = self.doors.socket.as_ref().map(|path| tracing::field::display(path.display())),
            listen = self.doors.tcp.map(tracing::field::display),
            callback = self.doors.callback.map(tracing::field::display),
            "ready"
        );
        supervisor.ready(&self.status());
        tokio::select! {
            () = self.until_stopped(&mut wishes, &mut reload, &supervisor) => {}
            () = self.pulse(&supervisor) => {}
            _ = &mut driver_ended => {
                let lost = "the driver has ended by itself, which is a fault of this program: starting anew";
                return Err(Failure::Other(anyhow::anyhow!(lost)));
            }
        }
        supervisor.stopping();
        self.end(driver_ended, wishes).await;
        Ok(())
    }

    async fn until_stopped(&self, wishes: &mut Wishes, reload: &mut Reload, supervisor: &Supervisor) {
        while wishes.next().await == Wish::Reload {
            supervisor.reloading();
            reload.run(&self.api, self.token.as_ref()).await;
            supervisor.ready(&self.status());
        }
    }

    /// Tells the supervisor, again and again, how things stand and, where it wants to hear so, that the daemon
    /// is alive: that the driver turns, and what it writes becomes durable. A disk that is known to be full is
    /// no reason to be killed, since reading and polling go on; a driver that does not answer is. Has no end.
    async fn pulse(&self, supervisor: &Supervisor) {
        let watchdog = supervisor.watchdog();
        let every = watchdog.map_or(TICK, |watchdog| TICK.min(watchdog / 3));
        let mut tick = interval(every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if watchdog.is_some() {
                match timeout(every, self.driver.ping()).await {
                    Ok(Ok(()) | Err(Denied::Unwritable(_))) => supervisor.alive(),
                    Ok(Err(denied)) => warn!(error = &denied as &dyn Error, "the driver does not turn"),
                    Err(_) => warn!("the driver does not answer"),
                }
            }
            supervisor.status(&self.status());
        }
    }

    async fn end(self, driver_ended: DriverEnded, mut wishes: Wishes) {
        info!("stopping");
        self.stop.cancel();
        self.tasks.close();
        let ending = async {
            self.driver.stop().await;
            // The driver's thread cannot be lost without ending: its end is its answer.
            let _ = driver_ended.await;
            self.tasks.wait().await;
        };
        let told_again = async { while wishes.next().await != Wish::Stop {} };
        tokio::select! {
            ended = timeout(STOP_WITHIN, ending) => {
                if ended.is_err() {
                    warn!("something did not end in time; what was acknowledged is durable all the same");
                }
            }
            () = told_again => warn!("told to stop once more: ending at once"),
        }
    }

    fn status(&self) -> String {
        let (accounts, _) = self.view.count_accounts();
        let online = self.view.count(StateName::Online);
        let in_flight = self.view.count_in_flight();
        format!("{online} online, {in_flight} logging in, {accounts} accounts known")
    }
}

/// What of the settings the driver goes by.
fn figures(settings: &Settings) -> Figures {
    Figures {
        rules: rules(settings),
        max_in_flight: settings.device.max_polls,
        keep_dropped: settings.state.keep_dropped,
        check_interval: settings.device.check_interval,
        device: settings.device.device_type,
        proxy: Some(settings.device.proxy.clone()),
        token_rules: token_rules(settings),
        console_url: settings.control.console_url.as_ref().map(crate::console::address_of),
    }
}

/// What tokens go by.
fn token_rules(settings: &Settings) -> TokenRules {
    TokenRules {
        expiring_ahead: settings.tokens.expiring_ahead,
        refresh_ahead: settings.tokens.refresh_ahead,
        keep_expired: settings.tokens.keep_expired,
        ..TokenRules::DEFAULT
    }
}

/// What of the settings the API goes by where the caller does not say.
fn defaults(settings: &Settings) -> Defaults {
    let Device { device_type, proxy, .. } = &settings.device;
    Defaults {
        device_type: *device_type,
        proxy: proxy.clone(),
        rules: rules(settings),
        token_rules: token_rules(settings),
        max_tokens: settings.tokens.max,
    }
}

/// What the machine goes by.
fn rules(settings: &Settings) -> Rules {
    Rules {
        step_allowance: settings.device.qr_valid_for,
        popup_allowance: settings.device.poll_timeout,
        confirmations: settings.device.confirmations,
        relogin: settings.relogin.clone(),
    }
}

/// What `/metrics` shows.
fn exposition(
    metrics: &Metrics,
    driver: &Driver,
    view: &Arc<View>,
    clock: &Clock,
    webhooks: &Arc<Webhooks>,
) -> Exposition {
    let (driver, webhooks) = (driver.clone(), webhooks.clone());
    let writable = move || driver.store_state() == StoreState::Writable;
    Exposition::new(metrics, view.clone(), clock.clone(), writable, move || webhooks.backlog())
}

/// The clients of systems B and C.
fn systems(settings: &Settings, metrics: &Metrics) -> Result<Systems, Failure> {
    let app = |app: &config::App| {
        AppPlatform::new(&app.base_url, &app.appkey, &app.secret)
            .map(|client| client.counted_by(metrics))
            .with_context(|| format!("cannot call the system of [[app]] {}", app.appkey))
    };
    let account = |account: &config::OfficialAccount| {
        let config::OfficialAccount { app_id, user_domain, secret, base_url } = account;
        OfficialAccountPlatform::new(base_url, app_id, user_domain, secret)
            .map(|client| client.counted_by(metrics))
            .with_context(|| format!("cannot call the system of [[official_account]] {app_id}"))
    };
    let apps: anyhow::Result<_> = settings.apps.iter().map(app).collect();
    let official_accounts: anyhow::Result<_> = settings.official_accounts.iter().map(account).collect();
    Ok(Systems {
        apps: apps.map_err(Failure::Configuration)?,
        official_accounts: official_accounts.map_err(Failure::Configuration)?,
    })
}

/// What takes callbacks, wherever they come in.
fn callbacks(settings: &Settings, driver: &Driver, server: &Server) -> Result<Callbacks, Failure> {
    let forward = settings.callback.forward_url.as_ref();
    let forward = forward
        .map(|url| Forward::begin(url, &server.tasks, server.stop.clone()))
        .transpose()
        .context("cannot pass chat messages on")
        .map_err(Failure::Configuration)?;
    let driver = driver.clone();
    let hint: Hint = Arc::new(move |wc_id| driver.hint(wc_id));
    Ok(Callbacks::new(hint, forward))
}

/// The platform's client. A stored key serves only the platform and the account it was issued for.
fn platform(device: &Device, stored: Option<PlatformKey>, driver: Driver) -> Result<Platform, Failure> {
    let base_url = device.base_url.to_string();
    let account = match &device.auth {
        DeviceAuth::Password { account, .. } => account.clone(),
        DeviceAuth::Key { account, .. } => account.clone().unwrap_or_default(),
    };
    let stored = stored.filter(|stored| stored.base_url == base_url && stored.account == account);
    let keep: KeepKey = Arc::new(move |key: Secret| {
        let key = PlatformKey { base_url: base_url.clone(), account: account.clone(), key };
        let driver = driver.clone();
        Box::pin(async move { driver.keep_key(key).await.map_err(|denied| denied.to_string()) })
    });
    let client = Platform::new(device, stored.map(|stored| stored.key), keep);
    client.context("cannot call the platform").map_err(Failure::Configuration)
}
