//! From everything that was said to the settings: defaults, the rules between keys, the secrets.
//!
//! Last of the three stages.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use hyper::Uri;
use wxlogin_state::ReloginRules;

use super::device::Habits;
use super::fault::{Faults, Given};
use super::merged::Merged;
use super::secrets::SecretFile;
use super::settings::{Callback, Control, DeviceAuth, Sandbox, Settings, State, Tokens};
use super::webhook::Webhook;
use super::written::{ControlTable, SandboxTable, TokensTable};

/// Where the daemon listens unless told otherwise.
const DEFAULT_SOCKET: &str = "/run/wxlogind/control.sock";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7430);

/// Where the sandbox listens unless told otherwise: loopback, any free port.
const DEFAULT_SANDBOX: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Longest path of a Unix socket, in bytes: what `sun_path` holds, less the final zero (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// How the daemon goes on from here.
#[derive(Debug, Clone)]
pub enum Plan {
    /// Nothing is missing.
    Complete(Settings),
    /// The sandbox must listen first: only then is it known where the platform is.
    Rehearsal(Rehearsal),
}

/// Settings of a daemon that works against the embedded sandbox: complete but for the platform.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The sandbox to start.
    pub sandbox: Sandbox,
    draft: Draft,
}

impl Rehearsal {
    /// The settings, now that the sandbox is there and has said how to reach it. What it has of
    /// [`Settings::apps`] and [`Settings::official_accounts`] is for the caller to add.
    pub fn settings(self, base_url: Uri, auth: DeviceAuth) -> Settings {
        self.draft.settings(base_url, auth, Some(self.sandbox))
    }
}

#[derive(Debug, Clone)]
struct Draft {
    state: State,
    control: Control,
    device: Habits,
    relogin: ReloginRules,
    callback: Callback,
    webhooks: Vec<Webhook>,
    tokens: Tokens,
    state_key: Option<PathBuf>,
}

impl Draft {
    fn settings(self, base_url: Uri, auth: DeviceAuth, sandbox: Option<Sandbox>) -> Settings {
        let Self { state, control, device, mut relogin, callback, webhooks, tokens, state_key } = self;
        if let Some(sandbox) = &sandbox {
            // The known life of an account is the platform's, and the sandbox is the platform.
            relogin.first_drop = sandbox.first_drop;
            // With days of a minute, the first drop would otherwise pass for the trouble of a login that is short.
            relogin.short_lived = relogin.short_lived.min(sandbox.first_drop / 4);
        }
        let device = device.with(base_url, auth);
        let (apps, official_accounts) = (Vec::new(), Vec::new());
        Settings {
            state,
            control,
            device,
            relogin,
            callback,
            apps,
            official_accounts,
            webhooks,
            tokens,
            state_key,
            sandbox,
        }
    }
}

impl Merged {
    /// Checks all the rest. `None`, or any fault, means that there is nothing to go on with: after a fault the
    /// checks continue with stand-ins, for the sake of the faults to come.
    pub(super) fn finish(self, faults: &mut Faults, notes: &mut Faults) -> Option<Plan> {
        let credentials = self.credentials.as_deref();
        let draft = Draft {
            control: self.control(faults),
            device: self.written.device.habits(credentials, faults),
            relogin: self.written.relogin.finish(faults),
            callback: self.written.callback.finish(credentials, faults),
            webhooks: self.written.webhooks(credentials, faults),
            tokens: self.written.tokens.finish(),
            state_key: SecretFile::credential(credentials, "state.key").and_then(|file| file.checked(faults)),
            state: State {
                keep_dropped: self.written.state.keep_dropped,
                keep_events: self.written.state.keep_events,
                dir: self.state_dir,
            },
        };
        let sandbox = self.written.sandbox.finish(faults);
        if self.sandbox {
            self.written.device.note_idle_keys(notes);
            self.written.note_idle_clients(notes);
            return Some(Plan::Rehearsal(Rehearsal { sandbox, draft }));
        }
        let apps = self.written.apps(credentials, faults);
        let official_accounts = self.written.official_accounts(credentials, faults);
        let (base_url, auth) = self.written.device.platform(credentials, faults)?;
        let settings = draft.settings(base_url, auth, None);
        Some(Plan::Complete(Settings { apps, official_accounts, ..settings }))
    }

    fn control(&self, faults: &mut Faults) -> Control {
        let written = &self.written.control;
        let control = Control {
            socket: written.socket(self.default_socket(), faults),
            listen: written.listen(faults),
            allow_remote: written.allow_remote,
            token_file: self.token_file(),
            console_url: written.console_url.as_ref().and_then(|given| given.value.clone()),
        };
        if control.socket.is_none() && control.listen.is_none() {
            let message = "socket and listen are both off, so that nobody could reach the daemon";
            faults.missing(written.line, "control", message);
        }
        control
    }

    /// A sandbox keeps away from the real daemon's socket, as from its state.
    fn default_socket(&self) -> PathBuf {
        if self.sandbox { self.state_dir.join("control.sock") } else { DEFAULT_SOCKET.into() }
    }

    fn token_file(&self) -> PathBuf {
        let credential = || SecretFile::credential(self.credentials.as_deref(), "control.token");
        let named = self.written.control.token_file.as_ref().map(|given| given.value.clone());
        named
            .or_else(|| credential().map(|file| file.path))
            .unwrap_or_else(|| self.state_dir.join("control.token"))
    }
}

impl ControlTable {
    fn socket(&self, default: PathBuf, faults: &mut Faults) -> Option<PathBuf> {
        let (path, place) = match &self.socket {
            Some(given) => (given.value.clone()?, Some(given.place)),
            None => (default, None),
        };
        if length(&path) > MAX_SOCKET_PATH {
            let message =
                format!("a socket's path has at most {MAX_SOCKET_PATH} bytes, {} has more", path.display());
            match place {
                Some(place) => faults.add(place, "control.socket", message),
                None => faults.missing(self.line, "control.socket", message),
            }
        }
        Some(path)
    }

    fn listen(&self, faults: &mut Faults) -> Option<SocketAddr> {
        let Some(Given { value, place }) = self.listen else { return Some(DEFAULT_LISTEN) };
        let address = value?;
        if !address.ip().is_loopback() && !self.allow_remote {
            let message = format!(
                "{address} is not loopback: the daemon would be reachable from other hosts, without encryption; \
                 if that is meant, set allow_remote = true in [control]"
            );
            faults.add(place, "control.listen", message);
        }
        Some(address)
    }
}

impl SandboxTable {
    fn finish(&self, faults: &mut Faults) -> Sandbox {
        let listen = self.listen.as_ref().map_or(DEFAULT_SANDBOX, |given| given.value);
        if let Some(Given { value, place }) = &self.listen
            && !value.ip().is_loopback()
        {
            faults.add(
                *place,
                "sandbox.listen",
                "the sandbox is for this host alone: use a loopback address",
            );
        }
        Sandbox {
            listen,
            first_drop: self.first_drop,
            autopilot: self.autopilot,
            block: self.block,
            app_token_for: self.app_token_for,
            official_token_for: self.official_token_for,
            refresh_token_for: self.refresh_token_for,
        }
    }
}

impl TokensTable {
    fn finish(&self) -> Tokens {
        Tokens {
            expiring_ahead: self.expiring_ahead,
            refresh_ahead: self.refresh_ahead,
            keep_expired: self.keep_expired,
            max: usize::try_from(self.max).unwrap_or(usize::MAX),
        }
    }
}

fn length(path: &Path) -> usize {
    path.as_os_str().len()
}
