//! What the daemon itself answers where the platform is not asked, or does not answer: the platform's envelope,
//! with a code and a sentence of seed 001's table "Response Status".

use bytes::Bytes;
use serde_json::json;

/// Why a login goes no further, in the platform's own terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 5013
    #[error("User domain format incorrect")]
    DomainFormat,
    /// 5015
    #[error("User domain does not exist")]
    DomainUnknown,
    /// 5023
    #[error("Please enter user domain")]
    DomainMissing,
    /// 5218
    #[error("Please enter appid")]
    AppIdMissing,
    /// 5367: the platform was asked, and brought no answer that can be acted upon.
    #[error("Exception in requesting user OpenID")]
    NoAnswer,
    /// 5372
    #[error("Please enter code")]
    CodeMissing,
    /// 6085
    #[error("Failed to query data center for MCC")]
    MccUnknown,
}

impl Refusal {
    /// The table's number.
    pub fn code(self) -> u16 {
        match self {
            Self::DomainFormat => 5013,
            Self::DomainUnknown => 5015,
            Self::DomainMissing => 5023,
            Self::AppIdMissing => 5218,
            Self::NoAnswer => 5367,
            Self::CodeMissing => 5372,
            Self::MccUnknown => 6085,
        }
    }

    /// The whole answer for the caller: JSON, members in the order of the seed's example.
    pub fn body(self) -> Bytes {
        json!({"code": self.code(), "data": null, "extMsg": "", "msg": self.to_string()}).to_string().into()
    }
}
