//! Where to cut: the first open condition on the way to an outcome, and the value of a missing cell at which it turns.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::super::possible::{Missing, MissingCell, MissingInput, Possible, Range, compare};
use super::super::row::{Evaluator, finite_values};
use super::Search;
use super::cells::{Cell, Cut, Steps};
use logis_language::deep::deep;
use logis_language::pack::schema::FieldKind;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::{Exact, Type, Value, div, mul, power_of_ten, sub};

/// Up to this many whole numbers or days are tried one by one where no threshold is found.
const FEW: i128 = 24;

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
    /// Where to cut: by the first open condition on the way to a node.
    pub(super) fn cut(
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
        // What is settled leads to nothing that is open. `Strict` is settled by its value alone, and may fail by what
        // it only computes.
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
                // The threshold of this condition itself, before those inside it.
                let turned = self.cut_where_it_turns(node, row, search);
                turned.or_else(|| inside(self, &op.inputs(), search))
            }
            // A branch that is not taken decides nothing.
            Op::If(condition, yes, no) => match self.eval(*condition, row).ok()?.known_bool() {
                Some(true) => inside(self, &[*yes], search),
                Some(false) => inside(self, &[*no], search),
                None => inside(self, &[*condition, *yes, *no], search),
            },
            // What gives the value before what is only computed for its errors.
            Op::Strict(computed, value) => inside(self, &[*value, *computed], search),
            _ => inside(self, &op.inputs(), search),
        }
    }

    /// A missing cell, if it can be cut.
    pub(super) fn cell(&mut self, missing: &MissingInput) -> Option<Cell> {
        let MissingCell::Field(field) = missing.what else { return None };
        self.cell_of(self.context.reader(field)?, missing.row)
    }

    fn cell_of(&mut self, node: NodeId, row: u64) -> Option<Cell> {
        let Op::Field(field) = self.context.plan.node(node)?.op else { return None };
        let declared = self.context.plan.parsed.schema.fields.get(field)?;
        // What stands for values that no table lists has no values to cut into.
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
        // Halves of a range that turns nowhere are a last resort: not while clear turns are looked for.
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
            // Cut to few values already: they are taken one by one.
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
        // What the condition comes to at both ends, and from which side the turn is sought: `wanted` is what holds up
        // to the turn. `None` is a side that other missing cells leave open.
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
        // Between `from`, where it is as wanted, and `to`, where it is not: one step apart, that is the turn.
        let (mut before, mut after) = (first_side, last_side);
        for tried in 0.. {
            if to - from <= 1 {
                break;
            }
            // Most sides are straight lines: they cross where the line through the two ends says. Where they are
            // not, every other try halves what is left, so that it ends in a logarithmic number of tries.
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
        // Without two sides, only whether the value is the same can be told.
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
        // A side is open: the comparison may be settled all the same.
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
    // From `a` apart to `b` apart in a straight line, nothing is apart after the part a / (a - b) of the way.
    let part = div(a, &sub(a, b).ok()?).ok()?;
    let way = mul(&part, &Exact::from_integer(to - from)).ok()?;
    Some(from + way.floor().to_integer())
}
