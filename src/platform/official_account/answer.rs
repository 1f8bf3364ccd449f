//! What the platform answers to a login and to a refresh (seed 001, "Response Parameters").
//!
//! A code that is not known to mean success is a refusal, to be passed on as it came; a success that lacks a token,
//! as the seed's own example does, is no success.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use wxlogin_state::{Plain, Secret};

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
        refresh: Option<RefreshToken>,
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

/// An access token and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// `token`; never empty.
    pub secret: Secret,
    /// `expirationTime`, to the second.
    pub expires_at: Timestamp,
}

/// A refresh token and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// `token`; never empty.
    pub secret: Secret,
    /// `expirationTime`, to the second; `None` where the platform names none that a clock will see.
    pub expires_at: Option<Timestamp>,
}

/// The tokens of a success, as they are kept.
pub fn plain(access: Token, refresh: Option<RefreshToken>) -> Plain {
    let refresh = refresh.map(|refresh| (refresh.secret, refresh.expires_at));
    Plain { access: access.secret, expires_at: access.expires_at, refresh }
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
    let access = found(data.get("accessToken"), &ACCESS).map_err(unreadable)?;
    let Found { secret: token, members } = access.ok_or_else(|| reply.incomplete(ACCESS.token))?;
    if members.get("expirationTime").is_none_or(Value::is_null) {
        return Err(reply.incomplete(EXPIRATION));
    }
    let expires_at = end(members).ok_or_else(|| reply.unreadable(Fault::Impossible(EXPIRATION)))?;
    let access = Token { secret: token, expires_at };
    let refresh = found(data.get("refreshToken"), &REFRESH).map_err(unreadable)?;
    let refresh = refresh.map(|Found { secret, members }| RefreshToken { secret, expires_at: end(members) });
    Ok(Answer::LoggedIn { access, refresh, body })
}

/// What a token is called in errors.
struct Place {
    whole: &'static str,
    token: &'static str,
}

const ACCESS: Place = Place { whole: "data.accessToken", token: "data.accessToken.token" };

const REFRESH: Place = Place { whole: "data.refreshToken", token: "data.refreshToken.token" };

/// The end of an access token, without which it cannot be kept alive.
const EXPIRATION: &str = "data.accessToken.expirationTime";

/// A token, and what is said of it.
struct Found<'a> {
    secret: Secret,
    members: &'a Map<String, Value>,
}

/// The token that a member holds; `None` where it is missing, `null` or empty.
fn found<'a>(member: Option<&'a Value>, place: &Place) -> Result<Option<Found<'a>>, Fault> {
    let Some(members) = object(member, place.whole)? else { return Ok(None) };
    match members.get("token") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(Found { secret: Secret::new(text.as_str()), members })),
        Some(_) => Err(Fault::Mistyped(place.token)),
    }
}

/// When a token ends; `None` for a time that no clock will see, such as milliseconds for seconds.
fn end(members: &Map<String, Value>) -> Option<Timestamp> {
    let seconds = members.get("expirationTime").and_then(number).filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok()
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
