//! Whole command lines against a fake daemon on a real socket: what is printed, and the exit status.

mod accounts;
mod commands;
mod console;
mod following;
mod host;
mod link;
mod many;
mod relogin;
mod rendering;
mod tokens;
mod watching;
mod webhooks;
mod why;

use std::ffi::OsString;
use std::io::{self, BufReader, Read, Write};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::run;
use super::terminal::{Keyboard, Terminal};
use crate::client::fake::{Fake, NOW};

/// What a command did.
#[derive(Debug)]
struct Ran {
    status: u8,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Standard output that a test can look at while the program runs.
#[derive(Clone)]
struct Screen(watch::Sender<Vec<u8>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }

    /// Ends once this is to be read.
    async fn shows(&self, text: &str) {
        let shown = |screen: &Vec<u8>| String::from_utf8_lossy(screen).contains(text);
        self.0.subscribe().wait_for(shown).await.unwrap();
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_modify(|screen| screen.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A person in front of the program.
struct Person {
    screen: Screen,
    input: Box<dyn Read + Send>,
    types: bool,
    interrupt: fn() -> BoxFuture<'static, ()>,
    zone: TimeZone,
    width: Option<usize>,
    height: Option<usize>,
}

impl Person {
    /// One who is not there: standard input is empty.
    fn absent() -> Self {
        Self {
            screen: Screen(watch::Sender::new(Vec::new())),
            input: Box::new(io::empty()),
            types: false,
            interrupt: || Box::pin(std::future::pending()),
            zone: TimeZone::UTC,
            width: None,
            height: None,
        }
    }

    /// One who types these lines when asked.
    fn typing(lines: &'static str) -> Self {
        Self { input: Box::new(lines.as_bytes()), types: true, ..Self::absent() }
    }

    /// Runs `wxloginctl` with these arguments, on a daemon's socket.
    async fn runs(self, fake: &Fake, line: &str) -> Ran {
        let socket = fake.socket();
        self.runs_with(&["--socket", socket.to_str().unwrap()], line).await
    }

    async fn runs_with(mut self, first: &[&str], line: &str) -> Ran {
        let args = ["wxloginctl"].iter().chain(first).copied().chain(line.split_whitespace());
        let mut err = Vec::new();
        let terminal = Terminal {
            out: &mut self.screen,
            err: &mut err,
            keyboard: Keyboard::new(self.types, BufReader::new(self.input)),
            on_screen: false,
            width: self.width,
            height: self.height,
            now: &|| NOW,
            zone: self.zone,
            pause: Duration::from_millis(2),
            env: &|_| None,
            interrupt: &self.interrupt,
        };
        let status = run(args.map(OsString::from), terminal).await;
        Ran { status, out: self.screen.text(), err: String::from_utf8(err).unwrap() }
    }
}
