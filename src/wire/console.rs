//! What the console asks the control API for besides sessions and accounts: its own session, the inbox, the figures.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wxlogin_state::{Label, Secret, Standing, StateName, WId, WcId};

use super::Claim;

/// Answer to `POST /v1/console/login`: the console, for one person, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// What to open in a browser.
    pub url: Secret,
    /// Until when that can be done.
    pub expires_at: Timestamp,
}

/// Body of `POST /v1/console/session`: follows an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterConsole {
    /// What the invitation's URL has behind `#enter=`.
    pub secret: Secret,
}

/// Answer to `GET /v1/console/session`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleSession {
    /// Whether whoever asks may use the API.
    pub signed_in: bool,
}

/// Answer to `GET /v1/summary`: how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The daemon's version.
    pub version: String,
    /// Accounts.
    pub accounts: AccountFigures,
    /// Sessions, by state; every state is there.
    pub sessions: BTreeMap<StateName, usize>,
}

/// How many accounts there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountFigures {
    /// All of them.
    pub known: usize,
    /// Those that are online.
    pub online: usize,
    /// By where they stand; every standing is there.
    pub standing: BTreeMap<Standing, usize>,
}

/// What a person is to do for one login (contract.md, `GET /v1/steps`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The login.
    pub w_id: WId,
    /// Whose it is, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wc_id: Option<WcId>,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The nickname of a known account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// What is to be done.
    pub kind: StepKind,
    /// The platform's own sentence where a code is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// How many codes the platform has refused, where one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The page to pass where a slider is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether a person did their part already, and the platform is being asked.
    pub in_flight: bool,
    /// Since when it is to be done.
    pub since: Timestamp,
    /// Until when.
    pub deadline: Timestamp,
    /// Who is on it, where somebody has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Scan the QR.
    Scan,
    /// Enter the code that the phone shows.
    Code,
    /// Pass the slider page.
    Slider,
}

/// A page of `GET /v1/steps`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepPage {
    /// The steps, those of the oldest login first.
    pub steps: Vec<Step>,
    /// The value of `after` for the page that follows; `null` on the last one.
    #[schema(required)]
    pub next: Option<String>,
}
