//! Reading: pages, blocking reads, filters.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use serde_json::json;
use tokio::time::Instant;
use wxlogin_state::{StateName, Version, WId};
use wxlogind::client::Filter;
use wxlogind::lifecycle::raise_open_files;

use crate::harness::{PATIENCE, get, value, world};

#[tokio::test]
async fn page_after_page_shows_every_session_once_in_the_order_of_creation() {
    raise_open_files();
    let (_platform, daemon) = world().await;
    let begun: Vec<WId> = iter(0..250).map(|_| daemon.begin()).buffer_unordered(50).collect().await;
    let mut seen = Vec::new();
    let mut filter = Filter { limit: Some(100), ..Filter::default() };
    let mut pages = Vec::new();
    loop {
        let page = daemon.sessions(&filter).await.unwrap();
        pages.push(page.sessions.len());
        seen.extend(page.sessions);
        match page.next {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    assert_eq!(pages, [100, 100, 50]);
    assert!(seen.is_sorted_by_key(|session| session.created_at));
    let mut ids: Vec<WId> = seen.iter().map(|session| session.w_id.clone()).collect();
    let mut begun = begun;
    ids.sort();
    begun.sort();
    assert_eq!(ids, begun);
}

#[tokio::test]
async fn a_list_shows_what_it_is_asked_for() {
    let (platform, daemon) = world().await;
    let online = daemon.online(&platform).await;
    let waiting = daemon.begin_for("wxid_a").await;
    for (query, expected) in [
        ("state=online".to_owned(), Some(&online.w_id)),
        ("state=qr-issued".to_owned(), Some(&waiting)),
        ("state=dropped".to_owned(), None),
        ("wcId=wxid_a".to_owned(), Some(&waiting)),
        (format!("wcId={}", online.wc_id.as_ref().unwrap()), Some(&online.w_id)),
        ("wcId=wxid_a&state=online".to_owned(), None),
    ] {
        let page = value(&daemon.send(get(&format!("/v1/sessions?{query}"))).await);
        let listed: Vec<_> = page["sessions"].as_array().unwrap().iter().map(|s| s["wId"].clone()).collect();
        let expected: Vec<_> = expected.iter().map(|w_id| json!(w_id)).collect();
        assert_eq!(listed, expected, "{query}");
    }
}

#[tokio::test]
async fn a_blocking_read_answers_as_soon_as_something_changes() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let asked = Instant::now();
    let (read, _) = tokio::join!(
        daemon.session_after(w_id.as_str(), Version(1), PATIENCE),
        platform.phone(&w_id, "show-slider")
    );
    let read = read.unwrap();
    assert_eq!((read.state, read.version), (StateName::Slider, Version(2)));
    assert!(asked.elapsed() < PATIENCE / 2);
    // What is newer already is answered at once.
    let again = daemon.session_after(w_id.as_str(), Version(1), PATIENCE).await.unwrap();
    assert_eq!(again, read);
}

#[tokio::test]
async fn a_blocking_read_answers_unchanged_when_its_time_is_up() {
    let (_platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let before = daemon.session(w_id.as_str()).await.unwrap();
    let (asked, wait) = (Instant::now(), Duration::from_millis(300));
    let after = daemon.session_after(w_id.as_str(), before.version, wait).await.unwrap();
    assert_eq!(after, before);
    assert!(asked.elapsed() >= wait);
}

#[tokio::test]
async fn a_blocking_read_of_a_version_to_come_waits_for_it() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let (read, ()) = tokio::join!(daemon.session_after(w_id.as_str(), Version(2), PATIENCE), async {
        platform.phone(&w_id, "show-slider").await;
        daemon.until(&w_id, StateName::Slider).await;
        daemon.end(w_id.as_str()).await.unwrap();
    });
    assert_eq!(read.unwrap().version, Version(3));
}
