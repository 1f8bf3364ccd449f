//! Logins by app and by official account, as the sandbox answers them.

use wxlogin_state::Secret;

use super::*;
use crate::platform::app::{self, AppPlatform};
use crate::platform::official_account::{self, OfficialAccountPlatform};
use crate::sandbox::{self, Sandbox, SandboxSettings};

fn by_app(code: &str) -> app::Login {
    app::Login {
        code: Secret::new(code),
        version_number: 12,
        channel: "store".to_owned(),
        oaid: None,
        device_id: None,
        need_user_detail: None,
        encoding: app::Encoding::Json,
    }
}

#[tokio::test]
async fn logins_and_refreshes_count_by_system_and_outcome() {
    let now = second(1_745_649_979);
    let settings = SandboxSettings { clock: Clock::from_fn(move || now), ..SandboxSettings::default() };
    let sandbox = Sandbox::start(settings).await.unwrap();
    let metrics = Metrics::default();
    let secret = Secret::new(sandbox::APP_SECRET);
    let app = AppPlatform::new(sandbox.base_url(), sandbox::APPKEY, &secret).unwrap().counted_by(&metrics);
    let secret = Secret::new(sandbox::USER_DOMAIN_SECRET);
    let (url, domain) = (sandbox.base_url(), sandbox::USER_DOMAIN);
    let account = OfficialAccountPlatform::new(url, sandbox::APP_ID, domain, &secret).unwrap();
    let account = account.counted_by(&metrics);

    let answer = app.login(&by_app("canary.1"), now).await.unwrap();
    let app::Answer::LoggedIn(user) = answer else { panic!("{answer:?}") };
    app.logout(&user.access_token).await.unwrap();
    app.logout(&user.access_token).await.unwrap();
    let login = official_account::Login { code: Secret::new("canary.2"), mcc: None };
    let answer = account.login(&login).await.unwrap();
    let official_account::Answer::LoggedIn { refresh: Some(refresh), .. } = answer else {
        panic!("{answer:?}")
    };
    account.login(&login).await.unwrap();
    account.refresh(&refresh.secret).await.unwrap();
    sandbox.shutdown().await;
    // The platform is gone.
    app.login(&by_app("canary.3"), now).await.unwrap_err();

    let exposition = Exposition::new(&metrics, Arc::default(), Clock::from_fn(|| second(0)), || true, || 0);
    let text = exposition.text().unwrap();
    let mut counted: Vec<&str> = shown(&text).into_iter().filter(|line| line.contains("_total")).collect();
    counted.sort_unstable();
    assert_eq!(
        counted,
        [
            "wxlogind_logins_total{system=\"app\",outcome=\"ok\"} 1",
            "wxlogind_logins_total{system=\"app\",outcome=\"unreachable\"} 1",
            "wxlogind_logins_total{system=\"official-account\",outcome=\"ok\"} 1",
            "wxlogind_logins_total{system=\"official-account\",outcome=\"refused\"} 1",
            "wxlogind_platform_requests_total{call=\"/v1/login/wechat\",outcome=\"ok\"} 1",
            "wxlogind_platform_requests_total{call=\"/v1/login/wechat\",outcome=\"unreachable\"} 1",
            "wxlogind_platform_requests_total{call=\"/v1/user/logout\",outcome=\"ok\"} 1",
            "wxlogind_platform_requests_total{call=\"/v1/user/logout\",outcome=\"refused\"} 1",
            "wxlogind_platform_requests_total{call=\"/v2/enduser/enduserapi/refreshToken\",outcome=\"ok\"} 1",
            "wxlogind_platform_requests_total{call=\"/v2/enduser/enduserapi/wechatOffiaccountAuthLogin\",outcome=\"ok\"} 1",
            "wxlogind_platform_requests_total{call=\"/v2/enduser/enduserapi/wechatOffiaccountAuthLogin\",outcome=\"refused\"} 1",
            "wxlogind_token_refreshes_total{system=\"official-account\",outcome=\"ok\"} 1",
        ]
    );
    assert!(!text.contains("canary") && !text.contains(sandbox::APP_SECRET), "{text}");
}
