//! Reading changes: of parameters, of rows.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::own;
use super::{CellsOf, Count, How, ParameterChange, RowChange, RowKind};
use logis_language::diagnostic::{Diagnostic, Diagnostics, Span, did_you_mean};
use logis_language::pack::manifest::Named;
use logis_language::pack::toml_reader::{Reader, scalar};
use logis_language::value::{Exact, Value};

/// The keys of a table that nobody asked for: they are named after entities.
pub(super) fn row_changes(reader: &Reader<'_, '_>, out: &mut Diagnostics) -> Vec<RowChange> {
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

/// A number as TOML writes it, or as a text that is a fraction; none that is out of [`fits`].
pub(super) fn number(item: &Spanned<DeValue<'_>>) -> Option<Exact> {
    let number = match scalar(item.get_ref())? {
        Value::Number(n) => n,
        Value::Text(text) => logis_language::value::parse_number(&text)?,
        _ => return None,
    };
    fits(&number).then_some(number)
}

/// What numbers a scenario may hold: fourteen digits before the point, nine after it. The report adds, subtracts and
/// multiplies two of them with figures of 64 bits, which then stays within 128.
fn fits(number: &Exact) -> bool {
    let most = Exact::from_integer(100_000_000_000_000);
    *number < most && -most < *number && *number.denom() <= 1_000_000_000
}

/// What to say of what is no such number: that it is too long, or an example.
pub(super) fn instead(item: &Spanned<DeValue<'_>>, example: &str) -> String {
    match item.get_ref() {
        DeValue::Integer(_) | DeValue::Float(_) => {
            format!("such as {example}: at most 14 digits before the point and 9 after it")
        }
        DeValue::String(text) if text.chars().any(|c| c.is_ascii_digit()) => {
            format!("such as {example}: at most 14 digits before the point and 9 after it")
        }
        _ => format!("such as {example}"),
    }
}

pub(super) fn key_of(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Vec<Value> {
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

pub(super) fn parameter(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<ParameterChange> {
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
            "set" => match scalar(item.get_ref()) {
                Some(Value::Number(_)) => number(item).map(Value::Number),
                other => number(item).map(Value::Number).or(other),
            }
            .map(How::Set),
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
                match item.get_ref() {
                    DeValue::Integer(_) | DeValue::Float(_) => instead(item, "1.05"),
                    other => format!("found a {}", other.type_str()),
                },
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
pub(super) fn cells(reader: &Reader<'_, '_>, table: &DeTable<'_>, out: &mut Diagnostics) -> CellsOf {
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

pub(super) fn count(item: &Spanned<DeValue<'_>>) -> Option<Count> {
    match scalar(item.get_ref())? {
        Value::Number(n) if n.is_integer() => u64::try_from(n.to_integer()).ok().map(Count::Rows),
        Value::Text(text) if text.as_ref() == "all" => Some(Count::All),
        Value::Text(text) => {
            let number = text.strip_suffix('%')?.trim().replace(',', ".");
            let percent = logis_language::value::parse_number(&number).filter(fits)?;
            let share = logis_language::value::div(&percent, &Exact::from_integer(100)).ok()?;
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
                instead(item, "300, \"10 %\" or \"all\""),
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
