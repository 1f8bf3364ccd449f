//! The part of a round that is about tokens.

use std::error::Error;
use std::time::Instant;

use jiff::Timestamp;
use tracing::{debug, error};
use wxlogin_state::{Generation, System, TokenId, TokenInput, TokenUnmoved};

use super::{ROUND, Rounds};
use crate::driver::answer::Answer;
use crate::driver::handle::Denied;
use crate::driver::tokens::{Came, TokenMessage};
use crate::driver::turn::Turn;
use crate::logging;

impl Rounds {
    pub(super) fn take_token_message(
        &mut self,
        message: TokenMessage,
        turn: &mut Turn<'_>,
    ) -> Option<Answer> {
        match message {
            TokenMessage::Keep { new, reply } => {
                let kept = new_name(new.system).and_then(|id| turn.keep_token(id, new, &self.ground.vault));
                return Some(Answer::Token(reply, kept));
            }
            TokenMessage::Open { id, reply } => match turn.take_token(&id, TokenInput::Wanted) {
                // A refresh begins after the commit; whoever waits is answered after it.
                Ok(Ok(()) | Err(TokenUnmoved::Refreshing)) => {
                    self.to_settle.push(id.clone());
                    self.tokens.wait(id, reply);
                }
                Ok(Err(_)) => self.tokens.give(id, reply),
                Err(denied) => drop(reply.send(Err(denied))),
            },
            TokenMessage::Forget { id, reply } => {
                let known = turn.token(&id).map(|_| turn.forget_token(&id));
                return Some(Answer::Done(reply, known.ok_or(Denied::NoToken(id))));
            }
            TokenMessage::Answered { id, generation, came, reply } => {
                let taken = self.take_refreshed(&id, generation, came, turn);
                self.refreshed.push((id, taken.is_ok()));
                return Some(Answer::Done(reply, taken));
            }
            TokenMessage::Rekey { reply } => self.ground.vault.renew(self.ground.keeper.dir(), reply),
        }
        None
    }

    /// Takes in what came of a refresh; where it may be offered again, nothing has changed.
    fn take_refreshed(
        &mut self,
        id: &TokenId,
        generation: Generation,
        came: Came,
        turn: &mut Turn<'_>,
    ) -> Result<(), Denied> {
        let taken = match came {
            Came::Pair(plain) => match turn.refreshed_token(id, generation, &plain, &self.ground.vault) {
                Err(denied) if !matches!(denied, Denied::NoToken(_)) => {
                    let (error, what) = (&denied as &dyn Error, logging::chain(&denied));
                    error!(token = %id, error, "the pair that a refresh has brought cannot be kept");
                    turn.take_token(id, TokenInput::RefreshFailed { generation, what })
                }
                taken => taken,
            },
            Came::Refused(what) => turn.take_token(id, TokenInput::RefreshRefused { generation, what }),
            Came::Failed(what) => turn.take_token(id, TokenInput::RefreshFailed { generation, what }),
        };
        match &taken {
            Ok(Ok(())) => {}
            Ok(Err(unmoved)) => debug!(token = %id, %unmoved, "the answer to a refresh changes nothing"),
            Err(denied @ Denied::NoToken(_)) => debug!(token = %id, %denied, "it is known no more"),
            Err(denied) => error!(token = %id, error = denied as &dyn Error, "a token could not be taken in"),
        }
        taken.map(|_| ())
    }

    /// Has every token looked through.
    pub(super) fn review_tokens(&mut self) {
        self.tokens_to_review = self.ground.view.all_tokens().iter().map(|token| token.id.clone()).collect();
    }

    /// Does what is due for tokens; all of them are looked at once that is asked for. While answers go first a time
    /// that came waits, and so does the look at a token whose answer may be on its way: it may be a newer pair.
    pub(super) fn take_due_tokens(&mut self, now: Timestamp, turn: &mut Turn<'_>) {
        let answers_first = Instant::now() < self.deadlines_from;
        let mut due = if answers_first { Vec::new() } else { self.tokens.agenda.due(now, ROUND) };
        due.extend(self.tokens_to_review.drain(..self.tokens_to_review.len().min(ROUND)));
        for id in due {
            if answers_first && self.tokens.is_out(&id) {
                self.tokens.agenda.set(&id, Some(now));
                continue;
            }
            match turn.take_token(&id, TokenInput::TimeCame) {
                Err(denied @ Denied::NoToken(_)) => debug!(token = %id, %denied, "it is known no more"),
                Err(denied) => {
                    // It would be due again at once; the next review tries it once more.
                    error!(token = %id, error = &denied as &dyn Error, "what is due for a token cannot be done");
                    self.tokens.agenda.set(&id, None);
                    continue;
                }
                Ok(Ok(()) | Err(_)) => {}
            }
            self.to_settle.push(id);
        }
    }

    /// Sees to it that what the tokens as committed ask for goes on, and answers who waits for them.
    pub(super) fn settle_tokens(&mut self, changed: &[TokenId], round: &Result<(), Denied>, now: Timestamp) {
        let view = self.ground.view.clone();
        // What could not be committed is still out, and offered again.
        let refreshed = std::mem::take(&mut self.refreshed);
        if round.is_ok() {
            for (id, _) in &refreshed {
                self.tokens.answered(id);
            }
            // One that could not be taken in would be refreshed again at once; the next review does that.
            self.to_settle.extend(refreshed.into_iter().filter_map(|(id, taken)| taken.then_some(id)));
        }
        let keeper = &self.ground.keeper;
        let writable =
            if keeper.is_writable() { Ok(()) } else { Err(Denied::Unwritable(keeper.read_only())) };
        if writable.is_ok() {
            for id in changed.iter().cloned().chain(std::mem::take(&mut self.to_settle)) {
                match view.token(&id) {
                    Some(token) => self.tokens.settle(&token, &self.ground.figures.token_rules, now),
                    // A refresh that is out finds nothing to change.
                    None => self.tokens.agenda.set(&id, None),
                }
            }
            self.tokens.start(&view, &self.ground.vault.keys);
        }
        let by = (&self.ground.figures.token_rules, now);
        self.tokens.answer(&view, &self.ground.vault.keys, &writable, by);
    }
}

/// A name that no token has: 80 random bits.
fn new_name(system: System) -> Result<TokenId, Denied> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|fault| Denied::NoName(fault.to_string()))?;
    Ok(TokenId::of(system, random))
}
