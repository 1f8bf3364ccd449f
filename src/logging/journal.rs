//! Records in systemd's journal: the sentence with everything that belongs to it as `MESSAGE`, and the fields
//! once more on their own, to search by.
//!
//! An own layer, because the one there is (`tracing-journald`) keeps only the sentence: plain `journalctl` would
//! show neither which login a record is about nor why something failed.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::os::unix::net::UnixDatagram;
use std::{env, io};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Where the journal takes records (systemd-journald.service(8), "native protocol").
const SOCKET: &str = "/run/systemd/journal/socket";

/// Longest value, in bytes: a record has to fit one datagram, and nothing here has reason to be longer.
const LONGEST: usize = 8 * 1024;

/// Writes each record to the journal.
#[derive(Debug)]
pub(super) struct Journal {
    socket: UnixDatagram,
    identifier: String,
}

impl Journal {
    /// Fails where there is no journal.
    pub(super) fn connect() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        let program = env::current_exe().ok();
        let name = program.as_deref().and_then(|path| path.file_name()).unwrap_or_default();
        Ok(Self { socket, identifier: name.to_string_lossy().into_owned() })
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut record = Record::default();
        event.record(&mut record);
        // There is nobody to tell that the journal does not take a record.
        let _ = self.socket.send(&record.datagram(*event.metadata().level(), &self.identifier));
    }
}

/// What a record says.
#[derive(Debug, Default)]
struct Record {
    sentence: String,
    fields: Vec<(&'static str, String)>,
}

impl Record {
    fn datagram(&self, level: Level, identifier: &str) -> Vec<u8> {
        let priority = match level {
            Level::ERROR => "3",
            Level::WARN => "4",
            Level::INFO => "6",
            _ => "7",
        };
        let mut message = self.sentence.clone();
        for (name, value) in &self.fields {
            // Writing to a String cannot fail.
            let _ = write!(message, " {name}={value}");
        }
        let mut datagram = Vec::new();
        put(&mut datagram, "PRIORITY", priority);
        put(&mut datagram, "SYSLOG_IDENTIFIER", identifier);
        put(&mut datagram, "MESSAGE", &message);
        for (name, value) in &self.fields {
            put(&mut datagram, &format!("WX_{}", name.to_ascii_uppercase()), value);
        }
        datagram
    }
}

/// A field in the form that takes any value: name, line feed, length, value, line feed.
fn put(datagram: &mut Vec<u8>, name: &str, value: &str) {
    let value = &value.as_bytes()[..value.floor_char_boundary(LONGEST)];
    datagram.extend_from_slice(name.as_bytes());
    datagram.push(b'\n');
    datagram.extend_from_slice(&(value.len() as u64).to_le_bytes());
    datagram.extend_from_slice(value);
    datagram.push(b'\n');
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.sentence = format!("{value:?}"),
            name => self.fields.push((name, format!("{value:?}"))),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.fields.push((field.name(), super::chain(error)));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// What the journal is sent for one record.
    fn sent(log: impl FnOnce()) -> String {
        let (socket, journal) = UnixDatagram::pair().unwrap();
        let layer = Journal { socket, identifier: "wxlogind".to_owned() };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let mut datagram = vec![0; 64 * 1024];
        let length = journal.recv(&mut datagram).unwrap();
        String::from_utf8_lossy(&datagram[..length]).into_owned()
    }

    #[test]
    fn a_record_says_in_its_message_what_it_is_about_and_why() {
        let error = anyhow::anyhow!("no space left").context("cannot write");
        let error: &(dyn Error + 'static) = error.as_ref();
        let sent = sent(|| tracing::error!(wId = "w1", error, "the store cannot be written"));
        assert!(
            sent.contains("the store cannot be written wId=w1 error=cannot write: no space left"),
            "{sent}"
        );
        assert!(sent.contains("PRIORITY\n\u{1}\0\0\0\0\0\0\u{0}3\n"), "{sent:?}");
    }

    #[test]
    fn the_fields_can_be_searched_by() {
        let sent = sent(|| tracing::info!(wId = %"w1", wcId = "wxid_a", state = %"online", "logged in"));
        for name in ["WX_WID\n", "WX_WCID\n", "WX_STATE\n", "SYSLOG_IDENTIFIER\n"] {
            assert!(sent.contains(name), "{name:?} in {sent:?}");
        }
    }

    #[test]
    fn a_value_with_line_feeds_stays_one_field_and_a_long_one_is_cut() {
        let long = "微".repeat(LONGEST);
        let sent = sent(|| tracing::warn!(body = %format!("a\nPRIORITY=0\n{long}"), "odd"));
        assert!(sent.len() < 3 * LONGEST, "{}", sent.len());
        assert_eq!(sent.matches("WX_BODY\n").count(), 1);
    }
}
