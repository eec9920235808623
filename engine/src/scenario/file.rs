//! The scenario file: what a baseline is, what its variants change, what is swept and repeated.
//!
//! Reading keeps the place of everything that names something, and collects every problem. What the
//! names mean is checked against the pack, one module further.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics, PackError, SourceFile, Sources, Span, did_you_mean};
use crate::pack::manifest::Named;
use crate::pack::toml_reader::{Reader, parse, scalar};
use crate::value::{Date, Exact, Value, format_number};

/// A scenario, read but not yet held against a pack.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file, for messages.
    pub sources: Arc<Sources>,
    /// What it is called.
    pub title: String,
    /// What it asks, in a few sentences.
    pub text: String,
    /// What all runs begin with.
    pub base: Base,
    /// What to measure beside what is always measured.
    pub measures: Measured,
    /// What differs from the baseline, one run each (for each seed).
    pub variants: Vec<Variant>,
    /// Parameters moved through several values.
    pub sweeps: Vec<Sweep>,
    /// Figures known from elsewhere, to put beside those computed.
    pub observed: Vec<Expected>,
    /// Figures that are wanted.
    pub targets: Vec<Expected>,
}

/// What all runs begin with.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The data package: a path as the file says it.
    pub data: Option<Named>,
    /// Or the population file to draw one from.
    pub population: Option<Named>,
    /// The folder of rules; without one, those of whoever runs the scenario.
    pub rules: Option<Named>,
    /// The date as of which all is decided; without one, that of the data.
    pub as_of: Option<Date>,
    /// Only the requests and units that belong to these rows of a reference table.
    pub territory: Vec<(Named, Vec<String>)>,
    /// One repetition each. They decide the draw of a population, and which rows a change takes.
    pub seeds: Vec<u64>,
    /// Changes of rows that all runs begin with, in order.
    pub rows: Vec<RowChange>,
}

/// What to measure beside what is always measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Groups of rules of the pack whose outcomes are counted or summed.
    pub groups: Vec<Named>,
    /// Rules or fields by which requests are told apart.
    pub requests_by: Vec<Named>,
    /// The same of units.
    pub units_by: Vec<Named>,
    /// Rule of the pair: the rent burden.
    pub burden: Option<Named>,
    /// Rule of the request: how long it has waited.
    pub waiting: Option<Named>,
}

/// One run beside the baseline.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its short name.
    pub name: Named,
    /// What people call it.
    pub title: String,
    /// What it supposes.
    pub text: String,
    /// Another date than the baseline's.
    pub as_of: Option<Date>,
    /// A folder of rules laid over those of the baseline.
    pub rules: Option<Named>,
    /// Changes of parameters, in order.
    pub parameters: Vec<ParameterChange>,
    /// Changes of rows, in order.
    pub rows: Vec<RowChange>,
    /// The quotas that are asked for, the strictest first; without a list, those of the pack.
    pub quotas: Option<Vec<Named>>,
    /// Another rule of priority.
    pub priority: Option<Named>,
    /// Another rule of fit.
    pub fit: Option<Named>,
}

/// A change of a parameter.
#[derive(Clone, Debug)]
pub struct ParameterChange {
    /// The parameter.
    pub path: Named,
    /// The cell, by its first keys; without keys, all cells.
    pub key: Vec<Value>,
    /// What is done to it.
    pub how: How,
}

/// What is done to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Multiplied.
    Multiply(Exact),
    /// Something is added.
    Add(Exact),
    /// Replaced.
    Set(Value),
    /// Replaced by what is in force on another date.
    AsOf(Date),
}

/// How many rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Rows(u64),
    /// So many of those in question.
    Share(Exact),
    /// All of those in question.
    All,
}

/// Cells by the name of their field or column: the values allowed, or the one to write.
pub type CellsOf = Vec<(Named, Vec<String>)>;

/// A change of the rows of an entity.
#[derive(Clone, Debug)]
pub struct RowChange {
    /// The entity.
    pub entity: Named,
    /// What is done.
    pub kind: RowKind,
    /// How many rows.
    pub count: Count,
    /// Which rows are in question: those to copy, to change or to remove.
    pub which: CellsOf,
    /// What is written into the rows added or changed.
    pub to: CellsOf,
    /// What is written into the members of the rows added: by entity, which of them, and what.
    pub members: Vec<(Named, CellsOf, CellsOf)>,
    /// Where it is written.
    pub span: Span,
}

/// What is done to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// Copies of rows are added, with the members that belong to them.
    Add,
    /// A row is added that copies none.
    New,
    /// Rows are removed, with the members that belong to them.
    Remove,
    /// Cells are written over.
    Change,
}

/// A parameter, or two, moved through several values.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Its short name.
    pub name: Named,
    /// What people call it.
    pub title: String,
    /// What it asks.
    pub text: String,
    /// One or two parameters.
    pub axes: Vec<Axis>,
}

/// The values of one parameter of a sweep.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What people call it.
    pub label: String,
    /// The changes, one a point.
    pub points: Vec<ParameterChange>,
}

/// A figure from elsewhere: `TABLE.ROW.COLUMN` of the measures, and what it is or must be.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What people call it.
    pub label: String,
    /// The measure.
    pub figure: Named,
    /// The value; for a target, the least that is wanted.
    pub value: Exact,
    /// Where it comes from.
    pub source: String,
    /// What explains a difference.
    pub text: String,
}

impl Scenario {
    /// Reads a scenario file. `path` is what messages call it.
    ///
    /// # Errors
    /// **All** problems of the file, each at its place.
    pub fn parse(path: &str, text: &str) -> Result<Scenario, PackError> {
        let file = SourceFile { path: path.to_string(), text: Arc::from(text) };
        let sources = Arc::new(Sources::new("", vec![file]));
        let mut out = Diagnostics::default();
        let scenario = parse(0, text, &mut out).map(|root| read(root.get_ref(), &sources, &mut out));
        match scenario {
            Some(scenario) if !out.has_errors() => Ok(scenario),
            _ => {
                out.sort();
                Err(PackError { diagnostics: out.items, sources })
            }
        }
    }
}

fn own((text, span): (&str, Span)) -> Named {
    (text.to_string(), span)
}

fn read(root: &DeTable<'_>, sources: &Arc<Sources>, out: &mut Diagnostics) -> Scenario {
    let mut reader = Reader::new(0, 0..0, "the scenario", root);
    let title = reader.required_str("title", out).map(own).unwrap_or_default().0;
    let text = reader.string("text", out).unwrap_or_default();
    let base_span = reader.get("base").map_or(0..0, Spanned::span);
    let base = match reader.table("base", out) {
        Some(table) => base(Reader::new(0, base_span, "`base`", table), out),
        None => {
            if !root.contains_key("base") {
                out.push(Diagnostic::error(
                    "L0004",
                    "the scenario has no `base`",
                    Span::new(0, 0..0),
                    "add `[base]` with `data = \"…\"` or `population = \"…\"`",
                ));
            }
            Base::default()
        }
    };
    let span = reader.get("measures").map_or(0..0, Spanned::span);
    let measures = reader
        .table("measures", out)
        .map(|table| measured(Reader::new(0, span, "`measures`", table), out))
        .unwrap_or_default();
    let mut variants = Vec::new();
    for (span, table) in reader.tables("variant", out) {
        variants.extend(variant(Reader::new(0, span, "a variant", table), out));
    }
    let mut sweeps = Vec::new();
    for (span, table) in reader.tables("sweep", out) {
        sweeps.extend(sweep(Reader::new(0, span, "a sweep", table), out));
    }
    let mut expected = |key, what: &str, value, out: &mut Diagnostics| -> Vec<Expected> {
        let tables = reader.tables(key, out);
        tables
            .into_iter()
            .filter_map(|(span, t)| read_expected(Reader::new(0, span, what, t), value, out))
            .collect()
    };
    let observed = expected("observed", "an observed figure", "value", out);
    let targets = expected("target", "a target", "at_least", out);
    reader.finish(out);
    once(variants.iter().map(|v| &v.name).chain(sweeps.iter().map(|s| &s.name)), out);
    Scenario { sources: sources.clone(), title, text, base, measures, variants, sweeps, observed, targets }
}

/// Names are those of result files too: plain, each once, and none is the baseline's.
fn once<'n>(names: impl Iterator<Item = &'n Named>, out: &mut Diagnostics) {
    let mut seen: Vec<&str> = vec!["base"];
    for (name, span) in names {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            let message = format!("`{name}` is no plain name");
            out.push(Diagnostic::error(
                "L0601",
                message,
                span.clone(),
                "letters without accents, digits, `_` and `-`",
            ));
        }
        if seen.contains(&name.as_str()) {
            let message = format!("the name `{name}` stands twice");
            out.push(Diagnostic::error("L0601", message, span.clone(), "another one is needed"));
        }
        seen.push(name);
    }
}

fn base(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Base {
    let data = reader.str("data", out).map(own);
    let population = reader.str("population", out).map(own);
    if data.is_some() == population.is_some() {
        out.push(Diagnostic::error(
            "L0601",
            "a scenario has either `data` or `population`",
            reader.span(),
            "one of the two, and not both",
        ));
    }
    let rules = reader.str("rules", out).map(own);
    let as_of = reader.date("as_of", out);
    let mut territory = Vec::new();
    if let Some(table) = reader.table("territory", out) {
        territory = cells(&reader, table, out);
    }
    let seeds = seeds(&mut reader, out);
    let rows = row_changes(&reader, out);
    Base { data, population, rules, as_of, territory, seeds, rows }
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
                (Some(first), Some(count)) if count <= 100_000 => Some((first..first + count).collect()),
                _ => None,
            }
        }
        _ => None,
    };
    seeds.filter(|s| !s.is_empty()).unwrap_or_else(|| {
        out.push(Diagnostic::error(
            "L0601",
            "`seeds` must be a list of whole numbers, or the first and how many",
            reader.at(item),
            "such as [1, 2, 3] or { first = 1, count = 20 }",
        ));
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
    };
    reader.finish(out);
    measured
}

fn variant(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Variant> {
    let name = reader.required_str("name", out).map(own);
    if let Some((name, _)) = &name {
        reader.what = format!("variant `{name}`");
    }
    let title = reader.string("title", out);
    let text = reader.string("text", out).unwrap_or_default();
    let as_of = reader.date("as_of", out);
    let rules = reader.str("rules", out).map(own);
    let mut parameters = Vec::new();
    for (span, table) in reader.tables("parameter", out) {
        parameters.extend(parameter(Reader::new(0, span, "a change of a parameter", table), out));
    }
    let quotas = reader.strings("quotas", out);
    let priority = reader.str("priority", out).map(own);
    let fit = reader.str("fit", out).map(own);
    let rows = row_changes(&reader, out);
    let name = name?;
    let title = title.unwrap_or_else(|| name.0.clone());
    Some(Variant { name, title, text, as_of, rules, parameters, rows, quotas, priority, fit })
}

/// The keys of a table that nobody asked for: they are named after entities.
fn row_changes(reader: &Reader<'_, '_>, out: &mut Diagnostics) -> Vec<RowChange> {
    let mut rows = Vec::new();
    for (entity, key, item) in reader.rest() {
        let tables: Option<Vec<(Range<usize>, &DeTable<'_>)>> = item
            .get_ref()
            .as_array()
            .and_then(|list| list.iter().map(|i| Some((i.span(), i.get_ref().as_table()?))).collect());
        let span = Span::new(0, key);
        match tables {
            Some(tables) => {
                for (at, table) in tables {
                    let reader = Reader::new(0, at, format!("a change of `{entity}`"), table);
                    rows.extend(row_change(reader, (entity.to_string(), span.clone()), out));
                }
            }
            None => out.push(Diagnostic::error(
                "L0002",
                format!("{} has no key `{entity}`", reader.what),
                span,
                did_you_mean(entity, reader.known()),
            )),
        }
    }
    rows
}

/// A number as TOML writes it, or as a text that is a fraction.
fn number(item: &Spanned<DeValue<'_>>) -> Option<Exact> {
    match scalar(item.get_ref())? {
        Value::Number(n) => Some(n),
        Value::Text(text) => crate::value::parse_number(&text),
        _ => None,
    }
}

fn key_of(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Vec<Value> {
    let Some(item) = reader.get("key") else { return Vec::new() };
    let list: Option<Vec<Value>> = match item.get_ref() {
        DeValue::Array(list) => list.iter().map(|i| scalar(i.get_ref())).collect(),
        value => scalar(value).map(|v| vec![v]),
    };
    list.unwrap_or_else(|| {
        out.push(Diagnostic::error(
            "L0003",
            "`key` must be a list of keys",
            reader.at(item),
            "such as [\"autres_regions\", 3]",
        ));
        Vec::new()
    })
}

fn parameter(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<ParameterChange> {
    let path = reader.required_str("path", out).map(own);
    if let Some((path, _)) = &path {
        reader.what = format!("the change of `{path}`");
    }
    let key = key_of(&mut reader, out);
    let mut found = Vec::new();
    for name in ["multiply", "add", "set", "as_of"] {
        let Some(item) = reader.get(name) else { continue };
        let how = match name {
            "multiply" => number(item).map(How::Multiply),
            "add" => number(item).map(How::Add),
            "set" => number(item).map(Value::Number).or_else(|| scalar(item.get_ref())).map(How::Set),
            _ => match scalar(item.get_ref()) {
                Some(Value::Date(date)) => Some(How::AsOf(date)),
                _ => None,
            },
        };
        if how.is_none() {
            let wanted = if name == "as_of" { "a date" } else { "a number" };
            let message = format!("`{name}` of {} must be {wanted}", reader.what);
            out.push(Diagnostic::error(
                "L0003",
                message,
                reader.at(item),
                format!("found a {}", item.get_ref().type_str()),
            ));
        }
        found.push(how);
    }
    if found.len() != 1 {
        out.push(Diagnostic::error(
            "L0601",
            format!("{} says nothing, or two things", reader.what),
            reader.span(),
            "one of `multiply`, `add`, `set`, `as_of`",
        ));
    }
    let how = found.pop().flatten();
    reader.finish(out);
    Some(ParameterChange { path: path?, key, how: how? })
}

/// `field = value` or `field = [values]`, as texts of a file.
fn cells(reader: &Reader<'_, '_>, table: &DeTable<'_>, out: &mut Diagnostics) -> CellsOf {
    let mut found = Vec::new();
    for (key, item) in table.iter() {
        let values: Option<Vec<String>> = match item.get_ref() {
            DeValue::Array(list) => list.iter().map(|i| scalar(i.get_ref()).map(|v| v.to_string())).collect(),
            value => scalar(value).map(|v| vec![v.to_string()]),
        };
        let span = Span::new(reader.file, key.span());
        match values {
            Some(values) => found.push(((key.get_ref().to_string(), span), values)),
            None => out.push(Diagnostic::error(
                "L0003",
                format!("`{}` must be a value or a list of values", key.get_ref()),
                reader.at(item),
                format!("found a {}", item.get_ref().type_str()),
            )),
        }
    }
    found
}

fn count(item: &Spanned<DeValue<'_>>) -> Option<Count> {
    match scalar(item.get_ref())? {
        Value::Number(n) if n.is_integer() => u64::try_from(n.to_integer()).ok().map(Count::Rows),
        Value::Text(text) if text.as_ref() == "all" => Some(Count::All),
        Value::Text(text) => {
            let number = text.strip_suffix('%')?.trim().replace(',', ".");
            let share = crate::value::parse_number(&number)? / Exact::from_integer(100);
            (share >= Exact::from_integer(0)).then_some(Count::Share(share))
        }
        _ => None,
    }
}

fn row_change(mut reader: Reader<'_, '_>, entity: Named, out: &mut Diagnostics) -> Option<RowChange> {
    let mut found = Vec::new();
    for (name, kind) in [("add", RowKind::Add), ("remove", RowKind::Remove), ("change", RowKind::Change)] {
        let Some(item) = reader.get(name) else { continue };
        match count(item) {
            Some(count) => found.push((kind, count)),
            None => out.push(Diagnostic::error(
                "L0003",
                format!("`{name}` of {} must be a number of rows, a share, or all", reader.what),
                reader.at(item),
                "such as 300, \"10 %\" or \"all\"",
            )),
        }
    }
    let new = reader.get("new").map(Spanned::span);
    let new_table = if new.is_some() { reader.table("new", out) } else { None };
    if found.len() + usize::from(new.is_some()) > 1
        || (found.is_empty() && new.is_none() && !out.has_errors())
    {
        out.push(Diagnostic::error(
            "L0601",
            format!("{} says nothing, or two things", reader.what),
            reader.span(),
            "one of `add`, `new`, `remove`, `change`",
        ));
    }
    let mut table = |key: &'static str, out: &mut Diagnostics| match reader.table(key, out) {
        Some(table) => cells(&reader, table, out),
        None => Vec::new(),
    };
    let like = table("like", out);
    let mut which = table("where", out);
    let with = table("with", out);
    let mut to = table("to", out);
    let mut members = Vec::new();
    if let Some(all) = reader.table("members", out) {
        for (name, item) in all.iter() {
            let Some(inner) = item.get_ref().as_table() else {
                out.push(Diagnostic::error(
                    "L0003",
                    format!("`{}` must be a table", name.get_ref()),
                    reader.at(item),
                    "with `where` and `to`",
                ));
                continue;
            };
            let mut member = Reader::new(0, item.span(), format!("the members `{}`", name.get_ref()), inner);
            let mut part = |key: &'static str, out: &mut Diagnostics| match member.table(key, out) {
                Some(table) => cells(&member, table, out),
                None => Vec::new(),
            };
            let (which, to) = (part("where", out), part("to", out));
            member.finish(out);
            members.push(((name.get_ref().to_string(), Span::new(0, name.span())), which, to));
        }
    }
    let span = reader.span();
    let only = |present: bool, key: &str, of: &str, out: &mut Diagnostics| {
        if present {
            out.push(Diagnostic::error(
                "L0601",
                format!("`{key}` is not for this kind of change"),
                span.clone(),
                of.to_string(),
            ));
        }
    };
    let (kind, count) = match new_table {
        Some(table) => {
            to = cells(&reader, table, out);
            (RowKind::New, Count::Rows(1))
        }
        None => found.pop()?,
    };
    match kind {
        RowKind::Add => {
            only(!which.is_empty(), "where", "rows are added `like` others", out);
            only(!to.is_empty(), "to", "what is written into added rows is `with`", out);
            (which, to) = (like, with);
        }
        RowKind::New => only(
            !like.is_empty() || !which.is_empty() || !with.is_empty(),
            "like",
            "a `new` row copies none",
            out,
        ),
        RowKind::Remove | RowKind::Change => {
            only(
                !like.is_empty() || !with.is_empty(),
                "like",
                "rows to change or remove are given by `where`, what is written by `to`",
                out,
            );
            only(!members.is_empty(), "members", "members are changed by a change of their own", out);
            only(
                kind == RowKind::Remove && !to.is_empty(),
                "to",
                "nothing is written into removed rows",
                out,
            );
        }
    }
    reader.finish(out);
    Some(RowChange { entity, kind, count, which, to, members, span })
}

fn sweep(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Sweep> {
    let name = reader.required_str("name", out).map(own);
    if let Some((name, _)) = &name {
        reader.what = format!("sweep `{name}`");
    }
    let title = reader.string("title", out);
    let text = reader.string("text", out).unwrap_or_default();
    let mut axes = Vec::new();
    let tables = reader.tables("axis", out);
    if tables.is_empty() || tables.len() > 2 {
        let message = format!("{} moves one parameter, or two", reader.what);
        out.push(Diagnostic::error("L0601", message, reader.span(), "add one or two `[[sweep.axis]]`"));
    }
    for (span, table) in tables {
        axes.extend(axis(Reader::new(0, span, "an axis", table), out));
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
            None => out.push(Diagnostic::error(
                "L0003",
                format!("`{name}` of an axis must be a list of numbers"),
                reader.at(item),
                "such as [0, 0.25, 0.5]",
            )),
        }
    }
    if points.is_empty() && !out.has_errors() {
        out.push(Diagnostic::error(
            "L0601",
            "an axis has no values",
            reader.span(),
            "add `set`, `add` or `multiply`, each a list",
        ));
    }
    reader.finish(out);
    let path = path?;
    let change = |how| ParameterChange { path: path.clone(), key: key.clone(), how };
    Some(Axis {
        label: label.unwrap_or_else(|| path.0.clone()),
        points: points.into_iter().map(change).collect(),
    })
}

fn read_expected(mut reader: Reader<'_, '_>, value: &'static str, out: &mut Diagnostics) -> Option<Expected> {
    let label = reader.required_str("label", out).map(|(t, _)| t.to_string());
    let figure = reader.required_str("figure", out).map(own);
    let item = reader.get(value);
    let number = item.and_then(number);
    if number.is_none() {
        let at = item.map_or_else(|| reader.span(), |i| reader.at(i));
        out.push(Diagnostic::error(
            "L0003",
            format!("`{value}` of {} must be a number", reader.what),
            at,
            format!("add `{value} = …`"),
        ));
    }
    let source = reader.string("source", out).unwrap_or_default();
    let text = reader.string("text", out).unwrap_or_default();
    reader.finish(out);
    Some(Expected { label: label?, figure: figure?, value: number?, source, text })
}

/// `1,05`
pub(super) fn french(number: &Exact) -> String {
    format_number(number).replace('.', ",")
}

fn shown_values(values: &[String]) -> String {
    let shown: Vec<&str> = values.iter().map(|v| if v.is_empty() { "rien" } else { v }).collect();
    shown.join(" ou ")
}

fn cells_text(cells: &CellsOf) -> String {
    cells
        .iter()
        .map(|((name, _), values)| format!("{name} = {}", shown_values(values)))
        .collect::<Vec<_>>()
        .join(", ")
}

impl std::fmt::Display for ParameterChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path.0)?;
        if !self.key.is_empty() {
            let keys: Vec<String> = self.key.iter().map(Value::to_string).collect();
            write!(f, " [{}]", keys.join(", "))?;
        }
        match &self.how {
            How::Multiply(n) => write!(f, " × {}", french(n)),
            How::Add(n) if *n < Exact::from_integer(0) => write!(f, " − {}", french(&-n)),
            How::Add(n) => write!(f, " + {}", french(n)),
            How::Set(Value::Number(n)) => write!(f, " = {}", french(n)),
            How::Set(value) => write!(f, " = {value}"),
            How::AsOf(date) => write!(f, " : les valeurs en vigueur au {date}"),
        }
    }
}

impl std::fmt::Display for RowChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = match &self.count {
            Count::Rows(n) => n.to_string(),
            Count::Share(share) => format!("{} %", french(&(share * Exact::from_integer(100)))),
            Count::All => "toutes les lignes".to_string(),
        };
        let entity = &self.entity.0;
        match self.kind {
            RowKind::Add => write!(f, "{entity} : {count} de plus")?,
            RowKind::New => write!(f, "{entity} : une ligne nouvelle")?,
            RowKind::Remove => write!(f, "{entity} : {count} de moins")?,
            RowKind::Change => write!(f, "{entity} : {count} changées")?,
        }
        if !self.which.is_empty() {
            write!(f, ", parmi {}", cells_text(&self.which))?;
        }
        if !self.to.is_empty() {
            write!(f, ", avec {}", cells_text(&self.to))?;
        }
        for ((name, _), which, to) in &self.members {
            write!(f, " ; {name}")?;
            if !which.is_empty() {
                write!(f, " ({})", cells_text(which))?;
            }
            write!(f, " : {}", cells_text(to))?;
        }
        Ok(())
    }
}
