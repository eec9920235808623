//! What nodes come to in one piece of the cell: a value, or a straight line of the cell.

use std::sync::Arc;

use super::super::lines::{Form, fraction};
use super::super::possible::{Possible, arithmetic, call};
use super::super::row::Evaluator;
use super::{Pieces, Stop};
use logis_language::deep::deep;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, NodeId, Op};
use logis_language::value::Value;

/// The most days that a rule may move a missing date by, and the most months.
const MOST_SHIFT: (i128, i64) = (20_000, 600);

impl Pieces {
    /// The one value that a form has in the piece, which ends where it has another.
    pub(super) fn fixed(&mut self, form: Form) -> Result<Value, Stop> {
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
}

impl Evaluator<'_, '_> {
    /// What a node comes to in the piece.
    pub(super) fn form(&mut self, node: NodeId, row: u64) -> Result<Form, Stop> {
        let index = node as usize;
        if !self.pieces.depend.get(index).copied().unwrap_or(false) {
            return known(self.eval(node, row)).map(Form::Fixed);
        }
        // The cell itself; the same field of another row is known.
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
        // Known under no assumption at all, for this row: known here.
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

    pub(super) fn fixed(&mut self, node: NodeId, row: u64) -> Result<Value, Stop> {
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
        // A line stays one under sums with a line of its source, and under factors that nothing moves.
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
            // Item by item, as two numbers.
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
                // Not so far that a date in the window of the cell would leave the calendar.
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
