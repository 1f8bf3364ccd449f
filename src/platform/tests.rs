//! The client against a platform of bytes on a loopback socket: what it sends, and what it makes of the rest.

mod calls;
mod fake;
mod world;

use std::error::Error;
use std::sync::Mutex;

use fake::{Fake, Seen, html, json, silence};
use serde_json::Value;
use wxlogin_state::{Answer, DeviceType, Proxy};

use super::*;

const LOGGED_IN: &str = r#"{"code":"1000","data":{"wcId":"wxid_1"}}"#;
const REFUSED_KEY: &str = r#"{"code":"1001","message":"Authorization 已失效","data":null}"#;

fn settings(base_url: &str, auth: DeviceAuth) -> Device {
    Device {
        base_url: base_url.parse().unwrap(),
        auth,
        device_type: DeviceType::Ipad,
        proxy: Proxy::Region(8),
        auto_check: false,
        poll_timeout: Duration::from_secs(250),
        qr_valid_for: Duration::from_mins(5),
        check_interval: Duration::from_mins(1),
        confirmations: 2,
        max_polls: 10,
    }
}

fn with_key() -> DeviceAuth {
    DeviceAuth::Key { key: Secret::new("the-key"), account: None }
}

fn with_password() -> DeviceAuth {
    DeviceAuth::Password { account: "18611211111".to_owned(), password: Secret::new("hunter2") }
}

fn forget() -> KeepKey {
    Arc::new(|_| Box::pin(async { Ok(()) }))
}

fn platform(fake: &Fake) -> Platform {
    Platform::new(&settings(&fake.url("/"), with_key()), None, forget()).unwrap()
}

fn w_id() -> WId {
    "0000016e-63eb-f319-0001-ed01076abf1f".parse().unwrap()
}

async fn poll(fake: &Fake) -> Result<Polled, Trouble> {
    platform(fake).login_info(&w_id(), None).await
}

#[tokio::test]
async fn a_call_is_made_as_the_platform_documents_it() {
    let fake = Fake::new(|_| json(LOGGED_IN)).await;
    let settings = settings(&fake.url("/gate/way/"), with_key());
    let platform = Platform::new(&settings, None, forget()).unwrap();
    let code = Secret::new("123456");
    let polled = platform.login_info(&w_id(), Some(&code)).await.unwrap();
    assert!(matches!(polled, Polled::Answer(Answer::LoggedIn(_))));
    let Seen { head, body } = fake.seen().remove(0);
    assert!(head.starts_with("POST /gate/way/getIPadLoginInfo HTTP/1.1\r\n"), "{head}");
    let host = format!("host: {}\r\n", fake.address);
    for line in [
        "authorization: the-key\r\n",
        "content-type: application/json\r\n",
        "accept: application/json\r\n",
        "connection: close\r\n",
        &format!("user-agent: wxlogind/{}\r\n", env!("CARGO_PKG_VERSION")),
        &host,
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let sent: Value = serde_json::from_str(&body).unwrap();
    let expected = serde_json::json!({"wId": w_id(), "autoCheck": false, "verifyCode": "123456"});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_refused_key_is_renewed_once_and_kept_before_it_is_used() {
    let fake = Fake::new(|seen| match seen.path() {
        "/member/login" => json(r#"{"code":"1000","data":{"Authorization":"new-key","status":0}}"#),
        _ if seen.head.contains("authorization: new-key\r\n") => json(LOGGED_IN),
        _ => json(REFUSED_KEY),
    })
    .await;
    let kept: Arc<Mutex<Vec<Secret>>> = Arc::default();
    let keep: KeepKey = {
        let kept = Arc::clone(&kept);
        Arc::new(move |key| {
            kept.lock().unwrap().push(key);
            Box::pin(async { Ok(()) })
        })
    };
    let settings = settings(&fake.url(""), with_password());
    let platform = Platform::new(&settings, Some(Secret::new("old-key")), keep).unwrap();
    let w_id = w_id();
    let (one, two) = tokio::join!(platform.login_info(&w_id, None), platform.login_info(&w_id, None));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    let logins: Vec<Seen> = fake.seen().into_iter().filter(|seen| seen.path() == "/member/login").collect();
    assert_eq!(logins.len(), 1);
    assert!(!logins[0].head.to_lowercase().contains("authorization"), "{}", logins[0].head);
    assert_eq!(logins[0].body, r#"{"account":"18611211111","password":"hunter2"}"#);
    assert_eq!(kept.lock().unwrap().as_slice(), [Secret::new("new-key")]);
}

#[tokio::test]
async fn a_platform_that_refuses_every_key_is_asked_for_one_only_once() {
    let fake = Fake::new(|seen| match seen.path() {
        "/member/login" => json(r#"{"code":"1000","data":{"Authorization":"new-key"}}"#),
        _ => html(401, "no"),
    })
    .await;
    let settings = settings(&fake.url(""), with_password());
    let platform = Platform::new(&settings, None, forget()).unwrap();
    for _ in 0..5 {
        let refused = platform.login_info(&w_id(), None).await.unwrap_err();
        assert!(matches!(refused, Trouble::KeyRefused { .. }), "{refused:?}");
    }
    assert_eq!(fake.seen().iter().filter(|seen| seen.path() == "/member/login").count(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal_with_the_platforms_sentence() {
    let fake =
        Fake::new(|_| json(r#"{"code":"1001","message":"账号或密码 hunter2 错误","data":null}"#)).await;
    let settings = settings(&fake.url(""), with_password());
    let platform = Platform::new(&settings, None, forget()).unwrap();
    let failed = platform.offline(&[]).await.unwrap_err();
    assert!(failed.is_refusal());
    assert_eq!(failed.source().unwrap().to_string(), "the platform refuses: 账号或密码 … 错误");
}

#[tokio::test]
async fn a_platform_that_says_nothing_in_time_has_not_answered() {
    // The clock stands still, and jumps to the next deadline, once the request has arrived.
    let fake = Fake::new(|_| {
        tokio::time::pause();
        silence()
    })
    .await;
    assert_eq!(poll(&fake).await.unwrap(), Polled::NoAnswer);
}

#[tokio::test]
async fn an_ordinary_call_has_half_a_minute() {
    let fake = Fake::new(|_| {
        tokio::time::pause();
        silence()
    })
    .await;
    let late = platform(&fake).offline(&["wxid_1".parse().unwrap()]).await.unwrap_err();
    assert!(matches!(&late, Trouble::Exchange(ExchangeError::NoAnswer(ORDINARY))), "{late:?}");
}

#[tokio::test]
async fn a_dripping_login_does_not_hold_the_key_for_ever() {
    let fake = Fake::new(|_| {
        tokio::time::pause();
        fake::drip()
    })
    .await;
    let settings = settings(&fake.url(""), with_password());
    let platform = Platform::new(&settings, None, forget()).unwrap();
    let began = tokio::time::Instant::now();
    let (one, two) = tokio::join!(platform.offline(&[]), platform.offline(&[]));
    assert!(began.elapsed() < ORDINARY + READ + Duration::from_secs(1), "{:?}", began.elapsed());
    let Err(Trouble::LoginFailed(late)) = one else { panic!("{one:?}") };
    assert!(matches!(&*late, Trouble::Exchange(ExchangeError::Late(_))), "{late:?}");
    assert!(matches!(two, Err(Trouble::LoginPaused { .. })), "{two:?}");
}

#[tokio::test]
async fn a_gateway_that_gives_up_waiting_is_no_answer() {
    let fake = Fake::new(|_| html(504, "<html>Gateway Time-out</html>")).await;
    assert_eq!(poll(&fake).await.unwrap(), Polled::NoAnswer);
}

#[tokio::test]
async fn every_way_to_break_is_trouble_of_its_kind() {
    let huge = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 64 << 20);
    let flood = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 2 << 20]].concat();
    let torn = format!("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{}", &LOGGED_IN[..20]);
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(64 << 10));
    for (answer, outcome) in [
        (Vec::new(), "broken"),
        (b"not HTTP at all".to_vec(), "broken"),
        (torn.into_bytes(), "broken"),
        (endless.into_bytes(), "broken"),
        (huge.into_bytes(), "too-large"),
        (flood, "too-large"),
        (html(502, "<html><h1>502 Bad Gateway</h1></html>"), "http-status"),
        (html(200, "<html>maintenance</html>"), "unreadable"),
        (json(r#"{"code":"1000","data":null}"#), "incomplete"),
    ] {
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        let fake = Fake::new(move |_| answer.clone()).await;
        let trouble = poll(&fake).await.expect_err(&shown);
        assert_eq!(kind(&trouble), outcome, "{shown}: {trouble:?}");
        assert!(!trouble.is_refusal());
    }
}

fn kind(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Exchange(ExchangeError::Connection(_)) => "broken",
        Trouble::Exchange(ExchangeError::TooLarge(_)) => "too-large",
        Trouble::Status { .. } => "http-status",
        Trouble::Unreadable { .. } => "unreadable",
        Trouble::Incomplete { .. } => "incomplete",
        _ => "another",
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let fake = Fake::new(|_| silence()).await;
    let platform = platform(&fake);
    fake.close().await;
    let trouble = platform.login_info(&w_id(), None).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
}

#[tokio::test]
async fn a_body_that_echoes_secrets_is_logged_without_them() {
    let fake = Fake::new(|_| html(502, "key the-key code 123456 token=abc")).await;
    let code = Secret::new("123456");
    let trouble = platform(&fake).login_info(&w_id(), Some(&code)).await.unwrap_err();
    assert_eq!(trouble.body_excerpt(), Some("key … code … token=…"));
    assert!(!format!("{trouble:?} {trouble}").contains("the-key"));
}

#[tokio::test]
async fn tls_is_spoken_to_a_platform_that_is_trusted_and_to_no_other() {
    let (fake, roots) = Fake::over_tls(|_| json(LOGGED_IN)).await;
    let settings = settings(&fake.url(""), with_key());
    let trusting = Platform::trusting(roots, &settings, None, forget()).unwrap();
    let polled = trusting.login_info(&w_id(), None).await.unwrap();
    assert!(matches!(polled, Polled::Answer(Answer::LoggedIn(_))));
    let strangers = Platform::trusting(RootCertStore::empty(), &settings, None, forget()).unwrap();
    let trouble = strangers.login_info(&w_id(), None).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
}

#[tokio::test]
async fn a_waiting_poll_is_small_and_can_be_a_task() {
    fn task<T: Send>(work: T) -> T {
        work
    }
    let fake = Fake::new(|_| silence()).await;
    let platform = platform(&fake);
    let w_id = w_id();
    let size = size_of_val(&task(platform.login_info(&w_id, None)));
    assert!(size < 3 * 1024, "{size} bytes");
}

#[tokio::test]
async fn settings_that_cannot_work_are_named() {
    let outcome = |base_url: &str, auth| Platform::new(&settings(base_url, auth), None, forget()).err();
    assert!(matches!(outcome("ftp://h/", with_key()), Some(SetupError::BaseUrl)));
    assert!(matches!(outcome("http://me:pass@h/", with_key()), Some(SetupError::BaseUrl)));
    let key = DeviceAuth::Key { key: Secret::new("a\nb"), account: None };
    assert!(matches!(outcome("http://h/", key), Some(SetupError::Key)));
}

#[tokio::test]
async fn a_picture_comes_from_the_platforms_own_host() {
    let png = crate::qr::png("http://weixin.qq.com/x/1").unwrap();
    let served = png.clone();
    let fake = Fake::new(move |_| fake::answer(200, "text/plain", &served)).await;
    let picture = platform(&fake).picture(&fake.url("/qr.png?id=1#top")).await.unwrap();
    assert_eq!((picture.format, &picture.bytes[..]), (crate::qr::Format::Png, &png[..]));
    let head = fake.seen().remove(0).head;
    assert!(head.starts_with("GET /qr.png?id=1 HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("the-key"), "the key is for calls only");
}

#[tokio::test]
async fn a_picture_from_an_inside_address_is_not_even_asked_for() {
    let fake = Fake::new(|_| silence()).await;
    let port = fake.address.port();
    for host in
        ["localhost", "127.0.0.2", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "0"]
    {
        let refused = platform(&fake).picture(&format!("http://{host}:{port}/qr.png")).await.unwrap_err();
        assert!(matches!(refused, PictureTrouble::Inside), "{host}: {refused:?}");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn what_is_no_picture_is_refused() {
    let png = crate::qr::png("x").unwrap();
    let huge = [png, vec![0; 2 << 20]].concat();
    let fake = Fake::new(move |seen| match seen.path() {
        "/redirect" => {
            b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n".to_vec()
        }
        "/huge" => fake::answer(200, "image/png", &huge),
        _ => fake::answer(200, "image/png", b"<html>"),
    })
    .await;
    let platform = platform(&fake);
    let outcome = async |path: &str| platform.picture(&fake.url(path)).await.unwrap_err();
    assert!(matches!(outcome("/html").await, PictureTrouble::NoPicture));
    assert!(matches!(outcome("/redirect").await, PictureTrouble::Status(302)));
    let trouble = outcome("/huge").await;
    assert!(
        matches!(trouble, PictureTrouble::Unfetched(Trouble::Exchange(ExchangeError::TooLarge(_)))),
        "{trouble:?}"
    );
    for url in
        ["file:///etc/passwd", "/qr.png", "http://u:p@h/", "data:image/png;base64,x", "http://h/ x", ""]
    {
        assert!(matches!(platform.picture(url).await, Err(PictureTrouble::Url)), "{url}");
    }
    assert_eq!(fake.seen().len(), 3);
}
