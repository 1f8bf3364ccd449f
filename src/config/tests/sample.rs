//! The sample configuration keeps its promises: it loads, its defaults are the defaults, nothing is left out.

use super::webhook::WHSEC;
use super::*;

/// The sample that is installed with the unit.
const SAMPLE: &str = include_str!("../../../systemd/config.toml");

#[test]
fn the_sample_loads_and_what_it_calls_a_default_is_one() {
    let host = Host::with_password();
    let uncommented: String = SAMPLE.lines().map(uncommented).collect();
    assert!(uncommented.contains("\npoll_timeout = "));
    assert_eq!(host.settings(SAMPLE), host.settings(&uncommented));
    let (host, unchanged) = (Host::new().sandbox(), "");
    assert_eq!(host.rehearsal(&uncommented).0.sandbox, host.rehearsal(unchanged).0.sandbox);
}

#[test]
fn the_sample_explains_every_key_there_is() {
    for table in ["state", "control", "device", "relogin", "callback", "tokens", "sandbox"] {
        let keys = known_keys(&format!("{table}.zzzzzzzzzzzz = 1"));
        assert_shown(&format!("\n[{table}]\n"), &keys);
    }
    for table in ["app", "official_account", "webhook"] {
        let keys = known_keys(&format!("[[{table}]]\nzzzzzzzzzzzz = 1"));
        assert_shown(&format!("\n# [[{table}]]\n"), &keys);
    }
}

#[test]
fn the_samples_clients_are_usable_once_they_are_no_comments() {
    let (_, clients) = SAMPLE.split_once("\n# [[app]]\n").unwrap();
    let (clients, _) = clients.split_once("\n[tokens]\n").unwrap();
    let host = Host::with_password();
    let secret = host.file("secret", "hunter2", 0o600);
    let of_line = |line: &str| match line.strip_prefix("# ").filter(|rest| is_example(rest)) {
        Some(rest) => match rest.split_once("_file = ") {
            Some((key, _)) => format!("{key}_file = {secret:?}\n"),
            None => format!("{rest}\n"),
        },
        None => String::new(),
    };
    let examples: String = clients.lines().map(of_line).collect();
    let settings = host.settings(&format!("{LEAST}[[app]]\n{examples}"));
    assert_eq!((settings.apps.len(), settings.official_accounts.len()), (1, 1));
}

#[test]
fn the_samples_webhook_is_usable_once_it_is_no_comment() {
    let (_, webhook) = SAMPLE.split_once("\n# [[webhook]]\n").unwrap();
    let (webhook, _) = webhook.split_once("\n[sandbox]\n").unwrap();
    let host = Host::with_password().credential("webhook.1.secret", WHSEC);
    let keys = webhook.lines().filter_map(|line| line.strip_prefix("# ").filter(|rest| is_example(rest)));
    let keys: Vec<_> = keys.filter(|key| !key.starts_with("secret_file")).collect();
    let keys = keys.join("\n");
    let settings = host.settings(&format!("{LEAST}[[webhook]]\n{keys}"));
    assert_eq!(settings.webhooks[0].events.len(), 2);
}

/// Fails for a key that no line shows between the header and the next.
fn assert_shown(header: &str, keys: &[String]) {
    let (_, part) = SAMPLE.split_once(header).unwrap();
    let part = part.split("\n[").next().unwrap().split("\n# [").next().unwrap();
    for key in keys {
        let start = format!("{key} = ");
        let shown = part.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&start));
        assert!(shown, "{key} is not in the sample after {header}");
    }
}

/// Whether a line is a header, or a key with its value.
fn is_example(line: &str) -> bool {
    line.starts_with("[[") || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
}

/// A line of the sample with its default made effective.
fn uncommented(line: &str) -> String {
    let line = match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_lowercase()) => rest,
        _ => line,
    };
    format!("{line}\n")
}

/// The keys of a table, as the fault about an unknown one lists them.
fn known_keys(text: &str) -> Vec<String> {
    let faults = Host::new().sandbox().faults(text);
    let list = faults.iter().find_map(|fault| Some(fault.message.split_once("] has ")?.1)).unwrap();
    list.split(", ").map(str::to_owned).collect()
}
