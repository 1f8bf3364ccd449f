//! What people want: a login now, none at all, none by itself, or one when they are ready.

use wxlogin_state::{
    DropReason, Input, Issue, Label, Method, NoticeKind, Refusal, Rest, StateName, Tending, Unmoved, public,
};

use crate::world::{A, DAY, HOUR, World, id};

#[test]
fn a_login_can_be_asked_for_at_any_time_but_while_it_is_online() {
    let mut world = World::settled();
    assert_eq!(world.wanted(A), Err(Unmoved::Refused(Refusal::Online)));
    world.pass(DAY);
    world.log_out(A);
    assert_eq!(world.account(A).rest, Some(Rest::LoggedOut));
    world.live(DAY);
    world.restarted();
    assert_eq!(world.phase(A), "none", "whoever logs out means it");

    // While it rests: at once, and the pop-up first.
    world.wanted(A).unwrap();
    assert_eq!((world.account(A).rest, world.account(A).call()), (None, Some(Method::PopUp)));
    assert!(world.relogin(A).by_person);
    world.confirmed(A);

    // While it is scheduled.
    world.pass(10);
    world.drop(A);
    assert!(world.due_in(A) > 40 * 60);
    world.wanted(A).unwrap();
    assert_eq!(world.phase(A), "calling");
    // Twice is once.
    let before = world.records.clone();
    world.wanted(A).unwrap();
    assert_eq!(world.records, before);
}

#[test]
fn whoever_insists_gets_a_second_login_that_takes_the_place_of_the_first() {
    let mut world = World::settled();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(DAY);
    world.tend(A, Tending::Wanted { method: None, force: true, request_key: None });
    assert_eq!(world.account(A).call(), Some(Method::Qr), "a box on the phone of one that is online: no");
    let second = world.qr_issued(A);
    assert_eq!(world.account(A).current_w_id, Some(first.clone()), "it is online meanwhile");
    world.scanned(&second, A);
    assert_eq!(world.dropped(&first).0, DropReason::Superseded);
    assert_eq!(world.session(&first).successor, Some(second.clone()));
    assert_eq!(world.session(&second).predecessor, Some(first));
    // A drop while it is under way leaves it under way.
    world.tend(A, Tending::Wanted { method: None, force: true, request_key: None });
    world.pass(DAY);
    world.drop(A);
    assert_eq!(world.phase(A), "calling");
    let third = world.qr_issued(A);
    world.scanned(&third, A);
    assert_eq!(world.account(A).current_w_id, Some(third));
}

#[test]
fn what_a_person_asked_for_and_did_not_complete_is_the_schedules_from_there_on() {
    let mut world = World::settled();
    world.pass(DAY);
    world.log_out(A);
    world.tend(A, Tending::Wanted { method: Some(Method::Qr), force: false, request_key: None });
    let w_id = world.qr_issued(A);
    assert!(world.told(NoticeKind::ScanNeeded).iter().all(|(_, notice)| notice.w_id != Some(w_id.clone())));
    world.unscanned(&w_id);
    assert_eq!((world.phase(A), world.attempt(A), world.relogin(A).by_person), ("due", 2, false));
}

#[test]
fn a_login_that_a_person_asked_for_and_the_platform_could_not_begin_is_the_schedules_as_well() {
    let mut world = World::settled();
    world.pass(DAY);
    world.log_out(A);
    world.wanted(A).unwrap();
    world.call_failed(A, true);
    assert_eq!((world.phase(A), world.relogin(A).by_person), ("due", false));
    world.wanted(A).unwrap();
    world.restarted();
    assert_eq!((world.phase(A), world.relogin(A).by_person), ("due", false));
    // One that was to take the place of a login that is online is simply not made.
    world.wait(A);
    let w_id = world.qr_issued(A);
    world.scanned(&w_id, A);
    world.tend(A, Tending::Wanted { method: None, force: true, request_key: None });
    world.call_failed(A, true);
    assert_eq!(world.phase(A), "none");
}

#[test]
fn auto_relogin_off_lets_go_what_is_due_and_on_takes_it_up_again() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    world.auto_relogin(A, false);
    assert_eq!(world.account(A).resting(&world.rules.relogin), Some(Rest::AutoReloginOff));
    assert_eq!(public::Account::from(&*world.account(A)).rest, Some(Rest::AutoReloginOff));
    world.live(DAY);
    assert_eq!(world.phase(A), "none");
    // A person may, and what comes to nothing is not repeated.
    world.wanted(A).unwrap();
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert_eq!(world.phase(A), "none");
    world.auto_relogin(A, true);
    assert_eq!((world.phase(A), world.due_in(A)), ("due", 0));

    // What a person is at does not end with it.
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.auto_relogin(A, false);
    assert_eq!(world.phase(A), "in flight");
    world.scanned(&w_id, A);
    assert!(!world.account(A).auto_relogin, "a login does not turn it on");
}

#[test]
fn auto_relogin_on_takes_up_what_was_logged_out_or_given_up_although_it_was_on_already() {
    let mut world = World::settled();
    world.pass(DAY);
    world.log_out(A);
    assert_eq!(world.phase(A), "none");
    world.auto_relogin(A, true);
    assert_eq!((world.account(A).rest, world.phase(A), world.due_in(A)), (None, "due", 0));

    let mut world = World::with(|rules| rules.relogin.max_attempts = 1);
    world.log_in(A);
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    assert_eq!(world.account(A).rest, Some(Rest::GaveUp { attempts: 1 }));
    world.auto_relogin(A, false);
    assert_eq!(world.phase(A), "none");
    world.auto_relogin(A, true);
    assert_eq!((world.account(A).rest, world.phase(A), world.attempt(A)), (None, "due", 1));
}

#[test]
fn auto_relogin_off_and_on_does_not_hurry_what_is_to_be_slow() {
    let mut world = World::settled();
    world.pass(10);
    world.drop(A);
    let due = world.relogin(A).due_at();
    world.auto_relogin(A, false);
    world.pass(10 * 60);
    world.auto_relogin(A, true);
    assert_eq!(world.relogin(A).due_at(), due, "it held for seconds, so the next one waits");
    world.auto_relogin(A, false);
    world.pass(2 * HOUR);
    world.auto_relogin(A, true);
    assert_eq!(world.due_in(A), 0, "it has waited");
}

#[test]
fn a_label_alone_changes_nothing_else() {
    let mut world = World::first_login();
    let label: Label = "小店".parse().unwrap();
    world.tend(A, Tending::Set { label: Some(label.clone()), auto_relogin: None });
    assert_eq!(world.account(A).label, Some(label));
    world.tend(A, Tending::Set { label: None, auto_relogin: Some(true) });
    assert_eq!(world.account(A).version.0, 2, "nothing was changed by that");
}

#[test]
fn relogins_turned_off_for_all_rest_after_the_review_and_come_back_with_the_next() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    world.rules.relogin.enabled = false;
    world.reviewed();
    assert_eq!(world.account(A).resting(&world.rules.relogin), Some(Rest::Disabled));
    assert_eq!(world.phase(A), "none");
    let told = |world: &World| public::Account::from(&*world.account(A)).rest;
    assert_eq!(told(&world), Some(Rest::Disabled));
    world.auto_relogin(A, false);
    assert_eq!(told(&world), Some(Rest::AutoReloginOff), "the account's own reason says more");
    world.auto_relogin(A, true);
    assert_eq!(told(&world), Some(Rest::Disabled));
    world.wanted(A).unwrap();
    assert_eq!(told(&world), None);
    world.call_failed(A, true);
    assert_eq!((world.phase(A), told(&world)), ("none", Some(Rest::Disabled)));
    world.rules.relogin.enabled = true;
    world.reviewed();
    assert_eq!(told(&world), None);
    assert_eq!((world.phase(A), world.due_in(A)), ("due", 0));
}

#[test]
fn on_demand_a_due_login_is_offered_and_its_qr_fetched_when_somebody_opens_it() {
    let mut world = World::first_login();
    world.rules.relogin.issue = Issue::OnDemand;
    world.pass(HOUR);
    world.drop(A);
    world.wait(A);
    assert_eq!(world.phase(A), "offered");
    world.live(3 * DAY);
    assert_eq!(world.told(NoticeKind::ScanNeeded).len(), 1, "it is said once");
    world.restarted();
    assert_eq!(world.phase(A), "offered", "and stays over a restart");
    world.wanted(A).unwrap();
    let w_id = world.qr_issued(A);
    world.unscanned(&w_id);
    world.wait(A);
    assert_eq!(world.phase(A), "offered");
    // Whoever changes their mind gets the QR without opening it.
    world.rules.relogin.issue = Issue::Auto;
    world.reviewed();
    assert_eq!((world.phase(A), world.due_in(A)), ("due", 0));
}

#[test]
fn on_demand_a_settled_account_still_gets_its_box() {
    let mut world = World::settled();
    world.rules.relogin.issue = Issue::OnDemand;
    world.pass(DAY);
    world.drop(A);
    world.wait(A);
    assert_eq!(world.account(A).call(), Some(Method::PopUp));
    world.tend(A, Tending::PopUpFailed("no answer".to_owned()));
    world.wait(A);
    assert_eq!(world.phase(A), "offered");
}

#[test]
fn an_account_is_forgotten_with_its_login_in_flight_but_not_while_it_is_online() {
    let mut world = World::first_login();
    let forget = |world: &World| world.records.moves(&world.rules, world.now).forget(&id(A));
    let refused = forget(&world);
    assert_eq!(world.take(refused), Err(Unmoved::Refused(Refusal::StillOnline)));
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    let forgotten = forget(&world);
    world.take(forgotten).unwrap();
    assert!(world.records.accounts.is_empty());
    assert_eq!(world.dropped(&w_id).0, DropReason::Abandoned);
    // It may come back as if it had never been here.
    let w_id = world.log_in(A);
    assert_eq!((world.account(A).version.0, world.session(&w_id).predecessor.clone()), (1, None));
}

#[test]
fn a_login_that_is_ended_on_the_way_is_an_attempt() {
    let mut world = World::first_login();
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.apply(&w_id, Input::Ended);
    assert_eq!(world.session(&w_id).state.name(), StateName::Dropped);
    assert_eq!((world.phase(A), world.attempt(A)), ("due", 2));
}

#[test]
fn what_cannot_be_begun_after_it_was_turned_off_is_not_begun_again() {
    for popup in [false, true] {
        let mut world = if popup { World::settled() } else { World::first_login() };
        world.pass(HOUR);
        world.drop(A);
        world.time_came(A);
        assert_eq!(world.phase(A), "calling");
        world.auto_relogin(A, false);
        assert_eq!(world.phase(A), "calling", "the call is out");
        let mut interrupted = world.clone();
        interrupted.restarted();
        let said = world.told(NoticeKind::ReloginScheduled).len();
        if popup {
            world.tend(A, Tending::PopUpFailed("no answer".to_owned()));
        } else {
            world.call_failed(A, true);
        }
        for world in [world, interrupted] {
            assert_eq!(world.phase(A), "none");
            assert_eq!(world.told(NoticeKind::ReloginScheduled).len(), said);
        }
    }
}

#[test]
fn a_drop_that_is_noticed_while_a_person_logs_out_is_that_logout() {
    let mut world = World::settled();
    let current = world.account(A).current_w_id.clone().unwrap();
    world.tend(A, Tending::LogOutBegun);
    world.drop(A);
    assert_eq!(world.dropped(&current).0, DropReason::LoggedOut);
    assert_eq!((world.account(A).rest, world.phase(A)), (Some(Rest::LoggedOut), "none"));
    world.live(DAY);
    assert_eq!(world.phase(A), "none");
}

#[test]
fn a_logout_that_the_platform_refused_or_that_was_interrupted_leaves_the_account_cared_for() {
    let come_back: [fn(&mut World); 2] = [|world| world.tend(A, Tending::LogOutFailed), World::restarted];
    for come_back in come_back {
        let mut world = World::settled();
        world.tend(A, Tending::LogOutBegun);
        come_back(&mut world);
        assert_eq!(world.account(A).rest, None);
        world.pass(DAY);
        world.drop(A);
        assert_eq!(world.phase(A), "due");
    }
}

#[test]
fn what_a_person_calls_it_meanwhile_is_what_it_is_called() {
    let mut world = World::first_login();
    let label = |text: &str| Some(text.parse::<Label>().unwrap());
    world.tend(A, Tending::Set { label: label("before"), auto_relogin: None });
    world.pass(HOUR);
    world.drop(A);
    world.time_came(A);
    let w_id = world.qr_issued(A);
    world.tend(A, Tending::Set { label: label("meanwhile"), auto_relogin: None });
    world.scanned(&w_id, A);
    assert_eq!(world.account(A).label, label("meanwhile"));
}

#[test]
fn a_wish_of_the_same_name_is_done_once_whatever_became_of_it() {
    let named = |key: &str| Tending::Wanted { method: None, force: false, request_key: Some(key.into()) };
    let mut world = World::settled();
    world.auto_relogin(A, false);
    world.pass(DAY);
    world.drop(A);
    world.tend(A, named("order-17"));
    assert_eq!(world.phase(A), "calling");
    let before = world.account(A);
    world.tend(A, named("order-17"));
    assert_eq!(world.account(A), before, "it is on its way");
    world.confirmed(A);
    let before = world.account(A);
    world.tend(A, named("order-17"));
    assert_eq!(world.account(A), before, "it is online, which is no reason to refuse it");
    world.pass(DAY);
    world.drop(A);
    world.restarted();
    world.tend(A, named("order-17"));
    assert_eq!(world.phase(A), "none", "it has dropped since");
    world.tend(A, named("order-18"));
    assert_eq!(world.phase(A), "calling");
    // A wish that joins what is on its way is done by that.
    world.tend(A, named("order-19"));
    world.confirmed(A);
    world.tend(A, named("order-19"));
    assert_eq!(world.try_tend(A, named("order-20")), Err(Unmoved::Refused(Refusal::Online)));
}
