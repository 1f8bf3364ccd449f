//! The daemon as systemd would start it: the program itself, with a socket that hears it become ready.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

/// Longest time that a daemon may take to be ready.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A daemon that is ready. It ends with this.
pub(crate) struct Daemon {
    child: Child,
    /// From the moment before the process was made until it said `READY=1`.
    pub(crate) ready_after: Duration,
    /// Its configuration, and the socket that heard it.
    _place: tempfile::TempDir,
}

impl Daemon {
    /// Starts one on the state directory `state`, for the platform at `base_url`, and waits until it is ready. Its
    /// control socket is `control.sock` in there; its log goes to /dev/null, at info.
    pub(crate) fn start(state: &Path, base_url: &str) -> anyhow::Result<Self> {
        let place = tempfile::tempdir()?;
        let at = |name: &str| place.path().join(name);
        fs::write(at("key"), "the-key")?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(at("key"), mode)?;
        let key = at("key");
        let config = format!(
            "[device]\nbase_url = \"{base_url}\"\nauthorization_file = \"{}\"\nproxy = 7\nqr_valid_for = \"1h\"\n",
            key.display()
        );
        fs::write(at("config.toml"), config)?;
        let ready = UnixDatagram::bind(at("notify"))?;
        ready.set_read_timeout(Some(READY_WITHIN))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxlogind"));
        command
            .env_clear()
            .env("NOTIFY_SOCKET", at("notify"))
            .arg("--config")
            .arg(at("config.toml"))
            .arg("--state-dir")
            .arg(state)
            .arg("--socket")
            .arg(state.join("control.sock"))
            .args(["--listen", ""])
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let began = Instant::now();
        let child = command.spawn()?;
        let mut daemon = Self { child, ready_after: Duration::ZERO, _place: place };
        let mut said = [0; 512];
        loop {
            let length = ready.recv(&mut said).context("the daemon does not become ready")?;
            if said[..length].starts_with(b"READY=1") {
                daemon.ready_after = began.elapsed();
                return Ok(daemon);
            }
        }
    }

    /// What the kernel says of it under this name.
    pub(crate) fn proc(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.child.id()))
    }

    /// CPU time that it has used, all threads together: those that live.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(self.proc("task"))? {
            let spent = fs::read_to_string(task?.path().join("schedstat"))?;
            let ran = spent.split(' ').next().context("schedstat is empty")?;
            nanoseconds += ran.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB")).context("VmRSS is missing")?;
        Ok(size.trim().parse()?)
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the daemon ended with {status}");
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Gone already, but for a benchmark that failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
