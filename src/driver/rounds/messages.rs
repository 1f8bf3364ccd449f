//! The part of a round that takes what is in the inbox.

use wxlogin_state::{Act, Known, Tending};

use super::accounts::otherwise;
use super::{Rounds, committed};
use crate::driver::answer::Answer;
use crate::driver::exporting::Snapshot;
use crate::driver::handle::{Denied, Footing, Message};
use crate::driver::turn::{Turn, online_is_in_the_way};
use crate::driver::watch::Seen;

impl Rounds {
    pub(super) fn take(&mut self, message: Message, turn: &mut Turn<'_>) -> Option<Answer> {
        match message {
            Message::Input { w_id, input, reply } => {
                let applied = turn.apply(&w_id, input);
                Some(Answer::Session(reply, applied.map(|()| w_id)))
            }
            Message::Begin { request, reply } => {
                let (open, most) = (self.open_for_logins(), self.ground.figures.max_in_flight);
                self.beginnings.begin(request, reply, open, most, turn)
            }
            Message::Issued(issued) => self.beginnings.issued(issued, turn),
            Message::Tend { wc_id, tending, reply } => {
                let tended = self.open_for(&tending).and_then(|()| turn.tend(&wc_id, tending));
                let tended =
                    tended.map_err(|denied| online_is_in_the_way(denied, turn.account(&wc_id).as_deref()));
                Some(Answer::Account(reply, tended.map(|()| wc_id)))
            }
            Message::Forget { wc_id, reply } => Some(Answer::Done(reply, turn.forget_account(&wc_id))),
            Message::PopUpOver(over) => {
                self.relogins.over(over, otherwise(&self.ground.figures), turn);
                None
            }
            Message::Seen(seen) => {
                if let Seen::List(result) = &seen {
                    self.ground.metrics.listed(result.is_ok());
                }
                self.watch.take(seen, &otherwise(&self.ground.figures), &self.ground.view, turn);
                None
            }
            Message::Hint(wc_id) => {
                self.watch.question(Act::Look(wc_id), &self.ground.view);
                None
            }
            Message::Token(message) => self.take_token_message(message, turn),
            Message::Events(wanted) => {
                self.journal.want(wanted);
                None
            }
            Message::Hook { change, reply } => Some(Answer::Done(reply, turn.change_hook(change))),
            Message::KeepLink { link, reply } => Some(Answer::Done(reply, turn.keep_link(link))),
            Message::KeepKey { key, reply } => Some(Answer::Done(reply, turn.keep_key(key))),
            Message::Figures(figures) => {
                self.watch.set_interval(figures.check_interval);
                self.ground.figures = figures;
                self.to_review = self.ground.view.everybody().into();
                self.review_tokens();
                None
            }
            Message::Snapshot(reply) => {
                // Who leaves meanwhile needs no answer, here and below.
                let outbox = self.ground.shelf.committed();
                let _ = reply.send(Ok(Snapshot::of(committed(&self.ground, &outbox, self.commits))));
                None
            }
            Message::Footing(reply) => {
                let (platform, store_bytes) = (self.watch.heard(), self.ground.keeper.size_on_disk());
                let _ = reply.send(Ok(Footing { platform, store_bytes }));
                None
            }
            Message::Ping(reply) => Some(Answer::Done(reply, Ok(()))),
            Message::Stop => None,
        }
    }

    /// Whether this may be done to an account now: a record must not say that a call is out which never begins.
    fn open_for(&self, tending: &Tending) -> Result<(), Denied> {
        match tending {
            Tending::Wanted { .. } if self.stopping.is_some() => Err(Denied::Stopping),
            _ => Ok(()),
        }
    }

    /// Whether a login may be begun now.
    fn open_for_logins(&self) -> Result<(), Denied> {
        if self.stopping.is_some() {
            return Err(Denied::Stopping);
        }
        if !self.ground.keeper.is_writable() {
            // A QR that cannot be noted would be a login nobody knows of.
            return Err(Denied::Unwritable(self.ground.keeper.read_only()));
        }
        Ok(())
    }
}
