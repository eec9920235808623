//! The missing cells of an outcome: how the values of each are counted, and into which halves it is cut.

use super::super::possible::{Possible, Range};
use logis_language::plan::ir::NodeId;
use logis_language::value::{Exact, Value, add_days, day_number};

/// A number without a declared range is looked at up to this, counted in the smallest step that its
/// field holds; the last case is open to the end.
const FURTHEST: i128 = 1 << 50;

/// A missing cell as it may be cut: the node that reads it, its row, and what it may be now.
pub(in super::super) struct Cell {
    pub node: NodeId,
    pub row: u64,
    /// How it is counted; `None` for what is no number and no date.
    pub steps: Option<Steps>,
    pub value: Possible,
}

/// The values of a number or a date, counted.
#[derive(Clone, Copy)]
pub(in super::super) enum Steps {
    /// So many steps are one.
    Number(i128),
    Days,
}

/// The cases of one cell.
pub(super) struct Cut {
    pub(super) node: NodeId,
    pub(super) row: u64,
    pub(super) cases: Vec<Possible>,
}

impl Steps {
    pub(super) fn value(self, n: i128) -> Option<Value> {
        match self {
            Steps::Number(one) => Some(Value::Number(Exact::new(n, one))),
            Steps::Days => {
                add_days(logis_language::value::Date::constant(1970, 1, 1), i64::try_from(n).ok()?)
                    .map(Value::Date)
            }
        }
    }

    /// The values looked at where there is no bound.
    pub fn window(self) -> (i128, i128) {
        match self {
            Steps::Number(_) => (-FURTHEST, FURTHEST),
            // From the year 1 to the year 9999.
            Steps::Days => (-719_162, 2_932_896),
        }
    }

    /// The step at a value, or the first after it (`up`), or the last before it.
    pub(super) fn step(self, value: &Value, up: bool) -> Option<i128> {
        match (self, value) {
            (Steps::Number(one), Value::Number(n)) => {
                let scaled = num_traits::CheckedMul::checked_mul(n, &Exact::from_integer(one))?;
                Some(if up { scaled.ceil() } else { scaled.floor() }.to_integer())
            }
            (Steps::Days, Value::Date(date)) => Some(i128::from(day_number(*date))),
            _ => None,
        }
    }
}

impl Cell {
    /// First and last step, where there are any.
    pub fn ends(&self, steps: Steps) -> (Option<i128>, Option<i128>) {
        match &self.value {
            Possible::Open(Range::Between(low, high), _) => (
                low.as_ref().and_then(|v| steps.step(v, true)),
                high.as_ref().and_then(|v| steps.step(v, false)),
            ),
            _ => (None, None),
        }
    }

    /// One of its values at an end.
    pub(super) fn end(&self, high: bool) -> Option<Value> {
        if let Possible::Open(Range::OneOf(values), _) = &self.value {
            return if high { values.last() } else { values.first() }.cloned();
        }
        let steps = self.steps?;
        let (first, last) = self.ends(steps);
        match (high, steps) {
            // Without a bound: 0, or ten million, which no amount of a household reaches.
            (false, Steps::Number(_)) => steps.value(first.or(last.map(|l| l.min(0))).unwrap_or(0)),
            (true, Steps::Number(one)) => {
                steps.value(last.unwrap_or(first.unwrap_or(0).max(0) + 10_000_000 * one))
            }
            // The years 1900 and 2100.
            (false, Steps::Days) => steps.value(first.unwrap_or(-25_567).min(last.unwrap_or(i128::MAX))),
            (true, Steps::Days) => steps.value(last.unwrap_or(47_482).max(first.unwrap_or(i128::MIN))),
        }
    }

    /// The values up to a step, and those after it.
    pub(super) fn halves(&self, steps: Steps, last: i128) -> Option<Cut> {
        let Possible::Open(_, missing) = &self.value else { return None };
        let (low, high) = self.ends(steps);
        let between = |low: Option<i128>, high: Option<i128>| -> Option<Possible> {
            if let (Some(a), Some(b)) = (low, high)
                && a == b
            {
                return steps.value(a).map(Possible::Known);
            }
            let value = |n: Option<i128>| n.map(|n| steps.value(n).ok_or(())).transpose().ok();
            Some(Possible::Open(Range::Between(value(low)?, value(high)?), missing.clone()))
        };
        Some(Cut {
            node: self.node,
            row: self.row,
            cases: vec![between(low, Some(last))?, between(Some(last + 1), high)?],
        })
    }
}
