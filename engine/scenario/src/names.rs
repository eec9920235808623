//! Do the names of a scenario mean something in the pack? All that do not are listed, each with the
//! nearest that does.

use std::collections::BTreeSet;

use super::file::{
    CellsOf, Expected, How, Measured, ParameterChange, RowChange, RowKind, Scenario, Variant, Wanted, Years,
};
use super::rows::column_named;
use logis_data::{Needs, read};
use logis_language::diagnostic::{Diagnostic, Diagnostics, PackError, did_you_mean};
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::manifest::Named;
use logis_language::pack::params::Parameter;
use logis_language::pack::schema::{EntityId, FieldKind, Origin};
use logis_language::value::{Type, Value};

/// Holds a scenario against the pack of its baseline.
pub(super) fn check(scenario: &Scenario, parsed: &Parsed) -> Result<(), PackError> {
    let mut out = Diagnostics::default();
    if parsed.manifest.matching.is_none() {
        let message = "the pack declares no matching: `[matching]` in pack.toml";
        out.push(logis_language::plan::no_place(message.to_string()));
    }
    territory(scenario, parsed, &mut out);
    measures(&scenario.measures, parsed, &mut out);
    rows(&scenario.base.rows, parsed, &mut out);
    for variant in &scenario.variants {
        check_variant(variant, parsed, &mut out);
    }
    for axis in scenario.sweeps.iter().flat_map(|s| &s.axes) {
        // Points that are alike in what is done are alike in what may be wrong.
        let mut seen = Vec::new();
        for change in &axis.points {
            let how = std::mem::discriminant(&change.how);
            if !seen.contains(&how) {
                seen.push(how);
                parameter(change, parsed, &mut out);
            }
        }
    }
    if let Some(own) = &scenario.years {
        years(own, parsed, &mut out);
    }
    for Expected { figure, wanted, .. } in scenario.observed.iter().chain(&scenario.targets) {
        if let Wanted::AtLeastIn(named) = wanted {
            let names: Vec<&str> = scenario.variants.iter().map(|v| v.name.0.as_str()).collect();
            if !names.contains(&named.0.as_str()) {
                unknown("L0601", format!("there is no variant `{}`", named.0), named, names, &mut out);
            }
        }
        let Some((name, span)) = figure else { continue };
        if name.split('.').count() != 3 {
            let message = format!("`{name}` is no figure");
            out.push(Diagnostic::error(
                "L0601",
                message,
                span.clone(),
                "a table, a row and a column, such as `synthese.attributions.valeur`",
            ));
        }
    }
    match out.has_errors() {
        true => {
            out.sort();
            Err(PackError { diagnostics: out.items, sources: scenario.sources.clone() })
        }
        false => Ok(()),
    }
}

fn unknown(
    code: &'static str,
    message: String,
    (name, span): &Named,
    names: Vec<&str>,
    out: &mut Diagnostics,
) {
    out.push(Diagnostic::error(code, message, span.clone(), did_you_mean(name, names)));
}

fn territory(scenario: &Scenario, parsed: &Parsed, out: &mut Diagnostics) {
    if scenario.base.territory.is_empty() {
        return;
    }
    let tables = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default()).dataset.tables;
    for (named, keys) in &scenario.base.territory {
        let reference =
            |e: &&logis_language::pack::schema::Entity| matches!(e.origin, Origin::Reference { .. });
        if !parsed.schema.entities.iter().filter(reference).any(|e| e.name == named.0) {
            let names = parsed.schema.entities.iter().filter(reference).map(|e| e.name.as_str()).collect();
            unknown("L0101", format!("`{}` is no reference table of the pack", named.0), named, names, out);
            continue;
        }
        let ids = parsed.schema.entity(&named.0).and_then(|id| tables.get(id)).map(|table| &table.ids);
        let ids: BTreeSet<&str> = ids.into_iter().flat_map(|ids| ids.iter()).map(AsRef::as_ref).collect();
        for key in keys.iter().filter(|key| !ids.contains(key.as_str())) {
            let message = format!("`{}` has no row `{key}`", named.0);
            let near = did_you_mean(key, ids.iter().copied());
            let label = if near.is_empty() { "a key of that table".to_string() } else { near };
            out.push(Diagnostic::error("L0601", message, named.1.clone(), label));
        }
    }
}

fn measures(measures: &Measured, parsed: &Parsed, out: &mut Diagnostics) {
    for named in measures.groups.iter().chain(&measures.money) {
        if !parsed.manifest.groups.contains_key(&named.0) {
            let names = parsed.manifest.groups.keys().map(String::as_str).collect();
            unknown("L0601", format!("the pack has no group `{}`", named.0), named, names, out);
        }
    }
    let all = measures.requests_by.iter().chain(&measures.units_by);
    all.chain(&measures.burden)
        .chain(&measures.waiting)
        .chain(&measures.product)
        .for_each(|named| rule_or_field(named, parsed, out));
}

fn rule_or_field(named: &Named, parsed: &Parsed, out: &mut Diagnostics) {
    if Target::find(parsed, &named.0).is_none() {
        let rules = parsed.rules.iter().map(|r| r.name.as_str());
        let names = rules.chain(parsed.schema.fields.iter().map(|f| f.name.as_str())).collect();
        unknown("L0102", format!("`{}` is neither a rule nor a field", named.0), named, names, out);
    }
}

fn check_variant(variant: &Variant, parsed: &Parsed, out: &mut Diagnostics) {
    // Rules laid over the pack's may bring parameters and rules of their own.
    if variant.rules.is_none() {
        variant.parameters.iter().for_each(|change| parameter(change, parsed, out));
        variant.priority.iter().chain(&variant.fit).for_each(|named| rule_or_field(named, parsed, out));
    }
    for named in variant.quotas.iter().flatten() {
        let quotas = parsed.manifest.matching.iter().flat_map(|m| &m.quotas).map(|q| q.name.0.as_str());
        let names: Vec<&str> = quotas.collect();
        if !names.contains(&named.0.as_str()) {
            unknown("L0601", format!("the pack has no quota `{}`", named.0), named, names, out);
        }
    }
    rows(&variant.rows, parsed, out);
    if let Some(own) = &variant.years {
        years(own, parsed, out);
    }
}

fn years(own: &Years, parsed: &Parsed, out: &mut Diagnostics) {
    rows(&own.rows, parsed, out);
    for change in &own.moves {
        let field = parsed.schema.field(&change.field.0).and_then(|id| parsed.schema.fields.get(id));
        if !field.is_some_and(|f| matches!(f.kind, FieldKind::Number { .. })) {
            let fields = parsed.schema.fields.iter();
            let names =
                fields.filter(|f| matches!(f.kind, FieldKind::Number { .. })).map(|f| f.name.as_str());
            let message = format!("`{}` is no field with numbers", change.field.0);
            unknown("L0601", message, &change.field, names.collect(), out);
        }
        let by = parsed.parameter(&change.by.0).and_then(|id| parsed.parameters.get(id));
        if !by.is_some_and(|p| p.by.is_empty() && p.value_type == Type::Number) {
            let parameters = parsed.parameters.iter().filter(|p| p.by.is_empty());
            let message = format!("`{}` is no parameter without keys", change.by.0);
            unknown("L0120", message, &change.by, parameters.map(|p| p.path.as_str()).collect(), out);
        }
    }
}

fn rows(changes: &[RowChange], parsed: &Parsed, out: &mut Diagnostics) {
    for change in changes {
        let Some(id) = data_entity(&change.entity, parsed, out) else { continue };
        cells(&change.which, id, false, parsed, out);
        cells(&change.to, id, true, parsed, out);
        for (member, which, to) in &change.members {
            let Some(id) = data_entity(member, parsed, out) else { continue };
            cells(which, id, false, parsed, out);
            cells(to, id, true, parsed, out);
        }
        if change.kind == RowKind::New {
            let key = parsed.schema.entities.get(id).map_or("", |e| e.key.as_str());
            if !change.to.iter().any(|((name, _), _)| name == key) {
                let message = format!("a new row of `{}` has no `{key}`", change.entity.0);
                out.push(Diagnostic::error(
                    "L0601",
                    message,
                    change.span.clone(),
                    format!("add `{key} = \"…\"`"),
                ));
            }
        }
    }
}

fn data_entity(named: &Named, parsed: &Parsed, out: &mut Diagnostics) -> Option<EntityId> {
    let data = |e: &logis_language::pack::schema::Entity| matches!(e.origin, Origin::Data { .. });
    let found = parsed.schema.entities.iter().position(|e| e.name == named.0 && data(e));
    if found.is_none() {
        let own =
            ["name", "title", "text", "as_of", "rules", "parameter", "quotas", "priority", "fit", "years"];
        let names = parsed.schema.entities.iter().filter(|e| data(e)).map(|e| e.name.as_str());
        let message = format!("`{}` is no entity with data, and no key of a variant", named.0);
        unknown("L0101", message, named, names.chain(own).collect(), out);
    }
    found
}

fn cells(cells: &CellsOf, id: EntityId, written: bool, parsed: &Parsed, out: &mut Diagnostics) {
    let Some(entity) = parsed.schema.entities.get(id) else { return };
    for (named, values) in cells {
        let Some(column) = column_named(&parsed.schema, entity, &named.0) else {
            let fields = entity.fields.iter().filter_map(|&f| parsed.schema.fields.get(f));
            let names = fields.map(|f| f.name.as_str());
            let names =
                names.chain(entity.belongs_to.iter().map(|r| r.column.as_str())).chain([entity.key.as_str()]);
            let message = format!("`{}` has no field `{}`", entity.name, named.0);
            unknown("L0101", message, named, names.collect(), out);
            continue;
        };
        let field =
            entity.fields.iter().filter_map(|&f| parsed.schema.fields.get(f)).find(|f| f.column == column);
        let Some(field) = field else { continue };
        if let FieldKind::Enum(allowed) = &field.kind {
            for value in values.iter().filter(|v| !allowed.iter().any(|a| a.as_ref() == v.as_str())) {
                let message = format!("`{value}` is no value of `{}`", field.name);
                let near = did_you_mean(value, allowed.iter().map(AsRef::as_ref));
                let label = if near.is_empty() { format!("one of {}", allowed.join(", ")) } else { near };
                out.push(Diagnostic::error("L0601", message, named.1.clone(), label));
            }
        }
        if written && values.len() != 1 && field.kind != FieldKind::Codes {
            let message = format!("`{}` takes one value", named.0);
            out.push(Diagnostic::error("L0601", message, named.1.clone(), format!("found {}", values.len())));
        }
    }
}

/// Is there such a parameter, are the keys some of its cells, and does the change fit its values?
fn parameter(change: &ParameterChange, parsed: &Parsed, out: &mut Diagnostics) {
    let (path, span) = &change.path;
    let Some(parameter) = parsed.parameter(path).and_then(|id| parsed.parameters.get(id)) else {
        let names = parsed.parameters.iter().map(|p| p.path.as_str()).collect();
        return unknown("L0120", format!("there is no parameter `{path}`"), &change.path, names, out);
    };
    if !change.key.is_empty() && !has_cells(parameter, &change.key) {
        let depth = change.key.len();
        let keys = parameter.versions.iter().flat_map(|v| v.cells.keys());
        let mut firsts: Vec<String> = keys
            .filter_map(|k| k.get(..depth))
            .map(|k| k.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
            .collect();
        firsts.sort();
        firsts.dedup();
        let asked = change.key.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        let near = did_you_mean(&asked, firsts.iter().map(String::as_str));
        let label = match (near.is_empty(), parameter.by.is_empty()) {
            (false, _) => near,
            (true, true) => "the parameter has no keys".to_string(),
            (true, false) => format!("its keys are {}", parameter.by.join(", ")),
        };
        return out.push(Diagnostic::error(
            "L0601",
            format!("`{path}` has no cell [{asked}]"),
            span.clone(),
            label,
        ));
    }
    let number = parameter.value_type == Type::Number;
    let fits = match &change.how {
        How::Multiply(_) | How::Add(_) => number,
        How::Set(value) => value.value_type().matches(&parameter.value_type),
        How::AsOf(date) => {
            if parameter.at(*date).is_none() {
                let message = format!("`{path}` has no value on {date}");
                out.push(Diagnostic::error("L0601", message, span.clone(), "another date is needed"));
            }
            true
        }
    };
    if !fits {
        let message = format!("the values of `{path}` are of type {}", parameter.value_type);
        out.push(Diagnostic::error("L0601", message, span.clone(), "the change does not fit them"));
    }
}

fn has_cells(parameter: &Parameter, key: &[Value]) -> bool {
    parameter.versions.iter().any(|v| v.cells.keys().any(|k| k.starts_with(key)))
}
