//! The sample configuration keeps its promises: it loads, its defaults are the defaults, nothing is left out.

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
    for table in ["state", "control", "device", "relogin", "callback", "sandbox"] {
        let (_, part) = SAMPLE.split_once(&format!("\n[{table}]\n")).unwrap();
        let part = part.split("\n[").next().unwrap();
        for key in known_keys(table) {
            let start = format!("{key} = ");
            let shown = part.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&start));
            assert!(shown, "{table}.{key} is not in the sample");
        }
    }
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
fn known_keys(table: &str) -> Vec<String> {
    let faults = Host::new().sandbox().faults(format!("{table}.zzzzzzzzzzzz = 1"));
    let list = faults[0].message.split_once("] has ").unwrap().1;
    list.split(", ").map(str::to_owned).collect()
}
