//! Fetches the picture of a QR. The platform names its URL, so the URL is not trusted: it may lead to the
//! platform's own host or to the open internet, never into this host's networks (hardening.md, 12).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use hyper::Uri;
use tokio::time::timeout;

use super::profile::URL_BYTES;
use super::routable::is_global;
use super::transport::{Endpoint, Transport};
use super::trouble::Trouble;
use crate::exchange::Limits;
use crate::qr::Format;

/// For everything, from the name's addresses to the last byte.
const TOTAL: Duration = Duration::from_secs(15);

/// Largest picture, in bytes. The platform's have a few thousand.
const LARGEST: usize = 1024 * 1024;

const LIMITS: Limits = Limits { head: TOTAL, read: TOTAL, body: LARGEST };

/// The picture of a QR, as the platform drew it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub format: Format,
    /// The file, at most 1 MiB.
    pub bytes: Bytes,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureTrouble {
    /// Not an absolute http or https URL.
    #[error("the picture's URL is not one that can be fetched")]
    Url,
    /// The URL leads into a network that is nobody else's business.
    #[error("the picture's URL leads to an address that is not public")]
    Inside,
    /// The host did not bring it.
    #[error("the picture cannot be fetched")]
    Unfetched(#[source] Trouble),
    /// Something else came: an error, or a redirect, which is not followed.
    #[error("the picture's host answered with HTTP status {0}")]
    Status(u16),
    /// The bytes are something else.
    #[error("what came is no PNG, JPEG or GIF")]
    NoPicture,
    /// It took too long.
    #[error("the picture did not arrive within {TOTAL:?}")]
    Late,
}

/// Fetches the picture at this URL; `own` is the platform.
pub(super) async fn fetch(
    transport: &Transport,
    own: &Endpoint,
    url: &str,
) -> Result<Picture, PictureTrouble> {
    if url.len() > URL_BYTES {
        return Err(PictureTrouble::Url);
    }
    let url: Uri = url.parse().map_err(|_| PictureTrouble::Url)?;
    let endpoint = Endpoint::of(&url).ok_or(PictureTrouble::Url)?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let fetched = async {
        let addresses = permitted(own, &endpoint).await?;
        let fetched = transport.get(&endpoint, &addresses, path, LIMITS).await;
        fetched.map_err(PictureTrouble::Unfetched)
    };
    let response = timeout(TOTAL, fetched).await.map_err(|_| PictureTrouble::Late)??;
    if response.status().as_u16() != 200 {
        return Err(PictureTrouble::Status(response.status().as_u16()));
    }
    let bytes = response.into_body();
    let format = Format::of(&bytes).ok_or(PictureTrouble::NoPicture)?;
    Ok(Picture { format, bytes })
}

/// Where to connect. What is checked here is what is connected to: a name is resolved only once, so it cannot
/// change its mind in between.
async fn permitted(own: &Endpoint, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, PictureTrouble> {
    let unreachable = |error| PictureTrouble::Unfetched(Trouble::Unreachable(error));
    let mut addresses = endpoint.resolve().await.map_err(unreachable)?;
    if endpoint.host != own.host {
        addresses.retain(|address| is_global(address.ip()));
        if addresses.is_empty() {
            return Err(PictureTrouble::Inside);
        }
    }
    Ok(addresses)
}
