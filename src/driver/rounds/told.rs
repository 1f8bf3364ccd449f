//! What the log says of a commit.

use std::sync::Arc;

use tracing::{info, warn};
use wxlogin_state::{DropReason, Notice, State, TokenId, TokenNotice};

use crate::view::SessionEntry;

/// A session's step.
pub(super) fn log_transition(session: &Arc<SessionEntry>) {
    let (w_id, state) = (&session.w_id, session.state.name());
    let wc_id = session.wc_id.as_ref().map(tracing::field::display);
    let why = session.history.last().map_or("", |transition| &transition.why);
    match &session.state {
        State::Dropped { drop, .. } if drop.reason == DropReason::Failed => {
            warn!(wId = %w_id, wcId = wc_id, state = %state, why, "session changed");
        }
        _ => info!(wId = %w_id, wcId = wc_id, state = %state, why, "session changed"),
    }
}

/// What the journal says beside the sessions.
pub(super) fn log_notice(notice: &Notice) {
    let (what, why) = (notice.kind.as_str(), &notice.why);
    let wc_id = notice.wc_id.as_ref().map(tracing::field::display);
    let todo = notice.todo.as_deref();
    let until = notice.until.map(tracing::field::display);
    if notice.kind.is_warning() {
        warn!(wcId = wc_id, what, why, todo, until, "an account wants attention");
    } else {
        info!(wcId = wc_id, what, why, todo, until, "account");
    }
}

/// What the journal says of a token.
pub(super) fn log_token_notice((id, notice): &(TokenId, TokenNotice)) {
    let (what, why, todo) = (notice.kind.as_str(), &notice.why, notice.todo);
    let until = notice.until.map(tracing::field::display);
    if todo.is_some() {
        warn!(token = %id, what, why, todo, until, "a token wants attention");
    } else {
        info!(token = %id, what, why, until, "token");
    }
}
