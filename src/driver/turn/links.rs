//! The part of a turn that is about one-time links.

use tracing::error;
use wxlogin_state::{Account, Awaited, Goal, Known, Link, LinkId, Notice, NoticeKind, Refusal, Relogin, WId};

use super::{Turn, too_large};
use crate::driver::handle::Denied;
use crate::links::{Fresh, MOST, OVERNIGHT, Standing, USUAL, is_over};

impl Turn<'_> {
    /// Keeps a link to what a person is to do.
    pub(in crate::driver) fn keep_link(&mut self, link: Link) -> Result<(), Denied> {
        match &link.to {
            Goal::Login(w_id) => self.waits(w_id)?,
            Goal::Account(wc_id) => {
                let account = self.account(wc_id).ok_or_else(|| Denied::NoAccount(wc_id.clone()))?;
                let in_flight = account.relogin.as_ref().and_then(Relogin::w_id);
                match in_flight {
                    Some(w_id) => self.waits(w_id)?,
                    None if account.awaits().is_some() => {}
                    None => return Err(Refusal::NobodyAwaited.into()),
                }
            }
        }
        self.batch.put_link(&link).map_err(too_large)?;
        self.take_in(link);
        Ok(())
    }

    /// Takes a link in that the batch has; of too many to the same goal, those go that are over first.
    pub(super) fn take_in(&mut self, link: Link) {
        let mut others = self.view.links.of(&link.to);
        others.extend(self.links.iter().filter(|other| other.to == link.to).cloned());
        others.retain(|other| !self.forgotten_links.contains(&other.id));
        others.sort_by_key(|other| other.until);
        let too_many = (others.len() + 1).saturating_sub(MOST);
        for other in others.drain(..too_many) {
            self.forget_link(other.id);
        }
        self.links.push(link);
    }

    /// Whether a person is to complete this login.
    fn waits(&self, w_id: &WId) -> Result<(), Denied> {
        let session = self.session(w_id).ok_or_else(|| Denied::NoSession(w_id.clone()))?;
        let state = session.state.name();
        if state.is_in_flight() {
            return Ok(());
        }
        let needs = "a link leads to what a person is to do, and nobody is waited for";
        Err(Refusal::WrongState { state, needs }.into())
    }

    /// Forgets at most `limit` links that are over.
    pub(in crate::driver) fn forget_links(&mut self, limit: usize) {
        let is_over = |link: &Link| is_over(link, Standing::of(link, self.view).as_ref(), self.now);
        for id in self.view.links.over(limit, is_over) {
            self.forget_link(id);
        }
    }

    fn forget_link(&mut self, id: LinkId) {
        self.batch.forget_link(&id);
        self.forgotten_links.push(id);
    }

    /// A link for an event that asks a person for something, where there is a page for it. `account` is as it is with
    /// that event. An event without a link is better than none, so that nothing fails for want of random bytes.
    pub(super) fn link_for(&self, notice: &Notice, account: Option<&Account>) -> Option<Fresh> {
        self.figures.console_url.as_ref()?;
        if notice.kind != NoticeKind::ScanNeeded {
            return None;
        }
        let (to, ttl) = match (&notice.w_id, account.and_then(|account| Some((account, account.awaits()?)))) {
            (Some(w_id), _) => (Goal::Login(w_id.clone()), USUAL),
            (None, Some((account, Awaited::Confirm))) => (Goal::Account(account.wc_id.clone()), USUAL),
            (None, Some((account, Awaited::Open))) => (Goal::Account(account.wc_id.clone()), OVERNIGHT),
            (None, None) => return None,
        };
        Fresh::new(to, self.now, ttl)
            .inspect_err(|error| error!(%error, "an event has no link: the system gives no random bytes"))
            .ok()
    }
}
