//! Changes the cells that an expression reads until it has a wanted value: a small constraint solver.
//!
//! It goes down the expression as its meaning says: both sides of an `&&` for true, either for false;
//! the field of a comparison to where it holds. Every step is checked by evaluating, so that what it says
//! it made is made. It is incomplete: what it does not find may exist.

mod crossing;
mod reference;

use super::world::World;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Exact, Value};

/// How deep goals may follow from goals before one is given up.
const DEPTH: usize = 24;

impl World<'_> {
    fn op(&self, node: NodeId) -> Option<Op> {
        self.context.plan.node(node).map(|n| n.op.clone())
    }

    /// Changes cells until a boolean node is `truth` on a row; says whether it is. If not, nothing is changed.
    pub fn want(&mut self, node: NodeId, row: u64, truth: bool, depth: usize) -> bool {
        if self.truth(node, row) == Some(truth) {
            return true;
        }
        if depth > DEPTH {
            return false;
        }
        // By the meaning of the operation; undone below if evaluation does not agree.
        let before = self.state.clone();
        let done = match self.op(node) {
            Some(Op::Rule(_, inner) | Op::Strict(_, inner)) => self.want(inner, row, truth, depth + 1),
            Some(Op::Not(inner)) => self.want(inner, row, !truth, depth + 1),
            Some(Op::And(a, b)) => self.want_both(a, b, row, true, truth, depth),
            Some(Op::Or(a, b)) => self.want_both(a, b, row, false, !truth, depth),
            Some(Op::If(c, a, b)) => [(true, a), (false, b)].into_iter().any(|(way, branch)| {
                self.want(c, row, way, depth + 1)
                    && self.want(branch, row, truth, depth + 1)
                    && self.truth(node, row) == Some(truth)
            }),
            Some(Op::Compare(op, a, b)) => {
                let op = if truth { op } else { op.negated() };
                self.want_compare(op, a, b, row, depth)
            }
            Some(Op::Call(builtin @ (Builtin::Un | Builtin::Tous), args)) => {
                self.want_some(builtin, args.first().copied(), row, truth, depth)
            }
            Some(Op::Call(Builtin::Contient, args)) => match args.as_slice() {
                [list, item] => self.want_contained(*list, *item, row, truth, depth),
                _ => false,
            },
            _ => self.want_value(node, row, &Value::Bool(truth), depth),
        };
        let done = done && self.truth(node, row) == Some(truth) && self.guarded();
        if !done {
            self.restore(before);
        }
        done
    }

    /// Makes both of two nodes `side` (if `all`), or else one of them the other truth.
    fn want_both(&mut self, a: NodeId, b: NodeId, row: u64, side: bool, all: bool, depth: usize) -> bool {
        if !all {
            return self.want(a, row, !side, depth + 1) || self.want(b, row, !side, depth + 1);
        }
        // Making the second may unmake the first.
        for _ in 0..3 {
            if !self.want(a, row, side, depth + 1) || !self.want(b, row, side, depth + 1) {
                return false;
            }
            if self.truth(a, row) == Some(side) {
                return true;
            }
        }
        self.want(b, row, side, depth + 1) && self.want(a, row, side, depth + 1)
    }

    /// Makes `un` or `tous` of a list `truth`: by one member, or by all.
    fn want_some(&mut self, all: Builtin, list: Option<NodeId>, row: u64, truth: bool, depth: usize) -> bool {
        let Some(list) = list else { return false };
        let Some(Op::Members(_, _, inner)) = self.op(list) else { return false };
        let members: Vec<u64> = self.context.members(list, row).iter().map(|m| u64::from(*m)).collect();
        // One member makes `un` true and `tous` false; the other way it takes all.
        let one = (all == Builtin::Un) == truth;
        if one {
            return members.iter().any(|m| self.want(inner, *m, truth, depth + 1));
        }
        members.iter().all(|m| self.want(inner, *m, truth, depth + 1))
    }

    /// Makes a list contain an item (by the list of that item alone), or not (by the empty list).
    fn want_contained(&mut self, list: NodeId, item: NodeId, row: u64, truth: bool, depth: usize) -> bool {
        let items = match self.value(item, row) {
            Some(value) if truth => vec![value],
            _ => Vec::new(),
        };
        self.want_value(list, row, &Value::List(items.into()), depth + 1)
    }

    /// Changes cells until a node has this value on a row; says whether it has. If not, nothing is changed.
    pub fn want_value(&mut self, node: NodeId, row: u64, value: &Value, depth: usize) -> bool {
        if self.value(node, row).as_ref() == Some(value) {
            return true;
        }
        if depth > DEPTH {
            return false;
        }
        let before = self.state.clone();
        let done = match self.op(node) {
            Some(Op::Field(field)) => {
                let cell = self.state.cells.contains_key(&(field, row)) && self.allowed(field, value);
                if cell {
                    self.set(field, row, value.clone());
                }
                cell
            }
            Some(Op::Rule(_, inner) | Op::Strict(_, inner)) => self.want_value(inner, row, value, depth + 1),
            // Through a reference table by choosing its row, else by changing the row that is led to.
            Some(Op::Up(step, inner)) => {
                if self.want_reference(node, row, |v| v == value) {
                    true
                } else {
                    match self.context.step(step, row) {
                        Ok(parent) => self.want_value(inner, parent, value, depth + 1),
                        Err(_) => false,
                    }
                }
            }
            Some(Op::If(c, a, b)) => [(true, a), (false, b)].into_iter().any(|(way, branch)| {
                self.want_value(branch, row, value, depth + 1)
                    && self.want(c, row, way, depth + 1)
                    && self.value(node, row).as_ref() == Some(value)
            }),
            // A cell with the value: its keys become the goals.
            Some(Op::Param(id, keys)) => {
                let version = self.context.plan.parameter(id);
                let cells = version.into_iter().flat_map(|v| &v.cells);
                let cells: Vec<Vec<Value>> =
                    cells.filter(|(_, c)| c.value == *value).map(|(k, _)| k.clone()).collect();
                cells.iter().any(|cell| {
                    keys.iter().zip(cell).all(|(key, v)| self.want_value(*key, row, v, depth + 1))
                        && self.value(node, row).as_ref() == Some(value)
                })
            }
            Some(Op::Not(_) | Op::And(..) | Op::Or(..) | Op::Compare(..)) => match value {
                Value::Bool(truth) => self.want(node, row, *truth, depth + 1),
                _ => false,
            },
            Some(Op::Call(Builtin::Nombre | Builtin::Longueur, args)) => match (args.first(), value) {
                (Some(list), Value::Number(n)) => self.want_count(*list, row, *n, depth),
                _ => false,
            },
            // A computed number: one of its cells is moved to where the value is met.
            Some(Op::Arithmetic(..) | Op::Negate(_) | Op::Call(..)) => {
                let cells = self.cells_under(node, row);
                let side = |w: &World<'_>| Some(w.value(node, row)?.cmp(value));
                self.each_crossing(&cells, &side, &mut |world, field, at, near| {
                    near.iter().any(|near| {
                        world.set(field, at, near.clone());
                        world.value(node, row).as_ref() == Some(value)
                    })
                })
            }
            _ => false,
        };
        let done = done && self.value(node, row).as_ref() == Some(value) && self.guarded();
        if !done {
            self.restore(before);
        }
        done
    }

    /// Makes the first `count` members true, and the others false.
    fn want_count(&mut self, list: NodeId, row: u64, count: Exact, depth: usize) -> bool {
        let Some(Op::Members(_, _, inner)) = self.op(list) else { return false };
        let members: Vec<u64> = self.context.members(list, row).iter().map(|m| u64::from(*m)).collect();
        (1_i128..)
            .zip(members)
            .all(|(number, member)| self.want(inner, member, Exact::from_integer(number) <= count, depth + 1))
    }
}
