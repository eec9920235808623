//! The nearest value of each single input that turns a decision.

use serde::Serialize;

use super::search::{BUDGET, Search, Verdict, day, verdict};
use crate::evaluate::possible::{Missing, MissingCell, MissingInput, Possible};
use crate::evaluate::{Context, Evaluator};
use crate::explain::{RowName, Words, row_name};
use logis_data::Dataset;
use logis_language::exchange::typed;
use logis_language::pack::schema::{Field, FieldId, FieldKind, Origin};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Exact, Value, day_number, power_of_ten};

/// Numbers without a declared range are tried from 0 up to this, in units of the field.
const FURTHEST: i64 = 10_000_000;

/// Days tried before and after a date: 120 years.
const DAYS: i64 = 120 * 366;

/// One change of one input that turns a decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What people call it.
    pub label: String,
    /// The row that holds it.
    pub about: RowName,
    /// Its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it is.
    #[serde(serialize_with = "typed")]
    pub from: Value,
    /// The nearest value that turns the decision.
    #[serde(serialize_with = "typed")]
    pub to: Value,
    /// The field and its row, for programs in this one.
    #[serde(skip)]
    pub cell: (FieldId, u64),
}

/// What would turn a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counterfactual {
    /// One for each input that can, in the order in which the rule reads them.
    pub changes: Vec<Change>,
    /// Inputs for which the search was given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
}

impl Change {
    /// `Revenu fiscal de référence (demande D0042) : 20 123 € par an au lieu de 25 000 € par an`; without the row if it
    /// is `of`, of which all else speaks.
    pub fn to_words(&self, words: &Words<'_>, of: Option<&RowName>) -> String {
        let value = |value: &Value| words.value(value, self.unit.as_deref());
        let about = if of == Some(&self.about) { String::new() } else { format!(" ({})", self.about) };
        format!("{}{about} : {} au lieu de {}", words.label(&self.field), value(&self.to), value(&self.from))
    }
}

impl Counterfactual {
    /// As French text, a line each; empty if nothing turns the decision.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            let unit = change.unit.as_ref().map_or_else(String::new, |u| format!(" {u}"));
            let french = |value: &Value| match value {
                Value::Bool(true) => "oui".to_string(),
                Value::Bool(false) => "non".to_string(),
                other => format!("{other}{unit}"),
            };
            let (field, label, about) = (&change.field, &change.label, &change.about);
            let (from, to) = (french(&change.from), french(&change.to));
            out.push_str(&format!("   {field} : {to} au lieu de {from} — {label} [{about}]\n"));
        }
        for field in &self.open {
            out.push_str(&format!("   {field} : recherche abandonnée, trop de cas\n"));
        }
        out
    }

    /// For whoever knows no names of the pack: a section with its title; empty if nothing turns the decision.
    pub fn to_words(&self, words: &Words<'_>) -> String {
        let mut out = String::new();
        for change in &self.changes {
            out.push_str(&format!("   {}\n", change.to_words(words, None)));
        }
        if !self.open.is_empty() {
            out.push_str("   Pour d'autres données, la recherche a été abandonnée : trop de cas.\n");
        }
        match out.is_empty() {
            true => out,
            false => format!("Ce qui changerait la réponse, une seule donnée à la fois :\n{out}"),
        }
    }
}

/// What would make a boolean rule of the plan come out the other way for a row: for each number,
/// date and boolean that it reads from the data, the nearest value that does, all else being equal.
///
/// Nothing, for an outcome that is no known boolean.
pub fn counterfactual(plan: &Plan, dataset: &Dataset, node: NodeId, row: u64) -> Counterfactual {
    let mut context = Context::new(plan, dataset);
    let Ok(Possible::Known(Value::Bool(present))) = Evaluator::new(&context).outcome(node, row) else {
        return Counterfactual::default();
    };
    let mut result = Counterfactual::default();
    for (reader, field, at) in cells(&context, node, row) {
        let Some(declared) = plan.parsed.schema.fields.get(field) else { continue };
        let Some(from) = Evaluator::new(&context).eval(reader, at).ok().and_then(|v| v.known().cloned())
        else {
            continue;
        };
        // While a range is supposed, the cell counts as missing: the outcome is open because of it.
        let missing = MissingInput { entity: declared.entity, row: at, what: MissingCell::Field(field) };
        let missing = Missing::new([missing].into());
        let mut turns = |value: Possible| {
            context.suppose(reader, at, value);
            verdict(&context, node, row, present)
        };
        match nearest_value(declared, &from, &missing, &mut turns) {
            Found::None => {}
            Found::GivenUp => result.open.push(declared.name.clone()),
            Found::Value(to) => result.changes.push(Change {
                field: declared.name.clone(),
                label: declared.label.clone(),
                about: row_name(plan, dataset, declared.entity, at),
                unit: declared.unit.clone(),
                from,
                to,
                cell: (field, at),
            }),
        }
        context.suppose_nothing();
    }
    result
}

/// What the search of one input found.
enum Found {
    Value(Value),
    None,
    GivenUp,
}

/// The numbers, dates and booleans of the data that a node reads for a row, in the order of reading.
fn cells(context: &Context<'_>, node: NodeId, row: u64) -> Vec<(NodeId, FieldId, u64)> {
    let schema = &context.plan.parsed.schema;
    let mut seen = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    // Depth first; inputs go onto the stack in reverse, so that the first is looked at first.
    let mut stack = vec![(node, row)];
    while let Some((node, row)) = stack.pop() {
        if !seen.insert((node, row)) {
            continue;
        }
        let Some(op) = context.plan.node(node).map(|n| &n.op) else { continue };
        match op {
            Op::Field(field) => {
                let Some(declared) = schema.fields.get(*field) else { continue };
                let data = schema.entities.get(declared.entity).map(|e| &e.origin);
                let kind =
                    matches!(declared.kind, FieldKind::Number { .. } | FieldKind::Date | FieldKind::Boolean);
                if kind && matches!(data, Some(Origin::Data { .. })) {
                    found.push((node, *field, row));
                }
            }
            Op::Up(step, inner) => stack.extend(context.step(*step, row).ok().map(|parent| (*inner, parent))),
            Op::Members(_, _, inner) => {
                stack.extend(context.members(node, row).iter().rev().map(|&m| (*inner, u64::from(m))))
            }
            other => stack.extend(other.inputs().into_iter().rev().map(|input| (input, row))),
        }
    }
    found
}

/// The value nearest to `from` that turns the decision; of two as near, the smaller.
fn nearest_value(
    field: &Field,
    from: &Value,
    missing: &Missing,
    turns: &mut impl FnMut(Possible) -> Verdict,
) -> Found {
    match (from, &field.kind) {
        (Value::Bool(value), _) => {
            let other = Value::Bool(!value);
            match turns(Possible::Known(other.clone())) {
                Verdict::All => Found::Value(other),
                _ => Found::None,
            }
        }
        (Value::Number(number), FieldKind::Number { decimals, .. }) => {
            let Some(unit) = power_of_ten(*decimals) else { return Found::None };
            // The search is over whole counts of the field's last decimal.
            let steps = |n: &Exact| i64::try_from((n * unit).to_integer()).ok();
            let (low, high) = match &field.range {
                Some((low, high)) => (steps(low), steps(high)),
                None => (Some(0), FURTHEST.checked_mul(i64::try_from(unit).unwrap_or(1))),
            };
            let (Some(present), Some(low), Some(high)) = (steps(number), low, high) else {
                return Found::None;
            };
            let value = |n: i64| Some(Value::Number(Exact::new(i128::from(n), unit)));
            nearest(present, low, high, missing, &value, turns)
        }
        (Value::Date(date), _) => {
            let present = day_number(*date);
            nearest(present, present - DAYS, present + DAYS, missing, &day, turns)
        }
        _ => Found::None,
    }
}

/// The number of `low..=high` nearest to `present` that turns the decision, as a value; of two as near,
/// the smaller. `value` gives the value of a number.
fn nearest(
    present: i64,
    low: i64,
    high: i64,
    missing: &Missing,
    value: &dyn Fn(i64) -> Option<Value>,
    turns: &mut impl FnMut(Possible) -> Verdict,
) -> Found {
    let mut search = Search { missing, value, turns, left: BUDGET };
    let above = search.first(present.saturating_add(1), high, true);
    // Only what is at least as near is of use on the other side.
    let reach = above
        .as_ref()
        .ok()
        .copied()
        .flatten()
        .map_or(low, |up| low.max(present.saturating_mul(2).saturating_sub(up)));
    search.left = BUDGET;
    let below = search.first(reach, present.saturating_sub(1), false);
    match (below, above) {
        // What is found below is at least as near as what is above.
        (Ok(Some(at)), _) | (Ok(None), Ok(Some(at))) => value(at).map_or(Found::None, Found::Value),
        (Ok(None), Ok(None)) => Found::None,
        _ => Found::GivenUp,
    }
}
