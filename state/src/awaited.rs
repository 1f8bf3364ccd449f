//! What a person is to do for an account while none of its logins is in flight. What is to be done for a login in flight
//! is a matter of its [session](crate::State).

use serde::{Deserialize, Serialize};

use crate::account::{Account, Method, Phase};

/// What that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// To confirm the box that its phone shows (`/secondLogin`).
    Confirm,
    /// To open the login that is due (`relogin.issue = "on-demand"`): its QR is fetched then.
    Open,
}

impl Account {
    /// What a person is to do, if anything.
    pub fn awaits(&self) -> Option<Awaited> {
        let relogin = self.relogin.as_ref()?;
        match (&relogin.phase, relogin.method) {
            (Phase::Offered { .. }, _) => Some(Awaited::Open),
            (Phase::Calling { .. }, Method::PopUp) => Some(Awaited::Confirm),
            (Phase::Calling { .. } | Phase::Due { .. } | Phase::InFlight { .. }, _) => None,
        }
    }
}
