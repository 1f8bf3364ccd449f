//! What was observed about an account, when, and by which call: the answer to "why do you believe that?".

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most observations that an account remembers.
pub const EVIDENCE_KEPT: usize = 16;

/// Most bytes of one observation's sentence.
const LONGEST: usize = 300;

/// Most bytes of all of them, so that the account's record stays small.
const ALL: usize = 2 * 1024;

/// One observation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// When.
    pub at: Timestamp,
    /// Where from.
    pub from: Source,
    /// What, in a sentence.
    pub what: String,
}

/// Where an observation comes from: the platform's call, or who else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Source {
    /// The long-poll of a login.
    #[serde(rename = "/getIPadLoginInfo")]
    LoginInfo,
    /// The fetching of a QR.
    #[serde(rename = "/iPadLogin")]
    IssueQr,
    /// The login that the phone confirms.
    #[serde(rename = "/secondLogin")]
    PopUp,
    /// The list of who is online.
    #[serde(rename = "/queryLoginWx")]
    List,
    /// The question about one login.
    #[serde(rename = "/isOnline")]
    IsOnline,
    /// The platform's word on why.
    #[serde(rename = "/offlineReason")]
    OfflineReason,
    /// A person, by the control API.
    #[serde(rename = "person")]
    Person,
    /// The daemon itself.
    #[serde(rename = "wxlogind")]
    Daemon,
}

impl Source {
    /// The public spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginInfo => "/getIPadLoginInfo",
            Self::IssueQr => "/iPadLogin",
            Self::PopUp => "/secondLogin",
            Self::List => "/queryLoginWx",
            Self::IsOnline => "/isOnline",
            Self::OfflineReason => "/offlineReason",
            Self::Person => "person",
            Self::Daemon => "wxlogind",
        }
    }
}

/// So many of the last observations may be made again without being kept twice: a list that lacks an account by
/// turns, what clears that up, and what came between.
const MADE_AGAIN: usize = 3;

/// Adds an observation; the oldest make room. One of the last ones that is made again is kept as of its last time, so
/// that looks which say the same by turns leave what was observed before where it is.
pub(super) fn note(evidence: &mut Vec<Evidence>, from: Source, what: impl Into<String>, at: Timestamp) {
    let what = cut(what.into());
    let recent = evidence.len().saturating_sub(MADE_AGAIN);
    let again = |seen: &Evidence| seen.from == from && seen.what == what;
    if let Some(before) = evidence[recent..].iter().position(again) {
        evidence.remove(recent + before);
    }
    evidence.push(Evidence { at, from, what });
    let too_many = |evidence: &Vec<Evidence>| {
        evidence.len() > EVIDENCE_KEPT || evidence.iter().map(|seen| seen.what.len()).sum::<usize>() > ALL
    };
    while evidence.len() > 1 && too_many(evidence) {
        evidence.remove(0);
    }
}

/// Whether both are the same observations, whenever they were made; those that [`note`] may have moved in whichever
/// order.
pub(super) fn are_alike(these: &[Evidence], those: &[Evidence]) -> bool {
    let alike = |this: &Evidence, that: &Evidence| this.from == that.from && this.what == that.what;
    let recent = these.len().saturating_sub(MADE_AGAIN);
    these.len() == those.len()
        && these[..recent].iter().zip(those).all(|(this, that)| alike(this, that))
        && these[recent..].iter().all(|this| those[recent..].iter().any(|that| alike(this, that)))
}

/// A sentence that fits a record: at most [`LONGEST`] bytes, nothing that JSON would write as six.
pub(super) fn cut(mut text: String) -> String {
    if text.contains(char::is_control) {
        text = text.replace(char::is_control, " ");
    }
    if text.len() > LONGEST {
        let end = (0..=LONGEST - 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_observed_by_turns_is_kept_once_as_of_its_last_time() {
        let mut evidence = Vec::new();
        let second = |n| Timestamp::from_second(n).unwrap();
        note(&mut evidence, Source::LoginInfo, "it was logged in", second(0));
        for n in 1..100 {
            note(&mut evidence, Source::List, "it is missing", second(2 * n));
            note(&mut evidence, Source::IsOnline, "it is online", second(2 * n + 1));
        }
        let seen: Vec<_> = evidence.iter().map(|seen| (seen.at, seen.from)).collect();
        let expected = [(0, Source::LoginInfo), (198, Source::List), (199, Source::IsOnline)];
        assert_eq!(seen, expected.map(|(at, from)| (second(at), from)));
        // Somebody else who says so is another observation.
        note(&mut evidence, Source::List, "it is online", second(200));
        assert_eq!(evidence.len(), 4);
    }

    #[test]
    fn what_is_observed_by_turns_is_alike_in_any_order_and_what_was_before_is_not() {
        let seen = |order: &[&str]| -> Vec<Evidence> {
            let seen = |what: &&str| Evidence {
                at: Timestamp::UNIX_EPOCH,
                from: Source::List,
                what: (*what).to_owned(),
            };
            order.iter().map(seen).collect()
        };
        let before = seen(&["x", "y", "a", "b", "c"]);
        assert!(are_alike(&seen(&["x", "y", "c", "a", "b"]), &before));
        for other in [&["y", "x", "a", "b", "c"][..], &["x", "y", "a", "b"], &["x", "y", "a", "b", "d"]] {
            assert!(!are_alike(&seen(other), &before), "{other:?}");
        }
        assert!(are_alike(&seen(&["b", "a"]), &seen(&["a", "b"])));
    }

    #[test]
    fn the_oldest_observations_make_room() {
        let mut evidence = Vec::new();
        for n in 0..40 {
            note(&mut evidence, Source::List, format!("number {n}"), Timestamp::UNIX_EPOCH);
        }
        assert_eq!((evidence.len(), &*evidence[15].what), (EVIDENCE_KEPT, "number 39"));
        for n in 0..40 {
            let sentence = format!("{n}{}", "信".repeat(400));
            note(&mut evidence, Source::List, sentence, Timestamp::UNIX_EPOCH);
        }
        assert!(evidence.iter().map(|seen| seen.what.len()).sum::<usize>() <= ALL);
        assert!(evidence.iter().all(|seen| seen.what.ends_with('…') && seen.what.len() <= LONGEST));
    }
}
