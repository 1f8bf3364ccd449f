//! The client against the sandbox: every call, as the simulated platform and its phone answer it.

use tokio::time::{sleep, timeout};
use wxlogin_state::Failure;

use super::*;
use crate::platform::transport::Message;
use crate::sandbox::{ACCOUNT, Sandbox, SandboxSettings};

/// A sandbox and its client.
struct World {
    sandbox: Sandbox,
    platform: Platform,
}

impl World {
    /// Whose phones confirm by themselves.
    async fn on_autopilot() -> Self {
        let autopilot = Some(Duration::from_millis(1));
        Self::start(SandboxSettings { autopilot, ..SandboxSettings::default() }).await
    }

    async fn start(settings: SandboxSettings) -> Self {
        let sandbox = Sandbox::start(settings).await.unwrap();
        let auth = DeviceAuth::Password { account: ACCOUNT.to_owned(), password: Secret::new(ACCOUNT) };
        let settings = super::settings(&sandbox.base_url().to_string(), auth);
        let platform = Platform::new(&settings, None, forget()).unwrap();
        Self { sandbox, platform }
    }

    /// Does something that the platform has no call for, and says whether it was done.
    async fn act(&self, path: &str, body: &'static str) -> bool {
        let Service { endpoint, transport, .. } = &self.platform.0.service;
        let limits = Limits { head: ORDINARY, read: READ, body: LARGEST };
        let message = Message {
            method: Method::POST,
            path,
            authorization: None,
            media_type: Some("application/json"),
            body: body.into(),
        };
        let response = transport.send(endpoint, message, limits).await.unwrap();
        response.status().is_success()
    }

    /// A login with a QR that nobody has scanned.
    async fn begin(&self, wc_id: Option<&WcId>) -> WId {
        let request =
            QrRequest { wc_id: wc_id.cloned(), device: DeviceType::Ipad, proxy: Some(Proxy::Region(8)) };
        self.platform.issue_qr(&request).await.unwrap().w_id
    }

    /// Logs in with a QR, on autopilot.
    async fn log_in(&self, wc_id: &WcId) -> WId {
        let w_id = self.begin(Some(wc_id)).await;
        let polled = self.platform.login_info(&w_id, None).await.unwrap();
        assert!(matches!(polled, Polled::Answer(Answer::LoggedIn(_))), "{polled:?}");
        w_id
    }
}

/// Waits for what is about to be; what does not come fails its test.
async fn until(is_so: impl AsyncFn() -> bool) {
    let seen = async {
        while !is_so().await {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(30), seen).await.expect("it never became what was waited for");
}

fn wc_id(text: &str) -> WcId {
    text.parse().unwrap()
}

#[tokio::test]
async fn who_logs_in_is_online_until_logged_out() {
    let world = World::on_autopilot().await;
    let platform = &world.platform;
    assert_eq!(platform.online().await.unwrap(), []);
    let (one, two) = (wc_id("wxid_1"), wc_id("wxid_2"));
    let first = world.log_in(&one).await;
    let second = world.log_in(&two).await;
    let presences = platform.online().await.unwrap();
    for (wc_id, w_id) in [(&one, &first), (&two, &second)] {
        assert!(presences.contains(&Presence { wc_id: wc_id.clone(), w_id: w_id.clone() }), "{presences:?}");
        assert!(platform.is_online(w_id).await.unwrap());
    }
    assert_eq!(presences.len(), 2);
    assert_eq!(platform.offline_reason(&two).await.unwrap(), None);
    platform.offline(std::slice::from_ref(&one)).await.unwrap();
    assert_eq!(platform.online().await.unwrap(), [Presence { wc_id: two, w_id: second }]);
    assert!(!platform.is_online(&first).await.unwrap());
    assert_eq!(platform.offline_reason(&one).await.unwrap().as_deref(), Some("开发者主动下线"));
    let too_soon = platform.offline_reason(&one).await.unwrap_err();
    assert!(too_soon.is_refusal(), "{too_soon:?}");
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn every_spelling_of_a_reason_comes_down_to_its_sentence() {
    let first_drop = Duration::from_millis(1);
    let world = World::start(SandboxSettings { first_drop, ..SandboxSettings::default() }).await;
    let (ordinary, kicked) = (wc_id("wxid_ordinary"), wc_id("wxid_kicked"));
    for wc_id in [&ordinary, &kicked] {
        let w_id = world.begin(Some(wc_id)).await;
        assert!(world.act(&format!("/phone/{w_id}/confirm"), "").await);
    }
    assert!(world.act("/phone/wxid_ordinary/drop", "").await);
    assert!(world.act("/sandbox/accounts/wxid_kicked/drop", r#"{"riskControl":true}"#).await);
    // A device that is new to the platform, and dropped at once.
    let w_id = world.begin(None).await;
    assert!(world.act(&format!("/phone/{w_id}/confirm"), r#"{"wcId":"wxid_new"}"#).await);
    until(async || !world.platform.is_online(&w_id).await.unwrap()).await;
    for (wc_id, sentence) in [
        (ordinary, "用户在手机上退出了登录"),
        (kicked, "当前环境异常，为了你的帐号安全，已退出登录"),
        (wc_id("wxid_new"), "首次登录平台24小时内掉线1次，请传wcId重新登录"),
    ] {
        let reason = world.platform.offline_reason(&wc_id).await.unwrap();
        assert_eq!(reason.as_deref(), Some(sentence), "{wc_id}");
    }
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_confirmed_box_brings_a_new_instance_and_a_kick_needs_a_qr() {
    let world = World::on_autopilot().await;
    let wc_id = wc_id("wxid_1");
    let first = world.log_in(&wc_id).await;
    let already = world.platform.second_login(&wc_id).await.unwrap();
    assert!(matches!(&already, PopUp::Failed { message, .. } if message == "该账号已在线"), "{already:?}");
    world.platform.offline(std::slice::from_ref(&wc_id)).await.unwrap();
    let popped_up = world.platform.second_login(&wc_id).await.unwrap();
    let PopUp::LoggedIn { w_id, profile } = popped_up else { panic!("{popped_up:?}") };
    assert_ne!(w_id, first);
    assert_eq!(profile.wc_id, wc_id);
    assert_eq!(profile.country.as_deref(), Some("CN"));
    assert_eq!(world.platform.online().await.unwrap(), [Presence { wc_id: wc_id.clone(), w_id }]);
    assert!(world.act("/sandbox/accounts/wxid_1/drop", r#"{"riskControl":true}"#).await);
    let nested = world.platform.second_login(&wc_id).await.unwrap();
    let message = "二次登录失败，请扫码登录".to_owned();
    assert_eq!(nested, PopUp::Failed { why: Failure::Other, message });
    world.sandbox.shutdown().await;
}

/// A world in which the account `wxid_1` has been online and is not any more.
async fn dropped(settings: SandboxSettings) -> World {
    let world = World::start(settings).await;
    let w_id = world.begin(Some(&wc_id("wxid_1"))).await;
    assert!(world.act(&format!("/phone/{w_id}/confirm"), "").await);
    assert!(world.act("/phone/wxid_1/drop", "").await);
    world
}

#[tokio::test]
async fn a_box_that_is_left_alone_is_no_answer() {
    let block = Duration::from_millis(20);
    let world = dropped(SandboxSettings { block, ..SandboxSettings::default() }).await;
    assert_eq!(world.platform.second_login(&wc_id("wxid_1")).await.unwrap(), PopUp::NoAnswer);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_box_that_is_declined_has_failed_with_the_platforms_sentence() {
    let world = dropped(SandboxSettings::default()).await;
    let wc_id = wc_id("wxid_1");
    let decline = until(async || world.act("/phone/wxid_1/decline", "").await);
    let (declined, ()) = tokio::join!(world.platform.second_login(&wc_id), decline);
    let message = "用户取消登录".to_owned();
    assert_eq!(declined.unwrap(), PopUp::Failed { why: Failure::Declined, message });
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn the_platforms_own_posts_are_read_as_what_they_are() {
    let world = World::on_autopilot().await;
    let bot = Fake::new(|_| json(Notice::ACK)).await;
    world.platform.set_callback(&bot.url("/callback/s3cr3t-path")).await.unwrap();
    let wc_id = wc_id("wxid_1");
    let w_id = world.log_in(&wc_id).await;
    assert!(world.act("/phone/wxid_1/drop", "").await);
    until(async || bot.seen().len() == 2).await;
    let notices: Vec<_> = bot.seen().iter().map(|seen| Notice::read(seen.body.as_bytes())).collect();
    assert_eq!(notices, [Ok(Notice::Test), Ok(Notice::Offline { wc_id, w_id: Some(w_id) })]);
    world.sandbox.shutdown().await;
}
