//! `/offlineReason`: the sentence inside, however it is wrapped.

use proptest::prelude::*;
use serde_json::json;
use wxlogin_state::{Secret, WcId};

use super::*;
use crate::platform::device::reason::{ReasonCall, offline_reason};

const KICKED: &str =
    r#"{"code":"1000","message":"处理成功","data":[{"wcId":"wxid_1","reason":"用户在手机上退出了登录"}]}"#;

fn asked() -> WcId {
    "wxid_1".parse().unwrap()
}

fn read(reply: &Reply<'_>) -> Result<Option<String>, Trouble> {
    offline_reason(reply, &asked())
}

fn answered(data: &Value) -> Result<Option<String>, Trouble> {
    read(&ok(&json!({"code": "1000", "message": "处理成功", "data": data}).to_string()))
}

fn told(reason: &str) -> String {
    answered(&json!([{"wcId": "wxid_1", "reason": reason}])).unwrap().unwrap()
}

fn in_json(sentence: &str) -> String {
    json!({"baseResponse": {"ret": -2023, "errMsg": {"string": sentence}}}).to_string()
}

#[test]
fn the_call_names_the_account() {
    assert_eq!(serde_json::to_value(ReasonCall { wc_id: &asked() }).unwrap(), json!({"wcId": "wxid_1"}));
}

#[test]
fn an_account_without_a_reason_is_online() {
    assert_eq!(answered(&json!([{"wcId": "wxid_1", "reason": null}])).unwrap(), None);
}

#[test]
fn a_sentence_is_found_in_every_wrapping_that_is_known() {
    let sentence = "当前环境异常，为了你的帐号安全，已退出登录";
    let cdata = format!(
        "<e>\n<ShowType>1</ShowType>\n<Content><![CDATA[{sentence}]]></Content>\n<Url><![CDATA[http://h/]]></Url></e>"
    );
    for reason in [
        sentence.to_owned(),
        format!("  {sentence}\n"),
        in_json(sentence),
        cdata.clone(),
        in_json(&cdata),
        format!("<Content>{sentence}</Content>"),
        format!("<?xml version=\"1.0\"?><e><Content lang=\"zh\"> {sentence} </Content></e>"),
        format!("<x:e xmlns:x=\"y\"><x:Content>{sentence}</x:Content></x:e>"),
        format!("<e><Content/><Content> </Content><Content><b>{sentence}</b></Content></e>"),
        format!("<e><!-- <Content>no</Content> --><Content>{sentence}</Content>"),
        format!("<Content>{}</Content>", sentence.replace('，', "&#xff0c;")),
    ] {
        assert_eq!(told(&reason), sentence, "{reason}");
    }
}

#[test]
fn entities_are_those_of_xml_and_no_others() {
    for (content, shown) in [
        ("a &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;", "a <b> & \"c\" 'd'"),
        ("&#24050;&#x9000;&#xfe0e;", "已退\u{fe0e}"),
        ("a & b && c", "a & b && c"),
        ("&nbsp;x&unknown;", "&nbsp;x&unknown;"),
        ("&#0;&#xffffffff;&#x1b;[2J", "&#0;&#xffffffff; [2J"),
        ("<![CDATA[&lt;]]><![CDATA[ raw]]>", "&lt; raw"),
    ] {
        assert_eq!(told(&format!("<e><Content>{content}</Content></e>")), shown);
    }
    let bomb =
        r#"<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><e><Content>&b;</Content></e>"#;
    assert_eq!(told(bomb), "&b;");
}

#[test]
fn a_reason_without_the_member_that_holds_sentences_is_shown_as_it_is() {
    for reason in [
        r#"{"baseResponse":{"ret":-1}}"#,
        r#"{"baseResponse":{"errMsg":{"string":7}}}"#,
        r#"{"baseResponse":{"errMsg":{"string":" "}}}"#,
        r#"{"baseResponse":{"errMsg":{"string":"a","string":"b"}}}"#,
        r#"{"errMsg":"x"}"#,
        r#"["x"]"#,
        "7",
        "<e><content>x</content></e>",
        "<e><Content></Content></e>",
        "<Content>torn",
        "<Content>torn<",
        "<Content>a</b></Content>",
        "<Content><![CDATA[torn",
        "a < b, c > d & e",
        "</Content>",
        "<",
        "&",
    ] {
        assert_eq!(told(reason), reason);
    }
}

#[test]
fn a_sentence_is_short_on_one_line_and_without_secrets() {
    let long = told(&format!("<Content>a\nb\t{}</Content>", "界".repeat(10_000)));
    assert!(long.starts_with("a b 界") && long.ends_with('…'), "{long}");
    assert_eq!(long.chars().count(), 200);
    let key = Secret::new("the-key");
    let body = json!({"code": 1000, "data": [{"wcId": "wxid_1", "reason": in_json("<Content>the&#45;key 失效</Content>")}]});
    let reply = Reply { secrets: &[&key], ..ok(&body.to_string()) };
    assert_eq!(read(&reply).unwrap().unwrap(), "… 失效");
}

#[test]
fn a_megabyte_of_xml_is_read_in_one_pass_and_no_deeper_than_it_is() {
    for piece in ["<Content>", "<a>", "&amp;", "<Content/>", "<!--", "<![CDATA[", "]]>", "</a>", "&"] {
        let shown = told(&piece.repeat((1 << 20) / piece.len()));
        assert_eq!(shown.chars().count(), 200, "{piece}");
    }
}

#[test]
fn others_are_passed_over_and_the_account_must_be_there() {
    let other = json!({"wcId": "wxid_2", "reason": "另一个"});
    let own = json!({"wcId": "wxid_1", "reason": "自己"});
    let expected = Some("自己".to_owned());
    assert_eq!(answered(&json!([other, null, 7, {"reason": "x"}, own, own])).unwrap(), expected);
    for data in
        [json!([]), json!([other]), json!([{"reason": "x"}]), json!([null]), json!([{"wcId": "WXID_1"}])]
    {
        assert_eq!(kind(answered(&data)), Kind::Without("the account in data"), "{data}");
    }
    let online = json!({"wcId": "wxid_1", "reason": null});
    let both = [json!([own, online]), json!([online, own])];
    for data in both {
        assert_eq!(kind(answered(&data)), Kind::Fault(Fault::Impossible("data[].reason")), "{data}");
    }
}

#[test]
fn no_reason_at_all_is_not_a_reason_to_call_it_online() {
    for entry in [json!({"wcId": "wxid_1"}), json!({"wcId": "wxid_1", "reason": " "})] {
        assert_eq!(kind(answered(&json!([entry]))), Kind::Without("data[].reason"), "{entry}");
    }
    for reason in [json!(7), json!(false), json!({"baseResponse": {}}), json!(["x"])] {
        let expected = Kind::Fault(Fault::Mistyped("data[].reason"));
        assert_eq!(kind(answered(&json!([{"wcId": "wxid_1", "reason": reason}]))), expected, "{reason}");
    }
    assert_eq!(kind(answered(&json!(null))), Kind::Without("data"));
    let object = json!({"wcId": "wxid_1", "reason": null});
    assert_eq!(kind(answered(&object)), Kind::Fault(Fault::Mistyped("data")));
}

#[test]
fn what_is_nobodys_answer_says_nothing() {
    says_nothing(KICKED, read);
    a_failure_is_refused(read);
    assert_eq!(kind(read(&reply(504, b""))), Kind::Status(504));
}

proptest! {
    #[test]
    fn no_bytes_at_all_are_a_reason(status in any::<u16>(), body in any::<Vec<u8>>()) {
        prop_assert!(read(&reply(status, &body)).is_err());
    }

    #[test]
    fn no_answer_without_the_account_is_a_reason(body in any_success()) {
        if read(&ok(&body.to_string())).is_ok() {
            let data = [body.pointer("/data"), body.pointer("/data/data")];
            let data = data.into_iter().flatten().find_map(Value::as_array).unwrap();
            prop_assert!(data.iter().any(|entry| entry["wcId"] == "wxid_1"), "{body}");
        }
    }

    #[test]
    fn no_reason_makes_it_panic_or_talk_at_length(
        reason in r"(</?Content/?>|<!\[CDATA\[|\]\]>|&(amp|#x?[0-9a-f]{0,3})?;?|<[!?/]?|>|[a 界]){1,24}",
        wrapped in any::<bool>(),
    ) {
        prop_assume!(!reason.trim().is_empty());
        let shown = told(&if wrapped { in_json(&reason) } else { reason });
        prop_assert!(shown.chars().count() <= 200 && !shown.is_empty());
    }
}
