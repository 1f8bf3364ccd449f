//! A login as a caller asks for it, checked before anything is sent (seed 001, "Request Parameters").

use serde_json::Value;
use wxlogin_state::Secret;

use super::OfficialAccountPlatform;
use super::fields::{Field, Fields};
use super::refusal::Refusal;

/// Longest code, in characters. WeChat's own have 32; percent-encoded, the longest one accepted still fits into the
/// 8 KiB that servers have for a request line.
const CODE_CHARS: usize = 512;

/// Longest user domain, in characters: as long as a domain name may be.
const DOMAIN_CHARS: usize = 253;

/// A login that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// `code`: what WeChat gave the user; it works once.
    pub code: Secret,
    /// `mcc`: where the user is.
    pub mcc: Option<i32>,
}

impl Login {
    /// Reads a login, and finds whose it is among the configured accounts. The first check that fails wins:
    ///
    /// 1. `userDomain`, which the daemon adds where the caller leaves it out: empty 5023; malformed, no text, or
    ///    sent twice 5013; none that is configured 5015.
    /// 2. `appId`: missing, empty, no text, or sent twice 5218; not configured, or for another domain than the one
    ///    sent, 5015, since no user domain is known for it.
    /// 3. `code`: missing, empty, no text, longer than 512 characters, or sent twice 5372.
    /// 4. `mcc`, a number or its digits: no int32, or sent twice 6085, as no data center can be looked up for it.
    ///
    /// `null` is as good as missing. `signature`, which the daemon makes itself, and what the document does not
    /// name are passed over, as the platform does.
    pub fn read<'a>(
        fields: &Fields,
        accounts: &'a [OfficialAccountPlatform],
    ) -> Result<(&'a OfficialAccountPlatform, Self), Refusal> {
        let domain = user_domain(fields, accounts)?;
        let app_id = text(fields, "appId").ok_or(Refusal::AppIdMissing)?;
        let account = accounts
            .iter()
            .filter(|account| domain.is_none_or(|domain| account.user_domain() == domain))
            .find(|account| account.app_id() == app_id)
            .ok_or(Refusal::DomainUnknown)?;
        let code = text(fields, "code").filter(|code| code.chars().nth(CODE_CHARS).is_none());
        let code = Secret::new(code.ok_or(Refusal::CodeMissing)?);
        Ok((account, Self { code, mcc: mcc(fields)? }))
    }
}

/// The user domain that the caller sent, which is a configured one.
fn user_domain<'a>(
    fields: &'a Fields,
    accounts: &[OfficialAccountPlatform],
) -> Result<Option<&'a str>, Refusal> {
    let domain = match fields.get("userDomain") {
        Field::Absent => return Ok(None),
        Field::Sole(Value::String(domain)) => domain.as_str(),
        Field::Sole(_) | Field::Unreadable => return Err(Refusal::DomainFormat),
    };
    if domain.trim().is_empty() {
        Err(Refusal::DomainMissing)
    } else if accounts.iter().any(|account| account.user_domain() == domain) {
        Ok(Some(domain))
    } else if is_domain(domain) {
        Err(Refusal::DomainUnknown)
    } else {
        Err(Refusal::DomainFormat)
    }
}

/// The document does not say what a user domain looks like: words of ASCII letters, digits, `-` and `_` with dots
/// between them are taken for one.
fn is_domain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() <= DOMAIN_CHARS && text.split('.').all(|word| !word.is_empty() && word.bytes().all(is_plain))
}

/// A text that says something.
fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    match fields.get(name) {
        Field::Sole(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

fn mcc(fields: &Fields) -> Result<Option<i32>, Refusal> {
    let number = match fields.get("mcc") {
        Field::Absent => return Ok(None),
        Field::Sole(Value::Number(number)) => number.as_i64().and_then(|number| number.try_into().ok()),
        Field::Sole(Value::String(digits)) => digits.parse().ok(),
        Field::Sole(_) | Field::Unreadable => None,
    };
    number.map(Some).ok_or(Refusal::MccUnknown)
}
