//! What is told of an account: who said what, and where it stands.

use wxlogin_state::{Failure, Input, Issue, Session, Source, Tending, Why, public};

use crate::world::{A, DAY, HOUR, World};

#[test]
fn the_evidence_names_who_said_it() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    let from = |world: &World| world.account(A).evidence.last().map(|seen| seen.from);
    // A person ends it, a deadline passes, the platform says no.
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.apply(&w_id, Input::Ended);
    assert_eq!(from(&world), Some(Source::Person));
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert_eq!(from(&world), Some(Source::Daemon));
    let steps = Why::of_session(&world.session(&w_id)).evidence;
    assert_eq!(steps.iter().map(|seen| seen.from).collect::<Vec<_>>(), [Source::IssueQr, Source::Daemon]);
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.failed(&w_id, Failure::Declined);
    assert_eq!(from(&world), Some(Source::LoginInfo));

    let found = "w-other".parse().unwrap();
    world.found(&found, A, Source::List).unwrap();
    world.drop(A);
    let steps = Why::of_session(&world.session(&found)).evidence;
    assert_eq!(steps.iter().map(|seen| seen.from).collect::<Vec<_>>(), [Source::List, Source::IsOnline]);
}

#[test]
fn a_step_that_was_recorded_before_it_said_who_is_the_daemons_word() {
    let world = World::first_login();
    let session = world.records.sessions.values().next().unwrap();
    let mut record = serde_json::to_value(&**session).unwrap();
    for step in record["history"].as_array_mut().unwrap() {
        step.as_object_mut().unwrap().remove("source").unwrap();
    }
    let before: Session = serde_json::from_value(record).unwrap();
    assert!(before.history.iter().all(|step| step.source == Source::Daemon));
}

#[test]
fn everybody_tells_where_it_stands_by_the_same_word() {
    fn word(world: &World) -> &'static str {
        let account = world.account(A);
        let standing = public::Account::from(&*account).standing();
        assert_eq!(Why::of_account(&account, None, &world.rules).state, standing.as_str());
        standing.as_str()
    }
    let mut world = World::settled();
    assert_eq!(word(&world), "online");
    world.tend(A, Tending::Wanted { method: None, force: true, request_key: None });
    assert_eq!(word(&world), "online");
    let why = Why::of_account(&world.account(A), None, &world.rules);
    assert!(why.what.contains("another login is on its way"), "{why:?}");
    world.call_failed(A, true);
    world.pass(DAY);
    world.drop(A);
    assert_eq!(word(&world), "relogin-scheduled");
    world.wait(A);
    assert_eq!(word(&world), "logging-in");
    world.tend(A, Tending::PopUpFailed("no answer".to_owned()));
    world.rules.relogin.issue = Issue::OnDemand;
    world.wait(A);
    assert_eq!((world.phase(A), word(&world)), ("offered", "scan-needed"));
    world.wanted(A).unwrap();
    world.qr_issued(A);
    assert_eq!((world.phase(A), word(&world)), ("in flight", "scan-needed"));
    world.auto_relogin(A, false);
    let w_id = world.relogin(A).w_id().cloned().unwrap();
    world.unscanned(&w_id);
    assert_eq!(word(&world), "resting");
}
