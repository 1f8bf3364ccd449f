//! Scripts: answers and faults that the sandbox gives before its normal ones.
//!
//! A script is a list of rules, in JSON (`{"rules": […]}`, a bare list, or one rule) or in TOML (`[[rules]]`):
//!
//! ```toml
//! [[rules]]
//! call = "/getIPadLoginInfo"     # which call; matched in the order of the script
//! times = 2                      # how many calls it serves; 1 unless told otherwise
//! wId = "0000016e-63eb-…"        # only for this login; wcId likewise
//! delay = "3s"                   # answer this much later
//! after = true                   # carry the call out first, then delay or spoil its answer
//! fault = { status = 502, body = "<html>Bad Gateway</html>" }
//! ```
//!
//! A `fault` is `{status, body}`; `{answer}`: this JSON verbatim, with HTTP 200; `"reset"`: the connection is
//! reset; `"close"`: it is closed without an answer; `"half-body"`: it is closed amid the answer; `"garbage"`:
//! HTTP 200 with something that is not JSON. Without one the call is answered normally, after its `delay`. When a
//! call's rules are used up it behaves normally again. Rules come from `wxlogin-sandbox --script FILE` and from
//! `POST /sandbox/script`; `DELETE /sandbox/script` clears them.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Most rules waiting at once: a bound for a mistaken loop, not for a script anybody writes.
const MAX_RULES: usize = 10_000;

/// One rule of a script.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Path of the call, for example `/getIPadLoginInfo`.
    pub call: String,
    /// How many calls it serves.
    #[serde(default = "once")]
    pub times: u32,
    /// Serves only calls with this `wId`.
    #[serde(default)]
    pub w_id: Option<String>,
    /// Serves only calls with this `wcId`.
    #[serde(default)]
    pub wc_id: Option<String>,
    /// How much later the call is answered.
    #[serde(default, deserialize_with = "duration")]
    pub delay: Duration,
    /// Whether the call is carried out before its answer is delayed or spoilt.
    #[serde(default)]
    pub after: bool,
    /// What happens instead of the normal answer.
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// What happens instead of a normal answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a fault is \"reset\", \"close\", \"half-body\", \"garbage\", {status, body} or {answer}"
)]
pub enum Fault {
    /// Something that needs no more words.
    Plain(PlainFault),
    /// What a gateway in front of the platform says.
    Gateway {
        /// HTTP status, 200–599.
        #[serde(deserialize_with = "status")]
        status: u16,
        /// The body, sent as `text/html`.
        #[serde(default)]
        body: String,
    },
    /// This JSON, with HTTP 200.
    Answer {
        /// The whole body.
        answer: Value,
    },
}

/// A fault that needs no more words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlainFault {
    /// The connection is reset.
    Reset,
    /// The connection is closed without an answer.
    Close,
    /// The connection is closed amid the answer.
    HalfBody,
    /// HTTP 200 with something that is not JSON.
    Garbage,
}

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("cannot read the script")]
    Read(#[source] std::io::Error),
    /// Not the JSON of a script.
    #[error("the script is not valid JSON of the documented form")]
    Json(#[source] serde_json::Error),
    /// Not the TOML of a script.
    #[error("the script is not valid TOML of the documented form")]
    Toml(#[source] toml::de::Error),
    /// A rule for a call that the sandbox does not serve.
    #[error("{call:?} is none of the sandbox's calls: {}", calls.join(", "))]
    UnknownCall {
        /// As the rule has it.
        call: String,
        /// Those there are.
        calls: Vec<&'static str>,
    },
    /// More rules than the sandbox keeps.
    #[error("a sandbox keeps at most {MAX_RULES} rules")]
    TooMany,
}

/// Reads a script from a file: TOML where its name ends so, else JSON.
pub fn read_script(path: &Path) -> Result<Vec<Rule>, ScriptError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        rules: Vec<Rule>,
    }
    let text = std::fs::read_to_string(path).map_err(ScriptError::Read)?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        toml::from_str(&text).map(|file: File| file.rules).map_err(ScriptError::Toml)
    } else {
        from_json(text.as_bytes())
    }
}

/// Reads a script from JSON: one rule, a list, or `{"rules": […]}`.
pub(super) fn from_json(text: &[u8]) -> Result<Vec<Rule>, ScriptError> {
    let mut value: Value = serde_json::from_slice(text).map_err(ScriptError::Json)?;
    let rules = match value.get_mut("rules").map(Value::take).unwrap_or(value) {
        list @ Value::Array(_) => list,
        rule => Value::Array(vec![rule]),
    };
    // Rule by rule, so that the error names what is wrong instead of "no variant matched".
    serde_json::from_value(rules).map_err(ScriptError::Json)
}

/// The rules that have not been used up.
#[derive(Debug)]
pub(super) struct Script {
    calls: Vec<&'static str>,
    rules: HashMap<String, VecDeque<Rule>>,
}

impl Script {
    /// An empty script for these calls.
    pub(super) fn new(calls: Vec<&'static str>) -> Self {
        Self { calls, rules: HashMap::new() }
    }

    /// Puts rules behind those that wait; all of them or none.
    pub(super) fn extend(&mut self, rules: Vec<Rule>) -> Result<(), ScriptError> {
        if let Some(rule) = rules.iter().find(|rule| !self.calls.contains(&rule.call.as_str())) {
            return Err(ScriptError::UnknownCall { call: rule.call.clone(), calls: self.calls.clone() });
        }
        if self.left() + rules.len() > MAX_RULES {
            return Err(ScriptError::TooMany);
        }
        for rule in rules {
            self.rules.entry(rule.call.clone()).or_default().push_back(rule);
        }
        Ok(())
    }

    /// How many rules are not used up.
    pub(super) fn left(&self) -> usize {
        self.rules.values().map(VecDeque::len).sum()
    }

    /// Forgets every rule.
    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rule that serves this call, used once more.
    pub(super) fn take(&mut self, call: &str, w_id: Option<&str>, wc_id: Option<&str>) -> Option<Rule> {
        let rules = self.rules.get_mut(call)?;
        let fits = |wanted: &Option<String>, has| wanted.as_deref().is_none_or(|wanted| Some(wanted) == has);
        let place = rules
            .iter()
            .position(|rule| rule.times > 0 && fits(&rule.w_id, w_id) && fits(&rule.wc_id, wc_id))?;
        rules[place].times -= 1;
        if rules[place].times == 0 { rules.remove(place) } else { Some(rules[place].clone()) }
    }
}

fn once() -> u32 {
    1
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(serde::de::Error::custom)
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::deserialize(deserializer)? {
        status @ 200..=599 => Ok(status),
        other => Err(serde::de::Error::custom(format!("{other} is no status of a final answer"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALLS: &[&str] = &["/a", "/b"];

    fn script(rules: &Value) -> Result<Script, ScriptError> {
        let mut script = Script::new(CALLS.to_vec());
        script.extend(from_json(rules.to_string().as_bytes())?)?;
        Ok(script)
    }

    #[test]
    fn rules_are_used_in_order_and_then_the_call_is_normal() {
        let rules = json!([{"call": "/a", "times": 2, "fault": "reset"}, {"call": "/a", "delay": "2s"}]);
        let mut script = script(&rules).unwrap();
        for _ in 0..2 {
            assert_eq!(script.take("/a", None, None).unwrap().fault, Some(Fault::Plain(PlainFault::Reset)));
        }
        assert_eq!(script.take("/a", None, None).unwrap().delay, Duration::from_secs(2));
        assert_eq!(script.take("/a", None, None), None);
        assert_eq!(script.left(), 0);
    }

    #[test]
    fn a_rule_for_one_login_leaves_the_others_alone() {
        let mut script = script(&json!({"call": "/a", "wId": "w1", "fault": "close"})).unwrap();
        assert_eq!(script.take("/a", Some("w2"), None), None);
        assert_eq!(script.take("/b", Some("w1"), None), None);
        assert!(script.take("/a", Some("w1"), None).is_some());
    }

    #[test]
    fn every_documented_fault_is_understood() {
        let faults = json!([
            "reset", "close", "half-body", "garbage", {"status": 502, "body": "<html>"}, {"answer": {"code": 1}}
        ]);
        for fault in faults.as_array().unwrap() {
            assert!(script(&json!({"call": "/a", "fault": fault})).is_ok(), "{fault}");
        }
    }

    #[test]
    fn what_is_not_a_script_is_refused_with_a_sentence() {
        for (rules, word) in [
            (json!({"call": "/typo"}), "/typo"),
            (json!({"call": "/a", "fault": "resett"}), "half-body"),
            (json!({"call": "/a", "fualt": "reset"}), "fualt"),
            (json!({"call": "/a", "delay": "soon"}), "expected number"),
        ] {
            let error = anyhow::Error::new(script(&rules).unwrap_err());
            assert!(format!("{error:#}").contains(word), "{error:#}");
        }
    }

    #[test]
    fn a_script_can_be_a_toml_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("faults.toml");
        let text = "[[rules]]\ncall = \"/a\"\nfault = { status = 502, body = \"<html>\" }\n";
        std::fs::write(&path, text).unwrap();
        let fault = Fault::Gateway { status: 502, body: "<html>".to_owned() };
        assert_eq!(read_script(&path).unwrap()[0].fault, Some(fault));
    }
}
