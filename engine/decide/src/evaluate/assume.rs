//! What a branch may assume: the condition that leads into it narrows the missing cells that it reads.

use super::possible::{Missing, Possible};
use super::row::{Evaluator, RowError};
use logis_language::deep::deep;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::Value;

/// The most nodes computed under assumptions within one outermost open condition. Beyond, branches are
/// evaluated without assuming their conditions, which gives wider sets and never wrong ones. Nested
/// branches each double the work, so that without a limit the time of a row would grow with two to the
/// power of their depth.
const MOST_STEPS: usize = 20_000;

impl Evaluator<'_, '_> {
    /// Evaluates `f` under the assumption that `condition` is `truth` for the row; `None` if no completion
    /// of the missing cells makes it so. An error there is one of those completions only, so that the
    /// outcome is [`Range::MayFail`](super::possible::Range::MayFail).
    pub(super) fn under(
        &mut self,
        condition: NodeId,
        truth: bool,
        row: u64,
        f: impl FnOnce(&mut Self) -> Result<Possible, RowError>,
    ) -> Option<Possible> {
        // An outermost condition: the count of nodes begins anew.
        if self.frame == 0 {
            self.steps = 0;
        }
        self.within(|this| {
            // Of what is doubted of, a condition says nothing about the cells that it reads.
            let free = this.is_doubting() || this.steps > MOST_STEPS;
            let possible = free || this.assume(condition, truth, row);
            possible.then(|| f(this).unwrap_or_else(|_| Possible::may_fail(Missing::default())))
        })
    }

    /// Narrows the missing fields that a condition reads; false if it cannot be `truth`.
    fn assume(&mut self, mut condition: NodeId, mut truth: bool, row: u64) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return true;
        }
        let plan = self.context.plan;
        // Down to the operation that is assumed, through rules, strictness and negations.
        let op = loop {
            match plan.node(condition).map(|n| &n.op) {
                Some(Op::Rule(_, body) | Op::Strict(_, body)) => condition = *body,
                Some(Op::Not(a)) => (condition, truth) = (*a, !truth),
                Some(op) => break op,
                None => return true,
            }
        };
        match op {
            // Both operands of a true `&&` are true, both of a false `||` false. A false `&&` says of
            // neither operand by itself what it is, and narrows nothing.
            Op::And(a, b) if truth => {
                deep(|| self.assume(*a, true, row)) && deep(|| self.assume(*b, true, row))
            }
            Op::Or(a, b) if !truth => {
                deep(|| self.assume(*a, false, row)) && deep(|| self.assume(*b, false, row))
            }
            Op::Compare(op, a, b) => {
                // Each side is narrowed by what the other can be.
                let op = if truth { *op } else { op.negated() };
                self.narrow(op, *a, *b, row) && self.narrow(op.mirrored(), *b, *a, row)
            }
            Op::Field(_) | Op::Up(..) => match self.source(condition, row) {
                Some((field, at)) => {
                    self.suppose(field, at, Possible::Known(Value::Bool(truth)));
                    true
                }
                None => true,
            },
            _ => true,
        }
    }

    /// Narrows `a`, if it is a missing field, to the values for which `a <op> b` can hold; false if there
    /// are none.
    fn narrow(&mut self, op: Comparison, a: NodeId, b: NodeId, row: u64) -> bool {
        let Some((field, at)) = self.source(a, row) else { return true };
        let (Ok(value), Ok(other)) = (self.eval(field, at), self.eval(b, row)) else { return true };
        if value.known().is_some() {
            return true;
        }
        match value.narrowed(op, &other) {
            Some(narrowed) => {
                self.suppose(field, at, narrowed);
                true
            }
            None => false,
        }
    }

    /// The field (its node and row) whose value a node passes on: through rules, strictness, steps, and the branch
    /// that a known condition takes.
    fn source(&mut self, mut node: NodeId, mut row: u64) -> Option<(NodeId, u64)> {
        let plan = self.context.plan;
        loop {
            match &plan.node(node)?.op {
                Op::Field(_) => return Some((node, row)),
                Op::Rule(_, body) | Op::Strict(_, body) => node = *body,
                Op::Up(step, inner) => (node, row) = (*inner, self.context.step(*step, row).ok()?),
                Op::If(condition, yes, no) => {
                    node = if self.eval(*condition, row).ok()?.known_bool()? { *yes } else { *no };
                }
                _ => return None,
            }
        }
    }
}
