//! Reads TOML tables key by key, with types. Knows no key by itself; [`super::written`] asks for each.
//!
//! A [`Table`] hands every key out once. What nobody asked for is unknown, and the nearest key that somebody
//! did ask for is suggested instead. Texts are repeated in a fault only where they cannot hide a secret.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wxlogin_state::DeviceType;

use super::fault::{Faults, Given, Place};
use super::limits::Limits;
use super::values::{
    ADDRESS_OR_NONE, address_or_none, base_url, cut, is_host_and_port, quoted, url, written,
};

/// What is expected where a URL belongs; "in quotes" follows.
const URL: &str = "an http or https URL";

/// A table being read.
pub(super) struct Table<'r> {
    text: &'r str,
    /// Empty for the file itself.
    name: &'static str,
    /// Whether there may be several of this name.
    repeated: bool,
    /// Where its header stands; `None` while the file does not have it.
    line: Option<usize>,
    entries: DeTable<'r>,
    asked: Vec<&'static str>,
    /// Those asked for that the file does not have.
    absent: Vec<&'static str>,
    faults: &'r mut Faults,
}

/// Parses `text` and reads it with `read`. `None`, and faults, if it is not TOML: what could still be read of
/// a broken text is guesswork, and its faults would only confuse.
pub(super) fn document<T>(
    text: &str,
    faults: &mut Faults,
    read: impl FnOnce(&mut Table<'_>) -> T,
) -> Option<T> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            faults.syntax(error.span().map(|span| position(text, span.start)), error.message());
        }
        return None;
    }
    let entries = root.into_inner();
    Some(Table::new(text, "", None, entries, faults).read(read))
}

impl<'r> Table<'r> {
    fn new(
        text: &'r str,
        name: &'static str,
        line: Option<usize>,
        entries: DeTable<'r>,
        faults: &'r mut Faults,
    ) -> Self {
        let (asked, absent) = (Vec::new(), Vec::new());
        Self { text, name, repeated: false, line, entries, asked, absent, faults }
    }

    fn read<T>(mut self, read: impl FnOnce(&mut Table<'_>) -> T) -> T {
        let value = read(&mut self);
        self.refuse_leftovers();
        value
    }

    /// The line of the table's header, where there is one.
    pub(super) fn line(&self) -> Option<usize> {
        self.line
    }

    /// The keys asked for so far that the file does not have. One with a value that cannot be is not among them.
    pub(super) fn absent(&self) -> Vec<&'static str> {
        self.absent.clone()
    }

    /// A table inside this one. A missing one is read like an empty one.
    pub(super) fn table<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Table<'_>) -> T) -> T {
        let given = self.converted(name, |value| match value {
            DeValue::Table(table) => Ok(table),
            other => Err(format!("expected one table [{name}], found {}", shown(&other))),
        });
        let (line, entries) = match given {
            Some(Given { value, place: Place::Line(line) }) => (Some(line), value),
            _ => (None, DeTable::new()),
        };
        Table::new(self.text, name, line, entries, self.faults).read(read)
    }

    /// Tables of which there may be several, `[[name]]` each, in their order. What lies beyond the `most` is a
    /// fault, and not read.
    pub(super) fn tables<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: fn(&mut Table<'_>) -> T,
    ) -> Vec<Given<T>> {
        let given = self.converted(name, |value| match value {
            DeValue::Array(values) => Ok(values),
            DeValue::Table(_) => Err(format!("there may be several: write [[{name}]], not [{name}]")),
            other => Err(format!("expected tables [[{name}]], found {}", kind(&other))),
        });
        let mut tables = Vec::new();
        for (before, value) in given.into_iter().flat_map(|given| given.value).enumerate() {
            let line = self.line_of(&value);
            let place = Place::Line(line);
            if before == most {
                self.faults.add(place, name, format!("at most {most} tables [[{name}]], this is one more"));
                break;
            }
            match value.into_inner() {
                DeValue::Table(entries) => {
                    let table = Table::new(self.text, name, Some(line), entries, self.faults);
                    let value = Table { repeated: true, ..table }.read(read);
                    tables.push(Given { value, place });
                }
                other => {
                    let message = format!("expected tables [[{name}]], found {}", kind(&other));
                    self.faults.add(place, name, message);
                }
            }
        }
        tables
    }

    /// A text that must not be empty. Not repeated in a fault.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Given<String>> {
        self.converted(key, |value| match string(value, "a text")? {
            text if text.trim().is_empty() => Err("must not be empty".to_owned()),
            text => Ok(text.into_owned()),
        })
    }

    /// A text of a certain form, as `expected` says. Not repeated in a fault.
    pub(super) fn formed(
        &mut self,
        key: &'static str,
        expected: &str,
        fits: fn(&str) -> bool,
    ) -> Option<Given<String>> {
        self.converted(key, |value| match string(value, "a text")? {
            text if fits(&text) => Ok(text.into_owned()),
            _ => Err(format!("expected {expected}")),
        })
    }

    /// `true` or `false`, or the default.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let given = self.converted(key, |value| match value {
            DeValue::Boolean(flag) => Ok(flag),
            other => Err(format!("expected true or false, found {}", shown(&other))),
        });
        given.map_or(default, |given| given.value)
    }

    /// A whole number within a range, if there is one.
    pub(super) fn given_number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Given<u64>> {
        self.converted(key, |value| match value {
            DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| {
                    format!("must be between {} and {}, not {integer}", range.start(), range.end())
                }),
            other => Err(format!("expected a whole number, found {}", shown(&other))),
        })
    }

    /// A whole number within its limits, or its default.
    pub(super) fn number(&mut self, key: &'static str, limits: &Limits<u64>) -> u64 {
        self.given_number(key, limits.least..=limits.most).map_or(limits.default, |given| given.value)
    }

    /// A duration within its limits, or its default.
    pub(super) fn duration(&mut self, key: &'static str, limits: &Limits<Duration>) -> Duration {
        self.given_duration(key, limits).map_or(limits.default, |given| given.value)
    }

    /// A duration within its limits, if there is one.
    pub(super) fn given_duration(
        &mut self,
        key: &'static str,
        limits: &Limits<Duration>,
    ) -> Option<Given<Duration>> {
        let Limits { default, least, most } = *limits;
        self.converted(key, |value| {
            let found = shown(&value);
            match value.as_str().map(humantime::parse_duration) {
                Some(Ok(duration)) if (least..=most).contains(&duration) => Ok(duration),
                Some(Ok(_)) => {
                    let (least, most) = (written(least), written(most));
                    Err(format!("must be between \"{least}\" and \"{most}\", not {found}"))
                }
                _ => Err(format!("expected a duration such as \"{}\", found {found}", written(default))),
            }
        })
    }

    /// An absolute path: what a relative one is relative to would be a riddle in a file. Not repeated in a
    /// fault, because a password written where its file belongs would be, too.
    pub(super) fn path(&mut self, key: &'static str) -> Option<Given<PathBuf>> {
        self.converted(key, |value| match string(value, "a path")? {
            text if text.starts_with('/') => Ok(PathBuf::from(text.into_owned())),
            _ => Err("expected an absolute path".to_owned()),
        })
    }

    /// An absolute path, or `""` for none.
    pub(super) fn path_or_none(&mut self, key: &'static str) -> Option<Given<Option<PathBuf>>> {
        self.converted(key, |value| match string(value, "a path")? {
            text if text.is_empty() => Ok(None),
            text if text.starts_with('/') => Ok(Some(PathBuf::from(text.into_owned()))),
            _ => Err("expected an absolute path, or \"\" for none".to_owned()),
        })
    }

    /// An IP address with port.
    pub(super) fn address(&mut self, key: &'static str) -> Option<Given<SocketAddr>> {
        self.converted(key, |value| {
            value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
                format!("expected an address such as \"127.0.0.1:0\", found {}", shown(&value))
            })
        })
    }

    /// An IP address with port, or `""` for none.
    pub(super) fn address_or_none(&mut self, key: &'static str) -> Option<Given<Option<SocketAddr>>> {
        self.parsed(key, ADDRESS_OR_NONE, address_or_none)
    }

    /// Where a platform is: `http` or `https`, with a host, perhaps a path, nothing else. The example is for faults.
    pub(super) fn base_url(&mut self, key: &'static str, example: &str) -> Option<Given<Uri>> {
        self.converted(key, |value| base_url(&string(value, URL)?, example))
    }

    /// The same, or `""` for none.
    pub(super) fn base_url_or_none(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Option<Given<Option<Uri>>> {
        self.converted(key, |value| match string(value, URL)? {
            text if text.is_empty() => Ok(None),
            text => base_url(&text, example).map(Some),
        })
    }

    /// An `http` or `https` URL, perhaps with a query, or `""` for none.
    pub(super) fn url_or_none(&mut self, key: &'static str, example: &str) -> Option<Given<Option<Uri>>> {
        self.converted(key, |value| match string(value, URL)? {
            text if text.is_empty() => Ok(None),
            text => url(&text, example).map(Some),
        })
    }

    /// An `http` or `https` URL, perhaps with a query.
    pub(super) fn url(&mut self, key: &'static str, example: &str) -> Option<Given<Uri>> {
        self.converted(key, |value| url(&string(value, URL)?, example))
    }

    /// What `parse` makes of each text of a list that is not empty; nothing where there is none.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        example: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let expected = || format!("expected a list of texts such as {example}");
        let given = self.converted(key, |value| match value {
            DeValue::Array(values) if !values.is_empty() => values
                .into_iter()
                .map(|value| value.get_ref().as_str().ok_or_else(expected).and_then(parse))
                .collect(),
            _ => Err(expected()),
        });
        given.map(|given| given.value).unwrap_or_default()
    }

    /// What `parse` makes of a text, if there is one. What is no text at all is not what was `expected`.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Given<T>> {
        self.converted(key, |value| match value.as_str() {
            Some(text) => parse(text),
            None => Err(format!("{expected}, found {}", shown(&value))),
        })
    }

    /// A server of the form `host:port`.
    pub(super) fn host_and_port(&mut self, key: &'static str) -> Option<Given<String>> {
        self.converted(key, |value| {
            let text = string(value, "a server such as host:port")?;
            if is_host_and_port(&text) {
                Ok(text.into_owned())
            } else {
                Err("expected \"host:port\" and nothing else".to_owned())
            }
        })
    }

    /// A device type, or the default one.
    pub(super) fn device_type(&mut self, key: &'static str) -> DeviceType {
        let given = self.converted(key, |value| {
            let text = value.as_str().map(str::parse);
            text.and_then(Result::ok)
                .ok_or_else(|| format!("expected \"ipad\" or \"mac\", found {}", shown(&value)))
        });
        given.map_or_else(DeviceType::default, |given| given.value)
    }

    /// Takes `key` out of the table and makes a value of it, or a fault.
    fn converted<T>(
        &mut self,
        key: &'static str,
        convert: impl FnOnce(DeValue<'r>) -> Result<T, String>,
    ) -> Option<Given<T>> {
        self.asked.push(key);
        let Some((written_key, value)) = self.entries.remove_entry(key) else {
            self.absent.push(key);
            return None;
        };
        let place = Place::Line(self.line_of(&written_key));
        match convert(value.into_inner()) {
            Ok(value) => Some(Given { value, place }),
            Err(message) => {
                self.faults.add(place, self.full(key), message);
                None
            }
        }
    }

    fn line_of<T>(&self, spanned: &Spanned<T>) -> usize {
        position(self.text, spanned.span().start).0
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn refuse_leftovers(mut self) {
        let title = match (self.name, self.repeated) {
            ("", _) => "unknown; this file".to_owned(),
            (name, false) => format!("unknown key; [{name}]"),
            (name, true) => format!("unknown key; [[{name}]]"),
        };
        for key in std::mem::take(&mut self.entries).into_iter().map(|(key, _)| key) {
            let name = cut(key.get_ref()).escape_debug().to_string();
            let message = match nearest(&name, &self.asked) {
                Some(known) => format!("unknown key; did you mean {known}?"),
                None => format!("{title} has {}", self.asked.join(", ")),
            };
            let place = Place::Line(self.line_of(&key));
            let full = self.full(&name);
            self.faults.add(place, full, message);
        }
    }
}

fn string<'v>(value: DeValue<'v>, expected: &str) -> Result<Cow<'v, str>, String> {
    match value {
        DeValue::String(text) => Ok(text),
        other => Err(format!("expected {expected} in quotes, found {}", kind(&other))),
    }
}

/// What a value is, where what it says could be a secret in the wrong place.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A value as a fault repeats it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(integer) => cut(&integer.to_string()),
        DeValue::Float(float) => cut(float.as_str()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(datetime) => datetime.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => kind(value).to_owned(),
    }
}

/// Line and column, both from 1, of a byte in the text.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (1 + before.matches('\n').count(), 1 + before[start..].chars().count())
}

/// The known key that was probably meant: its `…_file`, or one within a slip or two of the fingers.
fn nearest<'k>(unknown: &str, known: &[&'k str]) -> Option<&'k str> {
    let in_file = known.iter().find(|key| key.strip_suffix("_file") == Some(unknown));
    in_file.copied().or_else(|| {
        let distances = known.iter().map(|key| (strsim::damerau_levenshtein(unknown, key), *key));
        distances.min().filter(|(distance, key)| *distance <= key.len() / 3).map(|(_, key)| key)
    })
}
