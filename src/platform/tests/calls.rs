//! The calls beside the QR and the poll, over a socket.

use serde_json::json as value;

use super::*;

const POPPED_UP: &str = r#"{"code":"1000","data":{"wcId":"wxid_1","wId":"25d50610"}}"#;
const URL: &str = "http://bot.example.org:7431/callback/s3cr3t-path";

fn wc_id() -> WcId {
    "wxid_1".parse().unwrap()
}

/// A list of so many, whose identifiers have so many bytes each.
fn list(entries: usize, bytes: usize) -> String {
    let entry = |n| format!(r#"{{"wcId":"{n:0>bytes$}","wId":"{n:0>bytes$}"}}"#);
    let entries: Vec<String> = (0..entries).map(entry).collect();
    format!(r#"{{"code":"1000","message":"处理成功","data":[{}]}}"#, entries.join(","))
}

#[tokio::test]
async fn each_call_asks_what_the_platform_documents_with_the_key() {
    let fake = Fake::new(|seen| match seen.path() {
        "/secondLogin" => json(POPPED_UP),
        "/queryLoginWx" => json(r#"{"code":"1000","data":[]}"#),
        "/isOnline" => json(r#"{"code":"1000","data":{"isOnline":false}}"#),
        "/offlineReason" => json(r#"{"code":"1000","data":[{"wcId":"wxid_1","reason":null}]}"#),
        _ => json(r#"{"code":"1000","data":null}"#),
    })
    .await;
    let platform = platform(&fake);
    let PopUp::LoggedIn { w_id, profile } = platform.second_login(&wc_id()).await.unwrap() else {
        panic!("a login")
    };
    assert_eq!((w_id.as_str(), profile.wc_id), ("25d50610", wc_id()));
    assert_eq!(platform.online().await.unwrap(), []);
    assert!(!platform.is_online(&w_id).await.unwrap());
    assert_eq!(platform.offline_reason(&wc_id()).await.unwrap(), None);
    platform.set_callback(URL).await.unwrap();
    let expected = [
        ("/secondLogin", value!({"wcId": "wxid_1"})),
        ("/queryLoginWx", value!({})),
        ("/isOnline", value!({"wId": "25d50610"})),
        ("/offlineReason", value!({"wcId": "wxid_1"})),
        ("/setHttpCallbackUrl", value!({"httpUrl": URL, "type": 2})),
    ];
    let seen = fake.seen();
    assert_eq!(seen.len(), expected.len());
    for (seen, (path, body)) in seen.iter().zip(expected) {
        assert_eq!((seen.path(), serde_json::from_str::<Value>(&seen.body).unwrap()), (path, body));
        assert!(seen.head.contains("authorization: the-key\r\n"), "{}", seen.head);
    }
}

#[tokio::test]
async fn a_box_on_the_phone_has_as_long_as_a_poll() {
    let fake = Fake::new(|_| {
        tokio::time::pause();
        silence()
    })
    .await;
    let platform = platform(&fake);
    let began = tokio::time::Instant::now();
    assert_eq!(platform.second_login(&wc_id()).await.unwrap(), PopUp::NoAnswer);
    let (waited, limit) = (began.elapsed(), Duration::from_secs(260));
    assert!(waited >= limit && waited < limit + Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn silence_says_nothing_about_who_is_online() {
    let fake = Fake::new(|_| {
        tokio::time::pause();
        silence()
    })
    .await;
    let late = platform(&fake).online().await.unwrap_err();
    assert!(matches!(late, Trouble::Exchange(ExchangeError::NoAnswer(ORDINARY))), "{late:?}");
}

#[tokio::test]
async fn a_pop_up_login_gets_a_new_key_once_and_is_asked_for_again() {
    let fake = Fake::new(|seen| match seen.path() {
        "/member/login" => json(r#"{"code":"1000","data":{"Authorization":"new-key","status":0}}"#),
        _ if seen.head.contains("authorization: new-key\r\n") => json(POPPED_UP),
        _ => json(REFUSED_KEY),
    })
    .await;
    let settings = settings(&fake.url(""), with_password());
    let platform = Platform::new(&settings, Some(Secret::new("old-key")), forget()).unwrap();
    let outcome = platform.second_login(&wc_id()).await;
    assert!(matches!(outcome, Ok(PopUp::LoggedIn { .. })), "{outcome:?}");
    let paths: Vec<String> = fake.seen().iter().map(|seen| seen.path().to_owned()).collect();
    assert_eq!(paths, ["/secondLogin", "/member/login", "/secondLogin"]);
}

#[tokio::test]
async fn a_fleets_list_fits_and_a_flood_does_not() {
    let fake = Fake::new(|seen| match seen.path() {
        "/one/queryLoginWx" => json(&list(12_000, 36)),
        "/two/queryLoginWx" => json(&list(10_000, 128)),
        "/three/queryLoginWx" => json(&list(16_000, 128)),
        _ => json(&format!(r#"{{"code":"1000","data":{{"isOnline":true}}{}}}"#, " ".repeat(2 << 20))),
    })
    .await;
    let at = |path| Platform::new(&settings(&fake.url(path), with_key()), None, forget()).unwrap();
    assert_eq!(at("/one").online().await.unwrap().len(), 12_000);
    assert_eq!(at("/two").online().await.unwrap().len(), 10_000);
    for flood in [at("/three").online().await.err(), at("/one").is_online(&w_id()).await.err()] {
        assert!(matches!(flood, Some(Trouble::Exchange(ExchangeError::TooLarge(_)))), "{flood:?}");
    }
}

#[tokio::test]
async fn a_callback_url_is_shown_nowhere() {
    let said = "s3cr3t-path /callback/s3cr3t-path http://bot.example.org:7431/callback/s3cr3t-path";
    for answer in [
        json(&value!({"code": "1001", "message": said}).to_string()),
        json(&value!({"code": "1002", "message": said, "data": {"httpUrl": URL}}).to_string()),
        json(&value!({"code": "1000", "data": {"code": 7, "httpUrl": URL}}).to_string().replace('/', "\\/")),
        html(502, said),
    ] {
        let fake = Fake::new(move |_| answer.clone()).await;
        let trouble = platform(&fake).set_callback(URL).await.unwrap_err();
        let shown = format!("{trouble} {trouble:?} {:?}", trouble.body_excerpt());
        assert!(!shown.contains("s3cr3t") && !shown.contains("bot.example"), "{shown}");
        assert!(fake.seen()[0].body.contains(URL));
    }
}

#[tokio::test]
async fn a_waiting_box_is_small_and_can_be_a_task() {
    fn task<T: Send>(work: T) -> T {
        work
    }
    let fake = Fake::new(|_| silence()).await;
    let platform = platform(&fake);
    let wc_id = wc_id();
    let size = size_of_val(&task(platform.second_login(&wc_id)));
    assert!(size < 3 * 1024, "{size} bytes");
    let w_id = w_id();
    drop(task(platform.online()));
    drop(task(platform.is_online(&w_id)));
    drop(task(platform.offline_reason(&wc_id)));
    drop(task(platform.set_callback(URL)));
}
