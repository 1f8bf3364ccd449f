//! `[[webhook]]`: receivers of events, their secrets, and what shows of them.

use super::*;

/// A key to sign with.
pub(super) const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn receiver(url: &str, format: &str) -> String {
    format!("[[webhook]]\nurl = \"{url}\"\nformat = \"{format}\"\n")
}

#[test]
fn every_key_is_taken_over_and_secrets_come_from_credentials_by_the_tables_place() {
    let host =
        Host::with_password().credential("webhook.1.secret", WHSEC).credential("webhook.3.secret", "SEC9");
    let text = format!(
        "{LEAST}[[webhook]]\nurl = \"https://bots.example/in?key=1\"\nevents = [\"session.*\", \"fleet.storm\"]\n{}{}",
        receiver("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2", "wecom"),
        receiver("https://oapi.dingtalk.com/robot/send?access_token=hunter2", "dingtalk"),
    );
    let webhooks = host.settings(&text).webhooks;
    let secrets: Vec<_> =
        webhooks.iter().map(|webhook| webhook.secret.as_ref().map(Secret::reveal)).collect();
    assert_eq!(secrets, [Some(WHSEC), None, Some("SEC9")]);
    let formats: Vec<_> = webhooks.iter().map(|webhook| webhook.format.as_str()).collect();
    assert_eq!(formats, ["standard", "wecom", "dingtalk"]);
    let events: Vec<_> = webhooks[0].events.iter().map(ToString::to_string).collect();
    assert_eq!(events, ["session.*", "fleet.storm"]);
    assert!(webhooks[1].events.is_empty());
    assert_eq!(webhooks[0].url.reveal(), "https://bots.example/in?key=1");
    let shown = format!("{webhooks:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("SEC9") && !shown.contains(WHSEC), "{shown}");
}

#[test]
fn a_url_shows_without_what_keeps_strangers_away() {
    for (url, format, shown) in [
        ("https://h:8443/a/b?token=1", WebhookFormat::Standard, "https://h:8443/a/b?…"),
        ("http://h/a/b", WebhookFormat::Standard, "http://h/a/b"),
        ("https://f/open-apis/bot/v2/hook/x-y", WebhookFormat::Feishu, "https://f/open-apis/bot/v2/hook/…"),
        ("https://w/send?key=1", WebhookFormat::Wecom, "https://w/send?…"),
    ] {
        assert_eq!(WebhookUrl::new(url.parse().unwrap(), format).to_string(), shown);
    }
}

#[test]
fn the_sandbox_serves_the_files_receivers() {
    let host = Host::new().sandbox();
    let secret = host.file("secret", WHSEC, 0o600);
    let (rehearsal, notes) = host
        .rehearsal(&format!("{}secret_file = {secret:?}\n", receiver("http://127.0.0.1:1/in", "standard")));
    let key = DeviceAuth::Key { account: None, key: Secret::new("k") };
    let settings = rehearsal.settings("http://127.0.0.1:1".parse().unwrap(), key);
    assert_eq!((settings.webhooks.len(), notes.len()), (1, 0));
}

#[test]
fn one_url_twice_is_a_fault_of_the_second() {
    let robot = receiver("https://w/send?key=1", "wecom");
    let faults = Host::with_password().faults(format!("{robot}{robot}{LEAST}"));
    assert_faults(&faults, &[(Some(5), "webhook.url", "the same as on line 2: one table for each receiver")]);
}

#[test]
fn there_are_at_most_twenty() {
    let receivers =
        |count: usize| (0..count).map(|n| receiver(&format!("https://w/{n}"), "wecom")).collect::<String>();
    let host = Host::with_password();
    assert_eq!(host.settings(&format!("{LEAST}{}", receivers(20))).webhooks.len(), 20);
    let faults = host.faults(format!("{}{LEAST}", receivers(22)));
    assert_faults(&faults, &[(Some(61), "webhook", "at most 20 tables [[webhook]], this is one more")]);
}

#[test]
fn a_missing_or_unusable_secret_says_what_is_wanted_and_never_what_is_there() {
    let host = Host::with_password();
    let standard = receiver("https://h/", "standard");
    let faults = host.faults(format!("{standard}{LEAST}"));
    let message = "missing: set it, or pass the credential webhook.1.secret (LoadCredential=)";
    assert_faults(&faults, &[(Some(1), "webhook.secret_file", message)]);
    for (content, format, message) in [
        ("hunter2", "standard", "must hold whsec_ and then 24 to 64 bytes in base64"),
        ("whsec_aHVudGVyMg==", "standard", "must hold whsec_ and then 24 to 64 bytes in base64"),
        ("whsec_hunter2!", "standard", "must hold whsec_ and then 24 to 64 bytes in base64"),
        ("hunter2", "wecom", "is of no use: the robots of wecom are not signed for"),
    ] {
        let file = host.file("secret", content, 0o600);
        let faults =
            host.faults(format!("{}secret_file = {file:?}\n{LEAST}", receiver("https://h/", format)));
        assert_faults(&faults, &[(Some(4), "webhook.secret_file", message)]);
        assert!(!faults[0].message.contains("hunter2"), "{}", faults[0].message);
    }
}

#[test]
fn each_bad_value_names_its_line_and_key() {
    let list = "expected a list of texts such as [\"session.*\", \"account.scan-needed\"]";
    for (line, key, message) in [
        ("url = \"bots.example\"", "webhook.url", "expected a URL such as"),
        ("url = \"https://u:hunter2@h/\"", "webhook.url", "a user or password"),
        ("url = 7", "webhook.url", "expected an http or https URL in quotes"),
        ("format = \"slack\"", "webhook.format", "\"dingtalk\" or \"wecom\", found \"slack\""),
        ("events = []", "webhook.events", list),
        ("events = \"session.*\"", "webhook.events", list),
        ("events = [1]", "webhook.events", list),
        (
            "events = [\"session\"]",
            "webhook.events",
            "\"session\" is no type of event: session.online is one",
        ),
        ("secret = \"hunter2\"", "webhook.secret", "did you mean secret_file?"),
        ("retries = 3", "webhook.retries", "unknown key; [[webhook]] has url, secret_file, events, format"),
    ] {
        let url = if line.starts_with("url") { "" } else { "url = \"https://h/\"\n" };
        let format = if line.starts_with("format") { "" } else { "format = \"wecom\"\n" };
        let text = format!("{LEAST}[[webhook]]\n{url}{format}{line}");
        let at = text.lines().count();
        let faults = Host::with_password()
            .credential("webhook.1.secret", WHSEC)
            .faults(text.replace("wecom", "feishu"));
        assert_faults(&faults, &[(Some(at), key, message)]);
        assert!(!faults[0].message.contains("hunter2"));
    }
    let faults = Host::with_password().faults(format!("{LEAST}[[webhook]]\nformat = \"wecom\""));
    assert_faults(&faults, &[(Some(4), "webhook.url", "missing: where events are to be posted")]);
}
