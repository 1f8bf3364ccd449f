//! What people do: with the phone, and with the slider page.

use serde::Deserialize;
use serde_json::Value;
use wxlogin_state::{WId, WcId};

use super::account::Person;
use super::login::{Action, End, Stage, Via};
use super::{Captcha, Cause, World, uuid};

/// How far beside the gap, as a fraction of the track, a slider still passes: a steady thumb on a small screen.
const TOLERANCE: f64 = 0.02;

/// What may be said with an [`Action`]; all of it optional.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Details {
    /// Scan, confirm, ask: whose phone it is. Without one it is the account that the login was asked for, else
    /// a stranger's.
    pub(crate) wc_id: Option<WcId>,
    /// What that person is called.
    pub(crate) nick_name: Option<String>,
    /// Ask-code: the code to show; without one a random one.
    pub(crate) code: Option<String>,
    /// Show-slider: `code` of the answers, for example `"1000"` (the default), `"200"` or `200`.
    pub(crate) spelling: Option<Value>,
    /// Drop: the reason as `/offlineReason` spells it.
    pub(crate) reason: Option<String>,
    /// Drop: whether the platform posts a notice; it does unless told not to.
    pub(crate) notice: Option<bool>,
    /// Drop: whether risk control did it, after which a pop-up login fails.
    pub(crate) risk_control: bool,
}

/// Why an action cannot be done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ActionRefused {
    /// Nothing has this name.
    #[error("no login or account has this name")]
    Unknown,
    /// The phone does not offer it now.
    #[error("the phone does not offer this now: the login is {0}")]
    NotNow(&'static str),
    /// A slider answer's `code` is a string or a number.
    #[error("spelling must be a string or a number")]
    Spelling,
}

impl World {
    /// Does something on the phone of a login, named by its wId, or by the wcId of whoever has a box on the
    /// phone or is online.
    pub(crate) fn act(
        &mut self,
        name: &str,
        action: Action,
        details: &Details,
    ) -> Result<WId, ActionRefused> {
        let w_id = self.find(name).ok_or(ActionRefused::Unknown)?;
        let login = self.logins.get(&w_id).ok_or(ActionRefused::Unknown)?;
        if !login.actions().contains(&action) {
            return Err(ActionRefused::NotNow(login.stage.name()));
        }
        if action != Action::Drop && action != Action::Decline {
            self.pick_up(&w_id, details);
        }
        match action {
            Action::Scan => self.enter(&w_id, Stage::Scanned),
            Action::Confirm => self.log_in(&w_id),
            Action::Decline => self.end(&w_id, End::Declined),
            Action::AskCode => {
                let code =
                    details.code.clone().unwrap_or_else(|| format!("{:06}", fastrand::u32(..1_000_000)));
                self.enter(&w_id, Stage::Code(Some(code)));
            }
            Action::AskElsewhere => self.enter(&w_id, Stage::Code(None)),
            Action::ShowSlider => self.show_slider(&w_id, details)?,
            Action::Drop => self.drop_login(&w_id, details),
        }
        if action == Action::Scan {
            self.schedule_autopilot(&w_id);
        }
        Ok(w_id)
    }

    /// Lets go of the slider at `position`, a fraction of the track. `None` where there is no such page;
    /// a miss moves the gap.
    pub(crate) fn slide(&mut self, uuid: &str, position: f64) -> Option<bool> {
        let captcha = self.captchas.get_mut(uuid)?;
        if captcha.passed {
            return Some(true);
        }
        captcha.passed = (captcha.gap - position).abs() <= TOLERANCE;
        if captcha.passed {
            let w_id = captcha.w_id.clone();
            self.enter(&w_id, Stage::Scanned);
            self.schedule_autopilot(&w_id);
            Some(true)
        } else {
            captcha.gap = random_gap();
            Some(false)
        }
    }

    /// The phone on autopilot does what is next, where that is nobody's decision.
    pub(super) fn fly(&mut self, w_id: &WId) {
        let Some(login) = self.logins.get(w_id) else { return };
        let action = match (&login.stage, login.via) {
            (Stage::Shown, Via::Qr) => Action::Scan,
            (Stage::Shown, Via::Popup) | (Stage::Scanned, _) => Action::Confirm,
            _ => return,
        };
        // Cannot be refused: both stages offer it.
        let _ = self.act(w_id.as_str(), action, &Details::default());
    }

    /// The login that a wId or a wcId names.
    pub(super) fn find(&self, name: &str) -> Option<WId> {
        let by_account = || {
            let wc_id: WcId = name.parse().ok()?;
            self.popups.get(&wc_id).or_else(|| self.online.get(&wc_id)).cloned()
        };
        name.parse().ok().filter(|w_id| self.logins.contains_key(w_id)).or_else(by_account)
    }

    /// Decides whose phone it is, once per login.
    fn pick_up(&mut self, w_id: &WId, details: &Details) {
        let Some(login) = self.logins.get(w_id) else { return };
        if login.person.is_some() {
            return;
        }
        let person = match details.wc_id.as_ref().or(login.asked_for.as_ref()) {
            Some(wc_id) => match self.accounts.get(wc_id) {
                Some(account) => account.person.clone(),
                None => Person::new(wc_id.clone(), details.nick_name.clone()),
            },
            None => Person::stranger(details.nick_name.clone()),
        };
        if let Some(login) = self.logins.get_mut(w_id) {
            login.person = Some(person);
        }
    }

    fn show_slider(&mut self, w_id: &WId, details: &Details) -> Result<(), ActionRefused> {
        let spelling = details.spelling.clone().unwrap_or_else(|| "1000".into());
        if !(spelling.is_string() || spelling.is_number()) {
            return Err(ActionRefused::Spelling);
        }
        let Some(login) = self.logins.get_mut(w_id) else { return Err(ActionRefused::Unknown) };
        let fresh = uuid();
        if let Some(stale) = login.captcha.replace(fresh.clone()) {
            self.captchas.remove(&stale);
        }
        self.captchas.insert(fresh, Captcha { w_id: w_id.clone(), gap: random_gap(), passed: false });
        self.enter(w_id, Stage::Slider(spelling));
        Ok(())
    }

    fn drop_login(&mut self, w_id: &WId, details: &Details) {
        let Some(person) = self.logins.get(w_id).and_then(|login| login.person.clone()) else { return };
        let cause = if details.risk_control { Cause::RiskControl } else { Cause::Ordinary };
        self.lose(&person.wc_id, cause, details.reason.clone(), details.notice.unwrap_or(true));
    }
}

/// Far enough from the start that nobody passes by not moving.
fn random_gap() -> f64 {
    0.3 + 0.6 * fastrand::f64()
}
