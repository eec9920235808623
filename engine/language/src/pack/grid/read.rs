//! Reads `grille.toml`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::params::read_sources;
use super::super::toml_reader::{Reader, parse, scalar};
use super::body::Condition;
use super::make::Maker;
use super::{CAP, FILE, Figure, Grid, Points, Row, Whole};
use crate::diagnostic::texts::grids as texts;
use crate::diagnostic::texts::grids::what;
use crate::diagnostic::{Diagnostics, FileId, Sources, Span};
use crate::value::{Exact, Value};

/// The rule that a grid makes, if it does not say.
const RULE: &str = "cotation";

/// Reads one file.
pub(in crate::pack) fn read(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Grid> {
    let text = &sources.get(file)?.text;
    let root = parse(file, text, out)?;
    let mut reader = Reader::new(file, 0..0, FILE, root.get_ref());
    let title = reader.required_str("title", out);
    let named = reader.str("rule", out);
    let entity = reader.str("entity", out).map(|(name, span)| (name.to_string(), span));
    let from = reader.date("from", out);
    let until = reader.date("until", out);
    let of_file = read_sources(file, FILE, &mut reader, out);
    let doubt = reader.string("doute", out);
    let reserves = reader.strings("reserves", out).unwrap_or_default().into_iter().map(|(r, _)| r).collect();
    let cap = figure(&mut reader, "cap", out);
    let days = days(&mut reader);
    let rows = reader.tables("criterion", out);
    let whole = reader.span();
    reader.finish(out);
    let (Some((title, at)), Some(from)) = (title, from) else {
        if from.is_none() {
            out.push(texts::undated(whole));
        }
        return None;
    };
    let rule = match named {
        Some((name, span)) if is_name(name) => (name.to_string(), span),
        Some((name, span)) => {
            out.push(texts::no_name(name, span));
            return None;
        }
        None => (RULE.to_string(), at),
    };
    let whole =
        Whole { title: title.to_string(), rule, from, until, days, sources: of_file, doubt, reserves, cap };
    // Of a grid with a faulty row nothing is made: a sum without it would be another.
    let found: Vec<Option<Row>> =
        rows.into_iter().map(|(at, table)| row(file, text, at, table, &whole, out)).collect();
    let rows: Vec<Row> = found.into_iter().collect::<Option<_>>()?;
    let made = Maker { sources, whole: &whole }.all(rows, out)?;
    Some(Grid { entity, rule: whole.rule, texts: made.0, parameters: made.1 })
}

fn is_name(name: &str) -> bool {
    // A figure of the whole grid has this name.
    name != CAP
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Where the first and the last day are written.
fn days(reader: &mut Reader<'_, '_>) -> [Option<Span>; 2] {
    ["from", "until"].map(|key| reader.get(key).map(|item| reader.at(item)))
}

fn figure(reader: &mut Reader<'_, '_>, key: &'static str, out: &mut Diagnostics) -> Option<Figure> {
    let item = reader.get(key)?;
    let (value, span) = (number(item.get_ref()), reader.at(item));
    if value.is_none() {
        out.push(texts::no_number(key, span.clone()));
    }
    Some(Figure { value: value?, span })
}

fn number(item: &DeValue<'_>) -> Option<Exact> {
    match scalar(item) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// One row; all that is wrong with it is told.
fn row(
    file: FileId,
    text: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
    whole: &Whole,
    out: &mut Diagnostics,
) -> Option<Row> {
    let before = out.items.len();
    let mut reader = Reader::new(file, at, what::A_CRITERION, table);
    let (name, name_span) = reader.required_str("name", out)?;
    if !is_name(name) {
        out.push(texts::no_name(name, name_span.clone()));
    }
    reader.what = what::criterion(name);
    let label = reader.required_str("label", out).map(|(label, _)| label.to_string());
    let mut expression = |key: &'static str, out: &mut Diagnostics| {
        let (value, span) = reader.str(key, out)?;
        // The place of a rule begins at its name, and its code stands behind.
        if span.range.start < name_span.range.start {
            out.push(texts::name_first(name, span.clone()));
        }
        Condition::read(file, text, value, &span, out)
    };
    let when = expression("when", out);
    let of = expression("of", out);
    let points = figure(&mut reader, "points", out).map(Points::Each);
    let bands = bands(&mut reader, out).map(Points::Bands);
    let unknown = reader.string("unknown", out).map(Points::Unknown);
    let cap = figure(&mut reader, "cap", out);
    let group = reader.string("group", out);
    let from = reader.date("from", out);
    let until = reader.date("until", out);
    let days = days(&mut reader);
    let doubt = reader.string("doute", out);
    let mut sources = read_sources(file, &reader.what.clone(), &mut reader, out);
    if sources.is_empty() {
        sources.clone_from(&whole.sources);
    }
    let span = reader.span();
    let mut given = [points, bands, unknown].into_iter().flatten();
    let points = given.next();
    match &points {
        _ if given.next().is_some() => out.push(texts::two_points(&reader.what, span.clone())),
        None if !["points", "bands"].iter().any(|key| table.contains_key(*key)) => {
            out.push(texts::no_points(&reader.what, span.clone()));
        }
        Some(Points::Bands(_)) if !table.contains_key("of") => {
            out.push(texts::bands_of_nothing(&reader.what, span.clone()));
        }
        _ => {}
    }
    if !table.contains_key("when") && !table.contains_key("of") {
        out.push(texts::no_condition(&reader.what, span.clone()));
    }
    if sources.is_empty() {
        out.push(texts::unsourced(&reader.what, span.clone()));
    }
    let from = from.unwrap_or(whole.from);
    let last = [until, whole.until].into_iter().flatten().min();
    if from < whole.from || last.is_some_and(|last| last < from) {
        out.push(texts::outside_of_grid(&reader.what, span.clone()));
    }
    reader.finish(out);
    if out.items.iter().skip(before).any(|d| d.severity == crate::diagnostic::Severity::Error) {
        return None;
    }
    let (name, label, points) = ((name.to_string(), name_span), label?, points?);
    Some(Row { name, label, when, of, points, cap, group, from, until: last, days, sources, doubt, span })
}

/// `bands = [[12, 2], [24, 5]]`: from 12 on two points, from 24 on five.
fn bands(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Option<Vec<(Figure, Figure)>> {
    let item = reader.get("bands")?;
    let figure = |item: &toml::Spanned<DeValue<'_>>| {
        Some(Figure { value: number(item.get_ref())?, span: Span::new(reader.file, item.span()) })
    };
    let pair = |item: &toml::Spanned<DeValue<'_>>| match item.get_ref().as_array()?.iter().as_slice() {
        [from, points] => Some((figure(from)?, figure(points)?)),
        _ => None,
    };
    let pairs: Option<Vec<_>> = item.get_ref().as_array().and_then(|items| items.iter().map(pair).collect());
    let rising = |pairs: &Vec<(Figure, Figure)>| {
        !pairs.is_empty() && pairs.windows(2).all(|w| matches!(w, [a, b] if a.0.value < b.0.value))
    };
    let pairs = pairs.filter(rising);
    if pairs.is_none() {
        out.push(texts::no_bands(reader.at(item)));
    }
    pairs
}
