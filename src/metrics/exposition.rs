//! The text that Prometheus reads, and what there is when it asks.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use wxlogin_state::{System, TokenState};

use super::process::Process;
use super::{Labels, Metrics};
use crate::clock::Clock;
use crate::view::View;

/// What the text is: OpenMetrics 1.0, which every Prometheus since 2.5 reads.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything there is to read.
#[derive(Debug)]
pub struct Exposition(Registry);

impl Exposition {
    /// What `metrics` count, and what there is in `view`; `writable` says whether the store can be written, `backlog`
    /// how many events the receivers of webhooks have not come to.
    pub fn new(
        metrics: &Metrics,
        view: Arc<View>,
        clock: Clock,
        writable: impl Fn() -> bool + Send + Sync + 'static,
        backlog: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let mut registry = Registry::with_prefix("wxlogind");
        metrics.register(&mut registry);
        registry.register_collector(Box::new(Standing {
            view,
            clock,
            writable: Box::new(writable),
            backlog: Box::new(backlog),
        }));
        registry.register_collector(Box::new(Process));
        Self(registry)
    }

    /// The text, of [`CONTENT_TYPE`].
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(32 * 1024);
        encode(&mut text, &self.0)?;
        Ok(text)
    }
}

/// What there is. All of it is counted as it changes, so asking costs the same however much there is.
struct Standing {
    view: Arc<View>,
    clock: Clock,
    writable: Box<dyn Fn() -> bool + Send + Sync>,
    backlog: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").finish_non_exhaustive()
    }
}

impl Collector for Standing {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.view.counts();
        let sessions = counts.sessions.map(|(state, count)| ([("state", state.as_str())], count));
        gauges(&mut to, "sessions", "Sessions that are known, by state", sessions)?;
        let offline = counts.accounts.saturating_sub(counts.online);
        let accounts = [([("online", "true")], counts.online), ([("online", "false")], offline)];
        gauges(&mut to, "accounts", "Accounts that are known", accounts)?;
        let tokens = [System::App, System::OfficialAccount].into_iter().flat_map(|system| {
            [TokenState::Active, TokenState::Expiring, TokenState::Expired].map(|state| (system, state))
        });
        let tokens = tokens.map(|(system, state)| {
            let count = counts.tokens.get(&(system, state)).copied().unwrap_or(0);
            ([("system", system.as_str()), ("state", state.as_str())], count)
        });
        gauges(&mut to, "tokens", "Tokens that are kept, by system and state", tokens)?;
        let help = "Logins of known accounts that are on their way";
        gauge(&mut to, "relogins_pending", help, counts.relogins)?;
        let now = self.clock.now();
        let oldest = counts.oldest_relogin.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
        let help = "For how long the account is offline that has waited longest for its login";
        gauge(&mut to, "relogins_pending_oldest_seconds", help, oldest.max(0.0))?;
        let help =
            "Events of the journal that the receivers of webhooks have not come to, all of them together";
        gauge(&mut to, "webhook_backlog", help, (self.backlog)())?;
        let writable = u32::from((self.writable)());
        gauge(&mut to, "store_writable", "Whether changes are taken", writable)
    }
}

/// A family of gauges.
fn gauges<const N: usize>(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (Labels<N>, usize)>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, count) in values {
        ConstGauge::new(count).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

/// One gauge.
pub(super) fn gauge(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: impl EncodeGaugeValue,
) -> fmt::Result {
    ConstGauge::new(value).encode(to.encode_descriptor(name, help, None, MetricType::Gauge)?)
}
