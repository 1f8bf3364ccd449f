//! The listener for callbacks: one path that nobody can guess, and nothing beside it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hyper::{Method, StatusCode, Uri};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use wxlogin_state::Secret;

use super::Callbacks;
use crate::api::listen::{Server, bind_tcp};
use crate::config::Callback;
use crate::random::random_hex;

/// What comes before the secret.
const PREFIX: &str = "/callback/";

/// Random bytes in a secret that nobody chose: 256 bits.
const BYTES: usize = 32;

/// A bound listener that nobody is served by yet.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    secret: Secret,
    public_url: Option<Uri>,
    sandbox: bool,
}

impl Door {
    /// Binds what the settings name; `None` where they name nothing. With the embedded sandbox (`sandbox`) there
    /// always is a door: where none is named, on loopback, at a free port, with a secret of its own.
    pub async fn open(settings: &Callback, sandbox: bool) -> io::Result<Option<Self>> {
        let free = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
        let Some(listen) = settings.listen.or(sandbox.then_some(free)) else { return Ok(None) };
        let secret =
            settings.path_secret.clone().map_or_else(random_hex::<BYTES>, Ok).map_err(io::Error::other)?;
        let listener = bind_tcp(listen).await?;
        let address = listener.local_addr()?;
        Ok(Some(Self { listener, address, secret, public_url: settings.public_url.clone(), sandbox }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that the platform is to be told to call, with the secret in it; `None` where it knows by other
    /// means. The sandbox is told the listener itself: it is on this host.
    pub fn registration_url(&self) -> Option<Secret> {
        let base = match &self.public_url {
            Some(url) => url.to_string(),
            None if self.sandbox => format!("http://{}", self.address_on_this_host()),
            None => return None,
        };
        Some(Secret::new(format!("{}{PREFIX}{}", base.trim_end_matches('/'), self.secret.reveal())))
    }

    /// Serves callers until the server stops.
    pub fn serve(self, callbacks: Callbacks, server: &Server) {
        server.tcp(self.listener, router(self.secret, callbacks));
    }

    /// The listener's address as this host can call it.
    fn address_on_this_host(&self) -> SocketAddr {
        let ip = match self.address.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.address.port())
    }
}

/// No routes: to whoever does not know the secret, every path is as unknown as any other.
pub(super) fn router(secret: Secret, callbacks: Callbacks) -> Router {
    Router::new().fallback(knock).with_state((secret, callbacks))
}

async fn knock(State((secret, callbacks)): State<(Secret, Callbacks)>, request: Request) -> Response {
    let presented = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let known = presented.as_bytes().ct_eq(secret.reveal().as_bytes());
    if bool::from(known) && request.method() == Method::POST {
        callbacks.receive(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listen: Option<&str>, public_url: Option<&str>) -> Callback {
        Callback {
            listen: listen.map(|listen| listen.parse().unwrap()),
            path_secret: listen.map(|_| Secret::new("0123456789abcdef")),
            forward_url: None,
            public_url: public_url.map(|url| url.parse().unwrap()),
        }
    }

    /// The URL that the platform is told, and the port.
    async fn registered(settings: &Callback, sandbox: bool) -> Option<(String, u16)> {
        let door = Door::open(settings, sandbox).await.unwrap().unwrap();
        let url = door.registration_url()?;
        Some((url.reveal().to_owned(), door.address().port()))
    }

    #[tokio::test]
    async fn the_platform_is_told_the_public_address_or_nothing() {
        let loopback = Some("127.0.0.1:0");
        assert_eq!(registered(&settings(loopback, None), false).await, None);
        for base in ["https://bots.example", "https://bots.example/", "http://h:81/wx/"] {
            let (url, _) = registered(&settings(loopback, Some(base)), false).await.unwrap();
            assert_eq!(url, format!("{}/callback/0123456789abcdef", base.trim_end_matches('/')));
        }
    }

    #[tokio::test]
    async fn the_sandbox_is_told_the_listener_itself() {
        for (listen, host) in [("127.0.0.1:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.1")] {
            let (url, port) = registered(&settings(Some(listen), None), true).await.unwrap();
            assert_eq!(url, format!("http://{host}:{port}/callback/0123456789abcdef"));
        }
    }

    #[tokio::test]
    async fn a_sandbox_has_a_door_and_a_secret_of_its_own_and_nobody_else_has() {
        assert!(Door::open(&settings(None, None), false).await.unwrap().is_none());
        let (first, second) = (
            registered(&settings(None, None), true).await.unwrap().0,
            registered(&settings(None, None), true).await.unwrap().0,
        );
        let secret = |url: &str| url.rsplit_once('/').unwrap().1.to_owned();
        assert_eq!(secret(&first).len(), 2 * BYTES);
        assert_ne!(secret(&first), secret(&second));
    }

    #[tokio::test]
    async fn a_door_does_not_show_its_secret() {
        let door = Door::open(&settings(Some("127.0.0.1:0"), None), true).await.unwrap().unwrap();
        let shown = format!("{door:?} {:?}", door.registration_url());
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
