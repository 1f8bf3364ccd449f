//! As much of PromQL as dashboard and alerts are written in; everything else is a mistake.

use std::collections::BTreeSet;

use super::exposition::Exposition;

const FUNCTIONS: [&str; 12] = [
    "sum",
    "max",
    "min",
    "rate",
    "increase",
    "histogram_quantile",
    "absent",
    "clamp_min",
    "resets",
    "by",
    "on",
    "group_left",
];

const WORDS: [&str; 4] = ["and", "or", "unless", "bool"];

/// Labels that Prometheus adds to what it reads.
const ADDED: [&str; 2] = ["instance", "job"];

/// The one metric that is not ours: whether there was anything to read.
const UP: &str = "up";

#[derive(Debug, Clone, PartialEq)]
enum Piece<'a> {
    Name(&'a str),
    Text(&'a str),
    Range(&'a str),
    Sign(char),
}

/// Checks every metric, every label and every value that `expr` names against what a daemon showed; the metrics.
pub(super) fn check(expr: &str, place: &str, seen: &Exposition) -> BTreeSet<String> {
    let pieces = pieces(expr, place);
    let (mut metrics, mut grouped, mut depth) = (BTreeSet::new(), BTreeSet::new(), 0_i32);
    let mut at = 0;
    while at < pieces.len() {
        let next = pieces.get(at + 1);
        match &pieces[at] {
            Piece::Sign('(') => depth += 1,
            Piece::Sign(')') => depth -= 1,
            Piece::Name("by" | "on" | "group_left") => {
                let end = at + pieces[at..].iter().position(|piece| *piece == Piece::Sign(')')).expect(place);
                for piece in &pieces[at + 1..end] {
                    match piece {
                        Piece::Name(label) => drop(grouped.insert(*label)),
                        piece => assert!(matches!(piece, Piece::Sign('(' | ',')), "{place}: {piece:?}"),
                    }
                }
                at = end;
            }
            Piece::Name(word) if WORDS.contains(word) || word.parse::<f64>().is_ok() => {}
            Piece::Name(name) if FUNCTIONS.contains(name) => {
                assert!(matches!(next, Some(Piece::Sign('(') | Piece::Name("by"))), "{place}: {name}");
            }
            Piece::Name(name) => {
                metrics.insert((*name).to_owned());
                if next == Some(&Piece::Sign('{')) {
                    at = check_matchers(name, &pieces, at + 2, place, seen);
                }
                let known = *name == UP || seen.labels(name).is_some();
                assert!(known, "{place}: there is no metric {name}");
            }
            Piece::Sign(_) | Piece::Range(_) => {}
            Piece::Text(text) => panic!("{place}: {text:?} stands alone"),
        }
        assert!(depth >= 0, "{place}: a ) too many");
        at += 1;
    }
    assert_eq!(depth, 0, "{place}: a ( too many");
    for label in grouped.into_iter().filter(|label| !ADDED.contains(label)) {
        let has_it = |name: &String| seen.labels(name).is_some_and(|labels| labels.contains_key(label));
        assert!(metrics.iter().any(has_it), "{place}: no metric has the label {label}");
    }
    metrics
}

/// The matchers from `at` on; where they end.
fn check_matchers(name: &str, pieces: &[Piece<'_>], mut at: usize, place: &str, seen: &Exposition) -> usize {
    let labels = seen.labels(name).unwrap_or_default();
    loop {
        let Piece::Name(label) = pieces[at] else { panic!("{place}: {:?} is no label", pieces[at]) };
        at += 1;
        let mut operator = String::new();
        while let Piece::Sign(sign @ ('=' | '!' | '~')) = pieces[at] {
            operator.push(sign);
            at += 1;
        }
        assert!(["=", "!=", "=~", "!~"].contains(&operator.as_str()), "{place}: {operator}");
        let Piece::Text(text) = pieces[at] else { panic!("{place}: {:?} is no text", pieces[at]) };
        if !ADDED.contains(&label) {
            let values = labels.get(label).unwrap_or_else(|| panic!("{place}: {name} has no label {label}"));
            let wanted: Vec<&str> =
                if operator.contains('~') { text.split('|').collect() } else { vec![text] };
            for value in wanted {
                assert!(values.contains(value), "{place}: {name} never has {label}={value:?}: {values:?}");
            }
        }
        at += 2;
        match pieces[at - 1] {
            Piece::Sign('}') => return at - 1,
            Piece::Sign(',') => {}
            ref piece => panic!("{place}: {piece:?} after a matcher of {name}"),
        }
    }
}

fn pieces<'a>(expr: &'a str, place: &str) -> Vec<Piece<'a>> {
    let (mut pieces, mut rest) = (Vec::new(), expr.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let end = rest[1..].find('"').unwrap_or_else(|| panic!("{place}: an open \"")) + 2;
                pieces.push(Piece::Text(&rest[1..end - 1]));
                end
            }
            '[' => {
                let end = rest.find(']').unwrap_or_else(|| panic!("{place}: an open ["));
                check_duration(&rest[1..end], place);
                pieces.push(Piece::Range(&rest[1..end]));
                end + 1
            }
            first if first.is_ascii_alphanumeric() || first == '_' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                pieces.push(Piece::Name(&rest[..end]));
                end
            }
            first => {
                assert!("(){},=!~<>+-*/".contains(first), "{place}: {first:?} in {expr}");
                pieces.push(Piece::Sign(first));
                1
            }
        };
        rest = rest[length..].trim_start();
    }
    pieces
}

/// `5m`, or what Grafana puts in the place of one.
pub(super) fn check_duration(text: &str, place: &str) {
    let units = ["s", "m", "h", "d"];
    let number = units.iter().find_map(|unit| text.strip_suffix(unit)).and_then(|n| n.parse::<u32>().ok());
    assert!(text == "$__rate_interval" || number.is_some_and(|n| n > 0), "{place}: {text:?} is no duration");
}

#[test]
fn what_is_not_there_is_found() {
    let text = "# HELP a_b x.\n# TYPE a_b counter\na_b_total{l=\"v\"} 1\n# EOF\n";
    let seen = Exposition::read(text);
    let metrics =
        check("sum by (l, job) (rate(a_b_total{l=~\"v\", job=\"x\"}[5m])) > 0.5 or up == 0", "t", &seen);
    assert!(metrics.iter().eq(["a_b_total", "up"]));
    for wrong in [
        "a_b",
        "rate(a_b_total)[5x]",
        "a_b_total{m=\"v\"}",
        "a_b_total{l=\"w\"}",
        "a_b_total{l=~\"v|w\"}",
        "a_b_total{l==\"v\"}",
        "sum by (m) (a_b_total)",
        "summe(a_b_total)",
        "(a_b_total",
        "a_b_total)",
        "a_b_total % 2",
    ] {
        let checked = std::panic::catch_unwind(|| check(wrong, "t", &seen));
        assert!(checked.is_err(), "{wrong} passed");
    }
}
