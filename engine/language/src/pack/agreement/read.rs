//! Reads `bilan.toml`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::params::read_sources;
use super::super::territory::TerritoryId;
use super::super::toml_reader::{Reader, parse, scalar};
use super::{Agreement, Every, Exported, FILE, How, Indicator, Kind, Made, Measure, Target, Term};
use crate::diagnostic::texts::agreement as texts;
use crate::diagnostic::texts::agreement::what;
use crate::diagnostic::{Diagnostics, FileId, SourceFile, Span};
use crate::value::{Exact, Value};

/// Words of a key and what they mean.
type Words<T> = [(&'static str, T)];

const KINDS: &Words<Kind> = &[("at_least", Kind::AtLeast), ("at_most", Kind::AtMost), ("about", Kind::About)];
const EVERY: &Words<Every> = &[("year", Every::Year), ("period", Every::Period), ("last", Every::Last)];
const MADE: &Words<Made> = &[
    ("years", Made::Years),
    ("review", Made::Review),
    ("amendments", Made::Amendments),
    ("attributions", Made::Attributions),
];
/// The keys of a sum, with what they do.
const HOW: &Words<How> = &[("rows", How::Rows), ("count", How::Count), ("sum", How::Sum)];

/// Reads the file of a territory.
pub(in crate::pack) fn read(
    file: FileId,
    source: &SourceFile,
    territory: TerritoryId,
    out: &mut Diagnostics,
) -> Option<Agreement> {
    let (text, folder) = (source.text.as_ref(), source.path.strip_suffix(FILE)?.to_string());
    let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_string();
    let root = parse(file, text, out)?;
    let mut reader = Reader::new(file, 0..0, FILE, root.get_ref());
    let title = reader.required_str("title", out).map(|(title, _)| title.to_string());
    let (from, until) = (reader.date("from", out), reader.date("until", out));
    let span = reader.span();
    if from.is_none() || until.is_none() || until < from {
        out.push(texts::no_days(span.clone()));
    }
    let sources = read_sources(file, FILE, &mut reader, out);
    let places = reader.strings("places", out).unwrap_or_default();
    let exports = reader.tables("export", out);
    let exports = exports.into_iter().filter_map(|(at, table)| exported(file, at, table, out)).collect();
    let mut indicators: Vec<Indicator> = Vec::new();
    for (at, table) in reader.tables("indicator", out) {
        let Some(indicator) = indicator(file, at, table, out) else { continue };
        match indicators.iter().find(|i| i.id == indicator.id) {
            Some(first) => out.push(texts::twice(&indicator.id, indicator.span, first.span.clone())),
            None => indicators.push(indicator),
        }
    }
    reader.finish(out);
    let (from, until) = (from?, until?);
    let title = title?;
    Some(Agreement {
        territory,
        name,
        folder,
        title,
        from,
        until,
        sources,
        places,
        indicators,
        exports,
        span,
    })
}

fn indicator(
    file: FileId,
    at: Range<usize>,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Option<Indicator> {
    let mut reader = Reader::new(file, at, what::AN_INDICATOR, table);
    let id = reader.required_str("id", out).map(|(id, _)| id.to_string())?;
    reader.what = what::indicator(&id);
    let label = reader.required_str("label", out).map(|(label, _)| label.to_string());
    let article = reader.string("article", out).unwrap_or_default();
    let unit = reader.string("unit", out).unwrap_or_default();
    let (note, doubt) = (reader.string("text", out), reader.string("doute", out));
    let listed = reader.bool("list", out);
    let (from, until) = (reader.date("from", out), reader.date("until", out));
    let kind = word(&mut reader, "kind", KINDS, out).unwrap_or(Kind::AtLeast);
    let every = word(&mut reader, "every", EVERY, out).unwrap_or(Every::Year);
    let made = word(&mut reader, "made", MADE, out);
    let first = term(&mut reader, None, out);
    let date = first.as_ref().and_then(|t| t.date.clone());
    let inner = |key: &'static str, reader: &mut Reader<'_, '_>, out: &mut Diagnostics| {
        let span = reader.get(key)?.span();
        let table = reader.table(key, out)?;
        let mut own = Reader::new(file, span, what::part(&id, key), table);
        let term = term(&mut own, date.clone(), out);
        if term.is_none() {
            out.push(texts::no_sum(&own.what, own.span()));
        }
        own.finish(out);
        term
    };
    let plus = inner("plus", &mut reader, out);
    let over = inner("over", &mut reader, out);
    let target_sum = inner("target_sum", &mut reader, out);
    let growth = reader.int("growth_from", out).and_then(|year| i16::try_from(year).ok());
    let target = target(&mut reader, target_sum, out);
    let sources = read_sources(file, &reader.what.clone(), &mut reader, out);
    let span = reader.span();
    let alone = plus.is_none() && over.is_none() && growth.is_none();
    let measure = match (made, first) {
        (Some(made), None) if alone => Measure::Made(made),
        (None, Some(first)) => Measure::Sums {
            terms: [first].into_iter().chain(plus).collect(),
            over: over.map(Box::new),
            growth,
        },
        (None, None) if alone && note.is_some() => Measure::Words,
        _ => {
            out.push(texts::no_sum(&reader.what, span));
            return None;
        }
    };
    if sources.is_empty() && article.is_empty() && !matches!(target, Some(Target::Parameter(..))) {
        out.push(texts::unsourced(&reader.what, span.clone()));
    }
    reader.finish(out);
    Some(Indicator {
        id,
        article,
        label: label?,
        unit,
        text: note,
        measure,
        target,
        kind,
        every,
        from,
        until,
        sources,
        doubt,
        listed,
        span,
    })
}

/// The sum that keys of a table ask for: one of `rows`, `count` and `sum`, with its date, its condition and its place.
fn term(
    reader: &mut Reader<'_, '_>,
    of_whole: Option<(String, Span)>,
    out: &mut Diagnostics,
) -> Option<Term> {
    let mut found: Option<(How, (String, Span))> = None;
    for (key, how) in HOW {
        let Some((name, span)) = reader.str(key, out) else { continue };
        if found.replace((*how, (name.to_string(), span.clone()))).is_some() {
            out.push(texts::two_sums(&reader.what, span));
        }
    }
    let own = |(name, span): (&str, Span)| (name.to_string(), span);
    let date = reader.str("date", out).map(own).or(of_whole);
    let place = reader.str("place", out).map(own);
    let mut only = Vec::new();
    for (key, value) in reader.table("where", out).into_iter().flat_map(|table| table.iter()) {
        let span = Span::new(reader.file, value.span());
        match scalar(value.get_ref()) {
            Some(of) => only.push((key.get_ref().to_string(), of, span)),
            None => out.push(texts::no_value(key.get_ref(), span)),
        }
    }
    let (how, name) = found?;
    Some(Term { how, name, date, only, place })
}

/// What an indicator is held against: `target`, `target_sum`, `wanted` or `observed`, one at most.
fn target(reader: &mut Reader<'_, '_>, sum: Option<Term>, out: &mut Diagnostics) -> Option<Target> {
    let named = reader.str("target", out).map(|(path, span)| Target::Parameter(path.to_string(), span));
    let mut of_key = |key: &'static str, make: fn(Exact) -> Target| {
        let item = reader.get(key)?;
        let number = number(item.get_ref());
        if number.is_none() {
            out.push(texts::no_value(key, reader.at(item)));
        }
        number.map(make)
    };
    let wanted = of_key("wanted", Target::Wanted);
    let observed = of_key("observed", Target::Observed);
    let mut all = [named, sum.map(|sum| Target::Term(Box::new(sum))), wanted, observed].into_iter().flatten();
    let first = all.next();
    if all.next().is_some() {
        out.push(texts::two_targets(&reader.what, reader.span()));
    }
    first
}

/// A table that is given to the partners.
fn exported(file: FileId, at: Range<usize>, table: &DeTable<'_>, out: &mut Diagnostics) -> Option<Exported> {
    let mut reader = Reader::new(file, at, what::AN_EXPORT, table);
    let own = |(name, span): (&str, Span)| (name.to_string(), span);
    let id = reader.required_str("id", out).map(|(id, _)| id.to_string());
    let title = reader.required_str("title", out).map(|(title, _)| title.to_string());
    let article = reader.string("article", out).unwrap_or_default();
    let of = reader.required_str("of", out).map(own);
    let date = reader.str("date", out).map(own);
    let by = reader.strings("by", out).unwrap_or_default();
    let sums = reader.strings("sums", out).unwrap_or_default();
    let only = reader.str("only", out).map(own);
    let mut bands = Vec::new();
    for (key, value) in reader.table("bands", out).into_iter().flat_map(|table| table.iter()) {
        let items = value.get_ref().as_array();
        let ends =
            items.and_then(|items| items.iter().map(|i| number(i.get_ref())).collect::<Option<Vec<_>>>());
        match ends.filter(|ends| ends.is_sorted()) {
            Some(ends) => bands.push((key.get_ref().to_string(), ends)),
            None => out.push(texts::no_value(key.get_ref(), Span::new(file, value.span()))),
        }
    }
    let span = reader.span();
    reader.finish(out);
    Some(Exported { id: id?, title: title?, article, of: of?, date, by, bands, sums, only, span })
}

fn number(item: &DeValue<'_>) -> Option<Exact> {
    match scalar(item) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// One of some words.
fn word<T: Copy>(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    words: &Words<T>,
    out: &mut Diagnostics,
) -> Option<T> {
    let (text, span) = reader.str(key, out)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        out.push(texts::no_word(key, text, &known, span));
    }
    found.map(|(_, meaning)| *meaning)
}
