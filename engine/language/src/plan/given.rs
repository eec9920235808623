//! What outcomes read where some fields have one value on every row: the columns that a data package lacks and
//! that its schema reads as a value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Plan;
use super::builtins::{Builtin, apply};
use super::ir::{Comparison, NodeId, Op};
use crate::graph::Step;
use crate::pack::schema::{EntityId, FieldId};
use crate::pack::territory;
use crate::value::Value;

/// What is known of a node's values beforehand.
#[derive(Clone)]
enum Fixed {
    /// The value on every row.
    Value(Value),
    /// A list, however long, whose items are all this value.
    Items(Value),
}

use Fixed::{Items, Value as One};

/// A plan in which some fields have one value on every row.
pub struct Given<'p> {
    plan: &'p Plan,
    /// By node.
    fixed: Vec<Option<Fixed>>,
}

impl Given<'_> {
    /// The fields that these nodes read, and the relations that they follow: a branch that a known value shuts is
    /// not read, nor what stands beside an operand that settles an `&&` or `||`.
    ///
    /// It may name an input that no row reads.
    pub fn inputs(
        &self,
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> (BTreeSet<FieldId>, BTreeSet<(EntityId, usize)>) {
        // Depth first over the graph below the nodes, each node once.
        let (mut fields, mut relations) = (BTreeSet::new(), BTreeSet::new());
        let (mut seen, mut open) = (BTreeSet::new(), Vec::from_iter(nodes));
        while let Some(node) = open.pop() {
            let at = usize::try_from(node).ok();
            if at.and_then(|at| self.fixed.get(at)).is_some_and(Option::is_some) || !seen.insert(node) {
                continue;
            }
            let Some(n) = self.plan.node(node) else { continue };
            match &n.op {
                Op::Field(field) => _ = fields.insert(*field),
                Op::Up(Step::BelongsTo(entity, relation), _) => _ = relations.insert((*entity, *relation)),
                Op::Members(child, relation, _) => _ = relations.insert((*child, *relation)),
                Op::If(condition, yes, no) => {
                    if let Some(holds) = truth(&self.fixed, *condition) {
                        open.push(if holds { *yes } else { *no });
                        continue;
                    }
                }
                _ => {}
            }
            open.extend(n.op.inputs());
        }
        (fields, relations)
    }
}

impl Plan {
    /// The plan where the fields in `known` have the given value on every row.
    pub fn given(&self, known: &BTreeMap<FieldId, Value>) -> Given<'_> {
        Given { plan: self, fixed: self.fixed(known, None) }
    }

    /// [`Plan::given`] where besides every row is of one of the territories in `held`, or of none.
    pub fn given_in(&self, known: &BTreeMap<FieldId, Value>, held: &BTreeSet<Arc<str>>) -> Given<'_> {
        Given { plan: self, fixed: self.fixed(known, Some(held)) }
    }

    /// Is it a comparison with a territory of which no row is?
    fn of_no_row(&self, op: Comparison, sides: [NodeId; 2], held: &BTreeSet<Arc<str>>) -> bool {
        let [a, b] = sides.map(|side| self.node(side).map(|n| &n.op));
        let (Comparison::Equal, Some(mut of), Some(Op::Const(Value::Text(name)))) = (op, a, b) else {
            return false;
        };
        while let Op::Up(_, inner) | Op::Rule(_, inner) = of {
            let Some(node) = self.node(*inner) else { return false };
            of = &node.op;
        }
        let place = matches!(of, Op::Field(field) if self.parsed.territories.is_of(*field));
        place && name.as_ref() != territory::NONE && !held.contains(name)
    }

    /// What is known of each node, in their order: a node comes after its inputs.
    fn fixed(
        &self,
        known: &BTreeMap<FieldId, Value>,
        held: Option<&BTreeSet<Arc<str>>>,
    ) -> Vec<Option<Fixed>> {
        let mut fixed: Vec<Option<Fixed>> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |n: &NodeId| usize::try_from(*n).ok().and_then(|at| fixed.get(at)?.clone());
            let value = |n: &NodeId| match of(n) {
                Some(One(value)) => Some(value),
                _ => None,
            };
            let bool_of = |n: &NodeId| truth(&fixed, *n);
            let found = match &node.op {
                Op::Const(value) => Some(One(value.clone())),
                Op::Field(field) => known.get(field).cloned().map(One),
                // A row may belong to none, and then nothing is known of it: `Up` stays open.
                Op::Members(_, _, a) => value(a).map(Items),
                Op::Not(a) => bool_of(a).map(|a| One(Value::Bool(!a))),
                Op::Compare(op, a, b) if held.is_some_and(|held| self.of_no_row(*op, [*a, *b], held)) => {
                    Some(One(Value::Bool(false)))
                }
                Op::Compare(op, a, b) => {
                    value(a).zip(value(b)).map(|(a, b)| One(Value::Bool(op.holds(a.cmp(&b)))))
                }
                // An operand that settles the outcome does so whatever the other is.
                Op::And(a, b) => match (bool_of(a), bool_of(b)) {
                    (Some(false), _) | (_, Some(false)) => Some(One(Value::Bool(false))),
                    (Some(true), Some(true)) => Some(One(Value::Bool(true))),
                    _ => None,
                },
                Op::Or(a, b) => match (bool_of(a), bool_of(b)) {
                    (Some(true), _) | (_, Some(true)) => Some(One(Value::Bool(true))),
                    (Some(false), Some(false)) => Some(One(Value::Bool(false))),
                    _ => None,
                },
                Op::If(condition, yes, no) => bool_of(condition).and_then(|c| of(if c { yes } else { no })),
                Op::Strict(a, b) => of(a).and_then(|_| of(b)),
                Op::Rule(_, body) => of(body),
                Op::Call(builtin, arguments) => call(*builtin, &arguments.iter().map(of).collect::<Vec<_>>()),
                Op::DecisionDate | Op::Up(..) | Op::Negate(_) | Op::Arithmetic(..) | Op::Param(..) => None,
            };
            fixed.push(found);
        }
        fixed
    }
}

fn truth(fixed: &[Option<Fixed>], node: NodeId) -> Option<bool> {
    match fixed.get(usize::try_from(node).ok()?)? {
        Some(One(Value::Bool(value))) => Some(*value),
        _ => None,
    }
}

/// A function of values that are known, or of a list of which only the items are: what no length changes.
fn call(builtin: Builtin, arguments: &[Option<Fixed>]) -> Option<Fixed> {
    if let [Some(Items(item))] = arguments {
        return match (builtin, item) {
            (Builtin::Un, Value::Bool(false)) => Some(One(Value::Bool(false))),
            (Builtin::Tous, Value::Bool(true)) => Some(One(Value::Bool(true))),
            (Builtin::Nombre, Value::Bool(false)) => Some(One(Value::int(0))),
            (Builtin::Somme, zero) if *zero == Value::int(0) => Some(One(Value::int(0))),
            _ => None,
        };
    }
    let values: Option<Vec<Value>> = arguments
        .iter()
        .map(|a| match a {
            Some(One(value)) => Some(value.clone()),
            _ => None,
        })
        .collect();
    apply(builtin, &values?).ok().map(One)
}
