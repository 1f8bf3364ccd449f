//! What the platform answers to a login and to a refresh (seed 001, "Response Parameters").
//!
//! A code that is not known to mean success is a refusal, to be passed on as it came; a success that lacks a token,
//! as the seed's own example does, is no success.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use wxlogin_state::Secret;

use crate::platform::envelope::Reply;
use crate::platform::profile::number;
use crate::platform::redact;
use crate::platform::{Excerpt, Fault, Trouble, json};

/// Codes of a success: the documented one, and the one of the seed's example. Both need a token beside them.
const SUCCESS: [i64; 2] = [200, 0];

/// What the platform says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The user is logged in, or stays so.
    LoggedIn {
        /// `data.accessToken`
        access: Token,
        /// `data.refreshToken`; `None` where there is none, which leaves an earlier one in force.
        refresh: Option<Token>,
        /// The whole answer.
        body: Body,
    },
    /// The platform says no.
    Refused {
        /// `code`, also where the document does not know it.
        code: i64,
        /// `msg`, for logs and people: at most 200 characters, without secrets; empty where there is none.
        sentence: String,
        /// The whole answer.
        body: Body,
    },
}

/// A token and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// `token`; never empty.
    pub secret: Secret,
    /// `expirationTime`, to the second.
    pub expires_at: Timestamp,
}

/// An answer byte for byte as it came, for the caller alone: it may hold tokens, and is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// The bytes: JSON in UTF-8. Each call is a place to check where they go.
    pub fn reveal(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Reads an answer.
pub(super) fn answer(reply: &Reply<'_>) -> Result<Answer, Trouble> {
    let Reply { status, body, secrets } = reply;
    if !(200..300).contains(status) {
        let body = Excerpt(redact::excerpt(body, secrets).into());
        return Err(Trouble::Status { status: *status, body });
    }
    let members = match json::parse(body) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(reply.unreadable(Fault::NotAnObject)),
        Err(fault) => return Err(reply.unreadable(fault)),
    };
    let code = members.get("code").and_then(number).ok_or_else(|| reply.unreadable(Fault::UnknownCode))?;
    let body = Body(body.clone());
    if !SUCCESS.contains(&code) {
        let sentence = reply.sentence(members.get("msg").and_then(Value::as_str).unwrap_or_default());
        return Ok(Answer::Refused { code, sentence, body });
    }
    let unreadable = |fault| reply.unreadable(fault);
    let nothing = Map::new();
    let data = object(members.get("data"), "data").map_err(unreadable)?.unwrap_or(&nothing);
    let access =
        token(reply, data.get("accessToken"), &ACCESS)?.ok_or_else(|| reply.incomplete(ACCESS.token))?;
    let refresh = token(reply, data.get("refreshToken"), &REFRESH)?;
    Ok(Answer::LoggedIn { access, refresh, body })
}

/// What the members of a token are called in errors.
struct Place {
    whole: &'static str,
    token: &'static str,
    expiration: &'static str,
}

const ACCESS: Place = Place {
    whole: "data.accessToken",
    token: "data.accessToken.token",
    expiration: "data.accessToken.expirationTime",
};

const REFRESH: Place = Place {
    whole: "data.refreshToken",
    token: "data.refreshToken.token",
    expiration: "data.refreshToken.expirationTime",
};

/// The token that a member holds; `None` where it is missing, `null` or empty. One whose end is unknown cannot be
/// kept alive: it is trouble, and so is an end that no clock will see, such as milliseconds for seconds.
fn token(reply: &Reply<'_>, member: Option<&Value>, place: &Place) -> Result<Option<Token>, Trouble> {
    let Some(members) = object(member, place.whole).map_err(|fault| reply.unreadable(fault))? else {
        return Ok(None);
    };
    let secret = match members.get("token") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => Secret::new(text.as_str()),
        Some(_) => return Err(reply.unreadable(Fault::Mistyped(place.token))),
    };
    let seconds = match members.get("expirationTime") {
        None | Some(Value::Null) => return Err(reply.incomplete(place.expiration)),
        Some(value) => number(value).filter(|seconds| *seconds > 0),
    };
    let expires_at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let expires_at = expires_at.ok_or_else(|| reply.unreadable(Fault::Impossible(place.expiration)))?;
    Ok(Some(Token { secret, expires_at }))
}

/// The members of an object; `None` where it is missing or `null`.
fn object<'a>(
    member: Option<&'a Value>,
    name: &'static str,
) -> Result<Option<&'a Map<String, Value>>, Fault> {
    match member {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(Fault::Mistyped(name)),
    }
}
