//! What a call of system B brings with it, from a form or from JSON, and the seed's table of its parameters.
//!
//! The seed does not say what a parameter is that occurs twice: here it has the wrong type, so that a client that
//! sends one is found out. An empty text and `null` are no parameter. Everything in a form is a text, so that an
//! integer there is one by its digits; in JSON it is a number.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// One row of the seed's table: the parameter, and its codes.
struct Parameter {
    name: &'static str,
    /// For those that must be there.
    missing: Option<u32>,
    mistyped: u32,
    kind: Kind,
}

enum Kind {
    /// Up to so many characters; and the code for more.
    Text(usize, u32),
    /// Among these; and the code for any other.
    Integer(RangeInclusive<i64>, u32),
}

/// In the order of protocol.md; the first failure wins. There is no code for a `channel` of the wrong type: it
/// counts as missing.
const PARAMETERS: [Parameter; 6] = [
    Parameter::new("code", Some(400_104), 400_105, Kind::Text(128, 400_106)),
    Parameter::new("version_number", Some(400_107), 400_108, Kind::Integer(i64::MIN..=i64::MAX, 400_108)),
    Parameter::new("channel", Some(400_109), 400_109, Kind::Text(32, 400_110)),
    Parameter::new("oaid", None, 400_113, Kind::Text(128, 400_114)),
    Parameter::new("device_id", None, 400_115, Kind::Text(128, 400_116)),
    Parameter::new("need_user_detail", None, 400_111, Kind::Integer(0..=1, 400_112)),
];

/// The parameters of a call, in their order, with those that come twice.
pub(super) struct Params {
    pairs: Vec<(String, Value)>,
    form: bool,
}

/// A login whose parameters are all right.
pub(super) struct Login {
    pub(super) code: String,
    pub(super) version_number: i64,
    pub(super) channel: String,
    pub(super) oaid: Option<String>,
    pub(super) device_id: Option<String>,
    pub(super) need_user_detail: bool,
}

impl Parameter {
    const fn new(name: &'static str, missing: Option<u32>, mistyped: u32, kind: Kind) -> Self {
        Self { name, missing, mistyped, kind }
    }

    /// The value, if there is one, or the code of what is wrong with it.
    fn check(&self, params: &Params) -> Result<Option<Value>, u32> {
        let mut values = params.values(self.name);
        let value = values.next().filter(|value| !value.is_null() && value.as_str() != Some(""));
        if values.next().is_some() {
            return Err(self.mistyped);
        }
        let Some(value) = value else { return self.missing.map_or(Ok(None), Err) };
        match &self.kind {
            Kind::Text(longest, too_long) => {
                // What a form has that is no UTF-8 shows as U+FFFD.
                let is_text = |text: &&str| !(params.form && text.contains(char::REPLACEMENT_CHARACTER));
                let text = value.as_str().filter(is_text).ok_or(self.mistyped)?;
                if text.chars().count() > *longest { Err(*too_long) } else { Ok(Some(text.into())) }
            }
            Kind::Integer(allowed, beyond) => {
                let integer = if params.form { value.as_str().and_then(digits) } else { value.as_i64() };
                let integer = integer.ok_or(self.mistyped)?;
                if allowed.contains(&integer) { Ok(Some(integer.into())) } else { Err(*beyond) }
            }
        }
    }
}

impl Params {
    /// What a body of this type holds; nothing where the type is another or the body is not of it.
    pub(super) fn read(media_type: &str, body: &[u8]) -> Self {
        match media_type.split(';').next().unwrap_or("").trim() {
            "application/json" => {
                let members = serde_json::Deserializer::from_slice(body).deserialize_map(Members);
                Self { pairs: members.unwrap_or_default(), form: false }
            }
            "application/x-www-form-urlencoded" => {
                let pairs = form_urlencoded::parse(body);
                let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into()));
                Self { pairs: pairs.collect(), form: true }
            }
            _ => Self { pairs: Vec::new(), form: false },
        }
    }

    /// A part of the signature: a text or a number that is there once.
    pub(super) fn written(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (Some(Value::String(text)), None) if !text.is_empty() => Some(text.clone()),
            (Some(Value::Number(number)), None) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The login, or the code of its first failure.
    pub(super) fn login(&self) -> Result<Login, u32> {
        let mut checked = Vec::new();
        for parameter in &PARAMETERS {
            checked.push(parameter.check(self)?);
        }
        let mut checked = checked.into_iter();
        let mut next = || checked.next().flatten();
        let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let integer = |value: Option<Value>| value.as_ref().and_then(Value::as_i64);
        Ok(Login {
            code: text(next()).unwrap_or_default(),
            version_number: integer(next()).unwrap_or_default(),
            channel: text(next()).unwrap_or_default(),
            oaid: text(next()),
            device_id: text(next()),
            need_user_detail: integer(next()) == Some(1),
        })
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value)
    }
}

/// An integer by its digits, without a zero or a plus before them.
fn digits(text: &str) -> Option<i64> {
    let positive = text.strip_prefix('-').unwrap_or(text);
    let plain =
        positive.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !positive.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

/// The members of a JSON object.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = members.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
