//! The expression graph: what rules are lowered to.
//!
//! Nodes are pure and typed, each speaks of the rows of one entity, and equal nodes are one node.

use crate::diagnostic::Span;
use crate::graph::{RuleId, Step};
use crate::pack::params::ParameterId;
use crate::pack::schema::{EntityId, FieldId};
use crate::plan::builtins::Builtin;
use crate::value::{Type, Value};

/// Number of a node in its plan: its place in [`Plan::nodes`](super::Plan::nodes). A node comes after all
/// its inputs (topological order), so that one pass over the numbers meets inputs first.
pub type NodeId = u32;

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// The entity for whose rows it has a value: one for each.
    pub entity: EntityId,
    /// Type of its values.
    pub ty: Type,
    /// Where it is first written.
    pub span: Span,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A constant.
    Const(Value),
    /// The date as of which all is decided.
    DecisionDate,
    /// A field of the row.
    Field(FieldId),
    /// The value of a node on the row that a step leads to: the one that this row belongs to, or a side
    /// of the pair.
    Up(Step, NodeId),
    /// The values of a node on all members of the row, as a list: those rows of the child entity that
    /// belong to it by the child's relation of that number.
    Members(EntityId, usize, NodeId),
    /// `!a`
    Not(NodeId),
    /// `-a`
    Negate(NodeId),
    /// `a + b` and the like.
    Arithmetic(Arithmetic, NodeId, NodeId),
    /// `a <= b` and the like.
    Compare(Comparison, NodeId, NodeId),
    /// `a && b`: `b` matters only where `a` is true.
    And(NodeId, NodeId),
    /// `a || b`: `b` matters only where `a` is false.
    Or(NodeId, NodeId),
    /// `if c { a } else { b }`
    If(NodeId, NodeId, NodeId),
    /// A cell of the parameter's table in force.
    Param(ParameterId, Vec<NodeId>),
    /// A function of the engine, with its arguments.
    Call(Builtin, Vec<NodeId>),
    /// The value of the second node; an error of the first is an error too. It stands for a `let` or an
    /// argument, which Rhai computes whether it is used or not.
    Strict(NodeId, NodeId),
    /// The outcome of a rule: its body.
    Rule(RuleId, NodeId),
}

/// The four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, exact.
    Divide,
}

/// The six comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Arithmetic {
    /// As written in scripts.
    pub fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
        }
    }
}

impl Comparison {
    /// As written in scripts.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        }
    }

    /// Does it hold between two values whose order is `ordering` (left to right)?
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::AtMost => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::AtLeast => ordering.is_ge(),
        }
    }

    /// The comparison that holds exactly where this one does not.
    pub fn negated(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::AtLeast,
            Comparison::AtMost => Comparison::Greater,
            Comparison::Greater => Comparison::AtMost,
            Comparison::AtLeast => Comparison::Less,
        }
    }

    /// The comparison with the sides exchanged: `a < b` is `b > a`.
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::Greater => Comparison::Less,
            Comparison::AtLeast => Comparison::AtMost,
            same => same,
        }
    }
}

impl Op {
    /// Is it written in the text of a rule? Fields, steps, rules and strictness follow from names instead.
    pub fn is_written(&self) -> bool {
        !matches!(
            self,
            Op::DecisionDate | Op::Field(_) | Op::Up(..) | Op::Members(..) | Op::Strict(..) | Op::Rule(..)
        )
    }

    /// Its inputs, to be replaced by others.
    pub fn inputs_mut(&mut self) -> Vec<&mut NodeId> {
        match self {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) => Vec::new(),
            Op::Up(_, a) | Op::Members(_, _, a) | Op::Not(a) | Op::Negate(a) | Op::Rule(_, a) => vec![a],
            Op::Arithmetic(_, a, b)
            | Op::Compare(_, a, b)
            | Op::And(a, b)
            | Op::Or(a, b)
            | Op::Strict(a, b) => vec![a, b],
            Op::If(c, a, b) => vec![c, a, b],
            Op::Param(_, inputs) | Op::Call(_, inputs) => inputs.iter_mut().collect(),
        }
    }

    /// Its inputs: the nodes whose values it reads, on this row or on another.
    pub fn inputs(&self) -> Vec<NodeId> {
        match self {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) => Vec::new(),
            Op::Up(_, a) | Op::Members(_, _, a) | Op::Not(a) | Op::Negate(a) | Op::Rule(_, a) => vec![*a],
            Op::Arithmetic(_, a, b)
            | Op::Compare(_, a, b)
            | Op::And(a, b)
            | Op::Or(a, b)
            | Op::Strict(a, b) => {
                vec![*a, *b]
            }
            Op::If(c, a, b) => vec![*c, *a, *b],
            Op::Param(_, inputs) | Op::Call(_, inputs) => inputs.clone(),
        }
    }
}
