//! The expression graph: what rules are lowered to.
//!
//! Nodes are pure and typed, each speaks of the rows of one entity, and equal nodes are one node.

use crate::diagnostic::Span;
use crate::graph::{RuleId, Step};
use crate::pack::params::ParameterId;
use crate::pack::schema::{EntityId, FieldId};
use crate::plan::builtins::Builtin;
use crate::value::{Type, Value};

/// Number of a node in its plan. A node comes after all that it is made of.
pub type NodeId = u32;

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// The entity whose rows it speaks of.
    pub entity: EntityId,
    /// Type of its values.
    pub ty: Type,
    /// Where it is first written.
    pub span: Span,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The same value for all rows.
    Const(Value),
    /// The date as of which all is decided.
    DecisionDate,
    /// A field of the row.
    Field(FieldId),
    /// A value of the row that this one belongs to.
    Up(Step, NodeId),
    /// The values of the members of the row, by the relation of that number of the child.
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
    /// A function of the engine.
    Call(Builtin, Vec<NodeId>),
    /// The second, once the first is computed: an error there is an error here. It stands for a
    /// `let` or an argument, which Rhai computes whether it is used or not.
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

    /// Does it hold between two values that compare so?
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

    /// The comparison that says the same with its sides exchanged.
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
    /// Does it stand in the text of a rule, rather than follow from its names?
    pub fn is_written(&self) -> bool {
        !matches!(
            self,
            Op::DecisionDate | Op::Field(_) | Op::Up(..) | Op::Members(..) | Op::Strict(..) | Op::Rule(..)
        )
    }

    /// The nodes that it is made of, to be replaced by others.
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

    /// The nodes that it is made of, on whatever row.
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
