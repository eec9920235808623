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

use std::sync::Arc;

use super::lines::{Form, Line, Lines, fraction};
use super::possible::{Possible, Range, arithmetic, call};
use super::row::Evaluator;
use super::settle::{Cell, Search, Steps};
use logis_language::deep::deep;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::Value;

/// Pieces after which the walk is given up.
const MOST_PIECES: usize = 64;

/// Days, from the year 54 to the year 9909: what a rule adds to a missing date does not leave the calendar.
const DAYS: (i128, i128) = (-700_000, 2_900_000);

/// The most days that a rule may move a missing date by, and the most months.
const MOST_SHIFT: (i128, i64) = (20_000, 600);

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
        let rises = self.lines.rises(source);
        let (before, after) = if rises { (low, high) } else { (high, low) };
        if self.open_below && before.is_some() {
            return Err(Stop::Unsure);
        }
        let Some(bound) = after else { return Ok(()) };
        let end = self.last.unwrap_or(self.furthest);
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

    /// The one value that a form has in the piece, which ends where it has another.
    fn fixed(&mut self, form: Form) -> Result<Value, Stop> {
        match form {
            Form::Fixed(value) => Ok(value),
            Form::Moving(line) => {
                let g = self.lines.at(line.source, self.now).ok_or(Stop::Unsure)?;
                if self.lines.is_cell(line.source) && self.last != Some(self.now) {
                    return Err(Stop::Unsure);
                }
                self.stay(line.source, Some(g), Some(g))?;
                self.lines.value(&line, self.now).ok_or(Stop::Unsure)
            }
            Form::Items(items) => {
                let values: Result<Arc<[Value]>, Stop> =
                    items.iter().map(|i| self.fixed(i.clone())).collect();
                values.map(Value::List)
            }
        }
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

    /// What a node comes to in the piece.
    fn form(&mut self, node: NodeId, row: u64) -> Result<Form, Stop> {
        let index = node as usize;
        if !self.pieces.depend.get(index).copied().unwrap_or(false) {
            return known(self.eval(node, row)).map(Form::Fixed);
        }
        let (number, cell) = (self.pieces.number, self.pieces.cell);
        if let Some((field, at, line)) = cell
            && field == node
        {
            return if at == row {
                Ok(Form::Moving(line))
            } else {
                known(self.eval(node, row)).map(Form::Fixed)
            };
        }
        if let Some(Some((piece, at, form))) = self.pieces.computed.get(index)
            && (*piece, *at) == (number, row)
        {
            return Ok(form.clone());
        }
        let form = match self.known_before(index, row) {
            Some(value) => return Ok(Form::Fixed(value.clone())),
            None => deep(|| self.compute_form(node, row))?,
        };
        if let Some(slot) = self.pieces.computed.get_mut(index) {
            *slot = Some((number, row, form.clone()));
        }
        Ok(form)
    }

    /// A node that depends on the cell; as [`Evaluator::eval`] computes it where all is known.
    fn compute_form(&mut self, node: NodeId, row: u64) -> Result<Form, Stop> {
        let plan = self.context.plan;
        let bool = |value: bool| Ok(Form::Fixed(Value::Bool(value)));
        match &plan.node(node).ok_or(Stop::Unsure)?.op {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) => known(self.eval(node, row)).map(Form::Fixed),
            Op::Rule(rule, body) => {
                if let Some(given) = self.context.given_value(node, row) {
                    return given.known().cloned().map(Form::Fixed).ok_or(Stop::Unsure);
                }
                self.in_rule(*rule, |this| this.form(*body, row))
            }
            Op::Up(step, inner) => {
                let parent = self.context.step(*step, row).map_err(|_| Stop::Unsure)?;
                self.form(*inner, parent)
            }
            Op::Members(_, _, inner) => {
                let members = self.context.members(node, row);
                let items: Result<Arc<[Form]>, Stop> =
                    members.iter().map(|member| self.form(*inner, u64::from(*member))).collect();
                let items = items?;
                let values: Option<Arc<[Value]>> = items.iter().map(|i| i.known().cloned()).collect();
                Ok(values.map_or(Form::Items(items), |values| Form::Fixed(Value::List(values))))
            }
            Op::Not(a) => bool(!self.truth(*a, row)?),
            Op::Negate(a) => {
                let a = self.form(*a, row)?;
                self.combine(Arithmetic::Subtract, &Form::Fixed(Value::int(0)), &a)
            }
            Op::Arithmetic(op, a, b) => {
                let (a, b) = (self.form(*a, row)?, self.form(*b, row)?);
                self.combine(*op, &a, &b)
            }
            Op::Compare(op, a, b) => {
                if let Some(truth) = self.context.forced_truth(node, row) {
                    return bool(truth);
                }
                let (a, b) = (self.form(*a, row)?, self.form(*b, row)?);
                bool(self.pieces.holds(*op, &a, &b)?)
            }
            Op::And(a, b) => bool(self.truth(*a, row)? && self.truth(*b, row)?),
            Op::Or(a, b) => bool(self.truth(*a, row)? || self.truth(*b, row)?),
            Op::If(c, a, b) => {
                let branch = if self.truth(*c, row)? { *a } else { *b };
                self.form(branch, row)
            }
            Op::Strict(computed, value) => {
                self.check_form(*computed, row)?;
                self.form(*value, row)
            }
            Op::Param(id, keys) => {
                let keys: Result<Vec<Value>, Stop> = keys.iter().map(|key| self.fixed(*key, row)).collect();
                let keys = keys?;
                let version = plan.parameter(*id).ok_or(Stop::Unsure)?;
                version.cells.get(&keys).map(|cell| Form::Fixed(cell.value.clone())).ok_or(Stop::Fails)
            }
            Op::Call(builtin, args) => {
                let forms: Result<Vec<Form>, Stop> = args.iter().map(|arg| self.form(*arg, row)).collect();
                self.call_form(plan.counted(*builtin, args), forms?)
            }
        }
    }

    fn fixed(&mut self, node: NodeId, row: u64) -> Result<Value, Stop> {
        let form = self.form(node, row)?;
        self.pieces.fixed(form)
    }

    fn truth(&mut self, node: NodeId, row: u64) -> Result<bool, Stop> {
        match self.form(node, row)? {
            Form::Fixed(Value::Bool(truth)) => Ok(truth),
            _ => Err(Stop::Unsure),
        }
    }

    fn combine(&mut self, op: Arithmetic, a: &Form, b: &Form) -> Result<Form, Stop> {
        if let (Some(a), Some(b)) = (a.known(), b.known()) {
            let result = arithmetic(op, &a.clone().into(), &b.clone().into());
            return known(result).map(Form::Fixed);
        }
        let lines = &self.pieces.lines;
        let form = match (op, a, b) {
            (Arithmetic::Add, a, b) => lines.sum(a, b, 1),
            (Arithmetic::Subtract, a, b) => lines.sum(a, b, -1),
            (Arithmetic::Multiply, Form::Moving(line), Form::Fixed(by))
            | (Arithmetic::Multiply, Form::Fixed(by), Form::Moving(line)) => {
                fraction(by).and_then(|(top, bottom)| lines.times(line, top, bottom))
            }
            (Arithmetic::Divide, Form::Moving(line), Form::Fixed(by)) => match fraction(by) {
                Some((0, _)) => return Err(Stop::Fails),
                by => by.and_then(|(top, bottom)| lines.times(line, bottom, top)),
            },
            _ => None,
        };
        form.ok_or(Stop::Unsure)
    }

    fn call_form(&mut self, builtin: Builtin, args: Vec<Form>) -> Result<Form, Stop> {
        let values: Option<Vec<Possible>> =
            args.iter().map(|a| a.known().map(|v| v.clone().into())).collect();
        if let Some(values) = values {
            return known(call(builtin, &values)).map(Form::Fixed);
        }
        match (builtin, args.as_slice()) {
            (Builtin::Somme, [Form::Items(items)]) => {
                let zero = Form::Fixed(Value::int(0));
                items.iter().try_fold(zero, |sum, item| self.combine(Arithmetic::Add, &sum, item))
            }
            (Builtin::Max | Builtin::Min, [Form::Items(items)]) => {
                let (first, rest) = items.split_first().ok_or(Stop::Fails)?;
                rest.iter().try_fold(first.clone(), |best, item| {
                    self.pieces.extreme(builtin == Builtin::Max, best, item.clone())
                })
            }
            (Builtin::Max | Builtin::Min, [a, b]) => {
                self.pieces.extreme(builtin == Builtin::Max, a.clone(), b.clone())
            }
            (Builtin::JoursEntre, [from, to]) => self.pieces.lines.sum(to, from, -1).ok_or(Stop::Unsure),
            (Builtin::AnneesEntre | Builtin::MoisEntre, [from, to]) => {
                self.pieces.lines.elapsed(builtin, from, to).map(Form::Moving).ok_or(Stop::Unsure)
            }
            (Builtin::AjouterJours, [Form::Moving(line), by]) => {
                let days = whole(by).ok_or(Stop::Unsure)?;
                let later = self.pieces.lines.days_later(*line, days.into());
                let later = later.filter(|line| line.shift().abs() <= MOST_SHIFT.0);
                later.map(Form::Moving).ok_or(Stop::Unsure)
            }
            (Builtin::AjouterMois | Builtin::AjouterAnnees, [Form::Moving(line), by]) => {
                let months = whole(by).ok_or(Stop::Unsure)?;
                let each = if builtin == Builtin::AjouterAnnees { 12 } else { 1 };
                let months =
                    months.checked_mul(each).filter(|m| m.abs() <= MOST_SHIFT.1).ok_or(Stop::Unsure)?;
                self.pieces.lines.months_later(*line, months).map(Form::Moving).ok_or(Stop::Unsure)
            }
            (Builtin::Arrondi(how), [Form::Moving(line), decimals @ ..]) => {
                let decimals = match decimals {
                    [] => 0,
                    [decimals, ..] => whole(decimals).ok_or(Stop::Unsure)?,
                };
                let decimals = u32::try_from(decimals).ok().filter(|d| *d <= 9).ok_or(Stop::Unsure)?;
                self.pieces.lines.rounded(*line, how, decimals).map(Form::Moving).ok_or(Stop::Unsure)
            }
            _ => Err(Stop::Unsure),
        }
    }

    /// Computes a node for its errors only, as [`Evaluator::compute_only`] does where all is known.
    fn check_form(&mut self, node: NodeId, row: u64) -> Result<(), Stop> {
        let index = node as usize;
        if !self.pieces.depend.get(index).copied().unwrap_or(false) {
            return match self.compute_only(node, row) {
                Ok(None) => Ok(()),
                Ok(Some(_)) => Err(Stop::Unsure),
                Err(_) => Err(Stop::Fails),
            };
        }
        let here = (self.pieces.number, row);
        if self.pieces.checked.get(index) == Some(&here) {
            return Ok(());
        }
        match self.context.plan.node(node).map(|n| &n.op) {
            Some(Op::Rule(..) | Op::Up(..) | Op::Members(..)) => {}
            Some(Op::If(c, a, b)) => {
                let branch = if self.truth(*c, row)? { *a } else { *b };
                deep(|| self.check_form(branch, row))?;
            }
            Some(Op::Strict(a, b)) => {
                deep(|| self.check_form(*a, row))?;
                deep(|| self.check_form(*b, row))?;
            }
            _ => {
                self.form(node, row)?;
            }
        }
        if let Some(slot) = self.pieces.checked.get_mut(index) {
            *slot = here;
        }
        Ok(())
    }
}

impl Form {
    /// The value, if nothing moves it.
    fn known(&self) -> Option<&Value> {
        match self {
            Form::Fixed(value) => Some(value),
            _ => None,
        }
    }
}

/// A whole number that nothing moves.
fn whole(form: &Form) -> Option<i64> {
    match form {
        Form::Fixed(Value::Number(n)) if n.is_integer() => i64::try_from(*n.numer()).ok(),
        _ => None,
    }
}

/// A value that does not depend on the cell.
fn known<E>(value: Result<Possible, E>) -> Result<Value, Stop> {
    match value {
        Ok(Possible::Known(value)) => Ok(value),
        Ok(_) => Err(Stop::Unsure),
        Err(_) => Err(Stop::Fails),
    }
}
