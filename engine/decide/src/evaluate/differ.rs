//! The rows in which the outcomes of two plans differ, over one set of rows.

use rayon::prelude::*;

use super::columns::{Array, Certain};
use super::{DecisionColumn, Outcome};

/// Rows compared at a time by one thread.
const BLOCK: usize = 1 << 14;

impl Outcome {
    /// Are both one value, both unknown, or both one error? Which cells are missing, and where
    /// in a script an error is, does not count.
    pub fn same_as(&self, other: &Outcome) -> bool {
        match (self, other) {
            (Outcome::Known(a), Outcome::Known(b)) => a == b,
            (Outcome::Unknown(_), Outcome::Unknown(_)) => true,
            (Outcome::Error(a), Outcome::Error(b)) => a.error == b.error,
            _ => false,
        }
    }
}

impl DecisionColumn {
    /// The rows whose outcome in `other` is not [`Outcome::same_as`] that here, ascending. Both columns are
    /// of one set of rows.
    pub fn differing(&self, other: &DecisionColumn) -> Vec<usize> {
        let certain = match (self.certain.as_ref(), other.certain.as_ref()) {
            (Some(a), Some(b)) if self.by_plan.is_none() && other.by_plan.is_none() => Some((a, b)),
            _ => None,
        };
        // Arrays first: whole blocks of equal values need no outcome to be built. Suspects are then
        // compared as outcomes.
        let rows = self.rows.min(other.rows);
        let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
        let differs = |row: &usize| match (self.get(*row), other.get(*row)) {
            (Some(a), Some(b)) => !a.same_as(&b),
            _ => true,
        };
        let block = |start: usize| -> Vec<usize> {
            let range = start..(start + BLOCK).min(rows);
            match certain {
                Some((a, b)) => suspects(a, b, range).into_iter().filter(differs).collect(),
                None => range.filter(differs).collect(),
            }
        };
        starts.into_par_iter().flat_map_iter(block).collect()
    }
}

/// The rows of a block that may differ: those whose values in the arrays do, and those left over in
/// either. All, if the arrays are not comparable.
fn suspects(a: &Certain, b: &Certain, range: std::ops::Range<usize>) -> Vec<usize> {
    fn unequal<T>(a: &[T], b: &[T], start: usize, same: impl Fn(&T, &T) -> bool) -> Vec<usize> {
        let pairs = (start..).zip(a.iter().zip(b));
        pairs.filter(|(_, (a, b))| !same(a, b)).map(|(row, _)| row).collect()
    }
    let start = range.start;
    let of = |range: &std::ops::Range<usize>| range.clone();
    let mut found = match (&a.full.array, &b.full.array) {
        (Array::Bool(x), Array::Bool(y)) => match (x.get(of(&range)), y.get(of(&range))) {
            // The usual case: nothing differs in the whole block.
            (Some(x), Some(y)) if x == y => Vec::new(),
            (Some(x), Some(y)) => unequal(x, y, start, |x, y| x == y),
            _ => range.clone().collect(),
        },
        (Array::Number(x), Array::Number(y)) => match (x.get(of(&range)), y.get(of(&range))) {
            (Some(x), Some(y)) if a.denominator == b.denominator => {
                if x == y {
                    Vec::new()
                } else {
                    unequal(x, y, start, |x, y| x == y)
                }
            }
            // Counts of two units are compared as fractions, multiplied out: 64 by 64 bits fit 128.
            (Some(x), Some(y)) => {
                let (p, q) = (i128::from(a.denominator), i128::from(b.denominator));
                unequal(x, y, start, |x, y| i128::from(*x) * q == i128::from(*y) * p)
            }
            _ => range.clone().collect(),
        },
        (Array::Date(x), Array::Date(y)) => match (x.get(of(&range)), y.get(of(&range))) {
            (Some(x), Some(y)) => unequal(x, y, start, |x, y| x == y),
            _ => range.clone().collect(),
        },
        (Array::Text(x), Array::Text(y)) if a.dictionary == b.dictionary => {
            match (x.get(of(&range)), y.get(of(&range))) {
                (Some(x), Some(y)) => unequal(x, y, start, |x, y| x == y),
                _ => range.clone().collect(),
            }
        }
        _ => range.clone().collect(),
    };
    // What the arrays hold for a row left over means nothing.
    let left = |c: &Certain| -> Vec<usize> {
        let marks = c.full.left.get(range.clone()).unwrap_or(&[]);
        (start..).zip(marks).filter(|(_, mark)| **mark != 0).map(|(row, _)| row).collect()
    };
    let marked = [left(a), left(b)];
    if marked.iter().any(|m| !m.is_empty()) {
        found.extend(marked.into_iter().flatten());
        found.sort_unstable();
        found.dedup();
    }
    found
}
