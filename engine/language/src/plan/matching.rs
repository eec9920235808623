//! Checks what `[matching]` of `pack.toml` names: that it is there, of the right entity and type.

use std::collections::BTreeMap;

use super::lower::Lowering;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, did_you_mean};
use crate::graph::{RuleGraph, Target, check_name};
use crate::pack::Parsed;
use crate::pack::RuleTexts;
use crate::pack::manifest::{Matching, Named, Quota};
use crate::pack::schema::{EntityId, Origin};
use crate::value::{Date, Exact, Type, Value};

/// The most quotas that a matching may have.
const MOST_QUOTAS: usize = 8;

/// Reports all that is wrong with what the matching of a pack names.
pub(crate) fn check_matching(parsed: &Parsed, out: &mut Diagnostics) {
    let Some(matching) = &parsed.manifest.matching else { return };
    let Some((pair, first, second)) = sides(parsed, &matching.candidature, out) else { return };
    let types = Types::of(parsed);
    let (boolean, number) = (Type::Bool, Type::Number);
    types.check(&matching.suitable, &[pair], &boolean, out);
    matching.priority.iter().for_each(|named| types.check(named, &[first], &number, out));
    matching.fit.iter().for_each(|named| types.check(named, &[pair], &number, out));
    matching.blocks.iter().for_each(|named| types.check(named, &[pair], &boolean, out));
    matching.presented.iter().for_each(|named| types.check(named, &[second], &number, out));
    for quota in &matching.quotas {
        for named in quota.base.iter().chain([&quota.members]) {
            types.check(named, &[pair, first, second], &boolean, out);
        }
        check_share(parsed, quota, out);
    }
    once(matching.blocks.iter(), "block", out);
    once(matching.quotas.iter().map(|q| &q.name), "quota", out);
    few(matching, out);
}

/// An invariant is a rule that is true or false, of rows that are read.
pub(crate) fn check_invariants(parsed: &Parsed, out: &mut Diagnostics) {
    let marked = |r: &&RuleTexts| r.texts.iter().any(|t| t.doc.invariant.is_some());
    if !parsed.rules.iter().any(|r| marked(&r)) {
        return;
    }
    let types = Types::of(parsed);
    for (id, rule) in parsed.rules.iter().enumerate().filter(|(_, r)| marked(r)) {
        let Some(text) = rule.texts.iter().find(|t| t.doc.invariant.is_some()) else { continue };
        let origin = parsed.schema.entities.get(rule.entity).map(|e| &e.origin);
        let problem = match types.rules.get(&id) {
            _ if text.helper => "a helper decides nothing by itself".to_string(),
            Some(found) if !found.matches(&Type::Bool) => format!("this gives a {found}, not true or false"),
            _ if matches!(origin, Some(Origin::Reference { .. })) => {
                "the rows of this entity are of the pack, not of the data".to_string()
            }
            _ => continue,
        };
        let message = format!("`{}` is no invariant", rule.name);
        out.push(Diagnostic::error("L0411", message, text.span.clone(), problem));
    }
}

/// Reports quotas whose share is no number between 0 and 1.
pub(crate) fn check_shares(parsed: &Parsed, out: &mut Diagnostics) {
    parsed.manifest.matching.iter().flat_map(|m| &m.quotas).for_each(|quota| check_share(parsed, quota, out));
}

/// The pair entity of a matching and its two sides; `None` if it is no pair, which is reported.
fn sides(
    parsed: &Parsed,
    (name, span): &Named,
    out: &mut Diagnostics,
) -> Option<(EntityId, EntityId, EntityId)> {
    let schema = &parsed.schema;
    let Some(pair) = schema.entity(name) else {
        let names = schema.entities.iter().map(|e| e.name.as_str());
        let hint = did_you_mean(name, names);
        out.push(Diagnostic::error("L0101", format!("there is no entity `{name}`"), span.clone(), hint));
        return None;
    };
    match schema.entities.get(pair).map(|e| &e.origin) {
        Some(Origin::Pair(first, second)) => Some((pair, *first, *second)),
        _ => {
            let message = format!("`{name}` is no pair of two entities");
            out.push(Diagnostic::error("L0401", message, span.clone(), "a matching is of pairs"));
            None
        }
    }
}

/// The types of what rules and fields give.
struct Types<'p> {
    parsed: &'p Parsed,
    /// By rule without error.
    rules: BTreeMap<usize, Type>,
}

impl<'p> Types<'p> {
    /// Lowers all rules, as of the last date on which one changes: all texts of a rule give one type.
    fn of(parsed: &'p Parsed) -> Types<'p> {
        let texts = parsed.rules.iter().flat_map(|r| &r.texts);
        let date = texts.filter_map(|t| t.from).max().unwrap_or(Date::constant(1, 1, 1));
        // What is wrong there is reported where all is checked.
        let mut silent = Diagnostics::default();
        let graph = RuleGraph::wire(parsed, date, None, &mut silent);
        let mut lowering = Lowering::new(&graph, &mut silent);
        let mut nodes = Vec::new();
        for rule in graph.order.clone() {
            nodes.extend(lowering.rule(rule).map(|node| (rule, node)));
        }
        let typed = |(rule, node): (usize, u32)| Some((rule, lowering.nodes.get(node as usize)?.ty.clone()));
        Types { parsed, rules: nodes.into_iter().filter_map(typed).collect() }
    }

    /// Reports a name that is no rule or field of one of these entities, or of another type.
    fn check(&self, (name, span): &Named, entities: &[EntityId], ty: &Type, out: &mut Diagnostics) {
        let Some((target, entity)) = Target::find(self.parsed, name) else {
            return check_name(self.parsed, name, span, out);
        };
        let of = |id: EntityId| {
            let entity = self.parsed.schema.entities.get(id);
            entity.map_or_else(String::new, |e| format!("`{}`", e.name))
        };
        if !entities.contains(&entity) {
            let wanted: Vec<String> = entities.iter().map(|e| of(*e)).collect();
            let message = format!("`{name}` is of {}", of(entity));
            let hint = format!("this must be of {}", wanted.join(" or "));
            return out.push(Diagnostic::error("L0401", message, span.clone(), hint));
        }
        let found = match target {
            Target::Rule(rule) => self.rules.get(&rule).cloned(),
            Target::Field(field) => self.parsed.schema.fields.get(field).map(|f| f.value_type()),
            Target::DecisionDate => Some(Type::Date),
        };
        if let Some(found) = found.filter(|found| !found.matches(ty)) {
            let message = format!("`{name}` gives a {found}");
            let hint = format!("this must be a {ty}");
            out.push(Diagnostic::error("L0402", message, span.clone(), hint));
        }
    }
}

/// Reports a share that is no parameter without keys, or has a value that is not between 0 and 1. The
/// matching counts with its numerator and denominator, which must fit 32 bits.
fn check_share(parsed: &Parsed, quota: &Quota, out: &mut Diagnostics) {
    let (path, span) = &quota.share;
    let Some(parameter) = parsed.parameter(path).and_then(|id| parsed.parameters.get(id)) else {
        if !parsed.unreadable.iter().any(|n| n == path || n == "*") {
            let hint = did_you_mean(path, parsed.parameters.iter().map(|p| p.path.as_str()));
            let message = format!("there is no parameter `{path}`");
            out.push(Diagnostic::error("L0120", message, span.clone(), hint));
        }
        return;
    };
    let mut wrong = |message: String, at: &Span, label: &str| {
        out.push(
            Diagnostic::error("L0403", message, at.clone(), label)
                .with_label(span.clone(), format!("the share of quota `{}`", quota.name.0)),
        );
    };
    if !parameter.by.is_empty() {
        let message = format!("`{path}` has keys, and a share has none");
        return wrong(message, &parameter.span, "declared here");
    }
    for cell in parameter.versions.iter().flat_map(|v| v.cells.values()) {
        let small = |n: i128| u32::try_from(n).is_ok();
        let share =
            |n: &Exact| (0..=*n.denom()).contains(n.numer()) && small(*n.numer()) && small(*n.denom());
        if !matches!(&cell.value, Value::Number(n) if share(n)) {
            wrong(format!("`{path}` is no share between 0 and 1"), &cell.span, "this value");
        }
    }
}

/// Reports names that stand twice.
fn once<'n>(names: impl Iterator<Item = &'n Named>, what: &str, out: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Span> = BTreeMap::new();
    for (name, span) in names {
        if let Some(first) = seen.insert(name, span) {
            out.push(
                Diagnostic::error("L0404", format!("{what} `{name}` stands twice"), span.clone(), "again")
                    .with_label(first.clone(), "first here"),
            );
        }
    }
}

/// Reports quotas beyond the most that a matching may have.
fn few(matching: &Matching, out: &mut Diagnostics) {
    if let Some(quota) = matching.quotas.get(MOST_QUOTAS) {
        let message = format!("a matching has {MOST_QUOTAS} quotas at most");
        out.push(Diagnostic::error("L0404", message, quota.name.1.clone(), "one too many"));
    }
}
