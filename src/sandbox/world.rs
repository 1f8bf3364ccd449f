//! The simulated platform and its people, without HTTP: logins, accounts, and what time does to them.
//!
//! Time is a duration since the sandbox started and comes in through [`World::advance`]; whatever is due by then
//! happens in order. Callers hold the world through [`Hub`](super::hub::Hub), which keeps advancing it.
//! `poll` holds what callers learn, `phone` what people do, `life` what the platform does to accounts, `view` what
//! can be seen of it all.

mod account;
mod life;
mod login;
mod phone;
mod poll;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use account::Cause;
use account::{Account, Person};
pub(crate) use life::{PopupRefused, ReasonRefused};
pub(crate) use login::{Action, End};
use login::{Login, Stage, Via};
pub(crate) use phone::{ActionRefused, Details};
pub(crate) use poll::Reply;
use wxlogin_state::{DeviceType, WId, WcId};

/// Ended logins that stay known. Far more than a test looks at; forgetting one only makes its wId unknown.
const ENDED_KEPT: usize = 20_000;

/// How long things take in this world.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) first_drop: Duration,
    pub(crate) step_valid_for: Duration,
    pub(crate) popup_valid_for: Duration,
    pub(crate) autopilot: Option<Duration>,
}

/// Everything the platform knows.
#[derive(Debug)]
pub(crate) struct World {
    rules: Rules,
    now: Duration,
    agenda: BTreeMap<(Duration, u64), Due>,
    /// Numbers logins, polls and agenda entries.
    serial: u64,
    logins: HashMap<WId, Login>,
    ended: VecDeque<WId>,
    /// Boxes shown on phones: at most one per account.
    popups: HashMap<WcId, WId>,
    captchas: HashMap<String, Captcha>,
    accounts: HashMap<WcId, Account>,
    online: BTreeMap<WcId, WId>,
    notices: Vec<Notice>,
    overlapping_polls: u64,
    new_devices: u64,
}

/// Something that time will do.
#[derive(Debug)]
enum Due {
    /// The login's step expires, unless it went on.
    Expiry(WId),
    /// The account's known first drop.
    FirstDrop(WcId),
    /// The phone on autopilot does the next thing.
    Autopilot(WId),
}

/// A slider page.
#[derive(Debug)]
struct Captcha {
    w_id: WId,
    /// Where the gap is, as a fraction of the track.
    gap: f64,
    passed: bool,
}

/// An account went offline; the platform tells whoever asked to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) w_id: WId,
    pub(crate) wc_id: WcId,
    pub(crate) reason: String,
}

impl World {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            now: Duration::ZERO,
            agenda: BTreeMap::new(),
            serial: 0,
            logins: HashMap::new(),
            ended: VecDeque::new(),
            popups: HashMap::new(),
            captchas: HashMap::new(),
            accounts: HashMap::new(),
            online: BTreeMap::new(),
            notices: Vec::new(),
            overlapping_polls: 0,
            new_devices: 0,
        }
    }

    /// Lets everything happen that is due by `now`.
    pub(crate) fn advance(&mut self, now: Duration) {
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= now
        {
            let ((at, _), due) = entry.remove_entry();
            // What follows from an event is timed from the event, however late it is noticed.
            self.now = at;
            self.happen(&due);
        }
        self.now = now;
    }

    /// When something is due next.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// The offline notices that nobody has sent yet.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// A new QR (`/iPadLogin`).
    pub(crate) fn begin_qr(&mut self, wc_id: Option<WcId>, device: DeviceType) -> WId {
        let valid_for = self.rules.step_valid_for;
        self.begin(Via::Qr, wc_id, device, None, valid_for)
    }

    /// A box on the phone of a known account (`/secondLogin`).
    pub(crate) fn begin_popup(&mut self, wc_id: &WcId) -> Result<WId, PopupRefused> {
        let person = self.popup_for(wc_id)?;
        let valid_for = self.rules.popup_valid_for;
        let w_id = self.begin(Via::Popup, Some(wc_id.clone()), DeviceType::Ipad, Some(person), valid_for);
        self.popups.insert(wc_id.clone(), w_id.clone());
        Ok(w_id)
    }

    fn begin(
        &mut self,
        via: Via,
        asked_for: Option<WcId>,
        device: DeviceType,
        person: Option<Person>,
        valid_for: Duration,
    ) -> WId {
        let w_id: WId = uuid().parse().expect("a uuid is an identifier");
        let deadline = self.now + valid_for;
        let login = Login {
            w_id: w_id.clone(),
            born: self.number(),
            via,
            asked_for,
            device,
            stage: Stage::Shown,
            deadline,
            person,
            captcha: None,
            polls: 0,
            open: Vec::new(),
            overlapping: 0,
            codes_tried: 0,
            changed: Arc::default(),
        };
        self.logins.insert(w_id.clone(), login);
        self.schedule(deadline, Due::Expiry(w_id.clone()));
        self.schedule_autopilot(&w_id);
        w_id
    }

    /// The login goes on to `stage`, and its next step gets the full time.
    fn enter(&mut self, w_id: &WId, stage: Stage) {
        let deadline = self.now + self.rules.step_valid_for;
        let Some(login) = self.logins.get_mut(w_id) else { return };
        login.stage = stage;
        login.changed.notify_waiters();
        if login.stage.is_open() {
            login.deadline = deadline;
            self.schedule(deadline, Due::Expiry(w_id.clone()));
        }
    }

    /// The login is over.
    fn end(&mut self, w_id: &WId, end: End) {
        let Some(login) = self.logins.get_mut(w_id) else { return };
        if let Some(uuid) = login.captcha.take() {
            self.captchas.remove(&uuid);
        }
        if let (Via::Popup, Some(wc_id)) = (login.via, &login.asked_for) {
            self.popups.remove(wc_id);
        }
        self.enter(w_id, Stage::Ended(end));
        self.ended.push_back(w_id.clone());
        if self.ended.len() > ENDED_KEPT
            && let Some(oldest) = self.ended.pop_front()
        {
            self.logins.remove(&oldest);
        }
    }

    fn happen(&mut self, due: &Due) {
        match due {
            Due::Expiry(w_id) => {
                let login = self.logins.get(w_id);
                if login.is_some_and(|login| login.stage.is_open() && login.deadline <= self.now) {
                    self.end(w_id, End::Expired);
                }
            }
            Due::FirstDrop(wc_id) => self.first_night(wc_id),
            Due::Autopilot(w_id) => self.fly(w_id),
        }
    }

    fn schedule(&mut self, at: Duration, due: Due) {
        let number = self.number();
        self.agenda.insert((at, number), due);
    }

    fn schedule_autopilot(&mut self, w_id: &WId) {
        if let Some(pace) = self.rules.autopilot {
            self.schedule(self.now + pace, Due::Autopilot(w_id.clone()));
        }
    }

    fn number(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// A name that nothing else has, in the form that the platform's wIds and pages have. No secret hangs on it.
pub(crate) fn uuid() -> String {
    let hex = format!("{:032x}", fastrand::u128(..));
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
