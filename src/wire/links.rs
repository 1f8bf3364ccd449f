//! One-time links and claims: who is to do a step, and who is on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wxlogin_state::{Label, Secret};

use super::StepKind;

/// Body of `POST /v1/sessions/{wId}/link` and `POST /v1/accounts/{wcId}/link`; may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLink {
    /// For how long, such as `10m`; 15 minutes where absent, an hour at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
}

/// Answer to them: a page for what a person is to do, for whoever has its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepLink {
    /// What to open.
    pub url: Secret,
    /// When its time is over; it is over before where nobody is waited for any more.
    pub expires_at: Timestamp,
}

/// Answer to `GET /step/<secret>/state`: how things stand behind a one-time link. No identifier is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum LinkedStep {
    /// A person is to complete a login.
    Waiting(PersonsStep),
    /// The phone of the account shows a box, where the login is to be confirmed.
    Confirm(Whose),
    /// The QR is fetched as soon as the person wants it.
    Offered(Whose),
    /// The QR is being fetched.
    Fetching(Whose),
    /// The last one came to nothing: the next is on its way.
    Later(Whose),
    /// The account is online.
    Online,
    /// The login ended otherwise.
    Ended,
}

/// Which account it is about, for people; and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Whose {
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Its nickname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// When the next login begins, or can be opened, where that is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// What the person is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonsStep {
    /// What.
    pub kind: StepKind,
    /// What the operator calls the login or its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The nickname of a known account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// Whether the account is known: its own phone must scan.
    pub known: bool,
    /// The platform's own sentence where a code is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// How many codes the platform has refused, where one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The page to pass where a slider is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether the person did their part already, and the platform is being asked.
    pub in_flight: bool,
    /// Until when it is to be done.
    pub deadline: Timestamp,
}

/// Body of `POST /v1/steps/{wId}/claim`: somebody is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimStep {
    /// Who, as the others know them.
    pub by: String,
}

/// Who is on a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// Who.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}
