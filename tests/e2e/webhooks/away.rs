//! Receivers that no configuration names for a while, or for too long.

use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{sleep, timeout};
use wxlogin_state::{Batch, DeadLetter, Hook as Row, HookChange, Retention, Seq, StateDir, Store};
use wxlogind::clock::Clock;

use super::{churn, seqs, telling};
use crate::harness::{Hook, Host, PATIENCE};

/// Makes it that the only receiver has not been configured for so long, and has left a dead letter.
pub(crate) fn absent(host: &Host, since: SignedDuration) {
    let dir = StateDir::claim(&host.state()).unwrap();
    let (mut store, contents) = Store::open(&dir, Retention { events: 100_000 }).unwrap();
    let event = store.events(Seq(0), 1).unwrap().remove(0);
    let now = Clock::system().now();
    let hook: Row = contents.outbox.hooks().next().unwrap().clone();
    let letter = DeadLetter { hook: hook.id.clone(), since: now, what: "HTTP status 500".to_owned(), event };
    let hook = Box::new(Row { absent_since: Some(now - since), done: Seq(0), ..hook });
    let mut batch = Batch::default();
    batch.change_hook(&HookChange::Keep { hook, buried: vec![letter], raised: Vec::new() }).unwrap();
    store.commit(&batch).unwrap();
}

#[tokio::test]
async fn a_receiver_that_comes_back_after_three_days_is_another() {
    let hook = Hook::start().await;
    let (_platform, mut daemon) = telling(&hook, "").await;
    churn(&daemon, 1).await;
    hook.until_event(2).await;
    for (days, owed) in [(2, vec![1, 2, 3, 4]), (4, vec![5, 6])] {
        let before = hook.posted().len();
        assert!(daemon.stop().await.0.success());
        absent(&daemon.host, SignedDuration::from_hours(24 * days));
        daemon.restart().await;
        churn(&daemon, 1).await;
        assert_eq!(seqs(&hook.until_event(*owed.last().unwrap()).await[before..]), owed, "{days} days");
        assert_eq!(daemon.webhooks().await.unwrap()[0].dead_letters, usize::from(days == 2));
    }
}

#[tokio::test]
async fn a_receiver_is_forgotten_in_its_time_without_a_reload() {
    let hook = Hook::start().await;
    let (_platform, mut daemon) = telling(&hook, "").await;
    churn(&daemon, 1).await;
    hook.until_event(2).await;
    assert!(daemon.stop().await.0.success());
    let text = fs::read_to_string(daemon.host.config()).unwrap();
    fs::write(daemon.host.config(), text.split("[[webhook]]").next().unwrap()).unwrap();
    absent(&daemon.host, SignedDuration::from_hours(72) - SignedDuration::from_secs(10));
    daemon.restart().await;
    assert!(!daemon.process.log().contains("is forgotten"), "{}", daemon.process.log());
    let forgotten = async {
        while !daemon.process.log().contains("a webhook is forgotten") {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, forgotten).await.expect("it is never forgotten");
}
