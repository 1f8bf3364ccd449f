//! Plain HTTP, for what the typed client would never send.

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use serde_json::Value;
use tokio::net::{TcpStream, UnixStream};
use wxlogind::exchange::{Limits, exchange};

use super::PATIENCE;

const LIMITS: Limits = Limits { head: PATIENCE, read: PATIENCE, body: 8 * 1024 * 1024 };

/// A request with a JSON body; without one where the body is null.
pub(crate) fn request(method: Method, path: &str, body: &Value) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path).header(HOST, "localhost");
    if body.is_null() {
        return request.body(Full::default()).unwrap();
    }
    request.header(CONTENT_TYPE, "application/json").body(Full::from(body.to_string())).unwrap()
}

/// A request for what is there.
pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    request(Method::GET, path, &Value::Null)
}

pub(crate) async fn over_unix(socket: &Path, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let stream = UnixStream::connect(socket).await.unwrap();
    exchange(stream, request, LIMITS).await.unwrap()
}

pub(crate) async fn over_tcp(address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    exchange(stream, request, LIMITS).await.unwrap()
}

/// The body as JSON.
pub(crate) fn value(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body())
        .unwrap_or_else(|_| panic!("no JSON: {:?}", String::from_utf8_lossy(response.body())))
}
