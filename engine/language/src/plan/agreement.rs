//! Checks what `bilan.toml` of a territory names: that it is there, of the right table and type.

use crate::diagnostic::texts::agreement as texts;
use crate::diagnostic::texts::names;
use crate::diagnostic::{Diagnostics, Span};
use crate::graph::{Access, Target, check_name, reach};
use crate::pack::Parsed;
use crate::pack::agreement::{Agreement, Exported, How, Target as Wanted, Term};
use crate::pack::schema::{EntityId, Origin};
use crate::value::Type;

/// Reports all that is wrong with what agreements name.
pub(crate) fn check_agreements(parsed: &Parsed, out: &mut Diagnostics) {
    for agreement in &parsed.agreements {
        for (name, span) in &agreement.places {
            match parsed.schema.entity(name).and_then(|id| parsed.schema.entities.get(id)) {
                Some(entity) if matches!(entity.origin, Origin::Reference { .. }) => {}
                Some(_) => out.push(texts::no_reference(name, span.clone())),
                None => no_entity(parsed, name, span, out),
            }
        }
        agreement.exports.iter().for_each(|export| check_export(parsed, export, out));
        for indicator in &agreement.indicators {
            indicator.terms().for_each(|term| check_term(parsed, term, out));
            if let Some(Wanted::Parameter(path, span)) = &indicator.target {
                check_target(parsed, agreement, path, span, out);
            }
        }
    }
}

fn check_export(parsed: &Parsed, export: &Exported, out: &mut Diagnostics) {
    let (name, span) = &export.of;
    let Some(entity) = parsed.schema.entity(name) else { return no_entity(parsed, name, span, out) };
    if let Some((date, span)) = &export.date {
        of_type(parsed, date, span, Some(entity), &Type::Date, out);
    }
    let mut seen = |name: &str, span: &Span, wanted: Option<&Type>| {
        let Some((_, home)) = Target::find(parsed, name) else { return check_name(parsed, name, span, out) };
        match reach(&parsed.schema, entity, home) {
            Ok(Access::Own | Access::Up(_)) => {}
            _ => return out.push(texts::out_of_reach(name, &export.of.0, span.clone())),
        }
        if let Some(wanted) = wanted {
            of_type(parsed, name, span, None, wanted, out);
        }
    };
    export.by.iter().for_each(|(name, span)| seen(name, span, None));
    export.sums.iter().for_each(|(name, span)| seen(name, span, Some(&Type::Number)));
    export.only.iter().for_each(|(name, span)| seen(name, span, Some(&Type::Bool)));
    for (name, _) in &export.bands {
        seen(name, &export.span, Some(&Type::Number));
    }
}

fn check_term(parsed: &Parsed, term: &Term, out: &mut Diagnostics) {
    let (name, span) = &term.name;
    let entity = match term.how {
        How::Rows => match parsed.schema.entity(name) {
            Some(entity) => Some(entity),
            None => return no_entity(parsed, name, span, out),
        },
        How::Count => of_type(parsed, name, span, None, &Type::Bool, out),
        How::Sum => of_type(parsed, name, span, None, &Type::Number, out),
    };
    let Some(entity) = entity else { return };
    if let Some((date, span)) = &term.date {
        of_type(parsed, date, span, Some(entity), &Type::Date, out);
    }
    for (field, value, span) in &term.only {
        of_type(parsed, field, span, Some(entity), &value.value_type(), out);
    }
    if let Some((field, span)) = &term.place {
        of_type(parsed, field, span, Some(entity), &Type::Text(None), out);
    }
}

/// The entity of a rule or field of that type; `None` if it is not one, or of another table, which is reported.
fn of_type(
    parsed: &Parsed,
    name: &str,
    span: &Span,
    of: Option<EntityId>,
    wanted: &Type,
    out: &mut Diagnostics,
) -> Option<EntityId> {
    let Some((target, entity)) = Target::find(parsed, name) else {
        check_name(parsed, name, span, out);
        return None;
    };
    let called = |id: EntityId| parsed.schema.entities.get(id).map_or("?", |e| e.name.as_str());
    if let Some(other) = of.filter(|other| *other != entity) {
        out.push(texts::other_table(name, called(entity), called(other), span.clone()));
        return None;
    }
    let found = match target {
        Target::Rule(rule) => parsed.kind(rule).cloned(),
        Target::Field(field) => parsed.schema.fields.get(field).map(|f| f.value_type()),
        Target::DecisionDate => Some(Type::Date),
    };
    match found {
        Some(found) if !found.matches(wanted) => {
            out.push(texts::wrong_type(name, &found, wanted, span.clone()));
            None
        }
        _ => Some(entity),
    }
}

fn check_target(parsed: &Parsed, of: &Agreement, path: &str, span: &Span, out: &mut Diagnostics) {
    match of.parameter(parsed, path) {
        Some(parameter) if !parameter.by.is_empty() => {
            out.push(texts::target_with_keys(path, span.clone()));
        }
        Some(parameter) if !parameter.value_type.matches(&Type::Number) => {
            out.push(texts::wrong_type(path, &parameter.value_type, &Type::Number, span.clone()));
        }
        Some(parameter) if !parameter.versions.is_empty() && of.target_values(parsed, path).count() == 0 => {
            let other = parameter.versions.last().map(|v| v.span.clone()).unwrap_or_default();
            out.push(texts::target_of_others(path, span.clone(), other));
        }
        Some(_) => {}
        None => {
            let known = parsed.parameters.iter().map(|p| p.path.as_str());
            out.push(names::no_parameter(path, known, span.clone()));
        }
    }
}

fn no_entity(parsed: &Parsed, name: &str, span: &Span, out: &mut Diagnostics) {
    let known = parsed.schema.entities.iter().map(|e| e.name.as_str());
    out.push(names::no_entity(name, known, span.clone()));
}
