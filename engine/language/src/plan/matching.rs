//! Checks what `[matching]` of `pack.toml` names: that it is there, of the right entity and type.

use std::collections::BTreeMap;

use crate::diagnostic::texts::matching::NoInvariant;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, texts};
use crate::graph::{Target, check_name};
use crate::pack::Parsed;
use crate::pack::RuleTexts;
use crate::pack::manifest::{Matching, Named, Quota};
use crate::pack::schema::{EntityId, Origin};
use crate::value::{Exact, Type, Value};

/// The most quotas that a matching may have.
const MOST_QUOTAS: usize = 24;

/// The most holders that attributions may be charged to.
const MOST_HOLDERS: usize = 16;

/// The highest number that a quota may ask for, or allow.
const MOST_NUMBER: i128 = 1_000_000;

/// Reports all that is wrong with what the matching of a pack names.
pub(crate) fn check_matching(parsed: &Parsed, out: &mut Diagnostics) {
    let Some(matching) = &parsed.manifest.matching else { return };
    let Some((pair, request, unit)) = sides(parsed, &matching.candidature, out) else { return };
    let types = Types { parsed };
    let (boolean, number) = (Type::Bool, Type::Number);
    types.check(&matching.suitable, &[pair], &boolean, out);
    matching.priority.iter().for_each(|named| types.check(named, &[request], &number, out));
    matching.tie.iter().for_each(|named| types.check_tie(named, request, out));
    matching.fit.iter().for_each(|named| types.check(named, &[pair], &number, out));
    matching.acceptance.iter().for_each(|named| types.check(named, &[pair], &number, out));
    matching.blocks.iter().for_each(|named| types.check(named, &[pair], &boolean, out));
    matching.presented.iter().for_each(|named| types.check(named, &[unit], &number, out));
    matching.held.iter().for_each(|named| types.check(named, &[request], &Type::Text(None), out));
    for first in &matching.first {
        types.check(&first.members, &[pair, request, unit], &boolean, out);
    }
    for quota in &matching.quotas {
        for named in quota.base.iter().chain(&quota.members) {
            types.check(named, &[pair, request, unit], &boolean, out);
        }
        quota.scope.iter().for_each(|named| types.check_scope(named, unit, out));
        check_value(parsed, quota, out);
    }
    if let Some(flow) = &matching.flow {
        flow.units.iter().for_each(|named| types.check(named, &[unit], &boolean, out));
        flow.holder.iter().for_each(|named| types.check(named, &[unit], &Type::Text(None), out));
        flow.holders.iter().for_each(|own| types.check(&own.proposes, &[pair, request], &boolean, out));
        once(flow.holders.iter().map(|own| &own.name), texts::matching::holder_twice, out);
        if let Some(many) = flow.holders.get(MOST_HOLDERS) {
            out.push(texts::matching::too_many_holders(MOST_HOLDERS, many.name.1.clone()));
        }
    }
    for (name, span) in matching.quotas.iter().filter_map(|quota| quota.charged.as_ref()) {
        let holders = || matching.flow.iter().flat_map(|flow| &flow.holders).map(|own| own.name.0.as_str());
        if !holders().any(|own| own == name) {
            out.push(texts::matching::no_holder(name, holders(), span.clone()));
        }
    }
    once(matching.blocks.iter(), texts::matching::block_twice, out);
    let names = matching.first.iter().map(|first| &first.name).chain(matching.quotas.iter().map(|q| &q.name));
    once(names, texts::matching::quota_twice, out);
    few(matching, out);
}

/// An invariant is a rule that is true or false, of rows that are read.
pub(crate) fn check_invariants(parsed: &Parsed, out: &mut Diagnostics) {
    let marked = |r: &&RuleTexts| r.texts.iter().any(|t| t.doc.invariant.is_some());
    for (id, rule) in parsed.rules.iter().enumerate().filter(|(_, rule)| marked(rule)) {
        let Some(text) = rule.texts.iter().find(|t| t.doc.invariant.is_some()) else { continue };
        let origin = parsed.schema.entities.get(rule.entity).map(|e| &e.origin);
        let problem = match parsed.kind(id) {
            _ if text.helper => NoInvariant::Helper,
            Some(found) if !found.matches(&Type::Bool) => NoInvariant::Gives(found),
            _ if matches!(origin, Some(Origin::Reference { .. })) => NoInvariant::OfReference,
            _ => continue,
        };
        out.push(texts::matching::no_invariant(&rule.name, problem, text.span.clone()));
    }
}

/// Reports quotas whose share is no number between 0 and 1, or whose number is not whole.
pub(crate) fn check_shares(parsed: &Parsed, out: &mut Diagnostics) {
    parsed.manifest.matching.iter().flat_map(|m| &m.quotas).for_each(|quota| check_value(parsed, quota, out));
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
        out.push(texts::names::no_entity(name, names, span.clone()));
        return None;
    };
    match schema.entities.get(pair).map(|e| &e.origin) {
        Some(Origin::Pair(first, second)) => Some((pair, *first, *second)),
        _ => {
            out.push(texts::matching::not_a_pair(name, span.clone()));
            None
        }
    }
}

/// The types of what rules and fields give.
struct Types<'p> {
    parsed: &'p Parsed,
}

impl<'p> Types<'p> {
    /// Reports what ranks requests of as many points and is neither a number nor a date of the request.
    fn check_tie(&self, named: &Named, request: EntityId, out: &mut Diagnostics) {
        let date = match Target::find(self.parsed, &named.0) {
            Some((Target::Rule(rule), _)) => self.parsed.kind(rule).cloned(),
            Some((Target::Field(field), _)) => self.parsed.schema.fields.get(field).map(|f| f.value_type()),
            _ => None,
        };
        let kind = match date.filter(|found| found.matches(&Type::Date)) {
            Some(date) => date,
            None => Type::Number,
        };
        self.check(named, &[request], &kind, out);
    }

    /// Reports what a quota counts by and is neither a text, a number nor yes or no of the unit.
    fn check_scope(&self, named: &Named, unit: EntityId, out: &mut Diagnostics) {
        let found = match Target::find(self.parsed, &named.0) {
            Some((Target::Rule(rule), _)) => self.parsed.kind(rule).cloned(),
            Some((Target::Field(field), _)) => self.parsed.schema.fields.get(field).map(|f| f.value_type()),
            _ => None,
        };
        let kind = match found.filter(|found| matches!(found, Type::Bool | Type::Number)) {
            Some(kind) => kind,
            None => Type::Text(None),
        };
        self.check(named, &[unit], &kind, out);
    }

    /// Reports a name that is no rule or field of one of these entities, or of another type.
    fn check(&self, (name, span): &Named, entities: &[EntityId], ty: &Type, out: &mut Diagnostics) {
        let Some((target, entity)) = Target::find(self.parsed, name) else {
            return check_name(self.parsed, name, span, out);
        };
        let of = |id: EntityId| self.parsed.schema.entities.get(id).map_or("?", |e| e.name.as_str());
        if !entities.contains(&entity) {
            let wanted: Vec<&str> = entities.iter().map(|e| of(*e)).collect();
            return out.push(texts::matching::wrong_entity(name, of(entity), &wanted, span.clone()));
        }
        let found = match target {
            Target::Rule(rule) => self.parsed.kind(rule).cloned(),
            Target::Field(field) => self.parsed.schema.fields.get(field).map(|f| f.value_type()),
            Target::DecisionDate => Some(Type::Date),
        };
        if let Some(found) = found.filter(|found| !found.matches(ty)) {
            out.push(texts::matching::wrong_type(name, &found, ty, span.clone()));
        }
    }
}

/// Reports a share or a number that is no parameter without keys; a share that has a value not between 0 and 1, and a number
/// that has one that is not whole or too large. The matching counts with numerator and denominator of a share, which must fit
/// 32 bits.
fn check_value(parsed: &Parsed, quota: &Quota, out: &mut Diagnostics) {
    let (path, span) = &quota.value;
    let Some(parameter) = parsed.parameter(path).and_then(|id| parsed.parameters.get(id)) else {
        if !parsed.unreadable.iter().any(|n| n == path || n == "*") {
            let known = parsed.parameters.iter().map(|p| p.path.as_str());
            out.push(texts::names::no_parameter(path, known, span.clone()));
        }
        return;
    };
    // A table by the scope has a value for each quota that it makes.
    let by_scope = quota.scope.as_ref().is_some_and(|(scope, _)| parameter.by == [scope.as_str()]);
    let (is_number, quota) = (quota.is_number, quota.name.0.as_str());
    if !parameter.by.is_empty() && !by_scope {
        let declared = parameter.span.clone();
        return out.push(texts::matching::share_with_keys(path, quota, declared, span.clone()));
    }
    for cell in parameter.versions.iter().flat_map(|v| v.cells.values()) {
        let small = |n: i128| u32::try_from(n).is_ok();
        let share =
            |n: &Exact| (0..=*n.denom()).contains(n.numer()) && small(*n.numer()) && small(*n.denom());
        let number = |n: &Exact| n.is_integer() && (0..=MOST_NUMBER).contains(n.numer());
        match is_number {
            false if !matches!(&cell.value, Value::Number(n) if share(n)) => {
                out.push(texts::matching::not_a_share(path, quota, cell.span.clone(), span.clone()));
            }
            true if !matches!(&cell.value, Value::Number(n) if number(n)) => {
                out.push(texts::matching::not_a_number(path, quota, cell.span.clone(), span.clone()));
            }
            _ => {}
        }
    }
}

/// Reports names that stand twice, by the message that takes the name, its second place and its first.
fn once<'n>(
    names: impl Iterator<Item = &'n Named>,
    twice: fn(&str, Span, Span) -> Diagnostic,
    out: &mut Diagnostics,
) {
    let mut seen: BTreeMap<&str, &Span> = BTreeMap::new();
    for (name, span) in names {
        if let Some(first) = seen.insert(name, span) {
            out.push(twice(name, span.clone(), first.clone()));
        }
    }
}

/// Reports quotas beyond the most that a matching may have; what comes first is counted with them.
fn few(matching: &Matching, out: &mut Diagnostics) {
    let mut names =
        matching.first.iter().map(|first| &first.name).chain(matching.quotas.iter().map(|q| &q.name));
    if let Some((_, span)) = names.nth(MOST_QUOTAS) {
        out.push(texts::matching::too_many_quotas(MOST_QUOTAS, span.clone()));
    }
}
