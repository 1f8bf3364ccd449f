//! The platform and the phones: a sandbox in the test's own process, and what it can be asked and told.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::{Secret, WId};
use wxlogind::sandbox::{Sandbox, SandboxSettings};

use super::{PASSWORD, PATIENCE, get, over_tcp, request, value};

/// Between two looks at the sandbox, which has no blocking read of its own.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A sandbox.
#[derive(Debug)]
pub(crate) struct Platform(Sandbox);

impl Platform {
    pub(crate) async fn start() -> Self {
        Self::start_with(SandboxSettings::default()).await
    }

    /// With settings of its own, but for the password, which is the one that [`super::Host`] knows.
    pub(crate) async fn start_with(settings: SandboxSettings) -> Self {
        // Whatever the first night does to accounts, a test asks for it.
        let first_drop = settings.first_drop.max(Duration::from_hours(24));
        Self::start_as(SandboxSettings { first_drop, ..settings }).await
    }

    /// Where every new device drops once, so long after its first login.
    pub(crate) async fn with_first_night(first_drop: Duration) -> Self {
        Self::start_as(SandboxSettings { first_drop, ..SandboxSettings::default() }).await
    }

    async fn start_as(settings: SandboxSettings) -> Self {
        let settings = SandboxSettings { password: Secret::new(PASSWORD), ..settings };
        Self(Sandbox::start(settings).await.unwrap())
    }

    /// What a daemon has as `device.base_url`.
    pub(crate) fn url(&self) -> String {
        self.0.base_url().to_string()
    }

    /// Everything the sandbox knows.
    pub(crate) async fn state(&self) -> Value {
        value(&over_tcp(self.0.addr(), get("/sandbox/state")).await)
    }

    /// What the sandbox knows of one login.
    pub(crate) async fn login(&self, w_id: &WId) -> Value {
        let state = self.state().await;
        let logins = state["world"]["logins"].as_array().unwrap();
        logins.iter().find(|login| login["wId"] == w_id.as_str()).unwrap().clone()
    }

    /// How often a call was made.
    pub(crate) async fn calls(&self, call: &str) -> u64 {
        self.state().await["calls"][call].as_u64().unwrap_or(0)
    }

    /// Waits until the sandbox's state is as it should be.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) {
        let looking = async {
            while !is_so(&self.state().await) {
                sleep(LOOK_AGAIN).await;
            }
        };
        let looked = timeout(PATIENCE, looking).await;
        assert!(looked.is_ok(), "never came true: {what}; the sandbox is at {:#}", self.state().await);
    }

    /// Waits until so many polls are open.
    pub(crate) async fn until_open(&self, polls: usize) {
        self.until(&format!("{polls} polls are open"), |state| state["world"]["pollsOpen"] == polls).await;
    }

    /// Somebody uses the phone.
    pub(crate) async fn phone(&self, w_id: &WId, action: &str) -> Value {
        self.phone_with(w_id, action, &json!({})).await
    }

    /// Somebody uses the phone, and it matters how.
    pub(crate) async fn phone_with(&self, w_id: &WId, action: &str, details: &Value) -> Value {
        self.post(&format!("/phone/{w_id}/{action}"), details).await
    }

    /// Somebody passes the slider page of a login.
    pub(crate) async fn pass_slider(&self, w_id: &WId) {
        let page = self.login(w_id).await["captcha"].as_str().unwrap().to_owned();
        let page = format!("/captcha/{page}");
        let gap = value(&over_tcp(self.0.addr(), get(&page)).await)["gap"].clone();
        let answer = self.post(&page, &json!({"position": gap})).await;
        assert_eq!(answer["passed"], true);
    }

    /// Answers and faults to come before the normal ones.
    pub(crate) async fn script(&self, rules: &Value) {
        self.post("/sandbox/script", rules).await;
    }

    /// Changes the caller's own standing at the platform.
    pub(crate) async fn member(&self, change: &Value) {
        self.post("/sandbox/member", change).await;
    }

    /// Changes how system C's tokens live.
    pub(crate) async fn official_account(&self, change: &Value) {
        let call = request(Method::POST, "/sandbox/official-account", change);
        assert_eq!(over_tcp(self.0.addr(), call).await.status(), 204, "{change}");
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.0.addr()
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        let response = over_tcp(self.0.addr(), request(Method::POST, path, body)).await;
        let answer = value(&response);
        assert_eq!(response.status(), 200, "{path}: {answer}");
        answer
    }
}
