//! Who is on which step, so that two people do not do the same: said by people, for people; nothing is refused for it.
//!
//! In memory: a daemon that starts again asks who is on it, which costs a tap. A claim goes on from the QR of a login to
//! its code, as its person does, and ends once the login waits for nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use wxlogin_state::WId;

use super::Api;
use super::body::{Body, SessionPath};
use super::problem::Refused;
use super::steps::step;
use crate::wire::{Claim, ClaimStep, Step};

/// Longest name of a person, in characters.
const LONGEST_NAME: usize = 64;

/// The claims.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashMap<WId, Claim>>);

impl Claims {
    /// Who is on this login.
    pub(super) fn of(&self, w_id: &WId) -> Option<Claim> {
        self.kept().get(w_id).cloned()
    }

    /// Takes in that somebody is on it, and forgets about the logins that `waits` knows nothing of.
    fn put(&self, w_id: WId, claim: Claim, waits: impl Fn(&WId) -> bool) {
        let mut kept = self.kept();
        kept.retain(|w_id, _| waits(w_id));
        kept.insert(w_id, claim);
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<WId, Claim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    /// What a person is to do for this login; 409 where nobody is waited for.
    fn waiting(&self, w_id: &WId) -> Result<Step, Refused> {
        let session = self.view.session(w_id).ok_or_else(|| Refused::no_session(w_id))?;
        let state = session.state.name();
        step(self, &session).ok_or_else(|| {
            Refused::wrong_state(state, format!("the session is {state}; nobody is waited for"))
        })
    }
}

/// `POST /v1/steps/{wId}/claim`: somebody is on it; whoever was before is not any more → 200 with the step.
pub(super) async fn claim(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
    Body(ClaimStep { by }): Body<ClaimStep>,
) -> Result<Json<Step>, Refused> {
    let by = by.trim();
    if by.is_empty() || by.chars().count() > LONGEST_NAME || by.chars().any(char::is_control) {
        let detail = format!("a name has 1 to {LONGEST_NAME} characters, none of them a control character");
        return Err(Refused::invalid("by", detail));
    }
    api.waiting(&w_id)?;
    let claim = Claim { by: by.to_owned(), at: api.clock.now() };
    let waits =
        |w_id: &WId| api.view.session(w_id).is_some_and(|session| session.state.name().is_in_flight());
    api.claims.put(w_id.clone(), claim, waits);
    api.waiting(&w_id).map(Json)
}

/// `DELETE /v1/steps/{wId}/claim`: nobody is on it → 204.
pub(super) async fn unclaim(State(api): State<Arc<Api>>, SessionPath(w_id): SessionPath) -> StatusCode {
    api.claims.kept().remove(&w_id);
    StatusCode::NO_CONTENT
}
