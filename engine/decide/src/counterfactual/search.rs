//! The search by halves: the nearest value of a range that turns a decision.
//!
//! Evaluating a plan with an input that may be anything between two bounds gives an outcome only if all values between
//! agree; a range that decides nothing is cut in two, the half nearer to the present value first. So the first value
//! found is the nearest there is, with no assumption on what rules compute; and it is found by deciding with it.

use crate::evaluate::possible::{Missing, Possible, Range};
use crate::evaluate::{Context, Evaluator};
use logis_language::plan::ir::NodeId;
use logis_language::value::{Date, Value, add_days};

/// Evaluations spent on one input before the search is given up.
pub(super) const BUDGET: usize = 4_000;

/// What evaluation says of a range of values of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Each of them turns the decision.
    All,
    /// None of them does.
    None,
    /// Some may: the range must be cut.
    Open,
}

/// Decides with what `context` supposes, and compares with the `present` outcome.
pub(super) fn verdict(context: &Context<'_>, node: NodeId, row: u64, present: bool) -> Verdict {
    // Without deciding by cases: the search cuts the ranges itself.
    match Evaluator::new(context).outcome_uncut(node, row) {
        Ok(Possible::Known(Value::Bool(value))) if value != present => Verdict::All,
        Ok(Possible::Known(_)) | Err(_) => Verdict::None,
        Ok(_) => Verdict::Open,
    }
}

/// The date of a day number (days since 1 January 1970).
pub(super) fn day(number: i64) -> Option<Value> {
    add_days(Date::constant(1970, 1, 1), number).map(Value::Date)
}

/// The search of one input.
pub(super) struct Search<'s, F> {
    /// The cell that is open while a range is supposed.
    pub(super) missing: &'s Missing,
    /// The value of a number.
    pub(super) value: &'s dyn Fn(i64) -> Option<Value>,
    /// Does a value, or all of a range, turn the decision?
    pub(super) turns: &'s mut F,
    /// Evaluations left of the budget.
    pub(super) left: usize,
}

/// The budget is spent.
pub(super) struct Spent;

impl<F: FnMut(Possible) -> Verdict> Search<'_, F> {
    /// The first number of `low..=high` (the last, unless `upwards`) that turns the decision.
    pub(super) fn first(&mut self, low: i64, high: i64, upwards: bool) -> Result<Option<i64>, Spent> {
        if low > high {
            return Ok(None);
        }
        self.left = self.left.checked_sub(1).ok_or(Spent)?;
        let (Some(a), Some(b)) = ((self.value)(low), (self.value)(high)) else { return Ok(None) };
        let point = low == high;
        let possible = if point {
            Possible::Known(a)
        } else {
            Possible::Open(Range::Between(Some(a), Some(b)), self.missing.clone())
        };
        match (self.turns)(possible) {
            Verdict::All => return Ok(Some(if upwards { low } else { high })),
            Verdict::None => return Ok(None),
            Verdict::Open if point => return Ok(None),
            Verdict::Open => {}
        }
        // The half that is looked at first is the one nearer to the present value.
        let middle = low + (high - low) / 2;
        let (first, second) = ((low, middle), (middle + 1, high));
        let (first, second) = if upwards { (first, second) } else { (second, first) };
        match self.first(first.0, first.1, upwards)? {
            Some(found) => Ok(Some(found)),
            None => self.first(second.0, second.1, upwards),
        }
    }
}
