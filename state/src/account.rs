//! An account: the identity (wcId) behind one login after another.
//!
//! Sessions end and never come back; the account lives on, points at its current login and carries the dates
//! that follow from the platform's rules (seed 002, 新用户必看).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{Version, WId, WcId};
use crate::profile::{DeviceType, Label, Profile, Proxy};
use crate::rules::{Rules, after};
use crate::session::Session;

/// After its first login an account may not post moments for this long (seed 002: 72小时内不能发送朋友圈).
pub const NO_MOMENTS_FOR: Duration = Duration::from_hours(72);

/// Most logins that an account remembers by wId; older ones are only in the journal.
pub const LOGINS_KEPT: usize = 32;

/// One identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The platform's name for it.
    pub wc_id: WcId,
    /// Grows by one with every change.
    pub version: Version,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Who it is, as of the last login.
    pub profile: Box<Profile>,
    /// The device its logins pretend to be; the same one every time.
    pub device: DeviceType,
    /// Where its logins come from; a login from elsewhere is a known cause of drops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// The login that is online now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_w_id: Option<WId>,
    /// When it first went online here.
    pub first_login_at: Timestamp,
    /// When it last went online here.
    pub last_login_at: Timestamp,
    /// By when the known first drop comes; absent once there was a second login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_drop_due_at: Option<Timestamp>,
    /// Its logins, oldest first; at most [`LOGINS_KEPT`].
    pub logins: Vec<WId>,
}

impl Account {
    /// What the login `session` of `profile` makes of the account as it was `before`.
    pub fn logged_in(
        before: Option<&Self>,
        session: &Session,
        profile: &Profile,
        now: Timestamp,
        rules: &Rules,
    ) -> Self {
        let mut account = before.cloned().unwrap_or_else(|| Self {
            wc_id: profile.wc_id.clone(),
            version: Version(0),
            label: None,
            profile: Box::new(profile.clone()),
            device: session.device,
            proxy: None,
            current_w_id: None,
            first_login_at: now,
            last_login_at: now,
            first_drop_due_at: None,
            logins: Vec::new(),
        });
        account.version = account.version.next();
        account.label = session.label.clone().or(account.label);
        account.profile = Box::new(profile.clone());
        account.device = session.device;
        account.proxy = session.proxy.clone().or(account.proxy);
        account.current_w_id = Some(session.w_id.clone());
        account.last_login_at = now;
        account.first_drop_due_at = before.is_none().then(|| after(now, rules.relogin.first_drop));
        if account.logins.len() >= LOGINS_KEPT {
            account.logins.remove(0);
        }
        account.logins.push(session.w_id.clone());
        account
    }

    /// The account once its login `ended` is no more; `None` where that was not the current one.
    pub fn logged_out(&self, ended: &WId) -> Option<Self> {
        (self.current_w_id.as_ref() == Some(ended)).then(|| Self {
            version: self.version.next(),
            current_w_id: None,
            ..self.clone()
        })
    }

    /// From when on it may post moments.
    pub fn moments_allowed_at(&self) -> Timestamp {
        after(self.first_login_at, NO_MOMENTS_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Seq;
    use crate::session::Issued;

    const RULES: Rules = Rules::DEFAULT;

    fn login(w_id: &str, label: Option<&str>) -> Session {
        let issued = Issued {
            label: label.map(|label| label.parse().unwrap()),
            ..Issued::new(w_id.parse().unwrap(), "http://platform/qr.png")
        };
        Session::begun(issued, Seq(1), Timestamp::UNIX_EPOCH, &RULES)
    }

    fn profile() -> Profile {
        Profile::of("wxid_a".parse().unwrap())
    }

    #[test]
    fn the_first_login_sets_the_dates_that_follow_from_it() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let account = Account::logged_in(None, &login("w1", None), &profile(), now, &RULES);
        assert_eq!(account.first_drop_due_at, Some("2026-01-02T00:00:00Z".parse().unwrap()));
        assert_eq!(account.moments_allowed_at(), "2026-01-04T00:00:00Z".parse().unwrap());
        assert_eq!(account.current_w_id, Some("w1".parse().unwrap()));
    }

    #[test]
    fn a_second_login_keeps_the_first_ones_date_and_name_and_expects_no_first_drop() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-01-01T20:00:00Z".parse().unwrap();
        let first = Account::logged_in(None, &login("w1", Some("shop")), &profile(), now, &RULES);
        let second = Account::logged_in(Some(&first), &login("w2", None), &profile(), later, &RULES);
        assert_eq!((second.first_login_at, second.last_login_at), (now, later));
        assert_eq!(second.label, first.label);
        assert_eq!(second.first_drop_due_at, None);
        assert_eq!(second.logins.len(), 2);
        assert!(second.version > first.version);
    }

    #[test]
    fn only_the_end_of_the_current_login_takes_the_account_offline() {
        let now = Timestamp::UNIX_EPOCH;
        let account = Account::logged_in(None, &login("w1", None), &profile(), now, &RULES);
        assert_eq!(account.logged_out(&"w0".parse().unwrap()), None);
        let out = account.logged_out(&"w1".parse().unwrap()).unwrap();
        assert_eq!(out.current_w_id, None);
    }

    #[test]
    fn an_account_forgets_its_oldest_logins_first() {
        let now = Timestamp::UNIX_EPOCH;
        let mut account = None;
        for n in 0..=LOGINS_KEPT {
            let session = login(&format!("w{n}"), None);
            account = Some(Account::logged_in(account.as_ref(), &session, &profile(), now, &RULES));
        }
        let logins = account.unwrap().logins;
        assert_eq!((logins.len(), logins[0].as_str()), (LOGINS_KEPT, "w1"));
    }
}
