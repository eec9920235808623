//! What a node can be under what is assumed, whatever is seen of it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use super::super::domain::{Domain, arithmetic, call, compare, not, of_type};
use super::Walk;
use logis_language::deep::deep;
use logis_language::graph::Step;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{FieldId, FieldKind};
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::{Date, Value};

impl Walk<'_> {
    /// What a node can be, whatever is seen of it.
    pub(super) fn eval(&mut self, node: NodeId) -> Domain {
        deep(|| self.evaluated(node))
    }

    /// [`Walk::eval`], by the kind of the operation.
    fn evaluated(&mut self, node: NodeId) -> Domain {
        self.steps += 1;
        if let Some((_, assumed)) = self.assumed.iter().rev().find(|(n, _)| *n == node) {
            return assumed.clone();
        }
        if let Some(done) = self.memos.last().and_then(|m| m.get(&node)) {
            return done.clone();
        }
        if self.apart && !self.assumed.is_empty() && !self.is_reader(node) {
            return self.elsewhere(node);
        }
        let Some(op) = self.op(node) else { return Domain::Any };
        let outcome = match op {
            Op::Const(value) => Domain::known(value.clone()),
            Op::DecisionDate => Domain::between(
                (self.first > Date::MIN).then_some((Value::Date(self.first), false)),
                self.last.map(|last| (Value::Date(last), false)),
                false,
            ),
            Op::Field(field) => self.field(*field, node),
            Op::Rule(_, body) => {
                let outcome = self.outcomes.get(&node).cloned().unwrap_or(Domain::Any);
                // Evaluated anew only if what is assumed can make it narrower.
                if self.assumed.is_empty() || outcome.only().is_some() || !self.touches(*body) {
                    outcome
                } else {
                    outcome.and(&self.eval(*body))
                }
            }
            // Another row: what is assumed of this one is not of that one.
            Op::Up(step, inner) => {
                let outcome = self.elsewhere(*inner);
                match step {
                    Step::BelongsTo(..) | Step::First(_) | Step::Second(_) => outcome,
                }
            }
            Op::Members(child, relation, inner) => {
                let item = self.elsewhere(*inner);
                let entity = self.parsed.schema.entities.get(*child);
                let min = entity.and_then(|e| e.belongs_to.get(*relation)).map_or(0, |r| r.min);
                Domain::List(Box::new(item), min, None)
            }
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = matches!(op, Op::Or(..));
                let left = self.eval(*a);
                if left == Domain::Nothing || left.only_bool() == Some(settling) {
                    left
                } else {
                    let right = self.eval(*b);
                    joined(&left, Some(right), settling)
                }
            }
            Op::If(c, a, b) => {
                let condition = self.eval(*c);
                match condition.only_bool() {
                    _ if condition == Domain::Nothing => Domain::Nothing,
                    Some(true) => self.eval(*a),
                    Some(false) => self.eval(*b),
                    None => self.eval(*a).or(&self.eval(*b)),
                }
            }
            Op::Not(a) => not(&self.eval(*a)),
            Op::Strict(_, value) => self.eval(*value),
            _ => {
                let inputs: Vec<Domain> = op.inputs().into_iter().map(|i| self.eval(i)).collect();
                self.compute(node, op, &inputs, false)
            }
        };
        if let Some(memo) = self.memos.last_mut() {
            memo.insert(node, outcome.clone());
        }
        outcome
    }

    /// What a node can be where nothing is assumed: of another row, or beside what is.
    fn elsewhere(&mut self, node: NodeId) -> Domain {
        // Taken while it is filled: what is looked at on the way is remembered in it too.
        let Some(memo) = self.free.take() else { return self.eval(node) };
        let assumed = std::mem::take(&mut self.assumed);
        let memos = std::mem::replace(&mut self.memos, vec![memo]);
        let outcome = self.eval(node);
        self.free = self.memos.pop();
        self.assumed = assumed;
        self.memos = memos;
        outcome
    }

    /// Does a node read, on its own row, one that is assumed?
    fn touches(&self, node: NodeId) -> bool {
        if self.apart {
            return self.is_reader(node);
        }
        // Inputs have smaller numbers: below the first assumed node there is none.
        let first = self.assumed.iter().map(|(n, _)| *n).min().unwrap_or(NodeId::MAX);
        let mut left = vec![node];
        let mut done = BTreeSet::new();
        while let Some(node) = left.pop() {
            if node < first || !done.insert(node) {
                continue;
            }
            if self.assumed.iter().any(|(n, _)| *n == node) {
                return true;
            }
            match self.op(node) {
                Some(Op::Up(..) | Op::Members(..)) | None => {}
                Some(op) => left.extend(op.inputs()),
            }
        }
        false
    }

    /// All that a field allows, and what its empty cells stand for.
    fn field(&self, id: FieldId, node: NodeId) -> Domain {
        let Some(field) = self.parsed.schema.fields.get(id) else { return Domain::Any };
        let all = match (&field.kind, &field.range) {
            (FieldKind::Number { decimals, .. }, range) => {
                let end = |n: &logis_language::value::Exact| (Value::Number(*n), false);
                let (low, high) = range.as_ref().map_or((None, None), |(l, h)| (Some(end(l)), Some(end(h))));
                Domain::between(low, high, *decimals == 0)
            }
            _ => self.whole.node(node).map_or(Domain::Any, |n| of_type(&n.ty)),
        };
        match (&all, field.empty()) {
            // An empty cell is known too.
            (Domain::OneOf(values), Some(empty)) => {
                Domain::of(values.iter().cloned().chain([empty]).collect())
            }
            _ => all,
        }
    }

    /// What an operation gives for these inputs; `seen` says whether cells of tables are kept as read.
    pub(super) fn compute(&mut self, node: NodeId, op: &Op, inputs: &[Domain], seen: bool) -> Domain {
        match (op, inputs) {
            (Op::Negate(_), [a]) => arithmetic(Arithmetic::Subtract, &Domain::known(Value::int(0)), a),
            (Op::Arithmetic(op, ..), [a, b]) => arithmetic(*op, a, b),
            (Op::Compare(op, x, y), [a, b]) => {
                let outcome = compare(*op, a, b);
                match self.related(*op, *x, *y) {
                    Some(truth) if outcome != Domain::Nothing => Domain::known(Value::Bool(truth)),
                    _ => outcome,
                }
            }
            (Op::Call(builtin, _), args) => call(*builtin, args),
            (Op::Param(id, _), keys) => self.param(node, *id, keys, seen),
            _ => Domain::Any,
        }
    }

    /// Does a comparison follow from those of the same two values that are assumed?
    fn related(&self, op: Comparison, a: NodeId, b: NodeId) -> Option<bool> {
        // The orders of `a` and `b` that the assumptions leave.
        let orders = [Ordering::Less, Ordering::Equal, Ordering::Greater];
        let mut left: Vec<Ordering> = orders.into();
        if self.same(a, b) {
            left = vec![Ordering::Equal];
        }
        for (node, truth) in &self.assumed {
            let (Some(Op::Compare(known, x, y)), Some(truth)) = (self.op(*node), truth.only_bool()) else {
                continue;
            };
            let known = if self.same(*x, a) && self.same(*y, b) {
                *known
            } else if self.same(*x, b) && self.same(*y, a) {
                known.mirrored()
            } else {
                continue;
            };
            left.retain(|order| known.holds(*order) == truth);
        }
        let holds = left.iter().filter(|order| op.holds(**order)).count();
        match holds {
            0 => Some(false),
            n if n == left.len() => Some(true),
            _ => None,
        }
    }

    /// Are two nodes one expression of the same inputs, written twice?
    fn same(&self, a: NodeId, b: NodeId) -> bool {
        self.same_among(a, b, &mut HashSet::new())
    }

    /// [`Walk::same`], without comparing again the pairs that were `compared` already: had one of them
    /// differed, the comparison would have ended.
    fn same_among(&self, a: NodeId, b: NodeId, compared: &mut HashSet<(NodeId, NodeId)>) -> bool {
        if a == b || compared.contains(&(a, b)) {
            return true;
        }
        compared.insert((a, b));
        let (Some(x), Some(y)) = (self.op(a), self.op(b)) else { return false };
        // One operation, of the same kind, on inputs that are the same in turn.
        let alike = match (x, y) {
            (Op::Const(x), Op::Const(y)) => return x == y,
            (Op::Param(x, _), Op::Param(y, _)) => x == y,
            (Op::Call(x, _), Op::Call(y, _)) => x == y,
            (Op::Arithmetic(x, ..), Op::Arithmetic(y, ..)) => x == y,
            (Op::Negate(_), Op::Negate(_)) => true,
            _ => false,
        };
        let (x, y) = (x.inputs(), y.inputs());
        alike
            && x.len() == y.len()
            && x.into_iter().zip(y).all(|(x, y)| deep(|| self.same_among(x, y, compared)))
    }

    /// The cells of a table that the possible keys lead to. If `seen`, they are kept as read, and so are
    /// combinations of keys without a cell.
    fn param(&mut self, node: NodeId, id: ParameterId, keys: &[Domain], seen: bool) -> Domain {
        let Some(version) = self.parsed.parameters.get(id).and_then(|p| p.at(self.first)) else {
            return Domain::Nothing;
        };
        if keys.contains(&Domain::Nothing) {
            return Domain::Nothing;
        }
        let may_be = |cell: &Vec<Value>| cell.iter().zip(keys).all(|(value, key)| key.may_be(value));
        // All cells whose keys can come up; keys are taken to vary independently.
        let cells: Vec<_> = version.cells.iter().filter(|(cell, _)| may_be(cell)).collect();
        if seen {
            let at = (id, version.from);
            self.seen.read.entry(at).or_default().extend(cells.iter().map(|(k, _)| (*k).clone()));
            let span = self.whole.node(node).map(|n| n.span.clone()).unwrap_or_default();
            for wanted in combinations(keys).unwrap_or_default() {
                if !version.cells.contains_key(&wanted) {
                    self.seen.absent.entry(at).or_default().entry(wanted).or_insert(span.clone());
                }
            }
        }
        let whole: BTreeSet<Value> = cells.into_iter().map(|(_, c)| c.value.clone()).collect();
        Domain::of(whole)
    }
}

/// `a && b` or `a || b`, of an `a` that does not decide alone; `right` is `None` if no input leads to it.
pub(super) fn joined(left: &Domain, right: Option<Domain>, settling: bool) -> Domain {
    let Some(right) = right else { return Domain::known(Value::Bool(settling)) };
    match (left.only_bool(), right.only_bool()) {
        (Some(_), _) => right,
        (None, Some(value)) if value == settling => Domain::known(Value::Bool(settling)),
        _ if right == Domain::Nothing => Domain::known(Value::Bool(settling)),
        _ => Domain::boolean(),
    }
}

/// All combinations of keys; `None` if a key is no set, or if they are more than 4096.
fn combinations(keys: &[Domain]) -> Option<Vec<Vec<Value>>> {
    let mut all: Vec<Vec<Value>> = vec![Vec::new()];
    for key in keys {
        let Domain::OneOf(values) = key else { return None };
        all = all
            .iter()
            .flat_map(|c| values.iter().map(|v| c.iter().cloned().chain([v.clone()]).collect()))
            .collect();
        if all.len() > 4096 {
            return None;
        }
    }
    Some(all)
}
