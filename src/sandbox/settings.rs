//! What a sandbox is told before it starts: by the daemon's configuration, by `wxlogin-sandbox`, by a test.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wxlogin_state::Secret;

use super::official_account::OfficialAccountSettings;
use super::script::Rule;
use crate::clock::Clock;
use crate::config;

/// The account and the password that a sandbox accepts unless told otherwise.
pub const ACCOUNT: &str = "sandbox";

/// Settings of one sandbox.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Loopback address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long `/getIPadLoginInfo` blocks before it gives up with HTTP 504.
    pub block: Duration,
    /// When the platform drops the first login of a device.
    pub first_drop: Duration,
    /// How long a person has for each step: scan, confirm, code, slider.
    pub qr_valid_for: Duration,
    /// How long a pop-up login shows its box on the phone.
    pub popup_valid_for: Duration,
    /// Whether the simulated phone scans and confirms by itself, and how long it takes for each.
    pub autopilot: Option<Duration>,
    /// `account` of `/member/login`.
    pub account: String,
    /// `password` of `/member/login`.
    pub password: Secret,
    /// How the tokens of system C live.
    pub official_account: OfficialAccountSettings,
    /// How long a token of an app login is valid.
    pub app_token_valid_for: Duration,
    /// The time of day, by which signatures are checked and tokens end.
    pub clock: Clock,
    /// Answers and faults to give before the normal ones.
    pub script: Vec<Rule>,
}

impl SandboxSettings {
    /// How long a phone on autopilot takes for each step: long enough to watch.
    pub const AUTOPILOT_PACE: Duration = Duration::from_secs(2);
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            // Seed 002: 最长250S返回请求.
            block: Duration::from_secs(250),
            first_drop: Duration::from_mins(1),
            qr_valid_for: Duration::from_mins(5),
            popup_valid_for: Duration::from_mins(1),
            autopilot: None,
            account: ACCOUNT.to_owned(),
            password: Secret::new(ACCOUNT),
            official_account: OfficialAccountSettings::default(),
            // Ten days, as in both of seed 000's examples.
            app_token_valid_for: Duration::from_hours(240),
            clock: Clock::system(),
            script: Vec::new(),
        }
    }
}

impl From<&config::Sandbox> for SandboxSettings {
    fn from(settings: &config::Sandbox) -> Self {
        Self {
            listen: settings.listen,
            block: settings.block,
            first_drop: settings.first_drop,
            autopilot: settings.autopilot.then_some(Self::AUTOPILOT_PACE),
            app_token_valid_for: settings.app_token_for,
            official_account: OfficialAccountSettings {
                access_lifetime: settings.official_token_for,
                refresh_lifetime: settings.refresh_token_for,
                ..OfficialAccountSettings::default()
            },
            ..Self::default()
        }
    }
}
