//! Calls for an answer: what each learns about its login, and whether a client keeps two open at once.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;
use wxlogin_state::{WId, WcId};

use super::World;
use super::login::{End, Stage};

/// What a call for an answer gets now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// Nothing yet; wait for the login to change.
    Wait,
    /// The profile's owner is online.
    LoggedIn(WcId),
    /// The page with this uuid must be passed; the answer's `code` is spelled like this.
    Slider { uuid: String, spelling: Value },
    /// The phone shows a code; `again` after a wrong one.
    CodeAsked { again: bool },
    /// The login is over.
    Ended(End),
    /// No such login, or one that ended long ago.
    Unknown,
}

impl World {
    /// What wakes the callers that wait for this login; `None` where there is no such login.
    pub(crate) fn changed(&self, w_id: &WId) -> Option<Arc<Notify>> {
        self.logins.get(w_id).map(|login| login.changed.clone())
    }

    /// A call for an answer opens. Gives its number and the youngest of those open beside it.
    pub(crate) fn open_poll(&mut self, w_id: &WId) -> Option<(u64, Option<u64>)> {
        let number = self.number();
        let login = self.logins.get_mut(w_id)?;
        let beside = login.open.last().copied();
        login.polls += 1;
        login.open.push(number);
        Some((number, beside))
    }

    /// A call for an answer was answered, or its caller went away.
    pub(crate) fn close_poll(&mut self, w_id: &WId, number: u64) {
        if let Some(login) = self.logins.get_mut(w_id) {
            login.open.retain(|open| *open != number);
        }
    }

    /// Counts an overlap if the earlier call is open still.
    pub(crate) fn check_overlap(&mut self, w_id: &WId, earlier: u64) {
        if let Some(login) = self.logins.get_mut(w_id)
            && login.open.contains(&earlier)
        {
            login.overlapping += 1;
            self.overlapping_polls += 1;
        }
    }

    /// What `/getIPadLoginInfo` or `/secondLogin` answers now, given this code.
    pub(crate) fn reply(&mut self, w_id: &WId, code: Option<&str>) -> Reply {
        let Some(login) = self.logins.get_mut(w_id) else { return Reply::Unknown };
        match (&login.stage, code) {
            (Stage::Shown | Stage::Scanned, _) => Reply::Wait,
            (Stage::Code(_), None) => Reply::CodeAsked { again: false },
            (Stage::Code(right), Some(code)) => {
                login.codes_tried += 1;
                if right.as_deref() == Some(code) {
                    self.log_in(w_id);
                    self.reply(w_id, None)
                } else {
                    Reply::CodeAsked { again: true }
                }
            }
            (Stage::Slider(spelling), _) => {
                Reply::Slider { uuid: login.captcha.clone().unwrap_or_default(), spelling: spelling.clone() }
            }
            (Stage::Online, _) => match &login.person {
                Some(person) => Reply::LoggedIn(person.wc_id.clone()),
                None => Reply::Unknown,
            },
            (Stage::Ended(end), _) => Reply::Ended(*end),
        }
    }
}
