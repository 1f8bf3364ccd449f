//! Writes that fail although the disk is sound, for the driver's tests.

use std::io;
use std::sync::{Arc, Mutex};

use wxlogin_state::{CommitError, Store};

/// How every write fails from now on.
#[derive(Debug, Clone, Copy)]
pub(in crate::driver) enum Fault {
    /// The disk is full: nothing of it is there.
    Full,
    /// All of it is there, and nobody knows.
    Unknown,
}

/// The fault that a test wants, if any. Clones are about the same keeper.
#[derive(Debug, Clone, Default)]
pub(in crate::driver) struct Faults(Arc<Mutex<Option<Fault>>>);

impl Faults {
    pub(in crate::driver) fn set(&self, fault: Fault) {
        *self.0.lock().unwrap() = Some(fault);
    }

    pub(in crate::driver) fn clear(&self) {
        *self.0.lock().unwrap() = None;
    }

    /// `write`, with the fault.
    pub(super) fn around<F>(&self, write: F) -> impl FnOnce(&mut Store) -> Result<(), CommitError> + use<F>
    where
        F: FnOnce(&mut Store) -> Result<(), CommitError>,
    {
        let fault = *self.0.lock().unwrap();
        move |store| match fault {
            None => write(store),
            Some(Fault::Full) => Err(CommitError::Full(io::ErrorKind::StorageFull.into())),
            Some(Fault::Unknown) => {
                write(store)?;
                Err(CommitError::Failed(io::Error::other("the sync failed")))
            }
        }
    }
}
