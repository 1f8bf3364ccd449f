//! What `/metrics` says of a daemon that works, and whether dashboard and alerts ask for what is there.

mod exposition;
mod promql;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wxlogin_state::WcId;

use self::exposition::Exposition;
use crate::harness::{Daemon, Host, PASSWORD, PATIENCE, Platform, get, over_tcp};

/// What is in systemd/ under this name.
fn shipped(name: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name)).unwrap()
}

async fn text(daemon: &Daemon) -> String {
    let response = daemon.send(get("/metrics")).await;
    assert_eq!(response.status(), 200);
    assert!(response.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("application/openmetrics-text; "));
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// An account that logged in, dropped and came back by a QR.
async fn busy() -> (Platform, Daemon, WcId) {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().in_haste("").start().await;
    let (wc_id, _) = daemon.online_for_a_while(&platform).await;
    platform.lose(&wc_id, &Value::Null).await;
    daemon.scan_and_confirm(&platform, &wc_id).await;
    (platform, daemon, wc_id)
}

#[tokio::test]
async fn a_login_a_drop_and_a_relogin_move_the_counters() {
    let (platform, daemon, wc_id) = busy().await;
    let w_id = daemon.begin().await;
    platform.until_open(1).await;
    let text = text(&daemon).await;
    let seen = Exposition::read(&text);
    let value = |name: &str, labels: &[(&str, &str)]| seen.value(&format!("wxlogind_{name}"), labels);
    let step = |from, to| value("transitions_total", &[("from", from), ("to", to)]);
    let expected = [
        (step("none", "qr-issued"), 3.0),
        (step("qr-issued", "online"), 2.0),
        (step("online", "dropped"), 1.0),
        (value("drops_total", &[("reason", "first-night")]), 1.0),
        (value("relogins_total", &[("method", "qr"), ("outcome", "ok")]), 1.0),
        (value("relogins_total", &[("method", "popup"), ("outcome", "ok")]), 0.0),
        (value("events_total", &[("type", "session.online")]), 2.0),
        (value("events_total", &[("type", "account.settled")]), 1.0),
        (value("platform_requests_total", &[("call", "/iPadLogin"), ("outcome", "ok")]), 3.0),
        (value("platform_requests_total", &[("call", "/member/login"), ("outcome", "ok")]), 1.0),
        (value("platform_request_seconds_count", &[("call", "/iPadLogin")]), 3.0),
        (value("sessions", &[("state", "online")]), 1.0),
        (value("sessions", &[("state", "qr-issued")]), 1.0),
        (value("sessions", &[("state", "dropped")]), 1.0),
        (value("accounts", &[("online", "true")]), 1.0),
        (value("accounts", &[("online", "false")]), 0.0),
        (value("polls_in_flight", &[]), 1.0),
        (value("relogins_pending", &[]), 0.0),
        (value("relogins_pending_oldest_seconds", &[]), 0.0),
        (value("store_writable", &[]), 1.0),
        (value("build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0),
        (value("tokens", &[("system", "app"), ("state", "active")]), 0.0),
    ];
    for (n, (value, expected)) in expected.into_iter().enumerate() {
        assert!((value - expected).abs() < f64::EPSILON, "figure {n} is {value}, not {expected}:\n{text}");
    }
    for name in ["commit_seconds_count", "commit_batch_size_sum", "process_open_fds"] {
        assert!(value(name, &[]) > 0.0, "{name}:\n{text}");
    }
    assert!(seen.names().all(|name| name.starts_with("wxlogind_")), "{text}");
    // Whoever abandons a login ends its long-poll.
    assert_eq!(daemon.ask(Method::DELETE, &format!("/v1/sessions/{w_id}"), &Value::Null).await.0, 200);
    platform.until_open(0).await;
    let ended = Exposition::read(&self::text(&daemon).await);
    let cancelled = [("call", "/getIPadLoginInfo"), ("outcome", "cancelled")];
    let cancelled = ended.value("wxlogind_platform_requests_total", &cancelled);
    let polls = ended.value("wxlogind_polls_in_flight", &[]);
    assert!(cancelled > 0.5 && polls < 0.5, "{cancelled} {polls}");
    for secret in [wc_id.as_str(), w_id.as_str(), PASSWORD, "wxid", "http", "Authorization"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

#[tokio::test]
async fn after_a_restart_what_there_is_stays_and_what_happened_begins_anew() {
    let (_platform, mut daemon, _) = busy().await;
    daemon.stop().await;
    daemon.restart().await;
    let seen = Exposition::read(&text(&daemon).await);
    let begun = seen.value("wxlogind_transitions_total", &[("from", "none"), ("to", "qr-issued")]);
    let online = seen.value("wxlogind_sessions", &[("state", "online")]);
    assert!(begun < 0.5 && online > 0.5, "{begun} {online}");
    assert!(seen.value("wxlogind_store_bytes", &[]) > 0.0);
}

/// How often in a row nobody said who is online, once it is so; and how often that was asked.
async fn failed_lists(platform: &Platform, daemon: &Daemon, is_so: fn(f64) -> bool) -> u64 {
    let looking = async {
        while !is_so(Exposition::read(&text(daemon).await).value("wxlogind_list_failures", &[])) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, looking).await.expect("it never is so");
    platform.calls("/queryLoginWx").await
}

#[tokio::test]
async fn lists_that_do_not_come_are_counted_until_one_does() {
    let platform = Platform::start().await;
    platform.script(&json!({"call": "/queryLoginWx", "times": 3, "fault": {"status": 502}})).await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    failed_lists(&platform, &daemon, |failures| failures > 1.5).await;
    assert!(failed_lists(&platform, &daemon, |failures| failures < 0.5).await > 3);
}

#[tokio::test]
async fn lists_that_cannot_be_asked_for_without_a_key_are_counted_as_well() {
    let platform = Platform::start().await;
    // After that the platform is not asked for a key for a while.
    platform.script(&json!({"call": "/member/login", "fault": {"status": 502}})).await;
    let daemon = Host::against(&platform).in_haste("").start().await;
    assert_eq!(failed_lists(&platform, &daemon, |failures| failures > 1.5).await, 0);
}

#[tokio::test]
async fn a_caller_by_tcp_needs_the_token() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    let token = fs::read_to_string(daemon.host.state().join("control.token")).unwrap();
    for (bearer, status) in [(None, 401), (Some(format!("Bearer {}", token.trim())), 200)] {
        let mut request = get("/metrics");
        request.headers_mut().insert(HOST, daemon.tcp().to_string().parse().unwrap());
        if let Some(bearer) = bearer {
            request.headers_mut().insert(AUTHORIZATION, bearer.parse().unwrap());
        }
        assert_eq!(over_tcp(daemon.tcp(), request).await.status(), status);
    }
}

#[tokio::test]
async fn dashboard_and_alerts_ask_for_nothing_that_is_not_there() {
    let (_platform, daemon, _) = busy().await;
    let seen = Exposition::read(&text(&daemon).await);
    let (dashboard, alerts) = (panels(), alerts());
    let asked: BTreeSet<String> =
        dashboard.iter().chain(&alerts).flat_map(|(place, expr)| promql::check(expr, place, &seen)).collect();
    // What nobody looks at need not be counted.
    let looked_at: BTreeSet<&str> = asked.iter().map(|name| family(name)).collect();
    let shown: BTreeSet<&str> = seen.names().map(family).collect();
    assert_eq!(
        shown.difference(&looked_at).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "on no panel, in no alert"
    );
}

/// What the samples of a histogram have in common.
fn family(sample: &str) -> &str {
    let suffixes = ["_bucket", "_sum", "_count"];
    suffixes.iter().find_map(|suffix| sample.strip_suffix(suffix)).unwrap_or(sample)
}

/// Every query of the dashboard, with its place.
fn panels() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&shipped("grafana-dashboard.json")).unwrap();
    assert!(dashboard["title"].is_string() && dashboard["schemaVersion"].is_number());
    assert_eq!(dashboard["id"], Value::Null, "it belongs to one Grafana");
    let (mut queries, mut ids) = (Vec::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "two panels have one id: {title}");
        let at = &panel["gridPos"];
        assert!(at["x"].as_u64().unwrap() + at["w"].as_u64().unwrap() <= 24, "too wide: {title}");
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        for target in panel["targets"].as_array().unwrap() {
            queries.push((format!("panel {title:?}"), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        if variable["type"] == "query" {
            let query = variable["query"]["query"].as_str().unwrap();
            let query =
                query.strip_prefix("label_values(").and_then(|query| query.strip_suffix(", instance)"));
            queries.push((format!("variable {}", variable["name"]), query.unwrap().to_owned()));
        }
    }
    assert!(queries.len() > 10);
    queries
}

/// Every expression of the alert rules, with its place.
fn alerts() -> Vec<(String, String)> {
    let rules = shipped("prometheus-alerts.yml");
    let documents = Yaml::load_from_str(&rules).unwrap();
    let [rules] = &documents[..] else { panic!("{} documents", documents.len()) };
    let member = |node: &Yaml<'_>, name: &str| {
        node.as_mapping_get(name).and_then(|node| node.as_str()).map(str::to_owned)
    };
    let mut alerts = Vec::new();
    for group in rules.as_mapping_get("groups").unwrap().as_sequence().unwrap() {
        assert!(member(group, "name").is_some());
        for rule in group.as_mapping_get("rules").unwrap().as_sequence().unwrap() {
            let name = member(rule, "alert").unwrap();
            if let Some(lasting) = member(rule, "for") {
                promql::check_duration(&lasting, &name);
            }
            let severity = rule.as_mapping_get("labels").and_then(|labels| member(labels, "severity"));
            assert!(["critical", "warning", "info"].contains(&severity.unwrap().as_str()), "{name}");
            let notes = rule.as_mapping_get("annotations").unwrap();
            for text in ["summary", "description"] {
                assert!(member(notes, text).is_some_and(|text| text.len() > 20), "{name} has no {text}");
            }
            assert!(alerts.iter().all(|(other, _)| *other != name), "{name} is there twice");
            alerts.push((name, member(rule, "expr").unwrap()));
        }
    }
    assert!(alerts.len() > 5);
    alerts
}
