//! A daemon that runs: the typed client at hand, its supervisor's ear, and the signals that end it.

use std::net::SocketAddr;
use std::ops::Deref;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderName};
use hyper::{Request, Response};
use rustix::process::Signal;
use tokio::time::Instant;
use wxlogin_state::public::Session;
use wxlogin_state::{StateName, WId};
use wxlogind::client::{Client, Filter};
use wxlogind::wire::{CreateSession, Problem};

use super::supervisor::Supervisor;
use super::{Host, PATIENCE, Platform, Process, get, over_tcp, over_unix};

/// A daemon; as a value it is its typed client.
#[derive(Debug)]
pub(crate) struct Daemon {
    // Dropped in this order: the process ends before its directory goes.
    pub(crate) process: Process,
    supervisor: Supervisor,
    client: Client,
    pub(crate) host: Host,
}

impl Deref for Daemon {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Daemon {
    pub(super) async fn run(host: Host, command: Command) -> Self {
        let (mut process, supervisor) = host.spawn(command);
        ready(&mut process, &supervisor).await;
        Self { process, supervisor, client: host.client(), host }
    }

    /// `wxloginctl` for this daemon.
    pub(crate) fn ctl(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
        command.arg("--socket").arg(self.host.socket()).args(line.split_whitespace());
        command
    }

    /// Ends the daemon without a moment for anything.
    pub(crate) async fn kill9(&mut self) {
        self.process.signal(Signal::KILL);
        self.process.exited().await;
    }

    /// Ends the daemon as systemd does; how it ended, and how long that took.
    pub(crate) async fn stop(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        self.process.signal(Signal::TERM);
        (self.process.exited().await, asked.elapsed())
    }

    /// Starts the daemon again once it has ended.
    pub(crate) async fn restart(&mut self) {
        (self.process, self.supervisor) = self.host.spawn(self.host.command());
        ready(&mut self.process, &self.supervisor).await;
    }

    /// Waits for what the daemon tells its supervisor: `READY`, `STATUS`, …
    pub(crate) async fn hear(&self, name: &str) -> String {
        self.supervisor.hear(name).await
    }

    /// Where the daemon listens on TCP; it says so in its log.
    pub(crate) fn tcp(&self) -> SocketAddr {
        let log = self.process.log();
        // The last one: the log goes on over a restart.
        let (_, address) = log.rsplit_once("listen=").expect("no address in the log");
        address.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// A plain request over the socket.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        over_unix(&self.host.socket(), request).await
    }

    /// The first page of sessions, byte by byte.
    pub(crate) async fn list(&self) -> Bytes {
        self.send(get("/v1/sessions?limit=500")).await.into_body()
    }

    /// Begins a login with nothing said.
    pub(crate) async fn begin(&self) -> WId {
        self.create(&CreateSession::default()).await.unwrap().session.w_id
    }

    /// Begins a login of a known account.
    pub(crate) async fn begin_for(&self, wc_id: &str) -> WId {
        self.create(&login_of(wc_id)).await.unwrap().session.w_id
    }

    /// Begins a login and brings it online.
    pub(crate) async fn online(&self, platform: &Platform) -> Session {
        let w_id = self.begin().await;
        platform.phone(&w_id, "confirm").await;
        self.until(&w_id, StateName::Online).await
    }

    /// Waits until a session has come to this state.
    pub(crate) async fn until(&self, w_id: &WId, state: StateName) -> Session {
        self.until_so(w_id, |session| session.state == state).await
    }

    /// Waits, by blocking reads, until a session is as it should be.
    pub(crate) async fn until_so(&self, w_id: &WId, is_so: impl Fn(&Session) -> bool) -> Session {
        let mut session = self.session(w_id.as_str()).await.unwrap();
        while !is_so(&session) {
            let newer = self.session_after(w_id.as_str(), session.version, PATIENCE).await.unwrap();
            assert!(newer.version > session.version, "nothing happens any more to {session:#?}");
            assert!(is_so(&newer) || newer.state != StateName::Dropped, "it is over: {newer:#?}");
            session = newer;
        }
        session
    }

    /// Every session there is.
    pub(crate) async fn everything(&self) -> Vec<Session> {
        self.all_sessions(&Filter::default()).await.unwrap()
    }
}

/// A request by TCP with these headers, and no token but one that is among them.
pub(crate) async fn knock(
    daemon: &Daemon,
    mut request: Request<Full<Bytes>>,
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    let host = daemon.tcp().to_string();
    for (name, value) in [(HOST.as_str(), host.as_str())].iter().chain(headers) {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    over_tcp(daemon.tcp(), request).await
}

/// What begins a login of a known account.
pub(crate) fn login_of(wc_id: &str) -> CreateSession {
    CreateSession { wc_id: Some(wc_id.parse().unwrap()), ..CreateSession::default() }
}

/// The problem that a request met.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, wxlogind::client::ClientError>) -> Problem {
    result.unwrap_err().problem().expect("something else than a refusal").clone()
}

async fn ready(process: &mut Process, supervisor: &Supervisor) {
    tokio::select! {
        _ = supervisor.hear("READY") => {}
        status = process.exited() => panic!("the daemon ended before it was ready: {status}"),
    }
}
