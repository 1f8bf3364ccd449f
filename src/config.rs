//! The configuration: from a file, the command line and the environment to [`Settings`].
//!
//! The daemon calls [`load`] at start and again on `SIGHUP`. Three stages, each a type of its own:
//!
//! ```text
//!   file ──reader──► Written ──┐
//!   command line ─ Overrides ──┼──► Merged ──finish──► Plan ──► Settings
//!   environment ── Environment ┘               ▲
//!                                              └── secret files, credentials
//! ```
//!
//! Every stage puts what is wrong into the same [`Faults`] and goes on, so the operator sees all of it at once.

mod callback;
mod clients;
mod device;
mod fault;
mod finish;
mod limits;
mod merged;
mod reader;
mod relogin;
mod secrets;
mod settings;
mod times;
mod values;
mod webhook;
mod written;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use fault::{Fault, Faults};
pub use finish::{Plan, Rehearsal};
pub use merged::{Environment, Overrides};
pub use secrets::{SecretError, read_secret};
pub use settings::*;
pub(crate) use values::is_host_and_port;
pub use webhook::{Webhook, WebhookFormat, WebhookUrl};

use merged::Merged;
use reader::position;
use written::Written;

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "/etc/wxlogind/config.toml";

/// Largest configuration file, in bytes. The sample with every key explained has a few thousand.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// What [`load`] made of everything it was told.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// What is worth saying but no fault, one finished sentence each, for the log.
    pub notes: Vec<String>,
    /// How to go on.
    pub plan: Plan,
}

/// Why there are no settings. Exit status 78 (`EX_CONFIG`) belongs to each of these.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nobody said what to do: no file, no `--sandbox`.
    #[error(
        "no configuration: {0} does not exist. There are two ways to start:\n  \
         wxlogind --sandbox        try everything against a simulated platform\n  \
         wxlogind --config FILE    keep real logins; {0} is read by itself once it exists"
    )]
    NoConfiguration(PathBuf),
    /// The file cannot be had.
    #[error("cannot read the configuration {file}", file = .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file, the command line or the environment says something that cannot be; all of it, a line each.
    #[error("{0}")]
    Invalid(Faults),
}

/// Reads and checks the configuration.
///
/// Without a `file`, [`DEFAULT_FILE`] is read where it exists. With `--sandbox` it is not: a trial on a host
/// that runs the real daemon must not find its way into the real store; only a file named on the command line
/// counts.
pub fn load(
    file: Option<&Path>,
    overrides: &Overrides,
    environment: &Environment,
) -> Result<Loaded, ConfigError> {
    load_or(Path::new(DEFAULT_FILE), file, overrides, environment)
}

fn load_or(
    default: &Path,
    file: Option<&Path>,
    overrides: &Overrides,
    environment: &Environment,
) -> Result<Loaded, ConfigError> {
    let Some(file) = file.or_else(|| (!overrides.sandbox).then_some(default)) else {
        return interpret(None, "", overrides, environment);
    };
    match read(file) {
        Ok(bytes) => match bytes.utf8_chunks().next() {
            Some(chunk) if !chunk.invalid().is_empty() => {
                Err(ConfigError::Invalid(not_utf8(file, chunk.valid())))
            }
            chunk => {
                let text = chunk.map_or("", |chunk| chunk.valid());
                interpret(Some(file), text, overrides, environment)
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && file == default => {
            Err(ConfigError::NoConfiguration(file.to_owned()))
        }
        Err(source) => Err(ConfigError::Unreadable { file: file.to_owned(), source }),
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("larger than {MAX_FILE_BYTES} bytes, which no configuration is");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

fn not_utf8(file: &Path, readable: &str) -> Faults {
    let mut faults = Faults::of_file(Some(file));
    faults.syntax(Some(position(readable, readable.len())), "not UTF-8 text");
    faults
}

fn interpret(
    file: Option<&Path>,
    text: &str,
    overrides: &Overrides,
    environment: &Environment,
) -> Result<Loaded, ConfigError> {
    let mut faults = Faults::of_file(file);
    let mut notes = Faults::of_file(file);
    let Some(written) = Written::read(text, &mut faults) else {
        return Err(ConfigError::Invalid(faults));
    };
    let merged = Merged::new(written, overrides, environment, &mut faults);
    match merged.finish(&mut faults, &mut notes) {
        Some(plan) if faults.is_empty() => {
            Ok(Loaded { file: file.map(Path::to_owned), notes: notes.lines(), plan })
        }
        _ => Err(ConfigError::Invalid(faults.in_order())),
    }
}
