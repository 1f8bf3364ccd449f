//! One-time links: a page for what a person is to do, without a token and without the console.
//!
//! ```text
//!   POST /v1/sessions/{wId}/link, ──┐                 ┌──► the store: the secret's digest, the goal, the time
//!        /v1/accounts/{wcId}/link   │                 │
//!   account.scan-needed ────────────┴──► one commit ──┤
//!                                                     └──► <console>/step/<secret>, for whoever asked or reads the event
//! ```
//!
//! A link to a login is good for everything that a person is to do to complete that one login: whoever scanned its QR is
//! asked for the code as well. A link to an account leads to its next login: to the box on its phone, or to the QR that
//! is fetched once somebody opens it. A link is over once nobody is waited for, or its time ends. Opening the page does
//! not use it up, because chat applications open links to show what is behind them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use wxlogin_state::{Awaited, Goal, Link, LinkId, Secret, StateName};

use crate::random::random_hex;
use crate::view::{AccountEntry, SessionEntry, View};

/// How long a link is good where nobody says: longer than a QR and a code together may take.
pub const USUAL: Duration = Duration::from_mins(15);

/// How long a link is good that an event carries where a login waits to be opened: whoever was not woken by it finds it
/// in the morning.
pub const OVERNIGHT: Duration = Duration::from_hours(12);

/// The longest that somebody may want a link to be good.
pub const LONGEST: Duration = Duration::from_hours(1);

/// How long a page that is open is told how the login ended. It shows nothing else by then.
pub const AFTERWARDS: Duration = Duration::from_mins(1);

/// Most links to one login or one account at once; the oldest makes room. Logins in flight are bounded by
/// `device.max_polls`.
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
    /// A link for `ttl` from `now`; an error where the system has no random bytes.
    pub fn new(to: Goal, now: Timestamp, ttl: Duration) -> Result<Self, getrandom::Error> {
        let secret = random_hex::<BYTES>()?;
        let until = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
        Ok(Self { link: Link { id: digest_of(secret.reveal()), to, made: now, until }, secret })
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

/// How things stand where a link leads.
#[derive(Debug)]
pub enum Standing {
    /// A login waits for a person.
    Login(Arc<SessionEntry>),
    /// The account's phone shows a box.
    Confirm(Arc<AccountEntry>),
    /// A login of the account waits to be opened.
    Open(Arc<AccountEntry>),
    /// Its QR is being fetched.
    Fetching(Arc<AccountEntry>),
    /// The last one came to nothing; the next begins by itself, or is offered then.
    Later(Arc<AccountEntry>, Timestamp),
    /// Nobody is waited for any more.
    Done {
        /// Whether it is online.
        online: bool,
        /// Since when nobody is.
        since: Timestamp,
    },
}

impl Standing {
    /// Where `link` leads now; `None` where what it was made for is known no more.
    pub fn of(link: &Link, view: &View) -> Option<Self> {
        match &link.to {
            Goal::Login(w_id) => view.session(w_id).map(Self::of_login),
            Goal::Account(wc_id) => {
                view.account(wc_id).and_then(|account| Self::of_account(account, link, view))
            }
        }
    }

    fn of_login(session: Arc<SessionEntry>) -> Self {
        let state = session.state.name();
        if state.is_in_flight() {
            return Self::Login(session);
        }
        Self::Done { online: state == StateName::Online, since: session.state_since }
    }

    fn of_account(account: Arc<AccountEntry>, link: &Link, view: &View) -> Option<Self> {
        // It led to the login that came first.
        if account.last_login_at > link.made {
            let online = account.current_w_id.is_some();
            return Some(Self::Done { online, since: account.last_login_at });
        }
        match account.awaits() {
            Some(Awaited::Confirm) => return Some(Self::Confirm(account)),
            Some(Awaited::Open) => return Some(Self::Open(account)),
            None => {}
        }
        let relogin = account.relogin.as_ref()?;
        if let Some(at) = relogin.due_at() {
            return Some(Self::Later(account, at));
        }
        let session = relogin.w_id().and_then(|w_id| view.session(w_id));
        // What was read of account and session is not of one moment.
        let in_flight = session.filter(|session| session.state.name().is_in_flight());
        Some(in_flight.map_or(Self::Fetching(account), Self::Login))
    }

    /// Whether a person can do something, or will soon.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Done { .. })
    }
}

/// Whether there is nothing left to be told by a link that leads there: its time is over, or nobody has been waited for
/// for a while.
pub fn is_over(link: &Link, standing: Option<&Standing>, now: Timestamp) -> bool {
    let is_told = |standing: &Standing| match standing {
        Standing::Done { since, .. } => now < since.checked_add(AFTERWARDS).unwrap_or(Timestamp::MAX),
        _ => true,
    };
    now >= link.until || !standing.is_some_and(is_told)
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
        let goal = Goal::Login("w1".parse().unwrap());
        let Fresh { link, secret } = Fresh::new(goal, now, USUAL).unwrap();
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
