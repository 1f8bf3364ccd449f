//! `restore`: a backup in the place of what a state directory holds, while no daemon runs.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use serde::Serialize;
use wxlogin_state::{Contents, Store, export};

use super::backup::Holds;
use super::failure::{Exit, Failure};
use super::{Context, args, offline};

/// What stands for standard input.
const STDIN: &str = "-";

/// What to do about a daemon that runs.
const STOP: &str = "Stop it first (systemctl stop wxlogind), and start it again once the backup is restored.";

/// What was restored, in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Restored {
    state_dir: PathBuf,
    #[serde(flatten)]
    holds: Holds,
    /// Where what was there before lies now.
    aside: Option<PathBuf>,
}

/// `wxloginctl restore`: looks through the whole backup and its key before anything is touched.
pub(super) async fn restore(context: &mut Context<'_>, asked: args::Restore) -> Result<Exit, Failure> {
    let contents = read(&asked)?;
    let holds = Holds::of(&contents);
    let path = asked.state_dir.as_path();
    refuse_a_strangers(path)?;
    let dir = offline::claim(path, STOP)?;
    let keys = offline::keys(&dir, asked.key_file.as_deref())?;
    offline::open_all(&contents, keys.as_ref()).map_err(|why| {
        Failure::advised(
            format!("the backup's tokens cannot be opened, so nothing was restored: {why}"),
            format!(
                "Put the key file of the backup's time to {}, or name it with --key-file.",
                dir.key_file().display()
            ),
        )
    })?;
    if offline::has_store(path) && !asked.yes && !is_confirmed(context, &holds, path).await? {
        return Err(Failure::Sentence("nothing was restored".to_owned()));
    }
    let aside = Store::restore(&dir, &contents, context.now())?;
    let restored = Restored { state_dir: path.to_owned(), holds, aside };
    if context.json {
        context.print_json(&restored)?;
        return Ok(Exit::Done);
    }
    let Restored { holds, aside, .. } = restored;
    context.say(format_args!("Restored in {}: {holds}.", path.display()))?;
    if let Some(aside) = aside {
        context.say(format_args!(
            "What was there before lies in {}; delete it once it is not needed any more.",
            aside.display()
        ))?;
    }
    context.say("What has changed since the backup was taken is not known: the daemon asks the platform who is online.")?;
    context.say("Start it: systemctl start wxlogind")?;
    Ok(Exit::Done)
}

fn read(asked: &args::Restore) -> Result<Contents, Failure> {
    let file = asked.file.as_path();
    if file.as_os_str() != STDIN {
        return Ok(export::read(file)?);
    }
    if !asked.yes {
        let sentence = "a backup from standard input leaves nobody to ask";
        return Err(Failure::advised(sentence, "Say beforehand that it may replace what is there: --yes"));
    }
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|source| export::ExportError::File { path: file.to_owned(), source })?;
    Ok(export::parse(&bytes, file)?)
}

/// What root makes in a directory of the daemon's user, the daemon cannot open.
fn refuse_a_strangers(path: &Path) -> Result<(), Failure> {
    let Ok(directory) = fs::metadata(path) else { return Ok(()) };
    match stranger(directory.uid(), geteuid().as_raw()) {
        None => Ok(()),
        Some(owner) => Err(Failure::advised(
            format!(
                "{} belongs to the user {owner}, who could not open what root restores there",
                path.display()
            ),
            format!("Do it as that user: sudo -u '#{owner}' wxloginctl restore --yes - < FILE"),
        )),
    }
}

/// The owner of a directory, where root would work in it for somebody else. Others are held off by its permissions.
fn stranger(owner: u32, who: u32) -> Option<u32> {
    (who == 0 && owner != 0).then_some(owner)
}

async fn is_confirmed(context: &mut Context<'_>, holds: &Holds, path: &Path) -> Result<bool, Failure> {
    if !context.terminal.keyboard.is_terminal {
        return Err(Failure::advised(
            format!("there is a store in {} already", path.display()),
            "To put the backup in its place, which moves it aside and deletes nothing: --yes",
        ));
    }
    context.print(&format!(
        "The backup holds {holds}. It takes the place of what is in {}, which is moved aside.\nRestore it? [y/N] ",
        path.display()
    ))?;
    let answer = context.terminal.keyboard.line().await.unwrap_or_default();
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_restores_nothing_that_the_daemons_user_could_not_open() {
        assert_eq!(stranger(998, 0), Some(998));
        assert_eq!((stranger(0, 0), stranger(998, 998), stranger(998, 1000)), (None, None, None));
    }
}
