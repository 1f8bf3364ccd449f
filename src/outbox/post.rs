//! One message to one receiver: how it is called, and what it may answer.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, HeaderMap, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};
use tokio::time::timeout;
use wxlogin_state::Seq;
use wxlogin_state::public::Event;

use super::SetupError;
use super::card::Card;
use super::robot::{self, Answer};
use super::sign::Signer;
use crate::config::{Webhook, WebhookFormat};
use crate::exchange::{ExchangeError, Limits, exchange};
use crate::feed::Posted;
use crate::platform::transport::{AGENT, Endpoint, Transport};

/// What one attempt may take, connecting included (hardening.md, "HTTP", 12).
const ATTEMPT: Duration = Duration::from_secs(15);

/// How much a receiver may say; only robots are listened to.
const LIMITS: Limits = Limits { head: ATTEMPT, read: ATTEMPT, body: 1024 * 1024 };

/// What one message carries.
#[derive(Debug, Clone)]
pub(super) enum Load {
    /// For programs: an event, as it was rendered for everybody.
    Event(Arc<Posted>),
    /// For robots: alerts of one type, at least one.
    Alerts(Vec<Event>),
}

impl Load {
    pub(super) fn seqs(&self) -> Vec<Seq> {
        match self {
            Self::Event(posted) => vec![posted.seq()],
            Self::Alerts(events) => events.iter().map(|event| event.seq).collect(),
        }
    }

    /// When the last of it happened.
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Event(posted) => posted.at(),
            Self::Alerts(events) => events.iter().map(|event| event.at).max().unwrap_or_default(),
        }
    }

    pub(super) fn into_events(self) -> Result<Vec<Event>, serde_json::Error> {
        match self {
            Self::Event(posted) => Ok(vec![posted.event()?]),
            Self::Alerts(events) => Ok(events),
        }
    }
}

/// What became of an attempt, and in a clause how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) what: String,
    /// The HTTP status, where there was an answer.
    pub(super) status: Option<u16>,
}

/// What that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is taken.
    Delivered,
    /// It is not; later, and not before this time has passed where the receiver said so.
    Failed(Option<Duration>),
    /// The receiver wants nothing any more.
    Gone,
}

/// A receiver, as it is called.
pub(super) struct Post {
    webhook: Webhook,
    endpoint: Endpoint,
    signer: Option<Signer>,
    zone: TimeZone,
    transport: Arc<Transport>,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Post({})", self.webhook.url)
    }
}

impl Post {
    pub(super) fn new(
        webhook: Webhook,
        zone: TimeZone,
        transport: Arc<Transport>,
    ) -> Result<Self, SetupError> {
        let shown = || webhook.url.to_string();
        let endpoint = Endpoint::of(webhook.url.reveal()).ok_or_else(|| SetupError::Url(shown()))?;
        if endpoint.secure {
            transport.tls().map_err(|source| SetupError::Tls { url: shown(), source })?;
        }
        let signs = webhook.format == WebhookFormat::Standard;
        let signer = webhook.secret.as_ref().filter(|_| signs).map(Signer::new).transpose();
        let signer = signer.map_err(|_| SetupError::Secret(shown()))?;
        Ok(Self { webhook, endpoint, signer, zone, transport })
    }

    /// What carries this one event to this receiver.
    pub(super) fn load(&self, event: Event) -> Load {
        match self.webhook.format {
            WebhookFormat::Standard => Load::Event(Arc::new(Posted::new(event))),
            _ => Load::Alerts(vec![event]),
        }
    }

    /// One attempt.
    pub(super) async fn send(&self, load: &Load, now: Timestamp) -> Outcome {
        let request = match self.request(load, now) {
            Ok(request) => request,
            Err(error) => return failed(format!("no request can be made of it: {error}")),
        };
        match timeout(ATTEMPT, self.exchange(request)).await {
            Ok(Ok(response)) => self.judge(&response, now),
            Ok(Err(PostError::Unreachable(error))) => failed(format!("it cannot be reached: {error}")),
            Ok(Err(PostError::Exchange(error))) => failed(error.to_string()),
            Err(_) => failed(format!("no whole answer within {ATTEMPT:?}")),
        }
    }

    fn request(&self, load: &Load, now: Timestamp) -> io::Result<Request<Full<Bytes>>> {
        let url = self.webhook.url.reveal();
        let mut path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let (body, id) = match load {
            Load::Event(posted) => (posted.json(), Some(message_id(posted))),
            Load::Alerts(events) => {
                let card = Card::of(events, &self.zone);
                let secret = self.webhook.secret.as_ref();
                let body;
                (path, body) = robot::message(self.webhook.format, url, secret, &card, now);
                (serde_json::to_vec(&body)?.into(), None)
            }
        };
        let mut request = Request::post(path)
            .header(HOST, &self.endpoint.authority)
            .header(USER_AGENT, AGENT)
            .header(CONNECTION, "close")
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json; charset=utf-8");
        if let (Some(id), Some(signer)) = (id, &self.signer) {
            let signature = signer.sign(&id, now, &body).map_err(io::Error::other)?;
            request = request
                .header(HEADER_WEBHOOK_ID, id)
                .header(HEADER_WEBHOOK_TIMESTAMP, now.as_second())
                .header(HEADER_WEBHOOK_SIGNATURE, signature);
        }
        request.body(Full::new(body)).map_err(io::Error::other)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, PostError> {
        let addresses = self.endpoint.resolve().await.map_err(PostError::Unreachable)?;
        let stream = self.transport.connect(&self.endpoint, &addresses).await;
        exchange(stream.map_err(PostError::Unreachable)?, request, LIMITS).await.map_err(PostError::Exchange)
    }

    fn judge(&self, response: &Response<Bytes>, now: Timestamp) -> Outcome {
        let status = response.status();
        let what = format!("HTTP status {}", status.as_u16());
        let (verdict, what) = match status {
            StatusCode::GONE => (Verdict::Gone, what),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                (Verdict::Failed(retry_after(response.headers(), now)), what)
            }
            status if status.is_redirection() => (
                Verdict::Failed(None),
                format!("{what}; redirects are not followed: configure where it leads"),
            ),
            status if !status.is_success() => (Verdict::Failed(None), what),
            _ if self.webhook.format == WebhookFormat::Standard => (Verdict::Delivered, what),
            _ => match robot::answer(self.webhook.format, response.body()) {
                Answer::Taken => (Verdict::Delivered, what),
                Answer::Refused(what, asked) => (Verdict::Failed(asked), what),
            },
        };
        Outcome { verdict, what, status: Some(status.as_u16()) }
    }
}

enum PostError {
    Unreachable(io::Error),
    Exchange(ExchangeError),
}

fn failed(what: String) -> Outcome {
    Outcome { verdict: Verdict::Failed(None), what, status: None }
}

/// The message's name, the same in every attempt. The time is in it, because a host that is set up anew counts from 1
/// again.
fn message_id(posted: &Posted) -> String {
    format!("evt_{}_{}", posted.seq(), posted.at().as_millisecond())
}

/// In seconds or as a date (RFC 9110, 10.2.3); `None` where it is neither.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = Timestamp::try_from(httpdate::parse_http_date(asked).ok()?).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_second(784_111_700).unwrap();
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(77)),
            ("Sat, 05 Nov 1994 08:49:37 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_message_has_one_name_that_no_other_has() {
        let event = |json: &str| Posted::new(serde_json::from_str(json).unwrap());
        let first = event(r#"{"seq":7,"at":"2026-01-01T00:00:00Z","type":"fleet.storm"}"#);
        let other = event(r#"{"seq":7,"at":"2026-02-01T00:00:00Z","type":"fleet.storm"}"#);
        assert_eq!(message_id(&first), "evt_7_1767225600000");
        assert_ne!(message_id(&first), message_id(&other));
    }
}
