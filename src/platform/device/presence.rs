//! `/queryLoginWx` and `/isOnline`: who is online (protocol.md, system A).
//!
//! Absence is a fact here, upon which a login is taken for lost: whatever leaves room for doubt is [`Trouble`].

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;
use wxlogin_state::{WId, WcId};

use super::{identifier, items, members};
use crate::platform::envelope::Reply;
use crate::platform::trouble::{Fault, Trouble};

/// An account that is online.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Presence {
    /// The account.
    pub wc_id: WcId,
    /// The login instance by which it is online.
    pub w_id: WId,
}

/// Body of `/queryLoginWx`: an empty object.
#[derive(Serialize)]
pub(in crate::platform) struct OnlineCall {}

/// Body of `/isOnline`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct IsOnlineCall<'a> {
    pub(in crate::platform) w_id: &'a WId,
}

/// What `/queryLoginWx` answers, in its order, each pair once. One entry that cannot be read spoils the list: it
/// may be the very account that somebody looks for.
pub(in crate::platform) fn online(reply: &Reply<'_>) -> Result<Vec<Presence>, Trouble> {
    let mut seen = HashSet::new();
    let mut list = Vec::new();
    for item in items(reply, reply.authorized()?)? {
        let Value::Object(entry) = item else {
            return Err(reply.unreadable(Fault::Mistyped("data[]")));
        };
        let presence = Presence {
            wc_id: identifier(reply, entry.get("wcId"), "data[].wcId")?,
            w_id: identifier(reply, entry.get("wId"), "data[].wId")?,
        };
        if seen.insert(presence.clone()) {
            list.push(presence);
        }
    }
    Ok(list)
}

/// What `/isOnline` answers. A failure says nothing about presence: the documented code is "1000" either way.
pub(in crate::platform) fn is_online(reply: &Reply<'_>) -> Result<bool, Trouble> {
    match members(reply, reply.authorized()?)?.get("isOnline") {
        Some(Value::Bool(online)) => Ok(*online),
        None | Some(Value::Null) => Err(reply.incomplete("data.isOnline")),
        Some(_) => Err(reply.unreadable(Fault::Mistyped("data.isOnline"))),
    }
}
