//! Decides, piece by piece, an outcome that one missing number or date leaves open.
//!
//! The range of the cell is walked through from its smallest value. At a value, the outcome is computed as for
//! known cells, but each number is kept as a function of the cell ([`super::lines`]), so that each comparison
//! on the way also says up to which value it comes out as it does here. Up to the smallest of these, the *piece*,
//! nothing on the way changes: the outcome is one value for all of it. The next piece begins one step after.
//! All pieces coming to one value, the outcome is that value; two that do not, or a piece in which the rules
//! fail, leave it open. Both are exact: each value of the cell lies in a piece.
//!
//! What is no straight line of the cell and no step function of one ends the walk; [`super::settle`] then
//! decides by sets and ranges.

mod forms;

use std::sync::Arc;

use super::lines::{Form, Line, Lines};
use super::possible::{Possible, Range};
use super::row::Evaluator;
use super::settle::{Cell, Search, Steps};
use logis_language::plan::ir::{Comparison, NodeId};
use logis_language::value::Value;

/// Pieces after which the walk is given up.
const MOST_PIECES: usize = 64;

/// Days, from the year 54 to the year 9909: what a rule adds to a missing date does not leave the calendar.
const DAYS: (i128, i128) = (-700_000, 2_900_000);

/// Why a walk ends without a value.
enum Stop {
    /// The rules fail there.
    Fails,
    /// It cannot be told this way.
    Unsure,
}

/// The walk through the pieces of one cell.
#[derive(Default)]
pub(super) struct Pieces {
    /// By node that reads a field: the nodes that depend on it.
    reached: Vec<(NodeId, Arc<[bool]>)>,
    /// The nodes that depend on the cell.
    depend: Arc<[bool]>,
    /// The cell: its node, its row, and itself as a line.
    cell: Option<(NodeId, u64, Line)>,
    lines: Lines,
    /// The step looked at: the first of the piece.
    now: i128,
    /// The last of the piece, as far as it is known; `None` without an end.
    last: Option<i128>,
    /// The last step that is computed: the largest value, or the end of the window if the cell has no upper bound.
    furthest: i128,
    /// Has the cell no lower bound, and does the piece stand for all values below `now` too?
    open_below: bool,
    /// The number of the piece, of all that were ever looked at.
    number: u64,
    /// By node: in which piece and for which row it was computed, and what it comes to.
    computed: Vec<Option<(u64, u64, Form)>>,
    /// By node: in which piece and for which row it was computed for its errors.
    checked: Vec<(u64, u64)>,
}

impl Pieces {
    /// Begins a piece.
    fn begin(&mut self, now: i128, last: Option<i128>, open_below: bool) {
        (self.now, self.last, self.open_below) = (now, last, open_below);
        self.number += 1;
    }

    /// Ends the piece where a source leaves these values; an absent bound is no bound.
    fn stay(&mut self, source: usize, low: Option<i128>, high: Option<i128>) -> Result<(), Stop> {
        // As the cell grows, a source that rises leaves its values at `high`, one that falls at `low`.
        let rises = self.lines.rises(source);
        let (before, after) = if rises { (low, high) } else { (high, low) };
        // The piece stands for all values below too, where the source would have left them.
        if self.open_below && before.is_some() {
            return Err(Stop::Unsure);
        }
        let Some(bound) = after else { return Ok(()) };
        let end = self.last.unwrap_or(self.furthest);
        // The cell is its own source: the bound is a step.
        if self.lines.is_cell(source) {
            if bound < end {
                self.last = Some(bound);
            } else if self.last.is_none() {
                return Err(Stop::Unsure);
            }
            return Ok(());
        }
        let inside = |n: i128| -> Result<bool, Stop> {
            let g = self.lines.at(source, n).ok_or(Stop::Unsure)?;
            Ok(if rises { g <= bound } else { g >= bound })
        };
        if inside(end)? {
            // Without an end, it may leave them beyond.
            return if self.last.is_some() { Ok(()) } else { Err(Stop::Unsure) };
        }
        // Of a monotone source, the last step inside is found by halves: inside at `from`, outside at `to`.
        let (mut from, mut to) = (self.now, end);
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            if inside(middle)? { from = middle } else { to = middle }
        }
        self.last = Some(from);
        Ok(())
    }

    /// Does a comparison hold? The piece ends where it no longer comes out so.
    fn holds(&mut self, op: Comparison, a: &Form, b: &Form) -> Result<bool, Stop> {
        if let (Form::Fixed(a), Form::Fixed(b)) = (a, b) {
            return Ok(op.holds(a.cmp(b)));
        }
        let difference = self.lines.difference(a, b).ok_or(Stop::Unsure)?;
        let g = self.lines.at(difference.source, self.now).ok_or(Stop::Unsure)?;
        let (ordering, low, high) = difference.around(op, g);
        self.stay(difference.source, low, high)?;
        Ok(op.holds(ordering))
    }

    /// The smaller of two, or the larger.
    fn extreme(&mut self, largest: bool, a: Form, b: Form) -> Result<Form, Stop> {
        let op = if largest { Comparison::AtLeast } else { Comparison::AtMost };
        Ok(if self.holds(op, &a, &b)? { a } else { b })
    }
}

impl Evaluator<'_, '_> {
    /// Does the outcome agree with what was seen before, whatever the only missing cell holds? `None` if this cannot
    /// be told here.
    pub(super) fn by_pieces(
        &mut self,
        node: NodeId,
        row: u64,
        cell: &Cell,
        search: &mut Search,
    ) -> Option<bool> {
        let steps = cell.steps?;
        if !matches!(cell.value, Possible::Open(Range::Between(..) | Range::Any, _)) {
            return None;
        }
        let (low, high) = cell.ends(steps);
        let window = match steps {
            Steps::Number(_) => steps.window(),
            Steps::Days => DAYS,
        };
        let (first, last) = (low.unwrap_or(window.0), high.unwrap_or(window.1));
        if last < first {
            return None;
        }
        let (over, date) = match steps {
            Steps::Number(one) => (one, false),
            Steps::Days => (1, true),
        };
        // The cell is the first source. Its largest value bounds all that is computed of it.
        let line = self.pieces.lines.begin(over, date, first.checked_abs()?.max(last.checked_abs()?))?;
        self.pieces.depend = self.depend_on(cell.node);
        self.pieces.cell = Some((cell.node, cell.row, line));
        self.pieces.furthest = last;
        // What is computed on the way is remembered for this walk only.
        let steps = self.steps;
        let result = self.within(|this| {
            this.new_frame();
            this.all_pieces_agree(node, row, (first, low.is_none()), (last, high.is_none()), search)
        });
        self.steps = steps;
        match result {
            Ok(agree) => Some(agree),
            Err(Stop::Fails) => Some(false),
            Err(Stop::Unsure) => None,
        }
    }

    /// The ends are steps, and whether there is none.
    fn all_pieces_agree(
        &mut self,
        node: NodeId,
        row: u64,
        (first, open_below): (i128, bool),
        (last, open_above): (i128, bool),
        search: &mut Search,
    ) -> Result<bool, Stop> {
        // The largest first: what is open indeed is mostly told by the two ends.
        let value = self.value_of_piece(node, row, last, Some(last), false)?;
        if !value.is_some_and(|value| search.sees(value)) {
            return Ok(false);
        }
        let end = (!open_above).then_some(last);
        let mut now = first;
        for _ in 0..MOST_PIECES {
            let value = self.value_of_piece(node, row, now, end, open_below && now == first)?;
            if !value.is_some_and(|value| search.sees(value)) {
                return Ok(false);
            }
            // The next piece begins behind this one; without a bound above, also behind the window.
            match self.pieces.last {
                Some(done) if done < last || open_above => now = done + 1,
                _ => return Ok(true),
            }
        }
        Err(Stop::Unsure)
    }

    /// What the outcome comes to in the piece that begins at a step; `None` if it is not the same in all of it.
    fn value_of_piece(
        &mut self,
        node: NodeId,
        row: u64,
        now: i128,
        end: Option<i128>,
        open_below: bool,
    ) -> Result<Option<Value>, Stop> {
        self.pieces.begin(now, end, open_below);
        let form = self.form(node, row)?;
        // The outcome is the cell, or a line of it: another value at each step.
        if let Form::Moving(line) = &form
            && self.pieces.lines.is_cell(line.source)
            && self.pieces.last != Some(now)
        {
            return Ok(None);
        }
        self.pieces.fixed(form).map(Some)
    }

    /// The nodes that depend on what a node reads, on whatever row.
    fn depend_on(&mut self, field: NodeId) -> Arc<[bool]> {
        if let Some((_, depend)) = self.pieces.reached.iter().find(|(node, _)| *node == field) {
            return depend.clone();
        }
        // Inputs come before what uses them: one pass is enough.
        let mut depend: Vec<bool> = Vec::with_capacity(self.context.plan.nodes.len());
        for (id, node) in (0..).zip(&self.context.plan.nodes) {
            let inputs = node.op.inputs();
            let any = inputs.iter().any(|input| depend.get(*input as usize).copied().unwrap_or(true));
            depend.push(id == field || any);
        }
        let depend: Arc<[bool]> = depend.into();
        self.pieces.computed.resize(depend.len(), None);
        self.pieces.checked.resize(depend.len(), (0, 0));
        self.pieces.reached.push((field, depend.clone()));
        depend
    }
}
