//! The client's own rules, without a network: parameters, signatures, the seed's examples, what answers mean.

mod world;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::platform::trouble::Fault;
use crate::sandbox::app::tests::cases::cases;

/// The seed's examples, character by character; the form is what curl makes of its `--data-urlencode`.
const FORM: &str = include_str!("tests/request.form");
const JSON: &str = include_str!("tests/request.json");
const WHOLE: &str = include_str!("tests/whole.json");
const BRIEF: &str = include_str!("tests/brief.json");

fn read(media_type: &str, body: &str) -> Result<Login, Refusal> {
    Login::read(&Fields::read(Some(media_type), body.as_bytes())?)
}

fn form(body: &str) -> Result<Login, Refusal> {
    read("application/x-www-form-urlencoded", body)
}

/// What an answer of this status and body means, where the platform might echo these secrets.
fn answered(status: u16, body: &str) -> Result<Answer, Trouble> {
    let code = Secret::new("s3cr3t-code");
    answer::logged_in(&Reply { status, body: Bytes::copy_from_slice(body.as_bytes()), secrets: &[&code] })
}

#[test]
fn the_seeds_form_is_written_character_by_character() {
    let login = form(FORM).unwrap();
    assert_eq!(login.code.reveal(), "12312312312");
    // The app's secret is not published: the example's sign can be carried, and not checked.
    let sign = Secret::new("e6d8c298f4f2b0eb1eaf60afc3653532");
    assert_eq!(login.signed("D5fceA1sVtmaMY1x", "1745649979", &sign), FORM);
}

#[test]
fn the_seeds_json_is_written_character_by_character_but_for_its_blanks() {
    let login = read("application/json; charset=utf-8", JSON).unwrap();
    assert_eq!((login.version_number, login.need_user_detail), (1, Some(true)));
    let sign = Secret::new("79b4f3825a6e033da1b262bdff8147ce");
    let blank_free: String = JSON.chars().filter(|c| !c.is_whitespace()).collect();
    assert_eq!(login.signed("D5fceA1sVtmaMY1x", "1745652994", &sign), blank_free);
}

#[test]
fn the_sign_is_what_md5sum_makes_of_appkey_timestamp_and_secret() {
    for (appkey, secret, expected) in [
        ("sandboxapp", "sandbox-app-secret", "cc493c679252ba4018ea50b600722660"),
        ("D5fceA1sVtmaMY1x", "机密", "4e309325048da40a76a72d2db94f4993"),
    ] {
        assert_eq!(sign(appkey, "1745649979", &Secret::new(secret)), expected, "{appkey}");
    }
}

#[test]
fn every_parameter_is_checked_as_the_seeds_table_says() {
    let cases = cases();
    for case in &cases {
        let (media_type, body) = (case.media_type(), case.body(&[("appkey", "k"), ("sign", "stray")]));
        match read(media_type, &body) {
            Err(refusal) => {
                assert_eq!(refusal.code, case.code, "{}", case.what);
                let body: Value = serde_json::from_slice(&refusal.body()).unwrap();
                assert_eq!(body["code"], case.code.to_string(), "{}", case.what);
                assert_eq!(body["msg"], *refusal.msg);
            }
            Ok(login) => {
                assert_eq!(case.code, 200, "{}", case.what);
                let sent = login.signed("k", "1745649979", &Secret::new("s"));
                let again = read(media_type, str::from_utf8(&sent).unwrap());
                assert_eq!(again.unwrap(), login, "{}: it is passed on as it came", case.what);
            }
        }
    }
    assert_eq!(cases.len(), 350, "how many cases there are");
}

#[test]
fn a_body_that_is_neither_form_nor_object_is_refused_as_a_whole() {
    for (content_type, body) in [
        (None, "code=1"),
        (Some(""), "code=1"),
        (Some("text/plain"), "code=1"),
        (Some("application/jsonp"), "{}"),
        (Some("application/json"), ""),
        (Some("application/json"), "[]"),
        (Some("application/json"), "null"),
        (Some("application/json"), "{\"code\":01}"),
        (Some("application/json"), "{\"code\":\"1\"} x"),
    ] {
        let refusal = Fields::read(content_type, body.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, 400, "{content_type:?} {body}");
    }
    assert!(Fields::read(Some(" Application/JSON ;x"), b"{}").is_ok());
    let deep = format!("{{\"code\":{}", "[".repeat(60_000));
    assert_eq!(read("application/json", &deep).unwrap_err().code, 400);
}

#[test]
fn the_app_is_named_once_or_not_at_all() {
    let appkey = |body: &str| {
        let fields = Fields::read(Some("application/x-www-form-urlencoded"), body.as_bytes()).unwrap();
        fields.appkey().map(str::to_owned)
    };
    assert_eq!(appkey("appkey=k").as_deref(), Some("k"));
    for body in ["", "appkey=", "appkey=k&appkey=k", "appkey=%FF"] {
        assert_eq!(appkey(body), None, "{body}");
    }
}

#[test]
fn only_the_codes_of_parameters_are_texts() {
    assert_eq!(Refusal::CODE_MISSING.body(), r#"{"code":"400104","msg":"code参数缺失"}"#);
    assert_eq!(Refusal::UNKNOWN_APPKEY.body(), r#"{"code":400199,"msg":"appkey不存在"}"#);
    let trouble = Trouble::Unreachable(io::ErrorKind::ConnectionRefused.into());
    let failed = r#"{"code":400194,"msg":"微信接口调用异常: the platform cannot be reached"}"#;
    assert_eq!(Refusal::of(&trouble).body(), failed);
}

#[test]
fn the_seeds_answers_are_logins() {
    for (body, expires_at) in [(WHOLE, 1_746_517_464), (BRIEF, 1_746_517_955)] {
        let Ok(Answer::LoggedIn(logged_in)) = answered(200, body) else { panic!("{body}") };
        assert_eq!((logged_in.uid, logged_in.expires_at.as_second()), (1_857_248_324, expires_at));
        let example: Value = serde_json::from_str(body).unwrap();
        assert_eq!(logged_in.access_token.reveal(), example["data"]["access_token"]);
        assert_eq!(logged_in.body, body, "it is passed on unchanged");
    }
}

#[test]
fn numbers_may_be_texts() {
    let body = r#"{"code":"200","data":{"uid":"7","access_token":"t","token_expired_at":"1746517464"}}"#;
    let Ok(Answer::LoggedIn(logged_in)) = answered(200, body) else { panic!() };
    assert_eq!((logged_in.uid, logged_in.expires_at.as_second()), (7, 1_746_517_464));
    for code in ["\"400194\"", "400194"] {
        let body = format!(r#"{{"code":{code},"msg":"x"}}"#);
        let refused = Answer::Refused { code: 400_194, body: body.clone().into() };
        assert_eq!(answered(200, &body).unwrap(), refused);
    }
}

#[test]
fn every_documented_code_is_a_refusal_and_no_other() {
    let global = [400, 401, 402, 404, 405, 413, 429, 500];
    let documented = (400_104..=400_116).chain(400_193..=400_199).chain(global).chain([400_250]);
    for code in documented {
        for status in [200, 404, 405, 413] {
            let answer = answered(status, &format!(r#"{{"code":{code},"msg":"x","data":null}}"#));
            assert!(matches!(answer, Ok(Answer::Refused { code: seen, .. }) if seen == code), "{code}");
        }
    }
    for code in
        ["0", "1", "199", "201", "403", "501", "400103", "400117", "400200", "400251", "-1", "2.5", "\"x\""]
    {
        let trouble = answered(200, &format!(r#"{{"code":{code},"msg":"x"}}"#)).unwrap_err();
        assert!(
            matches!(trouble, Trouble::Unreadable { fault: Fault::UnknownCode, .. }),
            "{code}: {trouble:?}"
        );
    }
}

#[test]
fn nothing_unreadable_is_guessed_into_success_or_refusal() {
    let login = |data: &str| format!(r#"{{"code":200,"msg":"success","data":{data}}}"#);
    for (status, body, expected) in [
        (200, "<html>".to_owned(), "unreadable"),
        (200, String::new(), "unreadable"),
        (200, "[]".to_owned(), "unreadable"),
        (200, "{}".to_owned(), "unreadable"),
        (200, r#"{"code":null}"#.to_owned(), "unreadable"),
        (200, r#"{"code":200,"code":400194}"#.to_owned(), "unreadable"),
        (200, BRIEF[..60].to_owned(), "unreadable"),
        (502, BRIEF.to_owned(), "status"),
        (500, r#"{"code":400194,"msg":"x"}"#.to_owned(), "status"),
        (302, BRIEF.to_owned(), "status"),
        (404, BRIEF.to_owned(), "status"),
        (404, "<html>".to_owned(), "status"),
        (200, r#"{"code":200,"msg":"success"}"#.to_owned(), "incomplete"),
        (200, login("null"), "incomplete"),
        (200, login("[]"), "unreadable"),
        (200, login("{}"), "incomplete"),
        (200, login(r#"{"access_token":"t","token_expired_at":1}"#), "incomplete"),
        (200, login(r#"{"uid":0,"access_token":"t","token_expired_at":1}"#), "unreadable"),
        (200, login(r#"{"uid":-1,"access_token":"t","token_expired_at":1}"#), "unreadable"),
        (200, login(r#"{"uid":1,"token_expired_at":1}"#), "incomplete"),
        (200, login(r#"{"uid":1,"access_token":"","token_expired_at":1}"#), "incomplete"),
        (200, login(r#"{"uid":1,"access_token":7,"token_expired_at":1}"#), "unreadable"),
        (200, login(r#"{"uid":1,"access_token":"a\nb","token_expired_at":1}"#), "unreadable"),
        (200, login(r#"{"uid":1,"access_token":"t"}"#), "incomplete"),
        (200, login(r#"{"uid":1,"access_token":"t","token_expired_at":0}"#), "unreadable"),
        (200, login(r#"{"uid":1,"access_token":"t","token_expired_at":1746517464000}"#), "unreadable"),
        (200, login(r#"{"uid":1,"access_token":"t","token_expired_at":"soon"}"#), "unreadable"),
    ] {
        let trouble = answered(status, &body).expect_err(&body);
        let kind = match &trouble {
            Trouble::Status { .. } => "status",
            Trouble::Unreadable { .. } => "unreadable",
            Trouble::Incomplete { .. } => "incomplete",
            _ => "another",
        };
        assert_eq!(kind, expected, "{status} {body}: {trouble:?}");
    }
}

#[test]
fn a_log_shows_nothing_of_a_user_or_of_what_was_sent() {
    let without_token =
        WHOLE.replace("access_token", "x").replace("\"msg\": \"success\"", "\"msg\": \"s3cr3t-code\"");
    let torn = &without_token[..without_token.len() - 3];
    let wrapped = r#"{"code":200,"data":"18518768888 111111"}"#;
    for body in [without_token.as_str(), torn, wrapped] {
        let trouble = answered(200, body).unwrap_err();
        let shown = format!("{trouble:?} {trouble} {:?}", trouble.body_excerpt());
        for hidden in ["s3cr3t-code", "18518768888", "111111", "e10adc3949", "MTc0NTY1", "herenet"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
        assert!(shown.contains("200"), "{shown}");
    }
}

#[test]
fn nothing_shows_a_code_a_secret_or_a_token() {
    let fields = Fields::read(Some("application/json"), JSON.as_bytes()).unwrap();
    let login = form("code=c4n4ry&version_number=1&channel=c").unwrap();
    let answer = answered(200, WHOLE).unwrap();
    let platform = AppPlatform::new(&"http://h/".parse().unwrap(), "k", &Secret::new("c4n4ry")).unwrap();
    let refused = answered(200, r#"{"code":400194,"msg":"c4n4ry"}"#).unwrap();
    let shown = format!("{fields:?} {login:?} {answer:?} {platform:?} {refused:?}");
    for hidden in ["xxxx", "c4n4ry", "79b4f3825a6e", "MTc0NTY1", "18518768888"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
}

#[test]
fn settings_that_cannot_work_are_named() {
    let outcome = |url: &str| AppPlatform::new(&url.parse().unwrap(), "k", &Secret::new("s")).err();
    for url in ["ftp://h/", "http://me:pass@h/", "/path"] {
        assert!(matches!(outcome(url), Some(SetupError::BaseUrl)), "{url}");
    }
    assert!(outcome("http://h/").is_none());
}

proptest! {
    #[test]
    fn no_bytes_make_a_check_panic(body in any::<Vec<u8>>(), json in any::<bool>()) {
        let media_type = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        let login = Fields::read(Some(media_type), &body).and_then(|fields| Login::read(&fields));
        prop_assert!(login.is_err());
    }

    #[test]
    fn what_is_accepted_is_read_again_as_it_was(
        code in "[^\u{fffd}]{1,128}",
        version_number in any::<i64>(),
        channel in "[^\u{fffd}]{1,32}",
        oaid in proptest::option::of("[^\u{fffd}]{1,128}"),
        need_user_detail in any::<Option<bool>>(),
        json in any::<bool>(),
    ) {
        let encoding = if json { Encoding::Json } else { Encoding::Form };
        let code = Secret::new(code);
        let login = Login { code, version_number, channel, oaid, device_id: None, need_user_detail, encoding };
        let sent = login.signed("k", "1745649979", &Secret::new("s"));
        let again = read(encoding.media_type(), str::from_utf8(&sent).unwrap());
        prop_assert_eq!(again, Ok(login));
    }

    #[test]
    fn no_bytes_are_taken_for_a_login(status in 100..600_u16, body in any::<Vec<u8>>()) {
        let reply = Reply { status, body: body.into(), secrets: &[] };
        prop_assert!(answer::logged_in(&reply).is_err());
    }
}
