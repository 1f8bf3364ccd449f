//! A program under test: started with an environment of its own, and gone when its handle is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::PATIENCE;

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    log: PathBuf,
}

/// What a program prints.
#[derive(Debug)]
pub(crate) struct Printed(BufReader<ChildStdout>);

impl Process {
    /// Starts a program whose standard error goes to the file `log`, after what is there already.
    pub(crate) fn spawn(command: std::process::Command, log: &Path) -> Self {
        let stderr = File::options().create(true).append(true).open(log).unwrap();
        let child = clean(command).stderr(stderr).spawn().unwrap();
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().unwrap())).unwrap();
        Self { child, pid, log: log.to_owned() }
    }

    /// The same, and what it prints is read.
    pub(crate) fn spawn_printing(mut command: std::process::Command, log: &Path) -> (Self, Printed) {
        command.stdout(Stdio::piped());
        let mut process = Self::spawn(command, log);
        let stdout = process.child.stdout.take().unwrap();
        (process, Printed(BufReader::new(stdout)))
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Waits for the program's end.
    pub(crate) async fn exited(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("the program goes on").unwrap()
    }

    /// What the program wrote to standard error.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended long ago. Where it has not, it must be gone before its directory goes.
        if self.child.start_kill().is_ok() {
            let _ = waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        }
        if thread::panicking() {
            eprintln!("── {} ──\n{}", self.log.display(), self.log());
        }
    }
}

impl Printed {
    /// What comes up to the line that contains this.
    pub(crate) async fn until(&mut self, part: &str) -> String {
        let mut said = String::new();
        while !said.lines().last().is_some_and(|line| line.contains(part)) {
            let read = timeout(PATIENCE, self.0.read_line(&mut said)).await;
            let read = read.unwrap_or_else(|_| panic!("{part:?} is never said, but: {said}")).unwrap();
            assert!(read > 0, "the end came before {part:?}: {said}");
        }
        said
    }

    /// The line that contains this.
    pub(crate) async fn line(&mut self, part: &str) -> String {
        self.until(part).await.lines().last().unwrap_or_default().to_owned()
    }

    /// What comes up to the end.
    pub(crate) async fn rest(mut self) -> String {
        let mut rest = String::new();
        timeout(PATIENCE, self.0.read_to_string(&mut rest)).await.expect("there is no end").unwrap();
        rest
    }
}

/// Runs a program to its end.
pub(crate) async fn output(command: std::process::Command) -> Output {
    timeout(PATIENCE, clean(command).output()).await.expect("the program goes on").unwrap()
}

/// Takes away what the tests' own environment would tell the program.
fn clean(mut command: std::process::Command) -> Command {
    let told =
        ["CREDENTIALS_DIRECTORY", "JOURNAL_STREAM", "STATE_DIRECTORY", "WATCHDOG_PID", "WATCHDOG_USEC"];
    let set: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for (name, _) in std::env::vars_os() {
        let tells = name.to_str().is_some_and(|name| name.starts_with("WXLOGIND_") || told.contains(&name));
        if tells && !set.contains(&name) {
            command.env_remove(name);
        }
    }
    let mut command = Command::from(command);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}
