//! Single steps: deadlines, rounds, and what a session keeps, forgets and says.

use jiff::SignedDuration;
use wxlogin_state::{
    Answer, Code, DropReason, Failure, Ignored, Input, SliderProgress, Source, State, Verdict, step,
};

use crate::places::{
    Event, Place, RULES, accepted, code_asked, failed, logged_in, session_in, slider_asked, start,
};

#[test]
fn each_step_of_a_person_or_the_platform_gets_a_deadline_of_its_own() {
    let steps = [
        (Place::QrIssued, Event::SliderAsked),
        (Place::QrIssued, Event::CodeAsked),
        (Place::CodeWanted, Event::CodeEntered),
        (Place::SliderWanted, Event::SliderDone),
    ];
    for (place, event) in steps {
        let session = session_in(place);
        let (input, _) = event.happens_to(&session);
        let now = session.deadline().unwrap() - SignedDuration::from_secs(1);
        let next = accepted(step(&session, input, now, &RULES));
        assert_eq!(next.deadline(), Some(now + SignedDuration::from_mins(5)), "{event:?} in {place:?}");
    }
}

#[test]
fn after_the_clock_was_set_back_a_step_has_as_long_as_any() {
    for place in
        [Place::QrIssued, Place::CodeWanted, Place::CodeInFlight, Place::SliderWanted, Place::SliderSaidDone]
    {
        for back in [SignedDuration::from_secs(1), SignedDuration::from_hours(24 * 3650)] {
            let session = session_in(place);
            let now = start() - back;
            let latest = now + SignedDuration::from_mins(5);
            let next = accepted(step(&session, Input::ClockSetBack, now, &RULES));
            assert_eq!(next.deadline(), Some(latest), "{place:?}");
            assert_eq!(next.qr.as_ref().map(|qr| qr.expires_at), Some(latest), "{place:?}");
            assert_eq!(step(&next, Input::ClockSetBack, now, &RULES), Verdict::Ignored(Ignored::NotYetDue));
        }
    }
}

#[test]
fn an_answer_ends_its_round_and_nothing_else_does() {
    for place in Place::ALL {
        for event in Event::ALL {
            let session = session_in(place);
            let (input, now) = event.happens_to(&session);
            let is_answer = matches!(input, Input::Answered { .. });
            if let Verdict::Accepted(next) = step(&session, input, now, &RULES) {
                assert_eq!(next.round, session.round + u32::from(is_answer), "{event:?} in {place:?}");
            }
        }
    }
}

#[test]
fn a_refused_code_is_counted_and_its_new_prompt_shown() {
    let session = session_in(Place::CodeInFlight);
    let answer = Answer::CodeAsked { prompt: "验证码错误".to_owned() };
    let round = session.round;
    let next = accepted(step(&session, Input::Answered { round, answer }, start(), &RULES));
    let State::AwaitingVerify { prompt, attempts, code, .. } = next.state else { panic!("{next:?}") };
    assert_eq!((prompt.as_str(), attempts, code), ("验证码错误", 1, Code::Wanted));
}

#[test]
fn a_code_asked_for_after_the_slider_starts_counting_anew() {
    let session = session_in(Place::SliderSaidDone);
    let round = session.round;
    let next = accepted(step(&session, Input::Answered { round, answer: code_asked() }, start(), &RULES));
    assert!(matches!(next.state, State::AwaitingVerify { attempts: 0, .. }), "{:?}", next.state);
}

#[test]
fn a_slider_not_passed_yet_comes_back_with_its_fresh_page() {
    let session = session_in(Place::SliderSaidDone);
    let answer = Answer::SliderAsked { url: "http://platform/slider/2".to_owned() };
    let round = session.round;
    let next = accepted(step(&session, Input::Answered { round, answer }, start(), &RULES));
    let State::Slider { url, progress, .. } = next.state else { panic!("{next:?}") };
    assert_eq!((url.as_str(), progress), ("http://platform/slider/2", SliderProgress::Wanted));
}

#[test]
fn an_online_session_keeps_its_profile_when_it_drops_and_one_in_flight_has_none() {
    for place in [Place::QrIssued, Place::CodeInFlight, Place::Online] {
        let session = session_in(place);
        let dropped = accepted(step(&session, Input::Ended, start(), &RULES));
        assert_eq!(dropped.profile().is_some(), place == Place::Online, "{place:?}");
    }
}

#[test]
fn the_platforms_sentence_is_the_detail_of_a_failed_login() {
    let session = session_in(Place::QrIssued);
    let input = Input::Answered { round: session.round, answer: failed(Failure::Other) };
    let State::Dropped { drop, .. } = accepted(step(&session, input, start(), &RULES)).state else {
        panic!()
    };
    assert_eq!((drop.detail.as_str(), drop.at), ("失败", start()));
}

#[test]
fn a_superseded_session_names_the_one_that_took_its_place() {
    let by = "w-next".parse().unwrap();
    let session = session_in(Place::Online);
    let next = accepted(step(&session, Input::Superseded { by }, start(), &RULES));
    assert_eq!(next.successor, Some("w-next".parse().unwrap()));
}

#[test]
fn a_session_that_was_lost_takes_in_the_reason_and_its_successor_and_stays_what_it_was() {
    let detail = "it is missing".to_owned();
    let lost = Input::Lost { reason: DropReason::Offline, detail, from: Source::List };
    let dropped = accepted(step(&session_in(Place::Online), lost, start(), &RULES));
    let later = start() + SignedDuration::from_mins(10);
    let explained = Input::Explained { detail: "该账号在其他设备登录".to_owned() };
    let explained = accepted(step(&dropped, explained, later, &RULES));
    let followed = Input::Followed { by: "w-next".parse().unwrap() };
    let followed = accepted(step(&explained, followed, later, &RULES));
    let State::Dropped { drop, profile } = &followed.state else { panic!("{followed:?}") };
    assert_eq!((drop.reason, drop.at, &*drop.detail), (DropReason::Offline, start(), "该账号在其他设备登录"));
    assert!(profile.is_some());
    assert_eq!(followed.state_since, start());
    assert_eq!(followed.successor, Some("w-next".parse().unwrap()));
    // One login follows, not several.
    let again = Input::Followed { by: "w-third".parse().unwrap() };
    assert_eq!(step(&followed, again, later, &RULES), Verdict::Ignored(Ignored::AlreadyKnown));
}

#[test]
fn a_scan_by_another_account_than_expected_is_accepted_and_said() {
    let mut session = session_in(Place::QrIssued);
    session.wc_id = Some("wxid_expected".parse().unwrap());
    let input = Input::Answered { round: session.round, answer: logged_in() };
    let next = accepted(step(&session, input, start(), &RULES));
    assert_eq!(next.wc_id, Some("wxid_a".parse().unwrap()));
    let why = &next.history.last().unwrap().why;
    assert!(why.contains("wxid_a") && why.contains("wxid_expected"), "{why}");
}

#[test]
fn a_code_is_forgotten_as_soon_as_it_is_answered() {
    let session = session_in(Place::CodeInFlight);
    for answer in [logged_in(), code_asked(), slider_asked(), failed(Failure::Other)] {
        let input = Input::Answered { round: session.round, answer };
        let next = accepted(step(&session, input, start(), &RULES));
        assert!(!serde_json::to_string(&next).unwrap().contains("471100"), "{:?}", next.state);
    }
}
