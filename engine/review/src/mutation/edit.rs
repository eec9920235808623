//! What a mutant is: the kind of slip, and what it does to a plan, a table or a text.

use serde::Serialize;

use logis_language::diagnostic::Span;
use logis_language::graph::RuleId;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::EntityId;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, Node, NodeId, Op};
use logis_language::value::{Date, Type, Value};

/// One change of one place.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The rule, the parameter or the reference table that is changed.
    pub name: String,
    /// From when the changed text or value holds.
    pub from: Option<Date>,
    /// Where it is written.
    pub span: Span,
    /// What kind of slip it is.
    pub kind: Kind,
    /// What is written, and what instead: `age <= age_max → age < age_max`.
    pub change: String,
    pub(super) edit: Edit,
}

/// Kinds of slips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A comparison that is the opposite.
    Comparison,
    /// A comparison that takes or leaves its threshold.
    Boundary,
    /// `&&` for `||`.
    Connector,
    /// An operand of `&&`, `||`, `+`, `-`, `*`, `/`, `max` or `min` left out.
    Operand,
    /// A statement `if` with its early return, or one branch of an `if`, left out.
    Branch,
    /// A condition that is the opposite.
    Negation,
    /// A constant of a rule, one unit off, or the other truth.
    Constant,
    /// A text for another: of those that a rule gives, of those that a closed list allows, of the keys
    /// of a table.
    Text,
    /// `+` for `-`, `*` for `/`.
    Arithmetic,
    /// `un` for `tous`, `max` for `min`, another rounding or none.
    Function,
    /// A dated text of a rule left out: the one before holds.
    Version,
    /// A cell of a parameter, one unit off, or the other truth.
    Cell,
    /// A row of a parameter's table left out.
    Row,
    /// A dated value of a parameter left out: the one before holds.
    Value,
    /// A row of a reference table left out, or another value of a closed list in a cell of it.
    Reference,
}

/// How a mutant is made.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Another comparison of the two sides.
    Compare(Comparison),
    /// `&&` for `||`, or the other way.
    Connector,
    /// One input in place of the whole: an operand or a branch is left out.
    Keep(usize),
    /// A `!` before the operand of this number.
    Negate(usize),
    /// The `!` or `-` taken away.
    Bare,
    /// Another constant.
    Constant(Value),
    /// Another of the four operations.
    Arithmetic(Arithmetic),
    /// Another function of the same arguments.
    Function(Builtin),
    /// The cells of one version of a parameter that are another, or missing (`None`).
    Cells { parameter: ParameterId, version: usize, cells: Vec<(Vec<Value>, Option<Value>)> },
    /// A version of a parameter is missing.
    Value { parameter: ParameterId, version: usize },
    /// A text of a rule is missing.
    Version { rule: RuleId, text: usize },
    /// A row of a reference table is missing, or one cell of it is another: the field's place among those
    /// of the entity, and the value.
    Reference { entity: EntityId, row: u32, cell: Option<(usize, Value)> },
}

impl Edit {
    /// Changes node `at`; nothing, if the edit does not fit what it computes. Only a negation adds a node,
    /// at the end: the one that it negates keeps its number for all others that read it.
    pub fn apply(&self, nodes: &mut Vec<Node>, at: NodeId) {
        let Some(node) = nodes.get(at as usize) else { return };
        let (entity, span) = (node.entity, node.span.clone());
        let next = NodeId::try_from(nodes.len()).unwrap_or(NodeId::MAX);
        let Some(node) = nodes.get_mut(at as usize) else { return };
        // A node is replaced by its input as `Strict` of that input twice, which has its value and errors.
        let new = match (self, &node.op) {
            (Edit::Compare(op), Op::Compare(_, a, b)) => Op::Compare(*op, *a, *b),
            (Edit::Connector, Op::And(a, b)) => Op::Or(*a, *b),
            (Edit::Connector, Op::Or(a, b)) => Op::And(*a, *b),
            (Edit::Bare, Op::Not(a) | Op::Negate(a)) => Op::Strict(*a, *a),
            (Edit::Constant(value), Op::Const(_)) => Op::Const(value.clone()),
            (Edit::Arithmetic(op), Op::Arithmetic(_, a, b)) => Op::Arithmetic(*op, *a, *b),
            (Edit::Function(builtin), Op::Call(_, args)) => Op::Call(*builtin, args.clone()),
            (Edit::Keep(slot), op) => match op.inputs().get(*slot) {
                Some(kept) => Op::Strict(*kept, *kept),
                None => return,
            },
            // The `!` is a new node, put between this node and its operand.
            (Edit::Negate(operand), _) => {
                let mut inputs = node.op.inputs_mut();
                let Some(input) = inputs.get_mut(*operand) else { return };
                let op = Op::Not(std::mem::replace(input, next));
                nodes.push(Node { op, entity, ty: Type::Bool, span });
                return;
            }
            _ => return,
        };
        node.op = new;
    }

    /// Does it apply to what a node computes?
    pub fn fits(&self, op: &Op) -> bool {
        match self {
            Edit::Compare(_) => matches!(op, Op::Compare(..)),
            Edit::Connector => matches!(op, Op::And(..) | Op::Or(..)),
            Edit::Keep(_) => {
                matches!(op, Op::And(..) | Op::Or(..) | Op::If(..) | Op::Arithmetic(..) | Op::Call(..))
            }
            Edit::Bare => matches!(op, Op::Not(_) | Op::Negate(_)),
            Edit::Constant(_) => matches!(op, Op::Const(_)),
            Edit::Arithmetic(_) => matches!(op, Op::Arithmetic(..)),
            Edit::Function(_) => matches!(op, Op::Call(..)),
            Edit::Negate(_) => {
                matches!(op, Op::And(..) | Op::Or(..) | Op::If(..) | Op::Rule(..))
            }
            Edit::Cells { .. } | Edit::Value { .. } | Edit::Version { .. } | Edit::Reference { .. } => false,
        }
    }
}
