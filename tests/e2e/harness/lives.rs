//! Accounts that drop and come back: hosts whose daemons lose no time over it, and what people, the platform and
//! its other clients do to accounts.

use std::time::Duration;

use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::public::{Account, PhaseName, Session};
use wxlogin_state::{DeviceType, StateName, WId, WcId};
use wxlogind::sandbox::ACCOUNT;

use super::{Daemon, Host, PASSWORD, PATIENCE, Platform, over_tcp, request, value};

/// Between two looks at an account, which has no blocking read.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The shortest that each of these may be; only a test of storms wants one.
const AT_ONCE: &str = "short_lived = \"1s\"\nbackoff_initial = \"1s\"\nbackoff_max = \"1s\"\n";

/// A login that has been online for this long is not short-lived by [`AT_ONCE`].
pub(crate) const A_WHILE: Duration = Duration::from_millis(1100);

impl Host {
    /// Its daemon looks every second, and logs in again as soon as may be; `[relogin]` has these lines as well.
    pub(crate) fn in_haste(self, relogin: &str) -> Self {
        let storm = if relogin.contains("storm") { "" } else { "storm = \"100/1s\"\n" };
        self.with_device("check_interval = \"1s\"").with_relogin(&format!("{AT_ONCE}{storm}{relogin}"))
    }
}

impl Daemon {
    /// Waits until an account is as it should be.
    pub(crate) async fn until_account(
        &self,
        wc_id: &WcId,
        what: &str,
        is_so: impl Fn(&Account) -> bool,
    ) -> Account {
        let looking = async {
            loop {
                let account = self.account(wc_id.as_str()).await.unwrap();
                if is_so(&account) {
                    return account;
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        if let Ok(account) = timeout(PATIENCE, looking).await {
            return account;
        }
        panic!("never came true: {what}; it is {:#?}", self.account(wc_id.as_str()).await)
    }

    /// Waits until a login of the account that the daemon began waits for its person; which.
    pub(crate) async fn until_scan_needed(&self, wc_id: &WcId) -> WId {
        let account = self.until_account(wc_id, "its QR is there", |account| {
            account.relogin.as_ref().is_some_and(|relogin| relogin.phase == PhaseName::InFlight)
        });
        account.await.relogin.unwrap().w_id.unwrap()
    }

    /// Waits until the account is online by another login than `before`.
    pub(crate) async fn until_back(&self, wc_id: &WcId, before: &WId) -> Account {
        let is_back = |account: &Account| account.current_w_id.as_ref().is_some_and(|w_id| w_id != before);
        self.until_account(wc_id, "it is online again", is_back).await
    }

    /// Brings an account online, long enough for its drop to be an ordinary one.
    pub(crate) async fn online_for_a_while(&self, platform: &Platform) -> (WcId, Session) {
        let online = self.online(platform).await;
        sleep(A_WHILE).await;
        (online.wc_id.clone().unwrap(), online)
    }

    /// The same, and it has settled. Takes a host with `first_drop = "1s"`.
    pub(crate) async fn settled(&self, platform: &Platform) -> (WcId, Session) {
        let online = self.online(platform).await;
        let wc_id = online.wc_id.clone().unwrap();
        self.until_account(&wc_id, "it has settled", |account| account.settled).await;
        (wc_id, online)
    }

    /// The QR of a dropped account is scanned and confirmed; the session that came of it.
    pub(crate) async fn scan_and_confirm(&self, platform: &Platform, wc_id: &WcId) -> Session {
        let w_id = self.until_scan_needed(wc_id).await;
        platform.phone(&w_id, "confirm").await;
        self.until(&w_id, StateName::Online).await
    }

    /// Something that is asked for by name, with its status.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let response = self.send(request(method, path, body)).await;
        let answer = if response.body().is_empty() { Value::Null } else { value(&response) };
        (response.status().as_u16(), answer)
    }

    /// Why an account is as it is.
    pub(crate) async fn why(&self, wc_id: &WcId) -> Value {
        let (status, why) = self.ask(Method::GET, &format!("/v1/accounts/{wc_id}/why"), &Value::Null).await;
        assert_eq!(status, 200, "{why}");
        why
    }

    /// Asks for a login of a known account.
    pub(crate) async fn log_in_again(&self, wc_id: &WcId, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, &format!("/v1/accounts/{wc_id}/relogin"), body).await
    }

    /// Changes an account's settings.
    pub(crate) async fn change(&self, wc_id: &WcId, body: &Value) -> (u16, Value) {
        self.ask(Method::PATCH, &format!("/v1/accounts/{wc_id}"), body).await
    }
}

impl Platform {
    /// An account drops; with these details, where it matters how.
    pub(crate) async fn lose(&self, wc_id: &WcId, details: &Value) {
        self.post(&format!("/sandbox/accounts/{wc_id}/drop"), details).await;
    }

    /// What the sandbox knows of one account.
    pub(crate) async fn account(&self, wc_id: &WcId) -> Value {
        let state = self.state().await;
        let accounts = state["world"]["accounts"].as_array().unwrap();
        accounts.iter().find(|account| account["wcId"] == wc_id.as_str()).unwrap().clone()
    }

    /// Waits until the phone of an account shows a box; by which login.
    pub(crate) async fn until_box(&self, wc_id: &WcId) -> WId {
        let shown = |login: &Value| {
            login["via"] == "popup" && login["stage"] == "shown" && login["wcId"] == wc_id.as_str()
        };
        let is_shown = |state: &Value| state["world"]["logins"].as_array().unwrap().iter().any(shown);
        self.until("its phone shows a box", is_shown).await;
        let state = self.state().await;
        let logins = state["world"]["logins"].as_array().unwrap();
        let login = logins.iter().find(|login| shown(login)).unwrap();
        login["wId"].as_str().unwrap().parse().unwrap()
    }

    /// Waits until every rule of the script has been used up.
    pub(crate) async fn until_script_is_over(&self) {
        self.until("the script is over", |state| state["scriptRulesLeft"] == 0).await;
    }

    /// A call by another client that has the same account at the platform; its `data`.
    pub(crate) async fn call_as_another(&self, call: &str, body: &Value) -> Value {
        let member = json!({"account": ACCOUNT, "password": PASSWORD});
        let key = self.post("/member/login", &member).await["data"]["Authorization"].clone();
        let mut request: Request<_> = request(Method::POST, call, body);
        request.headers_mut().insert("authorization", key.as_str().unwrap().parse().unwrap());
        let answer = value(&over_tcp(self.addr(), request).await);
        assert_eq!(answer["code"], "1000", "{call}: {answer}");
        answer["data"].clone()
    }

    /// A login that another client began and a person confirmed; with the wcId where there is one.
    pub(crate) async fn login_by_another(&self, wc_id: Option<&WcId>) -> (WcId, WId) {
        let asked = wc_id.map_or("", |wc_id| wc_id.as_str());
        let body = json!({"wcId": asked, "deviceType": DeviceType::Ipad, "proxy": 8});
        let qr = self.call_as_another("/iPadLogin", &body).await;
        let w_id: WId = qr["wId"].as_str().unwrap().parse().unwrap();
        let confirmed = self.phone(&w_id, "confirm").await;
        (confirmed["wcId"].as_str().unwrap().parse().unwrap(), w_id)
    }

    /// That no client ever made a second device of an account or asked for one login twice at a time.
    pub(crate) async fn assert_no_faults(&self) {
        let state = self.state().await;
        let world = &state["world"];
        assert_eq!((&world["newDevices"], &world["overlappingPolls"]), (&json!(0), &json!(0)));
        for account in world["accounts"].as_array().unwrap() {
            assert_eq!(account["devices"], 1, "{account}");
        }
    }
}
