//! The device login's calls: what they ask, and what their answers mean.
//!
//! Each room has the wire types of its calls and a pure function of status and body that says what an answer
//! means. Everything that protocol.md does not know is [`Trouble`].
//!
//! * `/iPadLogin`: [`qr`]
//! * `/getIPadLoginInfo`: [`poll`]
//! * `/secondLogin`: [`popup`]
//! * `/queryLoginWx`, `/isOnline`: [`presence`]
//! * `/offlineReason`: [`reason`]
//! * `/member/offline`, `/setHttpCallbackUrl`: [`order`]

pub(super) mod order;
pub(super) mod poll;
pub(super) mod popup;
pub(super) mod presence;
pub(super) mod qr;
pub(super) mod reason;

use std::str::FromStr;

use serde_json::{Map, Value};
use wxlogin_state::Failure;

use super::envelope::{Code, Data, Envelope, Reply};
use super::trouble::{Fault, Trouble};

/// The data of a success; a failure's sentence otherwise.
fn success(reply: &Reply<'_>, envelope: Envelope) -> Result<Data, Trouble> {
    match envelope.code {
        Code::Success => Ok(envelope.data),
        Code::Failure => Err(Trouble::Refused { sentence: sentence(reply, &envelope) }),
        Code::Slider | Code::Unknown => Err(reply.unreadable(Fault::UnknownCode)),
    }
}

/// The members of a success's data, of which there are none where there is no data.
pub(super) fn members(reply: &Reply<'_>, envelope: Envelope) -> Result<Map<String, Value>, Trouble> {
    match success(reply, envelope)? {
        Data::Object(members) => Ok(members),
        Data::Absent => Ok(Map::new()),
        Data::List(_) => Err(reply.unreadable(Fault::Mistyped("data"))),
    }
}

/// The items of a success's data. An empty list says that there are none; no list says nothing.
fn items(reply: &Reply<'_>, envelope: Envelope) -> Result<Vec<Value>, Trouble> {
    match success(reply, envelope)? {
        Data::List(items) => Ok(items),
        Data::Absent => Err(reply.incomplete("data")),
        Data::Object(_) => Err(reply.unreadable(Fault::Mistyped("data"))),
    }
}

/// The identifier that a member holds; `place` says where it is.
fn identifier<T: FromStr>(
    reply: &Reply<'_>,
    member: Option<&Value>,
    place: &'static str,
) -> Result<T, Trouble> {
    let present = member.filter(|value| !is_empty(value)).ok_or_else(|| reply.incomplete(place))?;
    let read = present.as_str().and_then(|text| text.parse().ok());
    read.ok_or_else(|| reply.unreadable(Fault::Impossible(place)))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// What the sentence of a failed login says. Only the QR, the box on the phone, or the login as a whole can expire
/// here: words about the key have been dealt with before.
fn failure(message: &str) -> Failure {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["拒绝", "取消"]) {
        Failure::Declined
    } else if says(&["过期", "失效", "超时"]) {
        Failure::Expired
    } else {
        Failure::Other
    }
}

/// A failure's sentence, for people.
fn sentence(reply: &Reply<'_>, envelope: &Envelope) -> String {
    let sentence = reply.sentence(&envelope.message);
    if sentence.is_empty() { "the platform gave no reason".to_owned() } else { sentence }
}

#[cfg(test)]
mod tests;
