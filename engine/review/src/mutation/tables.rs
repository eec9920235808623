//! The mutants of what is no expression: cells, rows and dated values of parameters, dated texts of
//! rules, rows of reference tables.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Zero};

use super::edit::{Edit, Kind, Mutant};
use logis_data::{Dataset, NO_ROW, Table};
use logis_language::pack::Parsed;
use logis_language::pack::params::{Cell, Parameter, ParameterId, ParameterVersion, show_keys};
use logis_language::pack::schema::{EntityId, FieldId, Origin};
use logis_language::value::{Exact, Type, Value, add_days, finite_decimals, power_of_ten};

/// Each row of a reference table that has no more rows than this is left out once. Of a longer one (the
/// communes of the country) only rows that a case names are: the others are data, not law.
const SHORT_TABLE: usize = 100;

/// The mutants of parameters, in the order in which these are declared.
pub(super) fn of_parameters(parsed: &Parsed) -> Vec<Mutant> {
    let mut all = Vec::new();
    for (id, parameter) in parsed.parameters.iter().enumerate() {
        for (number, version) in parameter.versions.iter().enumerate() {
            all.extend(cells(id, parameter, number, version));
            all.extend(rows(id, parameter, number, version));
            all.extend(value(id, parameter, number, version));
        }
    }
    all
}

/// The mutants of the cells of one version of a parameter: each number one unit less and one more, in the
/// last decimal that any cell of the version has.
fn cells(id: ParameterId, parameter: &Parameter, number: usize, version: &ParameterVersion) -> Vec<Mutant> {
    // A table in euros with one cell in cents is written in cents.
    let finest = version.cells.values().filter_map(|c| decimals(&c.value)).max();
    let texts: BTreeSet<&Value> = version.cells.values().map(|c| &c.value).collect();
    let mut all = Vec::new();
    // A text becomes another text of the same table.
    for (keys, cell) in &version.cells {
        let values = match &cell.value {
            Value::Text(_) => {
                texts.iter().find(|t| **t != &cell.value).map(|t| (*t).clone()).into_iter().collect()
            }
            value => neighbours(value, decimals(value).and(finest)),
        };
        for value in values {
            let shown = if keys.is_empty() { String::new() } else { format!("{} ", show_keys(keys)) };
            all.push(Mutant {
                name: parameter.path.clone(),
                from: Some(version.from),
                span: cell.span.clone(),
                kind: Kind::Cell,
                change: format!("{shown}{} → {value}", cell.value),
                edit: Edit::Cells {
                    parameter: id,
                    version: number,
                    cells: vec![(keys.clone(), Some(value))],
                },
            });
        }
    }
    all
}

/// The mutants of the rows of a table of several keys; a row is the cells under all keys but the last, and
/// is left out. In a table of one key a row is a cell, and changing the cell is the harder test.
fn rows(id: ParameterId, parameter: &Parameter, number: usize, version: &ParameterVersion) -> Vec<Mutant> {
    let mut rows: BTreeMap<&[Value], Vec<(&Vec<Value>, &Cell)>> = BTreeMap::new();
    for (keys, cell) in &version.cells {
        if let Some((_, row)) = keys.split_last().filter(|(_, row)| !row.is_empty()) {
            rows.entry(row).or_default().push((keys, cell));
        }
    }
    let mutants = rows.into_iter().map(|(row, cells)| Mutant {
        name: parameter.path.clone(),
        from: Some(version.from),
        span: cells.first().map_or(&version.span, |(_, cell)| &cell.span).clone(),
        kind: Kind::Row,
        change: format!("ligne {} → ôtée", show_keys(row)),
        edit: Edit::Cells {
            parameter: id,
            version: number,
            cells: cells.into_iter().map(|(keys, _)| (keys.clone(), None)).collect(),
        },
    });
    mutants.collect()
}

/// The mutant without a dated value, if the one before would go on in its place and has other cells.
fn value(
    id: ParameterId,
    parameter: &Parameter,
    number: usize,
    version: &ParameterVersion,
) -> Option<Mutant> {
    let before = parameter.versions.get(number.checked_sub(1)?)?;
    let of =
        |v: &ParameterVersion| v.cells.iter().map(|(k, c)| (k.clone(), c.value.clone())).collect::<Vec<_>>();
    // A version that ended by itself does not go on, and one with equal cells changes nothing.
    if before.until.is_some() || of(before) == of(version) {
        return None;
    }
    Some(Mutant {
        name: parameter.path.clone(),
        from: Some(version.from),
        span: version.span.clone(),
        kind: Kind::Value,
        change: format!("valeur du {} → ôtée, celle du {} vaut", version.from, before.from),
        edit: Edit::Value { parameter: id, version: number },
    })
}

/// The mutants without a dated text of a rule, so that the text before it goes on.
pub(super) fn of_texts(parsed: &Parsed) -> Vec<Mutant> {
    let mut all = Vec::new();
    for (rule, texts) in parsed.rules.iter().enumerate() {
        for (number, pair) in texts.texts.windows(2).enumerate() {
            let [before, text] = pair else { continue };
            let Some(from) = text.from else { continue };
            let since = before.from.map_or_else(|| "d'origine".to_string(), |day| format!("du {day}"));
            all.push(Mutant {
                name: texts.name.clone(),
                from: text.from,
                span: text.span.clone(),
                kind: Kind::Version,
                change: format!("texte du {from} → ôté, celui {since} vaut"),
                edit: Edit::Version { rule, text: number + 1 },
            });
        }
    }
    all
}

/// The mutants of reference tables: of short ones, without a row, or with another value in a cell of a
/// closed list; of long ones, without a row in `used`.
pub(super) fn of_references(
    parsed: &Parsed,
    references: &Dataset,
    used: &BTreeSet<(EntityId, u32)>,
) -> Vec<Mutant> {
    let mut all = Vec::new();
    for (entity, declared) in parsed.schema.entities.iter().enumerate() {
        let Some(table) = references.tables.get(entity) else { continue };
        if !matches!(declared.origin, Origin::Reference { .. }) {
            continue;
        }
        // A short table is law (zones, categories), a long one data (the communes).
        let short = table.ids.len() <= SHORT_TABLE;
        let mutant = |row: u32, change: String, cell: Option<(usize, Value)>| Mutant {
            name: declared.name.clone(),
            from: None,
            span: declared.span.clone(),
            kind: Kind::Reference,
            change,
            edit: Edit::Reference { entity, row, cell },
        };
        for (row, key) in (0..NO_ROW).zip(table.ids.texts()) {
            if short || used.contains(&(entity, row)) {
                all.push(mutant(row, format!("ligne {key} → ôtée"), None));
            }
            let fields = declared.fields.iter().enumerate().filter(|_| short);
            for (place, field) in fields {
                let Some((field, value)) = other_value(parsed, table, *field, place, row) else { continue };
                let change = format!("ligne {key}, {field} → {value}");
                all.push(mutant(row, change, Some((place, value))));
            }
        }
    }
    all
}

/// The field and value of a cell of a closed list, as in `statut_quartier quartier_prioritaire`, and another
/// value for it: the next of the list.
fn other_value(
    parsed: &Parsed,
    table: &Table,
    field: FieldId,
    place: usize,
    row: u32,
) -> Option<(String, Value)> {
    let field = parsed.schema.fields.get(field)?;
    let value = table.columns.get(place)?.as_ref()?.get(usize::try_from(row).ok()?)?;
    let other = match (field.value_type(), &value) {
        (Type::Bool, Value::Bool(truth)) => Value::Bool(!truth),
        (Type::Text(Some(values)), Value::Text(text)) => {
            let at = values.iter().position(|v| v == text)?;
            // The first after the last.
            let next = values.get(at + 1).or_else(|| values.first()).filter(|next| *next != text)?;
            Value::Text(next.clone())
        }
        _ => return None,
    };
    Some((format!("{} {value}", field.name), other))
}

/// How many decimals a number has; `None` if they never end, and for other values.
pub(super) fn decimals(value: &Value) -> Option<u32> {
    match value {
        Value::Number(n) => finite_decimals(*n.denom()),
        _ => None,
    }
}

/// The values next to one: a number one unit less and more (in the last of `decimals`, or without them one
/// over its denominator), the day before and after, the other truth. A text has none.
pub(super) fn neighbours(value: &Value, decimals: Option<u32>) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![Value::Bool(!value)],
        Value::Number(n) => {
            let unit = match decimals {
                Some(decimals) => power_of_ten(decimals).map(|ten| Exact::new(One::one(), ten)),
                None if n.denom().is_zero() => None,
                None => Some(Exact::new(One::one(), *n.denom())),
            };
            let around = |unit: Exact| [n - unit, n + unit].map(Value::Number).to_vec();
            unit.map_or_else(Vec::new, around)
        }
        Value::Date(day) => [-1, 1].iter().filter_map(|d| add_days(*day, *d)).map(Value::Date).collect(),
        Value::Text(_) | Value::List(_) => Vec::new(),
    }
}
