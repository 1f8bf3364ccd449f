//! One HTTP/1.1 exchange on one connection: bounded in time and size, and joined in one task.
//!
//! Serves the platform client and the control client. A connection is used once: a long-poll holds its own
//! for minutes anyway, and the other calls are rare. Connection and request are polled together, so a poll
//! costs no second task; dropping the future closes the connection.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// What an exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the first byte sent to the last byte of the response's head.
    pub head: Duration,
    /// Between two pieces of the response's body.
    pub read: Duration,
    /// The response's body, in bytes.
    pub body: usize,
}

/// Why an exchange brought no response.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The connection broke, or the peer does not speak HTTP/1.1.
    #[error("the connection failed")]
    Connection(#[source] hyper::Error),
    /// No response head in time.
    #[error("no answer within {0:?}")]
    NoAnswer(Duration),
    /// The body stopped arriving.
    #[error("the answer's body stalled for {0:?}")]
    Stalled(Duration),
    /// The body kept arriving, but too slowly to wait for its end.
    #[error("no whole answer within {0:?}")]
    Late(Duration),
    /// The body is larger than allowed.
    #[error("the answer's body is larger than {0} bytes")]
    TooLarge(usize),
}

/// Largest response head plus buffered body, in bytes: hyper's smallest, to keep a waiting poll small.
const BUFFER: usize = 8 * 1024;

/// Sends `request` over `stream` and reads the whole response.
pub async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    limits: Limits,
) -> Result<Response<Bytes>, ExchangeError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(ExchangeError::Connection)?;
    let work = async move {
        let response = timeout(limits.head, sender.send_request(request))
            .await
            .map_err(|_| ExchangeError::NoAnswer(limits.head))?
            .map_err(ExchangeError::Connection)?;
        collect(response, limits).await
    };
    let (mut work, mut connection) = (pin!(work), pin!(connection));
    let mut connected = true;
    poll_fn(move |context| {
        // The request learns of a failed connection through its own channel; the connection's result adds nothing.
        if connected && connection.as_mut().poll(context).is_ready() {
            connected = false;
        }
        match work.as_mut().poll(context) {
            // A request just handed over is written by the connection, which has to be polled once more.
            Poll::Pending if connected => {
                connected = connection.as_mut().poll(context).is_pending();
                if connected { Poll::Pending } else { work.as_mut().poll(context) }
            }
            polled => polled,
        }
    })
    .await
}

async fn collect(response: Response<Incoming>, limits: Limits) -> Result<Response<Bytes>, ExchangeError> {
    let (head, mut body) = response.into_parts();
    if body.size_hint().lower() > limits.body as u64 {
        return Err(ExchangeError::TooLarge(limits.body));
    }
    let mut collected = BytesMut::new();
    loop {
        let frame =
            timeout(limits.read, body.frame()).await.map_err(|_| ExchangeError::Stalled(limits.read))?;
        match frame {
            None => return Ok(Response::from_parts(head, collected.freeze())),
            Some(frame) => {
                if let Ok(data) = frame.map_err(ExchangeError::Connection)?.into_data() {
                    if collected.len() + data.len() > limits.body {
                        return Err(ExchangeError::TooLarge(limits.body));
                    }
                    collected.extend_from_slice(&data);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMITS: Limits = Limits { head: Duration::from_secs(5), read: Duration::from_secs(2), body: 1024 };

    fn request() -> Request<Full<Bytes>> {
        Request::post("/call").header("host", "test").body(Full::from("{}")).unwrap()
    }

    /// A peer that reads the request, then sends these bytes, then closes or keeps the connection open.
    async fn answered(answer: Vec<u8>, close: bool) -> Result<Response<Bytes>, ExchangeError> {
        let (ours, mut theirs) = duplex(64 * 1024);
        let peer = async move {
            let mut seen = [0; 1024];
            let read = theirs.read(&mut seen).await.unwrap();
            assert!(seen[..read].starts_with(b"POST /call HTTP/1.1\r\n"));
            theirs.write_all(&answer).await.unwrap();
            if !close {
                std::future::pending::<()>().await;
            }
            drop(theirs);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            result = exchange(ours, request(), LIMITS) => result,
            () = peer => unreachable!(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_plain_answer_arrives_whole() {
        let response =
            answered(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_vec(), false).await.unwrap();
        assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"hello"[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_ends_with_the_connection_arrives_whole() {
        let response = answered(b"HTTP/1.1 502 Bad\r\n\r\n<html>".to_vec(), true).await.unwrap();
        assert_eq!((response.status().as_u16(), &response.body()[..]), (502, &b"<html>"[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_body_is_a_broken_connection() {
        let result = answered(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhel".to_vec(), true).await;
        assert!(matches!(result, Err(ExchangeError::Connection(_))), "{result:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_body_is_given_up() {
        let result = answered(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhel".to_vec(), false).await;
        assert!(matches!(result, Err(ExchangeError::Stalled(_))), "{result:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_given_up() {
        let result = answered(Vec::new(), false).await;
        assert!(matches!(result, Err(ExchangeError::NoAnswer(_))), "{result:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_announced_flood_is_refused_before_it_is_read() {
        let result = answered(b"HTTP/1.1 200 OK\r\ncontent-length: 67108864\r\n\r\n".to_vec(), false).await;
        assert!(matches!(result, Err(ExchangeError::TooLarge(1024))), "{result:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unannounced_flood_is_cut_off() {
        let mut flood = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        flood.extend_from_slice(&[b'x'; 4096]);
        let result = answered(flood, false).await;
        assert!(matches!(result, Err(ExchangeError::TooLarge(1024))), "{result:?}");
    }
}
