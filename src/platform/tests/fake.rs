//! A platform of bytes: answers each request with what a function makes of it, and remembers the requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

type Requests = Arc<Mutex<Vec<Seen>>>;

pub(super) struct Fake {
    pub(super) address: SocketAddr,
    scheme: &'static str,
    seen: Requests,
    task: JoinHandle<()>,
}

impl Fake {
    pub(super) async fn new(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::listen(None, answer).await
    }

    /// Speaks TLS, and names the only one who vouches for it.
    pub(super) async fn over_tls(
        answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static,
    ) -> (Self, RootCertStore) {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        (Self::listen(Some(TlsAcceptor::from(Arc::new(config))), answer).await, roots)
    }

    async fn listen(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let seen = Requests::default();
        let (requests, answer) = (Arc::clone(&seen), Arc::new(answer));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, requests, answer) = (tls.clone(), Arc::clone(&requests), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(tls) = tls else { return serve(stream, &requests, &*answer).await };
                    // A client that does not trust us hangs up.
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, &requests, &*answer).await;
                    }
                });
            }
        });
        Self { address, scheme, seen, task }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Stops listening.
    pub(super) async fn close(self) {
        self.task.abort();
        let _cancelled = self.task.await;
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    requests: &Mutex<Vec<Seen>>,
    answer: &(impl Fn(&Seen) -> Vec<u8> + ?Sized),
) {
    let Some(request) = read(&mut stream).await else { return };
    requests.lock().unwrap().push(request.clone());
    let bytes = answer(&request);
    if bytes == silence() {
        std::future::pending::<()>().await;
    }
    if bytes == drip() {
        return dripping(stream).await;
    }
    // A client that has read enough hangs up in the middle.
    let _hung_up = stream.write_all(&bytes).await;
    let _hung_up = stream.shutdown().await;
}

/// A head at once, then a byte just before the client's patience ends, until it hangs up.
async fn dripping(mut stream: impl AsyncWrite + Unpin) {
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec();
    while stream.write_all(&bytes).await.is_ok() {
        tokio::time::sleep(Duration::from_secs(14)).await;
        bytes = b" ".to_vec();
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(Seen { head: format!("{head}\r\n"), body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

pub(super) fn answer(status: u16, media_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} Any\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

pub(super) fn json(body: &str) -> Vec<u8> {
    answer(200, "application/json", body.as_bytes())
}

pub(super) fn html(status: u16, body: &str) -> Vec<u8> {
    answer(status, "text/html", body.as_bytes())
}

/// Stands for no answer at all, on a connection that stays open.
pub(super) fn silence() -> Vec<u8> {
    b"silence".to_vec()
}

/// Stands for an answer that begins at once and never ends, a byte every 14 s.
pub(super) fn drip() -> Vec<u8> {
    b"drip".to_vec()
}
