//! Runs the cases of a pack: inputs in, outcomes compared with the expected ones.
//!
//! Cases of one date that expect the same rules are decided together, as rows of one data set. A
//! case may give the outcome of a rule as an input: that rule is then not computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

use crate::Pack;
use crate::data::{Cells, Column, Dataset, NO_ROW, Table};
use crate::diagnostic::{Diagnostic, Diagnostics, PackError, Span, did_you_mean};
use crate::evaluate::possible::{Missing, Possible, Range};
use crate::evaluate::{Context, Evaluator, Outcome, outcome};
use crate::explain::{Explanation, Shown, explain_in, show};
use crate::graph::RuleId;
use crate::pack::Parsed;
use crate::pack::cases::{Case, CaseValue, InputRow};
use crate::pack::schema::{EntityId, FieldKind, Origin, Schema};
use crate::plan::Plan;
use crate::plan::ir::Op;
use crate::value::{Date, Exact, Type, Value, days_between, parse_date, parse_number, power_of_ten};

/// What became of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: String,
    /// What is not as expected; empty if all is.
    pub failures: Vec<Failure>,
}

/// One outcome that is not as expected.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// The parameter cells that it was computed from: path, keys, value, place.
    pub cells: Vec<String>,
    /// How it came about.
    pub explanation: Option<Box<Explanation>>,
}

/// Runs the cases whose name or file contains `filter` (all, if empty). `references` holds the
/// reference tables of the pack, and no other rows.
///
/// # Errors
/// Cases that name what is not in the pack, or that cannot be planned on their date.
pub fn run(pack: &Pack, references: &Dataset, filter: &str) -> Result<Vec<CaseResult>, PackError> {
    let parsed = pack.parsed();
    let mut out = Diagnostics::default();
    let mut groups: BTreeMap<(Date, Vec<&str>), Vec<&Case>> = BTreeMap::new();
    let files = parsed.sources.files();
    for file in &parsed.cases {
        let path = files.get(file.file).map_or("", |f| f.path.as_str());
        for case in &file.cases {
            if !filter.is_empty() && !case.name.contains(filter) && !path.contains(filter) {
                continue;
            }
            let mut names: Vec<&str> = case.expected.iter().map(|(n, _, _)| n.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            if check_case(parsed, case, &mut out) {
                groups.entry((case.date, names)).or_default().push(case);
            }
        }
    }
    let mut results: Vec<(Span, CaseResult)> = Vec::new();
    for ((date, names), cases) in groups {
        let plan = match Plan::new(parsed, date, &names) {
            Ok(plan) => plan,
            Err(error) => {
                out.items.extend(error.diagnostics.into_iter().map(|d| {
                    let case = cases.first().map(|c| c.span.clone()).unwrap_or_default();
                    d.with_label(case, "asked by this case")
                }));
                continue;
            }
        };
        results.extend(run_group(&plan, references, &cases, &mut out));
    }
    out.sort();
    if out.has_errors() {
        return Err(PackError { diagnostics: out.items, sources: parsed.sources.clone() });
    }
    results.sort_by_key(|(span, _)| (span.file, span.range.start));
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Names in a case must be of the pack, and expected rules of one entity.
fn check_case(parsed: &Parsed, case: &Case, out: &mut Diagnostics) -> bool {
    let errors = out.items.len();
    let schema = &parsed.schema;
    let names = || {
        let fields = schema.fields.iter().map(|f| f.name.as_str());
        fields.chain(parsed.rules.iter().map(|r| r.name.as_str()))
    };
    for (name, _, span) in &case.expected {
        if parsed.rule(name).is_none() && schema.field(name).is_none() {
            out.push(Diagnostic::error(
                "L0102",
                format!("`{name}` is neither a field nor a rule"),
                span.clone(),
                did_you_mean(name, names()),
            ));
        }
    }
    for (entity, rows) in &case.inputs {
        let Some(id) = schema.entity(entity) else {
            let hint = did_you_mean(entity, schema.entities.iter().map(|e| e.name.as_str()));
            out.push(Diagnostic::error(
                "L0101",
                format!("there is no entity `{entity}`"),
                case.span.clone(),
                hint,
            ));
            continue;
        };
        for (name, (_, span)) in rows.iter().flatten() {
            if input(parsed, id, name).is_none() {
                out.push(Diagnostic::error(
                    "L0102",
                    format!("`{name}` is neither a field nor a rule of `{entity}`"),
                    span.clone(),
                    did_you_mean(name, names()),
                ));
            }
        }
    }
    out.items.len() == errors
}

/// What a name in a row of a case stands for.
enum Input {
    Field(usize),
    Relation(usize),
    Rule(RuleId),
}

fn input(parsed: &Parsed, entity: EntityId, name: &str) -> Option<Vec<Input>> {
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
    if found.is_empty() {
        let rule = parsed.rule(name).filter(|&r| parsed.rules.get(r).is_some_and(|r| r.entity == entity))?;
        found.push(Input::Rule(rule));
    }
    Some(found)
}

fn run_group(
    plan: &Plan,
    references: &Dataset,
    cases: &[&Case],
    out: &mut Diagnostics,
) -> Vec<(Span, CaseResult)> {
    let parsed = &plan.parsed;
    let schema = &parsed.schema;
    let built = build(plan, references, cases, out);
    let mut context = Context::new(plan, &built.dataset);
    let pair = matches!(schema.entities.get(plan.entity).map(|e| &e.origin), Some(Origin::Pair(..)));
    let count = cases.len() as u64;
    for (rule, by_case) in &built.given {
        let spread: Vec<Option<Possible>> =
            if parsed.rules.get(*rule).is_some_and(|r| r.entity == plan.entity) && pair {
                // Only the pairs of a case with itself are decided.
                (0..count * count)
                    .map(|row| {
                        by_case
                            .get(usize::try_from(row / count.max(1)).ok()?)
                            .cloned()
                            .flatten()
                            .filter(|_| row / count.max(1) == row % count.max(1))
                    })
                    .collect()
            } else {
                by_case.clone()
            };
        context.give(*rule, spread);
    }
    let mut evaluator = Evaluator::new(&context);
    let mut results = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let number = number as u64;
        let row = if pair { context.pair_row(number, number) } else { number };
        let mut failures = Vec::new();
        for (name, expected, span) in &case.expected {
            let Some((_, node)) = plan.selected.iter().find(|(n, _)| n == name) else { continue };
            let ty = plan.node(*node).map_or(Type::Bool, |n| n.ty.clone());
            let expected = match typed(expected, &ty) {
                Ok(expected) => expected,
                Err(text) => {
                    out.push(Diagnostic::error(
                        "L0043",
                        format!("`{text}` is no value of `{name}`"),
                        span.clone(),
                        format!("a {ty} is expected"),
                    ));
                    continue;
                }
            };
            let found = outcome(&mut evaluator, *node, row);
            let as_expected = match (&found, &expected) {
                (Outcome::Known(found), Some(expected)) => found == expected,
                (Outcome::Unknown(_), None) => true,
                _ => false,
            };
            if !as_expected {
                let explanation = explain_in(&context, row).into_iter().find(|e| e.rule == *name);
                failures.push(Failure {
                    rule: name.clone(),
                    expected: expected.map_or_else(|| "inconnu".to_string(), |v| v.to_string()),
                    found: match show(plan, &built.dataset, &found) {
                        Shown::Value(value) => value,
                        Shown::Unknown(missing) => format!("inconnu, manque {}", missing.join(", ")),
                        Shown::Error(error) => format!("erreur : {error}"),
                    },
                    cells: explanation.as_ref().map_or_else(Vec::new, Explanation::cells),
                    explanation: explanation.map(Box::new),
                });
            }
        }
        let result =
            CaseResult { name: case.name.clone(), place: parsed.sources.locate(&case.span), failures };
        results.push((case.span.clone(), result));
    }
    results
}

/// The rows of a group of cases: case `i` is row `i` of its entity, and of those it belongs to.
struct Built {
    dataset: Dataset,
    given: Vec<(RuleId, Vec<Option<Possible>>)>,
}

fn build(plan: &Plan, references: &Dataset, cases: &[&Case], out: &mut Diagnostics) -> Built {
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
    let mut dataset = Dataset::default();
    let mut given: BTreeMap<RuleId, Vec<Option<Possible>>> = BTreeMap::new();
    for (id, entity) in schema.entities.iter().enumerate() {
        let own = rows.get(id).map_or(&[][..], Vec::as_slice);
        if matches!(entity.origin, Origin::Reference { .. }) && !own.iter().any(|(_, row)| !row.is_empty()) {
            dataset.tables.push(references.tables.get(id).cloned().unwrap_or_default());
            continue;
        }
        let mut columns: Vec<Vec<Option<Value>>> = vec![vec![None; own.len()]; entity.fields.len()];
        let mut links = vec![vec![NO_ROW; own.len()]; entity.belongs_to.len()];
        for (row, (number, inputs)) in own.iter().enumerate() {
            for (relation, link) in entity.belongs_to.iter().enumerate() {
                let parents = rows.get(link.target).map_or(&[][..], Vec::as_slice);
                let reference = matches!(
                    schema.entities.get(link.target).map(|e| &e.origin),
                    Some(Origin::Reference { .. })
                );
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
                                Err(text) => out.push(Diagnostic::error(
                                    "L0043",
                                    format!("`{text}` is no value of `{name}`"),
                                    span.clone(),
                                    format!("a {ty} is expected"),
                                )),
                            }
                        }
                        Input::Relation(relation) => {
                            let target = entity.belongs_to.get(relation).map(|r| r.target);
                            let key = match value {
                                CaseValue::Typed(value) => value.to_string(),
                                CaseValue::Text(text) => text.clone(),
                                CaseValue::Unknown => continue,
                            };
                            let found =
                                target.and_then(|t| references.tables.get(t)).and_then(|t| t.row(&key));
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
                                Err(text) => out.push(Diagnostic::error(
                                    "L0043",
                                    format!("`{text}` is no value of `{name}`"),
                                    span.clone(),
                                    format!("a {ty} is expected"),
                                )),
                            }
                        }
                    }
                }
            }
        }
        let fields = entity.fields.iter().filter_map(|&f| schema.fields.get(f));
        let columns = fields.zip(columns).map(|(f, values)| Some(column(&f.kind, &values))).collect();
        let ids = own.iter().map(|(n, _)| Arc::from(format!("{}", n + 1))).collect();
        dataset.tables.push(Table {
            present: true,
            ids,
            columns,
            links: links.into_iter().map(Into::into).collect(),
        });
    }
    Built { dataset, given: given.into_iter().collect() }
}

/// Does `entity` belong to `above`, directly or through others?
fn is_above(schema: &Schema, entity: EntityId, above: EntityId, depth: usize) -> bool {
    depth < schema.entities.len()
        && schema
            .parents(entity)
            .iter()
            .any(|&p| p == above || (p != entity && is_above(schema, p, above, depth + 1)))
}

/// Anything of that type.
fn open(ty: &Type) -> Possible {
    match ty {
        Type::Bool => Possible::open_bool(Missing::default()),
        Type::Text(Some(values)) => {
            let mut values: Vec<Value> = values.iter().cloned().map(Value::Text).collect();
            values.sort();
            Possible::Open(Range::OneOf(values.into()), Missing::default())
        }
        _ => Possible::Open(Range::Any, Missing::default()),
    }
}

/// The value of a case as a value of that type; `None` for unknown; the text if it is none.
fn typed(value: &CaseValue, ty: &Type) -> Result<Option<Value>, String> {
    let value = match value {
        CaseValue::Unknown => return Ok(None),
        CaseValue::Typed(value) => match (value, ty) {
            (Value::Text(text), Type::List(_)) => codes(text),
            (Value::Text(text), Type::Number) => {
                parse_number(text).map(Value::Number).ok_or_else(|| text.to_string())?
            }
            (value, _) => value.clone(),
        },
        CaseValue::Text(text) => match ty {
            Type::Bool => Value::Bool(match text.as_str() {
                "true" | "vrai" | "oui" => true,
                "false" | "faux" | "non" => false,
                _ => return Err(text.clone()),
            }),
            Type::Number => Value::Number(parse_number(text).ok_or_else(|| text.clone())?),
            Type::Date => Value::Date(parse_date(text).ok_or_else(|| text.clone())?),
            Type::Text(_) => Value::text(text),
            Type::List(_) => codes(text),
        },
    };
    let fits = match (&value, ty) {
        (Value::Text(text), Type::Text(Some(values))) => values.contains(text),
        (Value::List(items), Type::List(_)) if items.is_empty() => true,
        _ => value.value_type().matches(ty),
    };
    if fits { Ok(Some(value)) } else { Err(value.to_string()) }
}

fn codes(text: &str) -> Value {
    Value::List(text.split_whitespace().map(Value::text).collect())
}

/// A column of these values.
fn column(kind: &FieldKind, values: &[Option<Value>]) -> Column {
    let mut dictionary: Vec<Arc<str>> = Vec::new();
    let mut code = |text: &Arc<str>| -> u32 {
        let at = dictionary.iter().position(|t| t == text).unwrap_or_else(|| {
            dictionary.push(text.clone());
            dictionary.len() - 1
        });
        u32::try_from(at).unwrap_or(0)
    };
    let epoch = Date::constant(1970, 1, 1);
    let cells = match kind {
        FieldKind::Boolean => {
            Cells::Bool(BooleanBuffer::from_iter(values.iter().map(|v| *v == Some(Value::Bool(true)))))
        }
        FieldKind::Number { .. } => {
            // Cases may write more decimals than data: nine are kept.
            let unit = Exact::from_integer(power_of_ten(9).unwrap_or(1));
            let units = values.iter().map(|v| match v {
                Some(Value::Number(n)) => i64::try_from((n * unit).to_integer()).unwrap_or(i64::MAX),
                _ => 0,
            });
            Cells::Number { units: units.collect(), decimals: 9 }
        }
        FieldKind::Date => Cells::Date(
            values
                .iter()
                .map(|v| match v {
                    Some(Value::Date(d)) => i32::try_from(days_between(epoch, *d)).unwrap_or(0),
                    _ => 0,
                })
                .collect(),
        ),
        FieldKind::Text | FieldKind::Enum(_) => {
            let codes: ScalarBuffer<u32> = values
                .iter()
                .map(|v| match v {
                    Some(Value::Text(text)) => code(text),
                    _ => 0,
                })
                .collect();
            Cells::Text { codes, dictionary: dictionary.into() }
        }
        FieldKind::Codes => {
            let mut offsets = vec![0_u32];
            let mut all = Vec::new();
            for value in values {
                if let Some(Value::List(items)) = value {
                    for item in items.iter() {
                        if let Value::Text(text) = item {
                            all.push(code(text));
                        }
                    }
                }
                offsets.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
            }
            Cells::Codes { offsets: offsets.into(), codes: all.into(), dictionary: dictionary.into() }
        }
    };
    Column::new(cells, Some(NullBuffer::from_iter(values.iter().map(Option::is_some))))
}
