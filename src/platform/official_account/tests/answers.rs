//! What the platform's answers mean.

use serde_json::{Value, json};

use super::*;
use crate::platform::Fault;

/// The seed's "Response Example", byte for byte.
const SEED_ANSWER: &str = include_str!("seed_answer.json");

fn read(status: u16, body: impl Into<Bytes>, secrets: &[&Secret]) -> Result<Answer, Trouble> {
    answer::answer(&Reply { status, body: body.into(), secrets })
}

fn of(body: &Value) -> Result<Answer, Trouble> {
    read(200, body.to_string(), &[])
}

/// A success with these tokens.
fn success(access: &Value, refresh: &Value) -> Value {
    json!({"code": 200, "data": {"accessToken": access, "refreshToken": refresh}, "extMsg": "", "msg": ""})
}

fn token(secret: &str, seconds: i64) -> Token {
    Token { secret: Secret::new(secret), expires_at: jiff::Timestamp::from_second(seconds).unwrap() }
}

#[test]
fn the_seeds_own_example_is_no_success() {
    let trouble = read(200, SEED_ANSWER, &[]).unwrap_err();
    assert!(matches!(trouble, Trouble::Incomplete { missing: "data.accessToken.token", .. }), "{trouble:?}");
}

#[test]
fn the_seeds_example_with_tokens_is_a_success_in_every_spelling_of_its_code() {
    for code in [json!(200), json!("200"), json!(0), json!("0")] {
        let mut body: Value = serde_json::from_str(SEED_ANSWER).unwrap();
        body["code"] = code;
        body["data"]["accessToken"] = json!({"token": "a1", "expirationTime": 1_795_000_000});
        body["data"]["refreshToken"] = json!({"token": "r1", "expirationTime": "1797000000"});
        let Ok(Answer::LoggedIn { access, refresh, body: passed_on }) = of(&body) else { panic!("{body}") };
        let Token { secret, expires_at } = token("r1", 1_797_000_000);
        let expected = RefreshToken { secret, expires_at: Some(expires_at) };
        assert_eq!((access, refresh), (token("a1", 1_795_000_000), Some(expected)));
        assert_eq!(passed_on.reveal(), body.to_string().as_bytes());
    }
}

#[test]
fn a_success_without_a_refresh_token_has_none() {
    let access = json!({"token": "a1", "expirationTime": 1_795_000_000});
    for refresh in [
        Value::Null,
        json!({}),
        json!({"token": "", "expirationTime": 0}),
        json!({"token": " "}),
        json!({"token": null}),
    ] {
        let Ok(Answer::LoggedIn { refresh: read, .. }) = of(&success(&access, &refresh)) else {
            panic!("{refresh}")
        };
        assert_eq!(read, None, "{refresh}");
    }
    assert!(matches!(
        of(&json!({"code": 0, "data": {"accessToken": access}})),
        Ok(Answer::LoggedIn { refresh: None, .. })
    ));
}

#[test]
fn a_refresh_token_of_unknown_end_has_none_and_spoils_no_success() {
    let access = json!({"token": "a1", "expirationTime": 1_795_000_000});
    for time in [Value::Null, json!(0), json!(1_795_000_000_000_i64), json!("soon"), json!([1])] {
        let answer = of(&success(&access, &json!({"token": "r1", "expirationTime": time})));
        let Ok(Answer::LoggedIn { refresh: Some(refresh), .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(refresh, RefreshToken { secret: Secret::new("r1"), expires_at: None }, "{time}");
    }
    let endless = of(&success(&access, &json!({"token": "r1"})));
    assert!(matches!(endless, Ok(Answer::LoggedIn { refresh: Some(_), .. })), "{endless:?}");
}

#[test]
fn a_success_without_an_access_token_is_none() {
    for data in [
        Value::Null,
        json!({}),
        json!({"accessToken": null}),
        json!({"accessToken": {}}),
        json!({"accessToken": {"token": null, "expirationTime": 1_795_000_000}}),
        json!({"accessToken": {"token": "", "expirationTime": 1_795_000_000}}),
        json!({"refreshToken": {"token": "r1", "expirationTime": 1_795_000_000}}),
    ] {
        for code in [200, 0] {
            let trouble = of(&json!({"code": code, "data": data})).unwrap_err();
            let expected = "the platform reports success without data.accessToken.token";
            assert_eq!(trouble.to_string(), expected, "{data}");
        }
    }
}

#[test]
fn every_refusal_is_passed_on_as_it_came() {
    let codes = [5013, 5015, 5023, 5104, 5218, 5367, 5368, 5369, 5372, 6084, 6085];
    // 401, 500, -1: not in the table, and no success either.
    for code in codes.into_iter().chain([401, 500, -1]) {
        for code_as in [json!(code), json!(code.to_string())] {
            let sent = format!("{{ \"msg\":\"不行\", \"code\":{code_as},\"data\":{{}},\"extra\":1 }}");
            let Ok(Answer::Refused { code: read, sentence, body }) = read(200, sent.clone(), &[]) else {
                panic!("{sent}")
            };
            assert_eq!((read, sentence.as_str(), &body.reveal()[..]), (code, "不行", sent.as_bytes()));
        }
    }
    let odd = of(&json!({"code": 5368, "msg": {"no": "text"}, "data": "no object"}));
    assert!(matches!(odd, Ok(Answer::Refused { code: 5368, sentence, .. }) if sentence.is_empty()));
}

#[test]
fn a_refusal_that_carries_tokens_is_a_refusal() {
    let token = json!({"token": "a1", "expirationTime": 1_795_000_000});
    let mut body = success(&token, &token);
    body["code"] = json!(6084);
    assert!(matches!(of(&body), Ok(Answer::Refused { code: 6084, .. })));
}

#[test]
fn what_the_platform_never_sends_is_trouble_with_a_name() {
    let good = json!({"token": "a1", "expirationTime": 1_795_000_000});
    let fault = |body: &Value| match of(body) {
        Err(Trouble::Unreadable { fault, .. }) => fault,
        other => panic!("{body} → {other:?}"),
    };
    for code in [json!(null), json!(true), json!("ok"), json!(200.5), json!([200]), json!("")] {
        assert_eq!(fault(&json!({"code": code, "data": {"accessToken": good}})), Fault::UnknownCode);
    }
    assert_eq!(fault(&json!({"data": {"accessToken": good}})), Fault::UnknownCode);
    assert_eq!(fault(&json!([])), Fault::NotAnObject);
    assert_eq!(fault(&json!({"code": 200, "data": []})), Fault::Mistyped("data"));
    assert_eq!(fault(&success(&json!("a1"), &good)), Fault::Mistyped("data.accessToken"));
    assert_eq!(fault(&success(&good, &json!("r1"))), Fault::Mistyped("data.refreshToken"));
    let numbered = json!({"token": 7, "expirationTime": 1_795_000_000});
    assert_eq!(fault(&success(&numbered, &good)), Fault::Mistyped("data.accessToken.token"));
    assert_eq!(fault(&success(&good, &numbered)), Fault::Mistyped("data.refreshToken.token"));
    // Zero, before 1970, milliseconds, no number.
    for time in [json!(0), json!(-1), json!(1_795_000_000_000_i64), json!("soon"), json!(1.5), json!(true)] {
        let bad = json!({"token": "a1", "expirationTime": time});
        let place = Fault::Impossible("data.accessToken.expirationTime");
        assert_eq!(fault(&success(&bad, &good)), place, "{time}");
    }
    let endless = of(&success(&json!({"token": "a1"}), &good)).unwrap_err();
    assert!(matches!(endless, Trouble::Incomplete { missing: "data.accessToken.expirationTime", .. }));
}

#[test]
fn a_gateways_page_half_an_answer_and_two_meanings_are_trouble() {
    for status in [301, 400, 404, 500, 502, 503, 504] {
        let trouble = read(status, success(&json!({}), &json!({})).to_string(), &[]).unwrap_err();
        assert!(matches!(trouble, Trouble::Status { .. }), "{status}: {trouble:?}");
    }
    for (body, expected) in [
        (&b"<html>maintenance</html>"[..], Fault::NotJson),
        (b"", Fault::NotJson),
        (b"{\"code\":200,\"data\":{\"acc", Fault::NotJson),
        (b"{\"code\":5367,\"code\":200}", Fault::Repeated),
        (b"\xff\xfe", Fault::NotUtf8),
    ] {
        let trouble = read(200, Bytes::from_static(body), &[]).unwrap_err();
        assert!(matches!(trouble, Trouble::Unreadable { fault, .. } if fault == expected), "{trouble:?}");
    }
}

#[test]
fn no_answer_shows_its_tokens_or_the_callers_secrets() {
    let code = Secret::new("c0de-canary");
    let good = json!({"token": "t0ken-canary", "expirationTime": 1_795_000_000});
    let refused = json!({"code": 5368, "msg": "code c0de-canary used", "data": "c0de-canary"});
    for (status, body) in [
        (200, success(&good, &good).to_string()),
        (200, refused.to_string()),
        (200, success(&json!({"token": "t0ken-canary", "expirationTime": 0}), &good).to_string()),
        (200, r#"{"code":200,"data":{"accessToken":{"token":"t0ken-canary"#.to_owned()),
        (502, "<p>POST /v2/x?appId=a&code=c0de-canary&refreshToken=t0ken-canary".to_owned()),
    ] {
        let outcome = read(status, body.clone(), &[&code]);
        let excerpt = outcome.as_ref().err().map(|trouble| (trouble.to_string(), trouble.body_excerpt()));
        let shown = format!("{outcome:?} {excerpt:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
