//! The decided answer to each pair of a place and an input.
//!
//! The table is written twice for the compiler: a row is missing → the `match` in [`row`] does not compile; a
//! cell is missing → its array does not. So a new state or input cannot slip in undecided.

use wxlogin_state::{DropReason, Ignored, Refusal, Session, State, Verdict, step};

use crate::places::{COLUMNS, Event, Place, RULES, session_in};

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Accepted(Place),
    Dropped(DropReason),
    Ignored(Ignored),
    WrongState,
    CodeInFlight,
}

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
const WAITS: Outcome = Outcome::Accepted(Place::QrIssued);
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
