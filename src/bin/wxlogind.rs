//! The daemon's program: command line in, exit status out.

use std::process::ExitCode;

use clap::Parser;
use wxlogind::clock::Clock;
use wxlogind::daemon::{self, Command};

fn main() -> ExitCode {
    match daemon::main(Command::parse(), Clock::system()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let status = failure.exit_status();
            eprintln!("wxlogind: {:#}", anyhow::Error::from(failure));
            ExitCode::from(status)
        }
    }
}
