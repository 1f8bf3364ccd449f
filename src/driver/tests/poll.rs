//! One long-poll by itself, in a time that the test moves.

use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, advance};
use wxlogin_state::{Call, Outbox, Seq};

use super::platform::{self, Fake};
use super::world::id;
use crate::driver::poll;
use crate::driver::{Driver, StoreState};
use crate::feed::Feed;

/// Time stands still but for [`advance`]: the socket is real, so the runtime must not skip to the next timer
/// whenever it waits. It does not while a blocking task is under way.
fn stand_still() -> std::sync::mpsc::Sender<()> {
    let (until, ended) = std::sync::mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || ended.recv());
    until
}

async fn poll_of_w1() -> (Fake, tokio::task::JoinHandle<()>) {
    let fake = Fake::start().await;
    let (_store, state) = watch::channel(StoreState::Writable);
    let (driver, _inbox) = Driver::new(state, Feed::new(Seq::default()), watch::channel(Outbox::default()).1);
    let call = Call { round: 1, code: None };
    let poll = tokio::spawn(poll::run(fake.client.clone(), driver, id("w1"), call, Duration::ZERO));
    (fake, poll)
}

/// The next call, however long that takes in steps of 20 ms.
async fn next_call(fake: &mut Fake) -> platform::Call {
    let (asked, mut next) = oneshot::channel();
    let wait = async {
        let _ = asked.send(fake.polled("w1").await);
    };
    let moving = async {
        loop {
            if let Ok(call) = next.try_recv() {
                return call;
            }
            advance(Duration::from_millis(20)).await;
            tokio::task::yield_now().await;
        }
    };
    futures_util::future::join(wait, moving).await.1
}

#[tokio::test(start_paused = true)]
async fn quick_504s_are_asked_again_at_the_pace() {
    let _still = stand_still();
    let (mut fake, poll) = poll_of_w1().await;
    let begun = Instant::now();
    for _ in 0..10 {
        next_call(&mut fake).await.answer(504, "<html>Gateway Time-out</html>");
    }
    // Ten waits of up to 0.2, 0.4, … 10 s; at once would be nothing.
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    poll.abort();
}

#[tokio::test(start_paused = true)]
async fn a_504_after_a_long_wait_is_asked_again_at_once() {
    let _still = stand_still();
    let (mut fake, poll) = poll_of_w1().await;
    for _ in 0..10 {
        let call = fake.polled("w1").await;
        advance(Duration::from_mins(1)).await;
        call.answer(504, "<html>Gateway Time-out</html>");
    }
    // Nothing but this moves the time, so no call after the first has waited.
    fake.polled("w1").await;
    poll.abort();
}
