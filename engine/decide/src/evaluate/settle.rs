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

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::possible::{Missing, MissingCell, MissingInput, Possible, Range, compare};
use super::row::{Evaluator, RowError, finite_values};
use logis_language::deep::deep;
use logis_language::pack::schema::FieldKind;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::{Exact, Type, Value, add_days, day_number, div, mul, power_of_ten, sub};

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

/// Whole numbers and days up to so many are tried one by one where no threshold is found.
const FEW: i128 = 24;

/// A number without a declared range is looked at up to this, counted in the smallest step that its
/// field holds; the last case is open to the end.
const FURTHEST: i128 = 1 << 50;

/// A missing cell as it may be cut: the node that reads it, its row, and what it may be now.
pub(super) struct Cell {
    pub node: NodeId,
    pub row: u64,
    /// How it is counted; `None` for what is no number and no date.
    pub steps: Option<Steps>,
    pub value: Possible,
}

/// The values of a number or a date, counted.
#[derive(Clone, Copy)]
pub(super) enum Steps {
    /// So many steps are one.
    Number(i128),
    Days,
}

/// The cases of one cell.
struct Cut {
    node: NodeId,
    row: u64,
    cases: Vec<Possible>,
}

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

/// What a condition came to at a value of a cell: only whether it is the same elsewhere counts.
#[derive(Clone)]
enum Side {
    /// How its two sides compare; of numbers, by how much they differ.
    Order(Ordering, Option<Exact>),
    Value(Value),
}

impl PartialEq for Side {
    fn eq(&self, other: &Side) -> bool {
        match (self, other) {
            (Side::Order(a, _), Side::Order(b, _)) => a == b,
            (Side::Value(a), Side::Value(b)) => a == b,
            _ => false,
        }
    }
}

impl Evaluator<'_, '_> {
    /// The outcome of a node for a row: open only if it was not found to be the same for all completions.
    ///
    /// # Errors
    /// The error of the row.
    pub fn outcome(&mut self, node: NodeId, row: u64) -> Result<Possible, RowError> {
        self.settled(node, row, true)
    }

    /// The same where numbers and dates are not cut: for a caller who cuts them.
    pub fn outcome_uncut(&mut self, node: NodeId, row: u64) -> Result<Possible, RowError> {
        self.settled(node, row, false)
    }

    fn settled(&mut self, node: NodeId, row: u64, numbers: bool) -> Result<Possible, RowError> {
        let first = self.eval(node, row)?;
        let Possible::Open(_, missing) = &first else { return Ok(first) };
        let share = missing.iter().count().div_ceil(USUAL_CELLS).max(1);
        let (cases, probes) = (MOST_CASES.div_ceil(share), MOST_PROBES.div_ceil(share));
        let (looks, walks) = (MOST_LOOKS, MOST_WALKS);
        let mut search = Search { value: None, cases, probes, looks, walks, numbers, clear: true };
        let cells: Vec<Cell> = missing.iter().filter_map(|m| self.cell(m)).collect();
        let cells: Vec<Cell> = cells.into_iter().filter(|c| numbers || c.steps.is_none()).collect();
        if cells.is_empty() {
            return Ok(first);
        }
        match (self.only_cell_agrees(node, row, missing, &mut search), &search.value) {
            (Some(true), Some(value)) => return Ok(Possible::Known(value.clone())),
            (Some(_), _) => return Ok(first),
            (None, _) => {}
        }
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
        let Some(cut) = found else { return false };
        cut.cases.into_iter().all(|case| {
            deep(|| {
                self.within(|this| {
                    this.suppose(cut.node, cut.row, case);
                    this.all_agree(node, row, search)
                })
            })
        })
    }

    /// Where to cut: by the first open condition on the way to a node.
    fn cut(
        &mut self,
        node: NodeId,
        row: u64,
        search: &mut Search,
        visited: &mut BTreeSet<(NodeId, u64)>,
    ) -> Option<Cut> {
        if !visited.insert((node, row)) {
            return None;
        }
        search.looks = search.looks.checked_sub(1)?;
        let plan = self.context.plan;
        let op = &plan.node(node)?.op;
        if !matches!(op, Op::Strict(..)) && matches!(self.eval(node, row), Ok(Possible::Known(_)) | Err(_)) {
            return None;
        }
        let mut inside = |this: &mut Self, nodes: &[NodeId], search: &mut Search| {
            nodes.iter().find_map(|n| deep(|| this.cut(*n, row, search, visited)))
        };
        match op {
            Op::Field(_) => self.cut_field(node, row, search),
            Op::Up(step, inner) => {
                let parent = self.context.step(*step, row).ok()?;
                deep(|| self.cut(*inner, parent, search, visited))
            }
            Op::Members(_, _, inner) => {
                let members = self.context.members(node, row).to_vec();
                members.into_iter().find_map(|m| deep(|| self.cut(*inner, u64::from(m), search, visited)))
            }
            Op::Compare(..) | Op::Call(..) => {
                let turned = self.cut_where_it_turns(node, row, search);
                turned.or_else(|| inside(self, &op.inputs(), search))
            }
            Op::Strict(computed, value) => inside(self, &[*value, *computed], search),
            _ => inside(self, &op.inputs(), search),
        }
    }

    /// A missing cell, if it can be cut.
    fn cell(&mut self, missing: &MissingInput) -> Option<Cell> {
        let MissingCell::Field(field) = missing.what else { return None };
        self.cell_of(self.context.reader(field)?, missing.row)
    }

    fn cell_of(&mut self, node: NodeId, row: u64) -> Option<Cell> {
        let Op::Field(field) = self.context.plan.node(node)?.op else { return None };
        let declared = self.context.plan.parsed.schema.fields.get(field)?;
        if declared.unlisted.is_some() {
            return None;
        }
        let steps = match &declared.kind {
            FieldKind::Number { decimals, .. } => Some(Steps::Number(power_of_ten(*decimals)?)),
            FieldKind::Date => Some(Steps::Days),
            kind => {
                finite_values(kind)?;
                None
            }
        };
        let value = self.eval(node, row).ok()?;
        matches!(value, Possible::Open(..)).then_some(Cell { node, row, steps, value })
    }

    /// The cases of a cell of which no threshold is known: all its values, or two halves.
    fn cut_field(&mut self, node: NodeId, row: u64, search: &Search) -> Option<Cut> {
        let cell = self.cell_of(node, row)?;
        if let Possible::Open(Range::OneOf(values), _) = &cell.value {
            let cases = values.iter().cloned().map(Possible::Known).collect();
            return Some(Cut { node, row, cases });
        }
        let steps = cell.steps.filter(|_| search.numbers && !search.clear)?;
        let (low, high) = cell.ends(steps);
        let (first, last) = (low.unwrap_or(steps.window().0), high.unwrap_or(steps.window().1));
        if last <= first {
            return None;
        }
        if last - first <= FEW && low.is_some() && high.is_some() {
            let cases = (first..=last).map(|n| steps.value(n).map(Possible::Known)).collect::<Option<_>>()?;
            return Some(Cut { node, row, cases });
        }
        let middle = first + (last - first) / 2;
        cell.halves(steps, middle)
    }

    /// Cuts a missing number or date where a condition turns.
    fn cut_where_it_turns(&mut self, condition: NodeId, row: u64, search: &mut Search) -> Option<Cut> {
        if !search.numbers {
            return None;
        }
        let missing: Missing = self.eval(condition, row).ok()?.missing();
        for input in missing.iter() {
            search.looks = search.looks.checked_sub(1)?;
            let Some(cell) = self.cell(input) else { continue };
            let Some(steps) = cell.steps else { continue };
            if let Possible::Open(Range::OneOf(_), _) = cell.value {
                continue;
            }
            if let Some(last) = self.last_of_first_side(condition, row, &cell, steps, search) {
                return cell.halves(steps, last);
            }
        }
        None
    }

    /// The last value of a cell for which a condition comes to what it comes to at the smallest; by halves.
    fn last_of_first_side(
        &mut self,
        condition: NodeId,
        row: u64,
        cell: &Cell,
        steps: Steps,
        search: &mut Search,
    ) -> Option<i128> {
        let (low, high) = cell.ends(steps);
        let (mut from, mut to) = (low.unwrap_or(steps.window().0), high.unwrap_or(steps.window().1));
        if to <= from {
            return None;
        }
        let clear = search.clear;
        let mut at = |this: &mut Self, n: i128| -> Option<Side> {
            search.probes = search.probes.checked_sub(1)?;
            let value = steps.value(n)?;
            this.within(|this| {
                this.suppose(cell.node, cell.row, Possible::Known(value));
                this.side(condition, row)
            })
        };
        let (first, last) = (at(self, from), at(self, to));
        let (first_side, mut last_side) = (first.clone(), last.clone());
        let wanted = match (first, last) {
            (None, None) => return None,
            (None, _) | (_, None) if clear => return None,
            (Some(first), last) if Some(&first) != last.as_ref() => Some(first),
            (None, Some(_)) => None,
            // What is inside turns, if it does: it is looked at next.
            _ if clear => return None,
            (first, _) => {
                // The same at both ends: is it another somewhere between?
                let width = to - from;
                let other = [4, 2, 6, 1, 7].iter().map(|part| from + width * part / 8);
                let other = other.filter(|n| *n > from).find(|n| at(self, *n) != first)?;
                (to, last_side) = (other, None);
                first
            }
        };
        let (mut before, mut after) = (first_side, last_side);
        for tried in 0.. {
            if to - from <= 1 {
                break;
            }
            // Most sides are straight lines: they cross where the line through the two ends says.
            let straight =
                if tried < 4 || tried % 2 == 0 { crossing(from, &before, to, &after) } else { None };
            let next = straight.unwrap_or(from + (to - from) / 2).clamp(from + 1, to - 1);
            let side = at(self, next);
            if side == wanted {
                (from, before) = (next, side);
            } else {
                (to, after) = (next, side);
            }
        }
        // Where another cell leaves it open in between, it turns nowhere.
        (!clear || after.is_some()).then_some(from)
    }

    /// What a condition comes to under what is assumed, if it is settled.
    fn side(&mut self, condition: NodeId, row: u64) -> Option<Side> {
        let plan = self.context.plan;
        let pair = match &plan.node(condition)?.op {
            Op::Compare(_, a, b) => Some((*a, *b)),
            Op::Call(Builtin::Max | Builtin::Min, args) => match args[..] {
                [a, b] => Some((a, b)),
                _ => None,
            },
            _ => None,
        };
        let Some((a, b)) = pair else {
            return self.eval(condition, row).ok()?.known().cloned().map(Side::Value);
        };
        let ordered = matches!(plan.node(a)?.ty, Type::Number | Type::Date);
        let (x, y) = (self.eval(a, row).ok()?, self.eval(b, row).ok()?);
        if let (Some(x), Some(y), true) = (x.known(), y.known(), ordered) {
            let apart = match (x, y) {
                (Value::Number(x), Value::Number(y)) => sub(x, y).ok(),
                _ => None,
            };
            return Some(Side::Order(x.cmp(y), apart));
        }
        let op = match plan.node(condition)?.op {
            Op::Compare(op, ..) => op,
            _ => Comparison::Less,
        };
        compare(op, &x, &y).known().cloned().map(Side::Value)
    }
}

/// The last step before two straight lines cross, given how far they are apart at two steps.
fn crossing(from: i128, before: &Option<Side>, to: i128, after: &Option<Side>) -> Option<i128> {
    let (Some(Side::Order(_, Some(a))), Some(Side::Order(_, Some(b)))) = (before, after) else { return None };
    let part = div(a, &sub(a, b).ok()?).ok()?;
    let way = mul(&part, &Exact::from_integer(to - from)).ok()?;
    Some(from + way.floor().to_integer())
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

impl Steps {
    fn value(self, n: i128) -> Option<Value> {
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
    fn step(self, value: &Value, up: bool) -> Option<i128> {
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
    fn end(&self, high: bool) -> Option<Value> {
        if let Possible::Open(Range::OneOf(values), _) = &self.value {
            return if high { values.last() } else { values.first() }.cloned();
        }
        let steps = self.steps?;
        let (first, last) = self.ends(steps);
        match (high, steps) {
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
    fn halves(&self, steps: Steps, last: i128) -> Option<Cut> {
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
