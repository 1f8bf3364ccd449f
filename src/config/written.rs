//! The file as written: which tables and keys there are, and of what type each is.
//!
//! First of the three stages. Keys that mean the same whoever gives them have their default here already;
//! those that the command line, the environment or another key may decide stay `Option`s.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use jiff::tz::TimeZone;
use wxlogin_state::{DeviceType, Hours, Issue, Rate, ReloginRules};

use super::fault::{Faults, Given};
use super::limits::{
    BACKOFF_INITIAL, BACKOFF_MAX, BUDGET_COUNT, BUDGET_TOTAL_COUNT, CHECK_INTERVAL, CLIENT_ID, CONFIRMATIONS,
    DROP_LEAD, EXPIRING_AHEAD, FIRST_DROP, KEEP_DROPPED, KEEP_EVENTS, KEEP_EXPIRED, MAX_ATTEMPTS,
    MAX_CLIENTS, MAX_POLLS, MAX_TOKENS, MAX_WEBHOOKS, POLL_TIMEOUT, PROXY_REGION, QR_VALID_FOR,
    REFRESH_AHEAD, RENEWAL_LEAD, SANDBOX_APP_TOKEN_FOR, SANDBOX_BLOCK, SANDBOX_FIRST_DROP,
    SANDBOX_OFFICIAL_TOKEN_FOR, SANDBOX_REFRESH_TOKEN_FOR, SHORT_LIVED, STABLE_FOR, STORM_COUNT, USER_DOMAIN,
};
use super::reader::{Table, document};
use super::times;
use super::values::{is_client_id, is_user_domain};
use super::webhook::WebhookTable;

/// The whole file.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) state: StateTable,
    pub(super) control: ControlTable,
    pub(super) device: DeviceTable,
    pub(super) relogin: ReloginTable,
    pub(super) callback: CallbackTable,
    pub(super) apps: Vec<Given<AppTable>>,
    pub(super) official_accounts: Vec<Given<OfficialAccountTable>>,
    pub(super) webhooks: Vec<Given<WebhookTable>>,
    pub(super) tokens: TokensTable,
    pub(super) sandbox: SandboxTable,
}

/// `[state]`
#[derive(Debug)]
pub(super) struct StateTable {
    pub(super) line: Option<usize>,
    pub(super) dir: Option<Given<PathBuf>>,
    pub(super) keep_dropped: Duration,
    pub(super) keep_events: u64,
}

/// `[control]`; an inner `None` is the `""` that turns a door off.
#[derive(Debug)]
pub(super) struct ControlTable {
    pub(super) line: Option<usize>,
    pub(super) socket: Option<Given<Option<PathBuf>>>,
    pub(super) listen: Option<Given<Option<SocketAddr>>>,
    pub(super) allow_remote: bool,
    pub(super) token_file: Option<Given<PathBuf>>,
    pub(super) console_url: Option<Given<Option<Uri>>>,
}

/// `[device]`
#[derive(Debug)]
pub(super) struct DeviceTable {
    pub(super) line: Option<usize>,
    pub(super) base_url: Option<Given<Uri>>,
    pub(super) account: Option<Given<String>>,
    pub(super) password_file: Option<Given<PathBuf>>,
    pub(super) authorization_file: Option<Given<PathBuf>>,
    pub(super) device_type: DeviceType,
    pub(super) proxy: ProxyKeys,
    pub(super) auto_check: bool,
    pub(super) poll_timeout: Duration,
    pub(super) qr_valid_for: Duration,
    pub(super) check_interval: Duration,
    pub(super) confirmations: u64,
    pub(super) max_polls: u64,
}

/// The keys of `[device]` that say where logins come from.
#[derive(Debug)]
pub(super) struct ProxyKeys {
    pub(super) region: Option<Given<u64>>,
    pub(super) ip: Option<Given<String>>,
    pub(super) user: Option<Given<String>>,
    pub(super) password_file: Option<Given<PathBuf>>,
}

/// `[relogin]`
#[derive(Debug)]
pub(super) struct ReloginTable {
    pub(super) enabled: bool,
    pub(super) first_drop: Duration,
    pub(super) drop_lead: Duration,
    pub(super) stable_for: Duration,
    pub(super) renewal_lead: Duration,
    pub(super) window: Hours,
    pub(super) time_zone: TimeZone,
    pub(super) issue: Issue,
    pub(super) backoff_initial: Option<Given<Duration>>,
    pub(super) backoff_max: Option<Given<Duration>>,
    pub(super) max_attempts: u64,
    pub(super) short_lived: Duration,
    pub(super) budget: Rate,
    pub(super) budget_total: Rate,
    pub(super) storm: Rate,
}

/// `[callback]`; an inner `None` is the `""` that stands for nothing.
#[derive(Debug)]
pub(super) struct CallbackTable {
    pub(super) line: Option<usize>,
    pub(super) listen: Option<Given<Option<SocketAddr>>>,
    pub(super) path_secret_file: Option<Given<Option<PathBuf>>>,
    pub(super) forward_url: Option<Given<Option<Uri>>>,
    pub(super) public_url: Option<Given<Option<Uri>>>,
}

/// One `[[app]]`
#[derive(Debug)]
pub(super) struct AppTable {
    pub(super) appkey: Option<Given<String>>,
    pub(super) app_secret_file: Option<Given<PathBuf>>,
    pub(super) base_url: Option<Given<Uri>>,
    /// Which of them are not there.
    pub(super) absent: Vec<&'static str>,
}

/// One `[[official_account]]`
#[derive(Debug)]
pub(super) struct OfficialAccountTable {
    pub(super) app_id: Option<Given<String>>,
    pub(super) user_domain: Option<Given<String>>,
    pub(super) user_domain_secret_file: Option<Given<PathBuf>>,
    pub(super) base_url: Option<Given<Uri>>,
    /// Which of them are not there.
    pub(super) absent: Vec<&'static str>,
}

/// `[tokens]`
#[derive(Debug)]
pub(super) struct TokensTable {
    pub(super) expiring_ahead: Duration,
    pub(super) refresh_ahead: Duration,
    pub(super) keep_expired: Duration,
    pub(super) max: u64,
}

/// `[sandbox]`
#[derive(Debug)]
pub(super) struct SandboxTable {
    pub(super) listen: Option<Given<SocketAddr>>,
    pub(super) first_drop: Duration,
    pub(super) autopilot: bool,
    pub(super) block: Duration,
    pub(super) app_token_for: Duration,
    pub(super) official_token_for: Duration,
    pub(super) refresh_token_for: Duration,
}

impl Written {
    /// Reads the text of a file; `""` where there is none. `None` if it is not TOML.
    pub(super) fn read(text: &str, faults: &mut Faults) -> Option<Self> {
        document(text, faults, |file| Self {
            state: file.table("state", StateTable::read),
            control: file.table("control", ControlTable::read),
            device: file.table("device", DeviceTable::read),
            relogin: file.table("relogin", ReloginTable::read),
            callback: file.table("callback", CallbackTable::read),
            apps: file.tables("app", MAX_CLIENTS, AppTable::read),
            official_accounts: file.tables("official_account", MAX_CLIENTS, OfficialAccountTable::read),
            webhooks: file.tables("webhook", MAX_WEBHOOKS, WebhookTable::read),
            tokens: file.table("tokens", TokensTable::read),
            sandbox: file.table("sandbox", SandboxTable::read),
        })
    }
}

impl StateTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            line: table.line(),
            dir: table.path("dir"),
            keep_dropped: table.duration("keep_dropped", &KEEP_DROPPED),
            keep_events: table.number("keep_events", &KEEP_EVENTS),
        }
    }
}

impl ControlTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            line: table.line(),
            socket: table.path_or_none("socket"),
            listen: table.address_or_none("listen"),
            allow_remote: table.flag("allow_remote", false),
            token_file: table.path("token_file"),
            console_url: table.base_url_or_none("console_url", "https://wxlogind.example"),
        }
    }
}

impl DeviceTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            line: table.line(),
            base_url: table.base_url("base_url", "http://platform.example:9899"),
            account: table.text("account"),
            password_file: table.path("password_file"),
            authorization_file: table.path("authorization_file"),
            device_type: table.device_type("device_type"),
            proxy: ProxyKeys::read(table),
            auto_check: table.flag("auto_check", false),
            poll_timeout: table.duration("poll_timeout", &POLL_TIMEOUT),
            qr_valid_for: table.duration("qr_valid_for", &QR_VALID_FOR),
            check_interval: table.duration("check_interval", &CHECK_INTERVAL),
            confirmations: table.number("confirmations", &CONFIRMATIONS),
            max_polls: table.number("max_polls", &MAX_POLLS),
        }
    }
}

impl ProxyKeys {
    fn read(device: &mut Table<'_>) -> Self {
        Self {
            region: device.given_number("proxy", PROXY_REGION),
            ip: device.host_and_port("proxy_ip"),
            user: device.text("proxy_user"),
            password_file: device.path("proxy_password_file"),
        }
    }
}

impl ReloginTable {
    fn read(table: &mut Table<'_>) -> Self {
        const USUAL: ReloginRules = ReloginRules::DEFAULT;
        Self {
            enabled: table.flag("enabled", USUAL.enabled),
            first_drop: table.duration("first_drop", &FIRST_DROP),
            drop_lead: table.duration("drop_lead", &DROP_LEAD),
            stable_for: table.duration("stable_for", &STABLE_FOR),
            renewal_lead: table.duration("renewal_lead", &RENEWAL_LEAD),
            window: times::hours(table, "window"),
            time_zone: times::zone(table, "time_zone"),
            issue: times::issue(table, "issue"),
            backoff_initial: table.given_duration("backoff_initial", &BACKOFF_INITIAL),
            backoff_max: table.given_duration("backoff_max", &BACKOFF_MAX),
            max_attempts: table.number("max_attempts", &MAX_ATTEMPTS),
            short_lived: table.duration("short_lived", &SHORT_LIVED),
            budget: times::rate(table, "budget", USUAL.budget, &BUDGET_COUNT),
            budget_total: times::rate(table, "budget_total", USUAL.budget_total, &BUDGET_TOTAL_COUNT),
            storm: times::rate(table, "storm", USUAL.storm, &STORM_COUNT),
        }
    }
}

impl CallbackTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            line: table.line(),
            listen: table.address_or_none("listen"),
            path_secret_file: table.path_or_none("path_secret_file"),
            forward_url: table.url_or_none("forward_url", "http://127.0.0.1:8080/messages"),
            public_url: table.base_url_or_none("public_url", "https://wxlogind.example"),
        }
    }
}

impl AppTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            appkey: client_id(table, "appkey"),
            app_secret_file: table.path("app_secret_file"),
            base_url: table.base_url("base_url", "https://api.zaihangyun.com"),
            absent: table.absent(),
        }
    }
}

impl OfficialAccountTable {
    fn read(table: &mut Table<'_>) -> Self {
        let (least, most) = (USER_DOMAIN.start(), USER_DOMAIN.end());
        let domain =
            format!("{least} to {most} letters, digits and dashes, in parts with a dot between them");
        Self {
            app_id: client_id(table, "app_id"),
            user_domain: table.formed("user_domain", &domain, is_user_domain),
            user_domain_secret_file: table.path("user_domain_secret_file"),
            base_url: table.base_url("base_url", "https://iot.example"),
            absent: table.absent(),
        }
    }
}

impl TokensTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            expiring_ahead: table.duration("expiring_ahead", &EXPIRING_AHEAD),
            refresh_ahead: table.duration("refresh_ahead", &REFRESH_AHEAD),
            keep_expired: table.duration("keep_expired", &KEEP_EXPIRED),
            max: table.number("max", &MAX_TOKENS),
        }
    }
}

impl SandboxTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            listen: table.address("listen"),
            first_drop: table.duration("first_drop", &SANDBOX_FIRST_DROP),
            autopilot: table.flag("autopilot", false),
            block: table.duration("block", &SANDBOX_BLOCK),
            app_token_for: table.duration("app_token_for", &SANDBOX_APP_TOKEN_FOR),
            official_token_for: table.duration("official_token_for", &SANDBOX_OFFICIAL_TOKEN_FOR),
            refresh_token_for: table.duration("refresh_token_for", &SANDBOX_REFRESH_TOKEN_FOR),
        }
    }
}

/// By which system B or C knows a client. Becomes a part of its secret's name.
fn client_id(table: &mut Table<'_>, key: &'static str) -> Option<Given<String>> {
    let (least, most) = (CLIENT_ID.start(), CLIENT_ID.end());
    let expected =
        format!("{least} to {most} visible ASCII characters but /, as the system's operator gave it");
    table.formed(key, &expected, is_client_id)
}
