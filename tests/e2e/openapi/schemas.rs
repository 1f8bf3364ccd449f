//! A strict reading of schemas: an object has no members but those that are described, unless it says that it may.

use std::collections::BTreeSet;

use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Response};
use serde_json::{Map, Value};

use crate::harness::value;

/// Members that were there, as `Schema.member`.
pub(super) type Seen = BTreeSet<String>;

/// The description of the API.
pub(super) struct Described(Value);

impl Described {
    pub(super) fn new(document: Value) -> Self {
        assert_eq!(document["openapi"], "3.1.0");
        Self(document)
    }

    /// Path and what is said of it.
    pub(super) fn paths(&self) -> Vec<(String, &Value)> {
        self.0["paths"].as_object().unwrap().iter().map(|(path, item)| (path.clone(), item)).collect()
    }

    /// An answer to `method path` must be what is described for its status.
    pub(super) fn check(&self, method: &Method, path: &str, answer: &Response<Bytes>, seen: &mut Seen) {
        let operation = self.operation(method, path);
        let responses = &operation["responses"];
        let status = answer.status();
        let status = status.as_str();
        let described = responses.get(status).unwrap_or(&responses["default"]);
        let place = format!("{method} {path} → {status}");
        assert!(
            answer.status().as_u16() >= 400 || responses.get(status).is_some(),
            "{place} is not described"
        );
        let kind = answer.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let kind = kind.as_deref().and_then(|kind| kind.split(';').next());
        let Some(kind) = kind.filter(|_| !answer.body().is_empty()) else {
            assert!(described.get("content").is_none(), "{place} has no body");
            return;
        };
        let content =
            described["content"].get(kind).unwrap_or_else(|| panic!("{place}: {kind} is not described"));
        if matches!(kind, "application/json" | "application/problem+json") {
            self.walk(&content["schema"], &value(answer), &place, seen);
        }
    }

    /// Every body has an example, and each is what its schema says.
    pub(super) fn check_examples(&self) {
        for (path, item) in self.paths() {
            for (method, operation) in item.as_object().unwrap() {
                let answers = operation["responses"].as_object().unwrap().values();
                for holder in answers.chain([&operation["requestBody"]]) {
                    for (kind, content) in holder["content"].as_object().unwrap_or(&Map::new()) {
                        let place = format!("{method} {path} {kind}");
                        assert!(!content["example"].is_null(), "{place} has no example");
                        self.walk(&content["schema"], &content["example"], &place, &mut Seen::new());
                    }
                }
                for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                    let parameters = operation["parameters"].as_array().unwrap();
                    assert!(
                        parameters.iter().any(|one| one["name"] == name && !one["example"].is_null()),
                        "{path}"
                    );
                }
            }
        }
    }

    /// What is described of the daemon's own answers and was never there, but for `rare`.
    pub(super) fn unseen(&self, seen: &Seen, rare: &[&str]) -> Vec<String> {
        let mut named = BTreeSet::new();
        for (_, item) in self.paths() {
            for operation in item.as_object().unwrap().values() {
                for answer in operation["responses"].as_object().unwrap().values() {
                    for content in answer["content"].as_object().unwrap_or(&Map::new()).values() {
                        self.name(&content["schema"], "", &mut named);
                    }
                }
            }
        }
        let is_rare = |member: &str| {
            let (schema, _) = member.split_once('.').unwrap();
            rare.contains(&member) || rare.contains(&format!("{schema}.*").as_str())
        };
        for one in rare.iter().filter(|one| !one.ends_with('*')) {
            assert!(named.contains(*one), "{one} is not described");
        }
        named.into_iter().filter(|member| !seen.contains(member) && !is_rare(member)).collect()
    }

    fn operation(&self, method: &Method, path: &str) -> &Value {
        let path = path.split('?').next().unwrap();
        let fits = |pattern: &str| {
            let (asked, pattern): (Vec<_>, Vec<_>) =
                (path.split('/').collect(), pattern.split('/').collect());
            asked.len() == pattern.len()
                && asked
                    .iter()
                    .zip(&pattern)
                    .all(|(asked, pattern)| asked == pattern || pattern.starts_with('{'))
        };
        let (_, item) = self.paths().into_iter().find(|(pattern, _)| fits(pattern)).unwrap();
        &item[method.as_str().to_lowercase()]
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        match schema["$ref"].as_str().and_then(|to| to.strip_prefix("#/components/schemas/")) {
            Some(name) => {
                let found = &self.0["components"]["schemas"][name];
                assert!(found.is_object(), "{name} is not described");
                (found, Some(name))
            }
            None => (schema, None),
        }
    }

    /// Adds the members of a schema and of all that it names.
    fn name(&self, schema: &Value, of: &str, named: &mut BTreeSet<String>) {
        let (schema, own) = self.resolve(schema);
        let of = own.unwrap_or(of);
        for (member, inner) in schema["properties"].as_object().unwrap_or(&Map::new()) {
            // The foreign bodies' own members are not this daemon's to bring about.
            if schema["additionalProperties"] != true && named.insert(format!("{of}.{member}")) {
                self.name(inner, of, named);
            }
        }
        for key in ["allOf", "oneOf"] {
            schema[key].as_array().into_iter().flatten().for_each(|part| self.name(part, of, named));
        }
        if schema["items"].is_object() {
            self.name(&schema["items"], of, named);
        }
    }

    fn walk(&self, schema: &Value, value: &Value, place: &str, seen: &mut Seen) {
        if let Err(why) = self.fits(schema, value, place, "", seen) {
            panic!("{why}\nin {value:#}");
        }
    }

    fn fits(
        &self,
        schema: &Value,
        value: &Value,
        place: &str,
        of: &str,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let (schema, own) = self.resolve(schema);
        let of = own.unwrap_or(of);
        if let Some(choices) = schema["oneOf"].as_array() {
            let mut fitting = Vec::new();
            for choice in choices {
                let mut there = Seen::new();
                if self.fits(choice, value, place, of, &mut there).is_ok() {
                    fitting.push(there);
                }
            }
            let [there] = <[Seen; 1]>::try_from(fitting)
                .map_err(|many| format!("{place}: {} choices fit", many.len()))?;
            seen.extend(there);
            return Ok(());
        }
        if let Some(values) = schema["enum"].as_array() {
            return if values.contains(value) { Ok(()) } else { Err(format!("{place}: {value} is no {of}")) };
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is_kind = match &schema["type"] {
            Value::Null => true,
            Value::String(one) => one == kind,
            many => many.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind)),
        };
        if !is_kind {
            return Err(format!("{place}: {kind} instead of {}", schema["type"]));
        }
        if let (Some("date-time"), Some(text)) = (schema["format"].as_str(), value.as_str()) {
            text.parse::<jiff::Timestamp>().map_err(|error| format!("{place}: {error}"))?;
        }
        if let (Value::Array(items), true) = (value, schema["items"].is_object()) {
            for (n, item) in items.iter().enumerate() {
                self.fits(&schema["items"], item, &format!("{place}[{n}]"), of, seen)?;
            }
        }
        match value {
            Value::Object(object) => self.object_fits(schema, object, place, of, seen),
            _ => Ok(()),
        }
    }

    fn object_fits(
        &self,
        schema: &Value,
        object: &Map<String, Value>,
        place: &str,
        of: &str,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let parts = self.parts(schema, of);
        if parts
            .iter()
            .all(|(part, _)| part["properties"].is_null() && part["additionalProperties"].is_null())
        {
            return Ok(());
        }
        for (part, _) in &parts {
            for name in part["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !object.contains_key(name) {
                    return Err(format!("{place}: {name} is missing"));
                }
            }
        }
        for (name, value) in object {
            let place = format!("{place}.{name}");
            let described = parts.iter().find_map(|(part, of)| Some((part["properties"].get(name)?, *of)));
            let extra =
                parts.iter().map(|(part, _)| &part["additionalProperties"]).find(|extra| extra.is_object());
            if let Some((inner, of)) = described {
                seen.insert(format!("{of}.{name}"));
                self.fits(inner, value, &place, of, seen)?;
            } else if let Some(extra) = extra {
                self.fits(extra, value, &place, of, seen)?;
            } else if !parts.iter().any(|(part, _)| part["additionalProperties"] == true) {
                return Err(format!("{place} is not described"));
            }
        }
        Ok(())
    }

    /// A schema and what it is made of.
    fn parts<'a>(&'a self, schema: &'a Value, of: &'a str) -> Vec<(&'a Value, &'a str)> {
        let mut parts = vec![(schema, of)];
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let (part, name) = self.resolve(part);
            parts.extend(self.parts(part, name.unwrap_or(of)));
        }
        parts
    }
}
