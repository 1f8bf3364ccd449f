//! Who is known to system B: users, the codes that they have used, and their tokens.
//!
//! A `code` names its WeChat user by what comes before its first dot, so that a user can log in again: `alice.1`,
//! `alice.2`. It is used once. A user called `fail-400195` makes the login fail with that code, any number of times.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;

use super::failure::{Failed, failed, failed_at_wechat};
use super::params::Login;
use super::{APPKEY, md5_hex};

/// What a user's name begins with whose login fails.
const FAILS: &str = "fail-";

/// Users, codes and tokens.
pub(super) struct Register {
    valid_for: Duration,
    users: HashMap<String, User>,
    uids: HashSet<u32>,
    codes: HashSet<String>,
    /// When each token ends.
    tokens: HashMap<String, Timestamp>,
    issued: u64,
}

/// A user as the seed's first example has one, in its order.
#[derive(Clone, Serialize)]
pub(super) struct User {
    uid: u32,
    wechat_openid: String,
    wechat_unionid: String,
    apple_userid: Option<String>,
    oaid: Option<String>,
    device_id: Option<String>,
    username: String,
    nickname: String,
    mcode: &'static str,
    mobile: &'static str,
    password: String,
    email: String,
    avatar: &'static str,
    gender: &'static str,
    birthday: Option<&'static str>,
    country: &'static str,
    province: &'static str,
    city: &'static str,
    reg_ip: &'static str,
    is_forever_vip: u8,
    vip_expired_at: Option<&'static str>,
    enter_pass: &'static str,
    version_number: i64,
    channel: String,
    reg_from: u8,
    ext_data: &'static str,
    created_at: String,
}

/// `data` of a login, with the whole user or with its number alone.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum UserAndToken {
    Whole {
        #[serde(flatten)]
        user: Box<User>,
        access_token: String,
        token_expired_at: i64,
    },
    Brief {
        uid: u32,
        access_token: String,
        token_expired_at: i64,
    },
}

impl Register {
    /// Nobody yet; tokens will be valid for so long.
    pub(super) fn new(valid_for: Duration) -> Self {
        Self {
            valid_for,
            users: HashMap::new(),
            uids: HashSet::new(),
            codes: HashSet::new(),
            tokens: HashMap::new(),
            issued: 0,
        }
    }

    /// Logs in whom the code names; who is new is registered.
    pub(super) fn log_in(&mut self, login: &Login, now: Timestamp) -> Result<UserAndToken, Failed> {
        let name = login.code.split('.').next().unwrap_or_default();
        if let Some(code) = name.strip_prefix(FAILS).and_then(provoked) {
            return Err(failed(code));
        }
        if !self.codes.insert(login.code.clone()) {
            return Err(failed_at_wechat(": 40163 code been used"));
        }
        let user = self.user(name, login, now);
        let (access_token, token_expired_at) = self.issue(user.uid, now);
        Ok(if login.need_user_detail {
            UserAndToken::Whole { user: Box::new(user), access_token, token_expired_at }
        } else {
            UserAndToken::Brief { uid: user.uid, access_token, token_expired_at }
        })
    }

    /// Ends a token, or says with which code it cannot be ended.
    pub(super) fn log_out(&mut self, token: &str, now: Timestamp) -> Result<(), u32> {
        if *self.tokens.get(token).ok_or(401u32)? <= now {
            return Err(402);
        }
        self.tokens.remove(token);
        Ok(())
    }

    fn user(&mut self, name: &str, login: &Login, now: Timestamp) -> User {
        if let Some(user) = self.users.get(name) {
            return user.clone();
        }
        let digest = md5_hex(name);
        // Ten digits, as in the seed's examples; the next one where two names have the same.
        let mut uid = 1_000_000_000 + u32::from_str_radix(&digest[..7], 16).unwrap_or_default();
        while !self.uids.insert(uid) {
            uid += 1;
        }
        let user = User {
            uid,
            wechat_openid: format!("o{}", &digest[..27]),
            wechat_unionid: format!("u{}", &digest[5..]),
            apple_userid: None,
            oaid: login.oaid.clone(),
            device_id: login.device_id.clone(),
            username: format!("user{uid}"),
            nickname: name.to_owned(),
            mcode: "+86",
            mobile: "18500000000",
            password: md5_hex(&digest),
            email: format!("{uid}@example.com"),
            avatar: "",
            gender: "1",
            birthday: None,
            country: "",
            province: "",
            city: "",
            reg_ip: "127.0.0.1",
            is_forever_vip: 0,
            vip_expired_at: None,
            enter_pass: "739146",
            version_number: login.version_number,
            channel: login.channel.clone(),
            reg_from: 99,
            ext_data: "{}",
            created_at: Offset::constant(8).to_datetime(now).strftime("%F %T").to_string(),
        };
        self.users.insert(name.to_owned(), user.clone());
        user
    }

    /// A new token and the second of its end. `base64(unix time).md5hex.base64(appkey.uid)` (protocol.md).
    fn issue(&mut self, uid: u32, now: Timestamp) -> (String, i64) {
        self.issued += 1;
        let time = STANDARD.encode(now.as_second().to_string());
        let whose = STANDARD.encode(format!("{APPKEY}.{uid}"));
        let token = format!("{time}.{}.{whose}", md5_hex(&format!("{time}{}{whose}", self.issued)));
        let ends = now.saturating_add(self.valid_for).unwrap_or(Timestamp::MAX);
        self.tokens.insert(token.clone(), ends);
        (token, ends.as_second())
    }
}

/// The codes that a name may ask for: those that no parameter, signature or token brings about.
fn provoked(code: &str) -> Option<u32> {
    code.parse().ok().filter(|code| matches!(code, 429 | 500 | 400_193..=400_199 | 400_250))
}
