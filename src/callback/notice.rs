//! What a callback says, as far as the daemon has to know.

use serde::Deserialize;
use wxlogin_state::{WId, WcId};

/// `messageType` of an offline notice, and of a test (protocol.md, system A, "callback").
const OFFLINE: &str = "30000";
const TEST: &str = "00000";

/// What a callback is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    /// An account is said to have gone offline.
    Offline {
        /// Which account.
        wc_id: WcId,
        /// Which of its logins, perhaps one that is long over.
        w_id: Option<WId>,
    },
    /// The platform tries whether somebody answers.
    Test,
    /// A chat message.
    Message,
}

/// Why a body is no callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Not JSON, not an object, or one that does not say what it is.
    #[error("it is not a JSON object with a messageType")]
    NoCallback,
    /// An offline notice of nobody.
    #[error("the offline notice names no account")]
    NoAccount,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    message_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offline {
    wc_id: WcId,
    #[serde(default)]
    data: serde_json::Value,
}

impl Notice {
    /// Reads a callback's body.
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Fault::NoCallback)?;
        match envelope.message_type.as_str() {
            OFFLINE => {
                let Offline { wc_id, data } = serde_json::from_slice(body).map_err(|_| Fault::NoAccount)?;
                let w_id = data["wId"].as_str().and_then(|w_id| w_id.parse().ok());
                Ok(Self::Offline { wc_id, w_id })
            }
            TEST => Ok(Self::Test),
            _ => Ok(Self::Message),
        }
    }
}
