//! The view through its public calls.

use std::time::Duration;

use jiff::Timestamp;
use wxlogin_state::{Input, Issued, Rules, Verdict, step};

use super::*;

const RULES: Rules = Rules::DEFAULT;

fn session(n: u64, wc_id: Option<&str>) -> Session {
    let issued = Issued {
        wc_id: wc_id.map(|wc_id| wc_id.parse().unwrap()),
        ..Issued::new(format!("w{n}").parse().unwrap(), "http://platform/qr.png")
    };
    Session::begun(issued, Seq(n), Timestamp::UNIX_EPOCH, &RULES)
}

fn ended(session: &Session) -> Session {
    match step(session, Input::Ended, Timestamp::UNIX_EPOCH, &RULES) {
        Verdict::Accepted(next) => next,
        other => panic!("{other:?}"),
    }
}

fn changed(session: Session) -> Changes {
    Changes { sessions: vec![Entry::new(session)], ..Changes::default() }
}

fn names(sessions: &[Arc<SessionEntry>]) -> Vec<&str> {
    sessions.iter().map(|session| session.w_id.as_str()).collect()
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let view = View::new((1..=7).map(|n| session(n, None)).collect(), Vec::new(), Vec::new());
    let mut filter = SessionFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = view.sessions(&filter, 3);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page.last() {
            Some(last) => filter.after = Some(last.born),
            None => break,
        }
    }
    assert_eq!(seen, ["w1", "w2", "w3", "w4", "w5", "w6", "w7"]);
}

#[test]
fn the_newest_come_first_where_that_is_asked() {
    let view = View::new((1..=5).map(|n| session(n, None)).collect(), Vec::new(), Vec::new());
    let newest = SessionFilter { newest_first: true, ..SessionFilter::default() };
    assert_eq!(names(&view.sessions(&newest, 2)), ["w5", "w4"]);
    assert_eq!(names(&view.sessions(&SessionFilter { after: Some(Seq(4)), ..newest }, 2)), ["w3", "w2"]);
}

#[test]
fn a_text_is_looked_for_in_names_and_identifiers_and_a_label_is_meant_as_it_is() {
    let labelled = |n, label: &str| Session { label: label.parse().ok(), ..session(n, Some("wxid_Ab")) };
    let view =
        View::new(vec![labelled(1, "Shop"), labelled(2, "shop 2"), session(3, None)], Vec::new(), Vec::new());
    let like = |label: Option<&str>, text| {
        let like = Like::new(label.and_then(|label| label.parse().ok()), text);
        names(&view.sessions(&SessionFilter { like, ..SessionFilter::default() }, 9)).join(" ")
    };
    assert_eq!(like(None, Some(" SHOP ")), "w1 w2");
    assert_eq!(like(None, Some("id_ab")), "w1 w2");
    assert_eq!(like(None, Some("w3")), "w3");
    assert_eq!(like(Some("Shop"), None), "w1");
    assert_eq!(like(Some("Shop"), Some("2")), "");
    assert_eq!(like(None, Some("")), "w1 w2 w3");
}

#[test]
fn a_session_moves_from_one_states_index_to_the_others() {
    let view = View::new(vec![session(1, Some("a")), session(2, None)], Vec::new(), Vec::new());
    view.publish(changed(ended(&session(1, Some("a")))));
    let of = |state| {
        names(&view.sessions(&SessionFilter { state: Some(state), ..SessionFilter::default() }, 9)).join(" ")
    };
    assert_eq!((of(StateName::QrIssued), of(StateName::Dropped)), ("w2".to_owned(), "w1".to_owned()));
    assert_eq!(view.count_in_flight(), 1);
    assert!(view.live_sessions(&"a".parse().unwrap()).is_empty());
}

#[test]
fn state_and_account_filter_together() {
    let view = View::new(vec![session(1, Some("a")), ended(&session(2, Some("a")))], Vec::new(), Vec::new());
    let wc_id = "a".parse().ok();
    let filter = SessionFilter { state: Some(StateName::Dropped), wc_id, ..SessionFilter::default() };
    assert_eq!(names(&view.sessions(&filter, 9)), ["w2"]);
}

#[test]
fn a_forgotten_session_leaves_no_trace() {
    let view = View::new(vec![ended(&session(1, Some("a")))], Vec::new(), Vec::new());
    let w_id: WId = "w1".parse().unwrap();
    view.publish(Changes { forgotten: vec![w_id.clone()], ..Changes::default() });
    assert!(view.session(&w_id).is_none());
    assert!(view.sessions(&SessionFilter::default(), 9).is_empty());
    assert_eq!(view.count(StateName::Dropped), 0);
}

#[tokio::test]
async fn a_blocking_read_answers_at_once_where_the_version_is_past() {
    let view = View::new(vec![session(1, None)], Vec::new(), Vec::new());
    let found = view.session_after(&"w1".parse().unwrap(), 0).await;
    assert_eq!(found.unwrap().version.0, 1);
    assert!(view.session_after(&"w9".parse().unwrap(), 0).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_blocking_read_wakes_with_the_change_and_leaves_no_seat() {
    let view = Arc::new(View::new(vec![session(1, None)], Vec::new(), Vec::new()));
    let w_id: WId = "w1".parse().unwrap();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (view, w_id) = (view.clone(), w_id.clone());
            tokio::spawn(async move { view.session_after(&w_id, 1).await.unwrap().version.0 })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(view.waiting.seats(), 3);
    view.publish(changed(ended(&session(1, None))));
    for reader in readers {
        assert_eq!(reader.await.unwrap(), 2);
    }
    assert_eq!(view.waiting.seats(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_gives_up_leaves_no_seat() {
    let view = View::new(vec![session(1, None)], Vec::new(), Vec::new());
    let w_id: WId = "w1".parse().unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(1), view.session_after(&w_id, 1)).await;
    assert!(waited.is_err());
    assert_eq!(view.waiting.seats(), 0);
}
