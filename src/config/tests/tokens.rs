//! `[tokens]`, the lives of the sandbox's tokens, and the key that tokens are sealed with.

use super::*;

#[test]
fn every_key_is_taken_over() {
    let text = "[tokens]\nexpiring_ahead = \"2d\"\nrefresh_ahead = \"5m\"\nkeep_expired = \"1h\"\nmax = 7\n";
    let expected = Tokens {
        expiring_ahead: Duration::from_hours(48),
        refresh_ahead: Duration::from_mins(5),
        keep_expired: Duration::from_hours(1),
        max: 7,
    };
    assert_eq!(Host::with_password().settings(&format!("{LEAST}{text}")).tokens, expected);
}

#[test]
fn the_sandboxs_tokens_live_as_the_real_ones_unless_told_otherwise() {
    let lives = |text: &str| {
        let sandbox = Host::new().sandbox().rehearsal(text).0.sandbox;
        [sandbox.app_token_for, sandbox.official_token_for, sandbox.refresh_token_for]
    };
    assert_eq!(lives(""), [10 * 24, 2, 30 * 24].map(Duration::from_hours));
    let text = "[sandbox]\napp_token_for = \"1s\"\nofficial_token_for = \"2s\"\nrefresh_token_for = \"3s\"";
    assert_eq!(lives(text), [1, 2, 3].map(Duration::from_secs));
}

#[test]
fn each_bad_value_names_its_line_and_key() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("tokens", "expiring_ahead", "24", "such as \"1d\", found 24"),
        ("tokens", "expiring_ahead", "\"0s\"", "between \"1s\" and \"90d\""),
        ("tokens", "expiring_ahead", "\"91d\"", "between \"1s\" and \"90d\""),
        ("tokens", "refresh_ahead", "\"soon\"", "such as \"20m\", found \"soon\""),
        ("tokens", "refresh_ahead", "\"20ms\"", "between \"1s\" and \"1d\""),
        ("tokens", "refresh_ahead", "\"25h\"", "between \"1s\" and \"1d\""),
        ("tokens", "keep_expired", "[]", "such as \"7d\", found a list"),
        ("tokens", "keep_expired", "\"999ms\"", "between \"1s\" and \"3650d\""),
        ("tokens", "keep_expired", "\"3651d\"", "between"),
        ("tokens", "max", "0", "between 1 and 1000000, not 0"),
        ("tokens", "max", "1000001", "between 1 and 1000000, not 1000001"),
        ("tokens", "max", "\"many\"", "expected a whole number, found \"many\""),
        ("tokens", "refresh_ahed", "\"20m\"", "did you mean refresh_ahead?"),
        (
            "tokens",
            "lifetime",
            "1",
            "unknown key; [tokens] has expiring_ahead, refresh_ahead, keep_expired, max",
        ),
        ("sandbox", "app_token_for", "10", "such as \"10d\", found 10"),
        ("sandbox", "app_token_for", "\"999ms\"", "between \"1s\" and \"365d\""),
        ("sandbox", "official_token_for", "\"366d\"", "between \"1s\" and \"365d\""),
        ("sandbox", "official_token_for", "\"\"", "such as \"2h\""),
        ("sandbox", "refresh_token_for", "true", "such as \"30d\", found true"),
        ("sandbox", "refresh_token_for", "\"0s\"", "between \"1s\" and \"365d\""),
    ];
    let host = Host::new().sandbox();
    for (table, key, value, message) in cases {
        let faults = host.faults(format!("[{table}]\n{key} = {value}"));
        assert_faults(&faults, &[(Some(2), &format!("{table}.{key}"), message)]);
    }
    assert_faults(
        &host.faults("\n[[tokens]]"),
        &[(Some(2), "tokens", "expected one table [tokens], found a list")],
    );
}

#[test]
fn the_credential_state_key_is_handed_on_by_its_path_however_many_lines_it_has() {
    let host = Host::with_password().credential("state.key", "one\ntwo\n");
    let expected = Some(host.dir.path().join("state.key"));
    assert_eq!(host.settings(LEAST).state_key, expected);
    let (rehearsal, _) = host.sandbox().rehearsal("");
    let key = DeviceAuth::Key { account: None, key: Secret::new("k") };
    assert_eq!(rehearsal.settings("http://127.0.0.1:1".parse().unwrap(), key).state_key, expected);
}

#[test]
fn a_credential_state_key_that_others_can_touch_is_refused() {
    for mode in [0o444, 0o604, 0o460] {
        let host = Host::with_password().credential("state.key", "hunter2");
        host.file("state.key", "hunter2", mode);
        let message = format!("state.key has mode 0{mode:o}: others may read it");
        assert_faults(&host.faults(LEAST), &[(None, "state.key", &message)]);
    }
    let host = Host::with_password();
    fs::create_dir(host.dir.path().join("state.key")).unwrap();
    assert_faults(&host.faults(LEAST), &[(None, "state.key", "state.key is not a regular file")]);
}
