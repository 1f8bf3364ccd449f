//! Pages of what is committed: by state, account, presence, label and text.
//!
//! State, account and presence have an index, so that a page of them costs the same however many there are. A
//! label or a text looks at one entry after the other until the page is full: some milliseconds for ten thousand.

use std::ops::Bound;
use std::sync::Arc;

use wxlogin_state::{Account, Label, Profile, Seq, Session, Standing, StateName, WcId};

use super::{AccountEntry, SessionEntry, View};

/// What a label and a name must be like; anything where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Like {
    /// Just this label.
    pub label: Option<Label>,
    /// Part of the label, the nickname or an identifier, in lower case.
    text: Option<String>,
}

impl Like {
    /// What has this label, and this text in its label, its nickname or one of its identifiers, upper or lower case.
    pub fn new(label: Option<Label>, text: Option<&str>) -> Self {
        let text = text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        Self { label, text }
    }

    fn session(&self, session: &Session) -> bool {
        let ids = [Some(session.w_id.as_str()), session.wc_id.as_ref().map(WcId::as_str)];
        self.fits(session.label.as_ref(), session.profile(), &ids)
    }

    fn account(&self, account: &Account) -> bool {
        let ids = [Some(account.wc_id.as_str()), account.profile.w_account.as_deref()];
        self.fits(account.label.as_ref(), Some(&account.profile), &ids)
    }

    fn fits(&self, label: Option<&Label>, profile: Option<&Profile>, ids: &[Option<&str>]) -> bool {
        if self.label.is_some() && self.label.as_ref() != label {
            return false;
        }
        let Some(text) = &self.text else { return true };
        let names = [label.map(Label::as_str), profile.and_then(|profile| profile.nick_name.as_deref())];
        names.iter().chain(ids).flatten().any(|name| name.to_lowercase().contains(text))
    }
}

/// Which sessions a list is to show.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// Only those in this state.
    pub state: Option<StateName>,
    /// Only those of this account.
    pub wc_id: Option<WcId>,
    /// Only those like this.
    pub like: Like,
    /// The newest first, instead of the oldest.
    pub newest_first: bool,
    /// Only those behind this one, in that order.
    pub after: Option<Seq>,
}

impl SessionFilter {
    fn lets_through(&self, session: &Session) -> bool {
        self.state.is_none_or(|state| session.state.name() == state) && self.like.session(session)
    }

    fn range(&self) -> (Bound<Seq>, Bound<Seq>) {
        let after = self.after.map_or(Bound::Unbounded, Bound::Excluded);
        if self.newest_first { (Bound::Unbounded, after) } else { (after, Bound::Unbounded) }
    }
}

/// Which accounts a list is to show.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// Only those that are online, or only the others.
    pub online: Option<bool>,
    /// Only those for which a person is to do something although no login of them is in flight, or only the others.
    pub awaited: Option<bool>,
    /// Only those that stand so.
    pub standing: Option<Standing>,
    /// Only those like this.
    pub like: Like,
    /// Only those behind this one, in the order of their wcId.
    pub after: Option<WcId>,
}

impl AccountFilter {
    pub(super) fn lets_through(&self, account: &Account) -> bool {
        self.online.is_none_or(|online| account.current_w_id.is_some() == online)
            && self.standing.is_none_or(|standing| account.standing() == standing)
            && self.awaited.is_none_or(|awaited| account.awaits().is_some() == awaited)
            && self.like.account(account)
    }
}

impl View {
    /// All sessions that somebody is still to complete, oldest first.
    pub fn in_flight(&self) -> Vec<Arc<SessionEntry>> {
        self.in_flight_after(None, usize::MAX)
    }

    /// At most `limit` of them behind this one.
    pub fn in_flight_after(&self, after: Option<Seq>, limit: usize) -> Vec<Arc<SessionEntry>> {
        let tables = self.read();
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let of_state = |state| tables.by_state.get(&state).into_iter().flat_map(|places| places.range(range));
        let in_flight = StateName::ALL.into_iter().filter(|state| state.is_in_flight());
        let mut places: Vec<Seq> = in_flight.flat_map(|state| of_state(state).take(limit)).copied().collect();
        places.sort_unstable();
        places.truncate(limit);
        places.iter().filter_map(|place| tables.sessions.get(place)).cloned().collect()
    }

    /// At most `limit` sessions that the filter lets through, in the order of their creation.
    pub fn sessions(&self, filter: &SessionFilter, limit: usize) -> Vec<Arc<SessionEntry>> {
        let tables = self.read();
        let places = match (&filter.wc_id, filter.state) {
            (Some(wc_id), _) => tables.by_account.get(wc_id),
            (None, Some(state)) => tables.by_state.get(&state),
            (None, None) => {
                let sessions = tables.sessions.range(filter.range()).map(|(_, session)| session);
                return page(sessions, filter, limit);
            }
        };
        let places = places.into_iter().flat_map(|places| places.range(filter.range()));
        page(places.filter_map(|place| tables.sessions.get(place)), filter, limit)
    }

    /// At most `limit` accounts that the filter lets through, in the order of their wcId.
    pub fn accounts(&self, filter: &AccountFilter, limit: usize) -> Vec<Arc<AccountEntry>> {
        self.read().accounts.page(filter, limit)
    }
}

fn page<'a>(
    sessions: impl DoubleEndedIterator<Item = &'a Arc<SessionEntry>>,
    filter: &SessionFilter,
    limit: usize,
) -> Vec<Arc<SessionEntry>> {
    let wanted = |session: &&Arc<SessionEntry>| filter.lets_through(session);
    if filter.newest_first {
        sessions.rev().filter(wanted).take(limit).cloned().collect()
    } else {
        sessions.filter(wanted).take(limit).cloned().collect()
    }
}
