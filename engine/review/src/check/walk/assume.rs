//! Conditions assumed inside a branch, which narrow what they read.

use std::collections::HashMap;

use super::super::domain::Domain;
use super::{MOST_STEPS, Walk};
use logis_language::deep::deep;
use logis_language::pack::schema::FieldKind;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::Value;

impl Walk<'_> {
    /// Follows what comes where `condition` is `truth`; `None` if it never is.
    pub(super) fn under(
        &mut self,
        condition: NodeId,
        truth: bool,
        f: impl FnOnce(&mut Self) -> Domain,
    ) -> Option<Domain> {
        if self.steps > MOST_STEPS {
            return Some(f(self));
        }
        // What is computed meanwhile is remembered apart, and forgotten with the assumption.
        let depth = self.assumed.len();
        self.memos.push(HashMap::new());
        let outcome = self.assume(condition, truth).then(|| f(self));
        self.memos.pop();
        self.assumed.truncate(depth);
        outcome
    }

    /// Assumes a condition; false if it cannot be `truth`.
    fn assume(&mut self, condition: NodeId, truth: bool) -> bool {
        self.steps += 1;
        self.steps > MOST_STEPS || deep(|| self.assumed(condition, truth))
    }

    /// [`Walk::assume`], by the kind of the condition.
    fn assumed(&mut self, condition: NodeId, truth: bool) -> bool {
        let said = Domain::known(Value::Bool(truth));
        if self.assumed.iter().any(|(node, value)| *node == condition && *value == said) {
            return true;
        }
        // What the condition can be by what is assumed already may rule it out.
        let now = self.eval(condition);
        if !now.may_be(&Value::Bool(truth)) {
            return false;
        }
        let Some(op) = self.op(condition) else { return true };
        // Then what it says of its operands is assumed too, and last the condition itself.
        let possible = match op {
            Op::Rule(_, body) => self.assume(*body, truth),
            Op::Strict(_, value) => self.assume(*value, truth),
            Op::Not(a) => self.assume(*a, !truth),
            Op::And(a, b) | Op::Or(a, b) => {
                if matches!(op, Op::And(..)) == truth {
                    self.assume(*a, truth) && self.assume(*b, truth)
                } else {
                    // One of the two settles it: where it is not the one, it is the other.
                    let (left, right) = (self.eval(*a).only_bool(), self.eval(*b).only_bool());
                    match (left, right) {
                        (Some(l), _) if l != truth => self.assume(*b, truth),
                        (_, Some(r)) if r != truth => self.assume(*a, truth),
                        _ => true,
                    }
                }
            }
            Op::Compare(op, a, b) => {
                let op = if truth { *op } else { op.negated() };
                self.narrow(op, *a, *b) && self.narrow(op.mirrored(), *b, *a)
            }
            _ => true,
        };
        self.set(condition, Domain::known(Value::Bool(truth)));
        possible
    }

    /// Narrows `a`, and the field or rule that it passes on, to the values for which `a <op> b` can hold;
    /// false if there are none.
    fn narrow(&mut self, op: Comparison, a: NodeId, b: NodeId) -> bool {
        let (mut value, other) = (self.eval(a), self.eval(b));
        value = value.narrowed(op, &other);
        if value == Domain::Nothing {
            return false;
        }
        let mut node = a;
        loop {
            match self.op(node) {
                Some(Op::Const(_) | Op::Param(..)) | None => return true,
                Some(Op::Field(field)) => {
                    if let Some(FieldKind::Number { decimals, .. }) =
                        self.parsed.schema.fields.get(*field).map(|f| &f.kind)
                    {
                        value = value.on_grid(*decimals);
                    }
                    self.set(node, value.clone());
                    return value != Domain::Nothing;
                }
                // A rule that only names another value is that value.
                Some(Op::Rule(_, body) | Op::Strict(_, body)) => {
                    self.set(node, value.clone());
                    node = *body;
                }
                Some(_) => {
                    self.set(node, value);
                    return true;
                }
            }
        }
    }

    /// Assumes that a node is this; what was computed without is forgotten.
    fn set(&mut self, node: NodeId, value: Domain) {
        if let Some(memo) = self.memos.last_mut() {
            memo.clear();
        }
        self.assumed.push((node, value));
    }
}
