//! The client of system C: what it accepts from callers, what it sends, and what it makes of the answers.

mod answers;
mod calls;
mod reading;

use super::*;

const APP_ID: &str = "wx0000000000000001";
const DOMAIN: &str = "bots.sandbox";
const DOMAIN_SECRET: &str = "sandbox-user-domain-secret";

fn account(base_url: &str, app_id: &str, user_domain: &str) -> OfficialAccountPlatform {
    let url = base_url.parse().unwrap();
    OfficialAccountPlatform::new(&url, app_id, user_domain, &Secret::new(DOMAIN_SECRET)).unwrap()
}

#[test]
fn the_signature_is_the_hash_that_another_tool_makes() {
    // printf '%s' "$appId$code$secret" | sha256sum, or openssl dgst -sha256.
    for (app_id, code, secret, expected) in [
        ("wx1", "code", "secret", "c46fe0b7c40d0e004a8a46930abb491e1e770a64c69068c3dc0f9d49b7f02578"),
        ("a", "b", "c", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            APP_ID,
            "021SbF0w3c0mpl3x1a1w3c0mpl3xSbF",
            DOMAIN_SECRET,
            "664b0242303e3172b005ea45c62cfee648f65a6a455e2902258fcb4408d3c967",
        ),
        (
            APP_ID,
            "授权 码&x=1%2B+/",
            DOMAIN_SECRET,
            "139ae53d6b1fa3780983523f6dc857ec074df459c865b80cb0341530a9053dd9",
        ),
    ] {
        assert_eq!(signature(app_id, &Secret::new(code), &Secret::new(secret)).reveal(), expected);
    }
}

#[test]
fn the_daemons_own_refusals_have_the_tables_codes_and_sentences() {
    for (refusal, body) in [
        (
            Refusal::DomainFormat,
            r#"{"code":5013,"data":null,"extMsg":"","msg":"User domain format incorrect"}"#,
        ),
        (
            Refusal::DomainUnknown,
            r#"{"code":5015,"data":null,"extMsg":"","msg":"User domain does not exist"}"#,
        ),
        (Refusal::DomainMissing, r#"{"code":5023,"data":null,"extMsg":"","msg":"Please enter user domain"}"#),
        (Refusal::AppIdMissing, r#"{"code":5218,"data":null,"extMsg":"","msg":"Please enter appid"}"#),
        (
            Refusal::NoAnswer,
            r#"{"code":5367,"data":null,"extMsg":"","msg":"Exception in requesting user OpenID"}"#,
        ),
        (Refusal::CodeMissing, r#"{"code":5372,"data":null,"extMsg":"","msg":"Please enter code"}"#),
        (
            Refusal::MccUnknown,
            r#"{"code":6085,"data":null,"extMsg":"","msg":"Failed to query data center for MCC"}"#,
        ),
    ] {
        assert_eq!(refusal.body(), body);
    }
}

#[test]
fn a_base_url_that_is_no_place_on_the_web_is_named() {
    for url in ["ftp://h/", "http://me:pass@h/", "/v2"] {
        let made = OfficialAccountPlatform::new(&url.parse().unwrap(), APP_ID, DOMAIN, &Secret::new("s"));
        assert!(matches!(made, Err(SetupError::BaseUrl)), "{url}");
    }
}
