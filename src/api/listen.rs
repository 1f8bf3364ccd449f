//! Accepts connections, bounded in number and in time.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::Peer;

/// Most connections at once by the Unix socket, and as many by TCP: anybody on this host may connect there,
/// and must not keep operators from the socket.
const CONNECTIONS: usize = 256;

/// Most bytes of a request's head.
const LARGEST_HEAD: usize = 16 * 1024;

/// How long a caller may take to send a request's head. hyper keeps to it only with a timer set.
const HEAD: Duration = Duration::from_secs(15);

/// How long a caller may take none of what it is sent: it has gone, or is far too slow for what it asked for. A
/// stream of events that has nothing to send is not concerned.
const STALLED: Duration = Duration::from_secs(15);

/// How long a request that is being answered may go on once the daemon stops; blocking reads end there.
const FINISH: Duration = Duration::from_secs(1);

/// Serves connections until stopped.
#[derive(Debug, Clone)]
pub struct Server {
    /// Tracks the connections.
    pub tasks: TaskTracker,
    /// Ends the listeners, and each connection after the request it is at.
    pub stop: CancellationToken,
}

impl Server {
    /// A server whose tasks are tracked by `tasks` and end with `stop`.
    pub fn new(tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self { tasks, stop }
    }

    /// Serves `router` to callers by TCP.
    pub fn tcp(&self, listener: TcpListener, router: Router) {
        self.accept(listener, router, |_| Peer(None));
    }

    /// Serves `router` to callers by the Unix socket.
    pub fn unix(&self, listener: UnixListener, router: Router) {
        self.accept(listener, router, |stream| Peer(stream.peer_cred().ok()));
    }

    /// Accepts until stopped. The listener waits by itself after a failure, such as too many open files.
    fn accept<L: Listener>(&self, mut listener: L, router: Router, peer: fn(&L::Io) -> Peer) {
        let server = self.clone();
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        self.tasks.spawn(async move {
            while let Some((stream, _)) = server.stop.run_until_cancelled(listener.accept()).await {
                // Waits rather than refuses: those beyond the bound queue in the kernel.
                let Some(Ok(place)) = server.stop.run_until_cancelled(room.clone().acquire_owned()).await
                else {
                    return;
                };
                let peer = peer(&stream);
                server.serve(stream, peer, &router, place);
            }
        });
    }

    fn serve<S>(&self, stream: S, peer: Peer, router: &Router, place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let routes = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            routes.call(request)
        });
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _place = place;
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(STALLED));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .max_buf_size(LARGEST_HEAD)
                .serve_connection(TokioIo::new(Box::pin(stream)), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    timeout(FINISH, connection).await.unwrap_or(Ok(()))
                }
            };
            if let Err(error) = ended {
                debug!(error = &error as &dyn std::error::Error, "a connection broke");
            }
        });
    }
}

/// Listens on TCP.
pub async fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Listens on a Unix socket of mode 0660. A socket that a dead process left behind is replaced; one that
/// somebody listens on is not, and neither is anything else under that name.
pub fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {
            match std::os::unix::net::UnixStream::connect(path) {
                // Nobody listens any more.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
                Err(error) => return Err(error),
                Ok(_) => {
                    return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens there"));
                }
            }
        }
        Ok(_) => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
        }
        Err(_) => {}
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // Connecting needs the right to write, which no usual umask gives to others in between.
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}
