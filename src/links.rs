//! One-time links: a page for what a person is to do for one login, without a token and without the console.
//!
//! ```text
//!   POST /v1/sessions/{wId}/link ──┐                 ┌──► the store: the secret's digest, the login, the time
//!   account.scan-needed ───────────┴──► one commit ──┤
//!                                                    └──► <console>/step/<secret>, for whoever asked or reads the event
//! ```
//!
//! A link is good for everything that a person is to do to complete that one login: whoever scanned its QR is asked for
//! the code as well. It is over once nobody is waited for, or its time ends. Opening it does not use it up, because chat
//! applications open links to show what is behind them.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use wxlogin_state::{Link, LinkId, Secret, WId};

use crate::random::random_hex;
use crate::view::SessionEntry;

/// How long a link is good where nobody says: longer than a QR and a code together may take.
pub const USUAL: Duration = Duration::from_mins(15);

/// The longest that a link may be good.
pub const LONGEST: Duration = Duration::from_hours(1);

/// How long a page that is open is told how the login ended. It shows nothing else by then.
pub const AFTERWARDS: Duration = Duration::from_mins(1);

/// Most links of one login at once; the oldest makes room. Logins in flight are bounded by `device.max_polls`.
pub const MOST: usize = 16;

/// Random bytes of a secret: 256 bits.
const BYTES: usize = 32;

/// A link that is not committed yet.
#[derive(Debug)]
pub struct Fresh {
    /// What is kept of it.
    pub link: Link,
    /// What opens it, and is not kept.
    pub secret: Secret,
}

impl Fresh {
    /// A link to `w_id` for `ttl` from `now`; an error where the system has no random bytes.
    pub fn new(w_id: WId, now: Timestamp, ttl: Duration) -> Result<Self, getrandom::Error> {
        let secret = random_hex::<BYTES>()?;
        let until = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
        Ok(Self { link: Link { id: digest_of(secret.reveal()), w_id, made: now, until }, secret })
    }
}

/// Which link has this secret, if any has.
pub fn named(secret: &str) -> Option<LinkId> {
    let is_one = secret.len() == 2 * BYTES && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| digest_of(secret))
}

/// What people open: the page behind `console`, the address of the console without a `/` at its end.
pub fn url(console: &str, secret: &Secret) -> Secret {
    Secret::new(format!("{console}/step/{}", secret.reveal()))
}

/// Whether there is nothing left to be told by a link: its time is over, or its login has waited for nobody for a while.
pub fn is_over(link: &Link, session: Option<&SessionEntry>, now: Timestamp) -> bool {
    let told_until =
        |session: &SessionEntry| session.state_since.checked_add(AFTERWARDS).unwrap_or(Timestamp::MAX);
    now >= link.until
        || session.is_none_or(|session| !session.state.name().is_in_flight() && now >= told_until(session))
}

fn digest_of(secret: &str) -> LinkId {
    LinkId::of_digest(Sha256::digest(secret).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_link_does_not_open_it() {
        let now = Timestamp::UNIX_EPOCH;
        let Fresh { link, secret } = Fresh::new("w1".parse().unwrap(), now, USUAL).unwrap();
        assert_eq!(named(secret.reveal()).as_ref(), Some(&link.id));
        assert_ne!(named(link.id.as_str()).as_ref(), Some(&link.id));
        let kept = serde_json::to_string(&link).unwrap();
        assert!(!kept.contains(secret.reveal()), "{kept}");
    }

    #[test]
    fn what_cannot_be_a_secret_is_no_link() {
        for text in ["", "5ec4e7", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_is_behind_the_address_that_people_know() {
        let url = url("https://c.example/wx", &Secret::new("5ec4e7"));
        assert_eq!(url.reveal(), "https://c.example/wx/step/5ec4e7");
    }
}
