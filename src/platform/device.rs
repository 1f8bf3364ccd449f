//! The device login's calls: what they ask, and what their answers mean.
//!
//! [`polled`] is the table "What `/getIPadLoginInfo` can answer" of protocol.md, in one place and as a pure
//! function of status and body. Everything that is not in the table is [`Trouble`].

use serde::Serialize;
use serde_json::{Map, Value};
use wxlogin_state::{Answer, DeviceType, Failure, Proxy, Secret, WId, WcId};

use super::envelope::{Code, Data, Envelope, Reply};
use super::profile::{link, profile};
use super::trouble::{Fault, Trouble};

/// Asks for a login: `/iPadLogin`.
#[derive(Debug, Clone)]
pub struct QrRequest {
    /// The account, wherever it is known: without it the platform makes a new device, and the account keeps
    /// dropping.
    pub wc_id: Option<WcId>,
    /// The device to pretend to be.
    pub device: DeviceType,
    /// Where to log in from; `None` leaves it to the platform.
    pub proxy: Option<Proxy>,
}

/// A login has begun: somebody must scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedQr {
    /// The login instance.
    pub w_id: WId,
    /// The picture to scan; absolute, http or https, at most 2048 bytes.
    pub qr_url: String,
}

/// How a call for an answer ended without trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polled {
    /// The platform said something about the login.
    Answer(Answer),
    /// Nothing has happened yet: time ran out at the platform, at a gateway, or here.
    NoAnswer,
}

/// Body of `/iPadLogin`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QrCall<'a> {
    wc_id: &'a str,
    device_type: DeviceType,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) proxy_password: Option<&'a Secret>,
}

/// Body of `/getIPadLoginInfo`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PollCall<'a> {
    pub(super) w_id: &'a WId,
    pub(super) auto_check: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verify_code: Option<&'a Secret>,
}

/// Body of `/member/offline`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfflineCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<&'a str>,
    pub(super) wc_ids: &'a [WcId],
}

impl<'a> QrCall<'a> {
    pub(super) fn of(request: &'a QrRequest) -> Self {
        let mut call = Self {
            wc_id: request.wc_id.as_ref().map_or("", WcId::as_str),
            device_type: request.device,
            proxy: None,
            proxy_ip: None,
            proxy_user: None,
            proxy_password: None,
        };
        match &request.proxy {
            None => {}
            Some(Proxy::Region(region)) => call.proxy = Some(*region),
            Some(Proxy::Own { ip, user, password }) => {
                call.proxy_ip = Some(ip);
                call.proxy_user = user.as_deref();
                call.proxy_password = password.as_ref();
            }
        }
        call
    }
}

/// What `/iPadLogin` answers.
pub(super) fn issued(reply: &Reply<'_>) -> Result<IssuedQr, Trouble> {
    let data = success(reply, reply.authorized()?)?;
    let w_id = match data.get("wId").and_then(Value::as_str) {
        None | Some("") => return Err(reply.incomplete("data.wId")),
        Some(text) => text.parse().map_err(|_| reply.unreadable(Fault::Impossible("data.wId")))?,
    };
    let qr_url = match data.get("qrCodeUrl").filter(|url| !is_empty(url)) {
        None => return Err(reply.incomplete("data.qrCodeUrl")),
        Some(url) => link(url).ok_or_else(|| reply.unreadable(Fault::Impossible("data.qrCodeUrl")))?,
    };
    Ok(IssuedQr { w_id, qr_url })
}

/// What `/member/offline` answers: whether it was done, and no more.
pub(super) fn done(reply: &Reply<'_>) -> Result<(), Trouble> {
    success(reply, reply.authorized()?).map(drop)
}

/// The data of a success; a failure's sentence otherwise.
pub(super) fn success(reply: &Reply<'_>, envelope: Envelope) -> Result<Map<String, Value>, Trouble> {
    match envelope.code {
        Code::Success => Ok(envelope.object()),
        Code::Failure => Err(Trouble::Refused { sentence: reason(reply, &envelope) }),
        Code::Slider | Code::Unknown => Err(reply.unreadable(Fault::UnknownCode)),
    }
}

/// What `/getIPadLoginInfo` answers. The order is that of the table: an identity is stronger than a page, a
/// page than a sentence.
pub(super) fn polled(reply: &Reply<'_>) -> Result<Polled, Trouble> {
    if reply.status == 504 {
        return Ok(Polled::NoAnswer);
    }
    let envelope = reply.authorized()?;
    let answer = match envelope.code {
        Code::Success | Code::Slider if promises(&envelope, reply)? => fulfilled(reply, envelope)?,
        _ if envelope.message.contains("验证码") => {
            Answer::CodeAsked { prompt: reply.sentence(&envelope) }
        }
        Code::Failure => {
            Answer::Failed { why: failure(&envelope.message), message: reason(reply, &envelope) }
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
            let wc_id = wc_id.as_str().and_then(|text| text.parse().ok());
            let wc_id = wc_id.ok_or_else(|| reply.unreadable(Fault::Impossible("data.wcId")))?;
            Ok(Answer::LoggedIn(Box::new(profile(wc_id, &data))))
        }
        None => match data.get("url").and_then(link) {
            Some(url) => Ok(Answer::SliderAsked { url }),
            None => Err(reply.unreadable(Fault::Impossible("data.url"))),
        },
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// What a failure's sentence says. Only the QR, or the login as a whole, can expire here: words about the key
/// have been dealt with before.
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

fn reason(reply: &Reply<'_>, envelope: &Envelope) -> String {
    let sentence = reply.sentence(envelope);
    if sentence.is_empty() { "the platform gave no reason".to_owned() } else { sentence }
}

#[cfg(test)]
mod tests;
