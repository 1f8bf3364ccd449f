//! Makes the platform's words fit to be logged or shown: without secrets, without control characters, bounded.
//!
//! Secrets are found twice: by the name of the member that holds them, at any depth and even in a torn or
//! doubly encoded body, and by value, for those that this daemon sent itself. Where in doubt, too much goes.

use std::borrow::Cow;

use serde_json::Value;
use wxlogin_state::Secret;

use super::json;

/// Longest excerpt of a body in the log, in characters.
const EXCERPT_CHARS: usize = 512;

/// Longest sentence of the platform that people are shown, in characters.
const SENTENCE_CHARS: usize = 200;

/// How much of a body is searched for secrets, in bytes. More than an excerpt can show, because long values become
/// short; not all of it, because a body may be a MiB and come every second.
const SEARCHED: usize = 16 * 1024;

/// What stands where a secret was.
const GONE: &str = "…";

/// A member whose name contains one of these, in any case, holds a secret.
const SECRET_NAMES: [&str; 6] = ["authorization", "password", "token", "verifycode", "secret", "cookie"];

/// Part of a body, for the log.
pub(super) fn excerpt(body: &[u8], secrets: &[&Secret]) -> String {
    let text = match json::parse(body) {
        Ok(mut value) => {
            blank_members(&mut value);
            Cow::Owned(value.to_string())
        }
        Err(_) => String::from_utf8_lossy(body),
    };
    let text = text.trim_start();
    let searched = &text[..text.floor_char_boundary(SEARCHED)];
    let named = without_named(searched);
    let mut shown = without_values(&named, secrets);
    if searched.len() < text.len() {
        // The cut may have gone through a secret, which then is not found: what is shorter than it goes with it.
        let longest = secrets.iter().flat_map(|secret| forms(secret)).map(|form| form.len()).max();
        let whole = shown.floor_char_boundary(shown.len().saturating_sub(longest.unwrap_or(0)));
        shown.to_mut().truncate(whole);
    }
    bounded(&shown, EXCERPT_CHARS)
}

/// A sentence of the platform, for people.
pub(super) fn sentence(text: &str, secrets: &[&Secret]) -> String {
    bounded(&without_values(text, secrets), SENTENCE_CHARS)
}

/// The text on one line, trimmed, and cut after so many characters.
pub(super) fn bounded(text: &str, chars: usize) -> String {
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let mut kept: String = text.trim().chars().take(chars).map(blank).collect();
    if text.trim().chars().nth(chars).is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

fn blank_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if is_secret(name) {
                    *member = GONE.into();
                } else {
                    blank_members(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank_members),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

fn without_values<'a>(text: &'a str, secrets: &[&Secret]) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    for form in secrets.iter().flat_map(|secret| forms(secret)).filter(|form| !form.is_empty()) {
        if text.contains(&form) {
            text = Cow::Owned(text.replace(&form, GONE));
        }
    }
    text
}

/// A secret as it is, and as JSON writes it in a body.
fn forms(secret: &Secret) -> [String; 2] {
    let quoted = Value::from(secret.reveal()).to_string();
    [secret.reveal().to_owned(), quoted[1..quoted.len() - 1].to_owned()]
}

/// Blanks `name: value`, `name=value` and `"name":"value"` in a text that is not, or not only, JSON. One pass:
/// the search goes on where the value before ended.
fn without_named(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut copied = 0;
    while let Some(name_end) = next_name_end(text, copied) {
        let (start, end) = value_after(text, name_end);
        kept.push_str(&text[copied..start]);
        if start < end {
            kept.push_str(GONE);
        }
        copied = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[copied..]);
    Cow::Owned(kept)
}

/// Where the first secret's name from here on ends. Each place is looked at once, for all names.
fn next_name_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let begins = |name: &&str| {
            bytes[at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
        };
        SECRET_NAMES.iter().find(|name| begins(name)).map(|name| at + name.len())
    })
}

/// Where the value of the name that ends at `at` begins and ends. Where no value follows, both are where that
/// became clear: another name before it has none either.
fn value_after(text: &str, at: usize) -> (usize, usize) {
    let rest = &text[at..];
    // The name may go on ("tokenValue"), and be closed by a quote that itself is escaped.
    let named = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let closed = named.trim_start_matches(['\\', '"', '\'']).trim_start();
    let Some(assigned) = closed.strip_prefix([':', '=']) else {
        let seen = text.len() - closed.len();
        return (seen, seen);
    };
    let value = assigned.trim_start();
    let escapes = value.len() - value.trim_start_matches('\\').len();
    let unescaped = &value[escapes..];
    let start = text.len() - value.len();
    match unescaped.strip_prefix(['"', '\'']) {
        Some(quoted) => {
            let start = text.len() - quoted.len();
            (start, start + quoted_length(quoted, escapes))
        }
        None => {
            (start, start + value.find([',', '}', ']', '&', '<', '"', '\r', '\n']).unwrap_or(value.len()))
        }
    }
}

/// Up to the quote that ends a value whose opening quote had so many backslashes: one with more belongs to
/// the value.
fn quoted_length(quoted: &str, escapes: usize) -> usize {
    let mut run = 0;
    for (at, byte) in quoted.bytes().enumerate() {
        match byte {
            b'\\' => run += 1,
            b'"' | b'\'' if run <= escapes => return at - run,
            _ => run = 0,
        }
    }
    quoted.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_that_hold_secrets_are_blanked_at_any_depth() {
        let body = br#"{"data":[{"Authorization":"a1b2","proxyPassword":{"x":"a1b2"},"nickName":"n"}],"VerifyCode":123456}"#;
        let shown = excerpt(body, &[]);
        assert!(!shown.contains("a1b2") && !shown.contains("123456"), "{shown}");
        assert!(shown.contains(r#""nickName":"n""#), "{shown}");
    }

    #[test]
    fn a_secret_is_found_in_a_body_that_is_torn_or_no_json_at_all() {
        for body in [
            r#"{"code":"1000","data":{"Authorization":"a1b2"#,
            r#"{"code":"1000","data":{"Authorization" : "x\"a1b2","#,
            r#"{"data":"{\"Authorization\":\"a1b2\"}"}"#,
            r#"{"data":"{\"Authorization\":\"x\\\"a1b2\"}"}"#,
            "<p>password = a1b2</p>",
            "Authorization: Basic a1b2\r\n",
            "?accessToken=a1b2&next=1",
            "password='a1b2'",
        ] {
            let shown = excerpt(body.as_bytes(), &[]);
            assert!(!shown.contains("a1b2"), "{body} → {shown}");
        }
    }

    #[test]
    fn a_word_that_only_mentions_a_secret_is_left_alone() {
        assert_eq!(excerpt("token 失效 Authorization".as_bytes(), &[]), "token 失效 Authorization");
    }

    #[test]
    fn the_values_in_use_are_blanked_wherever_they_stand() {
        let key = Secret::new("k\"ey-1");
        let shown = excerpt(br#"{"message":"bad value k\"ey-1 sent"}"#, &[&key, &Secret::new("")]);
        assert_eq!(shown, r#"{"message":"bad value … sent"}"#);
        assert_eq!(sentence("账号 k\"ey-1 错误", &[&key]), "账号 … 错误");
    }

    #[test]
    fn what_is_shown_is_short_and_on_one_line() {
        let shown = excerpt(format!("a\nb\x1b[2J{}", "界".repeat(10_000)).as_bytes(), &[]);
        assert_eq!(shown.chars().count(), EXCERPT_CHARS);
        assert!(shown.starts_with("a b [2J界") && shown.ends_with('…'));
        assert_eq!(bounded("  whole  ", 5), "whole");
    }

    #[test]
    fn a_megabyte_of_the_word_token_is_excerpted_in_one_pass() {
        // Were any part of this looked at again for each word, these would not end within minutes.
        for word in ["token ", "token", "token=", "token:a,", "token=\"", "token\\"] {
            let body = word.repeat((1 << 20) / word.len());
            assert!(excerpt(body.as_bytes(), &[]).chars().count() <= EXCERPT_CHARS, "{word}");
            assert!(without_named(&body).len() <= 2 * body.len(), "{word}");
        }
        assert_eq!(next_name_end(&"x".repeat(SEARCHED), 0), None);
        let words = "token ".repeat(4);
        assert_eq!(value_after(&words, 5), (6, 6), "the search goes on behind what has been seen");
    }

    #[test]
    fn no_secret_is_cut_in_half_and_shown() {
        let key = Secret::new("the-key-1234");
        for before in 0..40 {
            // The value is blanked, so that the end of what is searched comes into view.
            let long = "a".repeat(SEARCHED - 40 - "token=;".len());
            let body = format!("token={long},{}the-key-1234 and more", ".".repeat(before));
            let shown = excerpt(body.as_bytes(), &[&key]);
            assert!(!shown.contains("the") && !shown.contains("1234"), "{before}: {shown}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_grow(body in any::<Vec<u8>>()) {
            prop_assert!(excerpt(&body, &[]).chars().count() <= EXCERPT_CHARS);
        }

        #[test]
        fn no_text_around_a_name_makes_it_panic(text in r#"([Tt]oken|password|["'\\:= ,}界a]){0,24}"#) {
            let shown = excerpt(text.as_bytes(), &[]);
            prop_assert!(shown.chars().count() <= EXCERPT_CHARS);
        }
    }
}
