//! The keys whose meaning depends on secret files and on each other.

use wxlogin_state::{Proxy, Secret};

use super::*;

#[test]
fn a_password_or_a_key_proves_who_we_are() {
    let password = Secret::new("hunter2");
    let expected = DeviceAuth::Password { account: "a".into(), password };
    assert_eq!(Host::with_password().settings(LEAST).device.auth, expected);
    let host = Host::new();
    let file = host.file("pw", "hunter2\n", 0o600);
    let settings = host.settings(&format!("{LEAST}password_file = {file:?}"));
    assert_eq!(settings.device.auth, expected);

    let expected = |account| DeviceAuth::Key { account, key: Secret::new("k") };
    let settings = Host::new().credential("device.authorization", "k").settings(LEAST);
    assert_eq!(settings.device.auth, expected(Some("a".into())));
    let file = host.file("key", "k", 0o640);
    let text = format!("[device]\nbase_url = \"http://p.example\"\nauthorization_file = {file:?}");
    assert_eq!(host.settings(&text).device.auth, expected(None));
}

#[test]
fn a_secret_that_the_file_names_wins_over_credentials() {
    let host = Host::with_password();
    let file = host.file("key", "k", 0o600);
    let auth = host.settings(&format!("{LEAST}authorization_file = {file:?}")).device.auth;
    assert!(matches!(auth, DeviceAuth::Key { .. }));
}

#[test]
fn two_secrets_are_one_too_many_and_none_is_too_few() {
    let host = Host::with_password();
    let both = format!("{LEAST}password_file = \"/p\"\nauthorization_file = \"/a\"\n");
    assert_faults(&host.faults(both), &[(Some(5), "device.authorization_file", "one of the two must go")]);
    let host = host.credential("device.authorization", "k");
    assert_faults(&host.faults(LEAST), &[(None, "device.authorization", "one of the two must go")]);
    let none = Host::new().faults(LEAST);
    assert_faults(&none, &[(Some(1), "device.password_file", "or pass the credential device.password or")]);
}

#[test]
fn an_unusable_secret_is_a_fault_with_line_and_path() {
    let host = Host::new();
    let cases: [(&str, &[u8], u32, &str); 3] = [
        ("open", b"hunter2", 0o644, "open has mode 0644: "),
        ("empty", b"\n", 0o600, "empty is empty"),
        ("binary", b"hunter2\xff", 0o600, "binary is not one line of UTF-8 text"),
    ];
    for (name, content, mode, message) in cases {
        let file = host.file(name, content, mode);
        let faults = host.faults(format!("{LEAST}password_file = {file:?}"));
        assert_faults(&faults, &[(Some(4), "device.password_file", message)]);
        assert!(!faults[0].message.contains("hunter2"));
    }
    let host = Host::new().credential("device.password", "");
    assert_faults(&host.faults(LEAST), &[(None, "device.password", "device.password is empty")]);
}

#[test]
fn a_faulty_path_is_not_called_missing_as_well() {
    for key in ["password_file", "authorization_file"] {
        let faults = Host::new().faults(format!("{LEAST}{key} = \"hunter2\"\n"));
        assert_faults(&faults, &[(Some(4), &format!("device.{key}"), "absolute path")]);
        assert!(!faults[0].message.contains("hunter2"), "a password in the wrong place is not repeated");
    }
}

#[test]
fn a_proxy_is_a_region_or_a_server_of_ones_own() {
    let host = Host::with_password();
    let proxy = |host: &Host, keys: &str| host.settings(&format!("{LEAST}{keys}")).device.proxy;
    assert_eq!(proxy(&host, ""), Proxy::Region(8));
    assert_eq!(proxy(&host, "proxy = 23"), Proxy::Region(23));
    let bare = Proxy::Own { ip: "p:1080".into(), user: None, password: None };
    assert_eq!(proxy(&host, "proxy_ip = \"p:1080\""), bare);
    let host = host.credential("device.proxy_password", "pw");
    let password = Some(Secret::new("pw"));
    let full = Proxy::Own { ip: "p:1080".into(), user: Some("u".into()), password };
    assert_eq!(proxy(&host, "proxy_ip = \"p:1080\"\nproxy_user = \"u\""), full);
}

#[test]
fn a_mixture_of_proxies_is_refused() {
    let cases: &[(&str, &str, &str)] = &[
        ("proxy = 8\nproxy_ip = \"p:1\"", "device.proxy_ip", "not both"),
        ("proxy = 8\nproxy_user = \"u\"", "device.proxy_user", "belongs to proxy_ip"),
        ("proxy_ip = \"p:1\"\nproxy_user = \"u\"", "device.proxy_user", "needs a password"),
        ("proxy_ip = \"p:1\"\nproxy_password_file = \"/p\"", "device.proxy_password_file", "without a user"),
    ];
    for (keys, key, message) in cases {
        let faults = Host::with_password().faults(format!("{LEAST}{keys}"));
        assert_faults(&faults, &[(Some(5), key, message)]);
    }
}
