//! The store through its public API: what is committed comes back, what is damaged is named, and what is lost is
//! restored.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use jiff::Timestamp;
use wxlogin_state::{Account, Profile, Session, Source};

#[path = "../common/mod.rs"]
mod common;
mod damage;
mod journal;
mod reopened;
mod restore;

fn account_of(session: &Session) -> Account {
    let profile = Profile::of(format!("wxid_{}", session.w_id).parse().unwrap());
    Account::first_login(session, &profile, Source::LoginInfo, Timestamp::UNIX_EPOCH, &common::RULES)
}
