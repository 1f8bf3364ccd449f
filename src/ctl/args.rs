//! The command line of `wxloginctl`: what can be asked, with the help that its man page is made of.

mod host;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use wxlogin_state::{DeviceType, Label, Method, StateName, System, TokenId, TokenState, WcId};

pub(super) use host::{Backup, Check, Restore, Shell};

use crate::client::Named;

/// Facts for scripts, shown below the help and in the man page.
const AFTER: &str = "\
EXIT STATUS:
  0  done
  1  refused or failed; the reason is on standard error
  2  wrong usage
  3  the daemon cannot be reached

ENVIRONMENT:
  WXLOGIND_SOCKET      the daemon's Unix socket, unless --socket or --url is given
  WXLOGIND_URL         the daemon's address, unless a socket is named
  WXLOGIND_TOKEN       the control token for that address
  WXLOGIND_TOKEN_FILE  the file of that token
  NO_COLOR             no colours unless --color always is given

FILES:
  /run/wxlogind/control.sock  where the daemon listens unless told otherwise

EXAMPLES:
  wxloginctl login --label shop --wait
  wxloginctl list --all --json
  wxloginctl status 0000016e
  wxloginctl relogin wxid_a --wait
  wxloginctl set wxid_a --auto-relogin off
  wxloginctl why wxid_a
  wxloginctl watch --type session.dropped,account.*
  wxloginctl token app-5f0c7d9be2a1b34c6d78 --reveal
  wxloginctl login --from shops.txt --at-most 8
  wxloginctl backup /var/backups/wxlogind.jsonl

SEE ALSO:
  wxlogind(8), journalctl(1)";

/// Control the WeChat logins that wxlogind keeps alive
///
/// A login (wId) begins with a QR that a person scans, and ends for good when it drops. An account (wcId) goes on
/// from one login to the next: `relogin` logs a known account in again, which never is a new one.
#[derive(Debug, Parser)]
#[command(name = "wxloginctl", version, after_long_help = AFTER)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The daemon's Unix socket
    #[arg(long, global = true, value_name = "PATH", conflicts_with_all = ["url", "token_file"])]
    socket: Option<PathBuf>,
    /// The daemon's address, for example http://127.0.0.1:7430; needs the control token
    #[arg(long, global = true)]
    url: Option<String>,
    /// The file of the control token
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Print the control API's JSON instead of sentences; a refusal is printed as its problem, on standard error
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: Color,
}

impl Global {
    /// Which daemon was named.
    pub(super) fn named(&self) -> Named {
        Named { socket: self.socket.clone(), url: self.url.clone(), token_file: self.token_file.clone() }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the live logins
    List(List),
    /// List the accounts that have logged in here
    Accounts,
    /// Show a login or an account, and what to do next
    Status {
        /// A login's wId (its first characters will do), or an account's wcId
        #[arg(value_name = "WID|WCID")]
        name: String,
    },
    /// Show why a login or an account is as it is: what was observed, what comes next, what a person must do
    Why {
        /// A login's wId (its first characters will do), or an account's wcId
        #[arg(value_name = "WID|WCID")]
        name: String,
    },
    /// Show what happens, as it happens, one line each, until Ctrl-C
    Watch(Watch),
    /// List the receivers of webhooks and how it goes with each
    Webhooks(Webhooks),
    /// Begin a login
    Login(Login),
    /// Log a known account in again
    Relogin(Relogin),
    /// Draw a login's QR in the terminal, or save it
    Qr(Qr),
    /// Pass on the code that the phone shows
    Verify {
        /// The login
        #[arg(value_name = "WID")]
        w_id: String,
        /// The code; "-" reads it from standard input
        #[arg(allow_hyphen_values = true)]
        code: String,
    },
    /// Say that the slider page is passed
    SliderDone {
        /// The login
        #[arg(value_name = "WID")]
        w_id: String,
    },
    /// Log out, or abandon a login that is not complete
    Logout {
        /// The login, or an account whose current login is meant
        #[arg(value_name = "WID|WCID")]
        name: String,
    },
    /// Change what a person decides about an account
    Set(Set),
    /// Forget an account that is not online
    Forget {
        /// The account
        #[arg(value_name = "WCID")]
        wc_id: WcId,
    },
    /// List what people are waited for
    Steps,
    /// Print a URL that opens a page for what a person is to do, without a token
    Link {
        /// The login, or the account whose next login it is about
        #[arg(value_name = "WID|WCID")]
        name: String,
        /// For how long, for example 10m; 15 minutes where left out, an hour at most
        #[arg(long, value_name = "DURATION")]
        ttl: Option<String>,
    },
    /// Print a URL that opens the console in a browser: good once, for five minutes
    Console,
    /// Show how a login came where it is
    History {
        /// The login
        #[arg(value_name = "WID")]
        w_id: String,
    },
    /// List the tokens that logins by app or official account have brought, without the secrets
    Tokens(Tokens),
    /// Show a token, give it out, or forget it
    Token(Token),
    /// Have a new key take over from the one that tokens are sealed with
    Rekey,
    /// Check that all is well, with the daemon or with a state directory that none uses
    Check(Check),
    /// Save the daemon's whole state in one file, while it runs
    Backup(Backup),
    /// Put a backup in the place of a state directory's store, while no daemon runs; what was there is moved aside
    Restore(Restore),
    /// Print what a shell needs to complete command lines
    #[command(hide = true)]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

impl Verb {
    /// Whether it needs no daemon.
    pub(super) fn is_offline(&self) -> bool {
        match self {
            Self::Restore(_) | Self::Completions { .. } => true,
            Self::Check(check) => check.state_dir.is_some(),
            _ => false,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Also those that have ended
    #[arg(long, conflicts_with = "state")]
    pub(super) all: bool,
    /// Only those in this state
    #[arg(long, value_parser = state())]
    pub(super) state: Option<StateName>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Begin after this event of the journal instead of now; 0 begins with the oldest there is
    #[arg(long, value_name = "SEQ")]
    pub(super) after: Option<u64>,
    /// Only events of these types, for example session.dropped or account.*; several with commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(super) kinds: Vec<String>,
    /// Only those of this account
    #[arg(long, value_name = "WCID")]
    pub(super) account: Option<WcId>,
}

#[derive(Debug, Args)]
pub(super) struct Webhooks {
    /// List what this one never took, by its number in the list
    #[arg(long, value_name = "N", conflicts_with_all = ["replay", "test"])]
    pub(super) dead: Option<usize>,
    /// Send that again, and go on with a receiver that was gone
    #[arg(long, value_name = "N", conflicts_with = "test")]
    pub(super) replay: Option<usize>,
    /// Send this one a test message now
    #[arg(long, value_name = "N")]
    pub(super) test: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct Login {
    /// The account to log in again; leave out only for one that never logged in here
    #[arg(long, value_name = "WCID")]
    pub(super) wc_id: Option<WcId>,
    /// What to call it
    #[arg(long)]
    pub(super) label: Option<Label>,
    /// The device to pretend to be
    #[arg(long, value_parser = device_type())]
    pub(super) device_type: Option<DeviceType>,
    /// The platform's region to log in from, 1 to 23
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=23))]
    pub(super) proxy: Option<u8>,
    /// Make a new device of an account that logged in here before; it will drop once more within a day
    #[arg(long)]
    pub(super) new_device: bool,
    /// Begin even though the account is online
    #[arg(long)]
    pub(super) force: bool,
    /// Draw the QR, ask for what the platform asks for, and end when the account is online
    #[arg(long)]
    pub(super) wait: bool,
    /// Go on with a login that is under way, as with --wait, instead of beginning one
    #[arg(long, value_name = "WID", conflicts_with_all = BEGINS)]
    pub(super) resume: Option<String>,
    /// Log in many, one for each line LABEL, LABEL,WCID or ,WCID (# begins a remark), and wait for them; the same
    /// command again goes on with them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wc_id", "label", "new_device", "wait", "resume"])]
    pub(super) from: Option<PathBuf>,
    /// Of those, at most so many at a time
    #[arg(long, value_name = "N", default_value = "4", requires = "from")]
    pub(super) at_most: NonZeroUsize,
}

/// The options of `login` that are about beginning one.
const BEGINS: [&str; 6] = ["wc_id", "label", "device_type", "proxy", "new_device", "force"];

#[derive(Debug, Args)]
pub(super) struct Relogin {
    /// The account
    #[arg(value_name = "WCID")]
    pub(super) wc_id: WcId,
    /// A box to confirm on the phone, or a QR to scan; where left out, as the account needs it
    #[arg(long, value_parser = method())]
    pub(super) method: Option<Method>,
    /// Although it is online; that login ends when the new one succeeds
    #[arg(long)]
    pub(super) force: bool,
    /// Wait for the box to be confirmed, or go along with the QR as `login --wait` does, until it is online
    #[arg(long)]
    pub(super) wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// The account
    #[arg(value_name = "WCID")]
    pub(super) wc_id: WcId,
    /// What to call it
    #[arg(long, value_name = "TEXT", required_unless_present = "auto_relogin")]
    pub(super) label: Option<Label>,
    /// Whether to log it in again by itself when it drops
    #[arg(long, value_enum)]
    pub(super) auto_relogin: Option<Switch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(Debug, Args)]
pub(super) struct Qr {
    /// The login
    #[arg(value_name = "WID")]
    pub(super) w_id: String,
    /// Save it as a PNG picture; "-" is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "svg")]
    pub(super) png: Option<PathBuf>,
    /// Save it as an SVG picture; "-" is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Tokens {
    /// Only those of this system
    #[arg(long, value_parser = system())]
    pub(super) system: Option<System>,
    /// Only those of this appkey or appId
    #[arg(long)]
    pub(super) app: Option<String>,
    /// Only those of this user
    #[arg(long)]
    pub(super) uid: Option<String>,
    /// Only those in this state
    #[arg(long, value_parser = token_state())]
    pub(super) state: Option<TokenState>,
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// The token's name, as `tokens` lists it
    pub(super) id: TokenId,
    /// Print the token itself and nothing else, refreshed first where it must be
    #[arg(long)]
    pub(super) reveal: bool,
    /// Forget it; a token of system B is logged out there first
    #[arg(long, conflicts_with = "reveal")]
    pub(super) forget: bool,
}

fn system() -> impl TypedValueParser<Value = System> {
    let systems = [System::App, System::OfficialAccount];
    PossibleValuesParser::new(systems.map(System::as_str)).try_map(move |name| {
        systems.into_iter().find(|system| system.as_str() == name).ok_or("no such system")
    })
}

fn token_state() -> impl TypedValueParser<Value = TokenState> {
    let states = [TokenState::Active, TokenState::Expiring, TokenState::Expired];
    PossibleValuesParser::new(states.map(TokenState::as_str))
        .try_map(move |name| states.into_iter().find(|state| state.as_str() == name).ok_or("no such state"))
}

fn state() -> impl TypedValueParser<Value = StateName> {
    PossibleValuesParser::new(StateName::ALL.map(StateName::as_str)).try_map(|name| {
        StateName::ALL.into_iter().find(|state| state.as_str() == name).ok_or("no such state")
    })
}

fn device_type() -> impl TypedValueParser<Value = DeviceType> {
    PossibleValuesParser::new([DeviceType::Ipad, DeviceType::Mac].map(DeviceType::as_str))
        .try_map(|name| name.parse::<DeviceType>())
}

/// The public spellings.
fn method() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(["popup", "qr"])
        .map(|name| if name == "popup" { Method::PopUp } else { Method::Qr })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn what_cannot_be_asked_is_refused_before_the_daemon_is() {
        for line in [
            "wxloginctl",
            "wxloginctl login --proxy 24",
            "wxloginctl login --device-type phone",
            "wxloginctl login --resume w --force",
            "wxloginctl login --resume w --new-device",
            "wxloginctl relogin",
            "wxloginctl relogin wxid_a --method sms",
            "wxloginctl set wxid_a",
            "wxloginctl set wxid_a --auto-relogin maybe",
            "wxloginctl forget",
            "wxloginctl watch --after yesterday",
            "wxloginctl list --state gone",
            "wxloginctl webhooks --replay 1 --test 1",
            "wxloginctl webhooks --dead all",
            "wxloginctl --socket /s --url http://h list",
            "wxloginctl qr w --png a --svg b",
        ] {
            assert!(CommandLine::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
