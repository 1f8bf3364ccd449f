//! Every life there is, within bounds: two accounts, the daemon that keeps them, the platform they live on, the
//! people who hold their phones, and a crash at any point.
//!
//! ```text
//!   durable    the records, by the very moves that the driver commits
//!   volatile   the calls that are out; a crash loses them
//!   platform   who is online there, and what was scanned or confirmed without the daemon knowing yet
//! ```
//!
//! The clock goes from one due time to the next. What could go on for ever (drops, crashes, troubles, people's
//! wishes) is counted, so that there is an end to it; everything else may happen in any order.

mod actions;
mod holds;
mod host;
mod same;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, Model, Property};
use wxlogin_state::{Rate, Rules};

use actions::Action;
use host::{Host, Left};

/// A host and how it may fare.
struct Lives {
    rules: Rules,
    begins: Vec<Host>,
}

impl Lives {
    /// Two accounts on their first day, and two that have settled.
    fn new(left: Left) -> Self {
        let mut rules = Rules::DEFAULT;
        rules.relogin.max_attempts = 2;
        rules.relogin.backoff_max = Duration::from_mins(10);
        rules.relogin.budget = Rate { count: 2, per: Duration::from_hours(1) };
        rules.relogin.budget_total = Rate { count: 3, per: Duration::from_mins(10) };
        rules.relogin.storm = Rate { count: 2, per: Duration::from_mins(1) };
        let begins = vec![Host::first_day(&rules, left), Host::settled(&rules, left)];
        Self { rules, begins }
    }
}

impl Model for Lives {
    type State = Host;
    type Action = Action;

    fn init_states(&self) -> Vec<Host> {
        self.begins.clone()
    }

    fn actions(&self, host: &Host, actions: &mut Vec<Action>) {
        actions::possible(host, &self.rules, actions);
    }

    fn next_state(&self, host: &Host, action: Action) -> Option<Host> {
        let mut next = host.clone();
        next.happens(&self.rules, action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        holds::properties()
    }
}

/// What may disturb the lives, each of them looked at to its end: a storm, a person's wishes, and troubles of the
/// platform whose answers come late and to the wrong phone.
const BOUNDS: [Left; 3] = [
    Left { drops: 2, crashes: 1, troubles: 0, wishes: 0, scans_by_others: 0, delays: 0 },
    Left { drops: 1, crashes: 1, troubles: 0, wishes: 1, scans_by_others: 0, delays: 0 },
    Left { drops: 1, crashes: 1, troubles: 1, wishes: 0, scans_by_others: 1, delays: 1 },
];

#[test]
fn in_every_life_within_bounds_there_is_what_must_hold_does() {
    let mut states = 0;
    let mut seen = BTreeSet::new();
    for left in BOUNDS {
        let begun = Instant::now();
        let checker = Lives::new(left).checker().threads(2).spawn_bfs().join();
        assert!(checker.is_done(), "every state within {left:?} was looked at");
        states += checker.unique_state_count();
        println!(
            "{left:?}: {} states, {} changes, at most {} one after another, in {:.1?}",
            checker.unique_state_count(),
            checker.state_count(),
            checker.max_depth(),
            begun.elapsed()
        );
        for (name, path) in checker.discoveries() {
            let told = path.last_state().told();
            let is_a_fault = checker.model().property(name).expectation == Expectation::Always;
            assert!(!is_a_fault, "{name}: not after {:#?}\n{told}", path.into_actions());
            seen.insert(name);
        }
    }
    println!("{states} states");
    assert!(states >= 2_000_000, "{states} states: the bounds are too narrow to tell much");
    let all = holds::properties();
    let happens = all.iter().filter(|property| property.expectation == Expectation::Sometimes);
    let missed: Vec<_> = happens.map(|property| property.name).filter(|name| !seen.contains(name)).collect();
    assert_eq!(missed, [""; 0], "what never happens was not looked at");
}
