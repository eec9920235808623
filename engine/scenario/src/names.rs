//! Do the names of a scenario mean something in the pack? All that do not are listed, each with the
//! nearest that does.

use std::collections::BTreeSet;

use super::file::{
    CellsOf, Expected, How, Margin, MatchingChange, Measured, Order, ParameterChange, RowChange, RowKind,
    Scenario, Variant, Wanted, Weeks, Years,
};
use super::rows::column_named;
use super::texts::{self, no, what};
use logis_data::{Needs, read};
use logis_language::diagnostic::{Diagnostics, PackError};
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
        out.push(logis_language::plan::no_place(logis_allocation::attribution::NO_MATCHING.to_string()));
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
    if let Some(own) = &scenario.weeks {
        weeks(own, parsed, &mut out);
    }
    if let (Some(own), Some(matching)) = (&scenario.leases, &parsed.manifest.matching)
        && own.acceptance.is_none()
        && matching.acceptance.is_none()
    {
        out.push(texts::no_acceptance(what::LEASES, own.span.clone()));
    }
    for Expected { figure, wanted, .. } in scenario.observed.iter().chain(&scenario.targets) {
        if let Wanted::AtLeastIn(named) = wanted {
            let names: Vec<&str> = scenario.variants.iter().map(|v| v.name.0.as_str()).collect();
            if !names.contains(&named.0.as_str()) {
                unknown("L0601", no::variant(&named.0), named, names, &mut out);
            }
        }
        let Some((name, span)) = figure else { continue };
        if name.split('.').count() != 3 {
            out.push(texts::not_a_figure(name, span.clone()));
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

fn unknown(code: &'static str, why: String, named: &Named, names: Vec<&str>, out: &mut Diagnostics) {
    out.push(texts::unknown(code, why, named, names));
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
            unknown("L0101", no::reference(&named.0), named, names, out);
            continue;
        }
        let ids = parsed.schema.entity(&named.0).and_then(|id| tables.get(id)).map(|table| &table.ids);
        let ids: BTreeSet<&str> = ids.into_iter().flat_map(|ids| ids.texts()).collect();
        for key in keys.iter().filter(|key| !ids.contains(key.as_str())) {
            out.push(texts::no_row(&named.0, key, ids.iter().copied(), named.1.clone()));
        }
    }
}

fn measures(measures: &Measured, parsed: &Parsed, out: &mut Diagnostics) {
    for named in measures.groups.iter().chain(&measures.money) {
        if !parsed.manifest.groups.contains_key(&named.0) {
            let names = parsed.manifest.groups.keys().map(String::as_str).collect();
            unknown("L0601", no::group(&named.0), named, names, out);
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
        unknown("L0102", no::rule_or_field(&named.0), named, names, out);
    }
}

fn check_variant(variant: &Variant, parsed: &Parsed, out: &mut Diagnostics) {
    // Rules laid over the pack's may bring parameters and rules of their own.
    if variant.rules.is_none() {
        variant.parameters.iter().for_each(|change| parameter(change, parsed, out));
        variant.priority.iter().chain(&variant.fit).for_each(|named| rule_or_field(named, parsed, out));
    }
    variant.quotas.iter().flatten().for_each(|named| quota(named, &named.0, parsed, out));
    if let Some(own) = &variant.matching {
        matching(own, parsed, out);
    }
    rows(&variant.rows, parsed, out);
    if let Some(own) = &variant.years {
        years(own, parsed, out);
    }
}

/// A name of a quota, or that of one of its lines.
fn quota(named: &Named, name: &str, parsed: &Parsed, out: &mut Diagnostics) {
    let quotas = parsed.manifest.matching.iter().flat_map(|m| &m.quotas).map(|q| q.name.0.as_str());
    let names: Vec<&str> = quotas.collect();
    if !names.contains(&name) {
        unknown("L0601", no::quota(&named.0), named, names, out);
    }
}

fn matching(own: &MatchingChange, parsed: &Parsed, out: &mut Diagnostics) {
    own.hard.iter().flatten().for_each(|named| quota(named, &named.0, parsed, out));
    if let Some(Margin::Members(all)) = &own.margin {
        for (named, _) in all {
            // Of a quota with a scope a line may be named: which values there are, only data say.
            quota(named, named.0.split(" [").next().unwrap_or(&named.0), parsed, out);
        }
    }
    if own.order == Some(Order::ByPoints) && own.hard.as_ref().is_some_and(|names| !names.is_empty()) {
        out.push(texts::hard_by_points(own.span.clone()));
    }
    if own.charges.is_some() && parsed.manifest.matching.as_ref().is_some_and(|m| m.flow.is_none()) {
        out.push(texts::no_flow(own.span.clone()));
    }
}

fn weeks(own: &Weeks, parsed: &Parsed, out: &mut Diagnostics) {
    let Some(matching) = &parsed.manifest.matching else { return };
    if own.acceptance.is_none() && matching.acceptance.is_none() {
        out.push(texts::no_acceptance(what::WEEKS, own.span.clone()));
    }
    let pair = parsed.schema.entity(&matching.candidature.0).and_then(|id| parsed.schema.entities.get(id));
    let Some(Origin::Pair(requests, units)) = pair.map(|entity| &entity.origin) else { return };
    for (named, id) in [(&own.request_date, *requests), (&own.unit_date, *units)] {
        let (Some(named), Some(entity)) = (named, parsed.schema.entities.get(id)) else { continue };
        let fields = entity.fields.iter().filter_map(|field| parsed.schema.fields.get(*field));
        let dates = fields.filter(|field| matches!(field.kind, FieldKind::Date));
        let names: Vec<&str> = dates.map(|field| field.name.as_str()).collect();
        if !names.contains(&named.0.as_str()) {
            unknown("L0601", no::date_field(&named.0, &entity.name), named, names, out);
        }
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
            unknown("L0601", no::number_field(&change.field.0), &change.field, names.collect(), out);
        }
        let by = parsed.parameter(&change.by.0).and_then(|id| parsed.parameters.get(id));
        if !by.is_some_and(|p| p.by.is_empty() && p.value_type == Type::Number) {
            let parameters = parsed.parameters.iter().filter(|p| p.by.is_empty());
            let names = parameters.map(|p| p.path.as_str()).collect();
            unknown("L0120", no::plain_parameter(&change.by.0), &change.by, names, out);
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
                out.push(texts::no_identifier(&change.entity.0, key, change.span.clone()));
            }
        }
    }
}

fn data_entity(named: &Named, parsed: &Parsed, out: &mut Diagnostics) -> Option<EntityId> {
    let data = |e: &logis_language::pack::schema::Entity| matches!(e.origin, Origin::Data { .. });
    let found = parsed.schema.entities.iter().position(|e| e.name == named.0 && data(e));
    if found.is_none() {
        let own = [
            "name",
            "title",
            "text",
            "as_of",
            "rules",
            "parameter",
            "quotas",
            "priority",
            "fit",
            "years",
            "weeks",
            "matching",
        ];
        let names = parsed.schema.entities.iter().filter(|e| data(e)).map(|e| e.name.as_str());
        unknown("L0101", no::entity_or_key(&named.0), named, names.chain(own).collect(), out);
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
            unknown("L0101", no::field(&entity.name, &named.0), named, names.collect(), out);
            continue;
        };
        let Some(field) = parsed.schema.field_of_column(entity, column) else { continue };
        if let FieldKind::Enum(allowed) = &field.kind {
            for value in values.iter().filter(|v| !allowed.iter().any(|a| a.as_ref() == v.as_str())) {
                let listed: Vec<&str> = allowed.iter().map(AsRef::as_ref).collect();
                out.push(texts::not_listed(&field.name, value, &listed, named.1.clone()));
            }
        }
        if written && values.len() != 1 && field.kind != FieldKind::Codes {
            out.push(texts::not_one_value(&named.0, values.len(), named.1.clone()));
        }
    }
}

/// Is there such a parameter, are the keys some of its cells, and does the change fit its values?
fn parameter(change: &ParameterChange, parsed: &Parsed, out: &mut Diagnostics) {
    let (path, span) = &change.path;
    let Some(parameter) = parsed.parameter(path).and_then(|id| parsed.parameters.get(id)) else {
        let names = parsed.parameters.iter().map(|p| p.path.as_str()).collect();
        return unknown("L0120", no::parameter(path), &change.path, names, out);
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
        let keys = firsts.iter().map(String::as_str);
        return out.push(texts::no_cell(path, &asked, keys, &parameter.by, span.clone()));
    }
    let number = parameter.value_type == Type::Number;
    let fits = match &change.how {
        How::Multiply(_) | How::Add(_) => number,
        How::Set(value) => value.value_type().matches(&parameter.value_type),
        How::AsOf(date) => {
            if parameter.at(*date).is_none() {
                out.push(texts::no_value_on(path, &date.to_string(), span.clone()));
            }
            true
        }
    };
    if !fits {
        out.push(texts::does_not_fit(path, number, span.clone()));
    }
}

fn has_cells(parameter: &Parameter, key: &[Value]) -> bool {
    parameter.versions.iter().any(|v| v.cells.keys().any(|k| k.starts_with(key)))
}
