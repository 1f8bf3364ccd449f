//! Space held back for the worst moment.
//!
//! After a full disk the engine refuses every write until it is opened again, and opening it takes some space
//! of its own (a snapshot, a segment of its log). Where other files have taken the last byte that would never
//! succeed. So the state directory holds a file of real bytes that the driver frees before it tries.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use super::StateDir;

/// Its size, in bytes: one segment of the engine's log (512 KiB) and a snapshot of some ten thousand pages.
const BALLAST: usize = 1024 * 1024;

impl StateDir {
    /// Frees the ballast, to make room for opening the store again. No error where there is none.
    pub fn release_ballast(&self) -> io::Result<()> {
        match fs::remove_file(self.ballast()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes the ballast on, where it is not there; after every opening of the store. A disk without room for it
    /// is an error, and is left as it was.
    pub fn restore_ballast(&self) -> io::Result<()> {
        match fs::metadata(self.ballast()) {
            Ok(there) if there.len() == BALLAST as u64 => return Ok(()),
            _ => self.release_ballast()?,
        }
        write_noise(File::create(self.ballast())?).inspect_err(|_| {
            // Half a ballast would be taken for a whole file system's last bytes; the error tells enough.
            let _ = self.release_ballast();
        })
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

/// Bytes that a file system can neither compress nor leave out. Not random: there is nothing to guess.
fn write_noise(mut file: File) -> io::Result<()> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut noise = Vec::with_capacity(BALLAST);
    while noise.len() < BALLAST {
        // xorshift64 (Marsaglia 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    file.write_all(&noise)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn length(dir: &StateDir) -> Option<u64> {
        fs::metadata(dir.ballast()).ok().map(|metadata| metadata.len())
    }

    #[test]
    fn the_ballast_comes_and_goes() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        dir.release_ballast().unwrap();
        for _ in 0..2 {
            dir.restore_ballast().unwrap();
            assert_eq!(length(&dir), Some(BALLAST as u64));
        }
        dir.release_ballast().unwrap();
        assert_eq!(length(&dir), None);
    }

    #[test]
    fn the_ballast_takes_real_space() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        dir.restore_ballast().unwrap();
        let blocks = fs::metadata(dir.ballast()).unwrap().blocks();
        assert!(blocks * 512 >= BALLAST as u64, "{blocks} blocks");
    }

    #[test]
    fn half_a_ballast_is_made_whole() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::claim(place.path()).unwrap();
        fs::write(dir.ballast(), "half").unwrap();
        dir.restore_ballast().unwrap();
        assert_eq!(length(&dir), Some(BALLAST as u64));
    }
}
