//! What the platform posts to the callback URL (protocol.md, system A, "callback").
//!
//! Notices are duplicated, late, and may name an old wId: one is a hint to check, never the truth.

use serde_json::{Map, Value};
use wxlogin_state::{WId, WcId};

use super::json;
use super::trouble::Fault;

/// A message of the platform to its member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// `messageType` "30000": an account is said to be offline.
    Offline {
        /// The account.
        wc_id: WcId,
        /// The login instance that was lost, where the notice names one that can be.
        w_id: Option<WId>,
    },
    /// `messageType` "00000": the URL has been set, and works.
    Test,
    /// Anything else, whatever it looks like: a chat message, which is nobody's business here.
    Message,
}

impl Notice {
    /// The answer that the platform wants, as JSON with HTTP 200.
    pub const ACK: &str = r#"{"code":"1000"}"#;

    /// Reads the body of a callback; an error for an offline notice that names nobody.
    pub fn read(body: &[u8]) -> Result<Self, Fault> {
        let Ok(Value::Object(members)) = json::parse(body) else { return Ok(Self::Message) };
        let offline = match members.get("messageType") {
            Some(Value::String(text)) if text == "00000" => return Ok(Self::Test),
            Some(Value::String(text)) => text == "30000",
            Some(Value::Number(number)) => number.as_u64() == Some(30_000),
            _ => false,
        };
        if offline { Self::offline(&members) } else { Ok(Self::Message) }
    }

    fn offline(members: &Map<String, Value>) -> Result<Self, Fault> {
        let wc_id = match members.get("wcId") {
            Some(Value::String(text)) => text.parse().map_err(|_| Fault::Impossible("wcId"))?,
            _ => return Err(Fault::Mistyped("wcId")),
        };
        // A hint without its wId, or with one that cannot be, still is a hint.
        let w_id = members.get("data").and_then(|data| data.get("wId"));
        let w_id = w_id.and_then(Value::as_str).and_then(|text| text.parse().ok());
        Ok(Self::Offline { wc_id, w_id })
    }
}

#[cfg(test)]
mod tests;
