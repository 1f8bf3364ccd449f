//! The settings as the daemon uses them: validated, with every default in place.
//!
//! Made by [`super::load`] from the file as written; names follow the configuration's tables and keys.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use wxlogin_state::{DeviceType, Proxy, ReloginRules, Secret};

use super::webhook::Webhook;

/// Everything the daemon was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `[state]`
    pub state: State,
    /// `[control]`
    pub control: Control,
    /// `[device]`
    pub device: Device,
    /// `[relogin]`
    pub relogin: ReloginRules,
    /// `[callback]`
    pub callback: Callback,
    /// Each `[[app]]`, in the order of the file; each appkey once. Empty with `--sandbox`, whose own app takes their
    /// place once it listens.
    pub apps: Vec<App>,
    /// Each `[[official_account]]`, in the order of the file; each app id once. Empty with `--sandbox`, too.
    pub official_accounts: Vec<OfficialAccount>,
    /// Each `[[webhook]]`, in the order of the file; each URL once.
    pub webhooks: Vec<Webhook>,
    /// `[tokens]`
    pub tokens: Tokens,
    /// The credential `state.key`, where there is one: path of the key file that tokens are sealed with, one or more
    /// lines. It can be opened, and by nobody else; nothing is known of what is in it.
    pub state_key: Option<PathBuf>,
    /// `[sandbox]`; present exactly when the daemon was started with `--sandbox`.
    pub sandbox: Option<Sandbox>,
}

/// Where the store lives and what it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Directory of the store, the lock and the control token.
    pub dir: PathBuf,
    /// How long a dropped session stays known.
    pub keep_dropped: Duration,
    /// How many events the journal keeps.
    pub keep_events: u64,
}

/// The control API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Path of the Unix socket; `None` turns it off.
    pub socket: Option<PathBuf>,
    /// TCP address; `None` turns it off.
    pub listen: Option<SocketAddr>,
    /// Whether `listen` may be anything but loopback.
    pub allow_remote: bool,
    /// File of the token that TCP callers must present; made at first start where it is missing.
    pub token_file: PathBuf,
    /// How people reach the console from outside, behind a reverse proxy; scheme `http` or `https`, no query.
    pub console_url: Option<Uri>,
}

/// System A, the device login platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Where the platform is; scheme `http` or `https`, no query.
    pub base_url: Uri,
    /// How its key is had.
    pub auth: DeviceAuth,
    /// Device type of logins that do not name one.
    pub device_type: DeviceType,
    /// Where logins come from that do not say it.
    pub proxy: Proxy,
    /// `autoCheck` of `/getIPadLoginInfo`; seed 002 advises `false`.
    pub auto_check: bool,
    /// How long one call for an answer may block at the platform.
    pub poll_timeout: Duration,
    /// How long a person has for each step: scan, code, slider.
    pub qr_valid_for: Duration,
    /// Between two looks at which accounts are online.
    pub check_interval: Duration,
    /// Absences from that list in a row that make a drop.
    pub confirmations: u32,
    /// Most logins in flight at once.
    pub max_polls: usize,
}

/// How the daemon gets the platform's `Authorization` key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAuth {
    /// `/member/login` with these; the key is kept in the store.
    Password {
        /// `account`
        account: String,
        /// From `password_file` or the credential `device.password`.
        password: Secret,
    },
    /// The key itself.
    Key {
        /// `account`, where it is set: logging out (`/member/offline`) names it.
        account: Option<String>,
        /// From `authorization_file` or the credential `device.authorization`.
        key: Secret,
    },
}

/// Platform callbacks, which come in by a listener of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Where they are listened for, loopback or not; `None` turns it off.
    pub listen: Option<SocketAddr>,
    /// What stands in the path of the one URL that is served, 16 to 128 characters of `[A-Za-z0-9_-]`; from
    /// `path_secret_file` or the credential `callback.path_secret`. Present wherever `listen` is.
    pub path_secret: Option<Secret>,
    /// Where chat messages are passed on; scheme `http` or `https`, perhaps with a query.
    pub forward_url: Option<Uri>,
    /// How the platform reaches `listen` from outside, without `/callback/…`; scheme `http` or `https`, no query.
    /// The platform is told at start to call there.
    pub public_url: Option<Uri>,
}

/// An app of system B (seed 000).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// `appkey`, 1 to 64 visible ASCII characters but `/`.
    pub appkey: String,
    /// From `app_secret_file` or the credential `app.<appkey>.secret`.
    pub secret: Secret,
    /// Where the system is; scheme `http` or `https`, no query.
    pub base_url: Uri,
}

/// An official account of system C (seed 001).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialAccount {
    /// `appId`, 1 to 64 visible ASCII characters but `/`.
    pub app_id: String,
    /// `userDomain`, at most 253 letters, digits and dashes in parts with a dot between them.
    pub user_domain: String,
    /// The domain's secret, from `user_domain_secret_file` or the credential `official_account.<app_id>.secret`.
    pub secret: Secret,
    /// Where the system is; scheme `http` or `https`, no query.
    pub base_url: Uri,
}

/// The tokens of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// How long before a token's end it is said that only a new login helps.
    pub expiring_ahead: Duration,
    /// How long before a token's end it is refreshed, where the system can.
    pub refresh_ahead: Duration,
    /// How long an expired token stays known.
    pub keep_expired: Duration,
    /// Most tokens kept at once.
    pub max: usize,
}

/// The embedded sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// Loopback address of the platform's and the phone's pages.
    pub listen: SocketAddr,
    /// When the simulated platform drops a first login.
    pub first_drop: Duration,
    /// Whether the simulated phone scans by itself.
    pub autopilot: bool,
    /// How long the simulated platform blocks `/getIPadLoginInfo`; the real one takes up to 250 s.
    pub block: Duration,
    /// How long a token of the simulated system B lives.
    pub app_token_for: Duration,
    /// How long an access token of the simulated system C lives.
    pub official_token_for: Duration,
    /// How long a refresh token of the simulated system C lives.
    pub refresh_token_for: Duration,
}
