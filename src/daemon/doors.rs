//! The control API's listeners: all of them bound before anything is served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tracing::warn;

use super::{Addresses, Failure};
use crate::api::listen::{Server, bind_tcp, bind_unix};
use crate::api::token::Token;
use crate::api::{Api, Entrance};
use crate::config::Control;

/// Bound listeners that nobody is served by yet. Callers queue meanwhile.
#[derive(Debug)]
pub(super) struct Doors {
    socket: Option<(UnixListener, PathBuf)>,
    tcp: Option<(TcpListener, SocketAddr, Token, bool)>,
}

impl Doors {
    /// Binds what the settings name. A TCP port that is taken is replaced by a free one where nobody asked for
    /// just that port (`may_move`).
    pub(super) async fn open(control: &Control, may_move: bool) -> Result<Self, Failure> {
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
        Ok(Self { socket, tcp })
    }

    /// Serves the API; where, says the answer, and gives the token to be changed by a reload.
    pub(super) fn serve(self, api: &Arc<Api>, server: &Server) -> (Addresses, Option<watch::Sender<Token>>) {
        let socket = self.socket.map(|(listener, path)| {
            server.unix(listener, api.router(Entrance::Socket));
            path
        });
        let Some((listener, address, token, remote)) = self.tcp else {
            return (Addresses { socket, tcp: None }, None);
        };
        let token = watch::Sender::new(token);
        server.tcp(listener, api.router(Entrance::tcp(token.subscribe(), address, remote)));
        (Addresses { socket, tcp: Some(address) }, Some(token))
    }
}
