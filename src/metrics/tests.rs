//! What is counted, and the text of it.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Answer, DropReason, Input, Issued, LastDrop, Method, Phase, Profile, Relogin, Rules, Seq,
    Session, Source, Turn, Verdict, step,
};

use super::*;
use crate::clock::Clock;
use crate::exchange::ExchangeError;
use crate::platform::Trouble;
use crate::view::View;

mod systems;

const RULES: Rules = Rules::DEFAULT;

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).unwrap()
}

fn begun(n: u64) -> Session {
    let issued = Issued::new(format!("w{n}").parse().unwrap(), "http://platform/qr.png");
    Session::begun(issued, Seq(n), second(0), &RULES)
}

fn next(session: &Session, input: Input) -> Session {
    match step(session, input, second(1), &RULES) {
        Verdict::Accepted(next) => next,
        other => panic!("{other:?}"),
    }
}

fn online(n: u64, wc_id: &str) -> (Session, Account) {
    let profile = Profile::of(wc_id.parse().unwrap());
    let answer = Answer::LoggedIn(Box::new(profile.clone()));
    let session = next(&begun(n), Input::Answered { round: 1, answer });
    let account = Account::first_login(&session, &profile, Source::LoginInfo, second(1), &RULES);
    (session, account)
}

fn relogin(method: Method, phase: Phase) -> Relogin {
    let turn = Turn::default();
    Relogin { attempt: 1, method, by_person: false, why: String::new(), troubles: 0, turn, phase }
}

/// An account that dropped as `w1` after 10 s, and this is on its way.
fn dropped(relogin: Option<Relogin>) -> Account {
    let (session, account) = online(1, "wxid_canary");
    let last_drop = Some(LastDrop { w_id: session.w_id, at: second(10), reason: DropReason::Offline });
    Account { current_w_id: None, last_drop, relogin, ..account }
}

const DUE: Phase = Phase::Due { at: Timestamp::UNIX_EPOCH, set_at: Timestamp::UNIX_EPOCH };
const CALLING: Phase = Phase::Calling { since: Timestamp::UNIX_EPOCH };

fn in_flight() -> Phase {
    Phase::InFlight { w_id: "w2".parse().unwrap(), since: Timestamp::UNIX_EPOCH }
}

/// Every sample that says something, but for what the process takes.
fn shown(text: &str) -> Vec<&str> {
    let says_something =
        |line: &&str| !line.starts_with('#') && !line.ends_with(" 0") && !line.ends_with(" 0.0");
    text.lines().filter(says_something).filter(|line| !line.starts_with("wxlogind_process_")).collect()
}

#[test]
fn a_small_world_is_shown_in_full() {
    let (session, account) = online(3, "wxid_1");
    let lost = next(&session, Input::Ended);
    let sessions = vec![begun(1), begun(2), lost.clone()];
    let view =
        Arc::new(View::new(sessions, vec![account, dropped(Some(relogin(Method::Qr, DUE)))], Vec::new()));
    let metrics = Metrics::default();
    metrics.expect_calls(&["/isOnline"]);
    metrics.asks(&"/isOnline").ended(Outcome::Ok);
    metrics.stepped(&begun(1));
    metrics.stepped(&lost);
    metrics.happened(&[Posted::new(Event::of_session(Seq(1), second(1), &lost))]);
    metrics.committed(3, Duration::from_millis(2), true);
    metrics.committed(3, Duration::from_millis(2), false);
    metrics.store_takes(4096);
    metrics.logged_in(System::App, Outcome::Refused);
    metrics.refreshed(System::OfficialAccount, Outcome::Ok);
    let polling = metrics.polls();
    let exposition = Exposition::new(&metrics, view, Clock::from_fn(|| second(70)), || true, || 0);
    let text = exposition.text().unwrap();
    let mut shown = shown(&text);
    // How long the call took is not for a test to say.
    shown.retain(|line| !line.starts_with("wxlogind_platform_request_seconds_sum"));
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "wxlogind_build_info{{version=\"{version}\"}} 1\n{}",
        "\
wxlogind_transitions_total{from=\"none\",to=\"qr-issued\"} 1
wxlogind_transitions_total{from=\"online\",to=\"dropped\"} 1
wxlogind_drops_total{reason=\"logged-out\"} 1
wxlogind_logins_total{system=\"app\",outcome=\"refused\"} 1
wxlogind_token_refreshes_total{system=\"official-account\",outcome=\"ok\"} 1
wxlogind_events_total{type=\"session.dropped\"} 1
wxlogind_platform_requests_total{call=\"/isOnline\",outcome=\"ok\"} 1
wxlogind_platform_request_seconds_count{call=\"/isOnline\"} 1
wxlogind_polls_in_flight 1
wxlogind_commit_seconds_sum 0.002
wxlogind_commit_seconds_count 1
wxlogind_commit_batch_size_sum 3.0
wxlogind_commit_batch_size_count 1
wxlogind_commit_failures_total 1
wxlogind_store_bytes 4096
wxlogind_sessions{state=\"qr-issued\"} 2
wxlogind_sessions{state=\"dropped\"} 1
wxlogind_accounts{online=\"true\"} 1
wxlogind_accounts{online=\"false\"} 1
wxlogind_relogins_pending 1
wxlogind_relogins_pending_oldest_seconds 60.0
wxlogind_store_writable 1"
    );
    let families = |lines: Vec<&str>| {
        let mut lines: Vec<_> =
            lines.into_iter().filter(|line| !line.contains("_bucket")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(families(shown), families(expected.lines().collect()));
    drop(polling);
    assert!(exposition.text().unwrap().contains("\nwxlogind_polls_in_flight 0\n"));
    assert!(text.contains("# TYPE wxlogind_transitions counter\n"), "{text}");
    assert!(
        text.ends_with("# EOF\n") && !text.contains("canary") && !text.contains("_total_total"),
        "{text}"
    );
}

#[test]
fn an_attempt_counts_once_and_only_when_it_has_ended() {
    let back = || {
        let (_, account) = online(2, "wxid_canary");
        Account { relogin: None, ..account }
    };
    let popup_failed = |account: Account| Account { popup_failed: Some("no".to_owned()), ..account };
    let (popup, qr) = (|phase| Some(relogin(Method::PopUp, phase)), |phase| Some(relogin(Method::Qr, phase)));
    for (old, new, expected) in [
        (dropped(None), dropped(qr(DUE)), None),
        (dropped(qr(DUE)), dropped(qr(CALLING)), None),
        (dropped(qr(DUE)), back(), None),
        (dropped(qr(CALLING)), dropped(qr(in_flight())), None),
        (dropped(qr(CALLING)), dropped(qr(DUE)), Some(("qr", "not-begun"))),
        (dropped(qr(in_flight())), back(), Some(("qr", "ok"))),
        (dropped(qr(in_flight())), dropped(qr(DUE)), Some(("qr", "expired"))),
        (dropped(qr(in_flight())), dropped(None), Some(("qr", "expired"))),
        (dropped(popup(CALLING)), back(), Some(("popup", "ok"))),
        (dropped(popup(CALLING)), popup_failed(dropped(qr(DUE))), Some(("popup", "failed"))),
        (dropped(popup(CALLING)), popup_failed(dropped(qr(CALLING))), Some(("popup", "failed"))),
        (dropped(popup(CALLING)), dropped(popup(DUE)), Some(("popup", "not-begun"))),
    ] {
        let ended = attempts::ended(&old, &new, |w_id| {
            assert_eq!(w_id.as_str(), "w2");
            Some(DropReason::Expired)
        });
        assert_eq!(ended, expected, "{:?} -> {:?}", old.relogin, new.relogin);
        assert!(ended.is_none_or(|ended| attempts::endings().any(|known| known == ended)), "{ended:?}");
    }
}

#[test]
fn a_call_that_nobody_waits_for_any_more_is_cancelled_and_has_no_time() {
    let metrics = Metrics::default();
    drop(metrics.asks(&"/isOnline"));
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(text.contains("platform_requests_total{call=\"/isOnline\",outcome=\"cancelled\"} 1\n"), "{text}");
    assert!(!text.contains("platform_request_seconds_count{"), "{text}");
}

#[test]
fn what_says_nothing_is_told_apart_from_a_refusal() {
    let second = Duration::from_secs(1);
    for (trouble, outcome) in [
        (Trouble::Unreachable(io::ErrorKind::TimedOut.into()), Outcome::Unreachable),
        (Trouble::Exchange(ExchangeError::NoAnswer(second)), Outcome::Timeout),
        (Trouble::Exchange(ExchangeError::Late(second)), Outcome::Timeout),
        (Trouble::Exchange(ExchangeError::TooLarge(1)), Outcome::Unreadable),
        (Trouble::Refused { sentence: "no".to_owned() }, Outcome::Refused),
        (Trouble::LoginFailed(Arc::new(Trouble::AccountFrozen)), Outcome::Refused),
        (Trouble::KeyNotKept("the disk is full".to_owned()), Outcome::Cancelled),
    ] {
        assert_eq!(Outcome::from(&trouble), outcome, "{trouble:?}");
    }
}

#[test]
fn what_can_be_told_beforehand_is_there_from_the_start() {
    let metrics = Metrics::default();
    metrics.expect_calls(&["/isOnline"]);
    let exposition =
        Exposition::new(&metrics, Arc::new(View::default()), Clock::from_fn(|| second(0)), || false, || 0);
    let text = exposition.text().unwrap();
    for sample in [
        "relogins_total{method=\"popup\",outcome=\"failed\"} 0\n",
        "relogins_total{method=\"qr\",outcome=\"expired\"} 0\n",
        "events_total{type=\"fleet.storm\"} 0\n",
        "drops_total{reason=\"short-lived\"} 0\n",
        "transitions_total{from=\"none\",to=\"online\"} 0\n",
        "platform_requests_total{call=\"/isOnline\",outcome=\"unreachable\"} 0\n",
        "tokens{system=\"app\",state=\"expiring\"} 0\n",
        "store_writable 0\n",
    ] {
        assert!(text.contains(&format!("wxlogind_{sample}")), "{sample}{text}");
    }
}
