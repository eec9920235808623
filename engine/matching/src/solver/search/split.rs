//! What to split by, where bound and assignment do not meet.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of a graph, which its makers check"
)]

use std::collections::BTreeMap;

use super::super::super::answer::Condition;
use super::super::columns::{Column, NONE};
use super::super::marks::counts;
use super::level::{Level, Side};

/// Parts of a mixture that are smaller are rounding errors.
const TRACE: f64 = 1e-6;

/// What two sides differ in.
#[derive(Clone, Copy)]
pub(super) enum On {
    /// The base of the quota is at most this on one side, and more on the other.
    Base { quota: usize, most: u64 },
    /// The request has the column on one side, and not on the other.
    Column { request: u32, column: Column },
}

/// What to split by: a base on which the assignments of the mixture do not agree, or the arc about which they
/// agree least (the parts of those that use it add up to nearly a half).
///
/// Bases come first: the share of a quota is of the base, and where its range is one number the condition is
/// linear.
pub(super) fn split(level: &Level<'_>, side: &Side, assignments: &[Vec<u32>], mixture: &[f64]) -> Option<On> {
    let parts: Vec<(f64, &Vec<u32>)> =
        mixture.iter().copied().zip(assignments).filter(|(part, _)| *part > TRACE).collect();
    for (quota, &(low, high)) in side.bases.iter().enumerate() {
        if low >= high || level.problem.quotas().get(quota).is_none_or(|own| own.numerator == 0) {
            continue;
        }
        let base = |used: &Vec<u32>| -> u64 {
            let arcs = used.iter().filter(|a| **a != NONE);
            let of = |&a: &u32| {
                counts(level.problem, Condition::BaseAtLeast(quota), level.marks(a as usize)) as u64
            };
            arcs.map(of).sum()
        };
        let bases: Vec<(f64, u64)> = parts.iter().map(|(part, used)| (*part, base(used))).collect();
        // At the mean of the mixture both sides leave out a part of it, so that both bounds get lower.
        let mean: f64 = bases.iter().map(|(part, base)| part * *base as f64).sum();
        let most = (mean.floor().max(0.0) as u64).clamp(low, high - 1);
        if bases.iter().any(|(_, b)| *b != bases[0].1) || bases.is_empty() {
            return Some(On::Base { quota, most });
        }
        // All agree: split so that it is the only one on its side.
        let agreed = bases[0].1;
        return Some(On::Base { quota, most: if agreed >= high { high - 1 } else { agreed.max(low) } });
    }
    let mut best: Option<(f64, u32, Column)> = None;
    for (row, &request) in level.graph.requests.iter().enumerate() {
        if side.only.contains_key(&request) {
            continue;
        }
        // By column of the row: the parts that use it. Several arcs to one column are no split: where assignments differ in
        // these alone, a gap would be stated; none was met in tens of thousands of drawn problems.
        let mut by_column: BTreeMap<Column, f64> = BTreeMap::new();
        for (part, used) in parts.iter().filter(|(_, used)| used[row] != NONE) {
            *by_column.entry(level.graph.arcs[used[row] as usize].column).or_default() += part;
        }
        for (&column, &part) in &by_column {
            // A column that all use, or none, splits nothing off.
            let off = (part - 0.5).abs();
            if part < 1.0 - TRACE && best.is_none_or(|(b, ..)| off < b) {
                best = Some((off, request, column));
            }
        }
    }
    best.map(|(_, request, column)| On::Column { request, column })
}
