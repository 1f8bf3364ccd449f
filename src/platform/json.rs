//! JSON whose members are not lost: a map would silently keep the last of two that have one name.
//!
//! In what a platform says such a name makes the whole text unreadable: which of the two is meant nobody can know, and
//! one of them may be a success. Of what a caller says all members are kept, so that the caller can be told which one is
//! wrong.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::trouble::Fault;

/// Reads a text. A byte order mark before it is passed over.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotUtf8)?;
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Unambiguous(value)) => Ok(value),
        Err(error) if error.classify() == Category::Data => Err(Fault::Repeated),
        Err(_) => Err(Fault::NotJson),
    }
}

struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON in which no member occurs twice")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unambiguous(value))) = members.next_entry::<String, _>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// The members of an object in the order they came, with those that occur twice: for callers, who are told which one
/// is wrong.
pub(super) struct Members(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(All)
    }
}

struct All;

impl<'de> Visitor<'de> for All {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = members.next_entry()? {
            all.push(member);
        }
        Ok(Members(all))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        assert_eq!(parse(b"\xff\xfe{}"), Err(Fault::NotUtf8));
        assert_eq!(parse(b"<html>"), Err(Fault::NotJson));
        assert_eq!(parse(b"{\"code\":\"10"), Err(Fault::NotJson));
        assert_eq!(parse(b""), Err(Fault::NotJson));
        assert_eq!(parse(b"{} {}"), Err(Fault::NotJson));
        assert_eq!(parse(br#"{"code":"1001","code":"1000"}"#), Err(Fault::Repeated));
        assert_eq!(parse(br#"{"data":[{"wcId":"a","wcId":"b"}]}"#), Err(Fault::Repeated));
    }

    #[test]
    fn nesting_as_deep_as_the_body_is_long_is_no_stack_overflow() {
        assert_eq!(parse("[".repeat(1 << 20).as_bytes()), Err(Fault::NotJson));
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(parse("\u{feff}{}".as_bytes()), Ok(Value::Object(Map::new())));
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(text in r#"\{"a":(-?[0-9]{1,18}|"[a-z]*"|true|null|\[1,2.5\])\}"#) {
            prop_assert_eq!(parse(text.as_bytes()).ok(), serde_json::from_str(&text).ok());
        }
    }
}
