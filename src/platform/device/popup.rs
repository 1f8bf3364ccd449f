//! `/secondLogin`: a login without a QR, confirmed in a box on the phone (protocol.md, system A).

use serde::Serialize;
use wxlogin_state::{Failure, Profile, WId, WcId};

use super::{failure, identifier, members, sentence};
use crate::platform::envelope::{Code, Reply};
use crate::platform::profile::profile;
use crate::platform::trouble::{Fault, Trouble};

/// How a pop-up login ended without trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PopUp {
    /// The person confirmed: the account is online by a new login instance.
    LoggedIn {
        /// The new instance.
        w_id: WId,
        /// Who logged in: the account that was asked for.
        profile: Box<Profile>,
    },
    /// The platform says that it came to nothing: the way left is a QR, unless the sentence is that the account
    /// is online already, which only `/queryLoginWx` proves.
    Failed {
        /// What the sentence says. `Expired` is a box that went away untouched.
        why: Failure,
        /// The platform's own sentence, bounded and without secrets.
        message: String,
    },
    /// The person was too slow: time ran out at the platform, at a gateway, or here. The box may still be there,
    /// and be confirmed.
    NoAnswer,
}

/// Body of `/secondLogin`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct PopUpCall<'a> {
    pub(in crate::platform) wc_id: &'a WcId,
}

/// What `/secondLogin` answers when this account is asked for. Somebody else's login is none of it.
pub(in crate::platform) fn popped_up(reply: &Reply<'_>, asked: &WcId) -> Result<PopUp, Trouble> {
    if reply.status == 504 {
        return Ok(PopUp::NoAnswer);
    }
    let envelope = reply.authorized()?;
    if envelope.code == Code::Failure {
        let message = sentence(reply, &envelope);
        return Ok(PopUp::Failed { why: failure(&envelope.message), message });
    }
    let data = members(reply, envelope)?;
    let wc_id: WcId = identifier(reply, data.get("wcId"), "data.wcId")?;
    if wc_id != *asked {
        return Err(reply.unreadable(Fault::Impossible("data.wcId")));
    }
    let w_id = identifier(reply, data.get("wId"), "data.wId")?;
    Ok(PopUp::LoggedIn { w_id, profile: Box::new(profile(wc_id, &data)) })
}
