//! `/getIPadLoginInfo`: how a login stands.
//!
//! [`polled`] is the table "What `/getIPadLoginInfo` can answer" of protocol.md, in one place and as a pure
//! function of status and body. Everything that is not in the table is [`Trouble`].

use serde::Serialize;
use wxlogin_state::{Answer, Secret, WId};

use super::{failure, identifier, is_empty, sentence};
use crate::platform::envelope::{Code, Data, Envelope, Reply};
use crate::platform::profile::{link, profile};
use crate::platform::trouble::{Fault, Trouble};

/// How a call for an answer ended without trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polled {
    /// The platform said something about the login.
    Answer(Answer),
    /// Nothing has happened yet: time ran out at the platform, at a gateway, or here.
    NoAnswer,
}

/// Body of `/getIPadLoginInfo`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct PollCall<'a> {
    pub(in crate::platform) w_id: &'a WId,
    pub(in crate::platform) auto_check: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::platform) verify_code: Option<&'a Secret>,
}

/// What `/getIPadLoginInfo` answers. The order is that of the table: an identity is stronger than a page, a
/// page than a sentence.
pub(in crate::platform) fn polled(reply: &Reply<'_>) -> Result<Polled, Trouble> {
    if reply.status == 504 {
        return Ok(Polled::NoAnswer);
    }
    let envelope = reply.authorized()?;
    let answer = match envelope.code {
        Code::Success | Code::Slider if promises(&envelope, reply)? => fulfilled(reply, envelope)?,
        _ if envelope.message.contains("验证码") => {
            Answer::CodeAsked { prompt: reply.sentence(&envelope.message) }
        }
        Code::Failure => {
            Answer::Failed { why: failure(&envelope.message), message: sentence(reply, &envelope) }
        }
        Code::Success | Code::Slider => return Err(reply.incomplete("data.wcId and data.url")),
        Code::Unknown => return Err(reply.unreadable(Fault::UnknownCode)),
    };
    Ok(Polled::Answer(answer))
}

/// Whether a success brings what a success is known to bring. `200` has been seen with a page only, so an
/// identity beside it proves nothing.
fn promises(envelope: &Envelope, reply: &Reply<'_>) -> Result<bool, Trouble> {
    match &envelope.data {
        Data::Absent => Ok(false),
        Data::List(_) => Err(reply.unreadable(Fault::Mistyped("data"))),
        Data::Object(data) => {
            let present = |name| data.get(name).is_some_and(|value| !is_empty(value));
            Ok(present("url") || (envelope.code == Code::Success && present("wcId")))
        }
    }
}

fn fulfilled(reply: &Reply<'_>, envelope: Envelope) -> Result<Answer, Trouble> {
    let code = envelope.code;
    let data = envelope.object();
    match data.get("wcId").filter(|wc_id| code == Code::Success && !is_empty(wc_id)) {
        Some(wc_id) => {
            let wc_id = identifier(reply, Some(wc_id), "data.wcId")?;
            Ok(Answer::LoggedIn(Box::new(profile(wc_id, &data))))
        }
        None => match data.get("url").and_then(link) {
            Some(url) => Ok(Answer::SliderAsked { url }),
            None => Err(reply.unreadable(Fault::Impossible("data.url"))),
        },
    }
}
