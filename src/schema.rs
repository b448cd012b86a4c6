//! Owns the JSON Schema of what a site's owner writes, for editors: completion, descriptions, misspelt keys underlined.
//!
//! Gives [`site_toml`] and [`front_matter`], both made from the tables of keys that the readers themselves read by, so that no
//! key can be in one and not in the other. Says of a value what a schema can say: its type, its bounds, its choices.

use serde_json::{Map, Value, json};

use crate::config;
use crate::fields::keys::{Key, Kind};
use crate::post;

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Whether a key may be there without a value: in YAML `description:` says nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Null {
    Refused,
    Allowed,
}

/// Returns the schema of `site.toml`.
pub fn site_toml() -> Value {
    let mut schema = table(config::KEYS, Null::Refused);
    // An overlay may set whatever the whole may, but nothing is demanded of it.
    let overlaid = config::KEYS.iter().filter(|key| key.name != "env");
    let names = overlaid.flat_map(|key| std::iter::once(key.name).chain(key.also.iter().copied()));
    let references = names.map(|name| (name.to_owned(), json!({ "$ref": format!("#/properties/{name}") })));
    let overlay = json!({
        "type": "object", "properties": references.collect::<Map<String, Value>>(), "additionalProperties": false,
    });
    let own = post::KEYS.iter().filter(|key| !post::NEVER_DEFAULTS.contains(&key.name)).copied();
    let path = Key::new("path", Kind::Text("notes/**"), "The files, as a pattern below `content/`").required();
    let keys: Vec<Key> = std::iter::once(path).chain(own).collect();
    // Further taxonomies are declared in the same file, where no schema sees them: any other key may be a list of terms.
    let mut row = table(&keys, Null::Refused);
    row["additionalProperties"] = value(&Kind::Terms("rust"), Null::Refused);
    let defaults = json!({ "anyOf": [{ "type": "array", "items": row }, row] });
    let pages = pages();
    let object = schema.as_object_mut().expect("the schema of a table is an object");
    object.insert("$schema".to_owned(), DIALECT.into());
    object.insert("title".to_owned(), "site.toml of Watchpost".into());
    object.insert("$defs".to_owned(), json!({ "overlay": overlay, "defaults": defaults, "pages": pages }));
    schema
}

/// Returns the schema of `[[pages]]`: its own keys, and those of front matter, where any may be a text with columns in it.
fn pages() -> Value {
    let own = [
        Key::new("data", Kind::Text("books.csv"), "The data file, below `data/`").required(),
        Key::new("path", Kind::Text("/books/:slug/"), "The address of each page; `:slug` is a column").required(),
        Key::new("rows", Kind::Text("books"), "The names that lead to the rows within the file"),
        Key::new("section", Kind::Text("books"), "The section that the pages belong to"),
        Key::new("body", Kind::Text("review"), "The column whose text is the page's Markdown"),
    ];
    let mut row = table(&own, Null::Refused);
    row["additionalProperties"] = value(&Kind::Terms("rust"), Null::Refused);
    if let Some(Value::Object(properties)) = row.get_mut("properties") {
        for key in post::KEYS.iter().filter(|key| !post::NOT_IN_PAGES.contains(&key.name)) {
            let either = json!({ "anyOf": [value(&key.kind, Null::Refused), { "type": "string" }] });
            properties.insert(key.name.to_owned(), described(either, key.about));
        }
    }
    json!({ "anyOf": [{ "type": "array", "items": row }, row] })
}

/// Returns the schema of front matter; `taxonomies` are those that the site declares.
pub fn front_matter<'a>(taxonomies: impl IntoIterator<Item = &'a str>) -> Value {
    let mut schema = table(post::KEYS, Null::Allowed);
    let terms = value(&Kind::Terms("rust"), Null::Allowed);
    let object = schema.as_object_mut().expect("the schema of a table is an object");
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for name in taxonomies {
            if !properties.contains_key(name) {
                properties.insert(name.to_owned(), described(terms.clone(), &format!("Its terms of `{name}`")));
            }
        }
    }
    object.insert("$schema".to_owned(), DIALECT.into());
    object.insert("title".to_owned(), "Front matter of Watchpost".into());
    schema
}

/// Returns the schema of a table with these keys.
fn table(keys: &[Key], null: Null) -> Value {
    let mut properties = Map::new();
    for key in keys {
        properties.insert(key.name.to_owned(), described(value(&key.kind, null), key.about));
        for other in key.also {
            let mut schema = described(value(&key.kind, null), &format!("Another name of `{}`", key.name));
            schema["deprecated"] = true.into();
            properties.insert((*other).to_owned(), schema);
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let required: Vec<Value> = keys.iter().filter(|key| key.is_required).map(required).collect();
    if !required.is_empty() {
        schema["allOf"] = required.into();
    }
    schema
}

/// Demands a key, by whichever of its names.
fn required(key: &Key) -> Value {
    let names = std::iter::once(&key.name).chain(key.also);
    let mut each: Vec<Value> = names.map(|name| json!({ "required": [name] })).collect();
    match each.len() {
        1 => each.remove(0),
        _ => json!({ "anyOf": each }),
    }
}

fn described(mut schema: Value, about: &str) -> Value {
    schema["description"] = about.into();
    schema
}

/// Returns the schema of a value.
fn value(kind: &Kind, null: Null) -> Value {
    let schema = match kind {
        Kind::Text(example) => json!({ "type": "string", "examples": [example] }),
        Kind::Texts(example) => json!({ "anyOf": [texts(), { "type": "string" }], "examples": [[example]] }),
        Kind::List(example) => json!({ "type": "array", "items": { "type": "string" }, "examples": [[example]] }),
        Kind::Terms(example) => json!({
            "anyOf": [{ "type": "array", "items": { "type": ["string", "integer"] } }, { "type": "string" }],
            "examples": [[example]],
        }),
        Kind::Date => json!({ "type": "string", "examples": ["2026-11-22", "2026-11-22T18:30:00+01:00"] }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer(least, most) => integer(*least, *most),
        Kind::Integers(least, most) => json!({ "type": "array", "items": integer(*least, *most), "minItems": 1 }),
        Kind::Choice(names) => json!({ "enum": names }),
        Kind::ChoiceOf(names) => json!({ "enum": names() }),
        Kind::Choices(names) => {
            json!({ "anyOf": [{ "type": "array", "items": { "enum": names } }, { "enum": names }] })
        }
        Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(|kind| value(kind, null)).collect::<Vec<_>>() }),
        Kind::Table(keys) => table(keys, null),
        Kind::Tables(keys) => {
            let row = table(keys, null);
            json!({ "anyOf": [{ "type": "array", "items": row }, row] })
        }
        Kind::Named(kind) => json!({ "type": "object", "additionalProperties": value(kind, null) }),
        Kind::NamedOf(names, kind) => json!({
            "type": "object", "propertyNames": { "enum": names() }, "additionalProperties": value(kind, null),
        }),
        Kind::Free => json!({ "type": "object" }),
        Kind::Elsewhere(name) => json!({ "$ref": format!("#/$defs/{name}") }),
    };
    match null {
        Null::Refused => schema,
        Null::Allowed => or_null(schema),
    }
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn integer(least: i64, most: i64) -> Value {
    let mut schema = json!({ "type": "integer" });
    if least != i64::MIN {
        schema["minimum"] = least.into();
    }
    if most != i64::MAX {
        schema["maximum"] = most.into();
    }
    schema
}

fn or_null(mut schema: Value) -> Value {
    if let Some(Value::String(kind)) = schema.get("type") {
        schema["type"] = json!([kind, "null"]);
    } else if let Some(Value::Array(each)) = schema.get_mut("anyOf") {
        each.push(json!({ "type": "null" }));
    }
    schema
}

#[cfg(test)]
mod tests;
