//! `/member/offline` and `/setHttpCallbackUrl`: done, or not.

use proptest::prelude::*;
use serde_json::json;
use wxlogin_state::Secret;

use super::*;
use crate::platform::device::order::{CallbackCall, done, secrets_of};
use crate::platform::redact;

const URL: &str = "http://bot.example.org:7431/callback/s3cr3t-path?v=1";

#[test]
fn a_success_is_done_whatever_comes_with_it() {
    for data in ["null", "{}", "[]", r#"{"wcId":7}"#] {
        assert!(done(&ok(&format!(r#"{{"code":"1000","data":{data}}}"#))).is_ok(), "{data}");
    }
    assert!(done(&ok(r#"{"code":1000,"msg":"处理成功"}"#)).is_ok());
}

#[test]
fn what_is_no_success_is_not_done() {
    says_nothing(r#"{"code":"1000","message":"处理成功","data":null}"#, done);
    a_failure_is_refused(done);
    assert_eq!(kind(done(&reply(504, b""))), Kind::Status(504));
    let nested = r#"{"code":"1000","data":{"code":"1002","message":"失败","data":null}}"#;
    assert_eq!(kind(done(&ok(nested))), Kind::Fault(Fault::UnknownCode));
}

#[test]
fn the_call_for_callbacks_names_their_url_and_their_type() {
    let url = Secret::new(URL);
    assert_eq!(serde_json::to_value(CallbackCall::of(&url)).unwrap(), json!({"httpUrl": URL, "type": 2}));
}

#[test]
fn no_piece_of_a_callback_url_that_could_be_its_secret_is_shown() {
    let secrets = secrets_of(URL);
    let secrets: Vec<&Secret> = secrets.iter().collect();
    for (said, shown) in [
        ("httpUrl http://bot.example.org:7431/callback/s3cr3t-path?v=1 无法访问", "httpUrl … 无法访问"),
        ("/callback/s3cr3t-path?v=1 无法访问", "… 无法访问"),
        ("s3cr3t-path 无法访问", "… 无法访问"),
        ("404 s3cr3t-path?v=2", "404 …?v=2"),
        ("参数httpUrl必须以http://开头", "参数httpUrl必须以http://开头"),
    ] {
        assert_eq!(redact::sentence(said, &secrets), shown);
        let body = json!({"code": "1001", "message": said}).to_string().replace('/', "\\/");
        for cut in [body.len(), body.len() - 1] {
            let logged = redact::excerpt(&body.as_bytes()[..cut], &secrets);
            assert!(!logged.contains("s3cr3t"), "{logged}");
        }
    }
    assert_eq!(secrets_of("http://h/"), [Secret::new("http://h/")]);
    assert_eq!(secrets_of("http://h/x"), [Secret::new("http://h/x"), Secret::new("/x")]);
}

proptest! {
    #[test]
    fn no_bytes_at_all_are_done(status in any::<u16>(), body in any::<Vec<u8>>()) {
        prop_assert!(done(&reply(status, &body)).is_err());
    }

    #[test]
    fn nothing_but_the_code_of_a_success_is_done(body in any_success()) {
        let is_success = |code: Option<&Value>| matches!(code, Some(code) if *code == "1000" || *code == 1000);
        if done(&ok(&body.to_string())).is_ok() {
            prop_assert!(is_success(body.get("code")), "{body}");
        }
    }
}
