//! Webhooks: who is told of events hears of each, in order, whatever happens to either side.

pub(crate) mod away;
mod robots;

use std::process::Command;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use hyper::Method;
use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::{Batch, Failing, Hook as Row, HookChange, Retention, Seq, StateDir, Store};
use wxlogind::client::{Client, EventFilter};
use wxlogind::wire::{CreateSession, Webhook, WebhookState};

use crate::harness::{Daemon, Hook, Host, PATIENCE, Platform, Posted, Say, get, output};

/// So many logins are begun and abandoned: two events each.
async fn churn(client: &Client, logins: usize) {
    let one = || async {
        let begun = client.create(&CreateSession::default()).await?.session;
        client.end(begun.w_id.as_str()).await
    };
    let done: Vec<_> = iter(0..logins).map(|_| one()).buffer_unordered(32).collect().await;
    for ended in done {
        ended.unwrap();
    }
}

async fn telling(hook: &Hook, more: &str) -> (Platform, Daemon) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_webhook(&hook.url(), more).start().await;
    (platform, daemon)
}

/// The numbers of the events, with every message that repeats the one before left out; each has a name of its own.
fn seqs(posted: &[Posted]) -> Vec<u64> {
    let mut told: Vec<(u64, String)> =
        posted.iter().map(|posted| (posted.event().seq.0, posted.header("webhook-id").to_owned())).collect();
    told.dedup();
    let mut names: Vec<_> = told.iter().map(|(_, name)| name.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), told.len(), "{told:?}");
    told.into_iter().map(|(seq, _)| seq).collect()
}

/// How it goes with the only receiver, as soon as it is so.
async fn until(daemon: &Daemon, what: &str, is_so: impl Fn(&Webhook) -> bool) -> Webhook {
    let looking = async {
        loop {
            let webhook = daemon.webhooks().await.unwrap().remove(0);
            if is_so(&webhook) {
                return webhook;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let looked = timeout(PATIENCE, looking).await;
    let Ok(webhook) = looked else { panic!("never came true: {what}; it is {:#?}", daemon.webhooks().await) };
    webhook
}

#[tokio::test]
async fn a_thousand_events_arrive_in_order_and_signed() {
    let hook = Hook::start().await;
    let (_platform, daemon) = telling(&hook, "").await;
    churn(&daemon, 500).await;
    let posted = hook.until_event(1_000).await;
    assert_eq!(seqs(&posted), (1..=1_000).collect::<Vec<_>>());
    assert_eq!(posted.len(), 1_000, "nothing went wrong, so nothing comes twice");
    let first = &posted[0];
    assert_eq!(first.to, "/in?key=x");
    assert!(first.header("content-type").starts_with("application/json"), "{first:?}");
    assert!(first.header("user-agent").starts_with("wxlogind/"), "{first:?}");
    let webhook = until(&daemon, "all is told", |webhook| webhook.backlog == 0).await;
    assert_eq!((webhook.state, webhook.done, webhook.let_go), (WebhookState::Idle, Seq(1_000), 0));
    assert!(webhook.last.unwrap().delivered && webhook.url.ends_with("/in?…"));
}

#[tokio::test]
async fn a_receiver_gets_the_types_it_wants_and_they_are_the_journals_own_json() {
    let hook = Hook::start().await;
    let (platform, daemon) = telling(&hook, "events = [\"session.online\", \"account.*\"]").await;
    churn(&daemon, 3).await;
    let online = daemon.online(&platform).await;
    let event = hook.until(1).await[0].clone();
    assert_eq!((event.event().kind.as_str(), event.event().w_id), ("session.online", Some(online.w_id)));
    let page = daemon.event_page(None, &EventFilter::default(), 100).await.unwrap();
    let same = page.events.iter().find(|it| it.seq == event.event().seq).unwrap();
    assert_eq!(serde_json::to_vec(same).unwrap(), event.body);
}

#[tokio::test]
async fn a_receiver_that_is_down_over_kill_9_gets_everything_when_it_is_back() {
    let hook = Hook::start().await;
    let address = hook.address;
    let (_platform, mut daemon) = telling(&hook, "").await;
    churn(&daemon, 5).await;
    let mut posted = hook.until_event(10).await;
    drop(hook);
    churn(&daemon, 5).await;
    until(&daemon, "it is down", |webhook| webhook.state == WebhookState::Failing).await;
    daemon.kill9().await;
    daemon.restart().await;
    churn(&daemon, 5).await;
    daemon.kill9().await;
    let hook = Hook::start_at(address).await;
    daemon.restart().await;
    posted.extend(hook.until_event(30).await);
    assert_eq!(seqs(&posted), (1..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn kill_9_amid_deliveries_repeats_at_most_what_was_under_way() {
    let hook = Hook::start().await;
    hook.says_always(Say { after: Duration::from_millis(20), ..Say::status(200) });
    let (_platform, mut daemon) = telling(&hook, "").await;
    churn(&daemon, 30).await;
    for arrived in [5, 20, 40] {
        hook.until(arrived).await;
        daemon.kill9().await;
        daemon.restart().await;
    }
    let posted = hook.until_event(60).await;
    assert_eq!(seqs(&posted), (1..=60).collect::<Vec<_>>());
    assert!(posted.len() <= 63, "{} messages", posted.len());
}

#[tokio::test]
async fn a_receiver_that_is_slow_holds_up_nobody_and_one_that_is_too_slow_is_asked_again() {
    let hook = Hook::start().await;
    hook.says([Say { after: Duration::from_secs(40), ..Say::status(200) }]);
    let (platform, daemon) = telling(&hook, "").await;
    let online = timeout(Duration::from_secs(10), daemon.online(&platform)).await;
    assert!(online.is_ok(), "the daemon waits for the receiver");
    let posted = hook.until(2).await;
    let apart = posted[1].at - posted[0].at;
    assert!((Duration::from_secs(15)..Duration::from_secs(25)).contains(&apart), "{apart:?}");
    assert_eq!(posted[0].header("webhook-id"), posted[1].header("webhook-id"));
    assert_eq!(seqs(&hook.until_event(2).await), [1, 2]);
}

#[tokio::test]
async fn retry_after_is_waited_for_and_what_comes_after_it_as_well() {
    let hook = Hook::start().await;
    let wait = vec![("retry-after", "4".to_owned())];
    hook.says([Say { headers: wait, ..Say::status(429) }]);
    let (_platform, daemon) = telling(&hook, "").await;
    churn(&daemon, 2).await;
    let failing = until(&daemon, "it is too much", |webhook| webhook.failing_since.is_some()).await;
    assert_eq!(failing.last.unwrap().what, "HTTP status 429");
    let posted = hook.until_event(4).await;
    let apart = posted[1].at - posted[0].at;
    assert!(apart >= Duration::from_secs(4), "{apart:?}");
    assert_eq!((seqs(&posted), posted.len()), (vec![1, 2, 3, 4], 5));
    until(&daemon, "it is well again", |webhook| webhook.state == WebhookState::Idle).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (hook, elsewhere) = (Hook::start().await, Hook::start().await);
    for status in [301, 302, 307, 308] {
        let to = vec![("location", elsewhere.url())];
        hook.says([Say { headers: to, ..Say::status(status) }]);
    }
    let (_platform, daemon) = telling(&hook, "").await;
    churn(&daemon, 1).await;
    let failing = until(&daemon, "it does not follow", |webhook| webhook.failing_since.is_some()).await;
    assert!(failing.last.unwrap().what.contains("redirects are not followed"));
    hook.until(2).await;
    assert!(elsewhere.posted().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_nothing_over_restarts_until_a_person_says_so() {
    let hook = Hook::start().await;
    hook.says([Say::status(410)]);
    let (_platform, mut daemon) = telling(&hook, "").await;
    churn(&daemon, 1).await;
    until(&daemon, "it is gone", |webhook| webhook.state == WebhookState::Gone).await;
    assert!(daemon.process.log().contains("is gone (HTTP status 410)"), "{}", daemon.process.log());
    daemon.kill9().await;
    daemon.restart().await;
    churn(&daemon, 1).await;
    // Longer than the schedule would wait, which only time can tell.
    sleep(Duration::from_secs(4)).await;
    assert_eq!(hook.posted().len(), 1);
    assert_eq!(daemon.webhooks().await.unwrap()[0].state, WebhookState::Gone);
    assert_eq!(daemon.replay(1).await.unwrap(), 0);
    assert_eq!(seqs(&hook.until_event(4).await), [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_is_let_go_is_counted_and_said() {
    let hook = Hook::start().await;
    hook.says([Say::status(410)]);
    let platform = Platform::start().await;
    let host = Host::against(&platform).with_state("keep_events = 1000").with_webhook(&hook.url(), "");
    let mut daemon = host.start().await;
    churn(&daemon, 1).await;
    until(&daemon, "it is gone", |webhook| webhook.state == WebhookState::Gone).await;
    // The journal does not wait for one that is gone; the newest events are in memory as well.
    churn(&daemon, 900).await;
    assert!(daemon.stop().await.0.success());
    daemon.restart().await;
    until(&daemon, "its journal is gone", |webhook| webhook.let_go > 0).await;
    assert!(daemon.process.log().contains("so far behind that events are let go"));
    daemon.replay(1).await.unwrap();
    let told = seqs(&hook.until_event(1_802).await[1..]);
    let let_go = daemon.webhooks().await.unwrap()[0].let_go;
    assert_eq!(told, (let_go + 1..=1_802).collect::<Vec<_>>());
}

/// Makes it four days later for the receiver and one event: nothing else of a test can.
fn age(host: &Host, days: i64) {
    let dir = StateDir::claim(&host.state()).unwrap();
    let (mut store, contents) = Store::open(&dir, Retention { events: 100_000 }).unwrap();
    let last = contents.last_seq;
    let mut event = store.events(Seq(last.0 - 1), 1).unwrap().remove(0);
    let now: Timestamp = event.at;
    let ago = now - SignedDuration::from_hours(24 * days);
    (event.seq, event.at) = (last.next(), ago);
    let row: Row = contents.outbox.hooks().next().unwrap().clone();
    let failing = Some(Failing { since: ago, tries: 70, next_at: now });
    let mut batch = Batch::default();
    batch.push_event(&event).unwrap();
    batch.change_hook(&HookChange::of(Row { failing, ..row })).unwrap();
    store.commit(&batch).unwrap();
}

#[tokio::test]
async fn what_is_not_taken_in_three_days_is_a_dead_letter_and_can_be_sent_again() {
    let hook = Hook::start().await;
    let (_platform, mut daemon) = telling(&hook, "").await;
    churn(&daemon, 1).await;
    hook.until_event(2).await;
    until(&daemon, "all is told", |webhook| webhook.backlog == 0).await;
    assert!(daemon.stop().await.0.success());
    age(&daemon.host, 4);
    hook.says([Say::status(500)]);
    daemon.restart().await;
    let webhook = until(&daemon, "it is given up", |webhook| webhook.dead_letters == 1).await;
    assert_eq!(webhook.done, Seq(3));
    let letters = daemon.dead_letters(1).await.unwrap();
    assert_eq!((letters[0].event.seq, letters[0].what.as_str()), (Seq(3), "HTTP status 500"));
    // What comes next is taken, and the dead letter outlives the daemon.
    churn(&daemon, 1).await;
    hook.until_event(5).await;
    daemon.kill9().await;
    daemon.restart().await;
    let before = hook.posted().len();
    // Not taken again, it stays; then it is.
    hook.says([Say::status(503)]);
    assert_eq!(daemon.replay(1).await.unwrap(), 1);
    hook.until(before + 1).await;
    until(&daemon, "it is refused", |webhook| webhook.state == WebhookState::Failing).await;
    assert_eq!(daemon.dead_letters(1).await.unwrap().len(), 1);
    assert_eq!(daemon.replay(1).await.unwrap(), 1);
    until(&daemon, "it is taken", |webhook| webhook.dead_letters == 0 && webhook.failing_since.is_none())
        .await;
    let counted = daemon.send(get("/metrics")).await;
    let counted = String::from_utf8(counted.body().to_vec()).unwrap();
    for outcome in ["failed", "delivered"] {
        let line = format!("wxlogind_webhook_deliveries_total{{outcome=\"{outcome}\"}} 1\n");
        assert!(counted.contains(&line), "{line} is not in {counted}");
    }
    let posted = hook.posted();
    let again = posted.last().unwrap();
    let name = again.header("webhook-id");
    assert_eq!(
        (again.event().seq, posted.iter().filter(|it| it.header("webhook-id") == name).count()),
        (Seq(3), 3)
    );
}

#[tokio::test]
async fn a_reload_takes_receivers_in_and_out_and_none_is_taken_for_another() {
    let (first, second) = (Hook::start().await, Hook::start().await);
    let (_platform, daemon) = telling(&first, "").await;
    churn(&daemon, 1).await;
    first.until_event(2).await;
    let secret = daemon.host.path("whsec").display().to_string();
    let reload = async |more: &str| {
        daemon.host.configure(more);
        daemon.process.signal(Signal::HUP);
        daemon.hear("RELOADING").await;
        daemon.hear("READY").await;
    };
    reload(&format!("[[webhook]]\nurl = \"{}\"\nsecret_file = \"{secret}\"", second.url())).await;
    churn(&daemon, 1).await;
    assert_eq!(seqs(&first.until_event(4).await), [1, 2, 3, 4]);
    assert_eq!(seqs(&second.until_event(4).await), [3, 4]);
    assert_eq!(daemon.webhooks().await.unwrap().len(), 2);
    // Out, and in again: nothing is lost meanwhile.
    reload("").await;
    churn(&daemon, 1).await;
    first.until_event(6).await;
    assert_eq!(second.posted().len(), 2);
    reload(&format!("[[webhook]]\nurl = \"{}\"\nsecret_file = \"{secret}\"", second.url())).await;
    assert_eq!(seqs(&second.until_event(6).await), [3, 4, 5, 6]);
    reload("[[webhook]]\nurl = \"nowhere\"").await;
    assert!(daemon.process.log().contains("reloading failed"), "{}", daemon.process.log());
    churn(&daemon, 1).await;
    second.until_event(8).await;
}

#[tokio::test]
async fn a_test_message_says_what_the_receiver_answers() {
    let hook = Hook::start().await;
    let (_platform, daemon) = telling(&hook, "events = [\"fleet.storm\"]").await;
    let tested = daemon.test_webhook(1).await.unwrap();
    assert_eq!((tested.delivered, tested.status), (true, Some(204)));
    assert_eq!(hook.until(1).await[0].event().kind, "webhook.test");
    hook.says([Say::status(401)]);
    let (status, tested) = daemon.ask(Method::POST, "/v1/webhooks/1/test", &Value::Null).await;
    assert_eq!((status, &tested["delivered"], &tested["status"]), (200, &json!(false), &json!(401)));
    for (method, path) in [
        (Method::POST, "/v1/webhooks/2/test"),
        (Method::POST, "/v1/webhooks/0/replay"),
        (Method::GET, "/v1/webhooks/x/dead-letters"),
    ] {
        let (status, problem) = daemon.ask(method, path, &Value::Null).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not-found")), "{path}: {problem}");
    }
    let ctl = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
        command.arg("--socket").arg(daemon.host.socket()).args(args);
        command
    };
    let listed = output(ctl(&["webhooks"])).await;
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.contains("standard") && text.contains("idle") && !text.contains("key=x"), "{text}");
    hook.says([Say::status(500)]);
    let tested = output(ctl(&["webhooks", "--test", "1"])).await;
    let text = String::from_utf8(tested.stdout).unwrap();
    assert_eq!((tested.status.code(), text.contains("HTTP status 500")), (Some(1), true), "{text}");
    let tested = output(ctl(&["webhooks", "--test", "1"])).await;
    assert_eq!(tested.status.code(), Some(0));
    let replayed = output(ctl(&["webhooks", "--replay", "1", "--json"])).await;
    let json: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(json["deadLetters"], 0);
}
