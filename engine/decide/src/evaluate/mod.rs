//! Evaluation: a plan over the rows of a data set gives decisions.
//!
//! `columns` decides what is certain, for all rows at once; the rows that it leaves over are decided one
//! by one by `row`, with exact fractions and the sets of values that missing cells leave [`possible`];
//! `settle` decides by cases what those sets leave open.

#[cfg(feature = "arrow")]
pub(crate) mod arrow_out;
mod assume;
mod columns;
mod completed;
mod differ;
mod lines;
mod pairs;
mod pieces;
pub mod possible;
mod row;
mod settle;
mod trend;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

pub use columns::Certain;
pub(crate) use columns::{Output, Running, Straight};
pub use completed::Completion;
use logis_data::Dataset;
use logis_language::plan::Plan;
use logis_language::plan::ir::NodeId;
use logis_language::value::Value;
pub use pairs::{PairWorker, Pairs};
use possible::{MissingInput, Possible};
pub use row::{Context, Evaluator, Layout, RowError};
pub(crate) use row::{Doubted, Doubts, OfWhat};

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
    /// By name.
    pub columns: Vec<DecisionColumn>,
}

/// The outcomes of one rule for all rows.
#[derive(Clone, Debug, Default)]
pub struct DecisionColumn {
    rows: usize,
    certain: Option<Certain>,
    /// By row, the outcomes that are not in `certain`: of rows left over, whether unknown, in error or
    /// decided row by row.
    odd: BTreeMap<usize, Outcome>,
    /// The outcomes, where rows are decided by several plans: then `certain` is `None`.
    by_plan: Option<ByPlan>,
}

/// Outcomes of several plans: each row has that of one of them.
#[derive(Clone, Debug)]
struct ByPlan {
    /// By row: the number of its column; a number past the last, if no plan decides it.
    of: Arc<[u32]>,
    columns: Vec<DecisionColumn>,
}

impl DecisionColumn {
    /// A column of these outcomes.
    pub fn new(outcomes: impl IntoIterator<Item = Outcome>) -> DecisionColumn {
        let odd: BTreeMap<usize, Outcome> = outcomes.into_iter().enumerate().collect();
        DecisionColumn { rows: odd.len(), odd, ..DecisionColumn::default() }
    }

    /// A column whose row `i` is row `i` of `columns[of[i]]`; where there is no such column, its outcome is
    /// in `others`.
    pub(crate) fn of_several(
        of: Arc<[u32]>,
        columns: Vec<DecisionColumn>,
        others: BTreeMap<usize, Outcome>,
    ) -> DecisionColumn {
        DecisionColumn { rows: of.len(), certain: None, odd: others, by_plan: Some(ByPlan { of, columns }) }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Has it no rows?
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The outcome of a row, if there is such a row.
    pub fn get(&self, row: usize) -> Option<Outcome> {
        // Decided by the row's own plan, if there are several; else left over, or certain.
        if let Some(by_plan) = &self.by_plan
            && let Some(column) = by_plan.columns.get(*by_plan.of.get(row)? as usize)
        {
            return column.get(row);
        }
        match self.odd.get(&row) {
            Some(outcome) => Some(outcome.clone()),
            None => self.certain.as_ref()?.get(row).map(Outcome::Known),
        }
    }

    /// The value of a row, if it is decided.
    pub fn value(&self, row: usize) -> Option<Value> {
        match self.get(row) {
            Some(Outcome::Known(value)) => Some(value),
            _ => None,
        }
    }

    /// The outcome of a row, if it is a boolean and decided.
    pub fn truth(&self, row: usize) -> Option<bool> {
        // Where the row is not left over, the array answers without building an outcome.
        match self.certain.as_ref().and_then(|certain| certain.truth(row)) {
            Some(truth) => Some(truth),
            None => match self.value(row) {
                Some(Value::Bool(truth)) => Some(truth),
                _ => None,
            },
        }
    }

    /// The outcome of a row where the column itself has it as a whole number. It may be one and be known otherwise:
    /// [`DecisionColumn::value`] tells.
    pub fn whole(&self, row: usize) -> Option<i64> {
        self.certain.as_ref().filter(|_| self.odd.is_empty())?.whole(row)
    }

    /// Is a row decided, and true?
    pub fn is_true(&self, row: usize) -> bool {
        // Where the row is not left over, the array answers without building an outcome.
        match self.certain.as_ref().and_then(|certain| certain.truth(row)) {
            Some(truth) => truth,
            None => self.value(row) == Some(Value::Bool(true)),
        }
    }

    /// Is a row decided, and false?
    pub fn is_false(&self, row: usize) -> bool {
        match self.certain.as_ref().and_then(|certain| certain.truth(row)) {
            Some(truth) => !truth,
            None => self.value(row) == Some(Value::Bool(false)),
        }
    }

    /// The outcomes of these rows, in the order given. Not for a column of several plans.
    pub fn rows_at(&self, rows: &[usize]) -> DecisionColumn {
        let certain = self.certain.as_ref().map(|c| c.rows_at(rows));
        let odd = rows.iter().enumerate().filter_map(|(at, row)| Some((at, self.odd.get(row)?.clone())));
        DecisionColumn { rows: rows.len(), certain, odd: odd.collect(), by_plan: None }
    }

    /// The columns of one selected outcome, from the parts that the rows were decided in: one after the
    /// other. Not for columns of several plans.
    pub fn concat(columns: Vec<DecisionColumn>) -> DecisionColumn {
        let certain: Vec<&Certain> = columns.iter().filter_map(|c| c.certain.as_ref()).collect();
        let certain = Certain::concat(&certain);
        let (mut rows, mut odd) = (0, BTreeMap::new());
        for column in columns {
            odd.extend(column.odd.into_iter().map(|(row, outcome)| (rows + row, outcome)));
            rows += column.rows;
        }
        DecisionColumn { rows, certain, odd, by_plan: None }
    }

    /// The outcomes that the columns left over, in the order of their rows.
    pub fn odd_rows(&self) -> Vec<(usize, &Outcome)> {
        let mut all: Vec<(usize, &Outcome)> = self.odd.iter().map(|(row, o)| (*row, o)).collect();
        if let Some(by_plan) = &self.by_plan {
            for (number, column) in (0_u32..).zip(&by_plan.columns) {
                let own = column.odd.iter().filter(|(row, _)| by_plan.of.get(**row) == Some(&number));
                all.extend(own.map(|(row, o)| (*row, o)));
            }
        }
        all.sort_by_key(|(row, _)| *row);
        all
    }

    /// All outcomes, by row.
    pub fn iter(&self) -> impl Iterator<Item = Outcome> + '_ {
        (0..self.rows).filter_map(|row| self.get(row))
    }
}

impl Decisions {
    /// The errors of single rows: row, rule, error.
    pub fn row_errors(&self) -> impl Iterator<Item = (usize, &str, &RowError)> {
        self.names.iter().zip(&self.columns).flat_map(|(name, column)| {
            column.odd_rows().into_iter().filter_map(move |(row, outcome)| match outcome {
                Outcome::Error(error) => Some((row, name.as_str(), error)),
                _ => None,
            })
        })
    }

    /// The column of a selected rule.
    pub fn column(&self, name: &str) -> Option<&DecisionColumn> {
        let at = self.names.iter().position(|n| n == name)?;
        self.columns.get(at)
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
    evaluate_by(plan, &Arc::new(Layout::of(plan)), dataset)
}

/// The same by the layout of that plan: for many data sets.
pub fn evaluate_by(plan: &Plan, layout: &Arc<Layout>, dataset: &Dataset) -> Decisions {
    let context = Context::with(plan, layout.clone(), dataset);
    let rows = usize::try_from(context.rows()).unwrap_or(usize::MAX);
    let certain = columns::evaluate(&context);
    let columns =
        plan.selected.iter().zip(certain).map(|((_, node), certain)| decided(&context, *node, certain, rows));
    Decisions {
        names: plan.selected.iter().map(|(name, _)| name.clone()).collect(),
        columns: columns.collect(),
    }
}

/// [`evaluate`] where it is enough to know that an outcome is open: which cells would settle it may not be told
/// ([`Outcome::Unknown`] without cells).
///
/// What is missing is filled in, in two ways, by columns: where the outcomes differ, the outcome is open, and is not looked
/// into row by row, which costs a hundred times as much.
pub fn evaluate_settled(plan: &Plan, dataset: &Dataset) -> Decisions {
    evaluate_settled_of(plan, dataset, &|_| true)
}

/// [`evaluate_settled`] where only some rows are asked for: what columns leave over of others is not looked into, and said to
/// be open.
pub fn evaluate_settled_of(
    plan: &Plan,
    dataset: &Dataset,
    asked: &(dyn Fn(usize) -> bool + Sync),
) -> Decisions {
    let context = Context::new(plan, dataset);
    let rows = usize::try_from(context.rows()).unwrap_or(usize::MAX);
    let certain = columns::evaluate(&context);
    let settled = certain.iter().all(|c| c.as_ref().is_some_and(|c| c.left_over().next().is_none()));
    let ways = if settled { Vec::new() } else { Completion::ways(plan, dataset) };
    let filled: Vec<Vec<Option<Certain>>> = ways
        .iter()
        .map(|way| columns::evaluate(&Context::new(way.plan(plan), way.dataset(dataset))))
        .collect();
    let columns = plan.selected.iter().zip(certain).enumerate().map(|(number, ((_, node), certain))| {
        let is_left = |certain: &Certain| certain.left_over().next().is_some();
        if certain.as_ref().is_none_or(is_left) && completed::of_no_row(plan, dataset, *node) {
            return one_for_all(&context, *node, rows);
        }
        let shown: Vec<&Certain> = filled.iter().filter_map(|each| each.get(number)?.as_ref()).collect();
        let open = |row: usize| !asked(row) || completed::differ(&shown, row);
        decided_but(&context, *node, certain, rows, open)
    });
    let columns = columns.collect();
    Decisions { names: plan.selected.iter().map(|(name, _)| name.clone()).collect(), columns }
}

/// The outcome of a node that is the same for all rows: the first is looked into. Which cells would settle it is not told.
fn one_for_all(context: &Context<'_>, node: NodeId, rows: usize) -> DecisionColumn {
    let first = (rows > 0).then(|| match outcome(&mut Evaluator::new(context), node, 0) {
        Outcome::Unknown(_) => Outcome::Unknown(Vec::new()),
        other => other,
    });
    let odd = first.into_iter().flat_map(|first| (0..rows).map(move |row| (row, first.clone()))).collect();
    DecisionColumn { rows, certain: None, odd, by_plan: None }
}

/// By selected rule, the rows in which it is false whatever the missing cells hold, as far as sets and
/// ranges of possible values show it; none of a rule that is not `asked` for. What they leave open is not decided by
/// cases, which costs as much as hundreds of decisions of a row.
pub(crate) fn surely_false(
    plan: &Plan,
    layout: &Arc<Layout>,
    dataset: &Dataset,
    asked: &[bool],
) -> Vec<Vec<usize>> {
    let is_asked = |number: usize| asked.get(number) == Some(&true);
    let selected = plan.selected.iter().enumerate().filter(|(number, _)| is_asked(*number));
    let part = Plan { selected: selected.map(|(_, rule)| rule.clone()).collect(), ..plan.clone() };
    let mut found = all_surely_false(&part, layout, dataset).into_iter();
    let of_rule =
        |number: usize| if is_asked(number) { found.next().unwrap_or_default() } else { Vec::new() };
    (0..plan.selected.len()).map(of_rule).collect()
}

/// [`surely_false`] of every selected rule.
fn all_surely_false(plan: &Plan, layout: &Arc<Layout>, dataset: &Dataset) -> Vec<Vec<usize>> {
    /// Up to this number of rows, compiling the plan to columns costs more than deciding row by row.
    const FEW: usize = 64;
    let context = Context::with(plan, layout.clone(), dataset);
    let rows = usize::try_from(context.rows()).unwrap_or(usize::MAX);
    let is_false = |evaluator: &mut Evaluator<'_, '_>, node: NodeId, row: usize| {
        matches!(evaluator.eval(node, row as u64), Ok(Possible::Known(Value::Bool(false))))
    };
    if rows <= FEW {
        // One evaluator for all: what one rule computed serves the next.
        let mut evaluator = Evaluator::new(&context);
        let mut of_rule =
            |node: NodeId| (0..rows).filter(|row| is_false(&mut evaluator, node, *row)).collect();
        return plan.selected.iter().map(|(_, node)| of_rule(*node)).collect();
    }
    // By rule: the rows in which it is false, and those that are still open.
    let settled = |((_, node), certain): (&(String, NodeId), Option<Certain>)| {
        if completed::of_no_row(plan, dataset, *node) {
            let all = is_false(&mut Evaluator::new(&context), *node, 0);
            return (if all { (0..rows).collect() } else { Vec::new() }, Vec::new());
        }
        certain.as_ref().and_then(Certain::false_or_left).unwrap_or_else(|| (Vec::new(), (0..rows).collect()))
    };
    let mut rules: Vec<(Vec<usize>, Vec<usize>)> =
        plan.selected.iter().zip(columns::evaluate(&context)).map(settled).collect();
    // What is true of one filling of the missing cells is not false of all. Mostly the first leaves no row open.
    for filling in [completed::Filling::High, completed::Filling::Low] {
        let many: Vec<bool> = rules.iter().map(|(_, open)| open.len() > FEW).collect();
        for ((_, open), shown) in rules.iter_mut().zip(filled(plan, layout, dataset, filling, &many)) {
            if let Some(shown) = shown {
                open.retain(|row| shown.truth(*row) != Some(true));
            }
        }
    }
    // The rest is evaluated with sets and ranges.
    let of_rule = |(node, (mut all, open)): (NodeId, (Vec<usize>, Vec<usize>))| {
        if !open.is_empty() {
            let look = |evaluator: &mut Evaluator<'_, '_>, row| is_false(evaluator, node, row).then_some(row);
            let open = open.into_par_iter().with_min_len(256);
            let found: Vec<usize> = open.map_init(|| Evaluator::new(&context), look).flatten_iter().collect();
            all.extend(found);
            all.sort_unstable();
        }
        all
    };
    plan.selected.iter().map(|(_, node)| *node).zip(rules).map(of_rule).collect()
}

/// The outcomes of some selected rules on the data with their missing cells filled in, one way; `None` for the other
/// rules, and where nothing is filled in.
fn filled(
    plan: &Plan,
    layout: &Arc<Layout>,
    dataset: &Dataset,
    filling: completed::Filling,
    rules: &[bool],
) -> Vec<Option<Certain>> {
    let chosen = plan.selected.iter().zip(rules).filter(|(_, wanted)| **wanted);
    let selected: Vec<(String, NodeId)> = chosen.map(|(rule, _)| rule.clone()).collect();
    if selected.is_empty() {
        return vec![None; rules.len()];
    }
    let part = Plan { selected, ..plan.clone() };
    let Some(dataset) = completed::completed(&part, dataset, filling) else { return vec![None; rules.len()] };
    let mut found = columns::evaluate(&Context::with(&part, layout.clone(), &dataset)).into_iter();
    rules.iter().map(|wanted| if *wanted { found.next().flatten() } else { None }).collect()
}

/// By selected rule, the outcomes that columns decide. Rows left over are not decided; `None` for a rule
/// without columnar form.
pub fn certain(context: &Context<'_>) -> Vec<Option<Certain>> {
    columns::evaluate(context)
}

/// A column of outcomes: certain ones as they are, rows left over decided one by one on all threads.
fn decided(context: &Context<'_>, node: NodeId, certain: Option<Certain>, rows: usize) -> DecisionColumn {
    decided_but(context, node, certain, rows, |_| false)
}

/// The same, but for rows left over whose outcome is open for certain.
fn decided_but(
    context: &Context<'_>,
    node: NodeId,
    certain: Option<Certain>,
    rows: usize,
    open: impl Fn(usize) -> bool + Sync,
) -> DecisionColumn {
    let left: Vec<usize> = certain.as_ref().map_or_else(|| (0..rows).collect(), |c| c.left_over().collect());
    // Each thread has an evaluator, whose memory serves for neighbouring rows.
    let odd: Vec<(usize, Outcome)> = left
        .into_par_iter()
        .with_min_len(256)
        .map_init(
            || Evaluator::new(context),
            |evaluator, row| match open(row) {
                true => (row, Outcome::Unknown(Vec::new())),
                false => (row, outcome(evaluator, node, row as u64)),
            },
        )
        .collect();
    DecisionColumn { rows, certain, odd: odd.into_iter().collect(), by_plan: None }
}
