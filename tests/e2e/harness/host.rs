//! A host for a daemon: a temporary directory with its configuration, its secrets, its socket and its state.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wxlogind::client::{Client, Target};
use wxlogind::sandbox::{ACCOUNT, APP_ID, APP_SECRET, APPKEY, USER_DOMAIN, USER_DOMAIN_SECRET};

use super::supervisor::Supervisor;
use super::{Daemon, Platform, Process};

/// The password at the platform. Not a word that stands in a log for other reasons.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// Where one daemon at a time lives.
#[derive(Debug)]
pub(crate) struct Host {
    dir: TempDir,
    state: String,
    control: String,
    relogin: String,
    device: String,
    services: String,
}

impl Host {
    /// A host whose daemon works against `platform`, and is reached by its socket only.
    pub(crate) fn against(platform: &Platform) -> Self {
        Self::at(&platform.url())
    }

    /// The same, for a platform that is no sandbox.
    pub(crate) fn at(base_url: &str) -> Self {
        let host = Self {
            dir: TempDir::with_prefix("wxlogind-e2e-").unwrap(),
            state: String::new(),
            control: "listen = \"\"\n".to_owned(),
            relogin: String::new(),
            device: format!("base_url = \"{base_url}\"\naccount = \"{ACCOUNT}\"\n"),
            services: String::new(),
        };
        host.secret("password", PASSWORD);
        host
    }

    /// Its daemon serves TCP as well, at a port that is free.
    pub(crate) fn with_tcp(self) -> Self {
        Self { control: "listen = \"127.0.0.1:0\"\n".to_owned(), ..self }
    }

    /// One more line in `[control]`.
    pub(crate) fn with_control(mut self, line: &str) -> Self {
        self.control += line;
        self.control.push('\n');
        self
    }

    /// One more line in `[state]`.
    pub(crate) fn with_state(self, line: &str) -> Self {
        Self { state: format!("{line}\n"), ..self }
    }

    /// One more line in `[device]`.
    pub(crate) fn with_device(mut self, line: &str) -> Self {
        self.device += line;
        self.device.push('\n');
        self
    }

    /// Its daemon logs the sandbox's users in, by app and by official account.
    pub(crate) fn with_services(self, platform: &Platform) -> Self {
        self.with_services_at(&platform.url(), APP_SECRET)
    }

    /// The same, where the sandbox is reached by another URL, or takes another secret for the app's.
    pub(crate) fn with_services_at(mut self, base_url: &str, app_secret: &str) -> Self {
        let app = self.secret("app.secret", app_secret).display().to_string();
        let domain = self.secret("user-domain.secret", USER_DOMAIN_SECRET).display().to_string();
        self.services = format!(
            "[[app]]\nappkey = \"{APPKEY}\"\napp_secret_file = \"{app}\"\nbase_url = \"{base_url}\"\n\
             [[official_account]]\napp_id = \"{APP_ID}\"\nuser_domain = \"{USER_DOMAIN}\"\n\
             user_domain_secret_file = \"{domain}\"\nbase_url = \"{base_url}\"\n"
        );
        self
    }

    /// Its `[tokens]`; there is no such table otherwise.
    pub(crate) fn with_tokens(self, lines: &str) -> Self {
        Self { services: format!("{}[tokens]\n{lines}\n", self.services), ..self }
    }

    /// Its `[relogin]`; there is no such table otherwise.
    pub(crate) fn with_relogin(mut self, lines: &str) -> Self {
        self.set_relogin(lines);
        self
    }

    /// The same, for a daemon that runs: it takes effect once it is told to read it.
    pub(crate) fn set_relogin(&mut self, lines: &str) {
        self.relogin = format!("[relogin]\n{lines}\n");
    }

    /// Starts the daemon, and waits until it is ready.
    pub(crate) async fn start(self) -> Daemon {
        self.start_by(Self::command).await
    }

    /// Starts the daemon by a command of the test's own.
    pub(crate) async fn start_by(self, command: impl Fn(&Self) -> Command) -> Daemon {
        self.configure("");
        let command = command(&self);
        Daemon::run(self, command).await
    }

    /// Writes the configuration, with more lines for `[device]`.
    pub(crate) fn configure(&self, more: &str) {
        let Self { state: more_state, control, relogin, device, services, .. } = self;
        let [state, socket, password] =
            [self.state(), self.socket(), self.path("password")].map(|path| path.display().to_string());
        let text = format!(
            "[state]\ndir = \"{state}\"\n{more_state}[control]\nsocket = \"{socket}\"\n{control}{relogin}\
             [device]\npassword_file = \"{password}\"\n{device}{more}\n{services}"
        );
        fs::write(self.config(), text).unwrap();
    }

    /// `wxlogind` with this host's configuration and nothing else of the surroundings.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.bare_command();
        command.arg("--config").arg(self.config());
        command
    }

    /// `wxlogind` as somebody starts it who has configured nothing.
    pub(crate) fn bare_command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxlogind"));
        command.current_dir(self.dir.path()).env("HOME", self.dir.path()).env_remove("XDG_STATE_HOME");
        command.env("NOTIFY_SOCKET", self.path("notify"));
        command
    }

    /// A file that only its owner can read.
    pub(crate) fn secret(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(super) fn spawn(&self, command: Command) -> (Process, Supervisor) {
        let notify = self.path("notify");
        if notify.exists() {
            fs::remove_file(&notify).unwrap();
        }
        let supervisor = Supervisor::listen(&notify);
        (Process::spawn(command, &self.path("stderr")), supervisor)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(Target::Socket(self.socket()))
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("config.toml")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("control.sock")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }
}
