//! Computes a node for a row, by the kind of its operation: what the evaluator does when it remembers nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::possible::{
    Missing, MissingCell, MissingInput, Possible, Range, arithmetic, call, compare, missing_of, negate, not,
    union, union_all,
};
use super::doubted::{anything, cell as doubted_cell};
use super::{Evaluator, RowError};
use logis_language::deep::deep;
use logis_language::plan::builtins::ValueError;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::Value;

impl<'c, 'd> Evaluator<'c, 'd> {
    /// Computes a node anew, by the kind of its operation.
    pub(super) fn compute(&mut self, node: NodeId, op: &Op, row: u64) -> Result<Possible, RowError> {
        let known = |value: bool| Ok(Possible::Known(Value::Bool(value)));
        match op {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) => self.eval(node, row),
            Op::Rule(rule, body) => {
                if let Some(given) = self.context.given_value(node, row) {
                    return Ok(given.clone());
                }
                let outcome = self.in_rule(*rule, |this| this.eval(*body, row));
                let doubted = self.doubt_about(node).is_some();
                match self.context.plan.node(node).filter(|_| doubted) {
                    Some(expression) => Ok(anything(&expression.ty, outcome.ok().as_ref())),
                    None => outcome,
                }
            }
            Op::Up(step, inner) => match self.context.step(*step, row) {
                Ok(parent) => self.eval(*inner, parent),
                Err(missing) => Ok(Possible::Open(Range::Any, Arc::new(BTreeSet::from([missing])))),
            },
            Op::Members(_, _, inner) => {
                let rows = self.context.members(node, row);
                let mut items = Vec::with_capacity(rows.len());
                for &member in rows {
                    items.push(self.eval(*inner, u64::from(member))?);
                }
                let known: Option<Arc<[Value]>> = items.iter().map(|i| i.known().cloned()).collect();
                Ok(match known {
                    Some(values) => Possible::Known(Value::List(values)),
                    None => Possible::Items(items.into()),
                })
            }
            Op::Not(a) => Ok(not(&self.eval(*a, row)?)),
            Op::Negate(a) => negate(&self.eval(*a, row)?).map_err(|e| self.fail(node, e)),
            Op::Arithmetic(op, a, b) => {
                let (a, b) = (self.eval(*a, row)?, self.eval(*b, row)?);
                arithmetic(*op, &a, &b).map_err(|e| self.fail(node, e))
            }
            Op::Compare(op, a, b) => {
                if let Some(truth) = self.context.forced_truth(node, row) {
                    return known(truth);
                }
                let (a, b) = (self.eval(*a, row)?, self.eval(*b, row)?);
                Ok(compare(*op, &a, &b))
            }
            Op::And(a, b) | Op::Or(a, b) => {
                // `settling` is the value of the left that makes the right irrelevant.
                let settling = matches!(op, Op::Or(..));
                let left = self.eval(*a, row)?;
                // A left operand that is known decides, or leaves it to the right one: as in Rhai.
                match left.known_bool() {
                    Some(value) if value == settling => return known(settling),
                    Some(_) => return self.eval(*b, row),
                    None => {}
                }
                if left.is_risky() {
                    return Ok(left);
                }
                // Open: the right operand matters only where the left is not settling, and may assume so.
                let right = self.under(*a, !settling, row, |this| this.eval(*b, row));
                match right.map(|r| (r.known_bool(), r)) {
                    // The left cannot be other than settling.
                    None => known(settling),
                    Some((_, right)) if right.is_risky() => Ok(Possible::may_fail(missing_of(&left, &right))),
                    Some((Some(value), _)) if value == settling => known(settling),
                    Some((Some(_), _)) => Ok(Possible::open_bool(left.missing())),
                    Some((None, right)) => Ok(Possible::open_bool(missing_of(&left, &right))),
                }
            }
            Op::If(c, a, b) => {
                let condition = self.eval(*c, row)?;
                match condition.known_bool() {
                    Some(true) => return self.eval(*a, row),
                    Some(false) => return self.eval(*b, row),
                    None => {}
                }
                if condition.is_risky() {
                    return Ok(condition);
                }
                // Open: either branch may be taken, each where the condition has its value.
                let yes = self.under(*c, true, row, |this| this.eval(*a, row));
                let no = self.under(*c, false, row, |this| this.eval(*b, row));
                Ok(match (yes, no) {
                    (Some(yes), Some(no)) => yes.or(&no, &condition.missing()),
                    (Some(only), None) | (None, Some(only)) => only,
                    (None, None) => Possible::Open(Range::Any, condition.missing()),
                })
            }
            Op::Strict(computed, value) => {
                let risk = self.compute_only(*computed, row)?;
                let value = self.eval(*value, row)?;
                Ok(match risk {
                    Some(missing) => Possible::may_fail(union(&missing, &value.missing())),
                    None => value,
                })
            }
            Op::Param(id, keys) => {
                let cell = self.param(node, *id, keys, row)?;
                Ok(match self.doubt_about(node) {
                    Some(of) => doubted_cell(of, &cell),
                    None => cell,
                })
            }
            Op::Call(builtin, args) => {
                let mut values = Vec::with_capacity(args.len());
                for arg in args {
                    values.push(self.eval(*arg, row)?);
                }
                call(self.context.plan.counted(*builtin, args), &values).map_err(|e| self.fail(node, e))
            }
        }
    }

    /// Computes a node for its errors alone, as a `let` that nothing uses is computed. A rule's outcome is
    /// not used by that, so that its error is none here.
    ///
    /// Gives the missing cells of which some completion is or may be an error; `None` if none is.
    ///
    /// # Errors
    /// Computing it is an error whatever the missing cells are.
    pub(in super::super) fn compute_only(
        &mut self,
        node: NodeId,
        row: u64,
    ) -> Result<Option<Missing>, RowError> {
        // Only these two lead to several nodes, and are worth remembering.
        if !matches!(self.context.plan.node(node).map(|n| &n.op), Some(Op::If(..) | Op::Strict(..))) {
            return self.risk_of(node, row);
        }
        if let Some((set, (frame, at, done))) = self.risks.get(node as usize)
            && (*frame, *at) == (self.frame, row)
            && self.holds_still(node as usize, *set)
        {
            return done.clone();
        }
        let done = deep(|| self.risk_of(node, row));
        let risk = (self.set_number(), (self.frame, row, done.clone()));
        self.risks.set(node as usize, self.context.plan.nodes.len(), risk);
        done
    }

    /// [`Evaluator::compute_only`], without looking at what is remembered.
    fn risk_of(&mut self, node: NodeId, row: u64) -> Result<Option<Missing>, RowError> {
        let risk = |value: Possible| value.is_risky().then(|| value.missing());
        match self.context.plan.node(node).map(|n| &n.op) {
            // They pass outcomes of rules on; using them would be the error.
            Some(Op::Rule(..) | Op::Up(..) | Op::Members(..)) => Ok(None),
            Some(Op::If(c, a, b)) => {
                let condition = self.eval(*c, row)?;
                match condition.known_bool() {
                    Some(true) => self.compute_only(*a, row),
                    Some(false) => self.compute_only(*b, row),
                    None if condition.is_risky() => Ok(risk(condition)),
                    // Open: an error of either branch is one of some completions.
                    None => {
                        let missing = condition.missing();
                        let mut all: Option<Missing> = None;
                        for branch in [*a, *b] {
                            match self.compute_only(branch, row) {
                                Ok(None) => {}
                                Ok(Some(more)) => {
                                    let more = union(&missing, &more);
                                    all = Some(all.map_or(more.clone(), |a| union(&a, &more)));
                                }
                                Err(_) => all = Some(all.map_or(missing.clone(), |a| union(&a, &missing))),
                            }
                        }
                        Ok(all)
                    }
                }
            }
            Some(Op::Strict(a, b)) => {
                let first = self.compute_only(*a, row)?;
                Ok(self.compute_only(*b, row)?.or(first))
            }
            _ => Ok(risk(self.eval(node, row)?)),
        }
    }

    /// A cell of a parameter's table: one of all that the possible keys lead to.
    fn param(&mut self, node: NodeId, id: usize, keys: &[NodeId], row: u64) -> Result<Possible, RowError> {
        let mut possible = Vec::with_capacity(keys.len());
        for key in keys {
            possible.push(self.eval(*key, row)?);
        }
        let Some(version) = self.context.plan.parameter(id) else {
            // The law of that day has no such value, or the pack does not know it: whatever needs it is open.
            let missing = MissingInput { entity: 0, row: 0, what: MissingCell::Parameter(id) };
            return Ok(Possible::may_fail(Arc::new(BTreeSet::from([missing]))));
        };
        // All keys known: one cell, or an error of the row if the table has none.
        let known: Option<Vec<Value>> = possible.iter().map(|k| k.known().cloned()).collect();
        if let Some(keys) = known {
            let cell = version.cells.get(&keys).ok_or_else(|| self.fail(node, ValueError::NoCell))?;
            return Ok(Possible::Known(cell.value.clone()));
        }
        // An open key: any cell whose keys are possible, if there is one for each combination.
        let may_be = |key: &Possible, value: &Value| {
            compare(Comparison::Equal, key, &Possible::Known(value.clone())).known_bool() != Some(false)
        };
        let missing = union_all(possible.iter().map(Possible::missing));
        if possible.iter().any(Possible::is_risky) || !covers(version, &possible) {
            return Ok(Possible::may_fail(missing));
        }
        let cells = version
            .cells
            .iter()
            .filter(|(keys, _)| keys.iter().zip(&possible).all(|(value, key)| may_be(key, value)))
            .map(|(_, cell)| &cell.value);
        Ok(Possible::any_of(cells, missing))
    }
}

/// Has the table a cell for every combination of possible keys? False if they cannot be listed, or are
/// more than 4096.
fn covers(version: &logis_language::pack::params::ParameterVersion, possible: &[Possible]) -> bool {
    let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
    for key in possible {
        let values: &[Value] = match key {
            Possible::Known(value) => std::slice::from_ref(value),
            Possible::Open(Range::OneOf(values), _) => values,
            _ => return false,
        };
        combinations = combinations
            .iter()
            .flat_map(|c| values.iter().map(|v| c.iter().chain([v]).cloned().collect()))
            .collect();
        if combinations.len() > 4096 {
            return false;
        }
    }
    combinations.iter().all(|keys| version.cells.contains_key(keys))
}
