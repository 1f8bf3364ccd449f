//! `wxloginctl`: controls the logins that `wxlogind` keeps alive. All of it is in [`wxlogind::ctl`].

use std::process::ExitCode;

use jiff::Timestamp;

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program that runs for one command is its own clock")]
    let now = Timestamp::now;
    ExitCode::from(wxlogind::ctl::main(&now))
}
