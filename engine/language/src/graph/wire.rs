//! What a name means to a rule of an entity, and the way from one row to another.

use std::sync::Arc;

use super::{Access, Link, Step, Target};
use crate::diagnostic::{Diagnostics, Span, texts};
use crate::pack::schema::{DECISION_DATE, EntityId, FieldId, Origin, Schema};
use crate::pack::script::RuleText;
use crate::pack::{Parsed, RuleTexts};

/// Reports a name that is neither a field nor a rule.
pub(crate) fn check_name(parsed: &Parsed, name: &str, span: &Span, out: &mut Diagnostics) {
    let entity =
        |id: Option<usize>, of: fn(&Parsed, usize) -> Option<EntityId>| id.and_then(|i| of(parsed, i));
    let home = entity(parsed.rule(name), |p, i| p.rules.get(i).map(|r| r.entity))
        .or_else(|| entity(parsed.schema.field(name), |p, i| p.schema.fields.get(i).map(|f| f.entity)));
    wire_name(parsed, home.unwrap_or(0), name, None, span, out);
}

/// Wires the parameters of one text of a rule, in their order; `None` if one of them means nothing, or is out of
/// reach. Every name is looked at, so that all that are wrong are reported.
pub(crate) fn wire_text(
    parsed: &Parsed,
    rule: &RuleTexts,
    text: &RuleText,
    dated: Option<FieldId>,
    out: &mut Diagnostics,
) -> Option<Arc<[Link]>> {
    let links: Vec<Option<Link>> = text
        .params
        .iter()
        .map(|(name, span)| wire_name(parsed, rule.entity, name, dated, span, out))
        .collect();
    links.into_iter().collect()
}

/// Finds what `name` means to a rule of `entity`, and how to reach it.
fn wire_name(
    parsed: &Parsed,
    entity: EntityId,
    name: &str,
    dated: Option<FieldId>,
    span: &Span,
    out: &mut Diagnostics,
) -> Option<Link> {
    if name == DECISION_DATE {
        let Some(field) = dated else {
            return Some(Link { target: Target::DecisionDate, access: Access::Own });
        };
        let home = parsed.schema.fields.get(field).map_or(0, |f| f.entity);
        return match reach(&parsed.schema, entity, home) {
            Ok(access @ (Access::Own | Access::Up(_))) => Some(Link { target: Target::Field(field), access }),
            // Reported only where such a rule is planned: it has no date of its own.
            _ => None,
        };
    }
    // A field first: names are unique over the pack, and where they are not, that is reported elsewhere.
    let field = parsed.schema.field(name).and_then(|id| Some((id, parsed.schema.fields.get(id)?.entity)));
    let rule = parsed.rule(name).and_then(|id| Some((id, parsed.rules.get(id)?)));
    let rule = rule.filter(|(_, r)| r.texts.iter().any(|t| !t.helper)).map(|(id, r)| (id, r.entity));
    let (target, home) = if let Some((field, home)) = field {
        (Target::Field(field), home)
    } else if let Some((rule, home)) = rule {
        (Target::Rule(rule), home)
    } else if parsed.unreadable.iter().any(|n| n == name || n == "*") {
        // Reported where it is declared.
        return None;
    } else {
        let names = parsed.schema.fields.iter().map(|f| f.name.as_str());
        let names = names.chain(parsed.rules.iter().map(|r| r.name.as_str())).chain([DECISION_DATE]);
        out.push(texts::names::no_field_or_rule(name, names, span.clone()));
        return None;
    };
    let access = reach(&parsed.schema, entity, home).map_err(|why| {
        out.push(texts::names::out_of_reach(name, why, span.clone()));
    });
    Some(Link { target, access: access.ok()? })
}

/// The way from a row of `from` to the rows of `to`.
///
/// # Errors
/// In words, why there is no way, or that there are several.
pub fn reach(schema: &Schema, from: EntityId, to: EntityId) -> Result<Access, String> {
    if from == to {
        return Ok(Access::Own);
    }
    let name = |id: EntityId| schema.entities.get(id).map_or("?", |e| e.name.as_str());
    // Upwards first: one row, by one way or another. Only then downwards, to members.
    let mut ways = Vec::new();
    climb(schema, from, to, &mut Vec::new(), &mut ways);
    if ways.len() > 1 {
        return Err(texts::names::reach::several_ways(name(from), name(to), ways.len()));
    }
    if let Some(way) = ways.pop() {
        return Ok(Access::Up(way));
    }
    let relations: Vec<usize> = schema
        .entities
        .get(to)
        .map(|e| e.belongs_to.iter().enumerate().filter(|(_, r)| r.target == from).map(|(i, _)| i).collect())
        .unwrap_or_default();
    match relations[..] {
        [relation] => Ok(Access::Members { child: to, relation }),
        [] => Err(texts::names::reach::unrelated(name(from), name(to))),
        _ => Err(texts::names::reach::several_relations(name(from), name(to))),
    }
}

/// Adds every way of steps from a row of `at` up to one of `to`; `way` holds the steps taken so far.
fn climb(schema: &Schema, at: EntityId, to: EntityId, way: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let Some(entity) = schema.entities.get(at) else { return };
    // Relations may form a circle; a longer way would pass some entity twice.
    if way.len() > schema.entities.len() {
        return;
    }
    let mut steps: Vec<(Step, EntityId)> =
        entity.belongs_to.iter().enumerate().map(|(i, r)| (Step::BelongsTo(at, i), r.target)).collect();
    if let Origin::Pair(a, b) = entity.origin {
        steps.extend([(Step::First(at), a), (Step::Second(at), b)]);
    }
    for (step, parent) in steps {
        way.push(step);
        if parent == to {
            found.push(way.clone());
        } else if parent != at {
            climb(schema, parent, to, way, found);
        }
        way.pop();
    }
}
