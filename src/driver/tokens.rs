//! Keeps tokens alive: their agenda, the refreshes that are out, and who waits for one.
//!
//! Nothing here is decided: when a token is refreshed and when it is over is in its value. A token costs an entry in
//! the agenda; only a refresh costs a task and a connection, and there is never more than one for a token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;
use wxlogin_state::seal::Keys;
use wxlogin_state::{Generation, Plain, Secret, System, Token, TokenId, TokenRules};

use super::agenda::Agenda;
use super::handle::{Denied, Driver, Reply};
use crate::platform::Systems;
use crate::view::View;

mod lanes;
mod refresh;

use lanes::Lanes;
pub(super) use refresh::Came;

#[cfg(test)]
pub(super) use lanes::EACH;

/// A token that a login has just brought, in plain: sealed in the turn that commits it.
#[derive(Debug)]
pub struct NewToken {
    /// Which system gave it.
    pub system: System,
    /// For which app: the appkey (B) or appId (C).
    pub app: String,
    /// For which user, where the system says (B).
    pub uid: Option<String>,
    /// What the system answered.
    pub plain: Plain,
}

/// A token, opened for somebody who asked for just this one.
#[derive(Debug, Clone)]
pub struct OpenToken {
    /// Its record.
    pub token: Arc<Token>,
    /// The access token, in plain.
    pub access: Secret,
}

/// What the driver is asked, and told, about tokens.
#[derive(Debug)]
pub(super) enum TokenMessage {
    Keep { new: NewToken, reply: Reply<Arc<Token>> },
    Open { id: TokenId, reply: Reply<OpenToken> },
    Forget { id: TokenId, reply: Reply<()> },
    Answered { id: TokenId, generation: Generation, came: Came, reply: Reply<()> },
    Rekey { reply: Reply<()> },
}

/// What is going on for tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    systems: Systems,
    driver: Driver,
    tasks: TaskTracker,
    end: CancellationToken,
    /// When tokens are to be looked at, as they say it.
    pub(super) agenda: Agenda<TokenId>,
    lanes: Lanes,
    /// Whether no refresh is to be begun any more.
    draining: bool,
    waiting: HashMap<TokenId, Vec<Reply<OpenToken>>>,
    /// To be answered at the end of this round, whether or not a refresh is going on.
    given: Vec<(TokenId, Reply<OpenToken>)>,
}

impl Tokens {
    /// Nothing going on yet. Tasks are tracked by `tasks` and report to `driver`.
    pub(super) fn new(systems: Systems, driver: Driver, tasks: TaskTracker) -> Self {
        Self {
            systems,
            driver,
            tasks,
            end: CancellationToken::new(),
            agenda: Agenda::default(),
            lanes: Lanes::default(),
            draining: false,
            waiting: HashMap::new(),
            given: Vec::new(),
        }
    }

    /// Takes over what `token` as committed asks for.
    pub(super) fn settle(&mut self, token: &Token, rules: &TokenRules, now: Timestamp) {
        let duty = token.duty(rules, now);
        self.agenda.set(&token.id, duty.look_at);
        if duty.refresh && !self.draining {
            self.lanes.push(&token.id, &token.app);
            if self.waiting.contains_key(&token.id) {
                self.lanes.hurry(&token.id);
            }
        }
    }

    /// What came of the refresh that was out is committed, or can never be.
    pub(super) fn answered(&mut self, id: &TokenId) {
        self.lanes.over(id);
    }

    /// Starts the refreshes that are wanted, as far as there is room.
    pub(super) fn start(&mut self, view: &View, keys: &Keys) {
        while let Some(id) = self.lanes.next() {
            let begun = view.token(&id).is_some_and(|token| match token.open_refresh(keys) {
                Ok(Some(refresh)) => {
                    self.refresh(&token, refresh);
                    true
                }
                Ok(None) => false,
                Err(fault) => {
                    // The next start says the same of the whole store; this one token is left as it is.
                    error!(token = %id, error = &fault as &dyn std::error::Error, "a token cannot be opened");
                    self.agenda.set(&id, None);
                    false
                }
            });
            if !begun {
                self.lanes.over(&id);
            }
        }
    }

    fn refresh(&self, token: &Token, refresh: Secret) {
        let client = self.systems.official_account(&token.app).cloned();
        let asking = refresh::run(client, self.driver.clone(), token.id.clone(), token.generation, refresh);
        let end = self.end.clone();
        self.tasks.spawn(async move { end.run_until_cancelled(asking).await });
    }

    /// Has somebody wait for the token until no refresh of it is going on; one that is wanted goes before others.
    pub(super) fn wait(&mut self, id: TokenId, reply: Reply<OpenToken>) {
        self.lanes.hurry(&id);
        self.waiting.entry(id).or_default().push(reply);
    }

    /// Gives somebody the token as it is once this round is over.
    pub(super) fn give(&mut self, id: TokenId, reply: Reply<OpenToken>) {
        self.given.push((id, reply));
    }

    /// Answers whoever is given a token; whoever waits for one that is not being refreshed; and where nothing can
    /// be `written`, whoever waits.
    pub(super) fn answer(
        &mut self,
        view: &View,
        keys: &Keys,
        written: &Result<(), Denied>,
        (rules, now): (&TokenRules, Timestamp),
    ) {
        let lanes = &self.lanes;
        let ready = self.waiting.extract_if(|id, _| written.is_err() || !lanes.contains(id));
        let given = self.given.drain(..).map(|(id, reply)| (id, vec![reply]));
        for (id, waiting) in given.chain(ready) {
            // One that can be used is, also where it could not be noted that it is to be refreshed.
            let opened =
                open(&id, view, keys, (rules, now)).map_err(|denied| written.clone().err().unwrap_or(denied));
            for reply in waiting {
                // Whoever gave up waiting can ask again.
                let _ = reply.send(opened.clone());
            }
        }
    }

    /// Begins no refresh any more; who waits for one that is not out hears that the driver ends.
    pub(super) fn drain(&mut self) {
        self.draining = true;
        self.lanes.clear_queues();
        self.waiting.retain(|id, _| self.lanes.contains(id));
    }

    /// Whether the system has been asked for a newer pair of this token, and what comes of it is not committed.
    pub(super) fn is_out(&self, id: &TokenId) -> bool {
        self.lanes.is_out(id)
    }

    /// Whether the system has been asked and what comes of it is not committed: it may be the only pair there is.
    pub(super) fn are_out(&self) -> bool {
        self.lanes.out() > 0
    }

    /// Ends everything; who waits hears that the driver has ended.
    pub(super) fn stop(&mut self) {
        self.end.cancel();
        self.waiting.clear();
    }
}

/// The token as it is, unless it cannot be used.
fn open(
    id: &TokenId,
    view: &View,
    keys: &Keys,
    (rules, now): (&TokenRules, Timestamp),
) -> Result<OpenToken, Denied> {
    let token = view.token(id).ok_or_else(|| Denied::NoToken(id.clone()))?;
    if token.access.expires_at <= now {
        let what = token.trouble.as_ref().map(|trouble| trouble.what.clone());
        let id = id.clone();
        return Err(match token.refresh_at(rules).filter(|_| token.can_refresh(now)) {
            Some(at) => {
                let again_in = Duration::try_from(at.duration_since(now)).unwrap_or_default();
                Denied::TokenUnrefreshed { id, what, again_at: at.max(now), again_in }
            }
            None => Denied::TokenOver { id, what },
        });
    }
    let access = token.open_access(keys).map_err(|fault| Denied::Sealed(Arc::new(fault)))?;
    Ok(OpenToken { token, access })
}
