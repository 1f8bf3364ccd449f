//! The sandbox over real sockets, as a client meets it.

mod client;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::client::{Client, text};
use super::*;
use crate::exchange::ExchangeError;

fn settings() -> SandboxSettings {
    SandboxSettings { block: Duration::from_secs(20), ..SandboxSettings::default() }
}

#[tokio::test]
async fn a_login_goes_from_its_qr_to_the_profile_of_the_seed() {
    let client = Client::start(settings()).await;
    let w_id = client.begin("").await;
    let poll = client.poll_in_background(&w_id);
    client.until(|state| state["world"]["pollsOpen"] == 1).await;
    assert_eq!(client.post(&format!("/phone/{w_id}/scan"), &json!({})).await["stage"], "scanned");
    client.post(&format!("/phone/{w_id}/confirm"), &json!({})).await;
    let answer = poll.await.unwrap();
    assert_eq!((text(&answer["code"]), text(&answer["message"])), ("1000", "处理成功"));
    let profile = answer["data"].as_object().unwrap();
    let fields = "country wAccount deviceType city signature nickName sex headUrl type smallHeadImgUrl wcId wId \
                  mobilePhone uin status username";
    for field in fields.split(' ') {
        assert!(profile.contains_key(field), "{field} is missing");
    }
    assert_eq!(profile.len(), fields.split(' ').count());
    let online = client.call("/queryLoginWx", &json!({})).await;
    assert_eq!(online["data"], json!([{"wcId": profile["wcId"], "wId": w_id}]));
    assert_eq!(client.call("/isOnline", &json!({"wId": w_id})).await["data"]["isOnline"], true);
    client.end().await;
}

#[tokio::test]
async fn the_qr_leads_to_the_phone() {
    let client = Client::start(settings()).await;
    let body = json!({"wcId": "", "deviceType": "ipad", "proxy": 8});
    let answer = client.call("/iPadLogin", &body).await;
    let url: Uri = text(&answer["data"]["qrCodeUrl"]).parse().unwrap();
    let (status, png) = client.get(url.path()).await;
    assert_eq!(status, 200);
    let picture = image::load_from_memory(&png).unwrap().to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| picture.as_raw()[y * width + x]);
    let (_, link) = image.detect_grids()[0].decode().unwrap();
    assert_eq!(link, format!("{}phone/{}", client.sandbox.base_url(), text(&answer["data"]["wId"])));
    assert_eq!(client.get(&link[client.sandbox.base_url().to_string().len() - 1..]).await.0, 200);
    client.end().await;
}

#[tokio::test]
async fn a_call_without_a_good_key_is_refused_in_the_envelope() {
    let client = Client::start(settings()).await;
    let answer = client.call_with("nonsense", "/queryLoginWx", &json!({})).await.unwrap();
    assert_eq!(answer, json!({"code": "1001", "message": "Authorization无效，请重新登录", "data": null}));
    client.post("/sandbox/member", &json!({"status": "frozen"})).await;
    assert_eq!(client.call("/queryLoginWx", &json!({})).await["message"], "账号已冻结");
    client.end().await;
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let client = Client::start(settings()).await;
    for (call, body, name) in [
        ("/iPadLogin", json!({"deviceType": "ipad", "proxy": 8}), "wcId"),
        ("/iPadLogin", json!({"wcId": "", "deviceType": "win", "proxy": 8}), "deviceType"),
        ("/iPadLogin", json!({"wcId": "", "deviceType": "ipad", "proxy": 24}), "proxy"),
        ("/iPadLogin", json!({"wcId": "", "deviceType": "ipad", "proxy": "8"}), "proxy"),
        ("/iPadLogin", json!({"wcId": "", "deviceType": "ipad", "proxyIp": "nowhere"}), "proxyIp"),
        ("/getIPadLoginInfo", json!({"wId": "never-issued", "autoCheck": false}), "wId"),
        ("/getIPadLoginInfo", json!({"wId": client.begin("").await}), "autoCheck"),
        ("/getIPadLoginInfo", json!({"wId": "x", "autoCheck": "false"}), "autoCheck"),
        ("/setHttpCallbackUrl", json!({"httpUrl": "http://127.0.0.1/", "type": 1}), "type"),
        ("/member/offline", json!({"account": "somebody", "wcIds": []}), "account"),
    ] {
        let answer = client.call(call, &body).await;
        assert_eq!(answer["code"], "1001", "{call} {body}");
        assert!(text(&answer["message"]).contains(name), "{call} {body}: {answer}");
    }
    client.end().await;
}

#[tokio::test]
async fn a_poll_that_nobody_answers_ends_with_the_gateways_timeout() {
    let client = Client::start(SandboxSettings { block: Duration::from_millis(50), ..settings() }).await;
    let w_id = client.begin("").await;
    let body = json!({"wId": w_id, "autoCheck": false});
    let response = client.send(&client.key, "/getIPadLoginInfo", &body).await.unwrap();
    assert_eq!(response.status(), 504);
    client.end().await;
}

#[tokio::test]
async fn the_code_and_the_slider_answer_as_the_seed_says() {
    let client = Client::start(settings()).await;
    let w_id = client.begin("").await;
    client.post(&format!("/phone/{w_id}/show-slider"), &json!({"spelling": 200})).await;
    let answer = client.poll(&w_id, None).await;
    assert_eq!(answer["code"], 200);
    let url = text(&answer["data"]["url"]);
    assert!(url.contains("/captcha/index.html?appid=2078688116&uuid="), "{url}");
    let page = format!("/captcha/{}", url.rsplit('=').next().unwrap());
    let (_, look) = client.get(&page).await;
    let gap = serde_json::from_slice::<Value>(&look).unwrap()["gap"].as_f64().unwrap();
    assert_eq!(client.post(&page, &json!({"position": gap - 0.1})).await["passed"], false);
    let (_, look) = client.get(&page).await;
    let gap = serde_json::from_slice::<Value>(&look).unwrap()["gap"].clone();
    assert_eq!(client.post(&page, &json!({"position": gap})).await["passed"], true);
    client.post(&format!("/phone/{w_id}/ask-code"), &json!({"code": "112233"})).await;
    assert_eq!(client.poll(&w_id, None).await["message"], "请在iPad上输入验证码");
    assert!(text(&client.poll(&w_id, Some("000000")).await["message"]).contains("验证码"));
    assert_eq!(client.poll(&w_id, Some("112233")).await["data"]["wId"], Value::from(w_id));
    client.end().await;
}

#[tokio::test]
async fn scripted_faults_reach_the_wire_and_then_the_call_is_normal() {
    let client = Client::start(settings()).await;
    let rules = json!([
        {"call": "/queryLoginWx", "fault": {"status": 502, "body": "<html>"}},
        {"call": "/queryLoginWx", "fault": "garbage"},
        {"call": "/queryLoginWx", "fault": "reset"},
        {"call": "/queryLoginWx", "fault": "close"},
        {"call": "/queryLoginWx", "fault": "half-body", "after": true},
        {"call": "/queryLoginWx", "fault": {"answer": {"code": 1000}}, "delay": "10ms"},
    ]);
    client.post("/sandbox/script", &rules).await;
    let nothing = json!({});
    let next = || client.send(&client.key, "/queryLoginWx", &nothing);
    let gateway = next().await.unwrap();
    assert_eq!((gateway.status().as_u16(), &gateway.body()[..]), (502, &b"<html>"[..]));
    assert!(serde_json::from_slice::<Value>(next().await.unwrap().body()).is_err());
    for _ in ["reset", "close", "half-body"] {
        assert!(matches!(next().await, Err(ExchangeError::Connection(_))));
    }
    assert_eq!(next().await.unwrap().body(), &br#"{"code":1000}"#[..]);
    assert_eq!(client.call("/queryLoginWx", &json!({})).await["code"], "1000");
    assert_eq!(client.state().await["calls"]["/queryLoginWx"], 7);
    client.end().await;
}

#[tokio::test]
async fn two_polls_at_once_are_seen_and_a_poll_given_up_is_none() {
    let client = Client::start(settings()).await;
    let w_id = client.begin("").await;
    let given_up = client.poll_in_background(&w_id);
    client.until(|state| state["world"]["pollsOpen"] == 1).await;
    given_up.abort();
    let _ = given_up.await;
    let first = client.poll_in_background(&w_id);
    client.until(|state| state["world"]["logins"][0]["polls"] == 2).await;
    client.until(|state| state["world"]["pollsOpen"] == 1).await;
    assert_eq!(client.state().await["world"]["overlappingPolls"], 0);
    let second = client.poll_in_background(&w_id);
    client.until(|state| state["world"]["overlappingPolls"] == 1).await;
    client.post(&format!("/phone/{w_id}/decline"), &Value::Null).await;
    for poll in [first, second] {
        assert_eq!(poll.await.unwrap()["message"], "用户取消登录");
    }
    client.end().await;
}

#[tokio::test]
async fn a_pop_up_login_is_confirmed_on_the_phone_of_the_account() {
    let client = Client::start(settings()).await;
    let w_id = client.begin("wxid_known").await;
    client.post(&format!("/phone/{w_id}/confirm"), &Value::Null).await;
    client.post("/sandbox/accounts/wxid_known/drop", &json!({"riskControl": true})).await;
    let nested = client.call("/secondLogin", &json!({"wcId": "wxid_known"})).await;
    assert_eq!((&nested["code"], &nested["data"]["code"]), (&json!("1000"), &json!("1001")));
    let w_id = client.begin("wxid_known").await;
    client.post(&format!("/phone/{w_id}/confirm"), &Value::Null).await;
    client.post("/phone/wxid_known/drop", &Value::Null).await;
    let asked = json!({"wcId": "wxid_known"});
    let (answer, ()) = tokio::join!(client.call("/secondLogin", &asked), async {
        client.until(|state| state["world"]["logins"][2]["via"] == "popup").await;
        client.post("/phone/wxid_known/confirm", &Value::Null).await;
    });
    assert_eq!(answer["data"]["wcId"], "wxid_known");
    assert_ne!(answer["data"]["wId"], Value::from(w_id));
    client.end().await;
}

#[tokio::test]
async fn a_drop_is_posted_to_the_callback_url() {
    let client =
        Client::start(SandboxSettings { first_drop: Duration::from_millis(200), ..settings() }).await;
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/callback", receiver.local_addr().unwrap());
    client.call("/setHttpCallbackUrl", &json!({"httpUrl": url, "type": 2})).await;
    assert_eq!(client::received(&receiver).await["messageType"], "00000");
    let w_id = client.begin("").await;
    client.post(&format!("/phone/{w_id}/confirm"), &Value::Null).await;
    let notice = client::received(&receiver).await;
    assert_eq!((&notice["messageType"], &notice["data"]["wId"]), (&json!("30000"), &json!(w_id)));
    let reason = client.call("/offlineReason", &json!({"wcId": notice["wcId"]})).await;
    assert_eq!(reason["data"][0]["reason"], notice["data"]["reason"]);
    client.end().await;
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let error = Sandbox::start(SandboxSettings { listen, ..settings() }).await.unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");
}

#[tokio::test]
async fn every_page_is_there_and_allows_nothing_inline() {
    let client = Client::start(settings()).await;
    let w_id = client.begin("").await;
    for page in ["/phone".to_owned(), format!("/phone/{w_id}"), "/captcha/index.html".to_owned()] {
        let (status, html) = client.get(&page).await;
        let html = String::from_utf8(html.to_vec()).unwrap();
        assert_eq!(status, 200);
        assert!(!html.contains(" style=") && !html.contains(" onclick=") && !html.contains("<style"));
        let links = html.split('"').filter(|part| part.starts_with('/') && part.contains('.'));
        for asset in links {
            assert_eq!(client.get(asset).await.0, 200, "{asset}");
        }
    }
    client.end().await;
}
