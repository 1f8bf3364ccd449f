//! The file: a login on each line, `LABEL[,WCID]` or `,WCID`; empty lines and those that begin with `#` say nothing.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use wxlogin_state::{Label, WcId, hex};

use crate::ctl::failure::Failure;
use crate::ctl::text::plain;

/// Hexadecimal digits of a name: 128 bits, so that no two logins share one.
const DIGITS: usize = 32;

/// Most faults that are told at once.
const TOLD: usize = 20;

/// A login to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Which line of the file; the first is 1.
    pub(super) number: usize,
    pub(super) label: Option<Label>,
    pub(super) wc_id: Option<WcId>,
    /// What the daemon knows it by: the same for the same line of the same file, wherever in it that is.
    pub(super) key: String,
}

impl Line {
    /// What to call it.
    pub(super) fn name(&self) -> String {
        let label = self.label.as_ref().map(|label| plain(label.as_str()));
        label.or(self.wc_id.as_ref().map(WcId::to_string)).unwrap_or_default()
    }
}

/// Reads the file; where something is wrong with it, all of that is told and nothing is begun.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, Failure> {
    let failed = |source| Failure::Unread { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (lines, mut faults) = parse(&text, &place);
    if !faults.is_empty() {
        let more = faults.len().saturating_sub(TOLD);
        faults.truncate(TOLD);
        if more > 0 {
            faults.push(format!("… and {more} more"));
        }
        let sentence = format!("{} cannot be used, so nothing was begun", path.display());
        return Err(Failure::Advised { sentence, hints: faults });
    }
    if lines.is_empty() {
        let sentence = format!("{} names no login", path.display());
        return Err(Failure::advised(
            sentence,
            "Write one on each line: LABEL, or LABEL,WCID for a known account.",
        ));
    }
    Ok(lines)
}

fn parse(text: &str, place: &Path) -> (Vec<Line>, Vec<String>) {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let mut seen = HashMap::new();
    for (number, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match line(number, text, place) {
            Err(fault) => faults.push(format!("line {number}: {fault}")),
            Ok(line) => {
                let names = [line.label.as_ref().map(Label::as_str), line.wc_id.as_ref().map(WcId::as_str)];
                for name in names.into_iter().flatten() {
                    if let Some(first) = seen.insert(name.to_owned(), number) {
                        faults.push(format!("line {number}: {} stands in line {first} already", plain(name)));
                    }
                }
                lines.push(line);
            }
        }
    }
    (lines, faults)
}

fn line(number: usize, text: &str, place: &Path) -> Result<Line, String> {
    let (label, wc_id) = text.split_once(',').unwrap_or((text, ""));
    let (label, wc_id) = (label.trim(), wc_id.trim());
    let key = key(place, label, wc_id);
    let label = (!label.is_empty()).then(|| label.parse::<Label>()).transpose();
    let wc_id = (!wc_id.is_empty()).then(|| wc_id.parse::<WcId>()).transpose();
    let (label, wc_id) = (label?, wc_id.map_err(|error| error.to_string())?);
    if label.is_none() && wc_id.is_none() {
        return Err("it names neither a label nor a wcId".to_owned());
    }
    Ok(Line { number, label, wc_id, key })
}

fn key(place: &Path, label: &str, wc_id: &str) -> String {
    let parts = [place.as_os_str().as_encoded_bytes(), label.as_bytes(), wc_id.as_bytes()];
    let mut digits = hex(&Sha256::digest(parts.join(&0)));
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<Line>, Vec<String>) {
        parse(text, Path::new("/f"))
    }

    #[test]
    fn a_line_is_a_label_and_for_a_known_account_its_wc_id() {
        let (lines, faults) = parsed("# shops\nshop 1\n\n 门店 , wxid_a \r\n,wxid_b\n");
        assert!(faults.is_empty(), "{faults:?}");
        let found: Vec<_> = lines.iter().map(|line| (line.number, line.name())).collect();
        assert_eq!(found, [(2, "shop 1".to_owned()), (4, "门店".to_owned()), (5, "wxid_b".to_owned())]);
        assert_eq!(lines[1].wc_id.as_ref().map(WcId::as_str), Some("wxid_a"));
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let (_, faults) = parsed("a\nb,wx id\n,\na\nc,wxid_c\n,wxid_c\n");
        let of_lines: Vec<_> = faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
        assert_eq!(of_lines, ["line 2", "line 3", "line 4", "line 6"], "{faults:?}");
        assert!(faults[2].contains("in line 1 already"), "{faults:?}");
    }

    #[test]
    fn a_line_keeps_its_name_wherever_it_stands_and_shares_it_with_no_other() {
        let key = |text: &str, n: usize| parsed(text).0[n].key.clone();
        assert_eq!(key("a\n", 0), key("# more\nb\na\n", 1));
        assert_ne!(key("a\n", 0), key("a,wxid_a\n", 0));
        assert_ne!(key("a\n", 0), parse("a\n", Path::new("/g")).0[0].key);
        assert_eq!(key("a\n", 0).len(), DIGITS);
    }
}
