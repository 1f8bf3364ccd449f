//! The keys that tokens are sealed with: where they come from at start, and how a new one takes over.

use std::collections::VecDeque;
use std::path::Path;

use tracing::{error, info};
use wxlogin_state::seal::{Key, KeyError, Keys, SealCheck, check};
use wxlogin_state::{Contents, KeyFileError, OpenError, StateDir, TokenId, read_key_file};

use super::handle::{Denied, Reply};

/// Why there is no driver.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// There is no key from the file that should hold it.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The key is not that of the store.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The keys, and what is known of the store's.
#[derive(Debug)]
pub(super) struct Vault {
    pub(super) keys: Keys,
    /// Written with the first token.
    pub(super) seal: Option<SealCheck>,
    /// Whether the keys are a credential, which is not for the daemon to write.
    given: bool,
    /// While a new key takes over.
    rekeying: Option<Rekeying>,
}

/// A new key that takes over.
#[derive(Debug, Default)]
struct Rekeying {
    progress: Progress,
    /// Who waits for it to have done so.
    waiting: Vec<Reply<()>>,
}

/// How far a new key has come.
#[derive(Debug)]
pub(super) enum Progress {
    /// All but these tokens are sealed with it; `None` before anybody has looked.
    Sealing(Option<VecDeque<TokenId>>),
    /// Everything is, and an export of this commit or a later one is still to come.
    Exporting { since: u64 },
}

impl Default for Progress {
    fn default() -> Self {
        Self::Sealing(None)
    }
}

impl Vault {
    /// The keys of a store that holds `contents`: from the file `given`, else from the key file beside the store,
    /// which is made for a store that holds nothing sealed.
    pub(super) fn open(dir: &StateDir, given: Option<&Path>, contents: &Contents) -> Result<Self, Unopened> {
        let keys = match given {
            Some(path) => Some(read_key_file(path)?),
            None => dir.read_keys()?,
        };
        check(contents.seal.as_ref(), keys.as_ref())?;
        let keys = match keys {
            Some(keys) => keys,
            None => dir.make_key(contents)?,
        };
        let rekeying = (!keys.older().is_empty()).then(Rekeying::default);
        Ok(Self { keys, seal: contents.seal.clone(), given: given.is_some(), rekeying })
    }

    /// Whether some tokens may be sealed with an older key.
    pub(super) fn is_sealing(&self) -> bool {
        self.rekeying.as_ref().is_some_and(|rekeying| matches!(rekeying.progress, Progress::Sealing(_)))
    }

    /// How far a new key has come, where one takes over.
    pub(super) fn progress(&mut self) -> Option<&mut Progress> {
        self.rekeying.as_mut().map(|rekeying| &mut rekeying.progress)
    }

    /// The new key has come so far.
    pub(super) fn go_on(&mut self, progress: Progress) {
        if let Some(rekeying) = &mut self.rekeying {
            rekeying.progress = progress;
        }
    }

    /// The store has been read anew: nobody knows what of it is sealed with which key.
    pub(super) fn begin_anew(&mut self) {
        self.go_on(Progress::default());
    }

    /// Makes a new key the current one, durably; the older ones stay until nothing needs them.
    pub(super) fn renew(&mut self, dir: &StateDir, reply: Reply<()>) {
        if self.given {
            let _ = reply.send(Err(Denied::KeyIsGiven));
            return;
        }
        if let Some(rekeying) = &mut self.rekeying {
            rekeying.waiting.push(reply);
            return;
        }
        let renewed = Key::generate().map_err(KeyFileError::from).and_then(|next| {
            let keys = self.keys.clone().renewed(next);
            dir.replace_keys(&keys).map(|()| keys)
        });
        match renewed {
            Ok(keys) => {
                info!(key = %keys.current().id(), "a new key: every token is sealed with it now");
                self.keys = keys;
                self.rekeying = Some(Rekeying { waiting: vec![reply], ..Rekeying::default() });
            }
            Err(failure) => {
                let _ = reply.send(Err(Denied::NotRekeyed(crate::logging::chain(&failure))));
            }
        }
    }

    /// Nothing needs the older keys any more.
    pub(super) fn renewed(&mut self, dir: &StateDir) {
        let done = if self.given {
            info!(
                key = %self.keys.current().id(),
                "every token is sealed with the first key of the credential state.key; the others may be taken out"
            );
            Ok(())
        } else {
            let keys = self.keys.without_older();
            dir.replace_keys(&keys).map(|()| {
                info!(key = %keys.current().id(), "every token is sealed with the new key; the older one is gone");
                self.keys = keys;
            })
        };
        self.end(&done.map_err(|failure| crate::logging::chain(&failure)));
    }

    /// The new key cannot take over now; the next start tries again.
    pub(super) fn gave_up(&mut self, why: &str) {
        error!(why, "the new key has not taken over; both keys are kept, and the next start goes on");
        self.end(&Err(why.to_owned()));
    }

    fn end(&mut self, done: &Result<(), String>) {
        for reply in self.rekeying.take().into_iter().flat_map(|rekeying| rekeying.waiting) {
            // Whoever gave up waiting finds the outcome in the log.
            let _ = reply.send(done.clone().map_err(Denied::NotRekeyed));
        }
    }
}
