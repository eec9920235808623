//! What is still to be asked of a record: the missing cells that can change an outcome, where in the record each is
//! given, and which to ask first.

use std::collections::BTreeMap;

use logis::evaluate::possible::MissingInput;
use logis::evaluate::{Context, Evaluator, Outcome, outcome};
use logis::pack::schema::{Entity, EntityId, Origin, Schema};
use logis::{Decider, Pack};
use serde_json::{Map, Value as Json, json};

use crate::models;
use crate::problem::Problem;
use crate::questions::{LOOKED_AT, column_of, left, supposed};

/// Where rows stand in a record, as JSON Pointers: by entity and row.
type Places = BTreeMap<(EntityId, u64), String>;

/// A cell to ask for.
struct Asked {
    missing: MissingInput,
    /// Where it is given.
    place: String,
    /// The rules that wait for it.
    rules: Vec<String>,
    /// How much is left open after it, for the first rule that waits.
    left: usize,
}

/// The document: the rules that are open, and what to ask for them.
pub fn document(pack: &Pack, decider: &Decider, record: &Json) -> Result<Json, Problem> {
    // A record that contradicts itself or does not fit is told as when it is decided. One whose members are not said
    // may contradict itself by that alone.
    let members = members(pack, decider, record);
    if members.is_empty() {
        decider.decide(record).map_err(|error| Problem::data(&error))?;
    }
    let dataset = decider.dataset(record).map_err(|error| Problem::data(&error))?;
    let plan = decider.plan();
    let schema = &plan.parsed.schema;
    let mut places = Places::new();
    place(schema, plan.entity, record, "", &mut places);
    let context = Context::new(plan, &dataset);
    let mut evaluator = Evaluator::new(&context);
    let (mut open, mut asked) = (Vec::new(), Vec::<Asked>::new());
    for (at, (name, node)) in plan.selected.iter().enumerate() {
        let Outcome::Unknown(cells) = outcome(&mut evaluator, *node, 0) else { continue };
        open.push(name.clone());
        let mut own = Vec::new();
        for cell in cells.iter() {
            let Some(column) = column_of(schema, cell) else { continue };
            let Some(row) = places.get(&(cell.entity, cell.row)) else { continue };
            let place = format!("{row}/{column}");
            if let Some(before) = asked.iter_mut().find(|before| before.place == place) {
                before.rules.push(name.clone());
                continue;
            }
            let left = match own.len() < LOOKED_AT {
                true => supposed(plan, decider, cell.entity, column).and_then(|answers| {
                    let records = answers.iter().filter_map(|answer| with(record, row, column, answer));
                    left(plan, decider, at, records)
                }),
                false => None,
            };
            let left = left.unwrap_or(usize::MAX);
            own.push(Asked { missing: *cell, place, rules: vec![name.clone()], left });
        }
        // Rules are settled one after the other; of equals the first that the rule reads.
        own.sort_by_key(|one| one.left);
        asked.extend(own);
    }
    let models = models::records(pack, "#/$defs/");
    let questions = asked.iter().map(|one| question(schema, one, &models));
    let members =
        members.iter().filter(|_| !open.is_empty()).map(|(entity, table)| unsaid(entity, table, &open));
    let questions: Vec<Json> = members.chain(questions).collect();
    Ok(json!({ "date": plan.date.to_string(), "open": open, "questions": questions }))
}

/// Walks a record as it is read, and notes where its rows stand.
fn place(schema: &Schema, entity: EntityId, record: &Json, at: &str, places: &mut Places) {
    let Some(keys) = record.as_object() else { return };
    let row = places.range((entity, 0)..=(entity, u64::MAX)).count() as u64;
    places.insert((entity, row), at.to_string());
    let Some(declared) = schema.entities.get(entity) else { return };
    for (key, value) in keys {
        let at = format!("{at}/{key}");
        match value {
            Json::Array(items) => {
                let members = schema.entities.iter().position(|other| {
                    matches!(&other.origin, Origin::Data { table } if table == key)
                        && other.belongs_to.iter().any(|relation| relation.target == entity)
                });
                let Some(members) = members else { continue };
                for (number, item) in items.iter().enumerate() {
                    place(schema, members, item, &format!("{at}/{number}"), places);
                }
            }
            Json::Object(_) => {
                let around = declared.belongs_to.iter().map(|relation| relation.target);
                let around = around.filter(|target| {
                    schema.entities.get(*target).is_some_and(|other| {
                        other.name == *key && matches!(other.origin, Origin::Data { .. })
                    })
                });
                around.take(1).for_each(|target| place(schema, target, value, &at, places));
            }
            _ => {}
        }
    }
}

/// A record in which a cell has an answer.
fn with(record: &Json, row: &str, column: &str, answer: &str) -> Option<Json> {
    let mut supposed = record.clone();
    supposed.pointer_mut(row)?.as_object_mut()?.insert(column.to_string(), json!(answer));
    Some(supposed)
}

/// A question, with the schema of its answer.
fn question(schema: &Schema, asked: &Asked, models: &Map<String, Json>) -> Json {
    let entity = schema.entities.get(asked.missing.entity);
    let column = asked.place.rsplit('/').next().unwrap_or_default();
    let model = entity.and_then(|entity| match &entity.origin {
        Origin::Data { table } => models.get(&format!("table.{table}"))?.get("properties")?.get(column),
        _ => None,
    });
    json!({
        "place": asked.place,
        "entity": entity.map_or("", |entity| entity.name.as_str()),
        "column": column,
        "schema": model,
        "rules": asked.rules,
    })
}

/// Tables of rows that belong to the record's own, that a rule looks at, and of which the record says nothing.
fn members<'p>(pack: &'p Pack, decider: &Decider, record: &Json) -> Vec<(&'p Entity, &'p str)> {
    let plan = decider.plan();
    let schema = &pack.parsed().schema;
    let relations = plan.relations();
    let unsaid = relations.iter().filter_map(|(entity, relation)| {
        let declared = schema.entities.get(*entity)?;
        let Origin::Data { table } = &declared.origin else { return None };
        let of = declared.belongs_to.get(*relation)?;
        let unsaid = of.target == plan.entity && record.get(table).is_none_or(Json::is_null);
        unsaid.then_some((declared, table.as_str()))
    });
    unsaid.collect()
}

/// The question who they are.
fn unsaid(entity: &Entity, table: &str, open: &[String]) -> Json {
    let all = format!("{} : tous, chacun une ligne.", entity.label);
    json!({
        "place": format!("/{table}"),
        "entity": entity.name,
        "column": Json::Null,
        "schema": { "type": "array", "description": all },
        "rules": open,
    })
}
