//! Connections to the platform: TCP or TLS, one per call, each with its deadlines.
//!
//! Knows hosts, headers and deadlines; what is said in the bodies is for [`envelope`](super::envelope) and
//! [`device`](super::device) to know.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::http::request::Builder;
use hyper::{Method, Request, Response, Uri};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::trouble::Trouble;
use crate::exchange::{ExchangeError, Limits, exchange};

/// For a name's addresses, and for each connection including TLS.
const CONNECT: Duration = Duration::from_secs(10);

/// Most addresses of one name that are tried: more would outlast every caller's patience.
const ADDRESSES: usize = 4;

/// How the daemon calls itself.
pub(crate) const AGENT: &str = concat!("wxlogind/", env!("CARGO_PKG_VERSION"));

type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A place that speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) secure: bool,
    /// A name, or an address without brackets; lower case.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// For the `Host` header: with the port where it is not the scheme's own.
    pub(crate) authority: HeaderValue,
}

impl Endpoint {
    /// The place of an absolute http or https URL; `None` for any other, and for one that carries a password.
    pub(crate) fn of(url: &Uri) -> Option<Self> {
        let (secure, default) = match url.scheme_str()? {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return None,
        };
        let authority = url.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let port = authority.port_u16().unwrap_or(default);
        let name = authority.host().to_ascii_lowercase();
        let host = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || port == 0 {
            return None;
        }
        let header = if port == default { name } else { format!("{name}:{port}") };
        Some(Self { secure, host, port, authority: header.parse().ok()? })
    }

    /// Where it is: at most [`ADDRESSES`] addresses.
    pub(crate) async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let found = timeout(CONNECT, lookup_host((self.host.as_str(), self.port))).await??;
        Ok(found.take(ADDRESSES).collect())
    }
}

/// What is sent in one call.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) method: Method,
    /// With its query, if it has one.
    pub(crate) path: &'a str,
    /// The whole value of the header.
    pub(crate) authorization: Option<HeaderValue>,
    /// What the body is; `None` where there is no body.
    pub(crate) media_type: Option<&'static str>,
    pub(crate) body: Bytes,
}

/// Makes connections. Holds what they share: whom to trust.
#[derive(Clone)]
pub(crate) struct Transport {
    tls: OnceLock<TlsConnector>,
}

impl Transport {
    /// Trusts whom this host trusts; asks it when the first TLS connection is made.
    pub(crate) fn new() -> Self {
        Self { tls: OnceLock::new() }
    }

    /// Trusts these.
    pub(crate) fn trusting(roots: RootCertStore) -> io::Result<Self> {
        Ok(Self { tls: OnceLock::from(connector(roots)?) })
    }

    /// Makes sure that TLS can be had, before anything depends on it.
    pub(crate) fn tls(&self) -> io::Result<&TlsConnector> {
        if let Some(connector) = self.tls.get() {
            return Ok(connector);
        }
        let made = connector(host_roots()?)?;
        Ok(self.tls.get_or_init(|| made))
    }

    /// One call. Once connected, it takes no longer than the answer's head and one pause of its body may: an
    /// answer that drips would be waited for without end, and the login at the platform holds up every other call.
    pub(crate) fn send<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        message: Message<'_>,
        limits: Limits,
    ) -> impl Future<Output = Result<Response<Bytes>, Trouble>> + use<'a> {
        // Made before the first await: thousands of calls wait, and each should keep only what it still needs.
        let mut request = Request::builder().method(message.method).uri(message.path);
        if let Some(media_type) = message.media_type {
            request = request.header(CONTENT_TYPE, media_type);
        }
        if let Some(key) = message.authorization {
            request = request.header(AUTHORIZATION, key);
        }
        let request = finish(request.header(ACCEPT, "application/json"), endpoint, message.body);
        async move {
            let request = request?;
            let addresses = endpoint.resolve().await.map_err(Trouble::Unreachable)?;
            let stream = self.connect(endpoint, &addresses).await.map_err(Trouble::Unreachable)?;
            let total = limits.head.saturating_add(limits.read);
            let exchanged = timeout(total, exchange(stream, request, limits)).await;
            exchanged.unwrap_or(Err(ExchangeError::Late(total))).map_err(Trouble::Exchange)
        }
    }

    /// Fetches from one of these addresses and from no other.
    pub(crate) async fn get(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        path: &str,
        limits: Limits,
    ) -> Result<Response<Bytes>, Trouble> {
        let request = finish(Request::get(path).header(ACCEPT, "image/*"), endpoint, Bytes::new())?;
        let stream = self.connect(endpoint, addresses).await.map_err(Trouble::Unreachable)?;
        exchange(stream, request, limits).await.map_err(Trouble::Exchange)
    }

    /// Tries the addresses in turn; the last failure is the one that counts.
    pub(crate) async fn connect(&self, endpoint: &Endpoint, addresses: &[SocketAddr]) -> io::Result<Stream> {
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            match timeout(CONNECT, self.open(endpoint, *address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = error,
                Err(elapsed) => failure = elapsed.into(),
            }
        }
        Err(failure)
    }

    async fn open(&self, endpoint: &Endpoint, address: SocketAddr) -> io::Result<Stream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        if !endpoint.secure {
            return Ok(Either::Left(stream));
        }
        let name = ServerName::try_from(endpoint.host.clone()).map_err(io::Error::other)?;
        let stream = self.tls()?.connect(name, stream).await?;
        Ok(Either::Right(Box::new(stream)))
    }
}

fn finish(request: Builder, endpoint: &Endpoint, body: Bytes) -> Result<Request<Full<Bytes>>, Trouble> {
    request
        .header(HOST, &endpoint.authority)
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|error| Trouble::Unreachable(io::Error::other(error)))
}

fn host_roots() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "this host trusts no certificate authority; install its ca-certificates",
        ));
    }
    Ok(roots)
}

fn connector(roots: RootCertStore) -> io::Result<TlsConnector> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Option<Endpoint> {
        Endpoint::of(&url.parse().unwrap())
    }

    #[test]
    fn the_host_header_names_the_port_only_where_it_is_unusual() {
        for (url, authority, host, port) in [
            ("http://Platform.Example:9899/api", "platform.example:9899", "platform.example", 9899),
            ("http://h/", "h", "h", 80),
            ("http://h:80/", "h", "h", 80),
            ("https://h", "h", "h", 443),
            ("https://h:80", "h:80", "h", 80),
            ("http://[::1]:99/", "[::1]:99", "::1", 99),
        ] {
            let endpoint = endpoint(url).unwrap();
            assert_eq!(
                (endpoint.authority.to_str().unwrap(), endpoint.host.as_str(), endpoint.port),
                (authority, host, port)
            );
        }
    }

    #[test]
    fn what_is_no_place_on_the_web_is_none() {
        for url in ["ftp://h/", "/path", "http://user:password@h/", "http://h:0/"] {
            assert_eq!(endpoint(url), None, "{url}");
        }
    }
}
