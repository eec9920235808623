//! Evaluation: a plan over the rows of a data set gives decisions.

pub mod possible;
mod row;

use rayon::prelude::*;

use crate::data::Dataset;
use crate::plan::Plan;
use crate::plan::ir::NodeId;
use crate::value::Value;
use possible::{MissingInput, Possible};
pub use row::{Context, Evaluator, RowError};

/// The outcome of one rule for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Decided.
    Known(Value),
    /// Open: some completion of these missing cells would change it.
    Unknown(Vec<MissingInput>),
    /// The row has an error.
    Error(RowError),
}

impl Outcome {
    /// The value, if it is decided.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Outcome::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Is it decided, and true?
    pub fn is_true(&self) -> bool {
        self.value() == Some(&Value::Bool(true))
    }
}

/// The outcomes of a plan: one column for each selected rule.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Names, in the order in which they were selected.
    pub names: Vec<String>,
    /// By name, then by row.
    pub columns: Vec<Vec<Outcome>>,
}

impl Decisions {
    /// The errors of single rows: row, rule, error.
    pub fn row_errors(&self) -> impl Iterator<Item = (usize, &str, &RowError)> {
        self.names.iter().zip(&self.columns).flat_map(|(name, column)| {
            column.iter().enumerate().filter_map(move |(row, outcome)| match outcome {
                Outcome::Error(error) => Some((row, name.as_str(), error)),
                _ => None,
            })
        })
    }

    /// The column of a selected rule.
    pub fn column(&self, name: &str) -> Option<&[Outcome]> {
        let at = self.names.iter().position(|n| n == name)?;
        self.columns.get(at).map(Vec::as_slice)
    }
}

/// The outcome of a node for a row, as it is reported.
pub fn outcome(evaluator: &mut Evaluator<'_, '_>, node: NodeId, row: u64) -> Outcome {
    match evaluator.outcome(node, row) {
        Ok(Possible::Known(value)) => Outcome::Known(value),
        Ok(open) => Outcome::Unknown(open.missing().iter().copied().collect()),
        Err(error) => Outcome::Error(error),
    }
}

/// Evaluates a plan for every row of its entity, on all threads. The result does not depend on
/// their number.
///
/// Errors of single rows are outcomes: see [`Decisions::row_errors`].
pub fn evaluate(plan: &Plan, dataset: &Dataset) -> Decisions {
    let context = Context::new(plan, dataset);
    let rows = usize::try_from(context.rows()).unwrap_or(usize::MAX);
    let by_row: Vec<Vec<Outcome>> = (0..rows)
        .into_par_iter()
        .with_min_len(256)
        .map_init(
            || Evaluator::new(&context),
            |evaluator, row| {
                plan.selected.iter().map(|(_, node)| outcome(evaluator, *node, row as u64)).collect()
            },
        )
        .collect();
    let mut columns: Vec<Vec<Outcome>> = plan.selected.iter().map(|_| Vec::with_capacity(by_row.len())).collect();
    for row in by_row {
        for (column, outcome) in columns.iter_mut().zip(row) {
            column.push(outcome);
        }
    }
    Decisions { names: plan.selected.iter().map(|(name, _)| name.clone()).collect(), columns }
}
