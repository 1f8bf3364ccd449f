//! The file merged with the command line and the environment: who has the last word on what.
//!
//! Second of the three stages. The command line wins over the file, the file over the environment. Both outer
//! sources are values, so that tests need not touch the process they run in.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::fault::{Faults, Given, Place};
use super::values::address_or_none;
use super::written::Written;

/// What the command line says in place of the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--state-dir`
    pub state_dir: Option<PathBuf>,
    /// `--listen`; `""` turns TCP off.
    pub listen: Option<String>,
    /// `--socket`; empty turns the Unix socket off.
    pub socket: Option<PathBuf>,
    /// `--sandbox`
    pub sandbox: bool,
}

/// What the surroundings offer.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `$STATE_DIRECTORY`, set by systemd: one directory, or several with colons between them.
    pub state_directory: Option<OsString>,
    /// `$XDG_STATE_HOME`
    pub xdg_state_home: Option<PathBuf>,
    /// `$HOME`
    pub home: Option<PathBuf>,
    /// `$CREDENTIALS_DIRECTORY`, set by systemd for `LoadCredential=`.
    pub credentials_directory: Option<PathBuf>,
    /// A directory that the caller made for this run only: the home of a sandbox that was given none. The
    /// caller keeps it across reloads and removes it in the end.
    pub scratch_dir: Option<PathBuf>,
}

impl Environment {
    /// That of this process, without a scratch directory.
    pub fn of_process() -> Self {
        let directory = |name| env::var_os(name).map(PathBuf::from);
        Self {
            state_directory: env::var_os("STATE_DIRECTORY"),
            xdg_state_home: directory("XDG_STATE_HOME"),
            home: directory("HOME"),
            credentials_directory: directory("CREDENTIALS_DIRECTORY"),
            scratch_dir: None,
        }
    }

    /// Where state belongs that nobody gave a place. Relative values are ignored, as the XDG base directory
    /// specification asks.
    fn state_dir(&self) -> Option<PathBuf> {
        let absolute = |path: PathBuf| path.is_absolute().then_some(path);
        let from_systemd = || {
            let first = self.state_directory.as_ref()?.as_bytes().split(|byte| *byte == b':').next()?;
            absolute(OsString::from_vec(first.to_vec()).into())
        };
        let from_xdg = || Some(absolute(self.xdg_state_home.clone()?)?.join("wxlogind"));
        let from_home = || Some(absolute(self.home.clone()?)?.join(".local/state/wxlogind"));
        from_systemd().or_else(from_xdg).or_else(from_home)
    }
}

/// Everything that was said, one word for each subject.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) written: Written,
    pub(super) state_dir: PathBuf,
    pub(super) sandbox: bool,
    pub(super) credentials: Option<PathBuf>,
}

impl Merged {
    pub(super) fn new(
        mut written: Written,
        overrides: &Overrides,
        environment: &Environment,
        faults: &mut Faults,
    ) -> Self {
        if let Some(path) = &overrides.socket {
            let value = is_something(path).then(|| path.clone());
            written.control.socket = Some(Given { value, place: Place::Outside("--socket") });
        }
        if let Some(text) = &overrides.listen {
            let place = Place::Outside("--listen");
            match address_or_none(text) {
                Ok(value) => written.control.listen = Some(Given { value, place }),
                Err(message) => faults.add(place, "", message),
            }
        }
        Self {
            state_dir: state_dir(&written, overrides, environment, faults),
            written,
            sandbox: overrides.sandbox,
            credentials: environment.credentials_directory.clone(),
        }
    }
}

/// The state directory; empty where there is none, which is a fault by then.
fn state_dir(
    written: &Written,
    overrides: &Overrides,
    environment: &Environment,
    faults: &mut Faults,
) -> PathBuf {
    if let Some(dir) = &overrides.state_dir {
        if !is_something(dir) {
            faults.add(Place::Outside("--state-dir"), "", "must not be empty");
        }
        return dir.clone();
    }
    if let Some(dir) = &written.state.dir {
        return dir.value.clone();
    }
    // A sandbox leaves no trace unless it is told where: the real daemon's directory is not its default.
    let default = if overrides.sandbox { environment.scratch_dir.clone() } else { environment.state_dir() };
    default.unwrap_or_else(|| {
        let message = "nowhere to keep state: set it, or pass --state-dir, or set $STATE_DIRECTORY, \
                       $XDG_STATE_HOME or $HOME";
        faults.missing(written.state.line, "state.dir", message);
        PathBuf::new()
    })
}

fn is_something(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(systemd: Option<&str>, xdg: Option<&str>, home: Option<&str>) -> Environment {
        Environment {
            state_directory: systemd.map(OsString::from),
            xdg_state_home: xdg.map(PathBuf::from),
            home: home.map(PathBuf::from),
            ..Environment::default()
        }
    }

    #[test]
    fn the_environment_offers_a_state_directory_in_order_of_preference() {
        let cases = [
            (environment(Some("/var/lib/a:/var/lib/b"), Some("/x"), Some("/h")), Some("/var/lib/a")),
            (environment(None, Some("/x"), Some("/h")), Some("/x/wxlogind")),
            (environment(None, None, Some("/h")), Some("/h/.local/state/wxlogind")),
            (environment(Some(""), Some("relative"), Some("/h")), Some("/h/.local/state/wxlogind")),
            (environment(None, None, Some("")), None),
        ];
        for (environment, expected) in cases {
            assert_eq!(environment.state_dir().as_deref(), expected.map(Path::new), "{environment:?}");
        }
    }
}
