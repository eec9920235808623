//! The published form of what Logis writes for other programs: one JSON Schema, of every kind of document.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

/// The JSON Schema of all documents, as it is published.
pub const SCHEMA: &str = include_str!("../schemas/logis-1.schema.json");

static PARSED: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap_or_default());

/// The kinds of documents, as their `kind` says.
///
/// ```
/// assert!(logis::formats::kinds().contains(&"receipt"));
/// ```
pub fn kinds() -> Vec<&'static str> {
    let all = PARSED.get("oneOf").and_then(Json::as_array).into_iter().flatten();
    all.filter_map(|one| definition(one.get("$ref")?)).collect()
}

/// The JSON Schema of one kind of document, with the definitions that it needs; `None` for a kind that there is not.
///
/// ```
/// let schema = logis::formats::schema("decision").ok_or("a kind")?;
/// assert_eq!(schema["properties"]["kind"]["const"], "decision");
/// # Ok::<(), &str>(())
/// ```
pub fn schema(kind: &str) -> Option<Json> {
    if !kinds().contains(&kind) {
        return None;
    }
    let all = PARSED.get("$defs")?.as_object()?;
    // Definitions lead to others: what is found is searched in turn.
    let (mut found, mut open) = (BTreeSet::new(), vec![kind.to_string()]);
    while let Some(name) = open.pop() {
        if let Some(one) = all.get(&name).filter(|_| found.insert(name.clone())) {
            references(one, &mut open);
        }
    }
    let mut schema = Map::new();
    schema.insert("$schema".to_string(), PARSED.get("$schema")?.clone());
    schema.insert("$id".to_string(), json!(format!("urn:logis:1:{kind}")));
    schema.extend(all.get(kind)?.as_object()?.clone());
    found.remove(kind);
    let needed = all.iter().filter(|(name, _)| found.contains(*name));
    schema.insert("$defs".to_string(), needed.map(|(name, one)| (name.clone(), one.clone())).collect());
    Some(Json::Object(schema))
}

/// The name of the definition that a reference leads to.
fn definition(reference: &Json) -> Option<&str> {
    reference.as_str()?.strip_prefix("#/$defs/")
}

/// Adds the names of the definitions that a part of a schema leads to.
fn references(part: &Json, into: &mut Vec<String>) {
    match part {
        Json::Object(keys) => {
            into.extend(keys.get("$ref").and_then(definition).map(str::to_string));
            keys.values().for_each(|value| references(value, into));
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}
