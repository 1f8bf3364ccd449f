//! Calls that are done or not, and bring nothing back: `/member/offline`, `/setHttpCallbackUrl`.

use serde::Serialize;
use wxlogin_state::{Secret, WcId};

use super::success;
use crate::platform::envelope::{Data, Reply};
use crate::platform::trouble::{Fault, Trouble};

/// Body of `/member/offline`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct OfflineCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::platform) account: Option<&'a str>,
    pub(in crate::platform) wc_ids: &'a [WcId],
}

/// Body of `/setHttpCallbackUrl`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct CallbackCall<'a> {
    http_url: &'a Secret,
    #[serde(rename = "type")]
    kind: u8,
}

impl<'a> CallbackCall<'a> {
    /// `type` as protocol.md has it, the only value that is known.
    const KIND: u8 = 2;

    pub(in crate::platform) fn of(url: &'a Secret) -> Self {
        Self { http_url: url, kind: Self::KIND }
    }
}

/// Whether it was done, and no more. Data with a code that means nothing may be a failure of a new kind.
pub(in crate::platform) fn done(reply: &Reply<'_>) -> Result<(), Trouble> {
    match success(reply, reply.authorized()?)? {
        Data::Object(members) if members.contains_key("code") => Err(reply.unreadable(Fault::UnknownCode)),
        _ => Ok(()),
    }
}

/// What an answer might echo of a callback URL: all of it, what follows its host, and each piece that could be its
/// secret. Shorter pieces are words such as `v1`, and blanking them would hide nothing but what went wrong.
pub(in crate::platform) fn secrets_of(url: &str) -> Vec<Secret> {
    /// Shortest piece that could be a secret, in bytes.
    const SHORTEST: usize = 8;
    let after_host = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let pieces = url.split(['/', '?', '&', '=', '#', '@', ':']).filter(|piece| piece.len() >= SHORTEST);
    // The longest first: they are not found any more once a piece of them is blanked.
    let whole = [url].into_iter().chain(after_host.filter(|path| *path != "/"));
    whole.chain(pieces).map(Secret::new).collect()
}
