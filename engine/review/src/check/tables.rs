//! Tables: keys without a cell, cells that no key reaches, holes, ends and overlaps in time.

use std::collections::BTreeSet;

use super::walk::Seen;
use logis_language::diagnostic::Diagnostic;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::pack::Parsed;
use logis_language::pack::params::{Parameter, ParameterVersion, show_keys};
use logis_language::value::{Date, Value, add_days};

/// The findings on all tables.
pub(super) fn findings(parsed: &Parsed, seen: &Seen, into: &mut Vec<Diagnostic>) {
    let asked = parsed.manifest.asked.tables_since.map(|first| (first, last_day(parsed)));
    for (id, parameter) in parsed.parameters.iter().enumerate() {
        time(parameter, into);
        // What is local is asked of no territory: without it, that is unknown.
        let local = parameter.territory.is_some() || parameter.versions.is_empty();
        let asked = asked.filter(|_| !local);
        let missing = asked.map_or_else(Vec::new, |days| missing(parameter, days));
        if !missing.is_empty() {
            into.push(texts::incomplete(&parameter.path, &missing, parameter.span.clone()));
        }
        for version in &parameter.versions {
            let absent = seen.absent.get(&(id, version.from));
            let read = seen.read.get(&(id, version.from));
            if let Some(absent) = absent {
                let keys: Vec<String> = absent.keys().map(|k| show_keys(k)).collect();
                let asked = absent.values().next().cloned().unwrap_or_default();
                let values = version.span.clone();
                into.push(texts::no_cells(&parameter.path, &keys, version.from, values, asked));
            }
            numbers(parameter, version, absent.is_some(), into);
            for (keys, cell) in &version.cells {
                let Some(read) = read.filter(|r| !r.contains(keys)) else { continue };
                let wanted: BTreeSet<String> = absent
                    .into_iter()
                    .flat_map(|a| a.keys())
                    .chain(read)
                    .flatten()
                    .map(Value::to_string)
                    .collect();
                let misspelt = keys
                    .iter()
                    .map(Value::to_string)
                    .find(|k| !wanted.contains(k) && k.parse::<i64>().is_err());
                let (shown, wanted) = (show_keys(keys), wanted.iter().map(String::as_str));
                let (misspelt, at) = (misspelt.as_deref(), cell.span.clone());
                into.push(texts::unread_cell(&parameter.path, &shown, misspelt, wanted, at));
            }
        }
    }
}

/// The last day that the pack knows of: of a value, a text or a verification. A check does not depend on the day on
/// which it runs.
fn last_day(parsed: &Parsed) -> Date {
    let values = parsed.parameters.iter().flat_map(|p| &p.versions).map(|v| v.from);
    let verified = parsed.parameters.iter().filter_map(|p| p.verified.as_ref()).map(|v| v.on);
    let texts = parsed.rules.iter().flat_map(|r| &r.texts).filter_map(|t| t.from);
    values.chain(verified).chain(texts).max().unwrap_or(Date::MIN)
}

/// What a table lacks from the day `first` to `last`, in words: days without a value, and, of a table that the law
/// renews each year, years that have none of their own.
fn missing(parameter: &Parameter, (first, last): (Date, Date)) -> Vec<String> {
    let mut found = Vec::new();
    let mut days = |from: Date, to: Date| {
        if from <= to {
            found.push(format!("aucune valeur du {from} au {to}"));
        }
    };
    // `next` is the first day not yet known to be covered; it moves to the end of each version in turn.
    let mut next = first;
    for (at, version) in parameter.versions.iter().enumerate() {
        days(next, add_days(version.from, -1).unwrap_or(version.from).min(last));
        let after = parameter.versions.get(at + 1).map(|v| v.from);
        let end = version.until.and_then(|until| add_days(until, 1));
        next = match (end, after) {
            (Some(end), Some(after)) => end.min(after),
            (Some(end), None) => end,
            (None, Some(after)) => after,
            (None, None) => add_days(last, 1).unwrap_or(last),
        }
        .max(next);
    }
    days(next, last);
    // A year is missing if its last day takes the value of a year before.
    let years: Vec<String> = (first.year()..=last.year())
        .filter_map(|year| Some((year, Date::new(year, 12, 31).ok()?.min(last))))
        .filter(|(_, day)| parameter.at(*day).is_some() && parameter.is_stale(*day))
        .map(|(year, _)| year.to_string())
        .collect();
    if !years.is_empty() {
        found.push(format!("aucune valeur propre à {}", years.join(", ")));
    }
    found
}

/// A key of whole numbers that leaves one out.
fn numbers(parameter: &Parameter, version: &ParameterVersion, said: bool, into: &mut Vec<Diagnostic>) {
    for (place, by) in parameter.by.iter().enumerate().filter(|_| !said) {
        let number = |v: &Value| match v {
            Value::Number(n) if n.is_integer() => Some(n.to_integer()),
            _ => None,
        };
        // Only keys that are all whole numbers are counted through.
        let keys: Option<BTreeSet<i128>> =
            version.cells.keys().map(|k| k.get(place).and_then(number)).collect();
        let Some(keys) = keys else { continue };
        let (Some(&low), Some(&high)) = (keys.first(), keys.last()) else { continue };
        // Years or codes are not counted one by one.
        if high - low > 64 {
            continue;
        }
        let left_out: Vec<String> =
            (low..=high).filter(|n| !keys.contains(n)).map(|n| n.to_string()).collect();
        if !left_out.is_empty() {
            let (numbers, at) = ((by.as_str(), left_out.as_slice()), version.span.clone());
            into.push(texts::left_out(&parameter.path, numbers, (low, high), version.from, at));
        }
    }
}

fn time(parameter: &Parameter, into: &mut Vec<Diagnostic>) {
    for pair in parameter.versions.windows(2) {
        let [a, b] = pair else { continue };
        let Some(until) = a.until else { continue };
        let next = add_days(until, 1).unwrap_or(until);
        if next < b.from {
            let (later, earlier) = (b.span.clone(), a.span.clone());
            into.push(texts::gap(&parameter.path, (next, b.from), until, later, earlier));
        } else if next > b.from {
            into.push(texts::overlap(&parameter.path, b.from, until, a.span.clone(), b.span.clone()));
        }
    }
    for version in &parameter.versions {
        if let Some(until) = version.until.filter(|until| *until < version.from) {
            into.push(texts::ends_before(&parameter.path, version.from, until, version.span.clone()));
        }
    }
}
