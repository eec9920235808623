//! Tables: keys without a cell, cells that no key reaches, holes and overlaps in time.

use std::collections::BTreeSet;

use super::finding;
use super::walk::Seen;
use logis_language::diagnostic::{Diagnostic, did_you_mean};
use logis_language::pack::Parsed;
use logis_language::pack::params::{Parameter, ParameterVersion, show_keys};
use logis_language::value::{Value, add_days};

/// The findings on all tables.
pub(super) fn findings(parsed: &Parsed, seen: &Seen, into: &mut Vec<Diagnostic>) {
    for (id, parameter) in parsed.parameters.iter().enumerate() {
        time(parameter, into);
        for version in &parameter.versions {
            let absent = seen.absent.get(&(id, version.from));
            let read = seen.read.get(&(id, version.from));
            if let Some(absent) = absent {
                let keys: Vec<String> = absent.keys().map(|k| show_keys(k)).collect();
                let asked = absent.values().next().cloned().unwrap_or_default();
                let message =
                    format!("`{}` has no cell {} from {}", parameter.path, some(&keys), version.from);
                into.push(
                    finding("L0505", message, version.span.clone(), "these values lack it")
                        .with_label(asked, "it may be asked here"),
                );
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
                let hint = keys
                    .iter()
                    .map(Value::to_string)
                    .find(|k| !wanted.contains(k) && k.parse::<i64>().is_err())
                    .map_or_else(String::new, |k| did_you_mean(&k, wanted.iter().map(String::as_str)));
                let label = if hint.is_empty() { "no rule can ask for it".to_string() } else { hint };
                let message = format!("no rule reads the cell {} of `{}`", show_keys(keys), parameter.path);
                into.push(finding("L0506", message, cell.span.clone(), label));
            }
        }
    }
}

/// `a, b, c and 12 more`
fn some(keys: &[String]) -> String {
    match keys.get(..3) {
        Some(first) if keys.len() > 4 => format!("{} and {} more", first.join(", "), keys.len() - 3),
        _ => keys.join(", "),
    }
}

/// A key of whole numbers that leaves one out.
fn numbers(parameter: &Parameter, version: &ParameterVersion, said: bool, into: &mut Vec<Diagnostic>) {
    for (place, by) in parameter.by.iter().enumerate().filter(|_| !said) {
        let number = |v: &Value| match v {
            Value::Number(n) if n.is_integer() => Some(n.to_integer()),
            _ => None,
        };
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
            let message = format!(
                "`{}` has no cell for `{by}` {} from {}",
                parameter.path,
                left_out.join(", "),
                version.from
            );
            into.push(finding(
                "L0505",
                message,
                version.span.clone(),
                format!("the keys go from {low} to {high}"),
            ));
        }
    }
}

fn time(parameter: &Parameter, into: &mut Vec<Diagnostic>) {
    for pair in parameter.versions.windows(2) {
        let [a, b] = pair else { continue };
        let Some(until) = a.until else { continue };
        let next = add_days(until, 1).unwrap_or(until);
        if next < b.from {
            into.push(
                finding(
                    "L0520",
                    format!("`{}` has no value from {next} until {}", parameter.path, b.from),
                    b.span.clone(),
                    format!("holds from {}", b.from),
                )
                .with_label(a.span.clone(), format!("ended on {until}")),
            );
        } else if next > b.from {
            into.push(
                finding(
                    "L0521",
                    format!("`{}` has two values from {} until {until}", parameter.path, b.from),
                    a.span.clone(),
                    format!("until {until}"),
                )
                .with_label(b.span.clone(), format!("already from {}, and this one is taken", b.from)),
            );
        }
    }
    for version in &parameter.versions {
        if let Some(until) = version.until.filter(|until| *until < version.from) {
            let message = format!("a value of `{}` ends before it begins", parameter.path);
            into.push(finding(
                "L0521",
                message,
                version.span.clone(),
                format!("from {}, until {until}", version.from),
            ));
        }
    }
}
