//! The journal: a page of what happened, and what happens as it happens.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wxlogin_state::public::Event;
use wxlogin_state::{Seq, WcId};

use super::Client;
use super::error::{ClientError, Unreachable};
use super::http::Call;
use crate::exchange::ExchangeError;
use crate::wire::{EventPage, Reset};

/// How long a stream may be silent: the daemon sends something every 15 s.
const SILENCE: Duration = Duration::from_secs(45);

/// Largest block of a stream, in bytes: an event of the store's largest size, and then some.
const BLOCK: usize = 1024 * 1024;

/// Which events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only of these types: `session.online`, or `session.*` for all that begin so. All where there are none.
    pub kinds: Vec<String>,
    /// Only those of this account.
    pub wc_id: Option<WcId>,
}

/// What a stream tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something happened.
    Event(Box<Event>),
    /// The journal does not hold what was asked for; it goes on from the oldest event there is.
    Reset(Reset),
    /// Nothing that is wanted has happened up to this event: said at the beginning and whenever it has been quiet.
    At(Seq),
}

/// Events as they happen, from a place in the journal on. It keeps its place: whatever breaks the stream, asking
/// on connects anew and misses and doubles nothing.
#[derive(Debug)]
pub struct Events {
    client: Client,
    filter: EventFilter,
    after: Option<Seq>,
    stream: Option<Stream>,
}

impl Client {
    /// One page of past events: at most `limit` after `after`, the oldest ones where that is `None`.
    pub async fn event_page(
        &self,
        after: Option<&str>,
        filter: &EventFilter,
        limit: usize,
    ) -> Result<EventPage, ClientError> {
        let call = filter.asked(Call::new(Method::GET, "/v1/events"));
        self.send(call.query("after", after).query("limit", Some(limit))).await?.json()
    }

    /// Follows what happens after `after`, or from now on. Nothing is sent yet.
    pub fn events(&self, after: Option<Seq>, filter: EventFilter) -> Events {
        Events { client: self.clone(), filter, after, stream: None }
    }
}

impl EventFilter {
    fn asked(&self, call: Call) -> Call {
        let kinds = (!self.kinds.is_empty()).then(|| self.kinds.join(","));
        call.query("type", kinds).query("wcId", self.wc_id.as_ref().map(WcId::as_str))
    }
}

impl Events {
    /// The last event that was passed; `None` before the daemon has said where its journal is.
    pub fn after(&self) -> Option<Seq> {
        self.after
    }

    /// What comes next, as soon as there is something. Waits without end. After an error the next call connects
    /// anew; dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<News, ClientError> {
        loop {
            let stream = match &mut self.stream {
                Some(stream) => stream,
                None => self.stream.insert(Stream::open(&self.client, &self.filter, self.after).await?),
            };
            let block = match stream.block().await {
                Ok(block) => block,
                Err(broken) => {
                    self.stream = None;
                    return Err(ClientError::unreachable(&self.client.target, broken));
                }
            };
            self.after = block.id.or(self.after);
            let data = block.data.as_bytes();
            let news = match block.kind.as_str() {
                _ if data.is_empty() => match block.id {
                    Some(at) => return Ok(News::At(at)),
                    None => continue,
                },
                "reset" => serde_json::from_slice(data).map(News::Reset),
                _ => serde_json::from_slice(data).map(|event| News::Event(Box::new(event))),
            };
            return news.map_err(|source| {
                let what = "GET /v1/events".to_owned();
                ClientError::Unreadable { what, status: 200, excerpt: block.kind, source: Some(source) }
            });
        }
    }
}

/// A stream that is open.
#[derive(Debug)]
struct Stream {
    body: Incoming,
    received: BytesMut,
    blocks: VecDeque<Block>,
    connection: JoinHandle<()>,
}

/// A block of a `text/event-stream`, as far as the daemon makes use of the format.
#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    id: Option<Seq>,
    kind: String,
    data: String,
}

impl Stream {
    async fn open(client: &Client, filter: &EventFilter, after: Option<Seq>) -> Result<Self, ClientError> {
        let call = filter.asked(Call::new(Method::GET, "/v1/events").query("after", after));
        let (body, connection) = call.accept("text/event-stream").open(&client.target).await?;
        Ok(Self { body, received: BytesMut::new(), blocks: VecDeque::new(), connection })
    }

    async fn block(&mut self) -> Result<Block, Unreachable> {
        loop {
            if let Some(block) = self.blocks.pop_front() {
                return Ok(block);
            }
            let frame = timeout(SILENCE, self.body.frame()).await;
            let frame = frame.map_err(|_| ExchangeError::Stalled(SILENCE))?.ok_or(Unreachable::Ended)?;
            let data = frame.map_err(ExchangeError::Connection)?.into_data().unwrap_or_default();
            self.received.extend_from_slice(&data);
            while let Some(end) = self.received.windows(2).position(|end| end == b"\n\n") {
                self.blocks.push_back(Block::of(&self.received.split_to(end + 2)));
            }
            if self.received.len() > BLOCK {
                return Err(ExchangeError::TooLarge(BLOCK).into());
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Block {
    fn of(text: &[u8]) -> Self {
        let mut block = Self::default();
        for line in String::from_utf8_lossy(text).lines() {
            match line.split_once(": ") {
                Some(("id", id)) => block.id = id.parse().ok().map(Seq),
                Some(("event", kind)) => kind.clone_into(&mut block.kind),
                Some(("data", data)) => block.data.push_str(data),
                // A comment, or what a newer daemon adds.
                _ => {}
            }
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::fake::{Fake, event, event_block};

    fn seq(news: &News) -> u64 {
        match news {
            News::Event(event) => event.seq.0,
            News::Reset(_) | News::At(_) => 0,
        }
    }

    #[test]
    fn comments_and_unknown_fields_are_passed_over() {
        let block = Block::of(b": at 7\nid: 7\n\n");
        assert_eq!(block, Block { id: Some(Seq(7)), ..Block::default() });
        let block = Block::of(b"id: 8\nevent: fleet.storm\nretry: 5\ndata: {\"a\": \"b: c\"}\n\n");
        let data = r#"{"a": "b: c"}"#.to_owned();
        assert_eq!(block, Block { id: Some(Seq(8)), kind: "fleet.storm".to_owned(), data });
    }

    #[tokio::test]
    async fn a_stream_that_breaks_goes_on_where_it_was() {
        let fake = Fake::start();
        let [first, second] = [3, 4].map(|n| event_block(&event(n)));
        // The first one breaks within an event, the second one ends as when the daemon is stopped.
        fake.will_tell(&[": at 2\nid: 2\n\n", &first, &second[..20]]);
        fake.will_tell(&[&second]);
        let filter =
            EventFilter { kinds: vec!["session.*".to_owned()], wc_id: Some("wxid_a".parse().unwrap()) };
        let mut events = fake.client().events(None, filter);
        assert_eq!(events.next().await.unwrap(), News::At(Seq(2)));
        assert_eq!(seq(&events.next().await.unwrap()), 3);
        assert!(events.next().await.unwrap_err().is_unreachable());
        assert_eq!(events.after(), Some(Seq(3)));
        assert_eq!(seq(&events.next().await.unwrap()), 4);
        let asked = ["type=session.%2A&wcId=wxid_a", "after=3&type=session.%2A&wcId=wxid_a"];
        assert_eq!(fake.world().streams_asked, asked);
    }

    #[tokio::test]
    async fn a_reset_is_told_and_is_a_place_to_come_back_to() {
        let fake = Fake::start();
        fake.will_tell(&["id: 7\nevent: reset\ndata: {\"oldest\":8,\"last\":20}\n\n"]);
        let mut events = fake.client().events(Some(Seq(2)), EventFilter::default());
        let reset = Reset { oldest: Seq(8), last: Seq(20) };
        assert_eq!(events.next().await.unwrap(), News::Reset(reset));
        assert_eq!(events.after(), Some(Seq(7)));
    }
}
