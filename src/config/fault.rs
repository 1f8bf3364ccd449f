//! What is wrong with a configuration, and where: collected by every stage, shown all at once.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line in the file, from 1; absent where the fault lies outside it.
    pub line: Option<usize>,
    /// Column in characters, from 1; only for text that is not TOML at all.
    pub column: Option<usize>,
    /// The key with its table, such as `device.poll_timeout`; or the argument, variable or credential at fault.
    /// Empty for text that is not TOML at all.
    pub key: String,
    /// What was expected. Never the content of a secret file.
    pub message: String,
}

/// Everything that is wrong, for the operator to mend in one go.
///
/// Displays one fault per line, in the form that editors jump to:
/// `config.toml:12: device.poll_timeout: expected a duration such as "250s", found 250`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    file: Option<PathBuf>,
    list: Vec<Fault>,
}

/// A value together with where it was given, so that a later stage can still point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// Where a value was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the file, on this line.
    Line(usize),
    /// Outside it: the name of an argument, a variable or a credential, which then stands for the key.
    Outside(&'static str),
}

impl Faults {
    /// No faults yet. The file's name precedes those that have a line.
    pub(super) fn of_file(file: Option<&Path>) -> Self {
        Self { file: file.map(Path::to_owned), list: Vec::new() }
    }

    /// The value given at `place` for `key` cannot be.
    pub(super) fn add(&mut self, place: Place, key: impl Into<String>, message: impl Into<String>) {
        let (line, key) = match place {
            Place::Line(line) => (Some(line), key.into()),
            Place::Outside(name) => (None, name.to_owned()),
        };
        self.list.push(Fault { line, column: None, key, message: message.into() });
    }

    /// What `name` stands for cannot be: a credential, which has no line.
    pub(super) fn outside(&mut self, name: &str, message: impl Into<String>) {
        self.list.push(Fault { line: None, column: None, key: name.to_owned(), message: message.into() });
    }

    /// Nobody gave `key` a value. Its table, where there is one, begins on `line`. Says nothing where a value was
    /// given that cannot be: that is a fault already.
    pub(super) fn missing(&mut self, line: Option<usize>, key: &str, message: impl Into<String>) {
        if self.mentions(key) {
            return;
        }
        self.list.push(Fault { line, column: None, key: key.to_owned(), message: message.into() });
    }

    /// The text is not TOML, at this line and column. Only the first of a line counts: the others are its echo.
    pub(super) fn syntax(&mut self, at: Option<(usize, usize)>, message: impl Into<String>) {
        let (line, column) = at.unzip();
        if self.list.last().is_some_and(|last| last.column.is_some() && last.line == line) {
            return;
        }
        self.list.push(Fault { line, column, key: String::new(), message: message.into() });
    }

    /// Whether `key` is among them.
    pub(super) fn mentions(&self, key: &str) -> bool {
        self.list.iter().any(|fault| fault.key == key)
    }

    /// The same, in the order of the file; what lies outside it comes last.
    pub(super) fn in_order(mut self) -> Self {
        self.list.sort_by_key(|fault| (fault.line.unwrap_or(usize::MAX), fault.column));
        self
    }

    /// Each fault as the line that displays it.
    pub(super) fn lines(&self) -> Vec<String> {
        self.list.iter().map(|fault| self.line(fault)).collect()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The faults one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter()
    }

    fn line(&self, fault: &Fault) -> String {
        let place = match (&self.file, fault.line, fault.column) {
            (Some(file), Some(line), Some(column)) => format!("{}:{line}:{column}: ", file.display()),
            (Some(file), Some(line), None) => format!("{}:{line}: ", file.display()),
            _ => String::new(),
        };
        let key = if fault.key.is_empty() { String::new() } else { format!("{}: ", fault.key) };
        place + &key + &fault.message
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_show_one_per_line_in_the_order_of_the_file() {
        let mut faults = Faults::of_file(Some(Path::new("config.toml")));
        faults.add(Place::Outside("--listen"), "control.listen", "no address");
        faults.add(Place::Line(12), "device.poll_timeout", "too long");
        faults.missing(None, "state.dir", "nowhere to keep state");
        faults.syntax(Some((3, 7)), "unclosed string");
        assert_eq!(
            faults.in_order().to_string(),
            "config.toml:3:7: unclosed string\n\
             config.toml:12: device.poll_timeout: too long\n\
             --listen: no address\n\
             state.dir: nowhere to keep state"
        );
    }
}
