//! The login: every parameter in every way, and every code of the table.

use serde_json::json;

use super::*;

/// The numbers of seed 001's table "Response Status", without 200.
const DOCUMENTED: [u64; 11] = [5013, 5015, 5023, 5104, 5218, 5367, 5368, 5369, 5372, 6084, 6085];

#[tokio::test]
async fn a_login_is_answered_in_the_shape_of_the_seed() {
    let client = Client::start().await;
    let code = "021SbF0w3c0mpl3x1a1w3c0mpl3xSbF";
    // printf '%s' "$appId$code$secret" | sha256sum
    let signature = "bd480cfa773547f79095c171e83ce4958b5300c221825222a407b833ca159af0";
    let answer = client.log_in(&good(code, signature)).await;
    let token = |name: &str| answer["data"][name]["token"].clone();
    let (access, refresh) = (token("accessToken"), token("refreshToken"));
    assert!(access.as_str().is_some_and(|token| !token.is_empty()) && access != refresh, "{answer}");
    let expected = json!({
        "code": 200,
        "data": {
            "accessToken": {"expirationTime": BEGIN + 2 * 3600, "token": access},
            "refreshToken": {"expirationTime": BEGIN + 30 * 24 * 3600, "token": refresh},
        },
        "extMsg": "",
        "msg": "Login successful",
    });
    assert_eq!(answer, expected);
    client.end().await;
}

/// Parameters that replace the good ones of the same name, and the code that they lead to.
type Case<'a> = (Pairs<'a>, u64);

#[tokio::test]
async fn every_parameter_has_its_outcome_however_it_is_sent() {
    let client = Client::start().await;
    let (long, long_domain, domain_64) =
        ("x".repeat(2000), format!("{}.b", "a".repeat(63)), format!("{}.b", "a".repeat(62)));
    let (code_128, code_129) = ("界".repeat(128), "界".repeat(129));
    let signatures: Vec<String> = ["wx-unknown", &long, "公众号"]
        .iter()
        .map(|app_id| signature(app_id, "case"))
        .chain([&code_128, &code_129, "授权 码&x=1%2B+/"].iter().map(|code| signature(APP_ID, code)))
        .collect();
    let upper = signature(APP_ID, "case").to_uppercase();
    let own = signature(APP_ID, "case");
    let (zero, ff) = (format!("{own}0"), &own[1..]);
    // A parameter without a value is left out.
    let table: Vec<Case<'_>> = vec![
        (vec![("-userDomain", "")], 5023),
        (vec![("userDomain", "")], 5023),
        (vec![("userDomain", " ")], 5023),
        (vec![("userDomain", "users sandbox")], 5013),
        (vec![("userDomain", ".sandbox")], 5013),
        (vec![("userDomain", "users..sandbox")], 5013),
        (vec![("userDomain", "用户.sandbox")], 5013),
        (vec![("userDomain", &long)], 5013),
        (vec![("userDomain", &long_domain)], 5013),
        (vec![("userDomain", &domain_64)], 5015),
        (vec![("userDomain", USER_DOMAIN), ("userDomain", USER_DOMAIN)], 5013),
        (vec![("userDomain", "elsewhere.sandbox")], 5015),
        (vec![("userDomain", "Users.sandbox")], 5015),
        (vec![("userDomain", "disabled.sandbox")], 5104),
        (vec![("-appId", "")], 5218),
        (vec![("appId", "")], 5218),
        (vec![("appId", APP_ID), ("appId", APP_ID)], 5218),
        (vec![("appId", "wx-unknown"), ("signature", &signatures[0])], 5368),
        (vec![("appId", &long), ("signature", &signatures[1])], 5368),
        (vec![("appId", "公众号"), ("signature", &signatures[2])], 5368),
        (vec![("-code", "")], 5372),
        (vec![("code", "")], 5372),
        (vec![("code", "\t")], 5372),
        (vec![("code", "case"), ("code", "case")], 5372),
        (vec![("code", &code_128), ("signature", &signatures[3])], 200),
        (vec![("code", &code_129), ("signature", &signatures[4])], 5368),
        (vec![("code", "授权 码&x=1%2B+/"), ("signature", &signatures[5])], 200),
        (vec![("-signature", "")], 5367),
        (vec![("signature", "")], 5367),
        (vec![("signature", "签名")], 5367),
        (vec![("signature", &upper)], 5367),
        (vec![("signature", ff)], 5367),
        (vec![("signature", &zero)], 5367),
        (vec![("signature", &long)], 5367),
        (vec![("signature", &own), ("signature", &own)], 5367),
        (vec![("mcc", "")], 6085),
        (vec![("mcc", "四六零")], 6085),
        (vec![("mcc", "460.0")], 6085),
        (vec![("mcc", "true")], 6085),
        (vec![("mcc", &long)], 6085),
        (vec![("mcc", "2147483648")], 6085),
        (vec![("mcc", "2147483647")], 6085),
        (vec![("mcc", "-2147483648")], 6085),
        (vec![("mcc", "199")], 6085),
        (vec![("mcc", "200")], 6084),
        (vec![("mcc", "310")], 6084),
        (vec![("mcc", "799")], 6084),
        (vec![("mcc", "800")], 6085),
        (vec![("mcc", "460"), ("mcc", "460")], 6085),
        (vec![("-mcc", ""), ("code", "no-mcc"), ("signature", "*")], 200),
        (vec![("mcc", "460"), ("code", "mcc-460"), ("signature", "*")], 200),
        (vec![("mcc", "461"), ("code", "mcc-461"), ("signature", "*")], 200),
        (vec![("unknown", "x"), ("code", "unknown"), ("signature", "*")], 200),
    ];
    for (changes, expected) in &table {
        let names: Vec<&str> = changes.iter().map(|(name, _)| name.trim_start_matches('-')).collect();
        let mut pairs = good("case", &own);
        pairs.retain(|(name, _)| !names.contains(name));
        pairs.extend(changes.iter().filter(|(name, _)| !name.starts_with('-')));
        let code = pairs.iter().find(|(name, _)| *name == "code").map_or("", |(_, code)| code);
        let made = signature(APP_ID, code);
        for pair in pairs.iter_mut().filter(|pair| **pair == ("signature", "*")) {
            pair.1 = &made;
        }
        let answer = client.log_in(&pairs).await;
        assert_eq!(answer["code"], *expected, "{changes:?}: {answer}");
        assert_eq!(answer["data"].is_null(), *expected != 200, "{changes:?}: {answer}");
    }
    assert_eq!(table.len(), 53);
    client.end().await;
}

#[tokio::test]
async fn every_documented_code_is_had_by_asking_for_it_with_the_tables_sentence() {
    let client = Client::start().await;
    let sentences = [
        "User domain format incorrect",
        "User domain does not exist",
        "Please enter user domain",
        "User domain has been disabled",
        "Please enter appid",
        "Exception in requesting user OpenID",
        "Failed to get user OpenID",
        "Failed to parse user OpenID",
        "Please enter code",
        "MCC does not belong to current data center",
        "Failed to query data center for MCC",
    ];
    for (number, sentence) in DOCUMENTED.iter().zip(sentences) {
        let code = format!("fail-{number}");
        // Twice: it is not used up.
        for _ in 0..2 {
            let answer = client.log_in(&good(&code, &signature(APP_ID, &code))).await;
            let expected =
                json!({"code": number, "data": null, "extMsg": "the code asks for it", "msg": sentence});
            assert_eq!(answer, expected);
        }
    }
    for code in ["fail-200", "fail-5014", "fail-", "fail-x"] {
        assert_eq!(client.log_in(&good(code, &signature(APP_ID, code))).await["code"], 200, "{code}");
    }
    client.end().await;
}

#[tokio::test]
async fn the_help_says_how_to_get_every_documented_code() {
    let help = include_str!("../../help.txt");
    for number in DOCUMENTED {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&number.to_string())), "{number}");
    }
    for word in [APP_ID, USER_DOMAIN, USER_DOMAIN_SECRET, LOGIN, REFRESH, "/sandbox/official-account"] {
        assert!(help.contains(word), "{word}");
    }
}

#[tokio::test]
async fn the_first_check_that_fails_wins() {
    let client = Client::start().await;
    let mut pairs: Pairs<'_> = vec![("mcc", "310")];
    let made = signature("wx-unknown", "order");
    // Each step mends what was wrong and leaves the rest wrong.
    for (name, value, expected) in [
        ("", "", 5023),
        ("userDomain", "?", 5013),
        ("userDomain", "elsewhere", 5015),
        ("userDomain", "disabled.sandbox", 5104),
        ("userDomain", USER_DOMAIN, 5218),
        ("appId", "wx-unknown", 5372),
        ("code", "order", 5367),
        ("signature", &made, 6084),
        ("mcc", "460", 5368),
    ] {
        pairs.retain(|(known, _)| *known != name);
        pairs.extend((!name.is_empty()).then_some((name, value)));
        let answer = client.log_in(&pairs).await;
        assert_eq!(answer["code"], expected, "{name}: {answer}");
    }
    client.end().await;
}

#[tokio::test]
async fn a_code_works_once_and_only_a_login_uses_it_up() {
    let client = Client::start().await;
    let made = signature(APP_ID, "once");
    let mut elsewhere = good("once", &made);
    elsewhere.push(("mcc", "310"));
    assert_eq!(client.log_in(&elsewhere).await["code"], 6084);
    assert_eq!(client.log_in(&good("once", &made)).await["code"], 200);
    let again = client.log_in(&good("once", &made)).await;
    assert_eq!((&again["code"], &again["extMsg"]), (&json!(5368), &json!("the code has been used")));
    client.end().await;
}

#[tokio::test]
async fn the_script_and_the_tally_serve_these_calls_too() {
    let client = Client::start().await;
    let rules = json!([
        {"call": LOGIN, "fault": {"status": 502, "body": "<html>"}},
        {"call": LOGIN, "fault": "reset", "after": true},
        {"call": REFRESH, "fault": {"answer": {"code": 0}}, "delay": "10ms"},
        {"call": REFRESH, "fault": "half-body", "after": true},
    ]);
    let added = client.send(Method::POST, "/sandbox/script", &rules).await.unwrap();
    assert_eq!(added.status(), 200);
    let target = |code| {
        let query =
            Serializer::new(String::new()).extend_pairs(good(code, &signature(APP_ID, code))).finish();
        format!("{LOGIN}?{query}")
    };
    let gateway = client.send(Method::POST, &target("a"), &Value::Null).await.unwrap();
    assert_eq!((gateway.status().as_u16(), &gateway.body()[..]), (502, &b"<html>"[..]));
    let reset = client.send(Method::POST, &target("a"), &Value::Null).await;
    assert!(matches!(reset, Err(ExchangeError::Connection(_))), "{reset:?}");
    let used = client.log_in(&good("a", &signature(APP_ID, "a"))).await;
    assert_eq!(used["code"], 5368, "it was carried out, and then its answer was spoilt");
    assert_eq!(client.refresh("x").await, json!({"code": 0}));
    let torn = client.send(Method::PUT, &format!("{REFRESH}?refreshToken=x"), &Value::Null).await;
    assert!(matches!(torn, Err(ExchangeError::Connection(_))), "{torn:?}");
    assert_eq!(client.refresh("x").await["code"], 5368);
    let state = client.send(Method::GET, "/sandbox/state", &Value::Null).await.unwrap();
    let state: Value = serde_json::from_slice(state.body()).unwrap();
    assert_eq!(state["calls"], json!({LOGIN: 3, REFRESH: 3}));
    client.end().await;
}

#[tokio::test]
async fn another_method_is_not_served() {
    let client = Client::start().await;
    for (method, path) in [(Method::GET, LOGIN), (Method::PUT, LOGIN), (Method::POST, REFRESH)] {
        let response = client.send(method.clone(), path, &Value::Null).await.unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
    }
    client.end().await;
}
