//! What can be seen of the world: by the phone's page, the slider's page, and tests.

use std::time::Duration;

use serde::Serialize;
use wxlogin_state::{DeviceType, WId, WcId};

use super::World;
use super::account::{Account, Night};
use super::login::{Action, End, Login, Stage, Via};

/// One login.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginView {
    w_id: WId,
    /// The account it was asked for.
    asked_for: Option<WcId>,
    /// The account of the phone that scanned.
    wc_id: Option<WcId>,
    nick_name: Option<String>,
    via: Via,
    device_type: DeviceType,
    stage: &'static str,
    end: Option<End>,
    /// The code on the phone's screen.
    code: Option<String>,
    /// The slider page's uuid.
    captcha: Option<String>,
    /// Milliseconds left for the current step.
    expires_in_ms: Option<u128>,
    actions: &'static [Action],
    polls: u64,
    polls_open: usize,
    overlapping_polls: u64,
    codes_tried: u64,
}

/// One account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    wc_id: WcId,
    nick_name: String,
    online: bool,
    w_id: Option<WId>,
    devices: u32,
    logins: u32,
    drops: u32,
    /// Milliseconds until the known first drop.
    first_drop_in_ms: Option<u128>,
}

/// Somebody whose phone may scan.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonView {
    wc_id: WcId,
    nick_name: String,
}

/// The whole world.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StateView {
    /// In the order of creation.
    logins: Vec<LoginView>,
    accounts: Vec<AccountView>,
    polls_open: usize,
    /// Polls that began while another for the same wId was open: a fault of the client.
    overlapping_polls: u64,
    /// Logins of a known account without its wcId: the costliest fault of a client.
    new_devices: u64,
}

/// A slider page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaptchaView {
    gap: f64,
    passed: bool,
}

impl World {
    /// Everything.
    pub(crate) fn state(&self) -> StateView {
        let mut logins: Vec<&Login> = self.logins.values().collect();
        logins.sort_by_key(|login| login.born);
        let mut accounts: Vec<AccountView> = self.accounts.keys().filter_map(|id| self.account(id)).collect();
        accounts.sort_by(|a, b| a.wc_id.cmp(&b.wc_id));
        StateView {
            polls_open: logins.iter().map(|login| login.open.len()).sum(),
            logins: logins.into_iter().map(|login| self.view(login)).collect(),
            accounts,
            overlapping_polls: self.overlapping_polls,
            new_devices: self.new_devices,
        }
    }

    /// The login that a wId or a wcId names.
    pub(crate) fn login(&self, name: &str) -> Option<LoginView> {
        self.logins.get(&self.find(name)?).map(|login| self.view(login))
    }

    /// The newest logins that are not over, at most `limit`.
    pub(crate) fn phones(&self, limit: usize) -> Vec<LoginView> {
        let mut logins: Vec<&Login> =
            self.logins.values().filter(|login| !matches!(login.stage, Stage::Ended(_))).collect();
        logins.sort_by_key(|login| std::cmp::Reverse(login.born));
        logins.into_iter().take(limit).map(|login| self.view(login)).collect()
    }

    /// People who have logged in, at most `limit`: whose phone a scan may be made with.
    pub(crate) fn people(&self, limit: usize) -> Vec<PersonView> {
        let person = |account: &Account| PersonView {
            wc_id: account.person.wc_id.clone(),
            nick_name: account.person.nick_name.clone(),
        };
        self.accounts.values().take(limit).map(person).collect()
    }

    /// Whether the login's QR leads anywhere.
    pub(crate) fn is_open(&self, w_id: &str) -> bool {
        w_id.parse()
            .ok()
            .and_then(|w_id: WId| self.logins.get(&w_id))
            .is_some_and(|login| login.stage.is_open())
    }

    /// The slider page with this uuid.
    pub(crate) fn captcha(&self, uuid: &str) -> Option<CaptchaView> {
        self.captchas.get(uuid).map(|captcha| CaptchaView { gap: captcha.gap, passed: captcha.passed })
    }

    fn view(&self, login: &Login) -> LoginView {
        LoginView {
            w_id: login.w_id.clone(),
            asked_for: login.asked_for.clone(),
            wc_id: login.person.as_ref().map(|person| person.wc_id.clone()),
            nick_name: login.person.as_ref().map(|person| person.nick_name.clone()),
            via: login.via,
            device_type: login.device,
            stage: login.stage.name(),
            end: if let Stage::Ended(end) = login.stage { Some(end) } else { None },
            code: if let Stage::Code(code) = &login.stage { code.clone() } else { None },
            captcha: login.captcha.clone().filter(|_| matches!(login.stage, Stage::Slider(_))),
            expires_in_ms: login.stage.is_open().then(|| self.until(login.deadline)),
            actions: login.actions(),
            polls: login.polls,
            polls_open: login.open.len(),
            overlapping_polls: login.overlapping,
            codes_tried: login.codes_tried,
        }
    }

    fn account(&self, wc_id: &WcId) -> Option<AccountView> {
        let account = self.accounts.get(wc_id)?;
        let w_id = self.online.get(wc_id).cloned();
        Some(AccountView {
            wc_id: wc_id.clone(),
            nick_name: account.person.nick_name.clone(),
            online: w_id.is_some(),
            w_id,
            devices: account.devices,
            logins: account.logins,
            drops: account.drops,
            first_drop_in_ms: match account.night {
                Night::Ahead(at) => Some(self.until(at)),
                Night::Past => None,
            },
        })
    }

    fn until(&self, at: Duration) -> u128 {
        at.saturating_sub(self.now).as_millis()
    }
}
