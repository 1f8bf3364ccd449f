//! What the derived schemas say too loosely.

use serde_json::{Map, Value};

/// Goes through a description. What may be left out of an object is never `null` there, unless the object is the
/// platform's and may hold anything; and a sentence that
/// names an item of the code in the way of its documentation names it as plain code.
pub(super) fn tidy(document: &mut Value) {
    match document {
        Value::Object(members) => {
            never_null(members);
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::String(text) if text.contains("[`") => *text = text.replace("[`", "`").replace("`]", "`"),
        _ => {}
    }
}

fn never_null(schema: &mut Map<String, Value>) {
    if schema.get("additionalProperties") == Some(&Value::Bool(true)) {
        return;
    }
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map_or(Vec::new(), |names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(name)) {
        let Value::Object(property) = property else { continue };
        if let Some(Value::Array(kinds)) = property.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [kind] = kinds.as_slice() {
                let kind = kind.clone();
                property.insert("type".to_owned(), kind);
            }
        }
        if let Some(Value::Array(choices)) = property.get_mut("oneOf") {
            choices.retain(|choice| choice["type"] != "null");
            if let [Value::Object(choice)] = choices.as_slice() {
                let choice = choice.clone();
                property.remove("oneOf");
                property.extend(choice);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_left_out_is_never_null() {
        let mut schema = json!({"required": ["next"], "properties": {
            "next": {"type": ["string", "null"]},
            "label": {"type": ["string", "null"], "description": "What [`Label`] says."},
            "qr": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Qr"}], "description": "The QR."},
        }});
        tidy(&mut schema);
        let expected = json!({"required": ["next"], "properties": {
            "next": {"type": ["string", "null"]},
            "label": {"type": "string", "description": "What `Label` says."},
            "qr": {"$ref": "#/components/schemas/Qr", "description": "The QR."},
        }});
        assert_eq!(schema, expected);
    }
}
