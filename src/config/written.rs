//! The file as written: which tables and keys there are, and of what type each is.
//!
//! First of the three stages. Keys that mean the same whoever gives them have their default here already;
//! those that the command line, the environment or another key may decide stay `Option`s.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use wxlogin_state::DeviceType;

use super::fault::{Faults, Given};
use super::limits::{
    FIRST_DROP, KEEP_DROPPED, KEEP_EVENTS, MAX_POLLS, POLL_TIMEOUT, PROXY_REGION, QR_VALID_FOR,
    SANDBOX_BLOCK, SANDBOX_FIRST_DROP,
};
use super::reader::{Table, document};

/// The whole file.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) state: StateTable,
    pub(super) control: ControlTable,
    pub(super) device: DeviceTable,
    pub(super) relogin: ReloginTable,
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
    pub(super) first_drop: Duration,
}

/// `[sandbox]`
#[derive(Debug)]
pub(super) struct SandboxTable {
    pub(super) listen: Option<Given<SocketAddr>>,
    pub(super) first_drop: Duration,
    pub(super) autopilot: bool,
    pub(super) block: Duration,
}

impl Written {
    /// Reads the text of a file; `""` where there is none. `None` if it is not TOML.
    pub(super) fn read(text: &str, faults: &mut Faults) -> Option<Self> {
        document(text, faults, |file| Self {
            state: file.table("state", StateTable::read),
            control: file.table("control", ControlTable::read),
            device: file.table("device", DeviceTable::read),
            relogin: file.table("relogin", ReloginTable::read),
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
            allow_remote: table.flag("allow_remote"),
            token_file: table.path("token_file"),
        }
    }
}

impl DeviceTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            line: table.line(),
            base_url: table.base_url("base_url"),
            account: table.text("account"),
            password_file: table.path("password_file"),
            authorization_file: table.path("authorization_file"),
            device_type: table.device_type("device_type"),
            proxy: ProxyKeys::read(table),
            auto_check: table.flag("auto_check"),
            poll_timeout: table.duration("poll_timeout", &POLL_TIMEOUT),
            qr_valid_for: table.duration("qr_valid_for", &QR_VALID_FOR),
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
        Self { first_drop: table.duration("first_drop", &FIRST_DROP) }
    }
}

impl SandboxTable {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            listen: table.address("listen"),
            first_drop: table.duration("first_drop", &SANDBOX_FIRST_DROP),
            autopilot: table.flag("autopilot"),
            block: table.duration("block", &SANDBOX_BLOCK),
        }
    }
}
