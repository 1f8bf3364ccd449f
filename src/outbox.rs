//! Webhooks that survive: each receiver gets every event it wants, in order, at least once, over restarts too.
//!
//! ```text
//!   journal ──► courier, one for each receiver ──► receiver
//!                 │  ▲
//!                 ▼  └── how far it has come, when it is tried next, dead letters
//!               driver ──► store
//! ```
//!
//! What is owed is a place in the journal (state/src/outbox.rs), so an event is owed by the commit that it tells of.
//! A receiver is known by its URL: another order of the configuration, another secret or another choice of events
//! changes nothing of what it is owed; another URL is another receiver, which begins with what happens next.
//!
//! | room | for |
//! |---|---|
//! | `courier`, `desk` | the task of one receiver, and what waits for it |
//! | `post` | one attempt: request, answer, what that means |
//! | `sign` | signatures |
//! | `alerts` | what a robot says, and when |
//! | `card`, `robot` | how it says that, in Chinese, in the form of each platform |

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Uri;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};
use wxlogin_state::public::Event;
use wxlogin_state::{DeadLetter, Hook, HookChange, HookId, InvalidId, Seq, hex};

use crate::clock::Clock;
use crate::config::{self, WebhookFormat};
use crate::driver::Driver;
use crate::feed::{Filter, Follower};
use crate::metrics::Metrics;
use crate::platform::transport::Transport;
use crate::wire;

mod alerts;
mod card;
mod courier;
mod desk;
mod post;
mod robot;
mod sign;

use alerts::{Alerts, Quota};
use courier::{Courier, Replay};
use desk::Desk;
use post::{Post, Verdict};

/// Between two looks for receivers to forget, at most: clocks are set.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Before one that cannot be forgotten yet is to be forgotten again.
const FORGET_AGAIN: Duration = Duration::from_mins(1);

/// Why a receiver cannot be served with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// It is nowhere.
    #[error("webhook.url {0} is not an absolute http or https URL without a user name")]
    Url(String),
    /// The URL is https, and this host cannot do TLS.
    #[error("TLS to webhook.url {url} is not possible")]
    Tls {
        /// Where.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// What it should be signed with is no key.
    #[error("the secret of webhook.url {0} is not whsec_ and base64")]
    Secret(String),
    /// No name can be made for it.
    #[error("no name can be made for a webhook")]
    Name(#[from] InvalidId),
}

/// Who is told of events.
pub struct Webhooks {
    driver: Driver,
    clock: Clock,
    metrics: Metrics,
    transport: Arc<Transport>,
    tasks: TaskTracker,
    stop: CancellationToken,
    receivers: Mutex<Vec<Receiver>>,
    /// Held while it is decided who is served, and who is forgotten.
    deciding: tokio::sync::Mutex<()>,
}

/// One of them, as configured.
#[derive(Debug, Clone)]
struct Receiver {
    id: HookId,
    settings: config::Webhook,
    zone: TimeZone,
    post: Arc<Post>,
    replays: mpsc::Sender<Replay>,
    come: watch::Receiver<Seq>,
    stop: CancellationToken,
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.receivers().iter().map(|receiver| &receiver.settings)).finish()
    }
}

impl Webhooks {
    /// Nobody yet; couriers are tasks of these, until `stop`, and so is who forgets them.
    pub fn new(
        driver: Driver,
        clock: Clock,
        metrics: Metrics,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (transport, receivers, deciding) =
            (Arc::new(Transport::new()), Mutex::default(), tokio::sync::Mutex::default());
        let webhooks = Arc::new(Self { driver, clock, metrics, transport, tasks, stop, receivers, deciding });
        let forgetting = webhooks.clone().forget_in_time();
        let stop = webhooks.stop.clone();
        webhooks.tasks.spawn(async move { stop.run_until_cancelled(forgetting).await });
        webhooks
    }

    /// How many events of the journal the receivers have not come to, all of them together.
    pub fn backlog(&self) -> u64 {
        let last = self.driver.feed().last();
        let behind = |receiver: &Receiver| last.0.saturating_sub(receiver.come.borrow().0);
        self.receivers().iter().map(behind).sum()
    }

    /// Serves these receivers from now on, and robots by the time of `zone`. Where one of them cannot be served nothing
    /// changes.
    pub async fn configure(&self, settings: &[config::Webhook], zone: &TimeZone) -> Result<(), SetupError> {
        let posts: Vec<(HookId, Arc<Post>)> = settings
            .iter()
            .map(|webhook| {
                let post = Post::new(webhook.clone(), zone.clone(), self.transport.clone())?;
                Ok((hook_id(webhook.url.reveal())?, Arc::new(post)))
            })
            .collect::<Result<_, SetupError>>()?;
        let _deciding = self.deciding.lock().await;
        {
            let mut receivers = self.receivers();
            let mut before = std::mem::take(&mut *receivers);
            for (webhook, (id, post)) in settings.iter().zip(posts) {
                let same = before.iter().position(|it| it.settings == *webhook && it.zone == *zone);
                if let Some(at) = same {
                    receivers.push(before.swap_remove(at));
                    continue;
                }
                // Two couriers of one receiver would double what it is owed.
                for doubled in before.iter().filter(|it| it.id == id) {
                    doubled.stop.cancel();
                }
                receivers.push(self.begin(id, webhook.clone(), zone.clone(), post));
            }
            for gone in &before {
                gone.stop.cancel();
            }
        }
        self.forget_others().await;
        Ok(())
    }

    fn begin(&self, id: HookId, settings: config::Webhook, zone: TimeZone, post: Arc<Post>) -> Receiver {
        let feed = self.driver.feed();
        let (outbox, now) = (self.driver.outbox(), self.clock.now());
        let known = outbox.hook(&id).filter(|hook| !hook.is_forgettable(now)).cloned();
        // One that was away for too long is another, and so are the dead letters that it left.
        let forgotten = if known.is_some() { Vec::new() } else { outbox.dead_seqs(&id) };
        let hook = known.unwrap_or_else(|| Hook::new(id.clone(), feed.last()));
        let hook = Hook { absent_since: None, ..hook };
        // One at a time: who asks while another replay is being noted waits.
        let (replays, asked) = mpsc::channel(1);
        let (come, come_so_far) = watch::channel(hook.done);
        let stop = self.stop.child_token();
        let desk = match settings.format {
            WebhookFormat::Standard => Desk::Programs(VecDeque::new()),
            _ => Desk::Robot(Alerts::default(), Quota::default()),
        };
        let courier = Courier {
            metrics: self.metrics.clone(),
            url: settings.url.to_string(),
            post: post.clone(),
            filter: Filter { kinds: settings.events.clone(), wc_id: None },
            desk,
            follower: Follower::new(feed, self.driver.older(), hook.done),
            hook,
            driver: self.driver.clone(),
            clock: self.clock.clone(),
            replays: asked,
            come,
        };
        self.tasks.spawn(courier.run(forgotten, stop.clone()));
        Receiver { id, settings, zone, post, replays, come: come_so_far, stop }
    }

    /// Forgets those whose three days end while nothing is configured anew.
    async fn forget_in_time(self: Arc<Self>) {
        loop {
            let (outbox, now) = (self.driver.outbox(), self.clock.now());
            let next = outbox.hooks().filter_map(|hook| hook.forgettable_in(now)).min();
            sleep(match next {
                Some(Duration::ZERO) => FORGET_AGAIN,
                next => next.unwrap_or(FORGET_EVERY).min(FORGET_EVERY),
            })
            .await;
            let _deciding = self.deciding.lock().await;
            self.forget_others().await;
        }
    }

    /// The journal waits no longer for receivers that are not configured; after three days they are forgotten.
    async fn forget_others(&self) {
        let now = self.clock.now();
        let outbox = self.driver.outbox();
        let known: Vec<HookId> = self.receivers().iter().map(|receiver| receiver.id.clone()).collect();
        for hook in outbox.hooks().filter(|hook| !known.contains(&hook.id)) {
            let change = if hook.is_forgettable(now) {
                info!(hook = %hook.id, deadLetters = outbox.count_dead(&hook.id), "a webhook is forgotten");
                outbox.forgetting(&hook.id)
            } else if hook.absent_since.is_none() {
                info!(hook = %hook.id, done = hook.done.0, "a webhook is not configured any more; it is remembered for three days");
                HookChange::of(Hook { absent_since: Some(now), ..hook.clone() })
            } else {
                continue;
            };
            if let Err(denied) = self.driver.change_hook(change).await {
                warn!(
                    error = &denied as &dyn Error,
                    "a webhook that is not configured cannot be forgotten yet"
                );
            }
        }
    }

    /// All of them, in the order of the configuration.
    pub fn list(&self) -> Vec<wire::Webhook> {
        let (outbox, last) = (self.driver.outbox(), self.driver.feed().last());
        let standing = |(n, receiver): (usize, &Receiver)| {
            // It is written down a moment after it is configured.
            let hook = outbox.hook(&receiver.id).cloned();
            let hook = hook.unwrap_or_else(|| Hook::new(receiver.id.clone(), last));
            let done = *receiver.come.borrow();
            let backlog = last.0.saturating_sub(done.0);
            let state = match &hook {
                hook if hook.replay_to.is_some() => wire::WebhookState::Replaying,
                hook if hook.gone_at.is_some() => wire::WebhookState::Gone,
                hook if hook.failing.is_some() => wire::WebhookState::Failing,
                _ if backlog > 0 => wire::WebhookState::Delivering,
                _ => wire::WebhookState::Idle,
            };
            let next = hook.failing.filter(|_| state == wire::WebhookState::Failing);
            wire::Webhook {
                n,
                url: receiver.settings.url.to_string(),
                format: receiver.settings.format.as_str().to_owned(),
                events: receiver.settings.events.iter().map(ToString::to_string).collect(),
                state,
                done,
                backlog,
                last: hook.last,
                failing_since: hook.failing.map(|failing| failing.since),
                next_attempt_at: next.map(|failing| failing.next_at),
                gone_at: hook.gone_at,
                dead_letters: outbox.count_dead(&receiver.id),
                let_go: hook.let_go,
            }
        };
        (1..).zip(&*self.receivers()).map(standing).collect()
    }

    /// At most `most` dead letters of the `n`th receiver after the event `after`; `None` where there is no such receiver.
    pub fn dead_letters(&self, n: usize, after: Seq, most: usize) -> Option<Vec<Arc<DeadLetter>>> {
        let receiver = self.receiver(n)?;
        Some(self.driver.outbox().dead_letters_of(&receiver.id, after).take(most).cloned().collect())
    }

    /// Has the dead letters of the `n`th receiver sent again, and what it is owed where it was gone: how many dead
    /// letters. `None` where there is no such receiver, or it is being taken out of the configuration.
    pub async fn replay(&self, n: usize) -> Option<usize> {
        let receiver = self.receiver(n)?;
        let (reply, count) = oneshot::channel();
        receiver.replays.send(reply).await.ok()?;
        count.await.ok()
    }

    /// Sends the `n`th receiver a test message now, whatever else it is owed; `None` where there is no such receiver.
    pub async fn test(&self, n: usize) -> Option<wire::Tested> {
        let receiver = self.receiver(n)?;
        let now = self.clock.now();
        let event = Event {
            seq: Seq::default(),
            at: now,
            kind: card::TEST.to_owned(),
            w_id: None,
            wc_id: None,
            session: None,
            account: None,
            token: None,
            why: Some("somebody asked for a test message".to_owned()),
            todo: None,
            until: None,
            link: None,
        };
        let outcome = receiver.post.send(&receiver.post.load(event), now).await;
        let delivered = outcome.verdict == Verdict::Delivered;
        Some(wire::Tested { delivered, status: outcome.status, what: outcome.what })
    }

    fn receiver(&self, n: usize) -> Option<Receiver> {
        self.receivers().get(n.checked_sub(1)?).cloned()
    }

    fn receivers(&self) -> MutexGuard<'_, Vec<Receiver>> {
        self.receivers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By which name a receiver is known: its URL, which no two share, as a hash.
fn hook_id(url: &Uri) -> Result<HookId, InvalidId> {
    let hash = Sha256::digest(url.to_string().as_bytes());
    hex(&hash[..8]).parse()
}
