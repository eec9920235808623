//! Cases of one date that expect the same rules: they are decided together, as rows of one data set.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::rows::{Built, build, input};
use super::values::typed;
use logis_data::{Dataset, Issue};
use logis_decide::evaluate::possible::Possible;
use logis_decide::evaluate::{Context, Evaluator, Outcome, outcome};
use logis_decide::invariants::Invariants;
use logis_language::Pack;
use logis_language::diagnostic::{Diagnostics, PackError, Span, texts};
use logis_language::pack::Parsed;
use logis_language::pack::cases::{Case, InputRow};
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::pack::slips::remarks;
use logis_language::plan::ir::NodeId;
use logis_language::plan::{Apart, Plan};
use logis_language::value::{Date, Exact, Type, Value};

/// What a case expects of a rule.
pub(crate) struct Expected<'p> {
    pub rule: &'p str,
    pub node: NodeId,
    /// `None`: unknown.
    pub value: Option<Value>,
    /// By how much a number may differ.
    pub tolerance: Option<Exact>,
    /// Where the value is written.
    pub span: &'p Span,
}

impl Expected<'_> {
    /// Is this what was expected?
    pub fn holds(&self, found: &Outcome) -> bool {
        match (found, &self.value, &self.tolerance) {
            (Outcome::Known(Value::Number(a)), Some(Value::Number(b)), Some(tolerance)) => {
                logis_language::value::sub(a, b).is_ok_and(|d| d <= *tolerance && -d <= *tolerance)
            }
            (Outcome::Known(found), Some(expected), _) => found == expected,
            (Outcome::Unknown(_), None, _) => true,
            _ => false,
        }
    }
}

/// Cases that are decided together.
pub(crate) struct Group<'p> {
    pub plan: Plan,
    pub cases: Vec<&'p Case>,
    /// By case.
    pub expected: Vec<Vec<Expected<'p>>>,
    built: Built,
    pair: bool,
}

impl<'p> Group<'p> {
    /// Lays out cases for a plan; what does not fit its pack goes to `out`.
    pub fn new(plan: Plan, cases: Vec<&'p Case>, references: &Dataset, out: &mut Diagnostics) -> Group<'p> {
        // All cases of the group stand in one data set, each with rows of its own, so that one plan decides
        // them together.
        let built = build(&plan, references, &cases, out);
        let origin = plan.parsed.schema.entities.get(plan.entity).map(|e| &e.origin);
        let pair = matches!(origin, Some(Origin::Pair(..)));
        let expected = cases.iter().map(|case| expected(&plan, case, out)).collect();
        Group { plan, cases, expected, built, pair }
    }

    /// The invariants at the level of errors that the inputs of cases break: case, name of the invariant, what is
    /// told. A case that expects an outcome of an invariant is about it, and may.
    pub fn impossible(&self, invariants: &Invariants) -> Vec<(usize, String, Issue)> {
        let case = |entity: EntityId, row: usize| self.built.case_of.get(entity)?.get(row).copied();
        let about = |case: usize, name: &str| {
            self.cases.get(case).is_some_and(|c| c.expected.iter().any(|(rule, ..)| rule == name))
        };
        invariants
            .errors(self.dataset(), self.plan.entity)
            .into_iter()
            .filter_map(|(entity, row, name, issue)| Some((case(entity, row)?, name.to_string(), issue)))
            .filter(|(case, name, _)| !about(*case, name))
            .collect()
    }

    /// The rows that the cases are decided on.
    pub fn dataset(&self) -> &Dataset {
        &self.built.dataset
    }

    /// The cases in the hands of a plan: the group's own, or one that differs from it in what it
    /// computes only.
    pub fn context<'c>(&'c self, plan: &'c Plan) -> Context<'c> {
        self.context_on(plan, &self.built.dataset)
    }

    /// [`Group::context`], on rows that differ from the group's own in values or relations only.
    pub fn context_on<'c>(&'c self, plan: &'c Plan, dataset: &'c Dataset) -> Context<'c> {
        let mut context = Context::new(plan, dataset);
        let count = self.cases.len() as u64;
        for (rule, by_case) in &self.built.given {
            let of_pairs = plan.parsed.rules.get(*rule).is_some_and(|r| r.entity == plan.entity) && self.pair;
            let given: Vec<Option<Possible>> = if of_pairs {
                // Only the pairs of a case with itself are decided.
                let case =
                    |row: u64| by_case.get(usize::try_from(row / count.max(1)).ok()?).cloned().flatten();
                // Pairs are numbered row by row: number = case of the first side × cases + case of the
                // second.
                let own = |row: u64| row / count.max(1) == row % count.max(1);
                (0..count * count).map(|row| case(row).filter(|_| own(row))).collect()
            } else {
                by_case.clone()
            };
            context.give(*rule, given);
        }
        context
    }

    /// The row on which a case is decided.
    pub fn row(&self, context: &Context<'_>, case: usize) -> u64 {
        let number = case as u64;
        if self.pair { context.pair_row(number, number) } else { number }
    }

    /// The first expectation of a case that does not hold, if any does not.
    pub fn broken(&self, evaluator: &mut Evaluator<'_, '_>, row: u64, case: usize) -> Option<&Expected<'p>> {
        let expected = self.expected.get(case)?;
        expected.iter().find(|e| !e.holds(&outcome(evaluator, e.node, row)))
    }
}

fn expected<'p>(plan: &Plan, case: &'p Case, out: &mut Diagnostics) -> Vec<Expected<'p>> {
    let mut all = Vec::new();
    for (rule, value, span) in &case.expected {
        let Some((_, node)) = plan.selected.iter().find(|(name, _)| name == rule) else { continue };
        let ty = plan.node(*node).map_or(Type::Bool, |n| n.ty.clone());
        // A tolerance is a distance between numbers: other outcomes have none.
        let tolerance = case.tolerances.iter().find(|(name, _, _)| name == rule);
        if let Some((_, _, at)) = tolerance.filter(|_| ty != Type::Number) {
            out.push(texts::cases::tolerance_of_no_number(rule, &ty, at.clone()));
        }
        match typed(value, &ty) {
            Ok(value) => {
                all.push(Expected { rule, node: *node, value, tolerance: tolerance.map(|t| t.1), span })
            }
            Err(text) => out.push(texts::cases::wrong_type(&text, rule, &ty, span.clone())),
        }
    }
    all
}

/// The cases whose name or file contains `filter` (all, if empty), in groups. `apart`: do equal
/// expressions that are written in two places stay two?
pub(crate) fn groups<'p>(
    pack: &'p Pack,
    references: &Dataset,
    filter: &str,
    apart: Apart,
) -> Result<Vec<Group<'p>>, PackError> {
    let parsed = pack.parsed();
    let mut out = Diagnostics::default();
    let mut by_key: BTreeMap<GroupKey<'_>, Vec<&Case>> = BTreeMap::new();
    for file in parsed.cases()? {
        let path = parsed.sources.get(file.file).map_or("", |f| f.path.as_str());
        for case in &file.cases {
            if !filter.is_empty() && !case.name.contains(filter) && !path.contains(filter) {
                continue;
            }
            let reasons = case.reasons.iter().map(|(rule, ..)| rule.as_str());
            let mut names: Vec<&str> =
                case.expected.iter().map(|(n, ..)| n.as_str()).chain(reasons).collect();
            names.sort_unstable();
            names.dedup();
            // Cases that can share a plan: of one date, that ask for the same names, and read the same tables
            // of the pack.
            if check_case(parsed, case, &mut out) {
                by_key.entry((case.date, names, own_references(parsed, case))).or_default().push(case);
            }
        }
    }
    // Planned side by side; what is wrong comes together in the order of the keys, whichever thread is first.
    let made: Vec<(Option<Group<'p>>, Diagnostics)> = by_key
        .into_par_iter()
        .map(|((date, names, _), cases)| {
            let mut out = Diagnostics::default();
            let group = match Plan::of_cases(parsed, date, &names, apart) {
                Ok(plan) => Some(Group::new(plan, cases, references, &mut out)),
                Err(error) => {
                    let asked = cases.first().map(|c| c.span.clone()).unwrap_or_default();
                    let own = error.diagnostics.into_iter();
                    out.items
                        .extend(own.map(|d| d.with_label(asked.clone(), texts::cases::ASKED_BY_THIS_CASE)));
                    None
                }
            };
            (group, out)
        })
        .collect();
    let mut groups = Vec::with_capacity(made.len());
    for (group, own) in made {
        groups.extend(group);
        out.items.extend(own.items);
    }
    remarks(&mut out, &parsed.sources);
    out.sort();
    if out.has_errors() {
        return Err(PackError { diagnostics: out.items, sources: parsed.sources.clone() });
    }
    Ok(groups)
}

/// What cases of one group have in common: the date, the rules, and [`own_references`].
pub(crate) type GroupKey<'p> = (Date, Vec<&'p str>, Vec<&'p str>);

/// The reference tables of which a case gives a row of its own, which then stands in place of the table.
/// Cases that do and cases that do not are no group: the rows of one would be those of the other.
pub(crate) fn own_references<'p>(parsed: &Parsed, case: &'p Case) -> Vec<&'p str> {
    let gives = |rows: &Vec<InputRow>| rows.iter().any(|row| !row.is_empty());
    let names = case.inputs.iter().filter(|(_, rows)| gives(rows)).map(|(name, _)| name.as_str());
    let reference = |name: &&str| {
        let entity = parsed.schema.entity(name).and_then(|e| parsed.schema.entities.get(e));
        entity.is_some_and(|e| matches!(e.origin, Origin::Reference { .. }))
    };
    names.filter(reference).collect()
}

/// Names in a case must be of the pack, and expected rules of one entity.
fn check_case(parsed: &Parsed, case: &Case, out: &mut Diagnostics) -> bool {
    let errors = out.items.len();
    let schema = &parsed.schema;
    let names = || {
        let fields = schema.fields.iter().map(|f| f.name.as_str());
        fields.chain(parsed.rules.iter().map(|r| r.name.as_str()))
    };
    let expected = case.expected.iter().map(|(name, _, span)| (name, span));
    for (name, span) in expected.chain(case.reasons.iter().map(|(name, _, span)| (name, span))) {
        if parsed.rule(name).is_none() && schema.field(name).is_none() {
            out.push(texts::names::no_field_or_rule(name, names(), span.clone()));
        }
    }
    for (entity, rows) in &case.inputs {
        let Some(id) = schema.entity(entity) else {
            let known = schema.entities.iter().map(|e| e.name.as_str());
            out.push(texts::names::no_entity(entity, known, case.span.clone()));
            continue;
        };
        for (name, (_, span)) in rows.iter().flatten() {
            if input(parsed, id, name).is_none() {
                let home = home(parsed, name);
                out.push(texts::names::not_of_entity(name, entity, home, names(), span.clone()));
            }
        }
    }
    for (_, reasons, span) in &case.reasons {
        for reason in reasons {
            // An explanation names rules, fields and parameters: a reason is one of them.
            let known = parsed.rule(reason).is_some()
                || schema.field(reason).is_some()
                || parsed.parameter(reason).is_some();
            if !known {
                let parameters = parsed.parameters.iter().map(|p| p.path.as_str());
                out.push(texts::names::no_reason(reason, names().chain(parameters), span.clone()));
            }
        }
    }
    out.items.len() == errors
}

/// The entity of a name.
fn home<'p>(parsed: &'p Parsed, name: &str) -> Option<&'p str> {
    let (_, entity) = logis_language::graph::Target::find(parsed, name)?;
    Some(parsed.schema.entities.get(entity)?.name.as_str())
}
