//! The committed one-time links: by their digest, and by what they lead to.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use wxlogin_state::{Goal, Link, LinkId};

/// The links. Some of them may be over: that is a matter of what they lead to and the time of day
/// ([`is_over`](crate::links::is_over)).
#[derive(Debug, Default)]
pub struct Links(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<LinkId, Link>,
    by_goal: HashMap<Goal, Vec<LinkId>>,
}

impl Links {
    /// The link of this digest.
    pub fn get(&self, id: &LinkId) -> Option<Link> {
        self.read(|kept| kept.by_id.get(id).cloned())
    }

    /// Those that lead there, the oldest first.
    pub fn of(&self, goal: &Goal) -> Vec<Link> {
        self.read(|kept| {
            let ids = kept.by_goal.get(goal).into_iter().flatten();
            ids.filter_map(|id| kept.by_id.get(id)).cloned().collect()
        })
    }

    /// At most `limit` of those of which `is_over` says so.
    pub fn over(&self, limit: usize, is_over: impl Fn(&Link) -> bool) -> Vec<LinkId> {
        let over = |kept: &Kept| {
            let over = kept.by_id.values().filter(|link| is_over(link));
            over.take(limit).map(|link| link.id.clone()).collect()
        };
        self.read(over)
    }

    /// Replaces everything by what was read from the store.
    pub fn replace(&self, mut links: Vec<Link>) {
        links.sort_by_key(|link| link.made);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Kept::default();
        self.change(links, &[]);
    }

    /// Takes in what a commit has made of them.
    pub(super) fn change(&self, made: Vec<Link>, forgotten: &[LinkId]) {
        if made.is_empty() && forgotten.is_empty() {
            return;
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for link in made {
            kept.by_goal.entry(link.to.clone()).or_default().push(link.id.clone());
            kept.by_id.insert(link.id.clone(), link);
        }
        for id in forgotten {
            kept.forget(id);
        }
    }

    fn read<T>(&self, look: impl FnOnce(&Kept) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn forget(&mut self, id: &LinkId) {
        if let Some(link) = self.by_id.remove(id)
            && let Some(ids) = self.by_goal.get_mut(&link.to)
        {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                self.by_goal.remove(&link.to);
            }
        }
    }
}
