//! The clients of systems B and C, and their secrets.

use super::*;

const APP: &str = "[[app]]\nappkey = \"D5f\"\nbase_url = \"https://b.example\"\n";
const ACCOUNT: &str = "[[official_account]]\napp_id = \"wx1\"\nuser_domain = \"C.DM.5903.1\"\n\
                       base_url = \"https://c.example/api\"\n";

/// With the credentials that [`APP`] and [`ACCOUNT`] want.
fn with_secrets() -> Host {
    Host::with_password()
        .credential("app.D5f.secret", "b-hunter2\n")
        .credential("official_account.wx1.secret", "c-hunter2")
}

fn app(appkey: &str, secret: &str) -> App {
    let base_url = "https://b.example".parse().unwrap();
    App { appkey: appkey.into(), secret: Secret::new(secret), base_url }
}

#[test]
fn every_key_is_taken_over_and_secrets_come_from_credentials_of_the_clients_names() {
    let settings = with_secrets().settings(&format!("{LEAST}{APP}{ACCOUNT}"));
    assert_eq!(settings.apps, [app("D5f", "b-hunter2")]);
    let expected = OfficialAccount {
        app_id: "wx1".into(),
        user_domain: "C.DM.5903.1".into(),
        secret: Secret::new("c-hunter2"),
        base_url: "https://c.example/api".parse().unwrap(),
    };
    assert_eq!(settings.official_accounts, [expected]);
    assert!(!format!("{settings:?}").contains("hunter2"), "settings do not show the secrets");
}

#[test]
fn a_secret_that_the_file_names_wins_over_the_credential() {
    let host = with_secrets();
    let file = host.file("other", "other", 0o600);
    let settings = host.settings(&format!(
        "{LEAST}{APP}app_secret_file = {file:?}\n{ACCOUNT}user_domain_secret_file = {file:?}\n"
    ));
    assert_eq!(settings.apps, [app("D5f", "other")]);
    assert_eq!(settings.official_accounts[0].secret, Secret::new("other"));
}

#[test]
fn there_may_be_several_in_their_order_written_either_way() {
    let host = with_secrets().credential("app.A.secret", "a");
    let expected = [app("D5f", "b-hunter2"), app("A", "a")];
    let second = "[[app]]\nbase_url = \"https://b.example\"\nappkey = \"A\"\n";
    assert_eq!(host.settings(&format!("{LEAST}{APP}{ACCOUNT}{second}")).apps, expected);
    let inline = "app = [\n  {appkey = \"D5f\", base_url = \"https://b.example\"},\n  \
                  {appkey = \"A\", base_url = \"https://b.example\"},\n]\n";
    assert_eq!(host.settings(&format!("{inline}{LEAST}")).apps, expected);
}

#[test]
fn the_same_name_may_be_one_of_each_system() {
    let host = with_secrets().credential("app.wx1.secret", "b");
    let settings = host.settings(&format!("{LEAST}{}{ACCOUNT}", APP.replace("D5f", "wx1")));
    assert_eq!(settings.apps[0].appkey, settings.official_accounts[0].app_id);
}

#[test]
fn a_client_that_is_there_twice_is_a_fault_of_the_second() {
    let text = format!("{APP}{ACCOUNT}{APP}{ACCOUNT}{LEAST}");
    assert_faults(
        &with_secrets().faults(text),
        &[
            (Some(9), "app.appkey", "the same as on line 2: one table for each appkey"),
            (Some(12), "official_account.app_id", "the same as on line 5: one table for each app_id"),
        ],
    );
}

#[test]
fn what_is_missing_is_said_of_each_table_by_its_own_line() {
    let text =
        format!("{LEAST}[[app]]\n[[app]]\nbase_url = 1\n[[official_account]]\n\n[[official_account]]\n");
    assert_faults(
        &with_secrets().faults(text),
        &[
            (Some(4), "app.appkey", "missing: which app"),
            (Some(4), "app.base_url", "missing: where the system is"),
            (Some(5), "app.appkey", "missing: which app"),
            (Some(6), "app.base_url", "expected an http or https URL in quotes, found a number"),
            (Some(7), "official_account.app_id", "missing: which official account"),
            (Some(7), "official_account.user_domain", "missing: the domain of its users"),
            (Some(7), "official_account.base_url", "missing: where the system is"),
            (Some(9), "official_account.app_id", "missing: which official account"),
            (Some(9), "official_account.user_domain", "missing: the domain of its users"),
            (Some(9), "official_account.base_url", "missing: where the system is"),
        ],
    );
}

#[test]
fn a_missing_secret_names_both_ways_to_give_it() {
    let faults = Host::with_password().faults(format!("{LEAST}{APP}{ACCOUNT}"));
    let (app, account) = (
        "missing: set it, or pass the credential app.D5f.secret (LoadCredential=)",
        "missing: set it, or pass the credential official_account.wx1.secret (LoadCredential=)",
    );
    assert_faults(
        &faults,
        &[
            (Some(4), "app.app_secret_file", app),
            (Some(7), "official_account.user_domain_secret_file", account),
        ],
    );
}

#[test]
fn an_unusable_secret_is_a_fault_that_does_not_repeat_it() {
    let host = Host::with_password();
    let cases: [(&str, &str, u32, &str); 4] = [
        ("open", "hunter2", 0o644, "open has mode 0644: "),
        ("group", "hunter2", 0o660, "group has mode 0660: "),
        ("empty", "\n", 0o600, "empty is empty"),
        ("lines", "hunter2\nhunter2", 0o600, "lines is not one line of UTF-8 text"),
    ];
    for (name, content, mode, message) in cases {
        let file = host.file(name, content, mode);
        let faults = host.faults(format!("{LEAST}{APP}app_secret_file = {file:?}"));
        assert_faults(&faults, &[(Some(7), "app.app_secret_file", message)]);
        assert!(!faults[0].message.contains("hunter2"));
        let faults = host.faults(format!("{LEAST}{ACCOUNT}user_domain_secret_file = {file:?}"));
        assert_faults(&faults, &[(Some(8), "official_account.user_domain_secret_file", message)]);
    }
    let host = host.credential("app.D5f.secret", "").credential("official_account.wx1.secret", "a\nb");
    assert_faults(
        &host.faults(format!("{LEAST}{APP}{ACCOUNT}")),
        &[
            (None, "app.D5f.secret", "app.D5f.secret is empty"),
            (None, "official_account.wx1.secret", "is not one line of UTF-8 text"),
        ],
    );
}

#[test]
fn each_bad_value_names_its_line_and_key() {
    let (longest, too_long) = (format!("\"{}\"", "x".repeat(64)), format!("\"{}\"", "x".repeat(65)));
    let long_domain = format!("\"{}\"", "x".repeat(254));
    let visible = "expected 1 to 64 visible ASCII characters but /";
    let domain = "expected 1 to 253 letters, digits and dashes, in parts with a dot between them";
    let url = "expected an http or https URL in quotes";
    let cases: &[(&str, &str, &str, &str)] = &[
        ("app", "appkey", "18611211111", "expected a text in quotes, found a number"),
        ("app", "appkey", "[]", "expected a text in quotes, found a list"),
        ("app", "appkey", "\"\"", visible),
        ("app", "appkey", "\"hunter2/\"", visible),
        ("app", "appkey", "\"hunter2 \"", visible),
        ("app", "appkey", "\"hunter2\\n\"", visible),
        ("app", "appkey", "\"微信\"", visible),
        ("app", "appkey", &too_long, visible),
        ("app", "app_secret_file", "\"hunter2\"", "expected an absolute path"),
        ("app", "app_secret_file", "\"\"", "expected an absolute path"),
        ("app", "app_secret_file", "7", "expected a path in quotes, found a number"),
        ("app", "base_url", "\"b.example\"", "expected a URL such as \"https://api.zaihangyun.com\""),
        ("app", "base_url", "\"ftp://b.example\"", "only http and https are spoken"),
        ("app", "base_url", "\"https://u:hunter2@b.example\"", "a user or password"),
        ("app", "base_url", "\"https://b.example/?q\"", "neither query nor fragment"),
        ("app", "base_url", "false", url),
        ("app", "app_secret", "\"hunter2\"", "did you mean app_secret_file?"),
        ("app", "app_key", "\"D5f\"", "did you mean appkey?"),
        ("app", "timeout", "1", "unknown key; [[app]] has appkey, app_secret_file, base_url"),
        ("official_account", "app_id", "1", "expected a text in quotes, found a number"),
        ("official_account", "app_id", "\" \"", visible),
        ("official_account", "app_id", "\"../wx1\"", visible),
        ("official_account", "app_id", &too_long, visible),
        ("official_account", "user_domain", "\"\"", domain),
        ("official_account", "user_domain", "\"https://hunter2\"", domain),
        ("official_account", "user_domain", "\"a..b\"", domain),
        ("official_account", "user_domain", "\"a_b\"", domain),
        ("official_account", "user_domain", &long_domain, domain),
        ("official_account", "user_domain", "{}", "expected a text in quotes, found a table"),
        ("official_account", "user_domain_secret_file", "\"secret\"", "expected an absolute path"),
        ("official_account", "user_domain_secret", "\"hunter2\"", "did you mean user_domain_secret_file?"),
        ("official_account", "base_url", "\"https://\"", "such as \"https://iot.example\""),
        ("official_account", "base_url", "80", url),
        (
            "official_account",
            "mcc",
            "1",
            "unknown key; [[official_account]] has app_id, user_domain, user_domain",
        ),
    ];
    let host = Host::new().sandbox();
    for (table, key, value, message) in cases {
        let faults = host.faults(format!("[[{table}]]\n[[{table}]]\n{key} = {value}"));
        assert_faults(&faults, &[(Some(3), &format!("{table}.{key}"), message)]);
        assert!(!faults[0].message.contains("hunter2"));
    }
    host.rehearsal(&format!("[[app]]\nappkey = {longest}\n[[official_account]]\napp_id = {longest}"));
}

#[test]
fn a_value_that_cannot_be_is_not_called_missing_as_well() {
    let cases = [
        ("app", "appkey = 1\nbase_url = \"https://b.example\"", "app.appkey"),
        ("app", "base_url = 1\nappkey = \"D5f\"", "app.base_url"),
        ("app", "app_secret_file = \"x\"\nappkey = \"D5f\"\nbase_url = \"https://b\"", "app.app_secret_file"),
        (
            "official_account",
            "user_domain = 1\napp_id = \"wx1\"\nbase_url = \"https://c.example\"",
            "official_account.user_domain",
        ),
    ];
    for (table, keys, at_fault) in cases {
        let faults = with_secrets().faults(format!("{LEAST}[[{table}]]\n{keys}"));
        assert_faults(&faults, &[(Some(5), at_fault, "expected")]);
    }
}

#[test]
fn what_is_no_list_of_tables_is_refused_by_name() {
    let host = Host::new().sandbox();
    for (text, line, key, message) in [
        ("\n[app]\nappkey = \"a\"", 2, "app", "there may be several: write [[app]], not [app]"),
        ("app = 3", 1, "app", "expected tables [[app]], found a number"),
        ("app = [{},\n \"hunter2\"]", 2, "app", "expected tables [[app]], found a text"),
        ("\n[official_account.wx1]", 2, "official_account", "write [[official_account]]"),
        ("\n[[apps]]", 2, "apps", "did you mean app?"),
    ] {
        assert_faults(&host.faults(text), &[(Some(line), key, message)]);
    }
}

#[test]
fn there_are_at_most_a_hundred_of_each() {
    let host = Host::with_password();
    let file = host.file("secret", "s", 0o600);
    let apps = |count: usize| -> String {
        let table =
            |n| format!("[[app]]\nappkey = \"{n}\"\nbase_url = \"https://b\"\napp_secret_file = {file:?}\n");
        (0..count).map(table).collect()
    };
    assert_eq!(host.settings(&format!("{LEAST}{}", apps(100))).apps.len(), 100);
    let faults = host.faults(format!("{LEAST}{}", apps(120)));
    assert_faults(&faults, &[(Some(404), "app", "at most 100 tables [[app]], this is one more")]);
    let faults = Host::new().sandbox().faults("[[official_account]]\n".repeat(101));
    assert_faults(&faults, &[(Some(101), "official_account", "at most 100 tables [[official_account]]")]);
}

#[test]
fn the_sandbox_leaves_the_files_clients_alone_and_says_so_of_each() {
    let host = Host::new().sandbox();
    let (rehearsal, notes) = host.rehearsal(&format!("{APP}{APP}{ACCOUNT}"));
    let told: Vec<_> = notes.iter().map(|note| note.split_once("config.toml:").unwrap().1).collect();
    assert_eq!(
        told,
        [
            "1: app: left alone: --sandbox brings its own app",
            "4: app: left alone: --sandbox brings its own app",
            "7: official_account: left alone: --sandbox brings its own official_account",
        ]
    );
    let key = DeviceAuth::Key { account: None, key: Secret::new("k") };
    let settings = rehearsal.settings("http://127.0.0.1:1".parse().unwrap(), key);
    assert!(settings.apps.is_empty() && settings.official_accounts.is_empty());
}
