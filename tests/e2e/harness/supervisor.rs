//! Stands in for systemd: hears what a daemon tells its supervisor.

use std::path::Path;

use tokio::net::UnixDatagram;
use tokio::time::timeout;

use super::PATIENCE;

/// Longest message: a status line of some hundred bytes, and then some.
const MESSAGE: usize = 4096;

/// The receiving end of `$NOTIFY_SOCKET`.
#[derive(Debug)]
pub(crate) struct Supervisor(UnixDatagram);

impl Supervisor {
    pub(super) fn listen(path: &Path) -> Self {
        Self(UnixDatagram::bind(path).unwrap())
    }

    /// The next thing of this name that the daemon says, `READY` or `STATUS` for example; what it says before
    /// that is let pass.
    pub(super) async fn hear(&self, name: &str) -> String {
        let heard = async {
            loop {
                if let Some(value) = self.next().await.lines().find_map(|line| {
                    let (said, value) = line.split_once('=')?;
                    (said == name).then(|| value.to_owned())
                }) {
                    return value;
                }
            }
        };
        timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("the daemon never said {name}"))
    }

    async fn next(&self) -> String {
        let mut message = vec![0; MESSAGE];
        let length = self.0.recv(&mut message).await.unwrap();
        message.truncate(length);
        String::from_utf8(message).unwrap()
    }
}
