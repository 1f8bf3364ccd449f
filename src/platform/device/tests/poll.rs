//! The table "What `/getIPadLoginInfo` can answer", row by row, and what is in no row.

use proptest::prelude::*;
use serde_json::json;
use wxlogin_state::{Answer, Profile, Secret};

use super::*;
use crate::platform::device::poll::{PollCall, Polled, polled};

/// Seed 002, mac新设备登录 触发滑块示例, verbatim.
const SEED_SLIDER: &str = r#"{
"code": "1000",
"message": "处理成功",
"data": {
"url": "http://115.227.17.31:7878/captcha/index.html?appid=2078688116&uuid=2254249a-4de2-4f47-a714-4ff50e6da864"
}
}"#;

/// Seed 002, 登录成功示例, verbatim.
const SEED_SUCCESS: &str = r#"{
"code": "1000",
"message": "处理成功",
"data": {
"country": "CN",
"wAccount": "hi1212",
"deviceType": "android",
"city": "",
"signature": "我的签名如风一样难以琢磨",
"nickName": "贝塔同学",
"sex": 2,
"headUrl": "http://wx.qlogo.cn/mmhead/ver_1/EImpg1FWcIdhPg3zRAnkVdVdV2hic1Mib7zZ9mLTwhv5QzhNrdTCL0nKAsOgiaRrJmQwrXnBY7c1QNDo4aNc8niaicYuQpLPbJqyaJ6sKjlm5mKY/0",
"type": 2,
"smallHeadImgUrl": "http://wx.qlogo.cn/mmhead/ver_1/EImpg1FWcIdhPg3zRAnkVdVdV2hic1Mib7zZ9mLTwhv5QzhNrdTCL0nKAsOgiaRrJmQwrXnBY7c1QNDo4aNc8niaicYuQpLPbJqyaJ6sKjlm5mKY/132",
"wcId": "wxid_ylxtxxg0p8bx22",
"wId": "25d50610-1a82-4531-b9db-dd80c5a3c14a",
"mobilePhone": "19822121231",
"uin": 124723525,
"status": 3,
"username": "18013350963"
}
}"#;

/// Seed 002, 错误返回示例, verbatim.
const SEED_FAILURE: &str = r#"{
"message": "失败",
"code": "1001",
"data": null
}"#;

fn answer(body: &str) -> Answer {
    match polled(&reply(200, body.as_bytes())) {
        Ok(Polled::Answer(answer)) => answer,
        other => panic!("{body} → {other:?}"),
    }
}

fn trouble(body: &str) -> Trouble {
    polled(&reply(200, body.as_bytes())).expect_err(body)
}

fn failed(why: Failure, message: &str) -> Answer {
    Answer::Failed { why, message: message.to_owned() }
}

fn slider(url: &str) -> Answer {
    Answer::SliderAsked { url: url.to_owned() }
}

fn asked(prompt: &str) -> Answer {
    Answer::CodeAsked { prompt: prompt.to_owned() }
}

#[test]
fn the_seeds_success_is_a_login_with_its_profile() {
    let head = "http://wx.qlogo.cn/mmhead/ver_1/EImpg1FWcIdhPg3zRAnkVdVdV2hic1Mib7zZ9mLTwhv5QzhNrdTCL0nKAsOgiaRrJmQwrXnBY7c1QNDo4aNc8niaicYuQpLPbJqyaJ6sKjlm5mKY";
    let expected = Profile {
        nick_name: Some("贝塔同学".to_owned()),
        device_type: Some("android".to_owned()),
        uin: Some(124_723_525),
        head_url: Some(format!("{head}/0")),
        small_head_img_url: Some(format!("{head}/132")),
        w_account: Some("hi1212".to_owned()),
        sex: Some(2),
        mobile_phone: Some("19822121231".to_owned()),
        username: Some("18013350963".to_owned()),
        signature: Some("我的签名如风一样难以琢磨".to_owned()),
        country: Some("CN".to_owned()),
        kind: Some(2),
        status: Some(3),
        ..Profile::of("wxid_ylxtxxg0p8bx22".parse().unwrap())
    };
    assert_eq!(answer(SEED_SUCCESS), Answer::LoggedIn(Box::new(expected)));
}

#[test]
fn the_seeds_slider_is_a_page_for_a_person() {
    let url = "http://115.227.17.31:7878/captcha/index.html?appid=2078688116&uuid=2254249a-4de2-4f47-a714-4ff50e6da864";
    assert_eq!(answer(SEED_SLIDER), slider(url));
}

#[test]
fn the_seeds_failure_ends_the_login() {
    assert_eq!(answer(SEED_FAILURE), failed(Failure::Other, "失败"));
}

#[test]
fn a_success_may_spell_its_code_as_a_number_and_its_message_as_msg() {
    for body in [
        r#"{"code":1000,"msg":"处理成功","data":{"wcId":"wxid_1"}}"#,
        r#"{"code":"1000","data":{"wcId":"wxid_1","url":"http://h/slider"}}"#,
        r#"{"code":"1000","data":{"wcId":"wxid_1","url":null}}"#,
        r#"{"code":"1000","message":"验证码通过","data":{"wcId":"wxid_1"}}"#,
        "\u{feff}{\"code\":\"1000\",\"data\":{\"wcId\":\"wxid_1\"}}",
    ] {
        let profile = Profile::of("wxid_1".parse().unwrap());
        assert_eq!(answer(body), Answer::LoggedIn(Box::new(profile)), "{body}");
    }
}

#[test]
fn a_page_comes_with_either_code() {
    for body in [
        r#"{"code":"200","message":"ok","data":{"url":"https://h/slider"}}"#,
        r#"{"code":200,"data":{"url":"https://h/slider"}}"#,
        r#"{"code":1000,"data":{"url":"https://h/slider","wcId":""}}"#,
        r#"{"code":"1000","data":{"code":"200","data":{"url":"https://h/slider"}}}"#,
    ] {
        assert_eq!(answer(body), slider("https://h/slider"), "{body}");
    }
}

#[test]
fn a_message_that_asks_for_the_code_does_so_with_any_code() {
    for code in ["\"1000\"", "1001", "\"200\"", "\"1002\""] {
        let body = format!(r#"{{"code":{code},"message":"请在iPad上输入验证码","data":null}}"#);
        assert_eq!(answer(&body), asked("请在iPad上输入验证码"));
    }
    let nested = r#"{"code":"1000","data":{"code":"1001","msg":"验证码错误","data":null}}"#;
    assert_eq!(answer(nested), asked("验证码错误"));
}

#[test]
fn a_failure_says_why_in_its_words() {
    for (message, why) in [
        ("用户拒绝登录", Failure::Declined),
        ("用户已取消", Failure::Declined),
        ("二维码已过期", Failure::Expired),
        ("二维码失效", Failure::Expired),
        ("扫码超时", Failure::Expired),
        ("账号存在风险", Failure::Other),
    ] {
        assert_eq!(answer(&json!({"code": 1001, "msg": message}).to_string()), failed(why, message));
    }
    let silent = failed(Failure::Other, "the platform gave no reason");
    assert_eq!(answer(r#"{"code":"1001"}"#), silent);
}

#[test]
fn a_failure_inside_a_success_ends_the_login_too() {
    for body in [
        r#"{"code":"1000","message":"处理成功","data":{"code":"1001","message":"失败","data":null}}"#,
        r#"{"code":"1000","data":{"code":1001,"msg":"失败","wcId":"wxid_1"}}"#,
    ] {
        assert_eq!(answer(body), failed(Failure::Other, "失败"), "{body}");
    }
}

#[test]
fn no_answer_in_time_means_that_nobody_has_scanned_yet() {
    assert_eq!(polled(&reply(504, b"<html>Gateway Time-out</html>")).unwrap(), Polled::NoAnswer);
}

#[test]
fn a_gateways_answer_says_nothing_about_the_login() {
    for status in [302, 400, 404, 429, 500, 502, 503] {
        for body in ["<html>nginx</html>", SEED_SUCCESS, SEED_FAILURE] {
            let result = polled(&reply(status, body.as_bytes()));
            assert!(matches!(result, Err(Trouble::Status { status: s, .. }) if s == status), "{result:?}");
        }
    }
}

#[test]
fn a_refused_key_says_nothing_about_the_login() {
    let refused = trouble(r#"{"code":"1001","message":"Authorization 无效"}"#);
    assert!(matches!(refused, Trouble::KeyRefused { .. }));
    assert!(matches!(polled(&reply(401, b"")), Err(Trouble::KeyRefused { .. })));
}

#[test]
fn a_success_without_what_it_is_for_is_no_success() {
    for body in [
        r#"{"code":"1000","message":"处理成功","data":null}"#,
        r#"{"code":"1000","message":"处理成功"}"#,
        r#"{"code":"1000","data":{}}"#,
        r#"{"code":"1000","data":{"wcId":null,"url":" "}}"#,
        r#"{"code":"1000","data":{"wId":"25d50610","nickName":"n"}}"#,
        r#"{"code":"200","data":{"wcId":"wxid_1"}}"#,
    ] {
        assert!(matches!(trouble(body), Trouble::Incomplete { .. }), "{body}");
    }
}

#[test]
fn what_cannot_be_understood_names_its_fault() {
    for (body, expected) in [
        (r#"{"code":"1000","data":[{"wcId":"wxid_1"}]}"#, Fault::Mistyped("data")),
        (r#"{"code":"1000","data":"wxid_1"}"#, Fault::Mistyped("data")),
        (r#"{"code":true,"data":{"wcId":"wxid_1"}}"#, Fault::Mistyped("code")),
        (r#"{"code":"1000","data":{"wcId":17}}"#, Fault::Impossible("data.wcId")),
        (r#"{"code":"1000","data":{"wcId":["wxid_1"]}}"#, Fault::Impossible("data.wcId")),
        (r#"{"code":"1000","data":{"wcId":"wxid 1"}}"#, Fault::Impossible("data.wcId")),
        (r#"{"code":"1000","data":{"wcId":"a/b","url":"http://h/"}}"#, Fault::Impossible("data.wcId")),
        (r#"{"code":"1000","data":{"url":"javascript:alert(1)"}}"#, Fault::Impossible("data.url")),
        (r#"{"code":"200","data":{"url":{"href":"http://h/"}}}"#, Fault::Impossible("data.url")),
        (r#"{"code":"1002","message":"失败","data":null}"#, Fault::UnknownCode),
        (r#"{"code":"","data":{"wcId":"wxid_1"}}"#, Fault::UnknownCode),
        (r#"{"code":1000.5,"data":{"wcId":"wxid_1"}}"#, Fault::UnknownCode),
        (r#"{"code":"1001","code":"1000","data":{"wcId":"wxid_1"}}"#, Fault::Repeated),
        (r#"{"code":"1000","data":{"wcId":"wxid_1","wcId":"wxid_2"}}"#, Fault::Repeated),
        ("<html><h1>502 Bad Gateway</h1></html>", Fault::NotJson),
        (&SEED_SUCCESS[..200], Fault::NotJson),
        ("", Fault::NotJson),
        ("\"1000\"", Fault::NotAnObject),
    ] {
        let trouble = trouble(body);
        assert!(
            matches!(trouble, Trouble::Unreadable { fault, .. } if fault == expected),
            "{body} → {trouble:?}"
        );
    }
    let result = polled(&reply(200, b"{\"code\":\"1001\",\"message\":\"\xca\xa7\xb0\xdc\"}"));
    assert!(matches!(result, Err(Trouble::Unreadable { fault: Fault::NotUtf8, .. })), "{result:?}");
}

#[test]
fn huge_texts_are_cut_before_anybody_keeps_them() {
    let huge = "界".repeat(300_000);
    let Answer::Failed { message, .. } = answer(&json!({"code": "1001", "message": huge}).to_string()) else {
        panic!("a failure")
    };
    assert_eq!(message.chars().count(), 200);
    let prompt = answer(&json!({"code": "1001", "message": format!("验证码\n{huge}")}).to_string());
    assert!(
        matches!(prompt, Answer::CodeAsked { prompt } if prompt.starts_with("验证码 界") && prompt.len() < 800)
    );
    let long = format!("http://h/{huge}");
    assert!(matches!(
        trouble(&json!({"code": 200, "data": {"url": long}}).to_string()),
        Trouble::Unreadable { .. }
    ));
}

#[test]
fn the_call_for_an_answer_carries_a_code_only_where_there_is_one() {
    let w_id = "0000016e-63eb-f319-0001-ed01076abf1f".parse().unwrap();
    let body = |verify_code: Option<&Secret>| {
        serde_json::to_value(PollCall { w_id: &w_id, auto_check: false, verify_code }).unwrap()
    };
    assert_eq!(body(None), json!({"wId": w_id, "autoCheck": false}));
    let code = Secret::new("123456");
    assert_eq!(body(Some(&code)), json!({"wId": w_id, "autoCheck": false, "verifyCode": "123456"}));
}

proptest! {
    #[test]
    fn no_bytes_at_all_make_a_login(status in any::<u16>(), body in any::<Vec<u8>>()) {
        let result = polled(&reply(status, &body));
        prop_assert!(!matches!(result, Ok(Polled::Answer(Answer::LoggedIn(_)))));
    }

    #[test]
    fn no_answer_without_an_identity_makes_a_login(mut body in any_json(), code in any::<bool>()) {
        if let (Value::Object(members), true) = (&mut body, code) {
            members.insert("code".to_owned(), "1000".into());
        }
        let result = polled(&reply(200, body.to_string().as_bytes()));
        if let Ok(Polled::Answer(Answer::LoggedIn(profile))) = result {
            let named = [body.pointer("/data/wcId"), body.pointer("/data/data/wcId")];
            prop_assert!(named.contains(&Some(&Value::from(profile.wc_id.as_str()))), "{body}");
        }
    }

    #[test]
    fn a_torn_success_is_never_a_login(cut in 0..SEED_SUCCESS.len()) {
        let result = polled(&reply(200, &SEED_SUCCESS.as_bytes()[..cut]));
        let unreadable = matches!(result, Err(Trouble::Unreadable { .. }));
        prop_assert!(unreadable);
    }
}
