//! A backup as it arrives.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::error::{ClientError, Unreachable};
use super::http::{Call, READ};
use super::{Client, Target};
use crate::exchange::ExchangeError;

/// The text of an export that the daemon makes for this caller, piece by piece. Whether it came whole its checksum
/// tells ([`wxlogin_state::export::read`]).
#[derive(Debug)]
pub struct Backup {
    target: Target,
    body: Incoming,
    connection: JoinHandle<()>,
}

impl Client {
    /// Begins to fetch the daemon's whole state as an export. It holds secrets.
    pub async fn backup(&self) -> Result<Backup, ClientError> {
        let call = Call::new(Method::GET, "/v1/backup").accept("application/x-ndjson");
        let (body, connection) = call.open(&self.target).await?;
        Ok(Backup { target: self.target.clone(), body, connection })
    }
}

impl Backup {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            let frame = timeout(READ, self.body.frame()).await;
            let frame = frame.map_err(|_| self.broken(ExchangeError::Stalled(READ)))?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| self.broken(ExchangeError::Connection(error)))?;
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
    }

    fn broken(&self, error: ExchangeError) -> ClientError {
        ClientError::unreachable(&self.target, Unreachable::from(error))
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
