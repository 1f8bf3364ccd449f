//! A one-time link to what a person is to do (contract.md, `POST /v1/sessions/{wId}/link`).
//!
//! Kept over a restart, because a link may have gone out in an alert. The secret is not kept: the link is known by its
//! digest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{LinkId, WId, WcId};

/// What is known of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The digest of its secret.
    pub id: LinkId,
    /// What it leads to.
    #[serde(flatten)]
    pub to: Goal,
    /// When it was made.
    pub made: Timestamp,
    /// When its time is over.
    pub until: Timestamp,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Goal {
    /// The steps of one login.
    #[serde(rename = "wId")]
    Login(WId),
    /// The next login of an account: the box on its phone, or the QR that is fetched once somebody opens it.
    #[serde(rename = "wcId")]
    Account(WcId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_stored_with_the_name_of_what_it_leads_to() {
        let to = |goal: &str| {
            let digest = "5".repeat(64);
            format!(
                r#"{{"id":"{digest}",{goal},"made":"2026-03-01T08:00:00Z","until":"2026-03-01T08:15:00Z"}}"#
            )
        };
        for (stored, goal) in [
            (to(r#""wId":"w1""#), Goal::Login("w1".parse().unwrap())),
            (to(r#""wcId":"wxid_1""#), Goal::Account("wxid_1".parse().unwrap())),
        ] {
            let link: Link = serde_json::from_str(&stored).unwrap();
            assert_eq!(link.to, goal);
            assert_eq!(serde_json::to_string(&link).unwrap(), stored);
        }
    }
}
