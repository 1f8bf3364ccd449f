//! One call of the control API as HTTP: path, query and body out, status and body in.

use std::fmt::{Display, Write};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::error::{ClientError, Unreachable};
use super::target::Target;
use crate::exchange::{Limits, exchange};
use crate::wire::Problem;

/// How long a TCP connection may take to come about; a Unix socket connects or fails at once.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the daemon may take to answer. Fetching a QR waits for the platform, which it gives a minute.
const ANSWER: Duration = Duration::from_secs(90);

/// How long an answer's body may pause: the daemon has it ready when it begins.
const READ: Duration = Duration::from_secs(15);

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
    answer: Duration,
}

impl Call {
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, uri: path.into(), accept: "application/json", body: None, answer: ANSWER }
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

    /// The daemon may hold the answer back for so long on purpose.
    pub(super) fn blocking_for(self, wait: Duration) -> Self {
        Self { answer: self.answer + wait, ..self }
    }

    /// Makes the call.
    pub(super) async fn send(self, target: &Target) -> Result<Answer, ClientError> {
        let what = format!("{} {}", self.method, self.uri.split('?').next().unwrap_or_default());
        let limits = Limits { head: self.answer, read: READ, body: BODY };
        let unreachable = |source| ClientError::unreachable(target, source);
        let request = self.request(target).map_err(|error| unreachable(Unreachable::Request(error)))?;
        let response = match target {
            Target::Socket(path) => {
                let stream = UnixStream::connect(path).await.map_err(|e| unreachable(e.into()))?;
                exchange(stream, request, limits).await
            }
            Target::Url { host, .. } => {
                let connected = timeout(CONNECT, TcpStream::connect(host)).await;
                let stream = connected
                    .map_err(|_| unreachable(Unreachable::Slow(CONNECT)))?
                    .map_err(|error| unreachable(error.into()))?;
                exchange(stream, request, limits).await
            }
        };
        Answer { what, response: response.map_err(|error| unreachable(error.into()))? }.accepted()
    }

    fn request(self, target: &Target) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let mut request = Request::builder().method(self.method).uri(self.uri).header(ACCEPT, self.accept);
        request = match target {
            Target::Socket(_) => request.header(HOST, "localhost"),
            Target::Url { host, token } => {
                request.header(HOST, host).header(AUTHORIZATION, format!("Bearer {}", token.reveal()))
            }
        };
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(self.body.unwrap_or_default()))
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
        Err(match serde_json::from_slice::<Problem>(self.response.body()) {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(_) => self.unreadable(None),
        })
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
