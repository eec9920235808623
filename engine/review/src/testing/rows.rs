//! The inputs of cases as rows of a data set: a field that a case leaves out is as an absent column is to `logis eval`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::values::{column, open, typed};
use logis_data::{Dataset, NO_ROW, Table};
use logis_decide::evaluate::possible::Possible;
use logis_language::diagnostic::{Diagnostics, texts};
use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::pack::cases::{Case, CaseValue, InputRow};
use logis_language::pack::schema::{EntityId, OTHERS, Origin, Schema};
use logis_language::plan::Plan;
use logis_language::plan::ir::Op;
use logis_language::value::{Type, Value};

/// The rows of a group of cases: case `i` is row `i` of its entity, and of those it belongs to.
pub(super) struct Built {
    pub dataset: Dataset,
    /// By entity and row: the number of its case.
    pub case_of: Vec<Vec<usize>>,
    pub given: Vec<(RuleId, Vec<Option<Possible>>)>,
}

pub(super) fn build(plan: &Plan, references: &Dataset, cases: &[&Case], out: &mut Diagnostics) -> Built {
    let parsed = &plan.parsed;
    let schema = &parsed.schema;
    let mut rows: Vec<Vec<(usize, &InputRow)>> = Vec::new();
    let empty = InputRow::new();
    for (id, entity) in schema.entities.iter().enumerate() {
        let mut all = Vec::new();
        let wanted = id == plan.entity || is_above(schema, plan.entity, id, 0);
        for (number, case) in cases.iter().enumerate() {
            match case.inputs.get(&entity.name) {
                Some(inputs) => all.extend(inputs.iter().map(|row| (number, row))),
                // Every case has a row of its entity and of those above, even if nothing is said of it.
                None if wanted => all.push((number, &empty)),
                None => {}
            }
        }
        rows.push(all);
    }
    // Table by table: the rows of all cases one after the other, each linked to the parent of its own case.
    let mut dataset = Dataset::default();
    let mut given: BTreeMap<RuleId, Vec<Option<Possible>>> = BTreeMap::new();
    for (id, entity) in schema.entities.iter().enumerate() {
        let own = rows.get(id).map_or(&[][..], Vec::as_slice);
        // What a case decides for is its own row, known or not, never one of the table.
        let reference = matches!(entity.origin, Origin::Reference { .. }) && id != plan.entity;
        if reference && !own.iter().any(|(_, row)| !row.is_empty()) {
            dataset.tables.push(references.tables.get(id).cloned().unwrap_or_default());
            continue;
        }
        // What a case does not say is as a column that the data do not have: unknown, or what an empty cell is.
        let untold = |field: &usize| schema.fields.get(*field).and_then(|field| field.empty());
        let mut columns: Vec<Vec<Option<Value>>> =
            entity.fields.iter().map(|field| vec![untold(field); own.len()]).collect();
        let mut links = vec![vec![NO_ROW; own.len()]; entity.belongs_to.len()];
        for (row, (number, inputs)) in own.iter().enumerate() {
            for (relation, link) in entity.belongs_to.iter().enumerate() {
                let parents = rows.get(link.target).map_or(&[][..], Vec::as_slice);
                let reference = matches!(
                    schema.entities.get(link.target).map(|e| &e.origin),
                    Some(Origin::Reference { .. })
                );
                // Of a reference table the case's own row only, if it gives one; otherwise the link is found
                // by its code, below.
                let parent = parents.iter().position(|(n, r)| n == number && (!reference || !r.is_empty()));
                if let (Some(parent), Some(slot)) =
                    (parent, links.get_mut(relation).and_then(|l| l.get_mut(row)))
                {
                    *slot = u32::try_from(parent).unwrap_or(NO_ROW);
                }
            }
            for (name, (value, span)) in inputs.iter() {
                for input in input(parsed, id, name).into_iter().flatten() {
                    match input {
                        Input::Field(place) => {
                            let field = entity.fields.get(place).and_then(|&f| schema.fields.get(f));
                            let ty = field.map_or(Type::Bool, |f| f.value_type());
                            match typed(value, &ty) {
                                Ok(value) => {
                                    if let Some(slot) = columns.get_mut(place).and_then(|c| c.get_mut(row)) {
                                        *slot = value;
                                    }
                                }
                                Err(text) => {
                                    out.push(texts::cases::wrong_type(&text, name, &ty, span.clone()))
                                }
                            }
                        }
                        Input::Relation(relation) => {
                            let target = entity.belongs_to.get(relation).map(|r| r.target);
                            let key = match value {
                                CaseValue::Typed(value) => value.to_string(),
                                CaseValue::Text(text) => text.clone(),
                                CaseValue::Unknown => continue,
                            };
                            let found = target
                                .and_then(|t| references.tables.get(t))
                                .and_then(|t| t.row(&key).or_else(|| t.row(OTHERS)));
                            if let (Some(found), Some(slot)) =
                                (found, links.get_mut(relation).and_then(|l| l.get_mut(row)))
                                && *slot == NO_ROW
                            {
                                *slot = u32::try_from(found).unwrap_or(NO_ROW);
                            }
                        }
                        Input::Rule(rule) => {
                            let ty = plan
                                .nodes
                                .iter()
                                .find(|n| matches!(n.op, Op::Rule(r, _) if r == rule))
                                .map(|n| n.ty.clone());
                            // A rule that the plan does not need may be given all the same.
                            let Some(ty) = ty else { continue };
                            match typed(value, &ty) {
                                Ok(value) => {
                                    let values = given
                                        .entry(rule)
                                        .or_insert_with(|| vec![None; own.len().max(cases.len())]);
                                    if let Some(slot) = values.get_mut(row) {
                                        *slot = Some(value.map_or_else(|| open(&ty), Possible::Known));
                                    }
                                }
                                Err(text) => {
                                    out.push(texts::cases::wrong_type(&text, name, &ty, span.clone()))
                                }
                            }
                        }
                    }
                }
            }
        }
        place(parsed, references, id, cases, own, &mut columns, &mut links);
        let fields = entity.fields.iter().filter_map(|&f| schema.fields.get(f));
        // Of pairs, only those of a case with itself are decided.
        let pair = matches!(entity.origin, Origin::Pair(..));
        let spread = |values: Vec<Option<Value>>| match pair {
            false => values,
            true => {
                // The table of pairs has a row for each pair of all cases; all but the diagonal stay empty.
                let mut all = vec![None; if own.is_empty() { 0 } else { cases.len() * cases.len() }];
                for ((number, _), value) in own.iter().zip(values) {
                    if let Some(slot) = all.get_mut(number * cases.len() + number) {
                        *slot = value;
                    }
                }
                all
            }
        };
        let columns = fields.zip(columns).map(|(f, values)| Some(column(&f.kind, &spread(values)))).collect();
        let ids = own.iter().map(|(n, _)| Arc::from(format!("{}", n + 1))).collect();
        dataset.tables.push(Table {
            present: true,
            ids,
            columns,
            links: links.into_iter().map(Into::into).collect(),
            ..Table::default()
        });
    }
    let case_of = rows.into_iter().map(|own| own.into_iter().map(|(number, _)| number).collect()).collect();
    Built { dataset, case_of, given: given.into_iter().collect() }
}

/// A case that stands in the folder of a territory is decided there: a row that says nothing of where it is belongs to
/// the first row of the table of that territory, and a field that names a territory names it.
fn place(
    parsed: &Parsed,
    references: &Dataset,
    id: EntityId,
    cases: &[&Case],
    own: &[(usize, &InputRow)],
    columns: &mut [Vec<Option<Value>>],
    links: &mut [Vec<u32>],
) {
    let territories = &parsed.territories;
    let Some(entity) = parsed.schema.entities.get(id) else { return };
    for (row, (number, inputs)) in own.iter().enumerate() {
        let of = cases.get(*number).and_then(|case| territories.of_file(&parsed.sources, case.span.file));
        let Some(of) = of.and_then(|of| territories.all.get(of)) else { continue };
        let here = Value::Text(of.name.clone());
        for (column, field) in columns.iter_mut().zip(&entity.fields) {
            let own_level = territories.levels.get(of.level).and_then(|level| level.field);
            let names = territories.named.contains(field)
                || own_level == Some(*field)
                || territories.field == Some(*field);
            let name = parsed.schema.fields.get(*field).map_or("", |f| f.name.as_str());
            if let Some(slot) = column.get_mut(row).filter(|_| names && !inputs.contains_key(name)) {
                *slot = Some(here.clone());
            }
        }
        let Some(table) = territories.table else { continue };
        for (relation, links) in entity.belongs_to.iter().zip(links.iter_mut()) {
            if relation.target == table
                && !inputs.contains_key(&relation.column)
                && let Some(slot) = links.get_mut(row).filter(|slot| **slot == NO_ROW)
            {
                *slot = first_of(parsed, references, table, &here).unwrap_or(NO_ROW);
            }
        }
    }
}

/// The first row of the table of territories that is of one.
fn first_of(parsed: &Parsed, references: &Dataset, table: EntityId, territory: &Value) -> Option<u32> {
    let place = parsed
        .schema
        .entities
        .get(table)?
        .fields
        .iter()
        .position(|f| Some(*f) == parsed.territories.field)?;
    let rows = references.tables.get(table)?;
    let column = rows.columns.get(place)?.as_ref()?;
    let row = (0..rows.rows()).find(|row| column.get(*row).as_ref() == Some(territory))?;
    u32::try_from(row).ok()
}

/// What a name in a row of a case stands for.
pub(super) enum Input {
    Field(usize),
    Relation(usize),
    Rule(RuleId),
}

pub(super) fn input(parsed: &Parsed, entity: EntityId, name: &str) -> Option<Vec<Input>> {
    let schema = &parsed.schema;
    let declared = schema.entities.get(entity)?;
    let mut found = Vec::new();
    for (place, &field) in declared.fields.iter().enumerate() {
        let field = schema.fields.get(field)?;
        if field.name == name || field.column == name {
            found.push(Input::Field(place));
        }
    }
    found.extend(
        declared
            .belongs_to
            .iter()
            .enumerate()
            .filter(|(_, r)| r.column == name)
            .map(|(i, _)| Input::Relation(i)),
    );
    // A name of the data comes before a rule of that name, as in the wiring of rules.
    if found.is_empty() {
        let rule = parsed.rule(name).filter(|&r| parsed.rules.get(r).is_some_and(|r| r.entity == entity))?;
        found.push(Input::Rule(rule));
    }
    Some(found)
}

/// Does `entity` belong to `above`, directly or through others?
fn is_above(schema: &Schema, entity: EntityId, above: EntityId, depth: usize) -> bool {
    depth < schema.entities.len()
        && schema
            .parents(entity)
            .iter()
            .any(|&p| p == above || (p != entity && is_above(schema, p, above, depth + 1)))
}
