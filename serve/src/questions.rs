//! What is still needed for an outcome, and what of it to ask first.
//!
//! An outcome that is not known comes with the cells that could still change it, and no others: only those are asked.
//! Of them the one is asked first after which, over some of its possible answers, least is left open: each is
//! supposed, and the rule decided with it. That orders questions; it decides nothing, and what is decided is what the
//! library decides of the answers.

use logis::Decider;
use logis::evaluate::possible::{MissingCell, MissingInput};
use logis::evaluate::{Context, Evaluator, Outcome, outcome};
use logis::pack::schema::{EntityId, Field, FieldKind, Origin, Schema};
use logis::plan::Plan;
use logis::value::{Exact, add_days, format_number};
use serde_json::Value as Json;

/// The most cells of which answers are supposed; those that the rules read later wait.
pub const LOOKED_AT: usize = 14;

/// Answers that are supposed of a number: around what laws ask of incomes a year, a month, of ages and of durations.
const NUMBERS: [i128; 6] = [0, 30, 1_200, 15_000, 28_000, 60_000];

/// Answers that are supposed of a date, as days before the decision: births of children, of the young, of others;
/// contracts of this month and of some years.
const DAYS: [i64; 6] = [-30, 30, 600, 7_500, 10_000, 16_000];

/// How much of the rule of that number in the plan is left open over records in which answers of a cell are supposed,
/// on average and in thousandths: nothing where it is settled, otherwise one and the cells that could still change it.
pub fn left(
    plan: &Plan,
    reader: &Decider,
    rule: usize,
    records: impl Iterator<Item = Json>,
) -> Option<usize> {
    let (_, node) = *plan.selected.get(rule)?;
    let (mut all, mut count) = (0, 0);
    for record in records {
        let Ok(dataset) = reader.dataset(&record) else { continue };
        let context = Context::new(plan, &dataset);
        all += match outcome(&mut Evaluator::new(&context), node, 0) {
            Outcome::Unknown(cells) => 1 + cells.len(),
            Outcome::Known(_) | Outcome::Error(_) => 0,
        };
        count += 1;
    }
    (count > 0).then(|| all * 1000 / count)
}

/// Some answers that a cell of a column may have.
pub fn supposed(plan: &Plan, reader: &Decider, entity: EntityId, column: &str) -> Option<Vec<String>> {
    let schema = &plan.parsed.schema;
    if let Some(field) = field_of(schema, entity, column) {
        return Some(match &field.kind {
            FieldKind::Boolean => vec!["true".to_string(), "false".to_string()],
            FieldKind::Enum(values) => values.iter().map(ToString::to_string).take(6).collect(),
            FieldKind::Number { .. } => {
                let within = |n: &Exact| field.range.is_none_or(|(low, high)| low <= *n && *n <= high);
                let all = NUMBERS.iter().map(|n| Exact::from_integer(*n)).filter(within);
                let found: Vec<String> = all.map(|n| format_number(&n)).collect();
                match (found.is_empty(), &field.range) {
                    (true, Some((low, high))) => vec![format_number(low), format_number(high)],
                    _ => found,
                }
            }
            FieldKind::Date => {
                DAYS.iter().filter_map(|ago| add_days(plan.date, -ago)).map(|day| day.to_string()).collect()
            }
            FieldKind::Text | FieldKind::Codes => Vec::new(),
        })
        .filter(|answers| !answers.is_empty());
    }
    let declared = schema.entities.get(entity)?;
    let relation = declared.belongs_to.iter().find(|relation| relation.column == column)?;
    let dataset = reader.dataset(&serde_json::json!({})).ok()?;
    let ids = &dataset.tables.get(relation.target)?.ids;
    let step = (ids.len() / 5).max(1);
    Some(ids.texts().step_by(step).map(ToString::to_string).collect())
}

/// The column in which a missing cell is given; `None` for what nobody can answer: a figure that the law has not fixed,
/// a row that is not there.
pub fn column_of<'s>(schema: &'s Schema, missing: &MissingInput) -> Option<&'s str> {
    match missing.what {
        MissingCell::Field(field) => schema.fields.get(field).map(|field| field.column.as_str()),
        MissingCell::Relation(relation) => {
            let relation = schema.entities.get(missing.entity)?.belongs_to.get(relation)?;
            let target = schema.entities.get(relation.target)?;
            matches!(target.origin, Origin::Reference { .. }).then_some(relation.column.as_str())
        }
        MissingCell::Parameter(_) => None,
    }
}

/// The field that people answer by a column: where a relation has that column too, or several fields read it, the first
/// that is no text of what was written.
pub fn field_of<'s>(schema: &'s Schema, entity: EntityId, column: &str) -> Option<&'s Field> {
    let entity = schema.entities.get(entity)?;
    if entity.belongs_to.iter().any(|relation| relation.column == column) {
        return None;
    }
    let of_column =
        entity.fields.iter().filter_map(|id| schema.fields.get(*id)).filter(|f| f.column == column);
    of_column.min_by_key(|field| matches!(field.kind, FieldKind::Text))
}

/// The entity of the pack's own tables that a column leads to, if it is such a relation.
#[cfg(feature = "http")]
pub fn table_of(schema: &Schema, entity: EntityId, column: &str) -> Option<EntityId> {
    let entity = schema.entities.get(entity)?;
    let relation = entity.belongs_to.iter().find(|relation| relation.column == column)?;
    let target = schema.entities.get(relation.target)?;
    matches!(target.origin, Origin::Reference { .. }).then_some(relation.target)
}
