//! `/secondLogin`: who confirmed, and who did not.

use proptest::prelude::*;
use serde_json::json;
use wxlogin_state::{Profile, WcId};

use super::*;
use crate::platform::device::popup::{PopUp, PopUpCall, popped_up};

const LOGGED_IN: &str = r#"{"code":"1000","message":"处理成功","data":{"wcId":"wxid_1","wId":"25d50610-1a82","nickName":"贝塔同学","uin":124723525}}"#;

fn asked() -> WcId {
    "wxid_1".parse().unwrap()
}

fn read(reply: &Reply<'_>) -> Result<PopUp, Trouble> {
    popped_up(reply, &asked())
}

fn failed(why: Failure, message: &str) -> PopUp {
    PopUp::Failed { why, message: message.to_owned() }
}

#[test]
fn the_call_names_the_account() {
    assert_eq!(serde_json::to_value(PopUpCall { wc_id: &asked() }).unwrap(), json!({"wcId": "wxid_1"}));
}

#[test]
fn a_confirmed_box_is_a_new_instance_of_the_account_with_its_profile() {
    let profile =
        Profile {
            nick_name: Some("贝塔同学".to_owned()), uin: Some(124_723_525), ..Profile::of(asked())
        };
    let expected = PopUp::LoggedIn { w_id: "25d50610-1a82".parse().unwrap(), profile: Box::new(profile) };
    assert_eq!(read(&ok(LOGGED_IN)).unwrap(), expected);
    let spelled = LOGGED_IN.replace("\"1000\"", "1000").replace("message", "msg");
    assert_eq!(read(&ok(&spelled)).unwrap(), expected);
    let nested = format!(r#"{{"code":"1000","data":{LOGGED_IN}}}"#);
    assert_eq!(read(&ok(&nested)).unwrap(), expected);
}

#[test]
fn a_failure_keeps_its_sentence_whether_it_is_nested_or_not() {
    for (message, why) in [
        ("二次登录失败，请扫码登录", Failure::Other),
        ("用户取消登录", Failure::Declined),
        ("用户拒绝授权登录", Failure::Declined),
        ("确认超时", Failure::Expired),
        ("请在iPad上输入验证码", Failure::Other),
        ("该账号已在线", Failure::Other),
    ] {
        let plain = json!({"code": "1001", "message": message, "data": null});
        let numbered = json!({"code": 1001, "msg": message, "data": {"wcId": "wxid_1", "wId": "25d50610"}});
        for body in [
            plain.clone(),
            numbered.clone(),
            json!({"code": "1000", "message": "处理成功", "data": plain}),
            json!({"code": 1000, "msg": "处理成功", "data": numbered}),
        ] {
            assert_eq!(read(&ok(&body.to_string())).unwrap(), failed(why, message), "{body}");
        }
    }
    let silent = failed(Failure::Other, "the platform gave no reason");
    assert_eq!(read(&ok(r#"{"code":"1000","data":{"code":"1001"}}"#)).unwrap(), silent);
}

#[test]
fn a_gateway_that_waited_in_vain_is_no_answer() {
    for body in ["<html>Gateway Time-out</html>", "", LOGGED_IN] {
        assert_eq!(read(&reply(504, body.as_bytes())).unwrap(), PopUp::NoAnswer);
    }
}

#[test]
fn what_is_nobodys_answer_says_nothing() {
    says_nothing(LOGGED_IN, read);
}

#[test]
fn a_success_without_both_identities_is_no_login() {
    for (data, expected) in [
        (json!(null), Kind::Without("data.wcId")),
        (json!({}), Kind::Without("data.wcId")),
        (json!({"wId": "25d50610"}), Kind::Without("data.wcId")),
        (json!({"wcId": "", "wId": "25d50610"}), Kind::Without("data.wcId")),
        (json!({"wcId": "wxid_1"}), Kind::Without("data.wId")),
        (json!({"wcId": "wxid_1", "wId": null}), Kind::Without("data.wId")),
        (json!({"wcId": "wxid_1", "wId": " "}), Kind::Without("data.wId")),
        (json!({"url": "http://h/captcha"}), Kind::Without("data.wcId")),
        (json!({"wcId": "wxid_1", "wId": 7}), Kind::Fault(Fault::Impossible("data.wId"))),
        (json!({"wcId": "wxid_1", "wId": "a/b"}), Kind::Fault(Fault::Impossible("data.wId"))),
        (json!({"wcId": ["wxid_1"], "wId": "25d50610"}), Kind::Fault(Fault::Impossible("data.wcId"))),
        (json!([{"wcId": "wxid_1", "wId": "25d50610"}]), Kind::Fault(Fault::Mistyped("data"))),
    ] {
        let body = json!({"code": "1000", "data": data}).to_string();
        assert_eq!(kind(read(&ok(&body))), expected, "{body}");
    }
    let slider = LOGGED_IN.replace("\"1000\"", "\"200\"");
    assert_eq!(kind(read(&ok(&slider))), Kind::Fault(Fault::UnknownCode));
}

#[test]
fn somebody_elses_login_is_not_the_one_that_was_asked_for() {
    for other in ["wxid_2", "WXID_1", "wxid_11", " wxid_1"] {
        let body = LOGGED_IN.replace("wxid_1", other);
        assert_eq!(kind(read(&ok(&body))), Kind::Fault(Fault::Impossible("data.wcId")), "{other}");
    }
}

proptest! {
    #[test]
    fn no_bytes_at_all_make_a_login(status in any::<u16>(), body in any::<Vec<u8>>()) {
        prop_assert!(matches!(read(&reply(status, &body)), Err(_) | Ok(PopUp::NoAnswer)));
    }

    #[test]
    fn no_answer_without_both_identities_makes_a_login(body in any_success()) {
        if let Ok(PopUp::LoggedIn { w_id, .. }) = read(&ok(&body.to_string())) {
            let data = [body.pointer("/data"), body.pointer("/data/data")];
            let names = |data: &Value| data["wcId"] == "wxid_1" && data["wId"] == w_id.as_str();
            prop_assert!(data.into_iter().flatten().any(names), "{body}");
        }
    }
}
