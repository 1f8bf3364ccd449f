//! What every handler of the sandbox shares: the world and its clock, the member, the script, the tally of calls.
//!
//! Each lock is held for a moment and never across an await. [`Hub::keep_time`] is the task that lets things
//! happen when they are due, also while nobody asks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::HOST;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::callback::Post;
use super::member::Member;
use super::script::Script;
use super::world::World;

/// The shared state of one sandbox.
#[derive(Debug)]
pub(super) struct Hub {
    world: Mutex<World>,
    member: Mutex<Member>,
    script: Mutex<Script>,
    calls: Mutex<BTreeMap<&'static str, u64>>,
    /// The world's time zero.
    started: Instant,
    /// Something is due sooner than before.
    sooner: Notify,
    posts: mpsc::Sender<Post>,
    /// How long a call for an answer blocks.
    pub(super) block: Duration,
    addr: SocketAddr,
}

impl Hub {
    pub(super) fn new(
        world: World,
        member: Member,
        script: Script,
        posts: mpsc::Sender<Post>,
        block: Duration,
        addr: SocketAddr,
    ) -> Self {
        Self {
            world: Mutex::new(world),
            member: Mutex::new(member),
            script: Mutex::new(script),
            calls: Mutex::default(),
            started: Instant::now(),
            sooner: Notify::new(),
            posts,
            block,
            addr,
        }
    }

    /// Works on the world as it is now.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = lock(&self.world);
        let planned = world.next_due();
        world.advance(self.started.elapsed());
        let result = work(&mut world);
        let due = world.next_due();
        let notices = world.take_notices();
        drop(world);
        if due.is_some_and(|due| planned.is_none_or(|planned| due < planned)) {
            self.sooner.notify_one();
        }
        for notice in notices {
            self.post(|account| Post::offline(account, &notice));
        }
        result
    }

    pub(super) fn member(&self) -> MutexGuard<'_, Member> {
        lock(&self.member)
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub(super) fn count(&self, call: &'static str) {
        *lock(&self.calls).entry(call).or_default() += 1;
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.calls).clone()
    }

    /// Posts to the callback URL, where there is one.
    pub(super) fn post(&self, message: impl FnOnce(&str) -> serde_json::Value) {
        let member = self.member();
        let Some(url) = member.callback().cloned() else { return };
        let body = message(member.account());
        drop(member);
        if self.posts.try_send(Post { url, body }).is_err() {
            tracing::warn!("a callback is lost: too many wait to be posted");
        }
    }

    /// Where the caller found this sandbox: links in answers begin with it, so that they work through a tunnel too.
    pub(super) fn origin(&self, headers: &HeaderMap) -> String {
        let plain = |host: &&str| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
        };
        match headers.get(HOST).and_then(|host| host.to_str().ok()).filter(plain) {
            Some(host) => format!("http://{host}"),
            None => format!("http://{}", self.addr),
        }
    }

    /// Lets things happen when they are due; never ends by itself.
    pub(super) async fn keep_time(&self) {
        loop {
            let due = self.with(|world| world.next_due());
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(self.started + due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                () = self.sooner.notified() => {}
            }
        }
    }
}

/// A poisoned lock means that a test's assertion or a bug panicked while holding it; the data are whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
