//! The state machine against arbitrary lives: whatever happens, in whatever order and with whatever clock, what
//! must always hold does.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Answer, Batch, Code, DropReason, Failure, HISTORY_KEPT, Ignored, Input, Issued, Profile, Rules, Secret,
    Seq, Session, SliderProgress, Source, State, StateName, Verdict, Version, duty, step,
};

#[path = "common/largest.rs"]
mod largest;
use largest::{largest_profile, largest_session};

const RULES: Rules = Rules::DEFAULT;

/// The code that people enter here. It must never show.
const CANARY: &str = "canary-471100";

/// Something that happens, relative to the session it happens to.
#[derive(Debug, Clone)]
struct Happening {
    /// Which way the clock has moved since the last one, in seconds; backwards as well.
    passed: i64,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// An answer to the call so many rounds away from the current one.
    Answered(i64, Answer),
    Other(Input),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,20}",
        "\\PC{0,120}",
        Just("验".repeat(120)),
        Just("\u{1}".repeat(120)),
        Just("\"".repeat(120))
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let failure = prop_oneof![Just(Failure::Declined), Just(Failure::Expired), Just(Failure::Other)];
    prop_oneof![
        1 => "[a-c]".prop_map(|id| Answer::LoggedIn(Box::new(Profile::of(id.parse().unwrap())))),
        4 => text().prop_map(|url| Answer::SliderAsked { url }),
        8 => text().prop_map(|prompt| Answer::CodeAsked { prompt }),
        1 => (failure, text()).prop_map(|(why, message)| Answer::Failed { why, message }),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let rounds = prop_oneof![8 => Just(0), 2 => -3..=3_i64];
    let what = prop_oneof![
        12 => (rounds, answer()).prop_map(|(away, answer)| What::Answered(away, answer)),
        8 => Just(What::Other(Input::CodeEntered(Secret::new(CANARY)))),
        4 => Just(What::Other(Input::SliderDone)),
        2 => Just(What::Other(Input::DeadlinePassed)),
        1 => Just(What::Other(Input::Ended)),
        1 => "w[0-9]".prop_map(|by| What::Other(Input::Superseded { by: by.parse().unwrap() })),
        1 => text().prop_map(|detail| What::Other(Input::Lost {
            reason: DropReason::Offline,
            detail,
            from: Source::List
        })),
        2 => text().prop_map(|detail| What::Other(Input::Explained { detail })),
        1 => "w[0-9]".prop_map(|by| What::Other(Input::Followed { by: by.parse().unwrap() })),
    ];
    (-400..400_i64, what).prop_map(|(passed, what)| Happening { passed, what })
}

impl Happening {
    fn input(&self, session: &Session) -> Input {
        match &self.what {
            What::Other(input) => input.clone(),
            What::Answered(away, answer) => {
                let round = i64::from(session.round).saturating_add(*away).max(0);
                Input::Answered { round: round.try_into().unwrap(), answer: answer.clone() }
            }
        }
    }
}

/// One happening of a life: what was, what came in and when, what became of it.
struct Step {
    before: Session,
    input: Input,
    now: Timestamp,
    verdict: Verdict,
}

/// Lives the happenings through from the beginning.
fn live(happenings: &[Happening]) -> Vec<Step> {
    let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut session = begun("w1", now);
    let mut steps = Vec::new();
    for happening in happenings {
        now += SignedDuration::from_secs(happening.passed);
        let input = happening.input(&session);
        let verdict = step(&session, input.clone(), now, &RULES);
        let before = session.clone();
        if let Verdict::Accepted(next) = &verdict {
            session = next.clone();
        }
        steps.push(Step { before, input, now, verdict });
    }
    steps
}

fn begun(w_id: &str, now: Timestamp) -> Session {
    let issued = Issued::new(w_id.parse().unwrap(), "http://platform/qr.png");
    Session::begun(issued, Seq(1), now, &RULES)
}

fn life() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(happening(), 1..80).prop_map(|happenings| live(&happenings))
}

/// Every accepted step of a life: before, what came in, when, after.
fn changes(steps: &[Step]) -> impl Iterator<Item = (&Session, &Input, Timestamp, &Session)> {
    steps.iter().filter_map(|step| match &step.verdict {
        Verdict::Accepted(next) => Some((&step.before, &step.input, step.now, next)),
        _ => None,
    })
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?} in {:?} → {:?}", self.now, self.input, self.before.state, self.verdict)
    }
}

proptest! {
    #[test]
    fn what_is_dropped_stays_dropped(steps in life()) {
        for step in &steps {
            if step.before.state.name() == StateName::Dropped {
                let stays = |next: &Session| next.state.name() == StateName::Dropped;
                prop_assert!(!matches!(&step.verdict, Verdict::Accepted(next) if !stays(next)), "{:?}", step);
            }
        }
    }

    #[test]
    fn the_order_of_a_life_is_never_left(steps in life()) {
        for (before, _, _, after) in changes(&steps) {
            let (from, to) = (before.state.name(), after.state.name());
            prop_assert!(from != StateName::Online || to == StateName::Dropped, "{from} → {to}");
            prop_assert!(to != StateName::QrIssued, "{from} → {to}");
        }
    }

    #[test]
    fn a_change_counts_one_version_and_touches_nothing_that_was_fixed_at_birth(steps in life()) {
        for (before, _, _, after) in changes(&steps) {
            prop_assert_eq!(after.version, before.version.next());
            prop_assert_eq!(
                (&after.w_id, after.born, after.created_at, &after.qr, after.device, &after.proxy),
                (&before.w_id, before.born, before.created_at, &before.qr, before.device, &before.proxy)
            );
        }
    }

    #[test]
    fn an_answer_to_another_call_than_the_current_one_never_moves_a_session(steps in life()) {
        for step in &steps {
            let Input::Answered { round, .. } = step.input else { continue };
            let asked = duty(&step.before).call.map(|call| call.round);
            match &step.verdict {
                Verdict::Accepted(_) => prop_assert_eq!(asked, Some(round)),
                Verdict::Ignored(why) if asked.is_some() => prop_assert_eq!(*why, Ignored::StaleAnswer),
                Verdict::Ignored(_) => {}
                Verdict::Refused(why) => prop_assert!(false, "an answer is never refused: {why}"),
            }
        }
    }

    #[test]
    fn a_round_never_goes_back_and_its_answer_is_taken_once(steps in life()) {
        let mut taken = Vec::new();
        for (before, input, _, after) in changes(&steps) {
            prop_assert!(after.round >= before.round);
            if let Input::Answered { round, .. } = input {
                prop_assert!(!taken.contains(round), "round {round} answered twice");
                taken.push(*round);
            }
        }
    }

    #[test]
    fn the_time_in_a_state_begins_with_the_change_of_state(steps in life()) {
        for (before, _, now, after) in changes(&steps) {
            let same = before.state.name() == after.state.name();
            prop_assert_eq!(after.state_since, if same { before.state_since } else { now });
        }
    }

    #[test]
    fn a_call_goes_on_exactly_while_the_platform_has_something_to_say(steps in life()) {
        for (_, _, now, after) in changes(&steps) {
            let duty = duty(after);
            let (asks, waits) = match &after.state {
                State::QrIssued { .. } => (true, true),
                State::AwaitingVerify { code, .. } => (*code != Code::Wanted, true),
                State::Slider { progress, .. } => (*progress == SliderProgress::SaidDone, true),
                State::Online { .. } | State::Dropped { .. } => (false, false),
            };
            prop_assert_eq!((duty.call.is_some(), duty.deadline.is_some()), (asks, waits), "{:?}", after.state);
            prop_assert!(duty.deadline.is_none_or(|deadline| deadline == now + SignedDuration::from_mins(5)));
            let code = duty.call.and_then(|call| call.code);
            let in_flight = matches!(after.state, State::AwaitingVerify { code: Code::InFlight(_), .. });
            prop_assert_eq!(code.is_some(), in_flight);
        }
    }

    #[test]
    fn a_history_is_bounded_begins_with_the_qr_and_ends_with_the_state(steps in life()) {
        for (_, _, now, after) in changes(&steps) {
            let (first, last) = (after.history.first().unwrap(), after.history.last().unwrap());
            prop_assert!(after.history.len() <= HISTORY_KEPT);
            prop_assert_eq!((first.version, first.to), (Version(1), StateName::QrIssued));
            prop_assert_eq!((last.version, last.to, last.at), (after.version, after.state.name(), now));
            prop_assert!(after.history.is_sorted_by_key(|transition| transition.version));
        }
    }

    #[test]
    fn a_session_comes_back_from_its_record_as_it_was(steps in life()) {
        for (_, _, _, after) in changes(&steps) {
            let json = serde_json::to_string(after).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Session>(&json).unwrap(), after);
        }
    }

    #[test]
    fn the_public_form_never_shows_a_code_and_comes_back_as_it_was(steps in life()) {
        for (_, _, now, after) in changes(&steps) {
            let event = Event::of_session(Seq(9), now, after);
            let json = serde_json::to_string(&event).unwrap();
            prop_assert!(!json.contains(CANARY), "{json}");
            prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), &event);
            let shown = format!("{after:?}");
            prop_assert!(!shown.contains(CANARY), "{shown}");
        }
    }

    #[test]
    fn whatever_the_texts_a_session_and_its_event_fit_their_records(steps in life()) {
        for (_, _, now, after) in changes(&steps) {
            fits(after, now);
        }
    }
}

/// The bounds that the platform client and the API set on texts, all reached at once, each character as wide as
/// it can be.
#[test]
fn the_largest_possible_session_and_its_event_fit_their_records() {
    for wide in ["\u{10ffff}", "\u{1}", "\""] {
        let now = Timestamp::UNIX_EPOCH;
        let mut session = largest_session(now);
        for _ in 0..HISTORY_KEPT {
            session = code_asked_again(&session, wide, now);
            fits(&session, now);
        }
        let round = session.round;
        let answer = Answer::LoggedIn(Box::new(largest_profile(wide)));
        let session = code_entered(&session, now);
        let online = accepted(step(&session, Input::Answered { round, answer }, now, &RULES));
        fits(&online, now);
        let by = "s".repeat(128).parse().unwrap();
        fits(&accepted(step(&online, Input::Superseded { by }, now, &RULES)), now);
    }
}

fn code_asked_again(session: &Session, wide: &str, now: Timestamp) -> Session {
    let session = if duty(session).call.is_some() { session.clone() } else { code_entered(session, now) };
    let answer = Answer::CodeAsked { prompt: wide.repeat(120) };
    accepted(step(&session, Input::Answered { round: session.round, answer }, now, &RULES))
}

fn code_entered(session: &Session, now: Timestamp) -> Session {
    accepted(step(session, Input::CodeEntered(Secret::new("4".repeat(64))), now, &RULES))
}

fn accepted(verdict: Verdict) -> Session {
    match verdict {
        Verdict::Accepted(next) => next,
        other => panic!("not accepted: {other:?}"),
    }
}

fn fits(session: &Session, now: Timestamp) {
    let mut batch = Batch::default();
    batch.put_session(session).unwrap();
    batch.push_event(&Event::of_session(Seq(u64::MAX), now, session)).unwrap();
}
