//! The committed accounts, in the order of their wcId, with an index for each way of asking.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;
use wxlogin_state::{Account, Label, Phase, Standing, WcId};

use super::AccountEntry;
use super::find::AccountFilter;

#[derive(Debug, Default)]
pub(super) struct AccountTable {
    accounts: BTreeMap<WcId, Arc<AccountEntry>>,
    by_presence: BTreeMap<bool, BTreeSet<WcId>>,
    by_standing: BTreeMap<Standing, BTreeSet<WcId>>,
    by_label: HashMap<Label, BTreeSet<WcId>>,
    /// Those for which a person is to do something although no login of them is in flight.
    awaited: BTreeSet<WcId>,
    /// Those whose login is on its way, the one that has waited longest first.
    pending: BTreeSet<(Timestamp, WcId)>,
}

impl AccountTable {
    pub(super) fn put(&mut self, account: Arc<AccountEntry>) {
        let wc_id = &account.wc_id;
        if let Some(old) = self.accounts.get(wc_id).cloned() {
            self.no_longer_pending(&old);
            self.no_longer_stands(&old);
            if old.label != account.label {
                self.forget_label(&old);
            }
        }
        if let Some(since) = waits_since(&account) {
            self.pending.insert((since, wc_id.clone()));
        }
        if let Some(label) = &account.label {
            self.by_label.entry(label.clone()).or_default().insert(wc_id.clone());
        }
        self.by_standing.entry(account.standing()).or_default().insert(wc_id.clone());
        if account.awaits().is_some() {
            self.awaited.insert(wc_id.clone());
        } else {
            self.awaited.remove(wc_id);
        }
        let online = account.current_w_id.is_some();
        self.by_presence.entry(online).or_default().insert(wc_id.clone());
        if let Some(others) = self.by_presence.get_mut(&!online) {
            others.remove(wc_id);
        }
        self.accounts.insert(wc_id.clone(), account);
    }

    pub(super) fn forget(&mut self, wc_id: &WcId) {
        if let Some(old) = self.accounts.remove(wc_id) {
            self.no_longer_pending(&old);
            self.no_longer_stands(&old);
            self.forget_label(&old);
        }
        self.awaited.remove(wc_id);
        for names in self.by_presence.values_mut() {
            names.remove(wc_id);
        }
    }

    pub(super) fn get(&self, wc_id: &WcId) -> Option<Arc<AccountEntry>> {
        self.accounts.get(wc_id).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(super) fn names(&self) -> Vec<WcId> {
        self.accounts.keys().cloned().collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<AccountEntry>> {
        self.accounts.values().cloned().collect()
    }

    /// Who is online.
    pub(super) fn online(&self) -> impl Iterator<Item = &WcId> {
        self.by_presence.get(&true).into_iter().flatten()
    }

    pub(super) fn count_online(&self) -> usize {
        self.by_presence.get(&true).map_or(0, BTreeSet::len)
    }

    pub(super) fn labelled(&self, label: &Label) -> Option<WcId> {
        self.by_label.get(label)?.first().cloned()
    }

    pub(super) fn count_standing(&self, standing: Standing) -> usize {
        self.by_standing.get(&standing).map_or(0, BTreeSet::len)
    }

    /// How many logins of known accounts are on their way, and since when the oldest of them.
    pub(super) fn pending(&self) -> (usize, Option<Timestamp>) {
        (self.pending.len(), self.pending.first().map(|(since, _)| *since))
    }

    /// At most `limit` that the filter lets through.
    pub(super) fn page(&self, filter: &AccountFilter, limit: usize) -> Vec<Arc<AccountEntry>> {
        let range = (filter.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let wanted = |account: &&Arc<AccountEntry>| filter.lets_through(account);
        let index = match (filter.awaited, filter.standing, filter.online) {
            (Some(true), ..) => Some(&self.awaited),
            (_, Some(standing), _) => self.by_standing.get(&standing),
            (_, None, Some(online)) => self.by_presence.get(&online),
            (_, None, None) => {
                let accounts = self.accounts.range::<WcId, _>(range).map(|(_, account)| account);
                return accounts.filter(wanted).take(limit).cloned().collect();
            }
        };
        let names = index.into_iter().flat_map(|names| names.range::<WcId, _>(range));
        names.filter_map(|wc_id| self.accounts.get(wc_id)).filter(wanted).take(limit).cloned().collect()
    }

    fn no_longer_pending(&mut self, old: &Account) {
        if let Some(since) = waits_since(old) {
            self.pending.remove(&(since, old.wc_id.clone()));
        }
    }

    fn no_longer_stands(&mut self, old: &Account) {
        if let Some(names) = self.by_standing.get_mut(&old.standing()) {
            names.remove(&old.wc_id);
        }
    }

    fn forget_label(&mut self, account: &Account) {
        if let Some(label) = &account.label
            && let Some(names) = self.by_label.get_mut(label)
        {
            names.remove(&account.wc_id);
            if names.is_empty() {
                self.by_label.remove(label);
            }
        }
    }
}

/// Since when an account waits for its login: since it dropped. One that is online all the same, because a person
/// wants another login, since that is at the point where it is.
fn waits_since(account: &Account) -> Option<Timestamp> {
    let relogin = account.relogin.as_ref()?;
    if account.current_w_id.is_none()
        && let Some(drop) = &account.last_drop
    {
        return Some(drop.at);
    }
    match relogin.phase {
        Phase::Due { set_at: since, .. }
        | Phase::Offered { since }
        | Phase::Calling { since }
        | Phase::InFlight { since, .. } => Some(since),
    }
}
