//! What is due when: one time for each key, wall-clock, so that it means the same after a restart or a jump of the
//! clock.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use jiff::Timestamp;

/// Times, and what they are for.
#[derive(Debug)]
pub(super) struct Agenda<K> {
    in_order: BTreeSet<(Timestamp, K)>,
    times: HashMap<K, Timestamp>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self { in_order: BTreeSet::new(), times: HashMap::new() }
    }
}

impl<K: Clone + Ord + Hash> Agenda<K> {
    /// From now on this key is due then, or never.
    pub(super) fn set(&mut self, key: &K, at: Option<Timestamp>) {
        if self.times.get(key).copied() == at {
            return;
        }
        if let Some(old) = self.times.remove(key) {
            self.in_order.remove(&(old, key.clone()));
        }
        if let Some(at) = at {
            self.times.insert(key.clone(), at);
            self.in_order.insert((at, key.clone()));
        }
    }

    /// At most `limit` keys whose time has come at `now`, the earliest first. They stay due until they are set anew.
    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<K> {
        let due = self.in_order.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, key)| key.clone()).take(limit).collect()
    }

    /// When the next one's time comes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.in_order.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_due_once_at_the_time_that_was_set_last() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let mut agenda = Agenda::default();
        for (key, at) in
            [("b", Some(2)), ("a", Some(5)), ("a", Some(2)), ("c", Some(1)), ("d", None), ("c", None)]
        {
            agenda.set(&key, at.map(second));
        }
        assert_eq!((agenda.next(), agenda.due(second(1), 9)), (Some(second(2)), vec![]));
        assert_eq!(agenda.due(second(2), 9), ["a", "b"]);
        assert_eq!(agenda.due(second(2), 1), ["a"]);
        agenda.set(&"a", None);
        agenda.set(&"b", None);
        assert_eq!((agenda.next(), agenda.times.len()), (None, 0));
    }
}
