//! Outcomes, rows and missing cells in the words that people read.

use super::{Failed, Missing, RowName, Shown};
use crate::evaluate::Outcome;
use crate::evaluate::possible::{MissingCell, MissingInput};
use logis_data::{Dataset, visible_cell};
use logis_language::exchange::Written;
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::Plan;
use logis_language::value::Value;

/// A row by its names, in words too: `demande D0042`; both rows for a pair.
pub fn row_name(plan: &Plan, dataset: &Dataset, entity: EntityId, row: u64) -> RowName {
    let schema = &plan.parsed.schema;
    let Some(declared) = schema.entities.get(entity) else {
        return RowName { entity: String::new(), id: String::new(), words: String::new() };
    };
    let entity_name = declared.name.clone();
    if let Origin::Pair(a, b) = declared.origin {
        let rows = dataset.tables.get(b).map_or(1, |t| t.rows().max(1) as u64);
        let (a, b) = (row_name(plan, dataset, a, row / rows), row_name(plan, dataset, b, row % rows));
        let (id, words) = (format!("{}:{}", a.id, b.id), format!("{a} × {b}"));
        return RowName { entity: entity_name, id, words };
    }
    let id = dataset.tables.get(entity).and_then(|t| t.ids.text(usize::try_from(row).ok()?));
    let id = id.unwrap_or("?").to_string();
    let words = format!("{entity_name} {}", visible_cell(&id));
    RowName { entity: entity_name, id, words }
}

/// Entity and identifier of a row in words: `demande D0042`; both of a pair.
pub fn about(plan: &Plan, dataset: &Dataset, entity: EntityId, row: u64) -> String {
    row_name(plan, dataset, entity, row).words
}

/// A missing cell by its names.
pub fn missing(plan: &Plan, dataset: &Dataset, missing: &MissingInput) -> Missing {
    let schema = &plan.parsed.schema;
    let RowName { entity, id, .. } = match missing.what {
        MissingCell::Parameter(id) => {
            if let Some(rule) = plan.parsed.rule_behind(id) {
                let why = match rule.outside(plan.date) {
                    Some(why) => why.to_string(),
                    None => "n'est donnée par aucun territoire ici".to_string(),
                };
                return Missing::Rule { rule: rule.name.clone(), why };
            }
            let parameter = plan.parsed.parameters.get(id);
            // A national table without a value on any day is one that only territories give.
            let local = parameter.is_some_and(|p| p.versions.is_empty() && p.territory.is_none());
            let parameter = parameter.map_or("?", |p| p.path.as_str()).to_string();
            if local {
                return Missing::Local { parameter };
            }
            return Missing::Parameter { parameter, date: plan.date.to_string() };
        }
        MissingCell::Field(_) | MissingCell::Relation(_) => {
            row_name(plan, dataset, missing.entity, missing.row)
        }
    };
    match missing.what {
        MissingCell::Field(field) => {
            let field = schema.fields.get(field);
            let name = field.map_or("?", |f| f.name.as_str()).to_string();
            Missing::Field { field: name, entity, id, reason: field.and_then(|f| f.unlisted.clone()) }
        }
        MissingCell::Relation(relation) => {
            let declared = schema.entities.get(missing.entity).and_then(|e| e.belongs_to.get(relation));
            let column = declared.map_or("?", |r| r.column.as_str()).to_string();
            Missing::Relation { column, entity, id }
        }
        // Told above.
        MissingCell::Parameter(_) => Missing::Words { words: String::new() },
    }
}

/// An outcome as it is shown.
pub fn show(plan: &Plan, dataset: &Dataset, outcome: &Outcome) -> Shown {
    match outcome {
        Outcome::Known(value) => Shown::Value(value.clone()),
        Outcome::Unknown(cells) => Shown::Unknown(cells.iter().map(|m| missing(plan, dataset, m)).collect()),
        Outcome::Error(error) => {
            let rule = error.rule.and_then(|r| plan.parsed.rules.get(r)).map(|r| r.name.clone());
            let written = plan.node(error.node).and_then(|n| Written::of(&plan.parsed.sources, &n.span));
            Shown::Error(Failed { message: error.error.to_string(), rule, written })
        }
    }
}

/// A cell of a parameter's table: `plus.plafond[autres_regions, 3]`.
pub(super) fn cell_name(path: &str, keys: &[Shown]) -> String {
    let keys: Vec<String> = keys.iter().map(plain).collect();
    if keys.is_empty() { path.to_string() } else { format!("{path}[{}]", keys.join(", ")) }
}

/// A value with its unit; if it is not known, the missing cells that would settle it. For the line of a
/// rule.
pub(super) fn in_full(shown: &Shown, unit: Option<&str>) -> String {
    match shown {
        Shown::Unknown(missing) if !missing.is_empty() => {
            format!("inconnu, manque {}", in_words(missing))
        }
        _ => with_unit(shown, unit),
    }
}

/// Missing cells in words, with commas between.
pub fn in_words(missing: &[Missing]) -> String {
    missing.iter().map(Missing::to_string).collect::<Vec<_>>().join(", ")
}

/// A value with its unit; booleans have none.
pub(super) fn with_unit(shown: &Shown, unit: Option<&str>) -> String {
    match (shown, unit) {
        (Shown::Value(v), Some(unit)) if !matches!(v, Value::Bool(_)) => format!("{v} {unit}"),
        _ => plain(shown),
    }
}

/// A value alone, without its unit or the missing cells.
pub fn plain(shown: &Shown) -> String {
    match shown {
        Shown::Value(Value::Bool(true)) => "oui".to_string(),
        Shown::Value(Value::Bool(false)) => "non".to_string(),
        Shown::Value(value) => {
            let text = value.to_string();
            if text.is_empty() { "(vide)".to_string() } else { text }
        }
        Shown::Unknown(_) => "inconnu".to_string(),
        Shown::Error(error) => format!("erreur : {error}"),
    }
}
