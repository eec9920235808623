//! Operations of which constants settle something: not computed, or not wholly.
//!
//! A column that a package lacks is one value on every row where its field says what an empty cell is. Most of what
//! the rules ask of custody, tax notices or incomes by person then needs no column at all.
//!
//! The outcomes are those of [`super::super::super::row`]. There, an operand that a constant before it shuts is not
//! evaluated, and one that stands before a settling constant is: what it leaves unknown is settled all the same, but an
//! error of its own is the outcome. So the latter is folded only where it can be no error ([`Compiler::totality`]).

use std::cmp::Ordering;

use super::super::program::{Constant, Instruction, Repr};
use super::{Compiler, Typed};
use logis_data::NO_ROW;
use logis_language::graph::Step;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Exact, Value};

impl Compiler<'_> {
    /// What an operation comes to, if constants settle it: a constant, or the values of another node.
    pub(super) fn folded(&mut self, op: &Op) -> Option<Typed> {
        match op {
            Op::Not(a) => {
                let value = !self.truth(*a)?;
                self.literal(&Value::Bool(value))
            }
            Op::And(a, b) | Op::Or(a, b) => {
                // The value of the left that makes the right irrelevant.
                let settling = matches!(op, Op::Or(..));
                match (self.truth(*a), self.truth(*b)) {
                    (Some(left), _) if left == settling => self.literal(&Value::Bool(settling)),
                    (Some(_), _) => self.same(*b),
                    (None, Some(right)) if right != settling => self.same(*a),
                    // What stands first is decided first: it may be an error.
                    (None, Some(_)) if self.is_total(*a) => self.literal(&Value::Bool(settling)),
                    _ => None,
                }
            }
            Op::If(condition, yes, no) => {
                let taken = if self.truth(*condition)? { *yes } else { *no };
                self.same(taken)
            }
            // One value for all rows is that of the row elsewhere too, where every row has one. It is a constant of its own:
            // what is passed on is of rows of one entity.
            Op::Up(step, inner) => {
                let value = self.constant_of(*inner)?;
                let leads = match *step {
                    Step::BelongsTo(entity, relation) => {
                        !self.context.links(entity, relation).contains(&NO_ROW)
                    }
                    Step::First(_) | Step::Second(_) => true,
                };
                leads.then_some((Instruction::Constant(value), self.repr(*inner)?, self.bounds(*inner)))
            }
            Op::Compare(comparison, a, b) => {
                let order = self.order(*a, *b)?;
                self.literal(&Value::Bool(comparison.holds(order)))
            }
            Op::Strict(computed, value) => {
                self.constant_of(*computed)?;
                self.same(*value)
            }
            Op::Call(builtin, list) => {
                let [list] = list[..] else { return None };
                let Op::Members(_, _, item) = self.context.plan.node(list)?.op else { return None };
                let value = neutral(*builtin, self.constant_of(item)?)?;
                self.literal(&value)
            }
            _ => None,
        }
    }

    /// Can an operation on these inputs be no error, whatever they hold? A missing cell is none, a value that no table
    /// or list knows is one.
    pub(super) fn totality(&self, op: &Op) -> bool {
        let by_itself = match op {
            Op::Field(field) => {
                self.context.plan.parsed.schema.fields.get(*field).is_some_and(|f| f.unlisted.is_none())
            }
            Op::Const(_)
            | Op::DecisionDate
            | Op::Rule(..)
            | Op::Strict(..)
            | Op::Up(..)
            | Op::Members(..)
            | Op::Not(_)
            | Op::And(..)
            | Op::Or(..)
            | Op::If(..)
            | Op::Compare(..)
            | Op::Call(Builtin::Un | Builtin::Tous | Builtin::Nombre | Builtin::Longueur, _) => true,
            Op::Negate(_) | Op::Arithmetic(..) | Op::Param(..) | Op::Call(..) => false,
        };
        by_itself && op.inputs().iter().all(|input| self.is_total(*input))
    }

    /// Does an instruction leave every row over, since one that it needs on each row does?
    pub(super) fn leaves_all(&self, instruction: &Instruction) -> bool {
        match instruction {
            // The right operand counts where the left does not settle; of two branches, one does; no members are a list, too.
            Instruction::And(needed, _)
            | Instruction::Or(needed, _)
            | Instruction::If { condition: needed, .. } => self.is_nothing(*needed),
            Instruction::Reduce { .. } => false,
            other => other.reads().into_iter().any(|read| self.is_nothing(read)),
        }
    }

    fn is_nothing(&self, node: NodeId) -> bool {
        self.nodes.get(node as usize).is_some_and(|node| matches!(node.instruction, Instruction::Nothing))
    }

    fn is_total(&self, node: NodeId) -> bool {
        self.total.get(node as usize) == Some(&true)
    }

    /// The values of another node.
    fn same(&self, node: NodeId) -> Option<Typed> {
        Some((Instruction::Same(node), self.repr(node)?, self.bounds(node)))
    }

    /// The constant that a node is, as the program holds it.
    fn constant_of(&self, node: NodeId) -> Option<Constant> {
        match self.nodes.get(node as usize)?.instruction {
            Instruction::Constant(value) => Some(value),
            // What passes values on comes after what it passes on, so that this ends.
            Instruction::Same(inner) => self.constant_of(inner),
            _ => None,
        }
    }

    fn truth(&self, node: NodeId) -> Option<bool> {
        match self.constant_of(node)? {
            Constant::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// How two constants compare.
    fn order(&self, a: NodeId, b: NodeId) -> Option<Ordering> {
        let number = |n: i64, node: NodeId| match self.repr(node)? {
            Repr::Number(d) => Some(Exact::new(i128::from(n), i128::from(d))),
            _ => None,
        };
        Some(match (self.constant_of(a)?, self.constant_of(b)?) {
            (Constant::Bool(x), Constant::Bool(y)) => x.cmp(&y),
            (Constant::Date(x), Constant::Date(y)) => x.cmp(&y),
            (Constant::Number(x), Constant::Number(y)) => number(x, a)?.cmp(&number(y, b)?),
            (Constant::Text(x), Constant::Text(y)) => {
                let text = |number: u32| self.texts.list.get(number as usize);
                text(x)?.cmp(text(y)?)
            }
            _ => return None,
        })
    }
}

/// What a function of a list is where all items are this constant, if no length of the list changes it.
fn neutral(builtin: Builtin, item: Constant) -> Option<Value> {
    match (builtin, item) {
        (Builtin::Un, Constant::Bool(false)) => Some(Value::Bool(false)),
        (Builtin::Tous, Constant::Bool(true)) => Some(Value::Bool(true)),
        (Builtin::Nombre, Constant::Bool(false)) | (Builtin::Somme, Constant::Number(0)) => {
            Some(Value::int(0))
        }
        _ => None,
    }
}
