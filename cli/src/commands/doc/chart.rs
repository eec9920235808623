//! The chart of a table: how its first columns moved.

use std::collections::BTreeSet;

use logis::pack::params::{Parameter, ParameterVersion};
use logis::value::{Date, Value};
use serde::Serialize;

/// How the first columns of a parameter moved, for the eye only: the exact figures stand in the table.
#[derive(Serialize)]
pub(super) struct Chart {
    /// The points of each line, in a box of 240 by 60.
    lines: Vec<String>,
    low: String,
    high: String,
    first: i16,
    last: i16,
}

/// Lines of the chart, at most: more could not be told apart.
const LINES: usize = 6;

/// The steps of the first keys' values, each holding until the next; none if nothing is a number or
/// nothing moves.
pub(super) fn chart(parameter: &Parameter, keys: &BTreeSet<&Vec<Value>>) -> Option<Chart> {
    let moves = |key: &Vec<Value>| -> Vec<(Date, f64)> {
        let value = |v: &ParameterVersion| v.cells.get(key)?.value.to_string().parse().ok();
        parameter.versions.iter().filter_map(|v| Some((v.from, value(v)?))).collect()
    };
    let series: Vec<Vec<(Date, f64)>> = keys.iter().take(LINES).map(|key| moves(key)).collect();
    let all = || series.iter().flatten().map(|(_, value)| *value);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let (first, last) = (parameter.versions.first()?.from, parameter.versions.last()?.from);
    if low >= high || first >= last {
        return None;
    }
    let days = |from: Date| f64::from((from - first).get_days()).max(0.0);
    let width = days(last) * 1.1;
    let line = |values: &Vec<(Date, f64)>| {
        let mut points = Vec::new();
        let mut before = None;
        for (from, value) in values {
            let (x, y) = (days(*from) / width * 240.0, 58.0 - (value - low) / (high - low) * 56.0);
            points.extend(before.map(|y: f64| format!("{x:.1},{y:.1}")));
            points.push(format!("{x:.1},{y:.1}"));
            before = Some(y);
        }
        points.extend(before.map(|y| format!("240.0,{y:.1}")));
        points.join(" ")
    };
    Some(Chart {
        lines: series.iter().map(line).collect(),
        low: low.to_string(),
        high: high.to_string(),
        first: first.year(),
        last: last.year(),
    })
}
