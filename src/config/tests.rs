//! The configuration as a whole: from text to settings, or to every fault with its line and key.

mod callback;
mod clients;
mod device;
mod keys;
mod relogin;
mod sample;
mod sandbox;
mod tokens;
mod webhook;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use tempfile::TempDir;
use wxlogin_state::{DeviceType, Proxy, ReloginRules, Secret, Window};

use super::*;

/// A directory with a configuration, its secrets and a state directory.
struct Host {
    dir: TempDir,
    overrides: Overrides,
    environment: Environment,
}

impl Host {
    /// With a home and nothing else.
    fn new() -> Self {
        let environment = Environment { home: Some("/home/op".into()), ..Environment::default() };
        Self { dir: tempfile::tempdir().unwrap(), overrides: Overrides::default(), environment }
    }

    /// With the credential `device.password` as well, so that `[device]` needs no secret file.
    fn with_password() -> Self {
        Self::new().credential("device.password", "hunter2")
    }

    fn credential(mut self, name: &str, content: &str) -> Self {
        self.file(name, content, 0o400);
        self.environment.credentials_directory = Some(self.dir.path().to_owned());
        self
    }

    fn sandbox(mut self) -> Self {
        self.overrides.sandbox = true;
        self.environment.scratch_dir = Some("/scratch".into());
        self
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(&self, text: impl AsRef<[u8]>) -> Result<Loaded, ConfigError> {
        let file = self.file("config.toml", text, 0o644);
        load(Some(&file), &self.overrides, &self.environment)
    }

    fn settings(&self, text: &str) -> Settings {
        match self.load(text).unwrap().plan {
            Plan::Complete(settings) => settings,
            Plan::Rehearsal(_) => panic!("a rehearsal without --sandbox"),
        }
    }

    fn rehearsal(&self, text: &str) -> (Rehearsal, Vec<String>) {
        let loaded = self.load(text).unwrap();
        match loaded.plan {
            Plan::Rehearsal(rehearsal) => (rehearsal, loaded.notes),
            Plan::Complete(_) => panic!("no rehearsal with --sandbox"),
        }
    }

    fn faults(&self, text: impl AsRef<[u8]>) -> Vec<Fault> {
        match self.load(text) {
            Err(ConfigError::Invalid(faults)) => faults.iter().cloned().collect(),
            other => panic!("expected faults, found {other:?}"),
        }
    }
}

/// The least that a configuration needs beside a password.
const LEAST: &str = "[device]\nbase_url = \"http://p.example\"\naccount = \"a\"\n";

/// Line, key, and a piece of the message of each fault.
fn assert_faults(found: &[Fault], expected: &[(Option<usize>, &str, &str)]) {
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(fault, (line, key, message))| {
            fault.line == *line && fault.key == *key && fault.message.contains(message)
        });
    assert!(same, "expected {expected:#?}\nfound {found:#?}");
}

#[test]
fn the_least_configuration_gets_every_default() {
    let settings = Host::with_password().settings(LEAST);
    let state_dir = PathBuf::from("/home/op/.local/state/wxlogind");
    let expected = Settings {
        state: State {
            dir: state_dir.clone(),
            keep_dropped: Duration::from_hours(30 * 24),
            keep_events: 100_000,
        },
        control: Control {
            socket: Some("/run/wxlogind/control.sock".into()),
            listen: Some("127.0.0.1:7430".parse().unwrap()),
            allow_remote: false,
            token_file: state_dir.join("control.token"),
            console_url: None,
        },
        device: Device {
            base_url: "http://p.example".parse().unwrap(),
            auth: DeviceAuth::Password { account: "a".into(), password: Secret::new("hunter2") },
            device_type: DeviceType::Ipad,
            proxy: Proxy::Region(8),
            auto_check: false,
            poll_timeout: Duration::from_secs(250),
            qr_valid_for: Duration::from_mins(5),
            check_interval: Duration::from_mins(1),
            confirmations: 2,
            max_polls: 50_000,
        },
        relogin: ReloginRules {
            window: Window {
                hours: "00:00-24:00".parse().unwrap(),
                zone: TimeZone::get("Asia/Shanghai").unwrap(),
            },
            ..ReloginRules::DEFAULT
        },
        callback: Callback { listen: None, path_secret: None, forward_url: None, public_url: None },
        apps: Vec::new(),
        official_accounts: Vec::new(),
        webhooks: Vec::new(),
        tokens: Tokens {
            expiring_ahead: Duration::from_hours(24),
            refresh_ahead: Duration::from_mins(20),
            keep_expired: Duration::from_hours(7 * 24),
            max: 100_000,
        },
        state_key: None,
        sandbox: None,
    };
    assert_eq!(settings, expected);
}

#[test]
fn all_faults_come_at_once_in_the_order_of_the_file() {
    let mut host = Host::new();
    host.overrides.listen = Some("everywhere".into());
    let text = "\
        [state]\n\
        keep_events = \"all\"\n\
        [control]\n\
        socket = \"\"\n\
        lissen = \"\"\n\
        [device]\n\
        base_url = \"p.example\"\n\
        password_file = \"/nowhere/password\"\n\
        proxy_user = \"u\"\n";
    assert_faults(
        &host.faults(text),
        &[
            (Some(2), "state.keep_events", "expected a whole number"),
            (Some(5), "control.lissen", "did you mean listen?"),
            (Some(6), "device.account", "missing"),
            (Some(7), "device.base_url", "expected a URL"),
            (Some(8), "device.password_file", "cannot read /nowhere/password: No such file"),
            (Some(9), "device.proxy_user", "belongs to proxy_ip"),
            (None, "--listen", "found \"everywhere\""),
        ],
    );
}

#[test]
fn a_fault_displays_as_file_line_key_and_sentence() {
    let host = Host::new().sandbox();
    let file = host.file("config.toml", "[device]\npoll_timeout = 250", 0o644);
    let error = load(Some(&file), &host.overrides, &host.environment).unwrap_err();
    let expected = "device.poll_timeout: expected a duration such as \"250s\", found 250";
    assert_eq!(error.to_string(), format!("{}:2: {expected}", file.display()));
}

#[test]
fn text_that_is_no_toml_is_pointed_at_with_line_and_column() {
    let host = Host::new().sandbox();
    for (text, line, column) in [
        (&b"[state]\n  keep_events = = 3"[..], 2, 17),
        (b"[state]\nkeep_events = 1000\nkeep_events = 1000", 3, 1),
        (b"[state]\n[state]", 2, 2),
        ("[state]\n# 微信\n\"微信".as_bytes(), 3, 4),
        (b"[state]\n# \xff", 2, 3),
    ] {
        let faults = host.faults(text);
        let found: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column, &fault.key[..])).collect();
        assert_eq!(found, [(Some(line), Some(column), "")], "{faults:?}");
    }
}

#[test]
fn without_any_configuration_both_ways_to_start_are_named() {
    let host = Host::new();
    let none = host.dir.path().join("none.toml");
    let error = load_or(&none, None, &host.overrides, &host.environment).unwrap_err().to_string();
    assert!(error.contains("wxlogind --sandbox") && error.contains("wxlogind --config FILE"), "{error}");
    let default = host.file("default.toml", "[relogin]\nfirst_dorp = \"1h\"", 0o644);
    let error = load_or(&default, None, &host.overrides, &host.environment).unwrap_err();
    assert!(matches!(error, ConfigError::Invalid(_)), "the default file is read where it exists: {error}");
}

#[test]
fn a_named_file_that_is_missing_is_not_replaced_by_anything() {
    let host = Host::new().sandbox();
    let file = host.dir.path().join("none.toml");
    let error = load(Some(&file), &host.overrides, &host.environment).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { file: found, .. } if found == file));
}

#[test]
fn a_file_that_no_person_wrote_is_not_read_to_the_end() {
    let flood = vec![b'#'; 300 * 1024];
    assert!(matches!(Host::new().sandbox().load(flood), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn the_command_line_wins_over_the_file() {
    let mut host = Host::with_password();
    host.overrides = Overrides {
        state_dir: Some("/cli/state".into()),
        listen: Some("127.0.0.1:1".into()),
        socket: Some("/cli/socket".into()),
        sandbox: false,
    };
    let text = "[state]\ndir = \"/file\"\n[control]\nsocket = \"/file/s\"\nlisten = \"127.0.0.1:2\"\n";
    let settings = host.settings(&format!("{text}{LEAST}"));
    assert_eq!(settings.state.dir, Path::new("/cli/state"));
    assert_eq!(settings.control.listen, "127.0.0.1:1".parse().ok());
    assert_eq!(settings.control.socket.as_deref(), Some(Path::new("/cli/socket")));
}

#[test]
fn the_daemon_listens_on_loopback_unless_remote_access_is_meant() {
    let mut host = Host::with_password();
    let meant = format!("[control]\nallow_remote = true\nlisten = \"[::]:7430\"\n{LEAST}");
    assert_eq!(host.settings(&meant).control.listen, "[::]:7430".parse().ok());
    assert_eq!(
        host.settings(&format!("{LEAST}[control]\nlisten = \"[::1]:1\"")).control.listen,
        "[::1]:1".parse().ok()
    );
    host.overrides.listen = Some("192.0.2.1:7430".into());
    assert_faults(&host.faults(LEAST), &[(None, "--listen", "192.0.2.1:7430 is not loopback")]);
}

#[test]
fn one_door_can_be_shut_but_not_both() {
    let mut host = Host::with_password();
    assert_eq!(host.settings(&format!("{LEAST}[control]\nlisten = \"\"")).control.listen, None);
    assert_eq!(host.settings(&format!("{LEAST}[control]\nsocket = \"\"")).control.socket, None);
    host.overrides.socket = Some(PathBuf::new());
    let faults = host.faults(format!("{LEAST}[control]\nlisten = \"\""));
    assert_faults(&faults, &[(Some(4), "control", "both off")]);
}

#[test]
fn a_socket_path_that_the_kernel_cannot_hold_is_refused() {
    let mut host = Host::new().sandbox();
    host.overrides.state_dir = Some(format!("/{}", "x".repeat(100)).into());
    assert_faults(&host.faults(""), &[(None, "control.socket", "at most 107 bytes")]);
}

#[test]
fn state_needs_a_place() {
    let mut host = Host::with_password();
    host.environment.home = None;
    assert_faults(&host.faults(LEAST), &[(None, "state.dir", "nowhere to keep state")]);
    host.overrides.state_dir = Some(PathBuf::new());
    assert_faults(&host.faults(LEAST), &[(None, "--state-dir", "must not be empty")]);
}

#[test]
fn the_token_is_a_file_a_credential_or_made_in_the_state_directory() {
    let host = Host::with_password().credential("control.token", "t");
    assert_eq!(host.settings(LEAST).control.token_file, host.dir.path().join("control.token"));
    let settings = host.settings(&format!("{LEAST}[control]\ntoken_file = \"/t\""));
    assert_eq!(settings.control.token_file, Path::new("/t"));
}

/// A line as an operator might write it: a known key with some value, or anything at all.
fn any_line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "dir",
        "keep_events",
        "socket",
        "listen",
        "base_url",
        "proxy",
        "proxy_ip",
        "poll_timeout",
        "first_drop",
        "window",
        "time_zone",
        "budget",
        "path_secret_file",
        "forward_url",
        "appkey",
        "app_id",
        "user_domain",
        "user_domain_secret_file",
        "expiring_ahead",
        "url",
        "format",
        "events",
    ]);
    let value = prop_oneof![
        any::<String>().prop_map(|text| format!("{text:?}")),
        any::<i64>().prop_map(|number| number.to_string()),
        "\"[0-9]{1,20}[a-zµ]{0,3}\"",
        "\"[0-9]{0,12}[/:-][0-9:]{0,12}[a-zµ]{0,3}\"",
        "[-\\[\\]{}=.\"'0-9a-z: ]{0,20}",
    ];
    let table = prop::sample::select(vec![
        "[state]",
        "[control]",
        "[device]",
        "[relogin]",
        "[callback]",
        "[[sandbox]]",
        "[[app]]",
        "[[official_account]]",
        "[official_account]",
        "[tokens]",
        "[[webhook]]",
    ]);
    prop_oneof![
        4 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        2 => table.prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(lines in prop::collection::vec(any_line(), 0..12), sandbox: bool) {
        let text = lines.join("\n");
        let overrides = Overrides { sandbox, ..Overrides::default() };
        if let Err(error) = interpret(Some(Path::new("config.toml")), &text, &overrides, &Environment::default()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
