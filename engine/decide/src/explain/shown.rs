//! Outcomes, rows and missing cells in the words that people read.

use super::Shown;
use crate::evaluate::Outcome;
use crate::evaluate::possible::{MissingCell, MissingInput};
use logis_data::{Dataset, visible_cell};
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::Plan;

/// Entity and identifier of a row: `demande D0042`; both identifiers for a pair.
pub fn about(plan: &Plan, dataset: &Dataset, entity: EntityId, row: u64) -> String {
    let schema = &plan.parsed.schema;
    let Some(declared) = schema.entities.get(entity) else { return String::new() };
    if let Origin::Pair(a, b) = declared.origin {
        let rows = dataset.tables.get(b).map_or(1, |t| t.rows().max(1) as u64);
        let (first, second) = (about(plan, dataset, a, row / rows), about(plan, dataset, b, row % rows));
        return format!("{first} × {second}");
    }
    let id = dataset.tables.get(entity).and_then(|t| t.ids.get(usize::try_from(row).ok()?));
    format!("{} {}", declared.name, visible_cell(id.map_or("?", AsRef::as_ref)))
}

/// A missing cell: `rfr_n1 (demande D0042)`.
pub fn show_missing(plan: &Plan, dataset: &Dataset, missing: &MissingInput) -> String {
    let schema = &plan.parsed.schema;
    let name = match missing.what {
        MissingCell::Field(field) => schema.fields.get(field).map(|f| f.name.as_str()),
        MissingCell::Relation(relation) => schema
            .entities
            .get(missing.entity)
            .and_then(|e| e.belongs_to.get(relation))
            .map(|r| r.column.as_str()),
        MissingCell::Parameter(id) => {
            if let Some(rule) = plan.parsed.rule_behind(id) {
                let why = rule.outside(plan.date).map_or_else(String::new, |why| why.to_string());
                return format!("règle `{}`, qui {why}", rule.name);
            }
            let path = plan.parsed.parameters.get(id).map_or("?", |p| p.path.as_str());
            return format!("paramètre `{path}`, sans valeur au {}", plan.date);
        }
    };
    let place = about(plan, dataset, missing.entity, missing.row);
    let reason = match missing.what {
        MissingCell::Field(field) => schema.fields.get(field).and_then(|f| f.unlisted.as_deref()),
        MissingCell::Relation(_) | MissingCell::Parameter(_) => None,
    };
    match reason {
        Some(reason) => format!("{} ({place} : {reason})", name.unwrap_or("?")),
        None => format!("{} ({place})", name.unwrap_or("?")),
    }
}

/// An outcome as it is shown.
pub fn show(plan: &Plan, dataset: &Dataset, outcome: &Outcome) -> Shown {
    match outcome {
        Outcome::Known(value) => Shown::Value(value.to_string()),
        Outcome::Unknown(missing) => {
            Shown::Unknown(missing.iter().map(|m| show_missing(plan, dataset, m)).collect())
        }
        Outcome::Error(error) => {
            let rule = error.rule.and_then(|r| plan.parsed.rules.get(r)).map_or("?", |r| r.name.as_str());
            let at = plan.node(error.node).map(|n| plan.parsed.sources.locate(&n.span)).unwrap_or_default();
            Shown::Error(format!("{} (règle `{rule}`, {at})", error.error))
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
        Shown::Unknown(missing) if !missing.is_empty() => format!("inconnu, manque {}", missing.join(", ")),
        _ => with_unit(shown, unit),
    }
}

/// A value with its unit; booleans have none.
pub(super) fn with_unit(shown: &Shown, unit: Option<&str>) -> String {
    match (shown, unit) {
        (Shown::Value(v), Some(unit)) if v != "true" && v != "false" => format!("{v} {unit}"),
        _ => plain(shown),
    }
}

/// A value alone, without its unit or the missing cells.
pub(super) fn plain(shown: &Shown) -> String {
    match shown {
        Shown::Value(v) if v == "true" => "oui".to_string(),
        Shown::Value(v) if v == "false" => "non".to_string(),
        Shown::Value(v) if v.is_empty() => "(vide)".to_string(),
        Shown::Value(v) => v.clone(),
        Shown::Unknown(_) => "inconnu".to_string(),
        Shown::Error(error) => format!("erreur : {error}"),
    }
}
