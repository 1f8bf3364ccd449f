//! What callers may send: every parameter in every way, in the query, as JSON, and in both.

use serde_json::{Value, json};

use super::*;
use crate::platform::Fault;

fn accounts() -> [OfficialAccountPlatform; 2] {
    [account("http://h/", APP_ID, DOMAIN), account("http://h/", "wx2", "others.sandbox")]
}

fn query(pairs: &[(&str, &str)]) -> Fields {
    Fields::from_query(&Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// The code of the refusal; 200 where the login can be sent.
fn outcome(fields: &Fields) -> u16 {
    match Login::read(fields, &accounts()) {
        Ok(_) => 200,
        Err(refusal) => refusal.code(),
    }
}

/// A good login with another value for this parameter, or none.
fn with<'a>(name: &'a str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let good = [("userDomain", DOMAIN), ("appId", APP_ID), ("code", "c0de"), ("mcc", "460")];
    let others = good.into_iter().filter(|(known, _)| *known != name);
    others.chain(value.map(|value| (name, value))).collect()
}

#[test]
fn bytes_that_are_no_text_are_no_value_of_any_parameter() {
    for (name, code) in [("userDomain", 5013), ("appId", 5218), ("code", 5372), ("mcc", 6085)] {
        for bytes in ["%FF", "c0%C3de", "%EF%BF%BD"] {
            let good = Serializer::new(String::new()).extend_pairs(with(name, None)).finish();
            assert_eq!(
                outcome(&Fields::from_query(&format!("{good}&{name}={bytes}"))),
                code,
                "{name}={bytes}"
            );
        }
    }
    assert_eq!(outcome(&Fields::from_query("appId=wx2&code=c&other=%FF")), 200);
}

#[test]
fn every_parameter_in_the_query_has_its_outcome_however_it_is_sent() {
    let long = "x".repeat(600);
    let domain_253 = format!("{}.a", "d".repeat(251));
    let domain_254 = format!("{}.a", "d".repeat(252));
    let (code_512, code_513) = ("界".repeat(512), "界".repeat(513));
    let table: &[(&str, Option<&str>, u16)] = &[
        // The daemon adds the domain itself.
        ("userDomain", None, 200),
        ("userDomain", Some(""), 5023),
        ("userDomain", Some("  "), 5023),
        ("userDomain", Some("bots sandbox"), 5013),
        ("userDomain", Some(".sandbox"), 5013),
        ("userDomain", Some("bots..sandbox"), 5013),
        ("userDomain", Some("机器人.sandbox"), 5013),
        ("userDomain", Some(&long), 5013),
        ("userDomain", Some(&domain_254), 5013),
        ("userDomain", Some(&domain_253), 5015),
        ("userDomain", Some("Bots.sandbox"), 5015),
        ("userDomain", Some("elsewhere.sandbox"), 5015),
        ("userDomain", Some("others.sandbox"), 5015),
        ("userDomain", Some(DOMAIN), 200),
        ("appId", None, 5218),
        ("appId", Some(""), 5218),
        ("appId", Some(" "), 5218),
        ("appId", Some("wx2"), 5015),
        ("appId", Some(&long), 5015),
        ("appId", Some("公众号"), 5015),
        ("appId", Some(APP_ID), 200),
        ("code", None, 5372),
        ("code", Some(""), 5372),
        ("code", Some("\t"), 5372),
        ("code", Some(&code_513), 5372),
        ("code", Some(&code_512), 200),
        ("code", Some("授权码"), 200),
        ("mcc", None, 200),
        ("mcc", Some(""), 6085),
        ("mcc", Some("四六零"), 6085),
        ("mcc", Some("460.0"), 6085),
        ("mcc", Some("2147483648"), 6085),
        ("mcc", Some("-2147483649"), 6085),
        ("mcc", Some(&long), 6085),
        ("mcc", Some("2147483647"), 200),
        ("mcc", Some("-2147483648"), 200),
        ("mcc", Some("0"), 200),
        ("signature", Some("not even hex"), 200),
        ("unknown", Some("x"), 200),
    ];
    for (name, value, code) in table {
        let pairs = with(name, *value);
        assert_eq!(outcome(&query(&pairs)), *code, "{name}={value:?}");
        let body: serde_json::Map<String, Value> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        let body = Value::from(body).to_string();
        assert_eq!(outcome(&Fields::from_json(body.as_bytes()).unwrap()), *code, "{name}: {value:?} in JSON");
    }
    assert_eq!(table.len(), 39);
}

#[test]
fn every_parameter_in_json_has_its_outcome_whatever_its_type() {
    let wrong = [json!(true), json!(1.5), json!([]), json!(["x"]), json!({}), json!({"code": "x"})];
    let table = [("userDomain", 5013), ("appId", 5218), ("code", 5372), ("mcc", 6085)];
    let send = |name: &str, value: &Value| {
        let mut body = json!({"userDomain": DOMAIN, "appId": APP_ID, "code": "c0de", "mcc": 460});
        body[name] = value.clone();
        outcome(&Fields::from_json(body.to_string().as_bytes()).unwrap())
    };
    for (name, code) in table {
        for value in &wrong {
            assert_eq!(send(name, value), code, "{name}: {value}");
        }
    }
    for (name, number, code) in [
        ("userDomain", json!(7), 5013),
        ("appId", json!(7), 5218),
        ("code", json!(7), 5372),
        ("mcc", json!(i32::MAX), 200),
        ("mcc", json!(i32::MIN), 200),
        ("mcc", json!(i64::from(i32::MAX) + 1), 6085),
        ("mcc", json!(i64::from(i32::MIN) - 1), 6085),
        ("mcc", json!(u64::MAX), 6085),
    ] {
        assert_eq!(send(name, &number), code, "{name}: {number}");
    }
    for (name, code) in [("userDomain", 200), ("appId", 5218), ("code", 5372), ("mcc", 200)] {
        assert_eq!(send(name, &Value::Null), code, "{name}: null");
    }
}

#[test]
fn a_parameter_that_is_sent_twice_is_refused_wherever_the_two_are() {
    for (name, value, code) in
        [("userDomain", DOMAIN, 5013), ("appId", APP_ID, 5218), ("code", "c0de", 5372), ("mcc", "460", 6085)]
    {
        let mut pairs = with(name, Some(value));
        let alone = format!(r#"{{"{name}":"{value}"}}"#);
        let twice = format!(r#"{{"{name}":null,"{name}":"{value}"}}"#);
        let json = |body: &str| Fields::from_json(body.as_bytes()).unwrap();
        assert_eq!(outcome(&query(&pairs).and(json(&alone))), code, "{name} in both");
        assert_eq!(outcome(&query(&with(name, None)).and(json(&twice))), code, "{name} twice in JSON");
        pairs.push((name, value));
        assert_eq!(outcome(&query(&pairs)), code, "{name} twice in the query");
    }
}

#[test]
fn the_first_parameter_that_is_wrong_is_the_one_that_is_named() {
    let mut pairs = vec![("mcc", "x")];
    for (pair, code) in
        [(("userDomain", ""), 5023), (("userDomain", "?"), 5013), (("userDomain", "nowhere"), 5015)]
    {
        assert_eq!(outcome(&query(&[pairs.as_slice(), &[pair]].concat())), code);
    }
    for (pair, code) in [(("appId", APP_ID), 5218), (("code", "c0de"), 5372), (("mcc", "460"), 6085)] {
        assert_eq!(outcome(&query(&pairs)), code);
        pairs.retain(|(name, _)| *name != pair.0);
        pairs.push(pair);
    }
    assert_eq!(outcome(&query(&pairs)), 200);
    assert_eq!(
        outcome(&query(&[("appId", "wx3")])),
        5015,
        "there is no domain for it, whatever else is wrong"
    );
}

#[test]
fn a_login_is_for_the_account_that_it_names_and_keeps_what_was_sent() {
    let accounts = accounts();
    let fields = query(&[("appId", "wx2"), ("code", " 授权+码 "), ("mcc", "-1")]);
    let (account, login) = Login::read(&fields, &accounts).unwrap();
    assert_eq!((account.app_id(), account.user_domain()), ("wx2", "others.sandbox"));
    assert_eq!(login, Login { code: Secret::new(" 授权+码 "), mcc: Some(-1) });
}

#[test]
fn a_body_that_is_no_object_has_no_parameters() {
    for (body, expected) in [
        (&b"[]"[..], Fault::NotAnObject),
        (b"null", Fault::NotAnObject),
        (b"\"code\"", Fault::NotAnObject),
        (b"", Fault::NotJson),
        (b"{\"code\":\"c", Fault::NotJson),
        (b"{} {}", Fault::NotJson),
        (b"{\"code\":\"\xff\"}", Fault::NotUtf8),
    ] {
        assert_eq!(Fields::from_json(body).unwrap_err(), expected);
    }
}

#[test]
fn what_was_sent_is_not_shown() {
    let fields = query(&with("code", Some("c0de-canary")));
    let accounts = accounts();
    let read = Login::read(&fields, &accounts).unwrap();
    let shown = format!("{fields:?} {read:?}");
    assert!(!shown.contains("canary") && !shown.contains(DOMAIN_SECRET), "{shown}");
    assert!(shown.contains("\"code\"") && shown.contains(APP_ID), "{shown}");
}
