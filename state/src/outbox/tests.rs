//! A receiver through failures, and a journal that waits for it.

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn at(hours: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hours)
}

fn hook(done: u64) -> Hook {
    Hook::new("hook".parse().unwrap(), Seq(done))
}

fn letter(id: &str, seq: u64) -> DeadLetter {
    let event = Event::new(Seq(seq), at(0), "session.online".to_owned());
    DeadLetter { hook: id.parse().unwrap(), since: at(72), what: "HTTP status 500".to_owned(), event }
}

/// The moments of all attempts at an event that nobody takes, until it is given up.
fn attempts(spread: f64) -> Vec<Timestamp> {
    let (mut hook, mut now, mut moments) = (hook(0), at(0), Vec::new());
    loop {
        moments.push(now);
        hook.failed(now, Seq(1), "refused", None, spread);
        if hook.gives_up(at(0), now) {
            return moments;
        }
        now += hook.wait(now);
    }
}

#[test]
fn an_event_is_tried_at_growing_distances_for_three_days() {
    let moments = attempts(0.5);
    let waits: Vec<_> = moments.windows(2).map(|two| two[1].duration_since(two[0]).as_secs()).collect();
    assert_eq!(waits[..6], [2, 4, 8, 16, 32, 64]);
    assert!(waits[12..].iter().all(|wait| *wait == 3600), "{waits:?}");
    let last = moments.last().unwrap().duration_since(at(0)).as_hours();
    assert!((72..=73).contains(&last), "{last}");
    assert!((70..100).contains(&moments.len()), "{}", moments.len());
}

#[test]
fn the_waits_of_many_are_spread() {
    let (least, most) = (attempts(0.0), attempts(1.0));
    let first = |moments: &[Timestamp]| moments[1].duration_since(moments[0]).as_millis();
    assert_eq!((first(&least), first(&most)), (1500, 2500));
}

#[test]
fn a_receiver_that_wants_to_be_left_alone_is_but_not_for_ever() {
    let mut busy = hook(0);
    busy.failed(at(0), Seq(1), "429", Some(HOUR * 5), 0.5);
    assert_eq!(busy.wait(at(0)), HOUR * 5);
    busy.failed(at(5), Seq(1), "429", Some(HOUR * 500), 0.5);
    assert_eq!(busy.wait(at(5)), HOUR * 24);
    // Less than the schedule would wait anyway.
    let mut busy = hook(0);
    busy.failed(at(0), Seq(1), "429", Some(Duration::from_millis(1)), 0.5);
    assert_eq!(busy.wait(at(0)), FIRST_WAIT);
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_for_long() {
    let mut hook = hook(0);
    hook.failed(at(5_000), Seq(1), "500", None, 0.5);
    assert_eq!(hook.wait(at(0)), LONGEST_ASKED);
    assert_eq!(hook.wait(at(9_000)), Duration::ZERO);
    assert!(!hook.gives_up(at(0), at(0)));
}

#[test]
fn what_waited_behind_a_failure_is_given_up_in_its_turn_and_what_is_young_is_not() {
    let mut hook = hook(0);
    hook.failed(at(0), Seq(1), "500", None, 0.5);
    hook.failed(at(72), Seq(1), "500", None, 0.5);
    assert!(hook.gives_up(at(0), at(72)));
    hook.settle([Seq(1)], Seq(1), None);
    hook.goes_on(at(72));
    assert_eq!(hook.wait(at(72)), FIRST_WAIT);
    // It happened when the failing had begun.
    assert!(hook.gives_up(at(0), at(72)) && !hook.gives_up(at(1), at(72)));
    hook.succeeded(at(72), Seq(2), "200");
    assert!(!hook.gives_up(at(1), at(200)));
}

#[test]
fn what_happened_while_the_daemon_was_away_is_tried_for_three_days_all_the_same() {
    let mut hook = hook(0);
    hook.failed(at(500), Seq(1), "500", None, 0.5);
    assert!(!hook.gives_up(at(0), at(571)) && hook.gives_up(at(0), at(572)));
}

#[test]
fn what_overtakes_is_remembered_until_it_is_caught_up_with() {
    let mut hook = hook(10);
    hook.settle([Seq(13), Seq(15)], Seq(15), Some(Seq(12)));
    assert_eq!((hook.done, hook.ahead.len()), (Seq(11), 2));
    assert!(hook.owes(Seq(12)) && !hook.owes(Seq(13)) && hook.owes(Seq(14)) && !hook.owes(Seq(11)));
    hook.settle([Seq(12)], Seq(15), None);
    assert_eq!((hook.done, hook.ahead.len()), (Seq(15), 0));
    // A place in the journal never goes back.
    hook.settle([], Seq(3), None);
    assert_eq!(hook.done, Seq(15));
}

#[test]
fn the_journal_waits_for_the_slowest_that_is_served() {
    let mut gone = hook(1);
    (gone.id, gone.gone_at) = ("gone".parse().unwrap(), Some(at(0)));
    let mut absent = hook(2);
    (absent.id, absent.absent_since) = ("absent".parse().unwrap(), Some(at(0)));
    let mut slow = hook(7);
    slow.id = "slow".parse().unwrap();
    let mut outbox = Outbox::new(vec![gone.clone(), absent.clone()], Vec::new());
    assert_eq!(outbox.held_after(), None);
    for hook in [hook(9), slow] {
        outbox.apply(HookChange::of(hook));
    }
    assert_eq!(outbox.held_after(), Some(Seq(7)));
    assert_eq!(absent.forgettable_in(at(71)), Some(HOUR));
    assert!(!absent.is_forgettable(at(71)) && absent.is_forgettable(at(72)) && !gone.is_forgettable(at(72)));
}

#[test]
fn dead_letters_come_and_go_with_their_receiver() {
    let hooks = ["a", "b"].map(|id| Hook::new(id.parse().unwrap(), Seq(9)));
    let dead = vec![letter("a", 3), letter("b", 3), letter("a", 2)];
    let mut outbox = Outbox::new(hooks.to_vec(), dead);
    let a = &hooks[0];
    let of = |outbox: &Outbox, after| -> Vec<u64> {
        outbox.dead_letters_of(&a.id, Seq(after)).map(|letter| letter.event.seq.0).collect()
    };
    assert_eq!((of(&outbox, 0), of(&outbox, 2)), (vec![2, 3], vec![3]));
    let shown = outbox.clone();
    let buried = vec![letter("a", 4)];
    outbox.apply(HookChange::Keep { hook: Box::new(a.clone()), buried, raised: vec![Seq(2), Seq(3)] });
    assert_eq!((of(&outbox, 0), of(&shown, 0)), (vec![4], vec![2, 3]));
    let forgetting = outbox.forgetting(&a.id);
    assert!(matches!(&forgetting, HookChange::Forget { dead, .. } if *dead == [Seq(4)]));
    outbox.apply(forgetting);
    assert_eq!((outbox.hook(&a.id), outbox.count_dead(&a.id), outbox.dead_letters().count()), (None, 0, 1));
}
