//! Whole command lines against a fake daemon on a real socket: what is printed, and the exit status.

mod commands;
mod following;
mod rendering;

use std::ffi::OsString;
use std::io::{BufReader, Read};

use futures_util::future::BoxFuture;

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

/// A person in front of the program.
struct Person {
    input: Box<dyn Read + Send>,
    types: bool,
    interrupt: fn() -> BoxFuture<'static, ()>,
}

impl Person {
    /// One who is not there: standard input is empty.
    fn absent() -> Self {
        Self {
            input: Box::new(std::io::empty()),
            types: false,
            interrupt: || Box::pin(std::future::pending()),
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

    async fn runs_with(self, first: &[&str], line: &str) -> Ran {
        let args = ["wxloginctl"].iter().chain(first).copied().chain(line.split_whitespace());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let terminal = Terminal {
            out: &mut out,
            err: &mut err,
            keyboard: Keyboard::new(self.types, BufReader::new(self.input)),
            on_screen: false,
            width: None,
            now: &|| NOW,
            env: &|_| None,
            interrupt: &self.interrupt,
        };
        let status = run(args.map(OsString::from), terminal).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status, out: text(out), err: text(err) }
    }
}
