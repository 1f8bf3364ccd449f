//! Which tokens are to be refreshed, and which refreshes are out: a lane for each app, so that a system which does not
//! answer holds up no other's tokens.

use std::collections::{BTreeMap, HashMap, VecDeque};

use wxlogin_state::TokenId;

/// Refreshes of one app that are out at once.
pub(in crate::driver) const EACH: usize = 8;

/// Refreshes that are out at once: a connection each.
const AT_ONCE: usize = 4 * EACH;

/// The refreshes that are wanted.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// An app that nothing is wanted of has none.
    by_app: BTreeMap<String, Lane>,
    /// Every token that is queued or out.
    places: HashMap<TokenId, Place>,
    out: usize,
}

#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<TokenId>,
    out: usize,
}

#[derive(Debug)]
struct Place {
    app: String,
    out: bool,
}

impl Lanes {
    /// Whether a refresh of this token is queued or out.
    pub(super) fn contains(&self, id: &TokenId) -> bool {
        self.places.contains_key(id)
    }

    /// Whether a refresh of this token is out.
    pub(super) fn is_out(&self, id: &TokenId) -> bool {
        self.places.get(id).is_some_and(|place| place.out)
    }

    /// How many are out.
    pub(super) fn out(&self) -> usize {
        self.out
    }

    /// Queues a token of this app, unless it is queued or out already.
    pub(super) fn push(&mut self, id: &TokenId, app: &str) {
        if !self.contains(id) {
            self.places.insert(id.clone(), Place { app: app.to_owned(), out: false });
            self.by_app.entry(app.to_owned()).or_default().queue.push_back(id.clone());
        }
    }

    /// Puts a token that is queued before the others of its app.
    pub(super) fn hurry(&mut self, id: &TokenId) {
        let Some(place) = self.places.get(id).filter(|place| !place.out) else { return };
        let Some(lane) = self.by_app.get_mut(&place.app) else { return };
        let queued = lane.queue.iter().position(|queued| queued == id);
        if let Some(id) = queued.and_then(|queued| lane.queue.remove(queued)) {
            lane.queue.push_front(id);
        }
    }

    /// The next token to be refreshed, which is out from now on; `None` where there is none, or no room. The app that
    /// has the fewest out goes first.
    pub(super) fn next(&mut self) -> Option<TokenId> {
        if self.out >= AT_ONCE {
            return None;
        }
        let open = self.by_app.values_mut().filter(|lane| lane.out < EACH && !lane.queue.is_empty());
        let lane = open.min_by_key(|lane| lane.out)?;
        let id = lane.queue.pop_front()?;
        (lane.out, self.out) = (lane.out + 1, self.out + 1);
        if let Some(place) = self.places.get_mut(&id) {
            place.out = true;
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
        self.places.retain(|_, place| place.out);
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
    fn a_token_is_queued_once_and_one_that_is_hurried_goes_first() {
        let mut lanes = Lanes::default();
        push(&mut lanes, "a", 3);
        push(&mut lanes, "a", 3);
        lanes.hurry(&id("a-2"));
        assert_eq!(all(&mut lanes), ["a-2", "a-0", "a-1"]);
        push(&mut lanes, "a", 3);
        assert_eq!(all(&mut lanes), Vec::<String>::new(), "they are out");
        for name in ["a-0", "a-1", "a-2"] {
            lanes.over(&id(name));
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
