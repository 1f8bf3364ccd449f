//! The reference for people: the description as a page without scripts, of this program's own files.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"color-scheme\" content=\"light dark\">\n<title>wxlogind API</title>\n\
    <link rel=\"icon\" type=\"image/svg+xml\" href=\"assets/icon.svg\">\n\
    <link rel=\"stylesheet\" href=\"assets/base.css\">\n\
    <link rel=\"stylesheet\" href=\"assets/docs.css\">\n</head>\n<body class=\"docs\">\n<main class=\"wide\">\n";

/// The page of this description.
pub(super) fn page(document: &Value) -> String {
    let info = &document["info"];
    let mut page = HEAD.to_owned();
    let title = format!("{} {}", text(&info["title"]), text(&info["version"]));
    put(&mut page, "h1", &escaped(&title));
    put(&mut page, "p", &prose(text(&info["description"])));
    page.push_str("<p><a href=\"openapi.json\">openapi.json</a></p>\n");
    let mut chapters: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            let chapter = text(&operation["tags"][0]);
            chapters.entry(chapter).or_default().push((path, method, operation));
        }
    }
    page.push_str("<nav aria-label=\"Routes\">\n");
    for (chapter, operations) in &chapters {
        put(&mut page, "h2", &escaped(chapter));
        page.push_str("<ul>\n");
        for (path, method, operation) in operations {
            let (id, route) = (escaped(text(&operation["operationId"])), route(method, path));
            let _ = writeln!(
                page,
                "<li><a href=\"#{id}\">{route}</a> {}</li>",
                prose(text(&operation["summary"]))
            );
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</nav>\n");
    for (path, method, operation) in chapters.values().flatten() {
        describe(&mut page, &route(method, path), operation);
    }
    put(&mut page, "h2", "Schemas");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = writeln!(page, "<section id=\"schema-{0}\"><h3>{0}</h3>", escaped(name));
        put(&mut page, "p", &prose(text(&schema["description"])));
        put(&mut page, "p", &kind(schema));
        fields(&mut page, schema);
        page.push_str("</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn describe(page: &mut String, route: &str, operation: &Value) {
    let _ = writeln!(page, "<section id=\"{}\"><h3>{route}</h3>", escaped(text(&operation["operationId"])));
    put(page, "p", &prose(text(&operation["summary"])));
    put(page, "p", &prose(text(&operation["description"])));
    if operation["security"].is_array() {
        put(page, "p", "Needs no token.");
    }
    let parameters: Vec<[String; 3]> = items(&operation["parameters"])
        .map(|parameter| {
            let name = format!("<code>{}</code>", escaped(text(&parameter["name"])));
            let place = format!("{}, {}", text(&parameter["in"]), kind(&parameter["schema"]));
            [name, place, prose(text(&parameter["description"]))]
        })
        .collect();
    table(page, &parameters);
    contents(page, "Body", &operation["requestBody"]);
    for (status, answer) in members(&operation["responses"]) {
        let heading = format!("{status} {}", prose(text(&answer["description"])));
        contents(page, &heading, answer);
        if !answer["content"].is_object() {
            put(page, "h4", &heading);
        }
    }
    page.push_str("</section>\n");
}

fn contents(page: &mut String, heading: &str, holder: &Value) {
    for (media, content) in members(&holder["content"]) {
        put(page, "h4", heading);
        put(page, "p", &format!("<code>{}</code> {}", escaped(media), kind(&content["schema"])));
        let example = match &content["example"] {
            Value::String(text) => text.clone(),
            example => serde_json::to_string_pretty(example).unwrap_or_default(),
        };
        let _ = writeln!(page, "<pre tabindex=\"0\">{}</pre>", escaped(&example));
    }
}

/// A table of the members of an object, and of what it is made of.
fn fields(page: &mut String, schema: &Value) {
    let required: Vec<&str> = items(&schema["required"]).filter_map(Value::as_str).collect();
    let rows: Vec<[String; 3]> = members(&schema["properties"])
        .map(|(name, property)| {
            let optional = if required.contains(&name) { "" } else { ", may be absent" };
            let name_cell = format!("<code>{}</code>", escaped(name));
            [name_cell, format!("{}{optional}", kind(property)), prose(text(&property["description"]))]
        })
        .collect();
    table(page, &rows);
    for part in items(&schema["allOf"]).chain(items(&schema["oneOf"])) {
        fields(page, part);
    }
}

fn table(page: &mut String, rows: &[[String; 3]]) {
    if rows.is_empty() {
        return;
    }
    page.push_str("<table>\n");
    for [name, kind, description] in rows {
        let _ = writeln!(page, "<tr><th scope=\"row\">{name}</th><td>{kind}</td><td>{description}</td></tr>");
    }
    page.push_str("</table>\n");
}

/// What a schema is, in a few words, with links to the schemas it names.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    for (parts, between) in [("oneOf", " or "), ("allOf", " with ")] {
        if schema[parts].is_array() {
            return items(&schema[parts]).map(kind).collect::<Vec<_>>().join(between);
        }
    }
    if schema["enum"].is_array() {
        let values = items(&schema["enum"]).map(|value| format!("<code>{}</code>", escaped(text(value))));
        return values.collect::<Vec<_>>().join(" · ");
    }
    match &schema["type"] {
        Value::String(one) if one == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(one) => escaped(one),
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

fn route(method: &str, path: &str) -> String {
    format!("<code>{} {}</code>", method.to_uppercase(), escaped(path))
}

/// An element, unless there is nothing in it.
fn put(page: &mut String, element: &str, html: &str) {
    if !html.is_empty() {
        let _ = writeln!(page, "<{element}>{html}</{element}>");
    }
}

/// A sentence with its code between backticks.
fn prose(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    parts
        .map(|(n, part)| if n % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_of_a_description_becomes_markup() {
        let page = page(&json!({
            "info": {"title": "<script>", "version": "1", "description": "a `b<c>` \"d\""},
            "paths": {"/x<": {"get": {"operationId": "x\"", "tags": ["T&"], "summary": "<b>"}}},
        }));
        assert!(page.contains("&lt;script&gt; 1"));
        assert!(page.contains("a <code>b&lt;c&gt;</code> &quot;d&quot;"));
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("x\"\""));
    }
}
