//! What the platform's answers mean: `{"code", "msg", "data"}` (protocol.md, system B; seed 000).
//!
//! Pure functions of status and body. A refusal is one of the documented codes, as a number or as a text; every
//! other code, and a success that lacks what it is for, is [`Trouble`].

use std::fmt;

use bytes::Bytes;
use hyper::header::HeaderValue;
use jiff::Timestamp;
use serde_json::{Map, Value};
use wxlogin_state::Secret;

use crate::platform::envelope::Reply;
use crate::platform::profile::number;
use crate::platform::trouble::{Excerpt, Fault, Trouble};
use crate::platform::{json, redact};

/// How a login ended. The body is the platform's own, to be passed on unchanged; `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200, with all that it promises.
    LoggedIn(LoggedIn),
    /// One of the documented failures.
    Refused {
        /// For example 400194; 401 where it refuses the signature.
        code: u32,
        /// The whole answer.
        body: Bytes,
    },
}

/// A user who is logged in.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The user, in this app.
    pub uid: u64,
    /// Not empty, and fit for a header.
    pub access_token: Secret,
    /// When the token ends, to the second.
    pub expires_at: Timestamp,
    /// The whole answer, with the whole user where that was asked for.
    pub body: Bytes,
}

/// How a logout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedOut {
    /// The token is of no use any more: 200, or 402 because it had expired.
    Done,
    /// One of the documented failures. 401 is a token that the platform does not know.
    Refused {
        /// For example 401.
        code: u32,
    },
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedIn(logged_in) => f.debug_tuple("LoggedIn").field(logged_in).finish(),
            Self::Refused { code, .. } => {
                f.debug_struct("Refused").field("code", code).finish_non_exhaustive()
            }
        }
    }
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn")
            .field("uid", &self.uid)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What the envelope says.
enum Said {
    /// 200, and what is in it.
    Success(Map<String, Value>),
    /// A documented failure.
    Failure(u32),
}

/// What `/v1/login/wechat` answers.
pub(super) fn logged_in(reply: &Reply<'_>) -> Result<Answer, Trouble> {
    let data = match said(reply)? {
        Said::Success(mut members) => members.remove("data"),
        Said::Failure(code) => return Ok(Answer::Refused { code, body: reply.body.clone() }),
    };
    let shown = shown(reply);
    let data = match data {
        Some(Value::Object(members)) => members,
        None | Some(Value::Null) => return Err(shown.incomplete("data")),
        Some(_) => return Err(shown.unreadable(Fault::Mistyped("data"))),
    };
    let member = |name, place| {
        let present = |value: &&Value| !value.is_null() && value.as_str() != Some("");
        data.get(name).filter(present).ok_or_else(|| shown.incomplete(place))
    };
    let uid = member("uid", "data.uid")?;
    let uid = number(uid)
        .filter(|uid: &u64| *uid != 0)
        .ok_or_else(|| shown.unreadable(Fault::Impossible("data.uid")))?;
    let token = member("access_token", "data.access_token")?.as_str();
    let token = token
        .filter(|token| HeaderValue::from_str(token).is_ok())
        .ok_or_else(|| shown.unreadable(Fault::Impossible("data.access_token")))?;
    let expires_at = number(member("token_expired_at", "data.token_expired_at")?)
        .filter(|second| *second > 0)
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or_else(|| shown.unreadable(Fault::Impossible("data.token_expired_at")))?;
    let access_token = Secret::new(token);
    Ok(Answer::LoggedIn(LoggedIn { uid, access_token, expires_at, body: reply.body.clone() }))
}

/// What `/v1/user/logout` answers.
pub(super) fn logged_out(reply: &Reply<'_>) -> Result<LoggedOut, Trouble> {
    Ok(match said(reply)? {
        Said::Success(_) | Said::Failure(402) => LoggedOut::Done,
        Said::Failure(code) => LoggedOut::Refused { code },
    })
}

/// The envelope. A refusal may come with its HTTP status (404, 405, 413); whatever comes with a server's fault is a
/// gateway's.
fn said(reply: &Reply<'_>) -> Result<Said, Trouble> {
    let read = read(&reply.body);
    match (reply.status, read) {
        (200..300, Ok(said)) | (400..500, Ok(said @ Said::Failure(_))) => Ok(said),
        (200..300, Err(fault)) => Err(shown(reply).unreadable(fault)),
        (status, _) => {
            let Reply { body, secrets, .. } = shown(reply);
            Err(Trouble::Status { status, body: Excerpt(redact::excerpt(&body, secrets).into()) })
        }
    }
}

fn read(body: &[u8]) -> Result<Said, Fault> {
    let Value::Object(members) = json::parse(body)? else { return Err(Fault::NotAnObject) };
    let code = match members.get("code") {
        Some(code @ (Value::Number(_) | Value::String(_))) => number::<u32>(code),
        _ => return Err(Fault::Mistyped("code")),
    };
    match code {
        Some(200) => Ok(Said::Success(members)),
        Some(code) if is_documented(code) => Ok(Said::Failure(code)),
        _ => Err(Fault::UnknownCode),
    }
}

/// The seed's table, and the global codes of protocol.md.
fn is_documented(code: u32) -> bool {
    matches!(code, 400_104..=400_116 | 400_193..=400_199 | 400_250)
        || matches!(code, 400 | 401 | 402 | 404 | 405 | 413 | 429 | 500)
}

/// The same answer without the user: a log needs neither a telephone number nor a password to go by. Of `data` the
/// names remain, and the values of two members that say nothing about a person.
fn shown<'a>(reply: &Reply<'a>) -> Reply<'a> {
    const REMAIN: [&str; 2] = ["uid", "token_expired_at"];
    let body = match json::parse(&reply.body) {
        Ok(mut answer) => {
            match answer.get_mut("data") {
                Some(Value::Object(members)) => {
                    let hidden = members.iter_mut().filter(|(name, _)| !REMAIN.contains(&name.as_str()));
                    hidden.for_each(|(_, value)| *value = "…".into());
                }
                Some(data) if !data.is_null() => *data = "…".into(),
                _ => {}
            }
            answer.to_string().into()
        }
        // Torn, or ambiguous: what comes before the data.
        Err(_) => match reply.body.windows(6).position(|word| word == b"\"data\"") {
            Some(end) => reply.body.slice(..end),
            None => reply.body.clone(),
        },
    };
    Reply { status: reply.status, body, secrets: reply.secrets }
}
