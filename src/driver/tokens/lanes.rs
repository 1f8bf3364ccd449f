//! Which tokens are to be refreshed, and which refreshes are out: a lane for each app, so that a system which does not
//! answer holds up no other's tokens, also where several apps are of that system.

use std::collections::{BTreeMap, HashMap};

use wxlogin_state::TokenId;

/// Refreshes of one app that are out at once.
pub(in crate::driver) const EACH: usize = 8;

/// Refreshes that are out at once, a connection each; an app that has none out may have one beside them.
const AT_ONCE: usize = 4 * EACH;

/// The refreshes that are wanted.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// An app that nothing is wanted of has none.
    by_app: BTreeMap<String, Lane>,
    /// Every token that is queued or out.
    places: HashMap<TokenId, Place>,
    out: usize,
    /// Numbers what comes, and what goes.
    numbers: u64,
}

#[derive(Debug, Default)]
struct Lane {
    queue: BTreeMap<Turn, TokenId>,
    out: usize,
    /// The number of the last refresh that began.
    served: u64,
}

/// The place in a queue: those that somebody waits for come before the others, and both in the order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Wanted(u64),
    Ordinary(u64),
}

#[derive(Debug)]
struct Place {
    app: String,
    /// Where it is queued; out where it is not.
    turn: Option<Turn>,
}

impl Lanes {
    /// Whether a refresh of this token is queued or out.
    pub(super) fn contains(&self, id: &TokenId) -> bool {
        self.places.contains_key(id)
    }

    /// Whether a refresh of this token is out.
    pub(super) fn is_out(&self, id: &TokenId) -> bool {
        self.places.get(id).is_some_and(|place| place.turn.is_none())
    }

    /// How many are out.
    pub(super) fn out(&self) -> usize {
        self.out
    }

    /// Queues a token of this app, unless it is queued or out already.
    pub(super) fn push(&mut self, id: &TokenId, app: &str) {
        if !self.contains(id) {
            let turn = Turn::Ordinary(self.number());
            self.places.insert(id.clone(), Place { app: app.to_owned(), turn: Some(turn) });
            self.by_app.entry(app.to_owned()).or_default().queue.insert(turn, id.clone());
        }
    }

    /// Puts a token that is queued before the others of its app, behind those that were hurried before.
    pub(super) fn hurry(&mut self, id: &TokenId) {
        let wanted = Turn::Wanted(self.number());
        let Some(Place { app, turn: Some(turn @ Turn::Ordinary(_)) }) = self.places.get_mut(id) else {
            return;
        };
        let Some(lane) = self.by_app.get_mut(app) else { return };
        if let Some(id) = lane.queue.remove(turn) {
            lane.queue.insert(wanted, id);
            *turn = wanted;
        }
    }

    /// The next token to be refreshed, which is out from now on; `None` where there is none, or no room. The app that
    /// has the fewest out goes first, and of several the one that had to wait longest.
    pub(super) fn next(&mut self) -> Option<TokenId> {
        let number = self.number();
        let most = if self.out < AT_ONCE { EACH } else { 1 };
        let open = self.by_app.values_mut().filter(|lane| lane.out < most && !lane.queue.is_empty());
        let lane = open.min_by_key(|lane| (lane.out, lane.served))?;
        let (_, id) = lane.queue.pop_first()?;
        (lane.out, lane.served, self.out) = (lane.out + 1, number, self.out + 1);
        if let Some(place) = self.places.get_mut(&id) {
            place.turn = None;
        }
        Some(id)
    }

    /// The refresh of this token is out no more.
    pub(super) fn over(&mut self, id: &TokenId) {
        let Some(Place { app, .. }) = self.places.remove(id) else { return };
        self.out = self.out.saturating_sub(1);
        if let Some(lane) = self.by_app.get_mut(&app) {
            lane.out = lane.out.saturating_sub(1);
            if lane.out == 0 && lane.queue.is_empty() {
                self.by_app.remove(&app);
            }
        }
    }

    /// Lets go of every token that is queued.
    pub(super) fn clear_queues(&mut self) {
        self.by_app.values_mut().for_each(|lane| lane.queue.clear());
        self.places.retain(|_, place| place.turn.is_none());
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> TokenId {
        text.parse().unwrap()
    }

    /// So many tokens of an app, by its name and their numbers.
    fn push(lanes: &mut Lanes, app: &str, count: usize) {
        (0..count).for_each(|n| lanes.push(&id(&format!("{app}-{n}")), app));
    }

    fn all(lanes: &mut Lanes) -> Vec<String> {
        std::iter::from_fn(|| lanes.next()).map(|id| id.to_string()).collect()
    }

    #[test]
    fn an_app_has_a_few_out_and_all_of_them_together_have_a_bound() {
        let mut lanes = Lanes::default();
        push(&mut lanes, "a", 100);
        assert_eq!(all(&mut lanes).len(), EACH);
        push(&mut lanes, "b", 1);
        assert_eq!(all(&mut lanes), ["b-0"]);
        for app in ["c", "d", "e"] {
            push(&mut lanes, app, 100);
        }
        let next = all(&mut lanes);
        assert_eq!((next.len(), lanes.out()), (AT_ONCE - EACH - 1, AT_ONCE));
        for app in ["c", "d", "e"] {
            let share = next.iter().filter(|id| id.starts_with(app)).count();
            assert!((7..=8).contains(&share), "{app}: {share}");
        }
        lanes.over(&id("b-0"));
        assert_eq!(all(&mut lanes).len(), 1);
    }

    #[test]
    fn a_system_that_does_not_answer_holds_up_no_other_however_many_apps_it_has() {
        let mut lanes = Lanes::default();
        let slow = ["a", "b", "c", "d"];
        for app in slow {
            push(&mut lanes, app, 100);
        }
        assert_eq!(all(&mut lanes).len(), AT_ONCE);
        push(&mut lanes, "y", 2);
        push(&mut lanes, "z", 1);
        assert_eq!(all(&mut lanes), ["y-0", "z-0"]);
        lanes.over(&id("y-0"));
        assert_eq!(all(&mut lanes), ["y-1"]);
        // A place that comes free goes to whoever has the fewest, and then from one to the next.
        let mut freed = Vec::new();
        for n in 0..4 {
            let each = slow.map(|app| id(&format!("{app}-{n}")));
            for id in &each {
                lanes.over(id);
            }
            freed.extend(all(&mut lanes));
        }
        for app in slow {
            let share = freed.iter().filter(|id| id.starts_with(app)).count();
            assert!((3..=4).contains(&share), "{app}: {share} of {freed:?}");
        }
    }

    #[test]
    fn apps_that_have_as_many_out_take_turns() {
        let mut lanes = Lanes::default();
        for app in ["a", "b", "c"] {
            push(&mut lanes, app, 3);
        }
        let in_turn: Vec<String> = (0..6)
            .map(|_| {
                let next = lanes.next().unwrap();
                lanes.over(&next);
                next.to_string()
            })
            .collect();
        assert_eq!(in_turn, ["a-0", "b-0", "c-0", "a-1", "b-1", "c-1"]);
    }

    #[test]
    fn a_token_is_queued_once_and_those_that_are_hurried_go_first_in_their_order() {
        let mut lanes = Lanes::default();
        push(&mut lanes, "a", 5);
        push(&mut lanes, "a", 5);
        for name in ["a-4", "a-2", "a-4", "a-2"] {
            lanes.hurry(&id(name));
        }
        assert_eq!(all(&mut lanes), ["a-4", "a-2", "a-0", "a-1", "a-3"]);
        push(&mut lanes, "a", 5);
        lanes.hurry(&id("a-0"));
        assert_eq!(all(&mut lanes), Vec::<String>::new(), "they are out");
        for n in 0..5 {
            lanes.over(&id(&format!("a-{n}")));
        }
        assert!(lanes.by_app.is_empty() && lanes.places.is_empty() && lanes.out() == 0);
    }

    #[test]
    fn what_is_queued_is_let_go_of_and_what_is_out_is_not() {
        let mut lanes = Lanes::default();
        push(&mut lanes, "a", EACH + 1);
        all(&mut lanes);
        lanes.clear_queues();
        assert_eq!((lanes.out(), lanes.places.len()), (EACH, EACH));
        assert!(!lanes.contains(&id(&format!("a-{EACH}"))));
    }
}
