//! What the platform may post, and what each of it is taken for.

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
fn whatever_does_not_say_clearly_that_it_is_a_notice_is_a_message() {
    for body in [
        &b""[..],
        b"<html>",
        b"{\"messageType\":\"30000\",",
        b"\xff{}",
        b"[]",
        b"\"30000\"",
        b"{}",
        br#"{"messageType":null}"#,
        br#"{"messageType":{"x":1}}"#,
        br#"{"messageType":"60001","messageType":"30000","wcId":"wxid_1"}"#,
        br#"{"messageType":"30000","wcId":"wxid_1","wcId":"wxid_2"}"#,
    ] {
        assert_eq!(Notice::read(body), Ok(Notice::Message), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn the_acknowledgement_is_the_platforms_own_success() {
    assert_eq!(serde_json::from_str::<Value>(Notice::ACK).unwrap(), json!({"code": "1000"}));
}

proptest! {
    #[test]
    fn no_bytes_at_all_make_a_notice(body in any::<Vec<u8>>()) {
        prop_assert_eq!(Notice::read(&body), Ok(Notice::Message));
    }
}
