//! What a call must bring, checked in this order (seed 001, "Response Status"; the table has no order of its own):
//!
//! | parameter | refused with |
//! |---|---|
//! | `userDomain` | 5023 empty, 5013 malformed or repeated, 5015 unknown, 5104 disabled |
//! | `appId` | 5218 empty or repeated |
//! | `code` | 5372 empty or repeated |
//! | `signature` | 5367 wrong, missing or repeated: the table has no code for it |
//! | `mcc` | 6085 no mobile country code or repeated, 6084 of another data center |
//! | the user's OpenID | 5368 unknown `appId`, `code` that WeChat did not issue; any code that `code` asks for |

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};
use wxlogin_state::hex;

use super::query::{Query, Sent};
use super::{APP_ID, USER_DOMAIN, USER_DOMAIN_SECRET};

/// A user domain that is disabled: 5104.
const DISABLED_DOMAIN: &str = "disabled.sandbox";

/// Longest user domain, in bytes.
const DOMAIN_BYTES: usize = 64;

/// Longest code that WeChat issues here, in characters.
const CODE_CHARS: usize = 128;

/// A code that begins so asks for the failure whose number follows.
const FAIL: &str = "fail-";

/// Mobile country codes (ITU-T E.212) of geographic areas.
const COUNTRIES: RangeInclusive<i32> = 200..=799;

/// Those of this data center: China.
const HERE: RangeInclusive<i32> = 460..=461;

/// Codes and sentences of the table.
const TABLE: [(u16, &str); 11] = [
    (5013, "User domain format incorrect"),
    (5015, "User domain does not exist"),
    (5023, "Please enter user domain"),
    (5104, "User domain has been disabled"),
    (5218, "Please enter appid"),
    (5367, "Exception in requesting user OpenID"),
    (5368, "Failed to get user OpenID"),
    (5369, "Failed to parse user OpenID"),
    (5372, "Please enter code"),
    (6084, "MCC does not belong to current data center"),
    (6085, "Failed to query data center for MCC"),
];

/// Why a call is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// One of the table.
    pub(super) code: u16,
    /// What the table's sentence leaves open, as `extMsg`.
    pub(super) why: &'static str,
}

impl Refused {
    /// The table's sentence.
    pub(super) fn sentence(self) -> &'static str {
        TABLE.iter().find(|(code, _)| *code == self.code).map_or("", |(_, sentence)| sentence)
    }
}

pub(super) fn refused(code: u16, why: &'static str) -> Refused {
    Refused { code, why }
}

/// The code of a login in which nothing is wrong.
pub(super) fn login<'a>(query: &'a Query<'_>) -> Result<&'a str, Refused> {
    match query.sent("userDomain") {
        Sent::Empty => return Err(refused(5023, "")),
        Sent::Repeated => return Err(refused(5013, "userDomain is repeated")),
        Sent::Once(domain) if !is_domain(domain) => return Err(refused(5013, "")),
        Sent::Once(USER_DOMAIN) => {}
        Sent::Once(DISABLED_DOMAIN) => return Err(refused(5104, "")),
        Sent::Once(_) => return Err(refused(5015, "")),
    }
    let Sent::Once(app_id) = query.sent("appId") else { return Err(refused(5218, "")) };
    let Sent::Once(code) = query.sent("code") else { return Err(refused(5372, "")) };
    let expected = signature(app_id, code);
    if query.sent("signature") != Sent::Once(&expected) {
        return Err(refused(5367, "the signature does not match"));
    }
    check_mcc(query)?;
    if let Some(wished) = code.strip_prefix(FAIL).and_then(|number| number.parse().ok())
        && TABLE.iter().any(|(known, _)| *known == wished)
    {
        return Err(refused(wished, "the code asks for it"));
    }
    if app_id != APP_ID {
        return Err(refused(5368, "WeChat does not know the appId"));
    }
    if code.chars().count() > CODE_CHARS {
        return Err(refused(5368, "WeChat did not issue the code"));
    }
    Ok(code)
}

/// The token of a refresh that has one. The table knows nothing of refreshes: 5368 where no user can be found.
pub(super) fn refresh<'a>(query: &'a Query<'_>) -> Result<&'a str, Refused> {
    match query.sent("refreshToken") {
        Sent::Once(token) => Ok(token),
        Sent::Empty => Err(refused(5368, "refreshToken is missing")),
        Sent::Repeated => Err(refused(5368, "refreshToken is repeated")),
    }
}

fn is_domain(text: &str) -> bool {
    let edges = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric());
    edges
        && text.len() <= DOMAIN_BYTES
        && !text.contains("..")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}

fn signature(app_id: &str, code: &str) -> String {
    let hashed = Sha256::digest(format!("{app_id}{code}{USER_DOMAIN_SECRET}"));
    hex(&hashed)
}

fn check_mcc(query: &Query<'_>) -> Result<(), Refused> {
    if !query.has("mcc") {
        return Ok(());
    }
    let Sent::Once(text) = query.sent("mcc") else { return Err(refused(6085, "")) };
    match text.parse::<i32>() {
        Ok(mcc) if HERE.contains(&mcc) => Ok(()),
        Ok(mcc) if COUNTRIES.contains(&mcc) => Err(refused(6084, "")),
        Ok(_) => Err(refused(6085, "")),
        Err(_) => Err(refused(6085, "mcc is no int32")),
    }
}
