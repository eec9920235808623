//! Dated parameter tables: every threshold of the law, from when it holds, and where it is written.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::slips;
use super::territory::TerritoryId;
use super::toml_reader::{Reader, parse, scalar};
use crate::diagnostic::texts::files::{toml_kind, what};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Span, texts};
use crate::value::{Date, Type, Value, add_days, add_months, parse_number};

/// Number of a parameter in [`crate::pack::Parsed::parameters`].
pub type ParameterId = usize;

/// One parameter table.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its path in scripts: `plus.plafond`.
    pub path: String,
    /// What people call it.
    pub label: String,
    /// Unit of its values.
    pub unit: Option<String>,
    /// What its cells are keyed by, outermost first.
    pub by: Vec<String>,
    /// Does the law renew it each year? A decision past its last year then carries a warning.
    pub yearly: bool,
    /// Until when its values were seen to hold, and by what. A decision after that day carries a warning.
    pub verified: Option<Verified>,
    /// By date of effect, oldest first.
    pub versions: Vec<ParameterVersion>,
    /// Type of its values.
    pub value_type: Type,
    /// Of a table that a territory gives: which.
    pub territory: Option<TerritoryId>,
    /// The tables that territories give in place of this one, from the widest territory to the finest: where the
    /// row is of one of them, its table holds.
    pub local: Vec<ParameterId>,
    /// Where it is declared.
    pub span: Span,
}

/// That the values of a table were compared with the law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last day on which they were seen to hold.
    pub on: Date,
    /// By what: a page with its day, the version of a programme.
    pub by: String,
}

/// The values in force from a date on.
#[derive(Clone, Debug)]
pub struct ParameterVersion {
    /// First day on which the values hold.
    pub from: Date,
    /// Last day, where they end without a successor.
    pub until: Option<Date>,
    /// Legal reference: the first, where there are several.
    pub source: Source,
    /// The legal references beside the first.
    pub more_sources: Vec<Source>,
    /// Why a value may be wrong, where it may.
    pub doubt: Option<String>,
    /// The cells: the keys in the order of `by`.
    pub cells: BTreeMap<Vec<Value>, Cell>,
    /// Where it is declared.
    pub span: Span,
}

/// One value of a table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The value.
    pub value: Value,
    /// Where it is written.
    pub span: Span,
}

/// A legal reference.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Title of the text and article.
    pub title: String,
    /// Identifier of the text (JORFTEXT, LEGIARTI, NOR), if known.
    pub id: Option<String>,
    /// Address of a page that shows it, if it is in no official collection.
    pub url: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.id, &self.url) {
            (Some(id), _) => write!(f, "{} ({id})", self.title),
            (None, Some(url)) => write!(f, "{} ({url})", self.title),
            (None, None) => f.write_str(&self.title),
        }
    }
}

impl ParameterVersion {
    /// The legal references, the first one first.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.source).chain(&self.more_sources)
    }

    /// The legal references as one text, separated by semicolons.
    pub fn cited(&self) -> String {
        self.sources().map(Source::to_string).collect::<Vec<_>>().join(" ; ")
    }
}

impl Parameter {
    /// The version in force on `date`, if any.
    pub fn at(&self, date: Date) -> Option<&ParameterVersion> {
        let version = self.versions.iter().rev().find(|v| v.from <= date)?;
        version.until.is_none_or(|until| date <= until).then_some(version)
    }

    /// The days from which it has another value, or none, in no order.
    pub fn changes(&self) -> impl Iterator<Item = Date> + '_ {
        self.versions
            .iter()
            .flat_map(|v| [Some(v.from), v.until.and_then(|last| add_days(last, 1))])
            .flatten()
    }

    /// Does a yearly table miss the value of `date`, so that an earlier year's is taken: is the date past the last
    /// year that the table covers, or more than a year after a value whose successor comes later still? A table that
    /// was verified on the date or later misses nothing.
    pub fn is_stale(&self, date: Date) -> bool {
        if !self.yearly || self.verified.as_ref().is_some_and(|v| v.on >= date) {
            return false;
        }
        let next = self.versions.partition_point(|v| v.from <= date);
        let Some(version) = next.checked_sub(1).and_then(|at| self.versions.get(at)) else { return false };
        match self.versions.get(next) {
            None => date.year() > version.from.year(),
            Some(_) => add_months(version.from, 12).is_some_and(|renewed| renewed <= date),
        }
    }

    /// Is `date` after the day until which the values were seen to hold?
    pub(crate) fn is_unverified(&self, date: Date) -> bool {
        self.verified.as_ref().is_some_and(|v| date > v.on)
    }
}

/// Reads the parameter tables of one file.
pub(super) fn read(
    file: FileId,
    text: &str,
    into: &mut Vec<Parameter>,
    unreadable: &mut Vec<String>,
    out: &mut Diagnostics,
) {
    let Some(root) = parse(file, text, out) else {
        unreadable.push("*".to_string());
        return;
    };
    find(file, "", root.get_ref(), into, unreadable, out);
}

/// A table with `values`, or that says that it is `local`, is a parameter; any other is a folder of tables.
fn find(
    file: FileId,
    path: &str,
    table: &DeTable<'_>,
    into: &mut Vec<Parameter>,
    unreadable: &mut Vec<String>,
    out: &mut Diagnostics,
) {
    for (key, value) in table.iter() {
        let path =
            if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        let span = Span::new(file, key.span());
        match value.get_ref() {
            DeValue::Table(inner) if inner.contains_key("values") || inner.contains_key("local") => {
                match read_parameter(file, &path, span, inner, out) {
                    Some(parameter) => into.push(parameter),
                    None => unreadable.push(path),
                }
            }
            DeValue::Table(inner) if inner.iter().any(|(_, v)| v.get_ref().is_table()) => {
                find(file, &path, inner, into, unreadable, out);
            }
            _ => out.push(texts::schema::no_values(&path, span)),
        }
    }
}

fn read_parameter(
    file: FileId,
    path: &str,
    span: Span,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Option<Parameter> {
    let mut reader = Reader::new(file, span.range.clone(), what::parameter(path), table);
    let label = reader.string("label", out).unwrap_or_else(|| path.to_string());
    let unit = reader.string("unit", out);
    let by: Vec<String> = reader.strings("by", out).unwrap_or_default().into_iter().map(|(k, _)| k).collect();
    let yearly = match reader.str("renewed", out) {
        None => false,
        Some(("yearly", _)) => true,
        Some((other, at)) => {
            out.push(texts::schema::unknown_renewal(other, at));
            false
        }
    };
    let verified = reader.table("verified", out).and_then(|table| {
        let at = reader.get("verified").map_or(0..0, Spanned::span);
        let mut read = Reader::new(file, at, what::verified_of(path), table);
        let (on, by) = (read.date("on", out), read.required_str("by", out));
        if !table.contains_key("on") {
            out.push(texts::files::missing_key(&read.what, "on", read.span()));
        }
        read.finish(out);
        Some(Verified { on: on?, by: by?.0.to_string() })
    });
    let declared = match reader.bool("local", out) {
        true => reader.required_str("type", out).and_then(|(name, at)| declared_type(name, at, out)),
        false => None,
    };
    let mut versions = Vec::new();
    if let Some(values) = reader.get("values") {
        match values.get_ref().as_array() {
            Some(array) => {
                for version in array {
                    versions.extend(read_version(file, path, &by, version, out));
                }
            }
            None => out.push(texts::schema::values_not_a_list(path, reader.at(values))),
        }
    }
    reader.finish(out);
    versions.sort_by_key(|v| v.from);
    for pair in versions.windows(2) {
        if let [a, b] = pair
            && a.from == b.from
        {
            out.push(texts::schema::two_values(path, b.from, b.span.clone(), a.span.clone()));
        }
    }
    texts_that_are_values(path, unit.as_deref(), &mut versions, out);
    let mut types = versions.iter().flat_map(|v| v.cells.values());
    let value_type = types.next().map(|c| c.value.value_type()).or(declared)?;
    for cell in types {
        if !cell.value.value_type().matches(&value_type) {
            let found = cell.value.value_type();
            out.push(texts::schema::mixed_types(path, &found, &value_type, cell.span.clone()));
        }
    }
    check_same_keys(path, &versions, out);
    let path = path.to_string();
    let (territory, local) = (None, Vec::new());
    Some(Parameter { path, label, unit, by, yearly, verified, versions, value_type, territory, local, span })
}

/// The type that a table says its values have: one that territories give values has none to show it.
fn declared_type(name: &str, at: Span, out: &mut Diagnostics) -> Option<Type> {
    Some(match name {
        "number" => Type::Number,
        "boolean" => Type::Bool,
        "date" => Type::Date,
        "text" => Type::Text(None),
        other => {
            out.push(texts::territories::unknown_type(other, at));
            return None;
        }
    })
}

/// A text such as `"30 %"` or `"20000,50"` in a cell: an error where the parameter has a unit or another cell
/// that is no text, and then read as what it says; a warning elsewhere.
fn texts_that_are_values(
    path: &str,
    unit: Option<&str>,
    versions: &mut [ParameterVersion],
    out: &mut Diagnostics,
) {
    let is_text = |cell: &Cell| matches!(cell.value, Value::Text(_));
    let sure = unit.is_some() || versions.iter().flat_map(|v| v.cells.values()).any(|c| !is_text(c));
    for cell in versions.iter_mut().flat_map(|v| v.cells.values_mut()) {
        let Value::Text(text) = &cell.value else { continue };
        let Some(mut written) = slips::written(text) else { continue };
        if written.what == slips::What::Truth && (!sure || unit.is_some()) {
            // `oui` and `non` may be codes.
            continue;
        }
        if written.what == slips::What::Percent && unit == Some("%") {
            written.corrected = text.chars().filter(|c| c.is_ascii_digit() || *c == ',').collect();
            written.corrected = written.corrected.replace(',', ".");
        }
        let right = &written.corrected;
        if sure {
            let message = format!(
                "{} entre guillemets dans `{path}`: « {text} »; attendu: `{right}`",
                written.what.name()
            );
            let label = format!("écrire `{right}`, sans guillemets");
            out.push(Diagnostic::error("L0027", message, cell.span.clone(), label));
            let date = crate::value::parse_date(right).map(Value::Date);
            let value = date.or_else(|| parse_number(right).map(Value::Number));
            cell.value = value.unwrap_or(Value::Bool(right == "true"));
        } else {
            let message = format!(
                "« {text} » dans `{path}` est un texte, et se lit comme {}",
                written.what.with_article()
            );
            let label = format!("pour une valeur, écrire `{right}`, sans guillemets");
            out.push(Diagnostic::warning("L0036", message, cell.span.clone(), label));
        }
    }
}

/// A cell that one version has and the next lacks is a hole, or a misspelt key.
fn check_same_keys(path: &str, versions: &[ParameterVersion], out: &mut Diagnostics) {
    for pair in versions.windows(2) {
        let [a, b] = pair else { continue };
        for (key, cell) in &b.cells {
            if !a.cells.contains_key(key) && a.cells.keys().any(|k| !b.cells.contains_key(k)) {
                let (keys, at) = (show_keys(key), cell.span.clone());
                out.push(texts::schema::new_cell(path, &keys, b.from, at, a.span.clone()));
            }
        }
    }
}

/// `[autres_regions, 3]`
pub fn show_keys(keys: &[Value]) -> String {
    let keys: Vec<String> = keys.iter().map(Value::to_string).collect();
    format!("[{}]", keys.join(", "))
}

fn read_version(
    file: FileId,
    path: &str,
    by: &[String],
    item: &Spanned<DeValue<'_>>,
    out: &mut Diagnostics,
) -> Option<ParameterVersion> {
    let span = Span::new(file, item.span());
    let Some(table) = item.get_ref().as_table() else {
        out.push(texts::schema::value_not_a_table(path, span));
        return None;
    };
    let mut reader = Reader::new(file, item.span(), what::value_of(path), table);
    let from = reader.date("from", out);
    if !table.contains_key("from") {
        out.push(texts::schema::undated(path, span.clone()));
    }
    let until = reader.date("until", out);
    let doubt = reader.string("doute", out);
    if !table.contains_key("source") {
        out.push(texts::schema::unsourced(path, span.clone()));
    }
    let mut sources = read_sources(file, path, &mut reader, out).into_iter();
    let source = sources.next().unwrap_or_default();
    let more_sources = sources.collect();
    let mut cells = BTreeMap::new();
    if by.is_empty() {
        match reader.get("value") {
            Some(value) => read_cells(file, path, 0, Vec::new(), value, &mut cells, out),
            None => out.push(texts::schema::no_value(path, span.clone())),
        }
        reader.finish(out);
    } else {
        for (key, _, value) in reader.rest() {
            read_cells(file, path, by.len() - 1, vec![key_value(key)], value, &mut cells, out);
        }
    }
    Some(ParameterVersion { from: from?, until, source, more_sources, doubt, cells, span })
}

/// The sources of a table: one, or a list of several.
pub(super) fn read_sources(
    file: FileId,
    of: &str,
    reader: &mut Reader<'_, '_>,
    out: &mut Diagnostics,
) -> Vec<Source> {
    let sources = match reader.get("source").map(|item| (item, item.get_ref().as_array())) {
        Some((_, Some(_))) => reader.tables("source", out),
        Some((item, None)) => {
            reader.table("source", out).map(|table| (item.span(), table)).into_iter().collect()
        }
        None => Vec::new(),
    };
    sources.into_iter().map(|(at, table)| read_source(file, of, at, table, out)).collect()
}

fn read_source(
    file: FileId,
    path: &str,
    at: std::ops::Range<usize>,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Source {
    let span = Span::new(file, at.clone());
    let mut source = Reader::new(file, at, what::source_of(path), table);
    let title = source.required_str("title", out).map_or_else(String::new, |t| t.0.to_string());
    let (id, url) = (source.string("id", out), source.string("url", out));
    source.finish(out);
    Source { title, id, url, span }
}

/// A key of a table: a whole number where it reads as one, a text otherwise.
fn key_value(key: &str) -> Value {
    match key.parse::<i64>() {
        // Codes such as `01001` keep their zero.
        Ok(number) if number.to_string() == key && key.len() < 5 => Value::int(number),
        _ => Value::text(key),
    }
}

fn read_cells(
    file: FileId,
    path: &str,
    depth: usize,
    keys: Vec<Value>,
    item: &Spanned<DeValue<'_>>,
    cells: &mut BTreeMap<Vec<Value>, Cell>,
    out: &mut Diagnostics,
) {
    let span = Span::new(file, item.span());
    if depth == 0 {
        let value = match scalar(item.get_ref()) {
            Some(Value::Text(text)) if text.contains('/') => {
                Some(parse_number(&text).map_or(Value::Text(text), Value::Number))
            }
            value => value,
        };
        match value {
            Some(value) => {
                cells.insert(keys, Cell { value, span });
            }
            None => {
                out.push(texts::schema::not_a_cell(path, toml_kind(item.get_ref().type_str()), span));
            }
        }
        return;
    }
    let with = |key: Value| keys.iter().cloned().chain([key]).collect::<Vec<_>>();
    match item.get_ref() {
        DeValue::Array(array) => {
            for (number, value) in (1_i64..).zip(array.iter()) {
                read_cells(file, path, depth - 1, with(Value::int(number)), value, cells, out);
            }
        }
        DeValue::Table(table) => {
            for (key, value) in table.iter() {
                read_cells(file, path, depth - 1, with(key_value(key.get_ref())), value, cells, out);
            }
        }
        other => out.push(texts::schema::too_few_keys(path, depth, toml_kind(other.type_str()), span)),
    }
}
