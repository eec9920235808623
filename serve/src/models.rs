//! The models of a pack's records: the JSON Schemas that the library publishes of its tables, where each is found under
//! a name of its own.

use logis::Pack;
use logis::data::json_schema;
use serde_json::{Map, Value as Json, json};

/// Under names that begin with `at`: of each table of the pack, what a record of it may hold. In a record what is absent or null is not known, so that
/// nothing is required; a key that the schema does not know is refused.
pub fn records(pack: &Pack, at: &str) -> Map<String, Json> {
    let parsed = pack.parsed();
    let mut whole = json_schema(&parsed.schema, pack.main_entity());
    let (in_records, in_files) = (format!("{at}table."), format!("{at}row."));
    rename(&mut whole, "#/$defs/", &in_records);
    let rows = whole.get("$defs").and_then(Json::as_object).cloned().unwrap_or_default();
    let mut schemas = Map::new();
    let mut any = Vec::new();
    // The tables of an allocation are rows as files hold them: with what they must have.
    let tables = whole.get("anyOf").and_then(|all| all.get(0)).cloned().unwrap_or_default();
    for (table, mut row) in rows {
        schemas.insert(format!("row.{table}"), row.clone());
        if let Some(row) = row.as_object_mut() {
            row.remove("required");
            row.insert("additionalProperties".into(), json!(false));
            if let Some(columns) = row.get_mut("properties").and_then(Json::as_object_mut) {
                columns.values_mut().for_each(may_be_null);
            }
        }
        any.push(json!({ "$ref": format!("{in_records}{table}") }));
        schemas.insert(format!("table.{table}"), row);
    }
    let mut tables = tables;
    rename(&mut tables, &in_records, &in_files);
    for (_, row) in schemas.iter_mut().filter(|(name, _)| name.starts_with("row.")) {
        rename(row, &in_records, &in_files);
    }
    let mut posed = tables.clone();
    if let Some(keys) = posed.get_mut("properties").and_then(Json::as_object_mut) {
        keys.entry("options").or_insert_with(options);
    }
    schemas.insert("posed".into(), posed);
    schemas.insert("tables".into(), tables);
    schemas.insert("record".into(), json!({
        "description": "Une ligne de l'entité des règles, avec ce qui lui appartient ; absent ou null: inconnu.",
        "anyOf": any,
    }));
    schemas
}

/// What a body may ask of an allocation beside its tables.
fn options() -> Json {
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let id = json!({ "type": "string" });
    let pairs =
        json!({ "type": "array", "items": { "type": "array", "minItems": 2, "maxItems": 2, "items": id } });
    let number = |least: u32| json!({ "type": "integer", "minimum": least, "maximum": u32::MAX });
    json!({
        "type": "object",
        "description": "Ce que l'adresse peut dire, et ce pour quoi elle n'a pas de place : `near`, `fixed`, `forbidden`.",
        "additionalProperties": false,
        "properties": {
            "select": names, "no_quotas": { "type": "boolean" }, "hard": names, "seed": number(0),
            "fixed": pairs, "forbidden": pairs, "max_candidates": number(1),
            "near": { "type": "object", "description": "Un résultat précédent, de l'espèce `matching`." },
            "keep": number(0), "prices": { "type": "boolean" }, "time_limit": number(1),
        },
    })
}

/// Lets a value be null.
fn may_be_null(of: &mut Json) {
    let Some(keys) = of.as_object_mut() else { return };
    match (keys.get("type").cloned(), keys.get_mut("enum")) {
        (Some(Json::String(one)), _) => {
            keys.insert("type".into(), json!([one, "null"]));
        }
        (None, Some(Json::Array(values))) if !values.contains(&Json::Null) => values.push(Json::Null),
        (None, None) => {
            let inner = Json::Object(std::mem::take(keys));
            *of = json!({ "anyOf": [inner, { "type": "null" }] });
        }
        _ => {}
    }
}

/// Gives the references that begin with `from` another beginning.
pub fn rename(part: &mut Json, from: &str, to: &str) {
    match part {
        Json::Object(keys) => {
            for (key, value) in keys {
                match value {
                    Json::String(text) if key == "$ref" => {
                        if let Some(name) = text.strip_prefix(from) {
                            *text = format!("{to}{name}");
                        }
                    }
                    other => rename(other, from, to),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        _ => {}
    }
}
