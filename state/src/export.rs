//! A readable copy of everything that is alive in the store, to restore from after damage, and as a backup.
//!
//! ```text
//! {"wxlogindExport":1,"lastSeq":42,"sessions":2,"accounts":1,"tokens":1,"platformKey":true,"seal":true}
//! {"session":{"wId":"…",…}}          one line for each
//! {"account":{"wcId":"…",…}}
//! {"token":{"id":"…",…}}
//! {"hook":{"id":"…",…}}              one line for each receiver of webhooks
//! {"deadLetter":{"hook":"…",…}}      … and for what it never took
//! {"platformKey":{…}}
//! {"seal":"…"}
//! {"fleet":{…}}
//! {"crc32":"89abcdef"}               of every byte above
//! ```
//!
//! The driver writes one from time to time from what is committed, and reads it at start when
//! [`OpenError::is_damage`](crate::OpenError::is_damage) says that the store is lost:
//! [`Store::restore`](crate::Store::restore) takes what [`read`] gives.
//!
//! It holds what the store holds: the platform's key, proxy passwords, and a verify code where one is on its way.
//! So it is the owner's alone (mode 0600), like the store. Tokens are in it as they are in the store, sealed: it is
//! restored together with the key of its time. The journal is not in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::fleet::Fleet;
use crate::id::Seq;
use crate::outbox::{DeadLetter, Hook, Outbox};
use crate::seal::SealCheck;
use crate::session::Session;
use crate::store::{Contents, PlatformKey};
use crate::token::Token;

/// The current format.
const FORMAT: u32 = 1;

/// Why an export cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be read.
    #[error("cannot read the export {path}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It was cut short or changed since it was written.
    #[error("the export {path} is not whole: {what}", path = path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// How that shows.
        what: &'static str,
    },
    /// Written by a version that this one does not know.
    #[error("the export {path} has format {format}; this version reads up to {FORMAT}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format it has.
        format: u32,
    },
    /// The checksum is right but a line is not what belongs there.
    #[error("line {line} of the export {path} cannot be read", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line; the first is 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    wxlogind_export: u32,
    last_seq: Seq,
    sessions: usize,
    accounts: usize,
    /// Earlier exports have none of it, as there were no tokens.
    #[serde(default)]
    tokens: usize,
    /// None of these either.
    #[serde(default)]
    hooks: usize,
    #[serde(default)]
    dead_letters: usize,
    platform_key: bool,
    #[serde(default)]
    seal: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Written<'a> {
    Session(&'a Session),
    Account(&'a Account),
    Token(&'a Token),
    Hook(&'a Hook),
    DeadLetter(&'a DeadLetter),
    PlatformKey(&'a PlatformKey),
    Seal(&'a SealCheck),
    Fleet(&'a Fleet),
    Crc32(&'a str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Read {
    Session(Box<Session>),
    Account(Box<Account>),
    Token(Box<Token>),
    Hook(Hook),
    DeadLetter(Box<DeadLetter>),
    PlatformKey(PlatformKey),
    Seal(SealCheck),
    Fleet(Fleet),
    Crc32(String),
}

/// What an export holds of the host, beside its sessions, accounts and tokens.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// The platform's key, where one was issued.
    pub platform_key: Option<&'a PlatformKey>,
    /// What the key that the tokens are sealed with is known by.
    pub seal: Option<&'a SealCheck>,
    /// How far the receivers of webhooks have come.
    pub outbox: &'a Outbox,
    /// What holds for the host as a whole.
    pub fleet: &'a Fleet,
    /// The number of the last event that the records have seen.
    pub last_seq: Seq,
}

/// Writes an export to `path`, in one step: whoever reads `path`, after a crash as well, finds the previous one
/// or this one, whole.
pub fn write<'a, S, A, T>(path: &Path, sessions: S, accounts: A, tokens: T, host: Host<'a>) -> io::Result<()>
where
    S: IntoIterator<Item = &'a Session, IntoIter: ExactSizeIterator>,
    A: IntoIterator<Item = &'a Account, IntoIter: ExactSizeIterator>,
    T: IntoIterator<Item = &'a Token, IntoIter: ExactSizeIterator>,
{
    let part = part_of(path);
    remove_if_there(&part)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    write_to(BufWriter::new(&file), sessions, accounts, tokens, host)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, path))
        .inspect_err(|_| {
            // It may be the disk that is full; half an export is of no use to anybody.
            let _ = remove_if_there(&part);
        })?;
    File::open(directory_of(path))?.sync_all()
}

/// Writes an export's text to `to`, in many small pieces, and flushes it. What breaks off is not taken for whole:
/// the checksum comes last.
pub fn write_to<'a, S, A, T>(
    to: impl Write,
    sessions: S,
    accounts: A,
    tokens: T,
    host: Host<'a>,
) -> io::Result<()>
where
    S: IntoIterator<Item = &'a Session, IntoIter: ExactSizeIterator>,
    A: IntoIterator<Item = &'a Account, IntoIter: ExactSizeIterator>,
    T: IntoIterator<Item = &'a Token, IntoIter: ExactSizeIterator>,
{
    let (sessions, accounts, tokens) = (sessions.into_iter(), accounts.into_iter(), tokens.into_iter());
    let Host { platform_key, seal, outbox, fleet, last_seq } = host;
    let mut lines = Lines { to, crc: crc32fast::Hasher::new() };
    lines.push(&Header {
        wxlogind_export: FORMAT,
        last_seq,
        sessions: sessions.len(),
        accounts: accounts.len(),
        tokens: tokens.len(),
        hooks: outbox.hooks().count(),
        dead_letters: outbox.dead_letters().count(),
        platform_key: platform_key.is_some(),
        seal: seal.is_some(),
    })?;
    let records = sessions.map(Written::Session).chain(accounts.map(Written::Account));
    let records = records.chain(tokens.map(Written::Token));
    let records = records.chain(outbox.hooks().map(Written::Hook));
    let records = records.chain(outbox.dead_letters().map(Written::DeadLetter));
    let of_the_host = platform_key.map(Written::PlatformKey).into_iter().chain(seal.map(Written::Seal));
    for record in records.chain(of_the_host).chain([Written::Fleet(fleet)]) {
        lines.push(&record)?;
    }
    lines.end()
}

/// Reads the export at `path`; refuses one that is not exactly what [`write()`] wrote.
pub fn read(path: &Path) -> Result<Contents, ExportError> {
    let bytes = fs::read(path).map_err(|source| ExportError::File { path: path.to_owned(), source })?;
    parse(&bytes, path)
}

/// The same for the text of one; `path` is what errors call it.
pub fn parse(bytes: &[u8], path: &Path) -> Result<Contents, ExportError> {
    contents(bytes).map_err(|fault| fault.of(path))
}

struct Lines<W> {
    to: W,
    crc: crc32fast::Hasher,
}

impl<W: Write> Lines<W> {
    fn push(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.crc.update(&line);
        self.to.write_all(&line)
    }

    fn end(mut self) -> io::Result<()> {
        let crc = format!("{:08x}", self.crc.clone().finalize());
        self.push(&Written::Crc32(&crc))?;
        self.to.flush()
    }
}

enum Fault {
    Torn(&'static str),
    Format(u32),
    Line(usize, serde_json::Error),
}

impl Fault {
    fn of(self, path: &Path) -> ExportError {
        let path = path.to_owned();
        match self {
            Self::Torn(what) => ExportError::Torn { path, what },
            Self::Format(format) => ExportError::Format { path, format },
            Self::Line(line, source) => ExportError::Line { path, line, source },
        }
    }
}

fn contents(bytes: &[u8]) -> Result<Contents, Fault> {
    let mut lines = checked(bytes)?.split_inclusive(|byte| *byte == b'\n').zip(1..);
    let (first, number) = lines.next().ok_or(Fault::Torn("it has no header"))?;
    let header: Header = serde_json::from_slice(first).map_err(|source| Fault::Line(number, source))?;
    if header.wxlogind_export != FORMAT {
        return Err(Fault::Format(header.wxlogind_export));
    }
    let mut contents = Contents { last_seq: header.last_seq, ..Contents::default() };
    let (mut hooks, mut dead) = (Vec::new(), Vec::new());
    for (line, number) in lines {
        match serde_json::from_slice(line).map_err(|source| Fault::Line(number, source))? {
            Read::Session(session) => contents.sessions.push(*session),
            Read::Account(account) => contents.accounts.push(*account),
            Read::Token(token) => contents.tokens.push(*token),
            Read::Hook(hook) => hooks.push(hook),
            Read::DeadLetter(letter) => dead.push(*letter),
            Read::Seal(seal) => contents.seal = Some(seal),
            Read::PlatformKey(platform_key) => contents.platform_key = Some(platform_key),
            Read::Fleet(fleet) => contents.fleet = fleet,
            Read::Crc32(_) => return Err(Fault::Torn("there is something behind its end")),
        }
    }
    let counted = (contents.sessions.len(), contents.accounts.len(), contents.tokens.len());
    let in_outbox = (hooks.len(), dead.len());
    contents.outbox = Outbox::new(hooks, dead);
    let of_the_host = (contents.platform_key.is_some(), contents.seal.is_some());
    let as_said = counted == (header.sessions, header.accounts, header.tokens)
        && in_outbox == (header.hooks, header.dead_letters);
    if !as_said || of_the_host != (header.platform_key, header.seal) {
        return Err(Fault::Torn("its header counts other records than it holds"));
    }
    Ok(contents)
}

/// The lines before the last one, which says their checksum.
fn checked(bytes: &[u8]) -> Result<&[u8], Fault> {
    let whole = bytes.strip_suffix(b"\n").ok_or(Fault::Torn("its last line does not end"))?;
    let last = whole.iter().rposition(|byte| *byte == b'\n').ok_or(Fault::Torn("it has no checksum"))?;
    let (lines, trailer) = bytes.split_at(last + 1);
    match serde_json::from_slice(trailer) {
        Ok(Read::Crc32(crc)) if crc == format!("{:08x}", crc32fast::hash(lines)) => Ok(lines),
        Ok(Read::Crc32(_)) => Err(Fault::Torn("its checksum is another one")),
        _ => Err(Fault::Torn("it has no checksum")),
    }
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
