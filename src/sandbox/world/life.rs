//! What the platform does to accounts: the first night, kicks, logging out, and what it says about them.

use std::time::Duration;

use wxlogin_state::{WId, WcId};

use super::account::{Account, Lost, Night, Person};
use super::login::{End, Stage};
use super::{Cause, Due, Notice, World};

/// How often `/offlineReason` may be asked per account (protocol.md).
const REASON_EVERY: Duration = Duration::from_hours(12);

/// Why a pop-up login cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PopupRefused {
    /// Nobody with this wcId ever logged in.
    Unknown,
    /// It is online; there is nothing to do.
    Online,
    /// A box is on the phone already.
    Shown,
    /// After the first night and after a kick only a QR helps.
    NeedsQr,
}

/// Why `/offlineReason` says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasonRefused {
    /// Nobody with this wcId ever logged in.
    Unknown,
    /// Asked within the last twelve hours.
    TooSoon,
}

impl World {
    /// Everybody who is online, with the login they are online by.
    pub(crate) fn online(&self) -> impl Iterator<Item = (&WcId, &WId)> {
        self.online.iter()
    }

    /// Whether this login is online.
    pub(crate) fn is_online(&self, w_id: &WId) -> bool {
        self.logins.get(w_id).is_some_and(|login| login.stage == Stage::Online)
    }

    /// The person behind an account.
    pub(crate) fn person(&self, wc_id: &WcId) -> Option<&Person> {
        self.accounts.get(wc_id).map(|account| &account.person)
    }

    /// Why an account is offline; `None` inside when it is online.
    pub(crate) fn offline_reason(&mut self, wc_id: &WcId) -> Result<Option<String>, ReasonRefused> {
        let account = self.accounts.get_mut(wc_id).ok_or(ReasonRefused::Unknown)?;
        if account.reason_told.is_some_and(|told| self.now < told + REASON_EVERY) {
            return Err(ReasonRefused::TooSoon);
        }
        account.reason_told = Some(self.now);
        let online = self.online.contains_key(wc_id);
        Ok(account.lost.as_ref().filter(|_| !online).map(|lost| lost.reason.clone()))
    }

    /// The account goes offline without having asked for it; nothing happens to one that is offline.
    pub(crate) fn lose(&mut self, wc_id: &WcId, cause: Cause, reason: Option<String>, notice: bool) {
        let reason = reason.unwrap_or_else(|| cause.reason());
        let Some(w_id) = self.take_offline(wc_id, cause, reason.clone(), End::Dropped) else { return };
        if notice {
            self.notices.push(Notice { w_id, wc_id: wc_id.clone(), reason });
        }
    }

    /// The caller logs an account out; nothing happens to one that is offline.
    pub(crate) fn log_out(&mut self, wc_id: &WcId) {
        let cause = Cause::LoggedOut;
        self.take_offline(wc_id, cause, cause.reason(), End::LoggedOut);
    }

    /// The person on the phone goes online with this login.
    pub(super) fn log_in(&mut self, w_id: &WId) {
        let Some(login) = self.logins.get(w_id) else { return };
        let Some(person) = login.person.clone() else { return };
        let same_device = login.asked_for.as_ref() == Some(&person.wc_id);
        let wc_id = person.wc_id.clone();
        self.popups.remove(&wc_id);
        let night = self.night(&wc_id, same_device);
        let account = self.accounts.entry(wc_id.clone()).or_insert_with(|| Account {
            person,
            // An account that is asked for but not known here is one that this sandbox has forgotten.
            devices: u32::from(same_device),
            logins: 0,
            drops: 0,
            night,
            lost: None,
            reason_told: None,
        });
        if !same_device {
            self.new_devices += u64::from(account.devices > 0);
            account.devices += 1;
        }
        account.logins += 1;
        account.night = night;
        if let Some(earlier) = self.online.insert(wc_id.clone(), w_id.clone()) {
            self.end(&earlier, End::Superseded);
        }
        self.enter(w_id, Stage::Online);
        if let (false, Night::Ahead(at)) = (same_device, night) {
            self.schedule(at, Due::FirstDrop(wc_id));
        }
    }

    /// The known first drop, unless a newer device has put it off or something else has been that drop.
    pub(super) fn first_night(&mut self, wc_id: &WcId) {
        let Some(account) = self.accounts.get_mut(wc_id) else { return };
        if account.night == Night::Ahead(self.now) {
            account.night = Night::Past;
            self.lose(wc_id, Cause::FirstNight, None, true);
        }
    }

    /// Whose phone a pop-up login would show its box on.
    pub(super) fn popup_for(&self, wc_id: &WcId) -> Result<Person, PopupRefused> {
        let account = self.accounts.get(wc_id).ok_or(PopupRefused::Unknown)?;
        if self.online.contains_key(wc_id) {
            Err(PopupRefused::Online)
        } else if self.popups.contains_key(wc_id) {
            Err(PopupRefused::Shown)
        } else if account.lost.as_ref().is_some_and(|lost| !lost.cause.allows_popup()) {
            Err(PopupRefused::NeedsQr)
        } else {
            Ok(account.person.clone())
        }
    }

    /// A new device has its first night ahead; a known one keeps what it has.
    fn night(&self, wc_id: &WcId, same_device: bool) -> Night {
        if same_device {
            self.accounts.get(wc_id).map_or(Night::Past, |account| account.night)
        } else {
            Night::Ahead(self.now + self.rules.first_drop)
        }
    }

    fn take_offline(&mut self, wc_id: &WcId, cause: Cause, reason: String, end: End) -> Option<WId> {
        let w_id = self.online.remove(wc_id)?;
        if let Some(account) = self.accounts.get_mut(wc_id) {
            if end == End::Dropped {
                account.drops += 1;
                account.night = Night::Past;
            }
            account.lost = Some(Lost { cause, reason });
        }
        self.end(&w_id, end);
        Some(w_id)
    }
}
