//! From a claimed state directory to a driver that runs.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use wxlogin_state::{Contents, PlatformKey, Retention, StateDir};

use super::handle::{Driver, Figures};
use super::keeper::Keeper;
use super::rounds::{Ground, Rounds};
use super::shelf::Shelf;
use super::vault::{Unopened, Vault};
use crate::clock::Clock;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::platform::{Platform, Systems};
use crate::view::View;

/// What the driver works with.
#[derive(Debug)]
pub struct Parts {
    /// The state directory, claimed.
    pub dir: StateDir,
    /// What the journal keeps.
    pub retention: Retention,
    /// What the driver goes by.
    pub figures: Figures,
    /// The time of day.
    pub clock: Clock,
    /// Tracks every task that the driver starts.
    pub tasks: TaskTracker,
    /// The file that gives the keys of the tokens, where it is not the key file in the state directory.
    pub state_key: Option<PathBuf>,
    /// Counts what becomes durable.
    pub metrics: Metrics,
}

/// A store that is open but drives nothing yet.
#[derive(Debug)]
pub struct Opened {
    /// The key that an earlier run was given, to make the platform client with.
    pub platform_key: Option<PlatformKey>,
    /// The committed values.
    pub view: Arc<View>,
    /// The handle; it is heard once the driver runs.
    pub driver: Driver,
    ground: Ground,
}

/// Opens the store and shows what it holds.
pub fn open(parts: Parts) -> Result<Opened, Unopened> {
    let Parts { dir, retention, figures, clock, tasks, state_key, metrics } = parts;
    let (keeper, store, contents) = Keeper::open(dir, retention, clock.now(), metrics.clone())?;
    let vault = Vault::open(keeper.dir(), state_key.as_deref(), &contents)?;
    let Contents {
        sessions,
        accounts,
        tokens,
        links,
        platform_key,
        fleet,
        outbox,
        last_seq,
        seal: _,
        not_shrunk: _,
    } = contents;
    let view = Arc::new(View::new(sessions, accounts, tokens));
    view.links.replace(links);
    let feed = Feed::new(last_seq);
    let (shelf, outbox) = Shelf::new(outbox);
    let (driver, inbox) = Driver::new(store, feed.clone(), outbox);
    let ground = Ground {
        inbox,
        keeper,
        vault,
        last_seq,
        fleet,
        shelf,
        platform_key: platform_key.clone(),
        view: view.clone(),
        feed,
        driver: driver.clone(),
        figures: Arc::new(figures),
        clock,
        tasks,
        metrics,
    };
    Ok(Opened { platform_key, view, driver, ground })
}

impl Opened {
    /// What makes its writes fail.
    #[cfg(test)]
    pub(super) fn faults(&self) -> super::keeper::faults::Faults {
        self.ground.keeper.faults.clone()
    }

    /// Starts the driver on a thread of its own: resumes every duty, then does as it is asked until
    /// [`Driver::stop`]. The returned receiver ends with the thread, however that ends.
    pub fn run(self, platform: Platform, systems: Systems) -> io::Result<oneshot::Receiver<()>> {
        let (ended, end) = oneshot::channel();
        let runtime = Handle::current();
        std::thread::Builder::new().name("driver".to_owned()).spawn(move || {
            let _tasks_find_the_runtime = runtime.enter();
            Rounds::new(self.ground, platform, systems, runtime.clone()).run();
            // Nobody may be waiting for the end any more.
            let _ = ended.send(());
        })?;
        Ok(end)
    }
}
