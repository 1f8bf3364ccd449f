//! `/iPadLogin`: what is asked, and what is a QR.

use serde_json::json;
use wxlogin_state::{DeviceType, Proxy, Secret};

use super::*;
use crate::platform::device::qr::{IssuedQr, QrCall, QrRequest, issued};

#[test]
fn an_issued_qr_names_the_instance_and_the_picture() {
    let body = r#"{"code":"1000","message":"处理成功","data":{"wId":"0000016e-63eb-f319-0001-ed01076abf1f","qrCodeUrl":"http://h:8080/qr.png"}}"#;
    let expected = IssuedQr {
        w_id: "0000016e-63eb-f319-0001-ed01076abf1f".parse().unwrap(),
        qr_url: "http://h:8080/qr.png".to_owned(),
    };
    assert_eq!(issued(&reply(200, body.as_bytes())).unwrap(), expected);
}

#[test]
fn half_a_qr_is_none() {
    let outcome =
        |data: Value| issued(&reply(200, json!({"code": "1000", "data": data}).to_string().as_bytes()));
    let (w_id, url) = ("0000016e", "http://h/qr.png");
    for data in
        [json!(null), json!({"wId": w_id}), json!({"qrCodeUrl": url}), json!({"wId": w_id, "qrCodeUrl": ""})]
    {
        assert!(matches!(outcome(data.clone()), Err(Trouble::Incomplete { .. })), "{data}");
    }
    for data in [json!({"wId": "a b", "qrCodeUrl": url}), json!({"wId": w_id, "qrCodeUrl": "/qr.png"})] {
        assert!(matches!(outcome(data.clone()), Err(Trouble::Unreadable { .. })), "{data}");
    }
}

#[test]
fn a_refusal_passes_on_the_platforms_sentence() {
    let refused = issued(&reply(200, r#"{"code":"1001","message":"余额不足","data":null}"#.as_bytes()));
    assert!(matches!(&refused, Err(Trouble::Refused { sentence }) if sentence == "余额不足"), "{refused:?}");
    assert!(refused.unwrap_err().is_refusal());
}

#[test]
fn a_call_for_a_qr_always_names_the_account_or_an_empty_one() {
    let body = |wc_id: Option<&str>, proxy| {
        let wc_id = wc_id.map(|text| text.parse().unwrap());
        serde_json::to_value(QrCall::of(&QrRequest { wc_id, device: DeviceType::Mac, proxy })).unwrap()
    };
    assert_eq!(body(None, None), json!({"wcId": "", "deviceType": "mac"}));
    assert_eq!(
        body(Some("wxid_1"), Some(Proxy::Region(8))),
        json!({"wcId": "wxid_1", "deviceType": "mac", "proxy": 8})
    );
    let own = Proxy::Own {
        ip: "10.1.1.1:1080".to_owned(),
        user: Some("u".to_owned()),
        password: Some(Secret::new("p")),
    };
    let expected = json!({"wcId": "", "deviceType": "mac",
        "proxyIp": "10.1.1.1:1080", "proxyUser": "u", "proxyPassword": "p"});
    assert_eq!(body(None, Some(own)), expected);
}
