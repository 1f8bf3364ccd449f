//! One call of the control API as HTTP: path, query and body out, status and body in.

use std::fmt::{Display, Write};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::either::Either;

use super::error::{ClientError, Unreachable};
use super::target::Target;
use crate::exchange::{ExchangeError, Limits, exchange};
use crate::wire::Problem;

/// How long a TCP connection may take to come about; a Unix socket connects or fails at once.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the daemon may take to answer. Fetching a QR waits for the platform, which it gives a minute.
const ANSWER: Duration = Duration::from_secs(90);

/// How long an answer's body may pause: the daemon has it ready when it begins.
pub(super) const READ: Duration = Duration::from_secs(15);

/// Largest body accepted, in bytes: a page of [`super::PAGE`] sessions of the store's largest size.
const BODY: usize = 8 * 1024 * 1024;

/// Most characters of an answer that is shown because it cannot be read.
const EXCERPT: usize = 120;

/// A call to make.
pub(super) struct Call {
    method: Method,
    /// Path and query.
    uri: String,
    accept: &'static str,
    body: Option<Bytes>,
    /// The caller's name for the request.
    key: Option<String>,
    answer: Duration,
}

impl Call {
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, uri: path.into(), accept: "application/json", body: None, key: None, answer: ANSWER }
    }

    pub(super) fn query(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            let separator = if self.uri.contains('?') { '&' } else { '?' };
            // Writing to a String does not fail, here and below.
            let _ = write!(self.uri, "{separator}{name}={}", segment(&value.to_string()));
        }
        self
    }

    pub(super) fn accept(self, media_type: &'static str) -> Self {
        Self { accept: media_type, ..self }
    }

    pub(super) fn body(self, body: &impl Serialize) -> Result<Self, ClientError> {
        let json = serde_json::to_vec(body).map_err(ClientError::Unsendable)?;
        Ok(Self { body: Some(json.into()), ..self })
    }

    /// Asked again by this name, the same is the answer.
    pub(super) fn named(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    /// The daemon may hold the answer back for so long on purpose.
    pub(super) fn blocking_for(self, wait: Duration) -> Self {
        Self { answer: self.answer + wait, ..self }
    }

    /// Makes the call.
    pub(super) async fn send(self, target: &Target) -> Result<Answer, ClientError> {
        let (what, limits) = (self.what(), Limits { head: self.answer, read: READ, body: BODY });
        let unreachable = |source| ClientError::unreachable(target, source);
        let request = self.request(target).map_err(|error| unreachable(Unreachable::Request(error)))?;
        let response = match connect(target).await.map_err(unreachable)? {
            Either::Left(socket) => exchange(socket, request, limits).await,
            Either::Right(tcp) => exchange(tcp, request, limits).await,
        };
        Answer { what, response: response.map_err(|error| unreachable(error.into()))? }.accepted()
    }

    /// Makes a call whose answer has no end: its body, and the connection that it comes by.
    pub(super) async fn open(self, target: &Target) -> Result<(Incoming, JoinHandle<()>), ClientError> {
        let (what, answer) = (self.what(), self.answer);
        let unreachable = |source| ClientError::unreachable(target, source);
        let broken = |error| unreachable(ExchangeError::Connection(error).into());
        let request = self.request(target).map_err(|error| unreachable(Unreachable::Request(error)))?;
        let stream = TokioIo::new(connect(target).await.map_err(unreachable)?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(broken)?;
        // The body learns of a connection that fails; its own result adds nothing.
        let connection = tokio::spawn(connection.map(drop));
        let response = timeout(answer, sender.send_request(request))
            .await
            .map_err(|_| unreachable(ExchangeError::NoAnswer(answer).into()))?
            .map_err(broken)?;
        if response.status().is_success() {
            return Ok((response.into_body(), connection));
        }
        let (head, body) = response.into_parts();
        let body = timeout(READ, Limited::new(body, BODY).collect()).await;
        let body = body.ok().and_then(Result::ok).map(Collected::to_bytes).unwrap_or_default();
        Err(Answer { what, response: Response::from_parts(head, body) }.refusal())
    }

    /// Method and path.
    fn what(&self) -> String {
        format!("{} {}", self.method, self.uri.split('?').next().unwrap_or_default())
    }

    fn request(self, target: &Target) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let mut request = Request::builder().method(self.method).uri(self.uri).header(ACCEPT, self.accept);
        request = match target {
            Target::Socket(_) => request.header(HOST, "localhost"),
            Target::Url { host, token } => {
                request.header(HOST, host).header(AUTHORIZATION, format!("Bearer {}", token.reveal()))
            }
        };
        if let Some(key) = self.key {
            request = request.header("idempotency-key", key);
        }
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(self.body.unwrap_or_default()))
    }
}

async fn connect(target: &Target) -> Result<Either<UnixStream, TcpStream>, Unreachable> {
    match target {
        Target::Socket(path) => Ok(Either::Left(UnixStream::connect(path).await?)),
        Target::Url { host, .. } => {
            let connected = timeout(CONNECT, TcpStream::connect(host)).await;
            Ok(Either::Right(connected.map_err(|_| Unreachable::Slow(CONNECT))??))
        }
    }
}

/// A text as one segment of a path or one value of a query.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A daemon's answer that is no refusal.
pub(super) struct Answer {
    /// Method and path that it answers.
    what: String,
    response: Response<Bytes>,
}

impl Answer {
    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(self.response.body()).map_err(|source| self.unreadable(Some(source)))
    }

    /// The body as it is.
    pub(super) fn into_bytes(self) -> Bytes {
        self.response.into_body()
    }

    fn accepted(self) -> Result<Self, ClientError> {
        if self.response.status().is_success() {
            return Ok(self);
        }
        Err(self.refusal())
    }

    fn refusal(&self) -> ClientError {
        match serde_json::from_slice::<Problem>(self.response.body()) {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(_) => self.unreadable(None),
        }
    }

    fn unreadable(&self, source: Option<serde_json::Error>) -> ClientError {
        let body = String::from_utf8_lossy(self.response.body());
        let excerpt = body.chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
        ClientError::Unreadable { what: self.what.clone(), status: self.status(), excerpt, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment("0000016e-63eb_x.~"), "0000016e-63eb_x.~");
        assert_eq!(segment("a/../b?c=d#e%f 微"), "a%2F..%2Fb%3Fc%3Dd%23e%25f%20%E5%BE%AE");
    }

    #[test]
    fn a_query_names_only_what_is_asked_for() {
        let call = Call::new(Method::GET, "/v1/sessions").query("state", None::<&str>);
        assert_eq!(
            call.query("limit", Some(5)).query("after", Some("a b")).uri,
            "/v1/sessions?limit=5&after=a%20b"
        );
    }
}
