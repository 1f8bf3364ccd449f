use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(body: &Value) -> Result<Notice, Fault> {
    Notice::read(body.to_string().as_bytes())
}

fn offline(w_id: Option<&str>) -> Notice {
    Notice::Offline { wc_id: "wxid_1".parse().unwrap(), w_id: w_id.map(|text| text.parse().unwrap()) }
}

#[test]
fn a_notice_names_the_account_and_the_login_that_was_lost() {
    for kind in [json!("30000"), json!(30_000)] {
        let body = json!({"account": "186", "messageType": kind, "wcId": "wxid_1",
            "data": {"wId": "25d50610-1a82", "reason": "用户在手机上退出了登录"}});
        assert_eq!(read(&body), Ok(offline(Some("25d50610-1a82"))), "{body}");
    }
    let marked = "\u{feff}{\"messageType\":\"30000\",\"wcId\":\"wxid_1\"}";
    assert_eq!(Notice::read(marked.as_bytes()), Ok(offline(None)));
}

#[test]
fn a_notice_whose_wid_cannot_be_still_is_a_hint() {
    for data in [
        json!(null),
        json!({}),
        json!({"wId": null}),
        json!({"wId": ""}),
        json!({"wId": 7}),
        json!({"wId": "a/b"}),
        json!([]),
        json!("{\"wId\":\"25d50610\"}"),
    ] {
        let body = json!({"messageType": "30000", "wcId": "wxid_1", "data": data});
        assert_eq!(read(&body), Ok(offline(None)), "{body}");
    }
}

#[test]
fn a_notice_about_nobody_is_none() {
    let about = |wc_id| read(&json!({"messageType": "30000", "wcId": wc_id, "data": {"wId": "25d50610"}}));
    for wc_id in [json!(""), json!("a b"), json!("微信"), json!("x".repeat(129))] {
        assert_eq!(about(wc_id.clone()), Err(Fault::Impossible("wcId")), "{wc_id}");
    }
    for wc_id in [json!(null), json!(7), json!(["wxid_1"])] {
        assert_eq!(about(wc_id.clone()), Err(Fault::Mistyped("wcId")), "{wc_id}");
    }
    let without = json!({"messageType": "30000", "data": {"wcId": "wxid_1"}});
    assert_eq!(read(&without), Err(Fault::Mistyped("wcId")));
}

#[test]
fn the_test_and_chat_messages_are_told_apart() {
    let test = json!({"account": "186", "messageType": "00000", "wcId": "", "data": {"content": "test"}});
    assert_eq!(read(&test), Ok(Notice::Test));
    for kind in [json!("60001"), json!(60_001), json!(""), json!("030000"), json!(30_000.5), json!(-30_000)] {
        let body = json!({"messageType": kind, "wcId": "wxid_1", "data": {"content": "30000"}});
        assert_eq!(read(&body), Ok(Notice::Message), "{body}");
    }
}

#[test]
fn what_is_no_message_has_a_named_fault() {
    for (body, fault) in [
        (&b""[..], Fault::NotJson),
        (b"<html>", Fault::NotJson),
        (b"{\"messageType\":\"30000\",", Fault::NotJson),
        (b"\xff{}", Fault::NotUtf8),
        (b"[]", Fault::NotAnObject),
        (b"\"30000\"", Fault::NotAnObject),
        (b"{}", Fault::Mistyped("messageType")),
        (br#"{"messageType":null}"#, Fault::Mistyped("messageType")),
        (br#"{"messageType":{"x":1}}"#, Fault::Mistyped("messageType")),
        (br#"{"messageType":"60001","messageType":"30000","wcId":"wxid_1"}"#, Fault::Repeated),
        (br#"{"messageType":"30000","wcId":"wxid_1","wcId":"wxid_2"}"#, Fault::Repeated),
    ] {
        assert_eq!(Notice::read(body), Err(fault), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn the_acknowledgement_is_the_platforms_own_success() {
    assert_eq!(serde_json::from_str::<Value>(Notice::ACK).unwrap(), json!({"code": "1000"}));
}

proptest! {
    #[test]
    fn no_bytes_at_all_make_a_notice(body in any::<Vec<u8>>()) {
        prop_assert!(Notice::read(&body).is_err());
    }
}
