//! What every input does in every place a session can be in: the decided answer to each pair.
//!
//! The table is written twice for the compiler: a row is missing → the `match` in [`row`] does not compile; a
//! cell is missing → its array does not. So a new state or input cannot slip in undecided.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{
    Answer, Code, DropReason, Failure, Ignored, Input, Issued, Profile, Refusal, Rules, Secret, Seq, Session,
    SliderProgress, State, Verdict, step,
};

const RULES: Rules = Rules::DEFAULT;

/// Where a session can be: its state, and how far it is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    QrIssued,
    CodeWanted,
    CodeInFlight,
    SliderWanted,
    SliderSaidDone,
    Online,
    Dropped,
}

impl Place {
    /// In the order of the table's columns.
    const ALL: [Self; COLUMNS] = [
        Self::QrIssued,
        Self::CodeWanted,
        Self::CodeInFlight,
        Self::SliderWanted,
        Self::SliderSaidDone,
        Self::Online,
        Self::Dropped,
    ];

    fn of(state: &State) -> Self {
        match state {
            State::QrIssued { .. } => Self::QrIssued,
            State::AwaitingVerify { code: Code::Wanted, .. } => Self::CodeWanted,
            State::AwaitingVerify { code: Code::InFlight(_), .. } => Self::CodeInFlight,
            State::Slider { progress: SliderProgress::Wanted, .. } => Self::SliderWanted,
            State::Slider { progress: SliderProgress::SaidDone, .. } => Self::SliderSaidDone,
            State::Online { .. } => Self::Online,
            State::Dropped { .. } => Self::Dropped,
        }
    }
}

const COLUMNS: usize = 7;

/// What can happen. Answers are those of the session's current round, unless they say otherwise; where no call
/// is out (a code is wanted, a slider is wanted) that is an answer nobody asked for.
#[derive(Debug, Clone, Copy)]
enum Event {
    LoggedIn,
    SliderAsked,
    CodeAsked,
    Declined,
    QrExpired,
    Failed,
    StaleLoggedIn,
    StaleSliderAsked,
    StaleCodeAsked,
    StaleFailed,
    FutureLoggedIn,
    CodeEntered,
    SliderDone,
    TooEarly,
    AtDeadline,
    PastDeadline,
    Ended,
    Abandoned,
    SetBack,
    Superseded,
    Lost,
    Explained,
    ExplainedAgain,
    Followed,
}

impl Event {
    const ALL: [Self; 24] = [
        Self::LoggedIn,
        Self::SliderAsked,
        Self::CodeAsked,
        Self::Declined,
        Self::QrExpired,
        Self::Failed,
        Self::StaleLoggedIn,
        Self::StaleSliderAsked,
        Self::StaleCodeAsked,
        Self::StaleFailed,
        Self::FutureLoggedIn,
        Self::CodeEntered,
        Self::SliderDone,
        Self::TooEarly,
        Self::AtDeadline,
        Self::PastDeadline,
        Self::Ended,
        Self::Abandoned,
        Self::SetBack,
        Self::Superseded,
        Self::Lost,
        Self::Explained,
        Self::ExplainedAgain,
        Self::Followed,
    ];

    /// The input, and when it happens.
    fn happens_to(self, session: &Session) -> (Input, Timestamp) {
        let before = session.deadline().unwrap_or(start()) - SignedDuration::from_nanos(1);
        let at = session.deadline().unwrap_or(start());
        let this = |answer| Input::Answered { round: session.round, answer };
        let stale = |answer| Input::Answered { round: session.round - 1, answer };
        match self {
            Self::LoggedIn => (this(logged_in()), before),
            Self::SliderAsked => (this(slider_asked()), before),
            Self::CodeAsked => (this(code_asked()), before),
            Self::Declined => (this(failed(Failure::Declined)), before),
            Self::QrExpired => (this(failed(Failure::Expired)), before),
            Self::Failed => (this(failed(Failure::Other)), before),
            Self::StaleLoggedIn => (stale(logged_in()), before),
            Self::StaleSliderAsked => (stale(slider_asked()), before),
            Self::StaleCodeAsked => (stale(code_asked()), before),
            Self::StaleFailed => (stale(failed(Failure::Other)), before),
            Self::FutureLoggedIn => {
                (Input::Answered { round: session.round + 1, answer: logged_in() }, before)
            }
            Self::CodeEntered => (code_entered(), before),
            Self::SliderDone => (Input::SliderDone, before),
            Self::TooEarly => (Input::DeadlinePassed, before),
            Self::AtDeadline => (Input::DeadlinePassed, at),
            Self::PastDeadline => (Input::DeadlinePassed, at + SignedDuration::from_hours(1)),
            Self::Ended => (Input::Ended, before),
            Self::Abandoned => (Input::Abandoned, before),
            Self::SetBack => (Input::ClockSetBack, start() - SignedDuration::from_hours(1)),
            Self::Superseded => (Input::Superseded { by: "w-next".parse().unwrap() }, before),
            Self::Lost => {
                let detail = "it is missing in the platform's list".to_owned();
                (Input::Lost { reason: DropReason::FirstNight, detail }, before)
            }
            Self::Explained => (Input::Explained { detail: "新设备首次登录24小时内掉线".to_owned() }, before),
            Self::ExplainedAgain => {
                let detail = match &session.state {
                    State::Dropped { drop, .. } => drop.detail.clone(),
                    _ => String::new(),
                };
                (Input::Explained { detail }, before)
            }
            Self::Followed => (Input::Followed { by: "w-next".parse().unwrap() }, before),
        }
    }
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Accepted(Place),
    Dropped(DropReason),
    Ignored(Ignored),
    WrongState,
    CodeInFlight,
}

const QR: Place = Place::QrIssued;
const ONLINE: Outcome = Outcome::Accepted(Place::Online);
const CODE: Outcome = Outcome::Accepted(Place::CodeWanted);
const SENT: Outcome = Outcome::Accepted(Place::CodeInFlight);
const SLIDER: Outcome = Outcome::Accepted(Place::SliderWanted);
const ASKING: Outcome = Outcome::Accepted(Place::SliderSaidDone);
const EXPIRED: Outcome = Outcome::Dropped(DropReason::Expired);
const FAILED: Outcome = Outcome::Dropped(DropReason::Failed);
const DECLINED: Outcome = Outcome::Dropped(DropReason::Declined);
const ABANDON: Outcome = Outcome::Dropped(DropReason::Abandoned);
const LOGOUT: Outcome = Outcome::Dropped(DropReason::LoggedOut);
const REPLACED: Outcome = Outcome::Dropped(DropReason::Superseded);
const NIGHT: Outcome = Outcome::Dropped(DropReason::FirstNight);
const STALE: Outcome = Outcome::Ignored(Ignored::StaleAnswer);
const EARLY: Outcome = Outcome::Ignored(Ignored::NotYetDue);
const AGAIN: Outcome = Outcome::Ignored(Ignored::AlreadyAsking);
const IS_ON: Outcome = Outcome::Ignored(Ignored::AlreadyOnline);
const IS_OUT: Outcome = Outcome::Ignored(Ignored::AlreadyDropped);
const NOT_ON: Outcome = Outcome::Ignored(Ignored::NotOnline);
const LIVES: Outcome = Outcome::Ignored(Ignored::NotDropped);
const KNOWN: Outcome = Outcome::Ignored(Ignored::AlreadyKnown);
const WAITS: Outcome = Outcome::Accepted(QR);
const NOBODY: Outcome = Outcome::Ignored(Ignored::NoDeadline);
const WRONG: Outcome = Outcome::WrongState;
const BUSY: Outcome = Outcome::CodeInFlight;

#[expect(clippy::match_same_arms, reason = "every event has a row of its own")]
#[rustfmt::skip] // A table is read by its columns.
fn row(event: Event) -> [Outcome; COLUMNS] {
    match event {
        //                          qr-issued awaiting-verify     slider              online    dropped
        //                                    wanted    in flight wanted    said done
        Event::LoggedIn         => [ONLINE,   STALE,    ONLINE,   STALE,    ONLINE,   IS_ON,    IS_OUT],
        Event::SliderAsked      => [SLIDER,   STALE,    SLIDER,   STALE,    SLIDER,   IS_ON,    IS_OUT],
        Event::CodeAsked        => [CODE,     STALE,    CODE,     STALE,    CODE,     IS_ON,    IS_OUT],
        Event::Declined         => [DECLINED, STALE,    DECLINED, STALE,    DECLINED, IS_ON,    IS_OUT],
        Event::QrExpired        => [EXPIRED,  STALE,    EXPIRED,  STALE,    EXPIRED,  IS_ON,    IS_OUT],
        Event::Failed           => [FAILED,   STALE,    FAILED,   STALE,    FAILED,   IS_ON,    IS_OUT],
        Event::StaleLoggedIn    => [STALE,    STALE,    STALE,    STALE,    STALE,    IS_ON,    IS_OUT],
        Event::StaleSliderAsked => [STALE,    STALE,    STALE,    STALE,    STALE,    IS_ON,    IS_OUT],
        Event::StaleCodeAsked   => [STALE,    STALE,    STALE,    STALE,    STALE,    IS_ON,    IS_OUT],
        Event::StaleFailed      => [STALE,    STALE,    STALE,    STALE,    STALE,    IS_ON,    IS_OUT],
        Event::FutureLoggedIn   => [STALE,    STALE,    STALE,    STALE,    STALE,    IS_ON,    IS_OUT],
        Event::CodeEntered      => [WRONG,    SENT,     BUSY,     WRONG,    WRONG,    WRONG,    WRONG ],
        Event::SliderDone       => [WRONG,    WRONG,    WRONG,    ASKING,   AGAIN,    WRONG,    WRONG ],
        Event::TooEarly         => [EARLY,    EARLY,    EARLY,    EARLY,    EARLY,    IS_ON,    IS_OUT],
        Event::AtDeadline       => [EXPIRED,  EXPIRED,  EXPIRED,  EXPIRED,  EXPIRED,  IS_ON,    IS_OUT],
        Event::PastDeadline     => [EXPIRED,  EXPIRED,  EXPIRED,  EXPIRED,  EXPIRED,  IS_ON,    IS_OUT],
        Event::Ended            => [ABANDON,  ABANDON,  ABANDON,  ABANDON,  ABANDON,  LOGOUT,   WRONG ],
        Event::Abandoned        => [ABANDON,  ABANDON,  ABANDON,  ABANDON,  ABANDON,  WRONG,    WRONG ],
        Event::SetBack          => [WAITS,    CODE,     SENT,     SLIDER,   ASKING,   NOBODY,   NOBODY],
        Event::Superseded       => [REPLACED, REPLACED, REPLACED, REPLACED, REPLACED, REPLACED, IS_OUT],
        Event::Lost             => [NOT_ON,   NOT_ON,   NOT_ON,   NOT_ON,   NOT_ON,   NIGHT,    IS_OUT],
        Event::Explained        => [LIVES,    LIVES,    LIVES,    LIVES,    LIVES,    LIVES,    ABANDON],
        Event::ExplainedAgain   => [LIVES,    LIVES,    LIVES,    LIVES,    LIVES,    LIVES,    KNOWN ],
        Event::Followed         => [LIVES,    LIVES,    LIVES,    LIVES,    LIVES,    LIVES,    ABANDON],
    }
}

#[test]
fn every_pair_has_its_decided_outcome() {
    for event in Event::ALL {
        for (place, decided) in Place::ALL.into_iter().zip(row(event)) {
            let session = session_in(place);
            let (input, now) = event.happens_to(&session);
            let outcome = outcome(&step(&session, input, now, &RULES));
            assert_eq!(outcome, decided, "{event:?} in {place:?}");
        }
    }
}

#[test]
fn the_lists_name_every_place_and_event_once() {
    for (n, place) in Place::ALL.into_iter().enumerate() {
        assert_eq!(place as usize, n);
        assert_eq!(Place::of(&session_in(place).state), place);
    }
    for (n, event) in Event::ALL.into_iter().enumerate() {
        assert_eq!(event as usize, n);
    }
    assert_eq!(Event::Followed as usize + 1, Event::ALL.len(), "the last one");
}

#[test]
fn each_step_of_a_person_or_the_platform_gets_a_deadline_of_its_own() {
    let steps = [
        (QR, Event::SliderAsked),
        (QR, Event::CodeAsked),
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
    for place in [QR, Place::CodeWanted, Place::CodeInFlight, Place::SliderWanted, Place::SliderSaidDone] {
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
    for place in [QR, Place::CodeInFlight, Place::Online] {
        let session = session_in(place);
        let dropped = accepted(step(&session, Input::Ended, start(), &RULES));
        assert_eq!(dropped.profile().is_some(), place == Place::Online, "{place:?}");
    }
}

#[test]
fn the_platforms_sentence_is_the_detail_of_a_failed_login() {
    let session = session_in(QR);
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
    let lost = Input::Lost { reason: DropReason::Offline, detail: "it is missing".to_owned() };
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
    let mut session = session_in(QR);
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

fn outcome(verdict: &Verdict) -> Outcome {
    match verdict {
        Verdict::Accepted(Session { state: State::Dropped { drop, .. }, .. }) => {
            Outcome::Dropped(drop.reason)
        }
        Verdict::Accepted(next) => Outcome::Accepted(Place::of(&next.state)),
        Verdict::Ignored(why) => Outcome::Ignored(*why),
        Verdict::Refused(Refusal::WrongState { .. }) => Outcome::WrongState,
        Verdict::Refused(Refusal::CodeInFlight) => Outcome::CodeInFlight,
        Verdict::Refused(other) => panic!("only an account refuses so: {other}"),
    }
}

fn accepted(verdict: Verdict) -> Session {
    match verdict {
        Verdict::Accepted(next) => next,
        other => panic!("not accepted: {other:?}"),
    }
}

/// A session in that place, brought there by the machine itself.
fn session_in(place: Place) -> Session {
    let answered = |session: &Session, answer| {
        let round = session.round;
        accepted(step(session, Input::Answered { round, answer }, start(), &RULES))
    };
    let issued = Issued::new("w1".parse().unwrap(), "http://platform/qr.png");
    let begun = Session::begun(issued, Seq(1), start(), &RULES);
    match place {
        Place::QrIssued => begun,
        Place::CodeWanted => answered(&begun, code_asked()),
        Place::CodeInFlight => {
            accepted(step(&session_in(Place::CodeWanted), code_entered(), start(), &RULES))
        }
        Place::SliderWanted => answered(&begun, slider_asked()),
        Place::SliderSaidDone => {
            accepted(step(&session_in(Place::SliderWanted), Input::SliderDone, start(), &RULES))
        }
        Place::Online => answered(&begun, logged_in()),
        Place::Dropped => accepted(step(&begun, Input::Ended, start(), &RULES)),
    }
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn logged_in() -> Answer {
    Answer::LoggedIn(Box::new(Profile::of("wxid_a".parse().unwrap())))
}

fn slider_asked() -> Answer {
    Answer::SliderAsked { url: "http://platform/slider".to_owned() }
}

fn code_asked() -> Answer {
    Answer::CodeAsked { prompt: "请在iPad上输入验证码".to_owned() }
}

fn failed(why: Failure) -> Answer {
    Answer::Failed { why, message: "失败".to_owned() }
}

fn code_entered() -> Input {
    Input::CodeEntered(Secret::new("471100"))
}
