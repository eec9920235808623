//! A record in which every column of the schema is given. What it says is of no account: columns that are given have
//! their types, and so have the outcomes of rules that read them.

use logis_language::pack::schema::{EntityId, Field, FieldKind, Origin, Schema};
use logis_language::value::format_number;
use serde_json::{Map, Value as Json, json};

use crate::decide::Decider;

/// The sample of the entity that a decider decides.
pub fn record(decider: &Decider) -> Json {
    let plan = decider.plan();
    let schema = &plan.parsed.schema;
    // The first row of each of the pack's own tables.
    let references = decider.dataset(&json!({})).map(|dataset| dataset.tables).unwrap_or_default();
    let first = |entity: EntityId| references.get(entity)?.ids.text(0).map(ToString::to_string);
    row(schema, plan.entity, None, &first)
}

/// A row with those that belong to it, and what it belongs to; `from` is where it is reached from.
fn row(
    schema: &Schema,
    id: EntityId,
    from: Option<EntityId>,
    first: &dyn Fn(EntityId) -> Option<String>,
) -> Json {
    let Some(entity) = schema.entities.get(id) else { return Json::Null };
    let mut keys = Map::new();
    for field in entity.fields.iter().filter_map(|field| schema.fields.get(*field)) {
        // A column that several fields read is given as the one that is no text of what was written.
        if !keys.contains_key(&field.column) || !matches!(field.kind, FieldKind::Text) {
            keys.insert(field.column.clone(), value(field, first));
        }
    }
    for relation in &entity.belongs_to {
        match schema.entities.get(relation.target).map(|target| (&target.origin, &target.name)) {
            Some((Origin::Reference { .. }, _)) => {
                keys.insert(relation.column.clone(), json!(first(relation.target)));
            }
            Some((Origin::Data { .. }, name)) if from != Some(relation.target) => {
                keys.insert(name.clone(), row(schema, relation.target, Some(id), first));
            }
            _ => {}
        }
    }
    for (child, declared) in schema.entities.iter().enumerate() {
        let belongs = declared.belongs_to.iter().any(|relation| relation.target == id);
        if let (Origin::Data { table }, true) = (&declared.origin, belongs && from != Some(child)) {
            keys.insert(table.clone(), json!([row(schema, child, Some(id), first)]));
        }
    }
    Json::Object(keys)
}

fn value(field: &Field, first: &dyn Fn(EntityId) -> Option<String>) -> Json {
    match &field.kind {
        FieldKind::Boolean => json!(true),
        FieldKind::Number { .. } => {
            json!(field.range.as_ref().map_or("1".to_string(), |(low, _)| format_number(low)))
        }
        FieldKind::Date => json!("2000-01-01"),
        FieldKind::Text => json!(field.of.map_or(Some("1".to_string()), first)),
        FieldKind::Codes => Json::Null,
        FieldKind::Enum(values) => json!(values.first().map_or("", AsRef::as_ref)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use logis_language::Pack;
    use logis_language::value::parse_date;

    /// The sample fits the schema, of requests and of persons alike.
    #[test]
    fn samples_are_read() {
        let date = parse_date("2025-06-30").unwrap();
        let pack = Pack::load("../../rules").unwrap();
        for rules in [["eligible_plus"], ["eligible_visale"], ["financement"], ["contribution_peec"]] {
            let decider = Decider::new(pack.plan(date, &rules).unwrap());
            let read = decider.dataset(&record(&decider));
            assert!(read.is_ok(), "{rules:?}: {:?}", read.err());
        }
    }
}
