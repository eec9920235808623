//! Decides what sets and ranges leave open: by cases.
//!
//! Sets and ranges forget that a missing cell is the same cell wherever it is read: of `ressources <=
//! plafond`, in which an income is read twice, they may see both outcomes where every income gives one.
//! So what is still open is decided by cases. The first condition on the way to the outcome that is open
//! says where to cut: a missing enumeration into its values, a missing number or date at the threshold
//! where that condition turns. A case that is open is cut again. All cases must come to the same value;
//! two that do not end it. Before anything is cut, the smallest and the largest values are tried: most
//! outcomes that are open indeed are told by these two.
//!
//! Where one number or date alone is missing, [`super::pieces`] mostly decides, exactly and at a fraction of the time.

mod cells;
mod cut;

use std::collections::BTreeSet;

use super::possible::{Missing, Possible};
use super::row::{Evaluator, RowError};
pub(super) use cells::{Cell, Steps};
use logis_language::deep::deep;
use logis_language::plan::ir::NodeId;
use logis_language::value::Value;

/// The most cases that an outcome is decided in.
const MOST_CASES: usize = 192;

/// The most values that a condition is computed for, to find where it turns.
const MOST_PROBES: usize = 2_500;

/// The most conditions and cells that are looked at for where to cut, all cases of an outcome together.
const MOST_LOOKS: usize = 20_000;

/// The most walks through the pieces of a cell that end without an answer, before no more are begun.
const MOST_WALKS: usize = 4;

/// Missing cells up to which the first two limits hold as they stand. Each case and each probe walks all the rows that
/// hold the cells, so with more cells (a household of thousands) there are fewer of both in proportion: the work
/// for an outcome grows with its rows, and not with a multiple of them. More than this is no household.
const USUAL_CELLS: usize = 32;

/// A search through cases.
pub(super) struct Search {
    /// What the cases so far came to.
    value: Option<Value>,
    cases: usize,
    probes: usize,
    looks: usize,
    /// Walks through the pieces of a cell that may still end without an answer.
    walks: usize,
    /// Are numbers and dates cut?
    numbers: bool,
    /// Are they cut only where a condition comes to one thing before and to another after?
    clear: bool,
}

impl Evaluator<'_, '_> {
    /// The outcome of a node for a row: open only if it was not found to be the same for all completions.
    ///
    /// # Errors
    /// The error of the row.
    pub fn outcome(&mut self, node: NodeId, row: u64) -> Result<Possible, RowError> {
        self.settled(node, row, true)
    }

    /// [`Evaluator::outcome`], but missing numbers and dates are not cut: for a caller who cuts them.
    pub fn outcome_uncut(&mut self, node: NodeId, row: u64) -> Result<Possible, RowError> {
        self.settled(node, row, false)
    }

    fn settled(&mut self, node: NodeId, row: u64, numbers: bool) -> Result<Possible, RowError> {
        let first = self.eval(node, row)?;
        let Possible::Open(_, missing) = &first else { return Ok(first) };
        // A household of many missing cells gets fewer cases and probes, each of which walks more rows.
        let share = missing.iter().count().div_ceil(USUAL_CELLS).max(1);
        let (cases, probes) = (MOST_CASES.div_ceil(share), MOST_PROBES.div_ceil(share));
        let (looks, walks) = (MOST_LOOKS, MOST_WALKS);
        let mut search = Search { value: None, cases, probes, looks, walks, numbers, clear: true };
        let cells: Vec<Cell> = missing.iter().filter_map(|m| self.cell(m)).collect();
        let cells: Vec<Cell> = cells.into_iter().filter(|c| numbers || c.steps.is_none()).collect();
        // Nothing that could be cut: a relation or a parameter is missing, or free text.
        if cells.is_empty() {
            return Ok(first);
        }
        // First the exact way, for one number or date.
        match (self.only_cell_agrees(node, row, missing, &mut search), &search.value) {
            (Some(true), Some(value)) => return Ok(Possible::Known(value.clone())),
            (Some(_), _) => return Ok(first),
            (None, _) => {}
        }
        // Then all cells at their smallest, and at their largest: most outcomes that are open show it here.
        let ends = [false, true];
        if !ends.into_iter().all(|high| self.agrees_at(node, row, &cells, high, &mut search)) {
            return Ok(first);
        }
        match (self.all_agree(node, row, &mut search), search.value) {
            (true, Some(value)) => Ok(Possible::Known(value)),
            _ => Ok(first),
        }
    }

    /// Where one number or date alone is missing: do all its values agree? `None` if there are several cells, or
    /// if this cannot be told so.
    fn only_cell_agrees(
        &mut self,
        node: NodeId,
        row: u64,
        missing: &Missing,
        search: &mut Search,
    ) -> Option<bool> {
        if missing.len() != 1 || search.walks == 0 || !search.numbers {
            return None;
        }
        let cell = missing.first().and_then(|only| self.cell(only)).filter(|cell| cell.steps.is_some())?;
        let agree = self.by_pieces(node, row, &cell, search);
        // A walk that ends without an answer is lost work, and the next one of this row mostly ends so too.
        if agree.is_none() {
            search.walks -= 1;
        }
        agree
    }

    /// Does the outcome, with all these cells at one end, agree with what was seen? What is still open
    /// there does not disagree.
    fn agrees_at(&mut self, node: NodeId, row: u64, cells: &[Cell], high: bool, search: &mut Search) -> bool {
        let result = self.within(|this| {
            for cell in cells {
                if let Some(value) = cell.end(high) {
                    this.suppose(cell.node, cell.row, Possible::Known(value));
                }
            }
            this.eval(node, row)
        });
        match result {
            Ok(Possible::Known(value)) => search.sees(value),
            Ok(_) => true,
            Err(_) => false,
        }
    }

    /// Do all cases come to one value?
    fn all_agree(&mut self, node: NodeId, row: u64, search: &mut Search) -> bool {
        if search.cases == 0 {
            return false;
        }
        search.cases -= 1;
        match self.eval(node, row) {
            Ok(Possible::Known(value)) => return search.sees(value),
            Ok(Possible::Open(_, missing)) => {
                if let Some(agree) = self.only_cell_agrees(node, row, &missing, search) {
                    return agree;
                }
            }
            // A completion that fails has no outcome to agree with.
            Ok(Possible::Items(_)) | Err(_) => return false,
        }
        // Where a condition clearly turns first; only then where it is merely lost.
        let found = [true, false].into_iter().find_map(|clear| {
            search.clear = clear;
            self.cut(node, row, search, &mut BTreeSet::new())
        });
        // Open, and nothing left to cut: it cannot be told that the cases agree.
        let Some(cut) = found else { return false };
        // Each case narrows one cell; the first that does not agree ends all.
        cut.cases.into_iter().all(|case| {
            deep(|| {
                self.within(|this| {
                    this.suppose(cut.node, cut.row, case);
                    this.all_agree(node, row, search)
                })
            })
        })
    }
}

impl Search {
    /// Is a value the one that was seen before?
    pub fn sees(&mut self, value: Value) -> bool {
        match &self.value {
            Some(seen) => *seen == value,
            None => {
                self.value = Some(value);
                true
            }
        }
    }
}
