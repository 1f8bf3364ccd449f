//! `backup`: the daemon's whole state in one file, while it runs.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use tempfile::NamedTempFile;
use wxlogin_state::seal::KeyId;
use wxlogin_state::{Contents, Seq, export};

use super::failure::{Exit, Failure};
use super::{Context, args};

/// What stands for standard output.
const STDOUT: &str = "-";

/// What an export holds, for people and in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Holds {
    pub(super) sessions: usize,
    pub(super) accounts: usize,
    pub(super) tokens: usize,
    pub(super) last_seq: Seq,
    /// The key of its tokens.
    pub(super) sealed_with: Option<String>,
}

impl Holds {
    pub(super) fn of(contents: &Contents) -> Self {
        Self {
            sessions: contents.sessions.len(),
            accounts: contents.accounts.len(),
            tokens: contents.tokens.len(),
            last_seq: contents.last_seq,
            sealed_with: contents.seal.as_ref().map(|seal| KeyId::to_string(&seal.key())),
        }
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, accounts, tokens, .. } = self;
        let counted = |count: &usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let [sessions, accounts, tokens] =
            [counted(sessions, "session"), counted(accounts, "account"), counted(tokens, "token")];
        write!(f, "{sessions}, {accounts}, {tokens}")
    }
}

/// A backup that was taken, in JSON.
#[derive(Serialize)]
struct Taken<'a> {
    file: &'a Path,
    #[serde(flatten)]
    holds: &'a Holds,
}

/// `wxloginctl backup`. What is written is whole, or not there at all. To standard output it goes by itself: what is
/// told of it is told on standard error.
pub(super) async fn backup(context: &mut Context<'_>, asked: args::Backup) -> Result<Exit, Failure> {
    let file = asked.file.as_path();
    let to_stdout = file.as_os_str() == STDOUT;
    if !to_stdout && !asked.force && fs::symlink_metadata(file).is_ok() {
        return Err(in_the_way(file));
    }
    let (part, holds) = fetch(context, (!to_stdout).then_some(file)).await?;
    if to_stdout {
        io::copy(&mut part.reopen()?, context.terminal.out)?;
        context.terminal.out.flush()?;
    } else {
        put(part, file, asked.force)?;
    }
    let told = if context.json {
        serde_json::to_string_pretty(&Taken { file, holds: &holds })?
    } else {
        sentences(&holds, (!to_stdout).then_some(file)).join("\n")
    };
    if to_stdout {
        context.remark(told)?;
    } else {
        context.say(told)?;
    }
    Ok(Exit::Done)
}

/// The backup in a file that goes with the value: beside `file`, so that it can take that name in one step, or where
/// temporary files go. Its owner's alone (mode 0600), as every temporary file is.
async fn fetch(context: &Context<'_>, file: Option<&Path>) -> Result<(NamedTempFile, Holds), Failure> {
    let directory = file.map_or_else(std::env::temp_dir, |file| directory_of(file).to_owned());
    let unwritable = |source| Failure::File { path: file.unwrap_or(&directory).to_owned(), source };
    let part = tempfile::Builder::new().prefix(".wxlogind-backup-").tempfile_in(&directory);
    let mut part = part.map_err(unwritable)?;
    let mut pieces = context.client.backup().await?;
    while let Some(piece) = pieces.next().await? {
        part.write_all(&piece).map_err(unwritable)?;
    }
    part.as_file().sync_all().map_err(unwritable)?;
    let contents = export::read(part.path()).map_err(|source| Failure::Broken { source })?;
    Ok((part, Holds::of(&contents)))
}

fn put(part: NamedTempFile, file: &Path, force: bool) -> Result<(), Failure> {
    let put = if force { part.persist(file) } else { part.persist_noclobber(file) };
    put.map_err(|failed| match failed.error {
        // It came while the backup was being taken.
        error if error.kind() == io::ErrorKind::AlreadyExists => in_the_way(file),
        source => Failure::File { path: file.to_owned(), source },
    })?;
    let synced = File::open(directory_of(file)).and_then(|directory| directory.sync_all());
    synced.map_err(|source| Failure::File { path: file.to_owned(), source })
}

fn in_the_way(file: &Path) -> Failure {
    Failure::advised(
        format!("{} is there already", file.display()),
        "Name another file, or write over it: --force",
    )
}

fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sentences(holds: &Holds, file: Option<&Path>) -> Vec<String> {
    let to = file.map(|file| format!(" in {}", file.display())).unwrap_or_default();
    let mut sentences = vec![
        format!("Backed up{to}: {holds}."),
        "It holds the platform's key in plain: keep it as a secret.".to_owned(),
    ];
    if let Some(key) = &holds.sealed_with {
        sentences.push(format!(
            "Its tokens are sealed with the key {key}, which is not in it: keep a copy of the daemon's state.key \
             apart from it; without that key it cannot be restored."
        ));
    }
    sentences
}
