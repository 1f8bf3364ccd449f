//! Looking after accounts that are online: `cargo bench --bench idle [-- SECONDS]`.
//!
//! Starts the daemon itself (release build) on a store with 1,000 and one with 10,000 accounts that are online and
//! have settled, with the default `device.check_interval` of 60 s, beside this process, which plays the platform: it
//! lists all of them, and counts what it is asked. Watched are 130 s unless told otherwise, from five seconds after
//! ready on, so that two looks of an interval's distance fall into them.
//!
//! * **Calls per interval**: of any kind, in those seconds; one look for all accounts is what the contract allows.
//! * **CPU**: of the daemon, all threads together, in each second of the watch. The highest is that of a look.
//! * **Files**: descriptors that are open at the end; each connection is one.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::{interval, sleep};
use wxlogin_state::{Answer, Input, Profile};
use wxlogind::clock::Clock;

mod daemon;
mod figures;
mod stored;

use daemon::Daemon;
use figures::{float, median, percentile};
use stored::{Making, w_id};

/// Accounts that are online.
const SIZES: [usize; 2] = [1_000, 10_000];

/// `device.check_interval`, as it is unless configured.
const INTERVAL: Duration = Duration::from_mins(1);

/// How long idling is watched: two intervals, and room for what is late.
const WATCHED: Duration = Duration::from_secs(130);

/// The first look is at the start, and so is what came due while the store lay still: none of the idling.
const SETTLE: Duration = Duration::from_secs(5);

/// What the platform was asked.
#[derive(Debug, Default)]
struct Asked {
    lists: AtomicU64,
    others: AtomicU64,
}

impl Asked {
    fn so_far(&self) -> [u64; 2] {
        [self.lists.load(Ordering::Relaxed), self.others.load(Ordering::Relaxed)]
    }
}

fn main() -> anyhow::Result<()> {
    // cargo passes --bench.
    let seconds = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let watched = match seconds {
        Some(seconds) => Duration::from_secs(seconds.parse()?),
        None => WATCHED,
    };
    println!("\nwatched for {watched:?}, a look every {INTERVAL:?}\n");
    println!(
        "| accounts | looks | other calls | calls per interval | CPU per second, ms: mean | median | highest \
         | open files | threads | resident, MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let runtime = Runtime::new()?;
    SIZES.into_iter().try_for_each(|accounts| runtime.block_on(idle(accounts, watched)))
}

async fn idle(accounts: usize, watched: Duration) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    make(dir.path(), accounts)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let asked = Arc::new(Asked::default());
    let platform = tokio::spawn(platform(listener, asked.clone(), response(&list(accounts)).into()));
    let daemon = Daemon::start(dir.path(), &base_url)?;
    sleep(SETTLE).await;
    let [lists, others] = asked.so_far();
    anyhow::ensure!((lists, others) == (1, 0), "at the start: {lists} looks and {others} other calls");
    let seconds = each_second(&daemon, watched).await?;
    let [looks, other] = asked.so_far().map(float);
    let (looks, other) = (looks - float(lists), other - float(others));
    let count = |directory| anyhow::Ok(fs::read_dir(daemon.proc(directory))?.count());
    println!(
        "| {accounts} | {looks} | {other} | {:.2} | {:.3} | {:.3} | {:.2} | {} | {} | {:.1} |",
        (looks + other) / (watched.as_secs_f64() / INTERVAL.as_secs_f64()).floor().max(1.0),
        seconds.iter().sum::<f64>() / watched.as_secs_f64(),
        median(seconds.iter().copied()),
        percentile(seconds.iter().copied(), 100),
        count("fd")?,
        count("task")?,
        float(daemon.resident()?) / 1024.0,
    );
    daemon.stop()?;
    platform.abort();
    Ok(())
}

/// How many ms of CPU each second took.
async fn each_second(daemon: &Daemon, watched: Duration) -> anyhow::Result<Vec<f64>> {
    let mut tick = interval(Duration::from_secs(1));
    tick.tick().await;
    let (mut seconds, mut before) = (Vec::new(), daemon.cpu()?);
    for _ in 0..watched.as_secs() {
        tick.tick().await;
        let now = daemon.cpu()?;
        seconds.push(now.saturating_sub(before).as_secs_f64() * 1e3);
        before = now;
    }
    Ok(seconds)
}

fn make(dir: &Path, accounts: usize) -> anyhow::Result<()> {
    // Three days ago: their first day is over, and the rest of what is due lies months ahead.
    let then = Clock::system().now() - Duration::from_hours(72);
    let mut making = Making::begin(dir, then)?;
    for n in 0..accounts {
        let profile = Profile {
            nick_name: Some(format!("小店{n}")),
            ..Profile::of(wc_id(n).parse().map_err(anyhow::Error::msg)?)
        };
        let online = Input::Answered { round: 1, answer: Answer::LoggedIn(Box::new(profile)) };
        making.login(n, vec![online])?;
    }
    making.finish()
}

fn wc_id(n: usize) -> String {
    format!("wxid_{n:014}")
}

/// The platform's list of them.
fn list(accounts: usize) -> String {
    let entry = |n| format!(r#"{{"wcId":"{}","wId":"{}"}}"#, wc_id(n), w_id(n));
    let entries: Vec<String> = (0..accounts).map(entry).collect();
    format!(r#"{{"code":"1000","message":"处理成功","data":[{}]}}"#, entries.join(","))
}

/// Lists everybody to whoever asks for that, and counts who asks for what.
async fn platform(listener: TcpListener, asked: Arc<Asked>, list: Arc<[u8]>) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, asked.clone(), list.clone()));
    }
}

/// Takes the one request of a connection. Every request of the daemon fits the buffer.
async fn serve(mut stream: TcpStream, asked: Arc<Asked>, list: Arc<[u8]>) -> anyhow::Result<()> {
    let mut request = [0; 2048];
    let mut length = 0;
    while !request[..length].ends_with(b"}") {
        match stream.read(&mut request[length..]).await? {
            0 => anyhow::bail!("half a request"),
            read => length += read,
        }
    }
    if request.starts_with(b"POST /queryLoginWx ") {
        asked.lists.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&list).await?;
    } else {
        asked.others.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&response(r#"{"code":"1001","message":"失败","data":null}"#)).await?;
    }
    Ok(())
}

fn response(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
