//! The walk over the nodes of a rule itself: what its conditions and tables are there is kept in
//! [`Seen`](super::Seen).

use std::collections::HashSet;

use super::super::domain::{Domain, not, of_type};
use super::eval::joined;
use super::{Condition, Role, Walk};
use logis_language::deep::deep;
use logis_language::diagnostic::Span;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::Value;

impl Walk<'_> {
    /// Follows a node of the rule itself, and keeps what is seen of it.
    pub(super) fn visit(&mut self, node: NodeId) -> Domain {
        deep(|| self.visited(node))
    }

    /// [`Walk::visit`], by the kind of the operation.
    fn visited(&mut self, node: NodeId) -> Domain {
        self.steps += 1;
        if let Some(done) = self.memos.last().and_then(|m| m.get(&node)) {
            return done.clone();
        }
        let Some(op) = self.op(node) else { return Domain::Any };
        let outcome = match op {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) | Op::Up(..) | Op::Members(..) | Op::Rule(..) => {
                return self.eval(node);
            }
            // The right operand is followed where the left one does not settle it alone.
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = matches!(op, Op::Or(..));
                let left = self.part(*a, node);
                if left == Domain::Nothing || left.only_bool() == Some(settling) {
                    left
                } else {
                    let right = self.under(*a, !settling, |this| this.part(*b, node));
                    joined(&left, right, settling)
                }
            }
            Op::If(c, a, b) => {
                let condition = self.branch(*c, node);
                match condition {
                    Domain::Nothing => Domain::Nothing,
                    _ => match condition.only_bool() {
                        Some(true) => self.visit(*a),
                        Some(false) => self.visit(*b),
                        None => {
                            let yes = self.under(*c, true, |this| this.visit(*a));
                            let no = self.under(*c, false, |this| this.visit(*b));
                            yes.unwrap_or(Domain::Nothing).or(&no.unwrap_or(Domain::Nothing))
                        }
                    },
                }
            }
            Op::Not(a) => not(&self.part(*a, node)),
            Op::Strict(a, value) => {
                self.visit(*a);
                self.visit(*value)
            }
            _ => {
                let inputs: Vec<Domain> = op.inputs().into_iter().map(|i| self.visit(i)).collect();
                self.compute(node, op, &inputs, true)
            }
        };
        if matches!(op, Op::Compare(..) | Op::Call(..)) {
            self.record(node, node, Role::Part, &outcome);
        }
        if let Some(memo) = self.memos.last_mut() {
            memo.insert(node, outcome.clone());
        }
        outcome
    }

    /// An operand of `&&`, `||` or `!`: what a name can be is kept too.
    fn part(&mut self, part: NodeId, parent: NodeId) -> Domain {
        let outcome = self.visit(part);
        if matches!(self.op(part), Some(Op::Field(_) | Op::Rule(..) | Op::Up(..))) && !self.is_data(part) {
            self.record(part, parent, Role::Part, &outcome);
        }
        outcome
    }

    /// The condition of an `if`.
    fn branch(&mut self, condition: NodeId, parent: NodeId) -> Domain {
        let outcome = self.visit(condition);
        // What is looked at lies under negations and strictness.
        let mut core = condition;
        while let Some(Op::Not(inner) | Op::Strict(_, inner)) = self.op(core) {
            core = *inner;
        }
        match self.op(core) {
            Some(Op::And(..) | Op::Or(..)) => {
                let mut parts = Vec::new();
                self.parts(core, parent, &mut parts, &mut HashSet::new());
                self.record(condition, parent, Role::Joined(parts), &outcome);
            }
            _ if self.is_data(core) => {}
            _ => {
                let before = self.range_before(core, parent);
                // What is said of the branch is not said of its condition again.
                let key = self.key(core, core);
                self.seen.conditions.remove(&key);
                self.record(core, parent, Role::Branch(before), &outcome);
            }
        }
        outcome
    }

    /// The places of the parts of a condition.
    fn parts(
        &self,
        node: NodeId,
        parent: NodeId,
        into: &mut Vec<(usize, usize, String)>,
        done: &mut HashSet<(NodeId, NodeId)>,
    ) {
        if !done.insert((node, parent)) {
            return;
        }
        match self.op(node) {
            Some(Op::And(a, b) | Op::Or(a, b)) => {
                deep(|| self.parts(*a, node, into, done));
                deep(|| self.parts(*b, node, into, done));
            }
            Some(Op::Not(a) | Op::Strict(_, a)) => deep(|| self.parts(*a, node, into, done)),
            Some(Op::Compare(..) | Op::Call(..)) => into.push(self.key(node, node)),
            _ => into.push(self.key(node, parent)),
        }
    }

    /// Of a comparison: the comparison of the same value that the assumptions say is false.
    fn range_before(&self, condition: NodeId, _parent: NodeId) -> Option<Span> {
        let Some(Op::Compare(_, a, _)) = self.op(condition) else { return None };
        // In an `else if`, the conditions before are assumed to be false; the innermost is the last.
        let before = self.assumed.iter().rev().find(|(node, truth)| {
            truth.only_bool() == Some(false) && matches!(self.op(*node), Some(Op::Compare(_, x, _)) if x == a)
        });
        before.and_then(|(node, _)| self.whole.node(*node)).map(|n| n.span.clone())
    }

    /// Is it a constant, or a cell of a table? What tables say is data, and may change.
    fn is_data(&self, node: NodeId) -> bool {
        match self.op(node) {
            Some(Op::Const(_) | Op::Param(..)) => true,
            Some(Op::Rule(_, a) | Op::Not(a) | Op::Up(_, a) | Op::Strict(_, a)) => deep(|| self.is_data(*a)),
            _ => false,
        }
    }

    /// The name of the field or rule that a node passes on.
    fn name(&self, node: NodeId) -> Option<String> {
        match self.op(node)? {
            Op::Field(field) => self.parsed.schema.fields.get(*field).map(|f| f.name.clone()),
            Op::Rule(rule, _) => self.parsed.rules.get(*rule).map(|r| r.name.clone()),
            Op::Up(_, inner) => self.name(*inner),
            _ => None,
        }
    }

    /// The place of a condition. A name has the place of the operation around it, since the node of a field
    /// has that of its first use.
    fn key(&self, node: NodeId, parent: NodeId) -> (usize, usize, String) {
        let name = self.name(node);
        let at = if name.is_some() { parent } else { node };
        let span = self.whole.node(at).map(|n| n.span.clone()).unwrap_or_default();
        (span.file, span.range.start, name.unwrap_or_default())
    }

    /// Keeps what a condition can be in this period and at this call.
    fn record(&mut self, node: NodeId, parent: NodeId, role: Role, outcome: &Domain) {
        if *outcome == Domain::Nothing
            || self.whole.node(node).is_none_or(|n| of_type(&n.ty) != Domain::boolean())
        {
            return;
        }
        let name = self.name(node);
        let at = if name.is_some() || role != Role::Part { parent } else { node };
        let Some(span) = self.whole.node(at).map(|n| n.span.clone()) else { return };
        let key = (span.file, span.range.start, name.clone().unwrap_or_default());
        let inner = self.whole.node(node).map(|n| n.span.clone()).unwrap_or_default();
        let (mut yes, mut no) = (outcome.may_be(&Value::Bool(true)), outcome.may_be(&Value::Bool(false)));
        // The last value of a closed list, said by its name where the others were taken before: clear, and
        // right if the list grows.
        if let Some(Op::Compare(op @ (Comparison::Equal | Comparison::NotEqual), ..)) = self.op(node)
            && (*op == Comparison::Equal) == yes
            && !self.assumed.is_empty()
        {
            (yes, no) = (true, true);
        }
        let condition = self.seen.conditions.entry(key).or_insert(Condition {
            span,
            name,
            inner,
            role,
            may_be_true: false,
            may_be_false: false,
        });
        condition.may_be_true |= yes;
        condition.may_be_false |= no;
    }
}
