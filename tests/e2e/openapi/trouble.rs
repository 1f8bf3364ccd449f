//! What is answered only where something went wrong: accounts that are lost, tokens that are not refreshed, receivers
//! that take nothing, a platform that does not answer.

use std::time::Duration;

use hyper::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::StateName;
use wxlogind::sandbox::APP_ID;
use wxlogind::wire::Webhook;

use super::Witness;
use crate::harness::{Daemon, Hook, Host, OFFICIAL_LOGIN, PATIENCE, Platform, REFRESH, Say, value};
use crate::webhooks::away::absent;

/// A pair is not exchanged sooner than this after it came.
const SOONEST: Duration = Duration::from_secs(5);

impl Witness {
    /// The same witness at another daemon.
    pub(super) fn at(self, daemon: Daemon) -> Self {
        Self { daemon, ..self }
    }

    /// How it goes with the receiver, once it is so.
    async fn until_webhook(&mut self, is_so: impl Fn(&Webhook) -> bool) {
        let looking = async {
            while !is_so(&self.daemon.webhooks().await.unwrap()[0]) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, looking).await.expect("it never goes so with the receiver");
        self.get("/v1/webhooks").await;
    }

    /// A token that is refreshed, and then is not.
    async fn tokens(&mut self, platform: &Platform) {
        platform.official_account(&json!({"accessLifetime": "30s"})).await;
        self.post(OFFICIAL_LOGIN, json!({"appId": APP_ID, "code": "carol"})).await;
        let tokens = self.get("/v1/tokens").await;
        let path = format!("/v1/tokens/{}", tokens["tokens"][0]["id"].as_str().unwrap());
        sleep(SOONEST).await;
        self.get(&path).await;
        sleep(SOONEST).await;
        platform.script(&json!({"call": REFRESH, "times": 100, "fault": {"status": 502}})).await;
        self.get(&path).await;
        self.get(&format!("{path}?reveal=false")).await;
        self.read_all().await;
    }

    /// Where a new link to that tells how things stand.
    async fn step(&mut self, of: &str) -> String {
        let link = value(&self.post(&format!("/v1/{of}/link"), json!({})).await);
        format!("/step/{}/state", link["url"].as_str().unwrap().rsplit('/').next().unwrap())
    }

    /// An account that is lost and comes back, is lost again and given up; and a login that waits at a slider.
    async fn accounts(&mut self, platform: &Platform) {
        let (wc_id, _) = self.daemon.online_for_a_while(platform).await;
        self.ask(Method::PATCH, &format!("/v1/accounts/{wc_id}"), json!({"label": "shop"})).await;
        platform.lose(&wc_id, &Value::Null).await;
        let w_id = self.daemon.until_scan_needed(&wc_id).await;
        self.read_all().await;
        let state = self.step(&format!("sessions/{w_id}")).await;
        self.get(&state).await;
        platform.phone_with(&w_id, "ask-code", &json!({"code": "112233"})).await;
        self.daemon.until(&w_id, StateName::AwaitingVerify).await;
        self.get(&state).await;
        self.post(&format!("/v1/sessions/{w_id}/verify"), json!({"code": "112233"})).await;
        self.daemon.until(&w_id, StateName::Online).await;
        self.read_all().await;
        platform.lose(&wc_id, &Value::Null).await;
        // By now it is known well enough for a box on its phone, and then it takes a QR.
        let boxed = platform.until_box(&wc_id).await;
        let state = self.step(&format!("accounts/{wc_id}")).await;
        self.get(&state).await;
        // The QR that is next does not come at once.
        platform.script(&json!({"call": "/iPadLogin", "fault": {"status": 502}})).await;
        platform.phone(&boxed, "decline").await;
        let later = async { while self.get(&state).await["standing"] != "later" {} };
        timeout(PATIENCE, later).await.expect("a QR that does not come is not tried again later");
        let w_id = self.daemon.until_scan_needed(&wc_id).await;
        platform.phone(&w_id, "decline").await;
        self.daemon.until_account(&wc_id, "it is given up", |account| account.rest.is_some()).await;
        self.read_all().await;
        let slider = self.daemon.begin().await;
        let state = self.step(&format!("sessions/{slider}")).await;
        platform.phone_with(&slider, "show-slider", &json!({})).await;
        self.daemon.until(&slider, StateName::Slider).await;
        self.get(&state).await;
    }
}

/// Sees to all of that.
pub(super) async fn provoke(witness: Witness) -> Witness {
    let platform = Platform::start().await;
    let hook = Hook::start().await;
    let host = Host::against(&platform).with_services(&platform).with_tcp();
    let host = host.with_control("console_url = \"https://c.example/\"").in_haste("max_attempts = 1");
    let mut witness = witness.at(host.with_webhook(&hook.url(), "").start().await);
    let it = &mut witness;
    it.tokens(&platform).await;
    it.accounts(&platform).await;

    it.until_webhook(|webhook| webhook.backlog == 0).await;
    hook.says([Say::status(500), Say::status(410)]);
    it.daemon.begin().await;
    it.until_webhook(|webhook| webhook.failing_since.is_some()).await;
    it.until_webhook(|webhook| webhook.gone_at.is_some()).await;
    assert!(it.daemon.stop().await.0.success());
    absent(&it.daemon.host, SignedDuration::from_hours(1));
    it.daemon.restart().await;
    it.get("/v1/webhooks/1/dead-letters").await;

    platform.script(&json!({"call": "/queryLoginWx", "times": 1000, "fault": {"status": 502}})).await;
    let unanswered = async {
        while it.daemon.check().await.unwrap().platform.answers != Some(false) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, unanswered).await.expect("the platform answers");
    it.get("/v1/check").await;
    witness
}
