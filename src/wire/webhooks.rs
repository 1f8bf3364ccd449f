//! The control API's bodies about receivers of webhooks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wxlogin_state::public::Event;
use wxlogin_state::{Delivery, Seq};

/// Answer to `GET /v1/webhooks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhooks {
    /// The receivers, in the order of the configuration.
    pub webhooks: Vec<Webhook>,
}

/// A receiver of webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its place in the configuration; the first is 1.
    pub n: usize,
    /// Where it is called, without what keeps strangers away.
    pub url: String,
    /// `standard`, `feishu`, `dingtalk` or `wecom`.
    pub format: String,
    /// The types of events that it gets; all where there are none.
    pub events: Vec<String>,
    /// How it goes.
    pub state: WebhookState,
    /// Nothing up to this event is owed any more.
    pub done: Seq,
    /// How many events lie after that one, those among them that it does not want.
    pub backlog: u64,
    /// What became of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Delivery>,
    /// Since when it takes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When it said that it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
    /// How many events it never took in three days.
    pub dead_letters: usize,
    /// How many events it never got that are not kept either.
    pub let_go: u64,
}

/// How it goes with a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookState {
    /// It has everything.
    Idle,
    /// It is getting something.
    Delivering,
    /// It did not take the last message, which is tried again.
    Failing,
    /// Its dead letters are sent again.
    Replaying,
    /// It is gone (410), and gets nothing until its dead letters are sent again.
    Gone,
}

impl WebhookState {
    /// The public spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Delivering => "delivering",
            Self::Failing => "failing",
            Self::Replaying => "replaying",
            Self::Gone => "gone",
        }
    }
}

/// A page of `GET /v1/webhooks/{n}/dead-letters`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterPage {
    /// What was never taken, oldest first.
    pub dead_letters: Vec<DeadLetter>,
    /// The value of `after` for the page that follows; `null` on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// An event that a receiver never took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// When it was given up.
    pub since: Timestamp,
    /// How the last attempt ended.
    pub what: String,
    /// The event. For a robot a drop that has healed is one of the type `session.healed`, which is in no journal.
    pub event: Event,
}

/// Answer to `POST /v1/webhooks/{n}/replay`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// How many dead letters are sent again now.
    pub dead_letters: usize,
}

/// Answer to `POST /v1/webhooks/{n}/test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tested {
    /// Whether the receiver took the message.
    pub delivered: bool,
    /// The HTTP status it answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How it ended, in a clause.
    pub what: String,
}
