//! What each answer means, call by call; and here, what means nothing to any of them.

mod order;
mod poll;
mod popup;
mod presence;
mod qr;
mod reason;

use std::fmt::Debug;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// Seed 002, 错误返回示例, verbatim.
const SEED_FAILURE: &str = r#"{
"message": "失败",
"code": "1001",
"data": null
}"#;

fn reply(status: u16, body: &[u8]) -> Reply<'static> {
    Reply { status, body: Bytes::copy_from_slice(body), secrets: &[] }
}

fn ok(body: &str) -> Reply<'static> {
    reply(200, body.as_bytes())
}

/// Why an answer means nothing.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Fault(Fault),
    Without(&'static str),
    Refused(String),
    KeyRefused,
    Status(u16),
}

fn kind<T: Debug>(result: Result<T, Trouble>) -> Kind {
    match result.expect_err("trouble") {
        Trouble::Unreadable { fault, .. } => Kind::Fault(fault),
        Trouble::Incomplete { missing, .. } => Kind::Without(missing),
        Trouble::Refused { sentence } => Kind::Refused(sentence),
        Trouble::KeyRefused { .. } => Kind::KeyRefused,
        Trouble::Status { status, .. } => Kind::Status(status),
        other => panic!("no answer makes {other:?}"),
    }
}

/// Gives a call every answer that says nothing to any call, and `success`, a good one, torn and spoilt.
fn says_nothing<T: Debug>(success: &str, read: impl Fn(&Reply<'_>) -> Result<T, Trouble>) {
    assert!(read(&ok(success)).is_ok(), "{success}");
    for status in [302, 400, 404, 429, 500, 502, 503] {
        for body in ["<html>nginx</html>", "", success, SEED_FAILURE] {
            assert_eq!(kind(read(&reply(status, body.as_bytes()))), Kind::Status(status), "{body}");
        }
    }
    for status in [401, 403] {
        assert_eq!(kind(read(&reply(status, success.as_bytes()))), Kind::KeyRefused);
    }
    for code in ["\"1001\"", "1001", "1002"] {
        let refused = format!(r#"{{"code":{code},"msg":"Authorization无效，请重新登录","data":null}}"#);
        assert_eq!(kind(read(&ok(&refused))), Kind::KeyRefused, "{refused}");
        let nested = format!(r#"{{"code":1000,"data":{refused}}}"#);
        // Only a code that means something makes data an envelope.
        let found = kind(read(&ok(&nested)));
        assert!(code == "1002" || found == Kind::KeyRefused, "{nested}: {found:?}");
    }
    for (body, fault) in [
        ("", Fault::NotJson),
        ("<html>维护中</html>", Fault::NotJson),
        ("\"1000\"", Fault::NotAnObject),
        ("[]", Fault::NotAnObject),
        ("{}", Fault::Mistyped("code")),
        (r#"{"code":true,"data":null}"#, Fault::Mistyped("code")),
        (r#"{"code":"1000","message":7}"#, Fault::Mistyped("message")),
        (r#"{"code":"1000","data":"ok"}"#, Fault::Mistyped("data")),
        (r#"{"code":"1000","data":true}"#, Fault::Mistyped("data")),
        (r#"{"code":"1002","message":"失败","data":null}"#, Fault::UnknownCode),
        (r#"{"code":"1001","code":"1000","data":null}"#, Fault::Repeated),
    ] {
        assert_eq!(kind(read(&ok(body))), Kind::Fault(fault), "{body}");
    }
    let gbk = b"{\"code\":\"1001\",\"message\":\"\xca\xa7\xb0\xdc\"}";
    assert_eq!(kind(read(&reply(200, gbk))), Kind::Fault(Fault::NotUtf8));
    for cut in (0..success.len()).filter(|cut| success.is_char_boundary(*cut)) {
        assert_eq!(kind(read(&ok(&success[..cut]))), Kind::Fault(Fault::NotJson), "{}", &success[..cut]);
    }
}

/// A failure is a refusal to any call but the two that log in, however it is spelled.
fn a_failure_is_refused<T: Debug>(read: impl Fn(&Reply<'_>) -> Result<T, Trouble>) {
    for body in [
        SEED_FAILURE,
        r#"{"code":1001,"msg":"失败"}"#,
        r#"{"code":"1001","message":"失败","data":[]}"#,
        r#"{"code":"1001","message":"失败","data":"失败"}"#,
        r#"{"code":"1000","message":"处理成功","data":{"code":"1001","message":"失败","data":null}}"#,
    ] {
        assert_eq!(kind(read(&ok(body))), Kind::Refused("失败".to_owned()), "{body}");
    }
    let silent = Kind::Refused("the platform gave no reason".to_owned());
    assert_eq!(kind(read(&ok(r#"{"code":"1001"}"#))), silent);
    let unknown = r#"{"code":"200","message":"ok","data":null}"#;
    assert_eq!(kind(read(&ok(unknown))), Kind::Fault(Fault::UnknownCode));
}

/// JSON values as a platform gone wrong might send them.
fn any_json() -> impl Strategy<Value = Value> {
    let texts = [
        "1000",
        "1001",
        "200",
        "",
        "失败",
        "http://h/",
        "wxid_1",
        "验证码",
        "a b",
        "25d50610",
        "true",
        "<Content>",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
    ];
    let names = ["code", "message", "msg", "data", "url", "wcId", "wId", "uin", "isOnline", "reason"];
    let name = prop::sample::select(names.to_vec());
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..6)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

/// Bodies of a platform gone wrong, most of them in the envelope of a success.
fn any_success() -> impl Strategy<Value = Value> {
    (any_json(), any::<bool>())
        .prop_map(|(body, bare)| if bare { body } else { serde_json::json!({"code": "1000", "data": body}) })
}
