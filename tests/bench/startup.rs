//! Start to ready: `cargo bench --bench startup`.
//!
//! Starts the daemon itself (release build) on a store with 10,000 and one with 100,000 sessions, and measures from
//! the moment before the process is made until its `READY=1` arrives at the socket that systemd would listen on.
//! One login in a hundred is in flight, one in ten was dropped, the others are online, each of an account of its
//! own; the journal is there as well. The platform is an address that answers nothing. The files are in the page
//! cache, as they are after a restart but not after a boot.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use wxlogin_state::{Answer, Input, Profile};
use wxlogind::clock::Clock;

mod code;
mod daemon;
mod figures;
mod stored;

use code::code_asked;
use daemon::Daemon;
use figures::{float, median};
use stored::Making;

/// Sessions in the store.
const SIZES: [usize; 2] = [10_000, 100_000];

/// Starts on each.
const ROUNDS: usize = 9;

/// What one start measured.
struct Start {
    ready: Duration,
    /// CPU that it took to become ready.
    cpu: Duration,
    /// Resident memory once it is ready, in KiB.
    resident: u64,
}

fn main() -> anyhow::Result<()> {
    println!("\nmedians of {ROUNDS} starts\n");
    println!("| sessions | start to ready, s | slowest, s | CPU, s | resident, MiB | store, MiB |");
    println!("|---|---|---|---|---|---|");
    for sessions in SIZES {
        let dir = tempfile::tempdir()?;
        make(dir.path(), sessions)?;
        let starts: Vec<Start> = (0..ROUNDS).map(|_| start(dir.path())).collect::<Result<_, _>>()?;
        let ready = || starts.iter().map(|start| start.ready.as_secs_f64());
        println!(
            "| {sessions} | {:.3} | {:.3} | {:.3} | {:.0} | {:.0} |",
            median(ready()),
            ready().fold(0.0, f64::max),
            median(starts.iter().map(|start| start.cpu.as_secs_f64())),
            median(starts.iter().map(|start| float(start.resident) / 1024.0)),
            float(fs::metadata(dir.path().join("db/db"))?.len()) / f64::from(1 << 20),
        );
    }
    Ok(())
}

fn make(dir: &Path, sessions: usize) -> anyhow::Result<()> {
    let mut making = Making::begin(dir, Clock::system().now())?;
    for n in 0..sessions {
        let asked = Input::Answered { round: 1, answer: code_asked() };
        let online = Input::Answered { round: 1, answer: logged_in(n) };
        making.login(
            n,
            match n % 100 {
                0 => vec![asked],
                1..=10 => vec![online, Input::Ended],
                _ => vec![online],
            },
        )?;
    }
    making.finish()
}

fn start(dir: &Path) -> anyhow::Result<Start> {
    let silence = TcpListener::bind("127.0.0.1:0")?;
    let daemon = Daemon::start(dir, &format!("http://{}", silence.local_addr()?))?;
    let (ready, cpu, resident) = (daemon.ready_after, daemon.cpu()?, daemon.resident()?);
    daemon.stop()?;
    Ok(Start { ready, cpu, resident })
}

/// The answer that the account `n` logged in; as long as the example of seed 002.
fn logged_in(n: usize) -> Answer {
    let wc_id = format!("wxid_{n:014}").parse().expect("visible ASCII");
    let picture = |size| format!("http://wx.qlogo.cn/mmhead/ver_1/Q3auHgzwzM6ibNfgsM4{n:08}/{size}");
    Answer::LoggedIn(Box::new(Profile {
        nick_name: Some(format!("小店{n}")),
        device_type: Some("android".to_owned()),
        uin: i64::try_from(n).ok(),
        head_url: Some(picture(0)),
        small_head_img_url: Some(picture(132)),
        w_account: Some(format!("shop-{n}")),
        sex: Some(1),
        mobile_phone: Some(format!("138{n:08}")),
        country: Some("CN".to_owned()),
        city: Some("Hangzhou".to_owned()),
        ..Profile::of(wc_id)
    }))
}
