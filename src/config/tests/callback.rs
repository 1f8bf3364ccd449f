//! The listener for the platform's callbacks, and the secret in its path.

use super::*;

const SECRET: &str = "0123456789abcdef-_XYZ";

#[test]
fn every_key_is_taken_over() {
    let host = Host::with_password();
    let file = host.file("secret", format!("{SECRET}\n"), 0o600);
    let settings = host.settings(&format!(
        "{LEAST}[callback]\nlisten = \"0.0.0.0:7431\"\npath_secret_file = {file:?}\n\
         forward_url = \"http://127.0.0.1:8080/in?from=wx\"\npublic_url = \"https://bots.example/wx/\"\n"
    ));
    let expected = Callback {
        listen: "0.0.0.0:7431".parse().ok(),
        path_secret: Some(Secret::new(SECRET)),
        forward_url: "http://127.0.0.1:8080/in?from=wx".parse().ok(),
        public_url: "https://bots.example/wx/".parse().ok(),
    };
    assert_eq!(settings.callback, expected);
    assert!(!format!("{settings:?}").contains(SECRET), "settings do not show the secret");
}

#[test]
fn an_empty_text_is_none() {
    let text = "[callback]\nlisten = \"\"\npath_secret_file = \"\"\nforward_url = \"\"\npublic_url = \"\"\n";
    let settings = Host::with_password().settings(&format!("{LEAST}{text}"));
    assert_eq!(settings.callback, Host::with_password().settings(LEAST).callback);
}

#[test]
fn the_secret_may_be_a_credential_and_what_the_file_names_wins() {
    let host = Host::with_password().credential("callback.path_secret", SECRET);
    let listening = format!("{LEAST}[callback]\nlisten = \"127.0.0.1:0\"\n");
    assert_eq!(host.settings(&listening).callback.path_secret, Some(Secret::new(SECRET)));
    let file = host.file("other", "another-secret-of-16", 0o600);
    let named = host.settings(&format!("{listening}path_secret_file = {file:?}\n"));
    assert_eq!(named.callback.path_secret, Some(Secret::new("another-secret-of-16")));
}

#[test]
fn a_listener_needs_a_secret() {
    let faults = Host::new().sandbox().faults("[callback]\nlisten = \"127.0.0.1:0\"");
    assert_faults(
        &faults,
        &[(Some(1), "callback.path_secret_file", "or pass the credential callback.path_secret")],
    );
}

#[test]
fn a_public_address_needs_a_listener() {
    let faults = Host::new().sandbox().faults("[callback]\npublic_url = \"https://bots.example\"");
    assert_faults(&faults, &[(Some(2), "callback.public_url", "listen is off")]);
    let faults =
        Host::new().sandbox().faults("[callback]\nlisten = 1\npublic_url = \"https://bots.example\"");
    assert_faults(&faults, &[(Some(2), "callback.listen", "found 1")]);
}

#[test]
fn an_unusable_secret_is_a_fault_that_does_not_repeat_it() {
    let host = Host::new().sandbox();
    let long = "x".repeat(129);
    let cases: [(&str, &str, u32, &str); 7] = [
        ("open", SECRET, 0o644, "open has mode 0644: "),
        ("group", SECRET, 0o660, "group has mode 0660: "),
        ("empty", "", 0o600, "empty is empty"),
        ("short", "hunter2-hunter2", 0o600, "short must hold 16 to 128 letters"),
        ("long", &long, 0o600, "long must hold 16 to 128 letters"),
        ("slash", "hunter2/hunter2/hunter2", 0o600, "slash must hold"),
        ("words", "hunter2 hunter2 信 hunter2", 0o600, "words must hold"),
    ];
    for (name, content, mode, message) in cases {
        let file = host.file(name, content, mode);
        let text = format!("[callback]\nlisten = \"[::]:7431\"\npath_secret_file = {file:?}");
        let faults = host.faults(&text);
        assert_faults(&faults, &[(Some(3), "callback.path_secret_file", message)]);
        assert!(!faults[0].message.contains("hunter2"));
    }
    let host = host.credential("callback.path_secret", "short");
    let faults = host.faults("[callback]\nlisten = \"[::]:7431\"");
    assert_faults(&faults, &[(None, "callback.path_secret", "must hold 16 to 128")]);
}

#[test]
fn each_bad_value_names_its_line_and_key() {
    let cases: &[(&str, &str, &str)] = &[
        ("listen", "7431", "expected an address"),
        ("listen", "\"7431\"", "found \"7431\""),
        ("listen", "\"bots.example:7431\"", "expected an address"),
        ("listen", "\"0.0.0.0:70000\"", "expected an address"),
        ("path_secret_file", "16", "expected a path in quotes, found a number"),
        ("path_secret_file", "\"hunter2\"", "expected an absolute path, or \"\" for none"),
        ("path_secret_file", "\"/nowhere/secret\"", "cannot read /nowhere/secret: No such file"),
        ("forward_url", "8080", "expected an http or https URL in quotes, found a number"),
        ("forward_url", "\"127.0.0.1:8080\"", "expected a URL such as \"http://127.0.0.1:8080/messages\""),
        ("forward_url", "\"ftp://h/\"", "only http and https are spoken"),
        ("forward_url", "\"http://u:hunter2@h/\"", "a URL with a user or password in it is not accepted"),
        ("forward_url", "\"http://h:0/\"", "expected a URL"),
        ("forward_url", "\"http://h/#x\"", "no fragment"),
        ("public_url", "true", "in quotes, found true or false"),
        ("public_url", "\"bots.example\"", "expected a URL such as \"https://wxlogind.example\""),
        ("public_url", "\"https://u@h\"", "a user or password"),
        ("public_url", "\"https://h/?q=1\"", "neither query nor fragment"),
        ("path_secret", "\"hunter2\"", "did you mean path_secret_file?"),
        ("forward", "\"\"", "unknown key; [callback] has listen, path_secret_file, forward_url, public_url"),
    ];
    let host = Host::new().sandbox();
    for (key, value, message) in cases {
        let faults = host.faults(format!("[callback]\n{key} = {value}"));
        assert_faults(&faults, &[(Some(2), &format!("callback.{key}"), message)]);
        assert!(!faults[0].message.contains("hunter2"));
    }
}
