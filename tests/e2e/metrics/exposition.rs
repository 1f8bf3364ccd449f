//! A strict reader of OpenMetrics text, which knows nothing of the program that wrote it.

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a sample, without `le`.
pub(super) type Labels = BTreeMap<String, String>;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    /// The type of each family.
    types: BTreeMap<String, String>,
    /// Every sample, by name.
    samples: BTreeMap<String, Vec<Sample>>,
}

#[derive(Debug)]
struct Sample {
    labels: Labels,
    le: Option<f64>,
    value: f64,
}

impl Exposition {
    /// Reads the text; panics with the line that is not as it should be.
    pub(super) fn read(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("it does not end with # EOF");
        let mut read = Self::default();
        let (mut family, mut helped) = ("", BTreeSet::new());
        for line in body.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, sentence) = help.split_once(' ').expect(line);
                assert!(sentence.len() > 1 && helped.insert(name), "{line}");
                family = name;
            } else if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (name, kind) = typed.split_once(' ').expect(line);
                assert_eq!(name, family, "a type without its help: {line}");
                assert!(["counter", "gauge", "histogram", "info"].contains(&kind), "{line}");
                assert!(read.types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
            } else {
                assert!(!line.starts_with('#') && !line.is_empty(), "{line:?}");
                read.take_sample(family, line);
            }
        }
        read.check_histograms();
        read
    }

    fn take_sample(&mut self, family: &str, line: &str) {
        let end = line.find(['{', ' ']).expect(line);
        let (name, rest) = line.split_at(end);
        assert!(is_name(name), "{line}");
        let (mut labels, value) = match rest.strip_prefix('{') {
            Some(rest) => read_labels(rest, line),
            None => (Labels::new(), rest),
        };
        let value = value.strip_prefix(' ').expect(line);
        let value: f64 = value.parse().expect(line);
        let suffix = name.strip_prefix(family).expect(line);
        let le = labels.remove("le").map(|le| if le == "+Inf" { f64::INFINITY } else { le.parse().unwrap() });
        let suits = match self.types.get(family).expect(line).as_str() {
            "counter" => suffix == "_total" && value >= 0.0,
            "gauge" => suffix.is_empty(),
            "info" => suffix == "_info" && (value - 1.0).abs() < f64::EPSILON,
            _ => match suffix {
                "_bucket" => le.is_some(),
                "_sum" | "_count" => le.is_none(),
                _ => false,
            },
        };
        assert!(suits && value.is_finite() && (suffix == "_bucket" || le.is_none()), "{line}");
        let samples = self.samples.entry(name.to_owned()).or_default();
        assert!(!samples.iter().any(|other| other.labels == labels && other.le == le), "twice: {line}");
        samples.push(Sample { labels, le, value });
    }

    /// Buckets grow, and the last one holds everything.
    fn check_histograms(&self) {
        for (family, _) in self.types.iter().filter(|(_, kind)| *kind == "histogram") {
            let of = |suffix: &str| self.samples.get(&format!("{family}{suffix}"));
            for count in of("_count").into_iter().flatten() {
                let buckets = of("_bucket").unwrap().iter().filter(|bucket| bucket.labels == count.labels);
                let buckets: Vec<_> = buckets.map(|bucket| (bucket.le.unwrap(), bucket.value)).collect();
                assert!(buckets.is_sorted(), "{family}: {buckets:?}");
                assert_eq!(buckets.last(), Some(&(f64::INFINITY, count.value)), "{family}");
            }
        }
    }

    /// The value of the one sample of this name and these labels.
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let samples = self.samples.get(name).unwrap_or_else(|| panic!("no {name}"));
        let sample = samples.iter().find(|sample| sample.labels == wanted && sample.le.is_none());
        sample.unwrap_or_else(|| panic!("no {name} with {labels:?} in {samples:?}")).value
    }

    /// Names of all samples.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.samples.keys().map(String::as_str)
    }

    /// The labels that samples of this name have, each with its values; `None` where there is no such sample.
    pub(super) fn labels(&self, name: &str) -> Option<BTreeMap<&str, BTreeSet<&str>>> {
        let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for sample in self.samples.get(name)? {
            for (label, value) in &sample.labels {
                known.entry(label).or_default().insert(value);
            }
            if sample.le.is_some() {
                known.entry("le").or_default();
            }
        }
        Some(known)
    }
}

/// `name="value",…} rest`
fn read_labels<'a>(mut rest: &'a str, line: &str) -> (Labels, &'a str) {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect(line);
        assert!(is_name(name) && !name.contains(':'), "{line}");
        let end = after.find(['"', '\\', '\n']).expect(line);
        // None of the words that labels are made of has anything to escape.
        let (value, after) = (&after[..end], after[end..].strip_prefix('"').expect(line));
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "{line}");
        match (after.strip_prefix(','), after.strip_prefix('}')) {
            (Some(more), _) => rest = more,
            (None, Some(rest)) => return (labels, rest),
            (None, None) => panic!("{line}"),
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    text.bytes().all(is_part) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}
