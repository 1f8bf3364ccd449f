//! 10,000 logins in flight, then 10,000 answers within a second, then nothing: `cargo bench --bench polls`.
//!
//! The daemon itself (release build) runs beside this process, which plays the platform: it issues QRs, holds every
//! call for an answer, and answers when the time has come. It does as little as a platform can do, because it shares
//! the processors with the daemon.
//!
//! * **Memory, all included**: how much the daemon's resident memory grows by 10,000 logins that are begun over its
//!   control API, divided by them: records, view, journal, engine, tasks, connections, and what the allocator
//!   keeps of serving the requests.
//! * **Memory of a poll**: how much it grows, started anew on that store, from ready until every poll is held again.
//! * **Answer to visible**: from the moment before an answer is written until a blocking read
//!   (`GET …?wait=&version=`) of that session has returned; at a sample of the sessions, because each of those reads
//!   holds a connection too.
//! * **Idle**: CPU of the daemon with all of them online, and its memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use wxlogin_state::{Version, WId};
use wxlogind::client::{Client, Target};
use wxlogind::wire::CreateSession;

mod daemon;
mod figures;

use daemon::Daemon;
use figures::{float, median, percentile};

/// Logins in flight. The limit of open files is 20,000 on many hosts.
const LOGINS: u64 = 10_000;

/// Requests for a login that are out at once while they are being begun.
const CALLERS: u64 = 32;

/// Sessions that are watched.
const WATCHED: usize = 500;

/// So many answers …
const BURST: usize = 100;

/// … at this distance: all of them within a second.
const BURST_EVERY: Duration = Duration::from_millis(10);

/// How long everything may settle before it is looked at.
const SETTLE: Duration = Duration::from_secs(3);

/// How long idling is watched.
const IDLE: Duration = Duration::from_secs(20);

/// The calls for an answer that are held, by the login they ask for.
#[derive(Debug, Default)]
struct Held(Mutex<HashMap<WId, TcpStream>>);

fn main() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Runtime::new()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let held = Arc::new(Held::default());
    tokio::spawn(platform(listener, held.clone()));
    let state = tempfile::tempdir()?;
    let client = Client::new(Target::Socket(state.path().join("control.sock")));
    println!("\n{LOGINS} logins\n\n| | |\n|---|---|");

    let daemon = Daemon::start(state.path(), &base_url)?;
    sleep(SETTLE).await;
    let (memory, cpu) = (daemon.resident()?, daemon.cpu()?);
    begin_all(&client).await?;
    held.wait_for_all().await;
    println!(
        "| CPU to begin one, µs | {:.0} |",
        each((daemon.cpu()?.saturating_sub(cpu)).as_secs_f64() * 1e6)
    );
    sleep(SETTLE).await;
    println!("| memory each, all included, KiB | {:.1} |", each(growth(&daemon, memory)?));
    daemon.stop()?;

    held.lock().clear();
    let daemon = Daemon::start(state.path(), &base_url)?;
    let (memory, cpu) = (daemon.resident()?, daemon.cpu()?);
    held.wait_for_all().await;
    println!(
        "| CPU to resume one poll, µs | {:.0} |",
        each((daemon.cpu()?.saturating_sub(cpu)).as_secs_f64() * 1e6)
    );
    sleep(SETTLE).await;
    println!("| memory of a poll, KiB | {:.1} |", each(growth(&daemon, memory)?));

    let cpu = daemon.cpu()?;
    let lags = answer_all(&client, &held).await?;
    println!("| answer to visible, median, ms | {:.0} |", median(lags.iter().copied()));
    for percent in [99, 100] {
        println!("| answer to visible, p{percent}, ms | {:.0} |", percentile(lags.iter().copied(), percent));
    }
    sleep(SETTLE).await;
    println!(
        "| CPU of an answer, µs | {:.0} |",
        each((daemon.cpu()?.saturating_sub(cpu)).as_secs_f64() * 1e6)
    );

    let cpu = daemon.cpu()?;
    sleep(IDLE).await;
    let idle = daemon.cpu()?.saturating_sub(cpu).as_secs_f64() / IDLE.as_secs_f64();
    println!("| all online: CPU per second, ms | {:.2} |", idle * 1e3);
    println!("| all online: resident, MiB | {:.0} |", float(daemon.resident()?) / 1024.0);
    daemon.stop()
}

/// The share of one login.
fn each(of_all: f64) -> f64 {
    of_all / float(LOGINS)
}

/// By how many KiB the daemon has grown.
fn growth(daemon: &Daemon, before: u64) -> anyhow::Result<f64> {
    Ok(float(daemon.resident()?.saturating_sub(before)))
}

async fn begin_all(client: &Client) -> anyhow::Result<()> {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let client = client.clone();
        callers.spawn(async move {
            for _ in (caller..LOGINS).step_by(usize::try_from(CALLERS)?) {
                client.create(&CreateSession::default()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    Ok(())
}

/// Answers every call that is held; how many ms each watched session took to become visible.
async fn answer_all(client: &Client, held: &Held) -> anyhow::Result<Vec<f64>> {
    let calls: Vec<(WId, TcpStream)> = held.lock().drain().collect();
    let stride = calls.len() / WATCHED;
    let mut watchers = JoinSet::new();
    for (w_id, _) in calls.iter().step_by(stride) {
        let (client, w_id) = (client.clone(), w_id.clone());
        watchers.spawn(async move {
            let wait = Duration::from_mins(1);
            client.session_after(w_id.as_str(), Version(1), wait).await?;
            anyhow::Ok((w_id, Instant::now()))
        });
    }
    sleep(SETTLE).await;
    let mut answered = HashMap::new();
    let mut tick = interval(BURST_EVERY);
    for (n, (w_id, mut stream)) in calls.into_iter().enumerate() {
        if n % BURST == 0 {
            tick.tick().await;
        }
        let body = profile(n);
        answered.insert(w_id, Instant::now());
        stream.write_all(&response(&body)).await?;
    }
    let mut lags = Vec::new();
    while let Some(watcher) = watchers.join_next().await {
        let (w_id, seen) = watcher??;
        let answered = answered.get(&w_id).context("seen before it was answered")?;
        lags.push(seen.duration_since(*answered).as_secs_f64() * 1e3);
    }
    Ok(lags)
}

impl Held {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<WId, TcpStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_for_all(&self) {
        while self.lock().len() < usize::try_from(LOGINS).unwrap_or(usize::MAX) {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Issues QRs and holds calls for an answer.
async fn platform(listener: TcpListener, held: Arc<Held>) -> anyhow::Result<()> {
    for n in 0_u64.. {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, n, held.clone()));
    }
    Ok(())
}

/// Takes the one request of a connection. Every request of the daemon fits the buffer.
async fn serve(mut stream: TcpStream, n: u64, held: Arc<Held>) -> anyhow::Result<()> {
    let mut request = [0; 2048];
    let mut length = 0;
    let body = loop {
        match stream.read(&mut request[length..]).await? {
            0 => anyhow::bail!("half a request"),
            read => length += read,
        }
        let text = std::str::from_utf8(&request[..length])?;
        match text.split_once("\r\n\r\n") {
            Some((_, body)) if body.ends_with('}') => break body,
            _ => {}
        }
    };
    if request.starts_with(b"POST /iPadLogin ") {
        let data =
            format!(r#"{{"wId":"0000016e-63eb-f319-0001-{n:012x}","qrCodeUrl":"http://127.0.0.1/{n}.png"}}"#);
        let body = format!(r#"{{"code":"1000","message":"成功","data":{data}}}"#);
        stream.write_all(&response(&body)).await?;
    } else {
        let (_, rest) = body.split_once("\"wId\":\"").context("no wId")?;
        let w_id = rest.split('"').next().unwrap_or_default().parse()?;
        held.lock().insert(w_id, stream);
    }
    Ok(())
}

/// The `n`th profile; as long as the example of seed 002.
fn profile(n: usize) -> String {
    let picture = format!("http://wx.qlogo.cn/mmhead/ver_1/Q3auHgzwzM6ibNfgsM4{n:08}");
    format!(
        r#"{{"code":"1000","message":"成功","data":{{"wcId":"wxid_{n:014}","nickName":"小店{n}","deviceType":"android",
        "uin":{n},"headUrl":"{picture}/0","smallHeadImgUrl":"{picture}/132","wAccount":"shop-{n}","sex":1,
        "mobilePhone":"138{n:08}","country":"CN","city":"Hangzhou","type":2,"status":3}}}}"#
    )
}

fn response(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
