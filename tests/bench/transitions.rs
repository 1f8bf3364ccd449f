//! Durable transitions through the whole driver, beside a bare append + fdatasync loop that writes as many bytes in
//! groups of the same size: `cargo bench --bench transitions`. Set `TMPDIR` to choose the disk.
//!
//! What is measured is the daemon's own driver over its own store: inbox, step, records and events, the durable
//! commit, the view, the duties, the log lines (at info, to /dev/null), the answer. 10,000 logins that wait for a
//! code are stored beforehand; 1, 64 or 512 writers walk over them, each entering a code and giving the platform's
//! answer that it was wrong, twice to a login, and each waiting for one to be durable before it goes on to the
//! next. Every run begins with a fresh store.
//!
//! Every second transition obliges the driver to call the platform and every other one ends that call. The long-poll
//! tasks are started and ended for real, but they never get as far as a connection: the platform's key is being
//! fetched all the while, and they wait for it. What connections cost is for `polls.rs` to say; opened and closed
//! some 20,000 times a second, as no platform is asked, they would exhaust the ports of this host and measure that.
//!
//! The bare loop runs right after each run of the driver, in one thread without any queue: it is the limit of the
//! disk, not a competitor. Groups are the driver's commits, counted by the store itself.

use std::fs::{self, File};
use std::future::pending;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::task::TaskTracker;
use wxlogin_state::public::Event;
use wxlogin_state::{DeviceType, Input, Proxy, Secret, Seq, StateDir, TokenRules};
use wxlogind::clock::Clock;
use wxlogind::config::{Device, DeviceAuth};
use wxlogind::driver::{self, Driver, Figures, Parts};
use wxlogind::metrics::Metrics;
use wxlogind::platform::{Platform, Systems};
use wxlogind::sandbox::{ACCOUNT, Sandbox, SandboxSettings};
use wxlogind::view::{SessionEntry, View};

mod code;
mod figures;
mod stored;

use code::code_asked;
use figures::{float, median, percentile};
use stored::{Making, RETENTION, RULES, w_id};

/// Logins stored before a run.
const STORED: usize = 10_000;

/// Runs of each size; the medians of them are shown.
const ROUNDS: usize = 7;

/// Codes entered for each login: two, so that a record is as long as that of an ordinary login.
const CODES: usize = 2;

/// Writers at once, and how many logins they walk over together.
const SIZES: [(usize, usize); 3] = [(1, 1_000), (64, STORED), (512, STORED)];

/// Transitions that the slow writer makes, at [`PACE`].
const PACED: usize = 800;

/// 200 per second.
const PACE: Duration = Duration::from_millis(5);

/// The driver at work over a store of its own.
struct Bench {
    driver: Driver,
    view: Arc<View>,
    dir: tempfile::TempDir,
    ended: tokio::sync::oneshot::Receiver<()>,
}

/// What one run measured.
#[derive(Debug, Clone, Copy)]
struct Run {
    transitions: u64,
    commits: u64,
    bytes: u64,
    took: Duration,
    cpu: Duration,
}

fn main() -> anyhow::Result<()> {
    let log = File::create("/dev/null")?;
    tracing_subscriber::fmt().with_ansi(false).with_target(false).with_writer(log).init();
    let runtime = Runtime::new()?;
    let platform = runtime.block_on(platform_that_issues_no_key())?;
    let rates = runtime.block_on(rates(&platform))?;
    let paced = runtime.block_on(paced(&platform))?;
    show(&rates, &paced);
    Ok(())
}

/// Calls to it wait for its key, which never comes to be kept; see the top of this file.
async fn platform_that_issues_no_key() -> anyhow::Result<Platform> {
    let sandbox = Sandbox::start(SandboxSettings::default()).await?;
    let settings = Device {
        base_url: sandbox.base_url().clone(),
        auth: DeviceAuth::Password { account: ACCOUNT.to_owned(), password: Secret::new(ACCOUNT) },
        device_type: DeviceType::Ipad,
        proxy: Proxy::Region(7),
        auto_check: false,
        poll_timeout: Duration::from_secs(250),
        qr_valid_for: RULES.step_allowance,
        check_interval: Duration::from_mins(1),
        confirmations: 2,
        max_polls: STORED,
    };
    let platform = Platform::new(&settings, None, Arc::new(|_| Box::pin(pending())))?;
    let first = platform.clone();
    tokio::spawn(async move {
        let _sandbox = sandbox;
        first.login_info(&w_id(0), None).await
    });
    Ok(platform)
}

/// Each size in turn, several times over: the driver, then the bare loop with what the driver wrote.
async fn rates(platform: &Platform) -> anyhow::Result<Vec<(usize, Vec<(Run, Duration)>)>> {
    let mut rates: Vec<_> = SIZES.iter().map(|(writers, _)| (*writers, Vec::new())).collect();
    for _ in 0..ROUNDS {
        for ((writers, logins), (_, runs)) in SIZES.into_iter().zip(&mut rates) {
            let run = Bench::begin(platform).await?.run(writers, logins).await?;
            runs.push((run, bare(run)?));
        }
    }
    Ok(rates)
}

impl Bench {
    async fn begin(platform: &Platform) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let clock = Clock::system();
        let mut making = Making::begin(dir.path(), clock.now())?;
        for n in 0..STORED {
            making.login(n, vec![Input::Answered { round: 1, answer: code_asked() }])?;
        }
        making.finish()?;
        let opened = driver::open(Parts {
            dir: StateDir::claim(dir.path())?,
            retention: RETENTION,
            figures: Figures {
                rules: RULES,
                max_in_flight: STORED,
                keep_dropped: Duration::from_hours(24),
                check_interval: Duration::from_hours(1),
                device: DeviceType::Ipad,
                proxy: None,
                token_rules: TokenRules::DEFAULT,
                console_url: None,
            },
            clock,
            tasks: TaskTracker::new(),
            state_key: None,
            metrics: Metrics::default(),
        })?;
        let (driver, view) = (opened.driver.clone(), opened.view.clone());
        let ended = opened.run(platform.clone(), Systems::default())?;
        // The first round exports everything in the background, as the daemon does once an hour.
        driver.ping().await?;
        while !dir.path().join("export").exists() {
            sleep(Duration::from_millis(10)).await;
        }
        Ok(Self { driver, view, dir, ended })
    }

    async fn run(self, writers: usize, logins: usize) -> anyhow::Result<Run> {
        let before = (commits(self.dir.path())?, self.written(logins)?);
        let (began, cpu) = (Instant::now(), cpu_time());
        let mut work = JoinSet::new();
        for writer in 0..writers {
            let driver = self.driver.clone();
            work.spawn(async move {
                for n in (writer..logins).step_by(writers) {
                    for _ in 0..CODES {
                        refused_code(&driver, n).await?;
                    }
                }
                anyhow::Ok(())
            });
        }
        while let Some(result) = work.join_next().await {
            result??;
        }
        let (took, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
        let commits = commits(self.dir.path())? - before.0;
        let transitions = 2 * u64::try_from(CODES * logins)?;
        // Records grow with their history: on the average by half of what they grow in all.
        let bytes = u64::midpoint(before.1, self.written(logins)?) * transitions / u64::try_from(logins)?;
        self.end().await?;
        Ok(Run { transitions, commits, bytes, took, cpu })
    }

    async fn end(self) -> anyhow::Result<()> {
        self.driver.stop().await;
        Ok(self.ended.await?)
    }

    /// Bytes of the first `logins` sessions' records and of their last events, without what the engine adds.
    fn written(&self, logins: usize) -> anyhow::Result<u64> {
        let bytes = |session: &Arc<SessionEntry>| {
            let record = serde_json::to_vec(&***session)?;
            let event = serde_json::to_vec(&Event::of_session(Seq(1), session.state_since, session))?;
            Ok(u64::try_from(record.len() + event.len())?)
        };
        self.view.everything().sessions.iter().take(logins).map(bytes).sum()
    }
}

/// A code is entered for the login `n`, and the platform's answer is that it is wrong: two transitions.
async fn refused_code(driver: &Driver, n: usize) -> anyhow::Result<()> {
    let w_id = w_id(n);
    let session = driver.apply(&w_id, Input::CodeEntered(Secret::new("123456"))).await?;
    let answer = Input::Answered { round: session.round, answer: code_asked() };
    driver.apply(&w_id, answer).await?;
    Ok(())
}

/// CPU time that this process has used, all threads together.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Commits so far, from the store's own count beside the engine: `<dir>/durable`, eight bytes, little-endian.
fn commits(dir: &Path) -> anyhow::Result<u64> {
    let noted = fs::read(dir.join("durable"))?;
    let commits = noted.first_chunk().context("the store has no count of commits")?;
    Ok(u64::from_le_bytes(*commits))
}

/// How long the disk takes for the same bytes in as many groups.
fn bare(run: Run) -> anyhow::Result<Duration> {
    let mut file = tempfile::tempfile()?;
    let group = vec![b'x'; usize::try_from(run.bytes / run.commits)?];
    let began = Instant::now();
    for _ in 0..run.commits {
        file.write_all(&group)?;
        file.sync_data()?;
    }
    Ok(began.elapsed())
}

/// Latencies in µs at one transition at a time, 200 per second: the driver's, and the bare loop's.
async fn paced(platform: &Platform) -> anyhow::Result<[Vec<f64>; 2]> {
    let bench = Bench::begin(platform).await?;
    let group = vec![b'x'; usize::try_from(bench.written(STORED)? / u64::try_from(STORED)?)?];
    let mut file = tempfile::tempfile()?;
    let mut latencies = [Vec::new(), Vec::new()];
    let mut tick = interval(PACE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for n in 0..PACED {
        tick.tick().await;
        let session = bench.view.session(&w_id(n)).context("a login is missing")?;
        let began = Instant::now();
        bench.driver.apply(&session.w_id, Input::CodeEntered(Secret::new("123456"))).await?;
        latencies[0].push(began.elapsed().as_secs_f64() * 1e6);
    }
    for _ in 0..PACED {
        tick.tick().await;
        let began = Instant::now();
        file.write_all(&group)?;
        file.sync_data()?;
        latencies[1].push(began.elapsed().as_secs_f64() * 1e6);
    }
    bench.end().await?;
    Ok(latencies)
}

fn show(rates: &[(usize, Vec<(Run, Duration)>)], paced: &[Vec<f64>; 2]) {
    let rate = |run: &Run, took: Duration| float(run.transitions) / took.as_secs_f64();
    println!("\n{STORED} sessions stored, medians of {ROUNDS} runs, ratios pairwise\n");
    println!(
        "| writers | transitions/s | append + fdatasync | ratio | mean group | bytes each | CPU µs each |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (writers, runs) in rates {
        let each = |of: &dyn Fn(&Run, Duration) -> f64| median(runs.iter().map(|(run, bare)| of(run, *bare)));
        println!(
            "| {writers} | {:.0} | {:.0} | {:.2} | {:.1} | {:.0} | {:.1} |",
            each(&|run, _| rate(run, run.took)),
            each(&|run, bare| rate(run, bare)),
            each(&|run, bare| bare.as_secs_f64() / run.took.as_secs_f64()),
            each(&|run, _| float(run.transitions) / float(run.commits)),
            each(&|run, _| float(run.bytes) / float(run.transitions)),
            each(&|run, _| run.cpu.as_secs_f64() * 1e6 / float(run.transitions)),
        );
    }
    println!("\n| one at a time, 200 per second, µs | p50 | p99 |\n|---|---|---|");
    for (name, latencies) in ["driver", "append + fdatasync"].into_iter().zip(paced) {
        let at = |percent| percentile(latencies.iter().copied(), percent);
        println!("| {name} | {:.0} | {:.0} |", at(50), at(99));
    }
}
