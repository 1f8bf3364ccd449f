//! The journal: pages, streams that resume, readers that are too slow, and `wxloginctl watch`.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Method, Request};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use wxlogin_state::public::Event;
use wxlogin_state::{DropReason, Seq};
use wxlogind::client::{Client, ClientError, EventFilter, Events, News, Unreachable};
use wxlogind::wire::{CreateSession, ProblemCode, Reset};

use crate::harness::{Daemon, Host, PATIENCE, Platform, Process, get, refused, request, world};

/// A daemon's streams at most.
const STREAMS: usize = 64;

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

fn of_types(kinds: &[&str]) -> EventFilter {
    EventFilter { kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(), wc_id: None }
}

/// The next event, over whatever breaks the stream.
async fn next(events: &mut Events) -> Event {
    let waiting = async {
        loop {
            match events.next().await {
                Ok(News::Event(event)) => return *event,
                Ok(News::At(_)) => {}
                Ok(News::Reset(reset)) => panic!("{reset:?}"),
                Err(error) if error.is_unreachable() => sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    timeout(PATIENCE, waiting).await.expect("no event comes")
}

/// The numbers of the events up to `last`.
async fn seqs_until(events: &mut Events, last: u64) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.last().is_none_or(|seq| *seq < last) {
        seqs.push(next(events).await.seq.0);
    }
    seqs
}

/// The number of the newest event.
async fn newest(client: &Client) -> u64 {
    match client.events(None, EventFilter::default()).next().await.unwrap() {
        News::At(seq) => seq.0,
        news => panic!("{news:?}"),
    }
}

#[tokio::test]
async fn the_journal_is_read_page_by_page() {
    let (platform, daemon) = world().await;
    let online = daemon.online(&platform).await;
    churn(&daemon, 20).await;
    let (all, last) = (EventFilter::default(), newest(&daemon).await);
    let (mut seqs, mut after) = (Vec::new(), None);
    loop {
        let page = daemon.event_page(after.as_deref(), &all, 7).await.unwrap();
        seqs.extend(page.events.iter().map(|event| event.seq.0));
        after = page.next;
        if after.is_none() {
            break;
        }
        assert_eq!(page.events.len(), 7);
    }
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>());

    let filter = EventFilter { wc_id: online.wc_id.clone(), ..of_types(&["session.*"]) };
    let page = daemon.event_page(None, &filter, 100).await.unwrap();
    let story: Vec<_> = page.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(story, ["session.online"]);
    assert_eq!(page.events[0].session.as_ref().unwrap().w_id, online.w_id);
    let page = daemon.event_page(None, &of_types(&["session.dropped"]), 100).await.unwrap();
    assert_eq!(page.events.len(), 20);
    let reason = |event: &Event| event.session.as_ref().unwrap().drop.as_ref().unwrap().reason;
    assert!(page.events.iter().all(|event| reason(event) == DropReason::Abandoned));
}

#[tokio::test]
async fn what_cannot_be_asked_of_the_journal_is_refused_by_name() {
    let (_platform, daemon) = world().await;
    for (query, field) in [
        ("type=online", "type"),
        ("after=now", "after"),
        ("wcId=a%20b", "wcId"),
        ("limit=5", "limit"),
        ("since=5", "since"),
    ] {
        let (status, problem) = daemon.ask(Method::GET, &format!("/v1/events?{query}"), &Value::Null).await;
        assert_eq!((status, &problem["field"]), (400, &Value::from(field)), "{query}: {problem}");
    }
    let mut request = get("/v1/events");
    request.headers_mut().insert("last-event-id", "yesterday".parse().unwrap());
    let response = daemon.send(request).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_stream_tells_what_happens_from_now_on() {
    let (platform, daemon) = world().await;
    churn(&daemon, 2).await;
    let mut all = daemon.events(None, EventFilter::default());
    let mut some = daemon.events(None, of_types(&["session.online", "account.*"]));
    let begun_at = newest(&daemon).await;
    for events in [&mut all, &mut some] {
        assert_eq!(events.next().await.unwrap(), News::At(Seq(begun_at)));
    }
    let online = daemon.online(&platform).await;
    let (issued, went) = (next(&mut all).await, next(&mut all).await);
    assert_eq!((issued.seq.0, issued.kind.as_str()), (begun_at + 1, "session.qr-issued"));
    assert_eq!((went.seq.0, went.kind.as_str()), (begun_at + 2, "session.online"));
    assert_eq!(went.wc_id, online.wc_id);
    assert_eq!(next(&mut some).await, went);
    let mut his = daemon.events(Some(Seq(0)), EventFilter { wc_id: online.wc_id, ..EventFilter::default() });
    assert_eq!(next(&mut his).await, went);
}

#[tokio::test]
async fn five_hundred_reconnects_lose_and_double_nothing() {
    let (_platform, daemon) = world().await;
    let (client, over) = (daemon.host.client(), Arc::new(AtomicBool::new(false)));
    let logins = tokio::spawn({
        let (client, over) = (client.clone(), over.clone());
        async move {
            while !over.load(Ordering::Relaxed) {
                churn(&client, 8).await;
            }
        }
    });
    let (mut seqs, mut after, mut chance) = (Vec::new(), Some(Seq(0)), fastrand::Rng::with_seed(7));
    for _ in 0..500 {
        let mut events = client.events(after, EventFilter::default());
        for _ in 0..chance.usize(0..=6) {
            seqs.push(next(&mut events).await.seq.0);
        }
        after = events.after();
    }
    over.store(true, Ordering::Relaxed);
    logins.await.unwrap();
    let last = newest(&client).await;
    seqs.extend(seqs_until(&mut client.events(after, EventFilter::default()), last).await);
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_goes_on_over_kill_9_and_over_a_restart() {
    let (_platform, mut daemon) = world().await;
    let mut events = daemon.events(Some(Seq(0)), EventFilter::default());
    let mut seqs = Vec::new();
    for round in 0..4 {
        churn(&daemon, 5).await;
        // Sometimes it has seen everything when the daemon goes, sometimes not.
        let seen = newest(&daemon).await - round;
        seqs.extend(seqs_until(&mut events, seen).await);
        if round % 2 == 0 {
            daemon.kill9().await;
        } else {
            assert!(daemon.stop().await.0.success());
        }
        daemon.restart().await;
    }
    let last = newest(&daemon).await;
    seqs.extend(seqs_until(&mut events, last).await);
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn streams_end_at_once_when_the_daemon_stops() {
    let (_platform, mut daemon) = world().await;
    let mut streams: Vec<_> = (0..5).map(|_| daemon.events(None, EventFilter::default())).collect();
    for events in &mut streams {
        events.next().await.unwrap();
    }
    let (status, took) = daemon.stop().await;
    assert!(status.success() && took < Duration::from_secs(4), "{status} after {took:?}");
    for events in &mut streams {
        let end = events.next().await.unwrap_err();
        // Not cut off: it was told that it is over.
        assert!(matches!(end, ClientError::Unreachable { source: Unreachable::Ended, .. }), "{end:?}");
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_left_and_a_quiet_one_is_kept() {
    let (_platform, daemon) = world().await;
    let mut stuck = UnixStream::connect(daemon.host.socket()).await.unwrap();
    stuck.write_all(b"GET /v1/events?after=0 HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut quiet = daemon.events(None, of_types(&["fleet.storm"]));
    assert_eq!(quiet.next().await.unwrap(), News::At(Seq(0)));
    let mut events = daemon.events(None, EventFilter::default());
    events.next().await.unwrap();
    // Far more than the sockets between hold.
    let (seqs, ()) = tokio::join!(seqs_until(&mut events, 1_600), churn(&daemon, 800));
    assert_eq!(seqs, (1..=1_600).collect::<Vec<_>>());
    let full = Instant::now();
    // After 15 s without anything for it a stream says where it is …
    let beat = timeout(PATIENCE, quiet.next()).await.unwrap().unwrap();
    assert!(matches!(beat, News::At(Seq(1..=1_600))), "{beat:?}");
    // … and so long after it was full the other one is over, which only time can tell.
    sleep_until(full + Duration::from_secs(17)).await;
    let mut rest = Vec::new();
    // A connection that is reset has ended as well.
    let _ = timeout(PATIENCE, stuck.read_to_end(&mut rest)).await.expect("it goes on");
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("id: 1\n") && !rest.contains("id: 1600\n"), "{} bytes", rest.len());
    churn(&daemon, 1).await;
    // That it is quiet for longer than a request's head may take has ended no stream.
    let mut seqs = Vec::new();
    while seqs.last() != Some(&1_602) {
        match events.next().await.unwrap() {
            News::Event(event) => seqs.push(event.seq.0),
            news => assert_eq!(news, News::At(Seq(1_600))),
        }
    }
    assert_eq!(seqs, [1_601, 1_602]);
}

#[tokio::test]
async fn what_was_trimmed_is_a_reset_to_the_oldest_event_there_is() {
    let platform = Platform::start().await;
    let mut daemon = Host::against(&platform).with_state("keep_events = 1000").start().await;
    churn(&daemon, 900).await;
    // The newest are in memory as well, however many the store keeps.
    assert!(daemon.stop().await.0.success());
    daemon.restart().await;
    let last = newest(&daemon).await;
    let mut events = daemon.events(Some(Seq(3)), EventFilter::default());
    let reset = loop {
        match events.next().await.unwrap() {
            News::At(_) => {}
            News::Reset(reset) => break reset,
            News::Event(event) => panic!("{event:?}"),
        }
    };
    let Reset { oldest: Seq(oldest), last: Seq(newest) } = reset;
    assert!(oldest > 4 && newest == last, "{reset:?}");
    assert_eq!(seqs_until(&mut events, last).await, (oldest..=last).collect::<Vec<_>>());
    let page = daemon.event_page(Some("3"), &EventFilter::default(), 1).await.unwrap();
    assert_eq!(page.events[0].seq, Seq(oldest));
}

#[tokio::test]
async fn so_many_streams_and_no_more() {
    let (_platform, daemon) = world().await;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let mut events = daemon.events(None, EventFilter::default());
        events.next().await.unwrap();
        streams.push(events);
    }
    let problem = refused(daemon.events(None, EventFilter::default()).next().await);
    assert_eq!((problem.code, problem.status), (ProblemCode::Busy, 409));
    // A page takes no place.
    daemon.event_page(None, &EventFilter::default(), 1).await.unwrap();
    streams.pop();
    let mut more = daemon.events(None, EventFilter::default());
    while let Err(error) = more.next().await {
        assert_eq!(error.problem().unwrap().code, ProblemCode::Busy);
        sleep(Duration::from_millis(10)).await;
    }
    streams.clear();
}

#[tokio::test]
async fn a_look_at_the_head_alone_opens_no_stream() {
    let (_platform, daemon) = world().await;
    for _ in 0..=STREAMS {
        let response = daemon.send(request(Method::HEAD, "/v1/events", &Value::Null)).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
    }
    let mut page: Request<_> = get("/v1/events");
    page.headers_mut().insert(ACCEPT, "application/json".parse().unwrap());
    assert_eq!(daemon.send(page).await.headers()[CONTENT_TYPE], "application/json");
}

fn watch(daemon: &Daemon, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
    command.arg("--socket").arg(daemon.host.socket()).arg("watch").args(line.split_whitespace());
    command
}

#[tokio::test]
async fn watch_prints_a_line_for_each_event_over_a_restart_until_ctrl_c() {
    let (platform, mut daemon) = world().await;
    let log = daemon.host.path("watch-stderr");
    let (mut watching, mut said) = Process::spawn_printing(watch(&daemon, "--after 0"), &log);
    let w_id = daemon.begin().await;
    let line = said.line("session.qr-issued").await;
    assert!(line.contains(&format!("wxloginctl qr {w_id}")), "{line}");
    daemon.kill9().await;
    daemon.restart().await;
    platform.phone(&w_id, "confirm").await;
    said.line("session.online").await;
    watching.signal(Signal::INT);
    assert_eq!(watching.exited().await.code(), Some(0));
    let log = watching.log();
    assert!(log.contains("trying again") && log.contains("It goes on"), "{log}");

    let log = daemon.host.path("json-stderr");
    let line = "--json --after 0 --type session.online";
    let (_watching, mut said) = Process::spawn_printing(watch(&daemon, line), &log);
    let event: Event = serde_json::from_str(&said.line("session.online").await).unwrap();
    assert_eq!(event.w_id, Some(w_id));
}
