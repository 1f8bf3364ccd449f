//! A one-time link to what a person is to do for one login (contract.md, `POST /v1/sessions/{wId}/link`).
//!
//! Kept over a restart, because a link may have gone out in an alert. The secret is not kept: the link is known by its
//! digest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{LinkId, WId};
use crate::session::Session;

/// What is known of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The digest of its secret.
    pub id: LinkId,
    /// The login that it leads to.
    pub w_id: WId,
    /// When it was made.
    pub made: Timestamp,
    /// When its time is over.
    pub until: Timestamp,
}

impl Link {
    /// Whether it leads anywhere: its time is not over, and `session`, the login it was made for, waits for a person.
    /// A login that asks for a code after its QR still waits for the person who scanned it.
    pub fn is_open(&self, session: Option<&Session>, now: Timestamp) -> bool {
        now < self.until && session.is_some_and(|session| session.state.name().is_in_flight())
    }
}
