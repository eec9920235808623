//! Reading changes: of parameters, of rows.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::own;
use super::{CellsOf, Count, How, ParameterChange, RowChange, RowKind};
use crate::texts::{self, form, what};
use logis_language::diagnostic::{Diagnostics, Span};
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
                    let reader = Reader::new(0, at, what::rows(entity), table);
                    rows.extend(row_change(reader, (entity.to_string(), span.clone()), out));
                }
            }
            None => out.push(texts::unknown_key(&reader.what, entity, reader.known(), span)),
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
    let is_long = match item.get_ref() {
        DeValue::Integer(_) | DeValue::Float(_) => true,
        DeValue::String(text) => text.chars().any(|c| c.is_ascii_digit()),
        _ => false,
    };
    texts::such_as(example, is_long)
}

pub(super) fn key_of(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Vec<Value> {
    let Some(item) = reader.get("key") else { return Vec::new() };
    // One key alone needs no brackets.
    let list: Option<Vec<Value>> = match item.get_ref() {
        DeValue::Array(list) => list.iter().map(|i| scalar(i.get_ref())).collect(),
        value => scalar(value).map(|v| vec![v]),
    };
    list.unwrap_or_else(|| {
        let label = texts::such_as("[\"autres_regions\", 3]", false);
        out.push(texts::wrong_form(&reader.what, "key", form::KEYS, reader.at(item), label));
        Vec::new()
    })
}

pub(super) fn parameter(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<ParameterChange> {
    let path = reader.required_str("path", out).map(own);
    if let Some((path, _)) = &path {
        reader.what = what::parameter(path);
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
            let (form, example) =
                if name == "as_of" { (form::DATE, "2026-06-30") } else { (form::NUMBER, "1.05") };
            let label = match item.get_ref() {
                DeValue::Integer(_) | DeValue::Float(_) if name == "as_of" => texts::such_as(example, false),
                DeValue::Integer(_) | DeValue::Float(_) => instead(item, example),
                other => texts::found(other.type_str()),
            };
            out.push(texts::wrong_form(&reader.what, name, form, reader.at(item), label));
        }
        found.push(how);
    }
    // Two of them would depend on which comes first.
    if found.len() != 1 {
        out.push(texts::not_one_of(&reader.what, "`multiply`, `add`, `set`, `as_of`", reader.span()));
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
            None => {
                let label = texts::found(item.get_ref().type_str());
                out.push(texts::wrong_form(
                    &reader.what,
                    key.get_ref(),
                    form::VALUES,
                    reader.at(item),
                    label,
                ));
            }
        }
    }
    found
}

pub(super) fn count(item: &Spanned<DeValue<'_>>) -> Option<Count> {
    match scalar(item.get_ref())? {
        Value::Number(n) if n.is_integer() => u64::try_from(n.to_integer()).ok().map(Count::Rows),
        Value::Text(text) if text.as_ref() == "all" => Some(Count::All),
        Value::Text(text) => {
            // A share is exact, and may have a decimal comma as people write it.
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
            None => {
                let label = instead(item, "300, \"10 %\" ou \"all\"");
                out.push(texts::wrong_form(&reader.what, name, form::COUNT, reader.at(item), label));
            }
        }
    }
    // `new` has the row itself in place of a number of rows.
    let new = reader.get("new").map(Spanned::span);
    let new_table = if new.is_some() { reader.table("new", out) } else { None };
    if found.len() + usize::from(new.is_some()) > 1
        || (found.is_empty() && new.is_none() && !out.has_errors())
    {
        out.push(texts::not_one_of(&reader.what, "`add`, `new`, `remove`, `change`", reader.span()));
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
                let label = texts::instead::MEMBERS.to_string();
                out.push(texts::wrong_form(
                    &reader.what,
                    name.get_ref(),
                    form::TABLE,
                    reader.at(item),
                    label,
                ));
                continue;
            };
            let mut member = Reader::new(0, item.span(), what::members(name.get_ref()), inner);
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
            out.push(texts::other_change(key, of, span.clone()));
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
        // A copy is told by what it is like and with what it differs; the other kinds by which rows they take
        // and what they write. Both end in the same two lists.
        RowKind::Add => {
            only(!which.is_empty(), "where", texts::instead::LIKE, out);
            only(!to.is_empty(), "to", texts::instead::WITH, out);
            (which, to) = (like, with);
        }
        RowKind::New => only(
            !like.is_empty() || !which.is_empty() || !with.is_empty(),
            "like",
            texts::instead::NO_COPY,
            out,
        ),
        RowKind::Remove | RowKind::Change => {
            only(!like.is_empty() || !with.is_empty(), "like", texts::instead::WHERE_AND_TO, out);
            only(!members.is_empty(), "members", texts::instead::OWN_CHANGE, out);
            only(kind == RowKind::Remove && !to.is_empty(), "to", texts::instead::NOTHING_WRITTEN, out);
        }
    }
    reader.finish(out);
    Some(RowChange { entity, kind, count, which, to, members, span })
}
