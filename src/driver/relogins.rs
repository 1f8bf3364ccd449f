//! Logs known accounts in again: keeps the times that their records name, and makes the calls that they ask for.
//!
//! Nothing here is decided: when, how and whether is in the account's value. An account at rest costs an entry
//! in the agenda at most; only a box on a phone costs a task and a connection.

use std::collections::HashMap;

use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;
use wxlogin_state::{Account, DeviceType, Known, Method, Proxy, Rules, Source, Tending, WcId};

use super::agenda::Agenda;
use super::handle::{Denied, Driver, LoginRequest, Message};
use super::turn::Turn;
use crate::logging;
use crate::platform::{Platform, PopUp, Trouble};

/// How a pop-up login ended.
#[derive(Debug)]
pub(super) struct PopUpOver {
    wc_id: WcId,
    result: Result<PopUp, Trouble>,
}

/// What is going on for accounts.
#[derive(Debug)]
pub(super) struct Relogins {
    platform: Platform,
    driver: Driver,
    tasks: TaskTracker,
    /// When accounts are to be looked at, as they say it.
    pub(super) agenda: Agenda<WcId>,
    /// Boxes on phones.
    popups: HashMap<WcId, AbortHandle>,
}

impl Relogins {
    /// Nothing going on yet. Tasks are tracked by `tasks` and report to `driver`.
    pub(super) fn new(platform: Platform, driver: Driver, tasks: TaskTracker) -> Self {
        Self { platform, driver, tasks, agenda: Agenda::default(), popups: HashMap::new() }
    }

    /// Takes over what `account` as committed asks for; a QR that is to be fetched is the answer.
    pub(super) fn settle(&mut self, account: &Account, rules: &Rules) -> Option<LoginRequest> {
        self.agenda.set(&account.wc_id, account.due_at(rules));
        match account.call()? {
            Method::PopUp => {
                self.show(&account.wc_id);
                None
            }
            Method::Qr => Some(request_for(account)),
        }
    }

    /// Whether a box is on the phone of the account.
    pub(super) fn is_showing(&self, wc_id: &WcId) -> bool {
        self.popups.get(wc_id).is_some_and(|popup| !popup.is_finished())
    }

    /// Lets go of an account that is known no more.
    pub(super) fn forget(&mut self, wc_id: &WcId) {
        self.agenda.set(wc_id, None);
        if let Some(popup) = self.popups.remove(wc_id) {
            popup.abort();
        }
    }

    /// Takes in how a pop-up login ended. Where that cannot be written the platform's list will say it again.
    pub(super) fn over(
        &mut self,
        over: PopUpOver,
        otherwise: (DeviceType, Option<Proxy>),
        turn: &mut Turn<'_>,
    ) {
        let PopUpOver { wc_id, result } = over;
        if let Some(popup) = self.popups.remove(&wc_id) {
            popup.abort();
        }
        let tending = match result {
            Ok(PopUp::LoggedIn { w_id, profile }) => {
                let what = format!("the platform reports the login {w_id}, which has ended here");
                note(&wc_id, turn.found_online(w_id, *profile, Source::PopUp, otherwise));
                if turn.account(&wc_id).is_none_or(|account| account.call() != Some(Method::PopUp)) {
                    return;
                }
                // No call is out any more, so the record must not go on waiting for one.
                Tending::PopUpFailed(what)
            }
            Ok(PopUp::Failed { message, .. }) => Tending::PopUpFailed(message),
            Ok(PopUp::NoAnswer) => Tending::PopUpFailed("nobody confirmed in time".to_owned()),
            Err(trouble) => {
                tracing::warn!(
                    %wc_id,
                    error = &trouble as &dyn std::error::Error,
                    body = trouble.body_excerpt(),
                    "the pop-up login brought no usable answer"
                );
                Tending::CallFailed { what: logging::chain(&trouble), no_qr: true }
            }
        };
        note(&wc_id, turn.tend(&wc_id, tending));
    }

    /// Ends everything.
    pub(super) fn stop(&mut self) {
        for (_, popup) in self.popups.drain() {
            popup.abort();
        }
    }

    fn show(&mut self, wc_id: &WcId) {
        if self.is_showing(wc_id) {
            return;
        }
        let (platform, driver, account) = (self.platform.clone(), self.driver.clone(), wc_id.clone());
        let popup = async move {
            let result = platform.second_login(&account).await;
            driver.tell(Message::PopUpOver(PopUpOver { wc_id: account, result })).await;
            // The call is going on until its answer is taken in: ended before that, it would be made once more
            // where the account changes meanwhile.
            std::future::pending::<()>().await;
        };
        self.popups.insert(wc_id.clone(), self.tasks.spawn(popup).abort_handle());
    }
}

/// The login that the account's record asks for: with its wcId, as the device and from the place that it had.
fn request_for(account: &Account) -> LoginRequest {
    LoginRequest {
        wc_id: Some(account.wc_id.clone()),
        label: account.label.clone(),
        device: account.device,
        proxy: account.proxy.clone(),
        // It is online only where a person wanted another login all the same.
        force: account.current_w_id.is_some(),
        new_device: false,
        request_key: None,
    }
}

/// Something that was observed and could not be taken in; the next look will say it again.
pub(super) fn note(wc_id: &WcId, taken: Result<(), Denied>) {
    match taken {
        Ok(()) => {}
        Err(denied @ Denied::NoAccount(_)) => tracing::debug!(%wc_id, %denied, "it is known no more"),
        Err(denied) => {
            tracing::error!(
                %wc_id,
                error = &denied as &dyn std::error::Error,
                "what was observed could not be taken in"
            );
        }
    }
}
