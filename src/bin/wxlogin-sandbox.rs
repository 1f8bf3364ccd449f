//! The sandbox's own program: command line in, exit status out.

use std::process::ExitCode;

use clap::Parser;
use wxlogind::sandbox::Program;

#[tokio::main]
async fn main() -> ExitCode {
    match Program::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wxlogin-sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}
