//! Nodes: equal ones are one (hash consing), their number and depth are limited, and what may fail is
//! known of each without evaluating it.

use super::Lowering;
use crate::diagnostic::{Span, texts};
use crate::pack::schema::EntityId;
use crate::plan::Apart;
use crate::plan::ir::{Node, NodeId, Op};
use crate::value::Type;

/// The most nodes that a plan may have: many times those of all rules of a large pack.
const MOST_NODES: usize = 150_000;

/// The longest path from a node down to a leaf, in nodes, through the rules that a rule names.
const MOST_LEVELS: u32 = 20_000;

/// What is known of a node without evaluating it.
#[derive(Clone, Copy, Default)]
pub(super) struct Traits {
    /// The longest path from the node down to a leaf, in nodes.
    levels: u32,
    /// May computing it be an error? A rule's own error is not one until its outcome is used.
    may_fail: bool,
    /// May using its value be an error?
    use_may_fail: bool,
}

impl Lowering<'_, '_, '_> {
    /// Adds a node, or finds the equal one that is there. `span` is where it is written; of equal ones
    /// the first is kept.
    pub(super) fn node(&mut self, op: Op, entity: EntityId, ty: Type, span: Span) -> NodeId {
        // The place is a part of what makes two nodes equal: for the outcome of a rule, since texts of several days
        // may share the nodes of their bodies; and for all that is written, where expressions stay apart.
        let own = matches!(op, Op::Rule(..)) || (self.apart == Apart::Yes && op.is_written());
        let at = own.then(|| span.clone());
        let key = (op, entity, at);
        if let Some(&id) = self.interned.get(&key) {
            return id;
        }
        let traits = self.traits_of(&key.0);
        if self.nodes.len() >= MOST_NODES || traits.levels > MOST_LEVELS {
            self.report_too_large(traits.levels > MOST_LEVELS, &span);
        }
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(Node { op: key.0.clone(), entity, ty, span });
        self.traits.push(traits);
        self.interned.insert(key, id);
        id
    }

    /// Reports once that a limit is met. What is lowered after has no value, so that little follows.
    fn report_too_large(&mut self, levels: bool, span: &Span) {
        if std::mem::replace(&mut self.too_large, true) {
            return;
        }
        self.out.push(match levels {
            true => texts::rules::too_deep(MOST_LEVELS, span.clone()),
            false => texts::rules::too_many(MOST_NODES, span.clone()),
        });
    }

    /// Failure and depth of a node follow from those of its inputs.
    fn traits_of(&self, op: &Op) -> Traits {
        let of = |node: NodeId| self.traits.get(node as usize).copied().unwrap_or_default();
        let inputs = op.inputs();
        let levels = inputs.iter().map(|i| of(*i).levels).max().unwrap_or(0).saturating_add(1);
        let uses_fail = || inputs.iter().any(|i| of(*i).use_may_fail);
        // Numbers may overflow, and a cell or a date may not exist. A conditional computes its branches
        // only as far as one is chosen, but either may be; a rule, a row elsewhere and a constant fail
        // only when they are used.
        let may_fail = match op {
            Op::Arithmetic(..) | Op::Negate(_) | Op::Param(..) | Op::Call(..) => true,
            Op::If(c, a, b) => of(*c).use_may_fail || of(*a).may_fail || of(*b).may_fail,
            Op::Strict(a, b) => of(*a).may_fail || of(*b).may_fail,
            Op::Not(_) | Op::Compare(..) | Op::And(..) | Op::Or(..) => uses_fail(),
            _ => false,
        };
        let use_may_fail = match op {
            Op::Rule(..) | Op::Up(..) | Op::Members(..) => true,
            Op::If(..) => uses_fail(),
            Op::Strict(a, b) => of(*a).may_fail || of(*b).use_may_fail,
            _ => may_fail,
        };
        Traits { levels, may_fail, use_may_fail }
    }

    /// `value`, but with the errors of `computed` too.
    pub(super) fn strict(&mut self, computed: NodeId, value: NodeId) -> NodeId {
        // A value that cannot fail needs no trace: most `let`s and arguments add no node.
        if computed == value || !self.may_fail(computed) {
            return value;
        }
        match self.nodes.get(value as usize).cloned() {
            Some(node) => self.node(Op::Strict(computed, value), node.entity, node.ty, node.span),
            None => value,
        }
    }

    fn may_fail(&self, node: NodeId) -> bool {
        self.traits.get(node as usize).is_some_and(|t| t.may_fail)
    }

    pub(super) fn use_may_fail(&self, node: NodeId) -> bool {
        self.traits.get(node as usize).is_some_and(|t| t.use_may_fail)
    }

    pub(super) fn op(&self, node: NodeId) -> Option<&Op> {
        self.nodes.get(node as usize).map(|n| &n.op)
    }

    pub(super) fn ty(&self, node: NodeId) -> Type {
        self.nodes.get(node as usize).map_or(Type::Bool, |n| n.ty.clone())
    }
}
