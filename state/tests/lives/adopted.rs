//! Logins that were not begun here by a QR for that account: adopted, confirmed, scanned by somebody else, or made
//! without the account's name.

use wxlogin_state::{
    DeviceType, DropReason, EVIDENCE_KEPT, Ignored, Issued, Method, NoticeKind, Proxy, Rest, Seq, Source,
    Stage, StateName, Tending, Unmoved, WId, Why,
};

use crate::world::{A, DAY, HOUR, MINUTE, World, id};

const B: &str = "wxid_b";

#[test]
fn an_account_that_is_found_online_is_taken_in_as_on_its_first_day() {
    let mut world = World::new();
    world.found(&"w-other".parse().unwrap(), A, Source::List).unwrap();
    let account = world.account(A);
    assert_eq!(account.current_w_id, Some("w-other".parse().unwrap()));
    assert!(matches!(account.stage, Stage::FirstDay { .. }));
    assert!(account.evidence[0].what.contains("not begun here"));
}

#[test]
fn a_known_account_that_is_found_online_under_another_login_is_taken_over() {
    let mut world = World::settled();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(DAY);
    let other = "w-other".parse().unwrap();
    world.found(&other, A, Source::List).unwrap();
    assert_eq!(world.dropped(&first).0, DropReason::Superseded);
    assert_eq!(world.session(&other).predecessor, Some(first));
    let account = world.account(A);
    assert_eq!((account.current_w_id.clone(), account.is_settled()), (Some(other), true));
}

#[test]
fn an_account_that_is_found_online_while_its_qr_waits_needs_no_qr_any_more() {
    let mut world = World::first_login();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let waiting = world.qr_issued(A);
    let other = "w-other".parse().unwrap();
    world.found(&other, A, Source::List).unwrap();
    assert_eq!(world.dropped(&waiting).0, DropReason::Superseded);
    assert_eq!((world.phase(A), world.account(A).is_settled()), ("none", true));
    assert_eq!(world.session(&other).predecessor, Some(first), "the last that was online, not the QR");
    // The person scans the old QR all the same: that moves nothing.
    let before = world.records.clone();
    let answer = wxlogin_state::Answer::LoggedIn(Box::new(wxlogin_state::Profile::of(id(A))));
    let late = wxlogin_state::Input::Answered { round: 1, answer };
    assert_eq!(world.try_apply(&waiting, late), Err(Unmoved::Ignored(Ignored::AlreadyDropped)));
    assert_eq!(world.records, before);
}

#[test]
fn a_list_that_is_quicker_than_the_logins_own_answer_leaves_it_to_that() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    assert_eq!(world.found(&w_id, A, Source::List), Err(Unmoved::Ignored(Ignored::AlreadyKnown)));
    world.scanned(&w_id, A);
    assert_eq!(world.found(&w_id, A, Source::List), Err(Unmoved::Ignored(Ignored::AlreadyKnown)));
}

#[test]
fn a_login_that_has_ended_here_stays_so_and_is_noted_once() {
    let mut world = World::settled();
    world.pass(DAY);
    let first = world.account(A).current_w_id.clone().unwrap();
    world.drop(A);
    for _ in 0..3 {
        world.found(&first, A, Source::List).unwrap();
    }
    assert_eq!(world.session(&first).state.name(), StateName::Dropped);
    let account = world.account(A);
    let noted = account.evidence.iter().filter(|seen| seen.what.contains("has ended here")).count();
    assert_eq!((noted, account.current_w_id.clone()), (1, None));
}

#[test]
fn two_logins_that_have_ended_here_and_are_in_every_list_are_noted_once() {
    let mut world = World::settled();
    let mut ended = Vec::new();
    for _ in 0..2 {
        world.pass(DAY);
        ended.extend(world.account(A).current_w_id.clone());
        world.drop(A);
        world.time_came(A);
        world.confirmed(A);
    }
    world.pass(DAY);
    world.drop(A);
    for resting in [false, true] {
        world.auto_relogin(A, !resting);
        let list =
            |world: &mut World| ended.iter().for_each(|w_id| world.found(w_id, A, Source::List).unwrap());
        list(&mut world);
        let before = world.records.clone();
        for _ in 0..3 {
            world.pass(MINUTE);
            list(&mut world);
        }
        assert_eq!(world.records, before, "resting: {resting}");
    }
}

#[test]
fn a_login_that_has_ended_here_and_is_online_there_is_what_the_next_login_is_for() {
    let mut world = World::first_login();
    world.pass(12 * HOUR);
    world.drop(A);
    world.time_came(A);
    let late = world.qr_issued(A);
    world.unscanned(&late);
    let due = world.relogin(A).due_at();
    world.found(&late, A, Source::List).unwrap();
    assert_eq!(world.relogin(A).due_at(), due, "the schedule goes on as it does");
    let said = format!("as {late}, a login that has ended here; the next login takes its place");
    assert!(world.relogin(A).why.contains(&said), "{}", world.relogin(A).why);
    let why = Why::of_account(&world.account(A), None, &world.rules);
    assert!(why.what.contains(&said), "{why:?}");
    assert!(why.evidence.iter().any(|seen| seen.from == Source::List && seen.what.contains(&said)));
    let before = world.records.clone();
    world.found(&late, A, Source::List).unwrap();
    assert_eq!(world.records, before, "it is noted once");
    world.wait(A);
    let next = world.qr_issued(A);
    world.scanned(&next, A);
    assert_eq!(world.account(A).current_w_id, Some(next));
}

/// A QR that was issued without a name, and named and placed.
fn nobodys(world: &mut World) -> WId {
    let w_id = world.new_id();
    let issued = Issued {
        label: Some("小店".parse().unwrap()),
        device: DeviceType::Mac,
        proxy: Some(Proxy::Own { ip: "10.0.0.1:1080".to_owned(), user: None, password: None }),
        ..Issued::new(w_id.clone(), "http://platform/qr.png")
    };
    let change = world.records.moves(&world.rules, world.now).begun(issued, Seq(7));
    world.take(Ok(change)).unwrap();
    w_id
}

#[test]
fn whoever_scans_after_the_time_ran_out_becomes_known_and_is_asked_once_more() {
    let mut world = World::new();
    let late = nobodys(&mut world);
    world.unscanned(&late);
    world.found(&late, A, Source::List).unwrap();
    assert_eq!(world.dropped(&late).0, DropReason::Expired, "it stays ended");
    let account = world.account(A);
    assert_eq!((account.current_w_id.clone(), account.device), (None, DeviceType::Mac));
    assert_eq!(account.label, Some("小店".parse().unwrap()));
    assert!(account.proxy.is_some() && matches!(account.stage, Stage::FirstDay { .. }));
    assert_eq!((world.relogin(A).method, world.due_in(A)), (Method::Qr, 0));
    assert!(world.relogin(A).why.contains("the next login takes its place"));
    assert_eq!(world.told(NoticeKind::ReloginScheduled).len(), 1);
    let before = world.records.clone();
    world.found(&late, A, Source::List).unwrap();
    assert_eq!(world.records, before);

    world.time_came(A);
    let next = world.qr_issued(A);
    assert_eq!(world.session(&next).wc_id, Some(id(A)));
    world.scanned(&next, A);
    assert_eq!(world.account(A).current_w_id, Some(next.clone()));
    assert_eq!(world.session(&next).predecessor, Some(late));
}

#[test]
fn whoever_scans_after_a_person_ended_it_becomes_known_and_is_left_be() {
    let mut world = World::new();
    let late = nobodys(&mut world);
    world.apply(&late, wxlogin_state::Input::Ended);
    world.found(&late, A, Source::List).unwrap();
    assert_eq!((world.account(A).rest, world.phase(A)), (Some(Rest::LoggedOut), "none"));
    assert!(world.account(A).evidence.iter().any(|seen| seen.what.contains("has ended here")));
    assert_eq!(world.told(NoticeKind::ReloginStopped).len(), 1);
    world.restarted();
    world.live(DAY);
    assert_eq!(world.phase(A), "none");
    world.wanted(A).unwrap();
    assert_eq!(world.account(A).call(), Some(Method::Qr));
}

#[test]
fn an_account_that_was_forgotten_does_not_come_back_by_a_login_of_before() {
    let mut world = World::settled();
    world.pass(DAY);
    let first = world.account(A).current_w_id.clone().unwrap();
    world.log_out(A);
    let forgotten = world.records.moves(&world.rules, world.now).forget(&id(A));
    world.take(forgotten).unwrap();
    assert_eq!(world.found(&first, A, Source::List), Err(Unmoved::NoAccount(id(A))));
}

#[test]
fn a_known_account_that_is_logged_in_without_its_name_is_a_new_device_and_said_to_be() {
    let mut world = World::settled();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(DAY);
    let second = world.log_in(A);
    assert_eq!(world.dropped(&first).0, DropReason::Superseded);
    assert_eq!(world.session(&second).predecessor, Some(first));
    assert!(world.account(A).evidence.iter().any(|seen| seen.what.contains("a new device")));
    let told = world.told(NoticeKind::NewDevice);
    assert_eq!(told.len(), 1);
    assert!(told[0].1.kind.is_warning());
    let account = world.account(A);
    assert!(matches!(account.stage, Stage::FirstDay { .. }), "it will drop once more");
    assert_eq!(account.first_login_at, "2026-01-01T00:00:00Z".parse().unwrap());
    world.pass(HOUR);
    world.drop(A);
    assert_eq!(world.dropped(&second).0, DropReason::FirstNight);
    assert_eq!(world.relogin(A).method, Method::Qr, "no box on the first night");
}

#[test]
fn a_login_without_a_name_ends_the_qr_that_waits_for_the_same_account() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let waiting = world.qr_issued(A);
    let other = world.log_in(A);
    assert_eq!(world.session(&waiting).successor, Some(other));
    assert_eq!(world.dropped(&waiting).0, DropReason::Superseded);
    assert_eq!(world.phase(A), "none");
}

#[test]
fn a_qr_that_somebody_else_scans_logs_them_in_and_is_an_attempt_of_who_was_meant() {
    let mut world = World::settled();
    world.pass(DAY);
    world.drop(A);
    world.time_came(A);
    world.tend(A, Tending::PopUpFailed("no answer".to_owned()));
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.scanned(&w_id, B);
    assert_eq!(world.account(B).current_w_id, Some(w_id));
    assert_eq!((world.phase(A), world.attempt(A)), ("due", 2));
    assert!(world.relogin(A).why.contains(B));
    assert_eq!(world.account(A).current_w_id, None);
}

#[test]
fn an_absence_is_forgotten_when_it_is_listed_again_and_two_in_a_row_are_a_drop() {
    let mut world = World::settled();
    world.pass(DAY);
    world.not_listed(A);
    assert_eq!(world.account(A).absences, 1);
    world.tend(A, Tending::Listed);
    assert_eq!(world.account(A).absences, 0);
    world.not_listed(A);
    world.tend(A, Tending::ConfirmedOnline);
    world.not_listed(A);
    assert!(world.account(A).current_w_id.is_some());
    let version = world.account(A).version;
    world.not_listed(A);
    assert_eq!((world.account(A).current_w_id.clone(), world.account(A).absences), (None, 0));
    assert_eq!(world.account(A).version, version.next());
    let lost = world.account(A).logins.last().cloned().unwrap();
    assert!(world.dropped(&lost).1.contains("2 times in a row"));
    let offline = world.records.moves(&world.rules, world.now).not_listed(&id(A));
    assert_eq!(world.take(offline), Err(Unmoved::Ignored(Ignored::NotOnline)));
}

#[test]
fn a_list_that_lacks_it_by_turns_does_not_wash_out_what_was_observed_before() {
    let mut world = World::settled();
    let before = world.account(A).evidence.clone();
    for _ in 0..EVIDENCE_KEPT {
        world.pass(MINUTE);
        world.not_listed(A);
        world.tend(A, Tending::ConfirmedOnline);
    }
    let evidence = world.account(A).evidence.clone();
    assert_eq!((&evidence[..before.len()], evidence.len()), (&before[..], before.len() + 2));
    assert!(evidence[before.len()..].iter().all(|seen| seen.at == world.now), "as of the last time");
}

#[test]
fn a_login_that_has_ended_here_and_is_listed_again_and_again_changes_nothing_more() {
    let mut world = World::settled();
    world.log_out(A);
    let ended = world.account(A).logins.last().cloned().unwrap();
    world.tend(A, Tending::ListedAs(ended.clone()));
    let account = world.account(A);
    world.pass(MINUTE);
    world.tend(A, Tending::ListedAs(ended));
    assert_eq!(world.account(A), account);
}

#[test]
fn where_one_absence_is_enough_it_is() {
    let mut world = World::settled();
    world.rules.confirmations = 1;
    world.pass(DAY);
    world.not_listed(A);
    assert_eq!(world.account(A).current_w_id, None);
}
