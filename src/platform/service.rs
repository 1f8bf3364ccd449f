//! A platform as it is called over HTTP: what the clients of the three systems share.

use bytes::Bytes;
use futures_util::FutureExt;
use hyper::header::HeaderValue;
use hyper::{Method, Response, Uri};

use super::transport::{Endpoint, Message, Transport};
use super::{SetupError, Trouble};
use crate::exchange::Limits;
use crate::metrics::{Metrics, Outcome};

/// Where a platform is, and how its calls are made and counted.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) endpoint: Endpoint,
    /// What comes before each call's path; no slash at its end.
    prefix: String,
    pub(super) transport: Transport,
    pub(super) metrics: Metrics,
}

/// What a call sends beside its path.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    /// Without its question mark; empty where there is none.
    pub(super) query: &'a str,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) media_type: Option<&'static str>,
    pub(super) body: Bytes,
    pub(super) limits: Limits,
}

impl Service {
    /// The platform at this absolute http or https URL.
    pub(super) fn new(transport: Transport, base_url: &Uri) -> Result<Self, SetupError> {
        let endpoint = Endpoint::of(base_url).ok_or(SetupError::BaseUrl)?;
        if endpoint.secure {
            transport.tls().map_err(SetupError::Tls)?;
        }
        let prefix = base_url.path().trim_end_matches('/').to_owned();
        Ok(Self { endpoint, prefix, transport, metrics: Metrics::default() })
    }

    /// The same, these calls of it counted by `metrics`.
    pub(super) fn counted_by(self, metrics: &Metrics, calls: &[&'static str]) -> Self {
        metrics.expect_calls(calls);
        Self { metrics: metrics.clone(), ..self }
    }

    /// Makes a call and reads its answer; `outcome` says what one that could be read counts as.
    ///
    /// No async block: ten thousand polls wait here, and one would keep the exchange twice.
    pub(super) fn call<'a, T, R, O>(
        &'a self,
        path: &'a &'static str,
        outgoing: Outgoing<'_>,
        read: R,
        outcome: O,
    ) -> impl Future<Output = Result<T, Trouble>> + use<'a, T, R, O>
    where
        R: FnOnce(Response<Bytes>) -> Result<T, Trouble>,
        O: FnOnce(&T) -> Outcome,
    {
        let Outgoing { method, query, authorization, media_type, body, limits } = outgoing;
        let mark = if query.is_empty() { "" } else { "?" };
        let target = format!("{}{path}{mark}{query}", self.prefix);
        let message = Message { method, path: &target, authorization, media_type, body };
        let asked = self.metrics.asks(path);
        self.transport.send(&self.endpoint, message, limits).map(move |response| {
            let result = response.and_then(read);
            asked.ended(result.as_ref().map_or_else(Outcome::from, outcome));
            result
        })
    }
}
