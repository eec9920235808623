//! What data is expected, as a JSON Schema.

use serde_json::{Map, Value as Json, json};

use super::template::columns;
use logis_language::pack::schema::{Entity, EntityId, Field, FieldKind, Origin, Schema};

/// The JSON Schema of a data package: an object with an array of rows by table. A row may hold the rows
/// that belong to it, under the name of their table, and those that it belongs to, under the name of
/// their entity. An array of rows of `main`, or one such row, is a package too.
pub fn json_schema(schema: &Schema, main: Option<EntityId>) -> Json {
    let (mut tables, mut rows, mut alone) = (Map::new(), Map::new(), json!(false));
    for (id, entity) in schema.entities.iter().enumerate() {
        let Origin::Data { table } = &entity.origin else { continue };
        let mut properties = Map::new();
        let columns = columns(schema, entity);
        // A given pair has no identifier of its own: those of its two sides name it.
        let own_key = columns.iter().any(|c| c.column == entity.key);
        let (mut required, mut keys) = (Vec::new(), Vec::new());
        keys.extend(own_key.then(|| json!(entity.key)));
        for column in columns {
            let field = schema.field_of_column(entity, column.column);
            let mut property =
                field.map_or_else(|| identifier(column.required), |f| type_of(f, column.required));
            if let Some(property) = property.as_object_mut() {
                let unit = if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
                property.insert("description".into(), json!(format!("{}{unit}", column.label)));
                if !column.form.is_empty() {
                    property.insert("x-formulaire".into(), json!(column.form));
                }
                if let Some(empty) = field.and_then(|f| f.empty_value.as_deref()) {
                    property.insert("default".into(), json!(empty));
                }
            }
            let relation = entity.belongs_to.iter().find(|r| r.column == column.column);
            let within = relation.is_some_and(|r| is_data(schema, r.target));
            match (column.required, within) {
                (true, true) => keys.push(json!(column.column)),
                (true, false) if column.column != entity.key => required.push(json!(column.column)),
                _ => {}
            }
            properties.insert(column.column.to_string(), property);
        }
        for relation in entity.belongs_to.iter().filter(|r| is_data(schema, r.target)) {
            if let Some(Entity { name, origin: Origin::Data { table }, .. }) =
                schema.entities.get(relation.target)
            {
                properties.insert(name.clone(), json!({ "$ref": format!("#/$defs/{table}") }));
            }
        }
        for child in schema.entities.iter().filter(|e| e.belongs_to.iter().any(|r| r.target == id)) {
            if let Origin::Data { table } = &child.origin {
                let items = json!({ "$ref": format!("#/$defs/{table}") });
                properties.insert(table.clone(), json!({ "type": "array", "items": items }));
            }
        }
        let row = json!({
            "type": "object",
            "title": entity.label,
            "properties": properties,
            "required": required,
        });
        rows.insert(table.clone(), row);
        let whole = json!({ "$ref": format!("#/$defs/{table}"), "required": keys });
        if main == Some(id) {
            alone = json!({ "$ref": format!("#/$defs/{table}"), "required": [entity.key] });
        }
        tables.insert(table.clone(), json!({ "type": "array", "items": whole }));
    }
    let package = json!({
        "type": "object",
        "title": "Un tableau de lignes par table",
        "properties": tables,
        "additionalProperties": false,
        "minProperties": 1,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Paquet de données",
        "anyOf": [package, { "type": "array", "items": alone }, alone],
        "$defs": rows,
    })
}

fn is_data(schema: &Schema, entity: EntityId) -> bool {
    schema.entities.get(entity).is_some_and(|e| matches!(e.origin, Origin::Data { .. }))
}

/// An identifier: a number is taken as its digits.
fn identifier(required: bool) -> Json {
    if required {
        json!({ "type": ["string", "integer"] })
    } else {
        json!({ "type": ["string", "integer", "null"] })
    }
}

fn type_of(field: &Field, required: bool) -> Json {
    let name = |name: &str| if required { json!(name) } else { json!([name, "null"]) };
    let mut found = match &field.kind {
        FieldKind::Boolean => json!({ "type": name("boolean") }),
        FieldKind::Number { decimals: 0, .. } => json!({ "type": name("integer") }),
        FieldKind::Number { .. } => json!({ "type": name("number") }),
        FieldKind::Date => json!({ "type": name("string"), "format": "date" }),
        FieldKind::Text => json!({ "type": name("string") }),
        FieldKind::Codes => {
            let codes = json!({ "type": "array", "items": { "type": "string" } });
            json!({ "anyOf": [{ "type": name("string") }, codes] })
        }
        FieldKind::Enum(values) => {
            let mut all: Vec<Json> = values.iter().map(|v| json!(v.as_ref())).collect();
            if !required {
                all.push(Json::Null);
            }
            json!({ "enum": all })
        }
    };
    if let (Some((low, high)), Some(found)) = (&field.range, found.as_object_mut()) {
        let bound = |n: &logis_language::value::Exact| {
            serde_json::from_str(&logis_language::value::format_number(n)).unwrap_or(Json::Null)
        };
        found.insert("minimum".into(), bound(low));
        found.insert("maximum".into(), bound(high));
    }
    found
}
