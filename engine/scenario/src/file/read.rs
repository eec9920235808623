//! Reading the tables of a scenario file: the baseline, the variants, the sweeps, the figures.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::changes::{cells, instead, key_of, number, parameter, row_changes};
use super::limits;
use super::matching::{leases, matching};
use super::weeks::weeks;
use super::years::years;
use super::{
    Assumption, Axis, Base, Expected, How, Margin, Measured, Order, ParameterChange, Scenario, Sweep,
    Variant, Wanted, Weeks, Years,
};
use crate::texts::{self, form, what};
use logis_language::diagnostic::{Diagnostics, Sources, Span};
use logis_language::pack::manifest::Named;
use logis_language::pack::toml_reader::{Reader, scalar};
use logis_language::value::{Exact, Value};

pub(super) fn own((text, span): (&str, Span)) -> Named {
    (text.to_string(), span)
}

pub(super) fn read(root: &DeTable<'_>, sources: &Arc<Sources>, out: &mut Diagnostics) -> Scenario {
    let mut reader = Reader::new(0, 0..0, what::SCENARIO, root);
    let title = reader.required_str("title", out).map(own).unwrap_or_default().0;
    let text = reader.string("text", out).unwrap_or_default();
    let base_span = reader.get("base").map_or(0..0, Spanned::span);
    let base = match reader.table("base", out) {
        Some(table) => base(Reader::new(0, base_span.clone(), what::BASE, table), out),
        None => {
            if !root.contains_key("base") {
                out.push(texts::no_base(Span::new(0, 0..0)));
            }
            Base::default()
        }
    };
    let mut assumptions = Vec::new();
    for (span, table) in reader.tables("assumption", out) {
        let mut reader = Reader::new(0, span, what::ASSUMPTION, table);
        let text = reader.required_str("text", out).map(|(t, _)| t.to_string());
        let source = reader.string("source", out).unwrap_or_default();
        reader.finish(out);
        assumptions.extend(text.map(|text| Assumption { text, source }));
    }
    let own = years_of(&mut reader, true, out);
    // Years have their own dates: another one beside them would be passed over without a word.
    if let (Some(years), Some(_)) = (&own, base.as_of) {
        let at = Span::new(0, root.get("base").map_or(0..0, Spanned::span));
        out.push(texts::date_beside_years(years.dates.len(), at));
    }
    let own_weeks = weeks_of(&mut reader, true, out);
    let span = reader.get("leases").map_or(0..0, Spanned::span);
    let own_leases =
        reader.table("leases", out).map(|table| leases(Reader::new(0, span, what::LEASES, table), out));
    let span = reader.get("measures").map_or(0..0, Spanned::span);
    let measures = reader
        .table("measures", out)
        .map(|table| measured(Reader::new(0, span, what::MEASURES, table), out))
        .unwrap_or_default();
    let mut variants = Vec::new();
    for (span, table) in reader.tables("variant", out) {
        let span = Span::new(0, span);
        let variant = variant(Reader::new(0, span.range.clone(), what::A_VARIANT, table), out);
        if let Some(variant) = &variant {
            // A variant changes what its scenario has: years where there are years, a date where there are
            // none.
            match (&own, variant.as_of, &variant.years) {
                (None, _, Some(_)) => out.push(texts::years_of_variant(span)),
                (Some(_), Some(_), _) => out.push(texts::date_of_variant(span)),
                _ => {}
            }
            if let (None, Some(weeks)) = (&own_weeks, &variant.weeks) {
                out.push(texts::weeks_of_variant(weeks.span.clone()));
            }
            // Margins are asked for of one matching, and the least of them by what leases say of it.
            let change = variant.matching.as_ref();
            if let Some(change) = change.filter(|change| change.margin.is_some()) {
                if own_weeks.is_some() {
                    out.push(texts::margin_of_sessions(change.span.clone()));
                }
                if matches!(change.margin, Some(Margin::Least)) && own_leases.is_none() {
                    out.push(texts::margin_without_leases(change.span.clone()));
                }
                if change.order == Some(Order::ByPoints) {
                    out.push(texts::margin_by_points(change.span.clone()));
                }
            }
        }
        variants.extend(variant);
    }
    let mut sweeps = Vec::new();
    for (span, table) in reader.tables("sweep", out) {
        sweeps.extend(sweep(Reader::new(0, span, what::A_SWEEP, table), out));
    }
    let mut expected = |key, what: &str, target, out: &mut Diagnostics| -> Vec<Expected> {
        let tables = reader.tables(key, out);
        tables
            .into_iter()
            .filter_map(|(span, t)| read_expected(Reader::new(0, span, what, t), target, out))
            .collect()
    };
    let observed = expected("observed", what::OBSERVED, false, out);
    let targets = expected("target", what::TARGET, true, out);
    reader.finish(out);
    once(variants.iter().map(|v| &v.name).chain(sweeps.iter().map(|s| &s.name)), out);
    let sources = sources.clone();
    let scenario = Scenario {
        sources,
        title,
        text,
        assumptions,
        base,
        years: own,
        weeks: own_weeks,
        leases: own_leases,
        measures,
        variants,
        sweeps,
        observed,
        targets,
    };
    limits::check(&scenario, Span::new(0, base_span), out);
    scenario
}

fn years_of(reader: &mut Reader<'_, '_>, own_dates: bool, out: &mut Diagnostics) -> Option<Years> {
    let span = reader.get("years").map_or(0..0, Spanned::span);
    let table = reader.table("years", out)?;
    Some(years(Reader::new(0, span, what::YEARS, table), own_dates, out))
}

fn weeks_of(reader: &mut Reader<'_, '_>, own_dates: bool, out: &mut Diagnostics) -> Option<Weeks> {
    let span = reader.get("weeks").map_or(0..0, Spanned::span);
    let table = reader.table("weeks", out)?;
    Some(weeks(Reader::new(0, span, what::WEEKS, table), own_dates, out))
}

/// Names are those of result files too: plain, each once, and none is the baseline's.
fn once<'n>(names: impl Iterator<Item = &'n Named>, out: &mut Diagnostics) {
    let mut seen: Vec<&str> = vec!["base"];
    for (name, span) in names {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            out.push(texts::not_plain(name, span.clone()));
        }
        if seen.contains(&name.as_str()) {
            out.push(texts::named_twice(name, span.clone()));
        }
        seen.push(name);
    }
}

fn base(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Base {
    let (data, draws) = packages(&mut reader, out);
    let population = reader.str("population", out).map(own);
    if data.is_some() == population.is_some() {
        out.push(texts::data_or_population(reader.span()));
    }
    let reviewed = reader.str("reviewed", out).map(own);
    let rules = reader.str("rules", out).map(own);
    let as_of = reader.date("as_of", out);
    let mut territory = Vec::new();
    if let Some(table) = reader.table("territory", out) {
        territory = cells(&reader, table, out);
    }
    let seeds = seeds(&mut reader, out);
    // Several packages are draws of one population: one for each seed, the first beside the others.
    if !draws.is_empty() && draws.len() + 1 != seeds.len() {
        out.push(texts::packages_and_seeds(draws.len() + 1, seeds.len(), reader.span()));
    }
    let max_added = match reader.int("max_added", out).map(usize::try_from) {
        None => limits::MAX_ADDED,
        Some(Ok(n)) if n <= limits::MOST_ADDED => n,
        Some(_) => {
            out.push(texts::too_much_to_add(limits::MOST_ADDED, reader.span()));
            limits::MAX_ADDED
        }
    };
    let rows = row_changes(&reader, out);
    Base { data, draws, population, reviewed, rules, as_of, territory, seeds, rows, max_added }
}

/// `data = "package"` for all seeds, or `data = ["one", "two"]`: the package of the first seed, and those of the
/// others.
fn packages(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> (Option<Named>, Vec<Named>) {
    // The form tells: a text is one package for all seeds.
    let several = reader.get("data").is_some_and(|item| matches!(item.get_ref(), DeValue::Array(_)));
    if !several {
        return (reader.str("data", out).map(own), Vec::new());
    }
    let mut all = reader.strings("data", out).unwrap_or_default().into_iter();
    (all.next(), all.collect())
}

/// `seeds = [1, 2, 3]`, or `{ first = 1, count = 20 }`.
fn seeds(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Vec<u64> {
    let Some(item) = reader.get("seeds") else { return vec![2015] };
    let number = |value: &DeValue<'_>| match scalar(value) {
        Some(Value::Number(n)) if n.is_integer() => u64::try_from(n.to_integer()).ok(),
        _ => None,
    };
    let seeds: Option<Vec<u64>> = match item.get_ref() {
        DeValue::Array(list) => list.iter().map(|i| number(i.get_ref())).collect(),
        DeValue::Table(table) if table.len() == 2 => {
            let get = |key: &str| table.get(key).and_then(|i| number(i.get_ref()));
            match (get("first"), get("count")) {
                (Some(first), Some(count)) if (1..=100_000).contains(&count) => {
                    // All seeds in between; a last one beyond 64 bits is no range.
                    first.checked_add(count - 1).map(|last| (first..=last).collect())
                }
                _ => None,
            }
        }
        _ => None,
    };
    let once =
        |seeds: &Vec<u64>| seeds.iter().collect::<std::collections::BTreeSet<_>>().len() == seeds.len();
    if let Some(seeds) = seeds.as_ref().filter(|seeds| !once(seeds)) {
        out.push(texts::seed_twice(reader.at(item)));
        return seeds.clone();
    }
    // Whatever was wrong, one seed stands in, so that the rest of the file is read too.
    seeds.filter(|s| !s.is_empty()).unwrap_or_else(|| {
        out.push(texts::not_seeds(reader.at(item)));
        vec![2015]
    })
}

fn measured(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Measured {
    let measured = Measured {
        groups: reader.strings("groups", out).unwrap_or_default(),
        requests_by: reader.strings("requests_by", out).unwrap_or_default(),
        units_by: reader.strings("units_by", out).unwrap_or_default(),
        burden: reader.str("burden", out).map(own),
        waiting: reader.str("waiting", out).map(own),
        product: reader.str("product", out).map(own),
        money: reader.strings("money", out).unwrap_or_default(),
    };
    reader.finish(out);
    measured
}

fn variant(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Variant> {
    let name = reader.required_str("name", out).map(own);
    if let Some((name, _)) = &name {
        reader.what = what::variant(name);
    }
    let title = reader.string("title", out);
    let text = reader.string("text", out).unwrap_or_default();
    let as_of = reader.date("as_of", out);
    let rules = reader.str("rules", out).map(own);
    let mut parameters = Vec::new();
    for (span, table) in reader.tables("parameter", out) {
        parameters.extend(parameter(Reader::new(0, span, what::A_PARAMETER, table), out));
    }
    let quotas = reader.strings("quotas", out);
    let priority = reader.str("priority", out).map(own);
    let fit = reader.str("fit", out).map(own);
    let years = years_of(&mut reader, false, out);
    let weeks = weeks_of(&mut reader, false, out);
    let span = reader.get("matching").map_or(0..0, Spanned::span);
    let matching = reader
        .table("matching", out)
        .map(|table| matching(Reader::new(0, span, what::VARIANT_MATCHING, table), out));
    let rows = row_changes(&reader, out);
    let name = name?;
    let title = title.unwrap_or_else(|| name.0.clone());
    Some(Variant {
        name,
        title,
        text,
        as_of,
        rules,
        parameters,
        rows,
        quotas,
        priority,
        fit,
        years,
        weeks,
        matching,
    })
}

fn sweep(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Sweep> {
    let name = reader.required_str("name", out).map(own);
    if let Some((name, _)) = &name {
        reader.what = what::sweep(name);
    }
    let title = reader.string("title", out);
    let text = reader.string("text", out).unwrap_or_default();
    let mut axes = Vec::new();
    let tables = reader.tables("axis", out);
    if tables.is_empty() || tables.len() > 2 {
        out.push(texts::axes(&reader.what, reader.span()));
    }
    for (span, table) in tables {
        axes.extend(axis(Reader::new(0, span, what::AXIS, table), out));
    }
    reader.finish(out);
    let name = name?;
    Some(Sweep { title: title.unwrap_or_else(|| name.0.clone()), name, text, axes })
}

fn axis(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Axis> {
    let path = reader.required_str("path", out).map(own);
    let label = reader.string("label", out);
    let key = key_of(&mut reader, out);
    let mut points = Vec::new();
    // The points of an axis in the order of these keys, whatever their order in the file: runs are numbered
    // by them.
    for name in ["multiply", "add", "set"] {
        let Some(item) = reader.get(name) else { continue };
        let how: fn(Exact) -> How = match name {
            "multiply" => How::Multiply,
            "add" => How::Add,
            _ => |n| How::Set(Value::Number(n)),
        };
        let list: Option<Vec<How>> =
            item.get_ref().as_array().and_then(|list| list.iter().map(|i| number(i).map(how)).collect());
        match list {
            Some(list) => points.extend(list),
            None => {
                let label = texts::such_as("[0, 0.25, 0.5]", true);
                out.push(texts::wrong_form(&reader.what, name, form::NUMBERS, reader.at(item), label));
            }
        }
    }
    if points.is_empty() && !out.has_errors() {
        out.push(texts::no_points(reader.span()));
    }
    reader.finish(out);
    let path = path?;
    let change = |how| ParameterChange { path: path.clone(), key: key.clone(), how };
    Some(Axis {
        label: label.unwrap_or_else(|| path.0.clone()),
        points: points.into_iter().map(change).collect(),
    })
}

fn read_expected(mut reader: Reader<'_, '_>, target: bool, out: &mut Diagnostics) -> Option<Expected> {
    let label = reader.required_str("label", out).map(|(t, _)| t.to_string());
    let reference = reader.string("reference", out).unwrap_or_default();
    let unit = reader.string("unit", out).unwrap_or_default();
    let not_simulated = if target { reader.string("not_simulated", out) } else { None };
    let figure = match &not_simulated {
        Some(_) => None,
        None => reader.required_str("figure", out).map(own),
    };
    let mut within = None;
    if !target && let Some(item) = reader.get("within") {
        within = number(item).filter(|n| *n >= Exact::from_integer(0));
        if within.is_none() {
            let label = instead(item, "97");
            out.push(texts::wrong_form(&reader.what, "within", form::DISTANCE, reader.at(item), label));
        }
    }
    let mut found = Vec::new();
    let keys: &[&'static str] = if target { &["at_least", "at_most"] } else { &["value"] };
    for &key in keys {
        let Some(item) = reader.get(key) else { continue };
        match number(item) {
            Some(n) if key == "at_least" => found.push(Wanted::AtLeast(n)),
            Some(n) if key == "at_most" => found.push(Wanted::AtMost(n)),
            Some(n) => found.push(Wanted::Is(n)),
            None => {
                let label = instead(item, "350 ou 0.25");
                out.push(texts::wrong_form(&reader.what, key, form::NUMBER, reader.at(item), label));
                return None;
            }
        }
    }
    if target && let Some(variant) = reader.str("at_least_in", out).map(own) {
        found.push(Wanted::AtLeastIn(variant));
    }
    // One figure to be held against, or the result would be met and missed at once.
    if found.len() != 1 {
        out.push(match target {
            true => texts::not_one_of(&reader.what, "`at_least`, `at_most`, `at_least_in`", reader.span()),
            false => texts::no_value(reader.span()),
        });
    }
    let source = reader.string("source", out).unwrap_or_default();
    let text = reader.string("text", out).or(not_simulated.clone()).unwrap_or_default();
    reader.finish(out);
    let figure = if not_simulated.is_some() { None } else { Some(figure?) };
    Some(Expected { label: label?, reference, figure, wanted: found.pop()?, within, unit, source, text })
}
