//! Stopping: soon, whatever is going on, and with everything that was acknowledged kept.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use rustix::process::Signal;
use serde_json::json;
use wxlogin_state::Version;
use wxlogind::lifecycle::raise_open_files;
use wxlogind::wire::CreateSession;

use crate::harness::{PATIENCE, get, refused, world};

/// How long a stop may take.
const SOON: Duration = Duration::from_secs(5);

/// Requests at once: well below the connections that the daemon accepts.
const AT_ONCE: usize = 100;

#[tokio::test]
async fn a_thousand_open_polls_do_not_hold_up_a_stop() {
    raise_open_files();
    let (platform, mut daemon) = world().await;
    let begun = iter(0..1_000).map(|_| daemon.begin()).buffer_unordered(AT_ONCE);
    assert_eq!(begun.count().await, 1_000);
    platform.until_open(1_000).await;
    let (status, took) = daemon.stop().await;
    assert!(status.success(), "{status}");
    assert!(took < SOON, "{took:?}");
    platform.until_open(0).await;
    daemon.restart().await;
    assert_eq!(daemon.everything().await.len(), 1_000);
}

#[tokio::test]
async fn a_qr_that_is_being_fetched_does_not_hold_up_a_stop() {
    let (platform, mut daemon) = world().await;
    platform.script(&json!({"call": "/iPadLogin", "delay": "1h"})).await;
    let client = daemon.host.client();
    let request = tokio::spawn(async move { client.create(&CreateSession::default()).await });
    platform.until("the QR is asked for", |state| state["calls"]["/iPadLogin"] == 1).await;
    let (status, took) = daemon.stop().await;
    assert!(status.success(), "{status}");
    assert!(took < SOON / 2, "{took:?}");
    assert_eq!(refused(request.await.unwrap()).code.as_str(), "not-ready");
    assert!(!daemon.process.log().contains("did not end in time"));
}

#[tokio::test]
async fn a_blocking_read_does_not_hold_up_a_stop() {
    let (_platform, mut daemon) = world().await;
    let w_id = daemon.begin().await;
    let client = daemon.host.client();
    let read = client.session_after(w_id.as_str(), Version(1), PATIENCE);
    let mut read = pin!(read);
    // The read goes first at every step, so it has come in by the time that this is answered.
    tokio::select! {
        biased;
        _ = &mut read => panic!("the read does not block"),
        _ = daemon.send(get("/healthz")) => {}
    }
    let (status, took) = daemon.stop().await;
    assert!(status.success(), "{status}");
    assert!(took < SOON, "{took:?}");
    read.await.unwrap_err();
}

#[tokio::test]
async fn a_second_signal_ends_a_stop_that_takes_its_time() {
    let (platform, mut daemon) = world().await;
    platform.script(&json!({"call": "/member/offline", "delay": "1h"})).await;
    let session = daemon.online(&platform).await;
    let client = daemon.host.client();
    let request = tokio::spawn(async move { client.end(session.w_id.as_str()).await });
    platform.until("logging out is asked for", |state| state["calls"]["/member/offline"] == 1).await;
    daemon.process.signal(Signal::TERM);
    daemon.hear("STOPPING").await;
    daemon.process.signal(Signal::INT);
    assert!(daemon.process.exited().await.success());
    assert!(daemon.process.log().contains("ending at once"), "{}", daemon.process.log());
    request.await.unwrap().unwrap_err();
}
