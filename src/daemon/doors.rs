//! The listeners, of the control API and for callbacks: all of them bound before anything is served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use hyper::Uri;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tracing::warn;
use wxlogin_state::Secret;

use super::{Addresses, Failure};
use crate::api::listen::{Server, bind_tcp, bind_unix};
use crate::api::token::Token;
use crate::api::{Api, Entrance};
use crate::callback::{Callbacks, Door};
use crate::config::Settings;
use crate::console::Console;

/// Bound listeners that nobody is served by yet. Callers queue meanwhile.
#[derive(Debug)]
pub(super) struct Doors {
    socket: Option<(UnixListener, PathBuf)>,
    tcp: Option<(TcpListener, SocketAddr, Token, bool)>,
    callback: Option<Door>,
}

impl Doors {
    /// Binds what the settings name. A TCP port that is taken is replaced by a free one where nobody asked for
    /// just that port (`may_move`).
    pub(super) async fn open(settings: &Settings, may_move: bool) -> Result<Self, Failure> {
        let control = &settings.control;
        let socket = match &control.socket {
            None => None,
            Some(path) => {
                let listener = bind_unix(path)
                    .with_context(|| format!("cannot listen on control.socket {}", path.display()))
                    .map_err(Failure::Configuration)?;
                Some((listener, path.clone()))
            }
        };
        let tcp = match control.listen {
            None => None,
            Some(address) => {
                let token = Token::load_or_make(&control.token_file)
                    .map_err(|error| Failure::Configuration(error.into()))?;
                let listener = match bind_tcp(address).await {
                    Err(error) if may_move && error.kind() == io::ErrorKind::AddrInUse => {
                        warn!(%address, "the port is taken; using a free one");
                        bind_tcp((address.ip(), 0).into()).await
                    }
                    bound => bound,
                }
                .and_then(|listener| Ok((listener.local_addr()?, listener)))
                .with_context(|| format!("cannot listen on control.listen {address}"))
                .map_err(Failure::Other)?;
                let (address, listener) = listener;
                Some((listener, address, token, !address.ip().is_loopback()))
            }
        };
        let callback = Door::open(&settings.callback, settings.sandbox.is_some())
            .await
            .with_context(|| match settings.callback.listen {
                Some(address) => format!("cannot listen on callback.listen {address}"),
                None => "cannot listen for the sandbox's callbacks".to_owned(),
            })
            .map_err(Failure::Other)?;
        Ok(Self { socket, tcp, callback })
    }

    /// The console, at the TCP listener or where `outside` leads to it.
    pub(super) fn console(&self, outside: Option<&Uri>) -> Arc<Console> {
        let listener = self.tcp.as_ref().map(|(_, address, ..)| {
            // No browser knows an address that stands for all of them.
            let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { host(*address) };
            format!("http://{host}:{}", address.port())
        });
        Arc::new(Console::new(listener.as_deref(), outside))
    }

    /// Where the platform is to be told to call, see [`Door::registration_url`].
    pub(super) fn registration_url(&self) -> Option<Secret> {
        self.callback.as_ref()?.registration_url()
    }

    /// Serves the API and the callbacks; where, says the answer, and gives the token to be changed by a reload.
    pub(super) fn serve(
        self,
        api: &Arc<Api>,
        console: Arc<Console>,
        callbacks: Callbacks,
        server: &Server,
    ) -> (Addresses, Option<watch::Sender<Token>>) {
        let socket = self.socket.map(|(listener, path)| {
            server.unix(listener, api.router(Entrance::Socket));
            path
        });
        let callback = self.callback.map(|door| {
            let address = door.address();
            door.serve(callbacks, server);
            address
        });
        let Some((listener, address, token, remote)) = self.tcp else {
            return (Addresses { socket, tcp: None, callback }, None);
        };
        let token = watch::Sender::new(token);
        server.tcp(listener, api.router(Entrance::tcp(token.subscribe(), address, remote, console)));
        (Addresses { socket, tcp: Some(address), callback }, Some(token))
    }
}

/// An address as a URL names its host.
fn host(address: SocketAddr) -> String {
    if address.is_ipv6() { format!("[{}]", address.ip()) } else { address.ip().to_string() }
}
