//! Passes chat messages on to whoever wants them: unchanged, in order, one connection at a time.
//!
//! What waits is in memory and bounded: a receiver that is away for a moment loses nothing, one that is away for
//! long loses the newest, and a daemon that stops loses what waits. Bots that must not miss a message keep their
//! receiver up; the daemon keeps logins.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::exchange::{ExchangeError, Limits, exchange};
use crate::platform::Pace;
use crate::platform::transport::{AGENT, Endpoint, Transport};

/// Most messages that wait: some minutes' worth of a busy host.
const QUEUE: usize = 1024;

/// Most bytes that wait. A thousand messages of the largest size would be a GiB.
const WAITING: usize = 32 * 1024 * 1024;

/// How often one message is tried, with the [`Pace`] between: three seconds for one that is refused, and as often the
/// [`LIMITS`] for a receiver that hangs.
const TRIES: u32 = 5;

/// What a receiver may take to answer, and how much it may say, which nobody reads.
const LIMITS: Limits =
    Limits { head: Duration::from_secs(15), read: Duration::from_secs(5), body: 1024 * 1024 };

/// Between two warnings of the same kind.
const QUIET: Duration = Duration::from_mins(1);

/// Why messages cannot be passed on with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `callback.forward_url`
    #[error("callback.forward_url is not an absolute http or https URL without a user name")]
    Url,
    /// The URL is https, and this host cannot do TLS.
    #[error("TLS to callback.forward_url is not possible")]
    Tls(#[source] io::Error),
}

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error)]
enum PostError {
    #[error("the receiver cannot be reached")]
    Unreachable(#[source] io::Error),
    #[error("the receiver brought no whole answer")]
    Exchange(#[source] ExchangeError),
    #[error("the receiver answered with HTTP status {0}")]
    Status(u16),
}

/// Where messages are handed in. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Forward {
    queue: mpsc::Sender<Message>,
    room: Arc<Semaphore>,
    overflow: Arc<Losses>,
}

/// A message that waits.
#[derive(Debug)]
struct Message {
    body: Bytes,
    content_type: Option<HeaderValue>,
    /// Its share of [`WAITING`].
    _room: OwnedSemaphorePermit,
}

impl Forward {
    /// Begins to pass messages on to `url`, until `stop`.
    pub fn begin(url: &Uri, tasks: &TaskTracker, stop: CancellationToken) -> Result<Self, SetupError> {
        let endpoint = Endpoint::of(url).ok_or(SetupError::Url)?;
        let transport = Transport::new();
        if endpoint.secure {
            transport.tls().map_err(SetupError::Tls)?;
        }
        let path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let receiver = Receiver { endpoint, path, transport, refused: Losses::default() };
        let (queue, waiting) = mpsc::channel(QUEUE);
        tasks.spawn(receiver.serve(waiting, stop));
        Ok(Self::into(queue))
    }

    fn into(queue: mpsc::Sender<Message>) -> Self {
        Self { queue, room: Arc::new(Semaphore::new(WAITING)), overflow: Arc::default() }
    }

    /// Puts a message at the end of the queue; where there is no room it is dropped.
    pub(super) fn pass_on(&self, body: Bytes, content_type: Option<HeaderValue>) {
        let size = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(size);
        let queued =
            room.is_ok_and(|room| self.queue.try_send(Message { body, content_type, _room: room }).is_ok());
        if !queued && let Some(lost) = self.overflow.one_more() {
            warn!(lost, "chat messages are dropped: too many wait for the receiver");
        }
    }
}

/// Who wants the messages.
struct Receiver {
    endpoint: Endpoint,
    /// With the query.
    path: String,
    transport: Transport,
    refused: Losses,
}

impl Receiver {
    async fn serve(self, mut waiting: mpsc::Receiver<Message>, stop: CancellationToken) {
        while let Some(Some(message)) = stop.run_until_cancelled(waiting.recv()).await {
            if stop.run_until_cancelled(self.deliver(&message)).await.is_none() {
                let lost = waiting.len() + 1;
                return warn!(lost, "chat messages are lost that waited for the receiver");
            }
        }
    }

    async fn deliver(&self, message: &Message) {
        if let Err(error) = persistently(|| self.post(message)).await
            && let Some(lost) = self.refused.one_more()
        {
            warn!(
                error = &error as &dyn Error,
                lost, "chat messages are dropped: the receiver does not take them"
            );
        }
    }

    async fn post(&self, message: &Message) -> Result<(), PostError> {
        let mut request = Request::post(&self.path)
            .header(HOST, &self.endpoint.authority)
            .header(USER_AGENT, AGENT)
            .header(CONNECTION, "close");
        if let Some(content_type) = &message.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request
            .body(Full::new(message.body.clone()))
            .map_err(|error| PostError::Unreachable(io::Error::other(error)))?;
        let addresses = self.endpoint.resolve().await.map_err(PostError::Unreachable)?;
        let stream = self.transport.connect(&self.endpoint, &addresses).await;
        let stream = stream.map_err(PostError::Unreachable)?;
        let total = LIMITS.head + LIMITS.read;
        let exchanged = timeout(total, exchange(stream, request, LIMITS)).await;
        match exchanged.unwrap_or(Err(ExchangeError::Late(total))).map_err(PostError::Exchange)?.status() {
            status if status.is_success() => Ok(()),
            status => Err(PostError::Status(status.as_u16())),
        }
    }
}

/// Tries [`TRIES`] times, at a pace; the last failure is the one that counts.
async fn persistently<F: Future<Output = Result<(), PostError>>>(
    mut post: impl FnMut() -> F,
) -> Result<(), PostError> {
    let mut pace = Pace::new();
    for tried in 1..TRIES {
        match post().await {
            Ok(()) => return Ok(()),
            Err(error) => {
                debug!(error = &error as &dyn Error, tried, "a chat message is not taken yet");
                sleep(pace.wait()).await;
            }
        }
    }
    post().await
}

/// Messages that were lost in one way.
#[derive(Debug, Default)]
struct Losses(Mutex<Tally>);

#[derive(Debug, Default)]
struct Tally {
    count: u64,
    told: Option<Instant>,
}

impl Losses {
    /// Counts another one. Gives all of them, where it is time to say so again.
    fn one_more(&self) -> Option<u64> {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.count += 1;
        if tally.told.is_some_and(|told| told.elapsed() < QUIET) {
            return None;
        }
        tally.told = Some(Instant::now());
        Some(tally.count)
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_is_tried_until_it_is_taken_but_not_for_ever() {
        for (refusals, tries, taken) in
            [(0, 1, true), (2, 3, true), (4, 5, true), (5, 5, false), (99, 5, false)]
        {
            let mut tried = 0;
            let result = persistently(|| {
                tried += 1;
                ready(if tried > refusals { Ok(()) } else { Err(PostError::Status(503)) })
            })
            .await;
            assert_eq!((tried, result.is_ok()), (tries, taken), "{refusals} refusals");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn losses_are_all_counted_and_told_once_a_minute() {
        let losses = Losses::default();
        assert_eq!(losses.one_more(), Some(1));
        assert_eq!((losses.one_more(), losses.one_more()), (None, None));
        tokio::time::advance(QUIET).await;
        assert_eq!(losses.one_more(), Some(4));
    }

    #[test]
    fn a_full_queue_drops_the_newest() {
        let (queue, mut waiting) = mpsc::channel(2);
        let forward = Forward::into(queue);
        for body in ["1", "2", "3"] {
            forward.pass_on(Bytes::from(body), None);
        }
        let kept = [waiting.try_recv().unwrap().body, waiting.try_recv().unwrap().body];
        assert_eq!(kept, ["1", "2"]);
        forward.pass_on(Bytes::from("4"), None);
        assert_eq!(waiting.try_recv().unwrap().body, "4", "there is room again");
    }

    #[test]
    fn messages_wait_in_bounded_memory() {
        let (queue, mut waiting) = mpsc::channel(QUEUE);
        let forward = Forward::into(queue);
        let large = Bytes::from(vec![0; WAITING / 4]);
        for _ in 0..5 {
            forward.pass_on(large.clone(), None);
        }
        assert_eq!(waiting.len(), 4);
        drop(waiting.try_recv().unwrap());
        forward.pass_on(large, None);
        assert_eq!(waiting.len(), 4, "what was taken out makes room");
    }

    #[tokio::test]
    async fn what_is_no_place_on_the_web_is_refused() {
        let begin =
            |url: &str| Forward::begin(&url.parse().unwrap(), &TaskTracker::new(), CancellationToken::new());
        assert!(matches!(begin("/messages"), Err(SetupError::Url)));
        assert!(begin("http://127.0.0.1:9/messages").is_ok());
    }
}
