//! `/queryLoginWx` and `/isOnline`: who is online, and when nobody can say.

use proptest::prelude::*;
use serde_json::json;
use wxlogin_state::WId;

use super::*;
use crate::platform::LARGEST_LIST;
use crate::platform::device::presence::{IsOnlineCall, OnlineCall, Presence, is_online, online};

const TWO: &str = r#"{"code":"1000","message":"处理成功","data":[{"wcId":"wxid_1","wId":"25d50610-1a82"},{"wcId":"wxid_2","wId":"0000016e-63eb"}]}"#;

const ONLINE: &str = r#"{"code":"1000","message":"处理成功","data":{"isOnline":true}}"#;

fn presence(wc_id: &str, w_id: &str) -> Presence {
    Presence { wc_id: wc_id.parse().unwrap(), w_id: w_id.parse().unwrap() }
}

fn list(data: &Value) -> Result<Vec<Presence>, Trouble> {
    online(&ok(&json!({"code": "1000", "message": "处理成功", "data": data}).to_string()))
}

#[test]
fn the_calls_ask_for_everybody_and_for_one() {
    assert_eq!(serde_json::to_string(&OnlineCall {}).unwrap(), "{}");
    let w_id: WId = "25d50610-1a82".parse().unwrap();
    assert_eq!(serde_json::to_value(IsOnlineCall { w_id: &w_id }).unwrap(), json!({"wId": "25d50610-1a82"}));
}

#[test]
fn everybody_who_is_listed_is_online_in_the_platforms_order() {
    let expected = [presence("wxid_1", "25d50610-1a82"), presence("wxid_2", "0000016e-63eb")];
    assert_eq!(online(&ok(TWO)).unwrap(), expected);
    let spelled =
        TWO.replace("\"1000\"", "1000").replace("message", "msg").replace("\"wId\"", "\"x\":null,\"wId\"");
    assert_eq!(online(&ok(&spelled)).unwrap(), expected);
    let nested = format!(r#"{{"code":1000,"data":{TWO}}}"#);
    assert_eq!(online(&ok(&nested)).unwrap(), expected);
}

#[test]
fn an_empty_list_means_that_nobody_is_online() {
    assert_eq!(list(&json!([])).unwrap(), []);
}

#[test]
fn no_list_says_nothing_about_anybody() {
    assert_eq!(kind(list(&json!(null))), Kind::Without("data"));
    assert_eq!(kind(online(&ok(r#"{"code":"1000","message":"处理成功"}"#))), Kind::Without("data"));
    for data in [json!({}), json!({"wcId": "wxid_1", "wId": "25d50610"}), json!({"list": []}), json!("[]")] {
        assert_eq!(kind(list(&data)), Kind::Fault(Fault::Mistyped("data")), "{data}");
    }
}

#[test]
fn one_entry_that_cannot_be_read_spoils_the_list() {
    let good = json!({"wcId": "wxid_1", "wId": "25d50610"});
    for (entry, expected) in [
        (json!({}), Kind::Without("data[].wcId")),
        (json!({"wId": "25d50610"}), Kind::Without("data[].wcId")),
        (json!({"wcId": null, "wId": "25d50610"}), Kind::Without("data[].wcId")),
        (json!({"wcId": "wxid_2"}), Kind::Without("data[].wId")),
        (json!({"wcId": "wxid_2", "wId": ""}), Kind::Without("data[].wId")),
        (json!({"wcId": 2, "wId": "25d50610"}), Kind::Fault(Fault::Impossible("data[].wcId"))),
        (json!({"wcId": "微信", "wId": "25d50610"}), Kind::Fault(Fault::Impossible("data[].wcId"))),
        (json!({"wcId": "wxid_2", "wId": {"a": 1}}), Kind::Fault(Fault::Impossible("data[].wId"))),
        (json!(null), Kind::Fault(Fault::Mistyped("data[]"))),
        (json!("wxid_2"), Kind::Fault(Fault::Mistyped("data[]"))),
        (json!([good]), Kind::Fault(Fault::Mistyped("data[]"))),
    ] {
        for data in [json!([good, entry]), json!([entry, good])] {
            assert_eq!(kind(list(&data)), expected, "{data}");
        }
    }
}

#[test]
fn an_account_with_two_instances_is_there_twice_and_a_repeated_entry_once() {
    let data = json!([
        {"wcId": "wxid_1", "wId": "new"},
        {"wcId": "wxid_2", "wId": "x"},
        {"wcId": "wxid_1", "wId": "new"},
        {"wcId": "wxid_1", "wId": "old"},
    ]);
    let expected = [presence("wxid_1", "new"), presence("wxid_2", "x"), presence("wxid_1", "old")];
    assert_eq!(list(&data).unwrap(), expected);
}

#[test]
fn what_is_nobodys_answer_says_nothing_about_presence() {
    says_nothing(TWO, online);
    a_failure_is_refused(online);
    says_nothing(ONLINE, is_online);
    a_failure_is_refused(is_online);
    assert_eq!(kind(online(&reply(504, b""))), Kind::Status(504));
    assert_eq!(kind(is_online(&reply(504, b""))), Kind::Status(504));
}

#[test]
fn ten_thousand_with_the_longest_identifiers_fit_an_answer() {
    let entry = |n: usize| json!({"wcId": format!("{n:0>128}"), "wId": format!("{n:0>128}")});
    let data: Value = (0..10_000).map(entry).collect();
    let length = json!({"code": "1000", "data": data}).to_string().len();
    assert!(length < LARGEST_LIST, "{length}");
    assert_eq!(list(&data).unwrap().len(), 10_000);
    let own = r#"{"wcId":"wxid_ylxtxxg0p8bx22","wId":"25d50610-1a82-4531-b9db-dd80c5a3c14a"},"#.len();
    assert!(50_000 * own < LARGEST_LIST, "{own}");
}

#[test]
fn only_true_and_false_say_whether_a_login_is_online() {
    let outcome = |data: Value| is_online(&ok(&json!({"code": 1000, "data": data}).to_string()));
    assert!(is_online(&ok(ONLINE)).unwrap());
    assert!(!outcome(json!({"isOnline": false})).unwrap());
    for data in [json!(null), json!({}), json!({"isOnline": null}), json!({"online": true})] {
        assert_eq!(kind(outcome(data.clone())), Kind::Without("data.isOnline"), "{data}");
    }
    for value in [json!("true"), json!("false"), json!(0), json!(1), json!([true]), json!("")] {
        let expected = Kind::Fault(Fault::Mistyped("data.isOnline"));
        assert_eq!(kind(outcome(json!({"isOnline": value}))), expected, "{value}");
    }
    for data in [json!([]), json!([{"isOnline": true}]), json!(true)] {
        assert_eq!(kind(outcome(data.clone())), Kind::Fault(Fault::Mistyped("data")), "{data}");
    }
}

proptest! {
    #[test]
    fn no_bytes_at_all_say_who_is_online(status in any::<u16>(), body in any::<Vec<u8>>()) {
        prop_assert!(online(&reply(status, &body)).is_err());
        prop_assert!(is_online(&reply(status, &body)).is_err());
    }

    #[test]
    fn a_list_is_believed_as_a_whole_or_not_at_all(body in any_success()) {
        if let Ok(list) = online(&ok(&body.to_string())) {
            let data = [body.pointer("/data"), body.pointer("/data/data")];
            let data = data.into_iter().flatten().find_map(Value::as_array).unwrap();
            let listed = |entry: &Value| {
                list.iter().any(|one| entry["wcId"] == one.wc_id.as_str() && entry["wId"] == one.w_id.as_str())
            };
            prop_assert!(data.iter().all(listed), "{body}");
        }
    }

    #[test]
    fn nobody_is_online_or_offline_without_a_bool(body in any_success()) {
        if let Ok(online) = is_online(&ok(&body.to_string())) {
            let said = [body.pointer("/data/isOnline"), body.pointer("/data/data/isOnline")];
            prop_assert!(said.contains(&Some(&Value::from(online))), "{body}");
        }
    }
}
