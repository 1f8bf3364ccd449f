//! Names of things: login instances, accounts, tokens, and the counters that order them.
//!
//! Identifiers come from the platform and end up in keys, paths and log fields, so they are checked once,
//! here, and cheap to clone ever after.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::hex::hex;
use crate::token::System;

/// Longest identifier accepted, in bytes. The platform's own have 36 and about 20.
const MAX_ID_BYTES: usize = 128;

/// Longest name of a token, in bytes. Those are given here, by the driver.
const MAX_TOKEN_ID_BYTES: usize = 64;

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing there.
    #[error("an identifier must not be empty")]
    Empty,
    /// Longer than any the platform issues.
    #[error("an identifier has at most {MAX_ID_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// Longer than any that the daemon gives a token.
    #[error("a token's name has at most {MAX_TOKEN_ID_BYTES} bytes, this one has {0}")]
    TokenTooLong(usize),
    /// Spaces, control characters and anything outside ASCII have no place in keys and paths.
    #[error("an identifier consists of visible ASCII characters without '/'")]
    Character,
}

fn check(text: &str) -> Result<(), InvalidId> {
    match text {
        "" => Err(InvalidId::Empty),
        _ if text.len() > MAX_ID_BYTES => Err(InvalidId::TooLong(text.len())),
        _ if text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') => Ok(()),
        _ => Err(InvalidId::Character),
    }
}

fn check_token(text: &str) -> Result<(), InvalidId> {
    if text.len() > MAX_TOKEN_ID_BYTES { Err(InvalidId::TokenTooLong(text.len())) } else { check(text) }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identifier! {
    /// A login instance. The platform issues a new one with every QR and never reuses it
    /// (protocol.md, system A, `/iPadLogin`).
    WId, check
}

identifier! {
    /// An identity: the WeChat account itself, the same across all its logins
    /// (seed 002, table of answers, `wcId` 微信id, 唯一值).
    WcId, check
}

identifier! {
    /// A token of system B or C: the daemon's own name for it, in paths and records.
    TokenId, check_token
}

identifier! {
    /// A receiver of webhooks: the daemon's own name for it, made of the receiver's URL.
    HookId, check
}

identifier! {
    /// A one-time link: the digest of its secret, in hexadecimal. Whoever reads it cannot open the link.
    LinkId, check
}

impl LinkId {
    /// The link whose secret has this SHA-256.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        Self(hex(&digest).into())
    }
}

impl TokenId {
    /// The name of a new token of this system; no other has it, as these bytes are random.
    pub fn of(system: System, random: [u8; 10]) -> Self {
        let prefix = match system {
            System::App => "app",
            System::OfficialAccount => "oa",
        };
        Self(format!("{prefix}-{}", hex(&random)).into())
    }
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The one after this.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// Place of an event in the journal. The first is 1; there are no gaps.
    Seq
}

counter! {
    /// How often a session, an account or a token has changed. The first version is 1.
    Version
}

counter! {
    /// Which pair of a token it is: grows by one with every refresh. The first is 1.
    Generation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_own_identifiers_are_accepted() {
        assert!("0000016e-63eb-f319-0001-ed01076abf1f".parse::<WId>().is_ok());
        assert!("wxid_ylxtxxg0p8bx22".parse::<WcId>().is_ok());
    }

    #[test]
    fn what_could_break_a_key_or_a_path_is_refused() {
        assert_eq!("".parse::<WId>(), Err(InvalidId::Empty));
        assert_eq!("a/b".parse::<WId>(), Err(InvalidId::Character));
        assert_eq!("a b".parse::<WId>(), Err(InvalidId::Character));
        assert_eq!("微信".parse::<WId>(), Err(InvalidId::Character));
        assert_eq!("x".repeat(129).parse::<WcId>(), Err(InvalidId::TooLong(129)));
    }

    #[test]
    fn a_tokens_name_is_shorter() {
        assert!("x".repeat(64).parse::<TokenId>().is_ok());
        let id = TokenId::of(System::App, [7; 10]);
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_eq!("x".repeat(65).parse::<TokenId>(), Err(InvalidId::TokenTooLong(65)));
        assert_eq!("a/b".parse::<TokenId>(), Err(InvalidId::Character));
    }

    #[test]
    fn an_identifier_from_json_is_checked_as_well() {
        assert!(serde_json::from_str::<WId>("\"ok\\u002d1\"").is_ok());
        assert!(serde_json::from_str::<WId>("\"not ok\"").is_err());
    }
}
