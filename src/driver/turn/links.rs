//! The part of a turn that is about one-time links.

use tracing::error;
use wxlogin_state::{Known, Link, LinkId, Notice, NoticeKind, Refusal};

use super::{Turn, too_large};
use crate::driver::handle::Denied;
use crate::links::{Fresh, MOST, USUAL, is_over};

impl Turn<'_> {
    /// Keeps a link to a login that somebody is to complete.
    pub(in crate::driver) fn keep_link(&mut self, link: Link) -> Result<(), Denied> {
        let session = self.session(&link.w_id).ok_or_else(|| Denied::NoSession(link.w_id.clone()))?;
        let state = session.state.name();
        if !state.is_in_flight() {
            let needs = "a link leads to what a person is to do, and nobody is waited for";
            return Err(Refusal::WrongState { state, needs }.into());
        }
        let mut others = self.view.links.of(&link.w_id);
        others
            .extend(self.links.iter().filter(|other| other.w_id == link.w_id).map(|other| other.id.clone()));
        others.retain(|other| !self.forgotten_links.contains(other));
        self.batch.put_link(&link).map_err(too_large)?;
        self.links.push(link);
        let too_many = (others.len() + 1).saturating_sub(MOST);
        others.truncate(too_many);
        for other in others {
            self.forget_link(other);
        }
        Ok(())
    }

    /// Forgets at most `limit` links that are over.
    pub(in crate::driver) fn forget_links(&mut self, limit: usize) {
        let is_over = |link: &Link| is_over(link, self.view.session(&link.w_id).as_deref(), self.now);
        for id in self.view.links.over(limit, is_over) {
            self.forget_link(id);
        }
    }

    fn forget_link(&mut self, id: LinkId) {
        self.batch.forget_link(&id);
        self.forgotten_links.push(id);
    }

    /// A link for an event that asks a person for something, where there is a page for it. An event without one is
    /// better than none, so that nothing fails for want of random bytes.
    pub(super) fn link_for(&self, notice: &Notice) -> Option<Fresh> {
        self.figures.console_url.as_ref()?;
        let w_id = notice.w_id.clone().filter(|_| notice.kind == NoticeKind::ScanNeeded)?;
        Fresh::new(w_id, self.now, USUAL)
            .inspect_err(|error| error!(%error, "an event has no link: the system gives no random bytes"))
            .ok()
    }
}
