//! Whether outcomes rise or fall with a field: whether more of it never makes less of them, or never more.
//!
//! Of an outcome that only rises or only falls with what is missing, two fillings show all: where it has one value with every
//! missing cell at its end for the outcome and at its end against it, it has that value whatever they hold.

use std::collections::{BTreeMap, BTreeSet};

use logis_language::pack::schema::FieldId;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::{Exact, Type, Value};
use num_traits::{Signed, Zero};

/// How outcomes follow from a field; true is more than false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trend {
    /// More of it never makes less of them.
    Rises,
    /// More of it never makes more of them.
    Falls,
    /// Neither is seen.
    Unclear,
}

impl Trend {
    /// That of what falls as this rises.
    fn turned(self) -> Trend {
        match self {
            Trend::Rises => Trend::Falls,
            Trend::Falls => Trend::Rises,
            Trend::Unclear => Trend::Unclear,
        }
    }
}

/// The trends of all selected outcomes of a plan with the fields that they follow from: one for all of them.
///
/// Only what sets and ranges of possible values follow as far is looked through ([`super::possible`]), so that what two
/// fillings show is what a row comes to that is decided by itself.
pub(super) fn trends(plan: &Plan) -> BTreeMap<FieldId, Trend> {
    let mut found: BTreeMap<FieldId, Trend> = BTreeMap::new();
    let mut left: Vec<(NodeId, Trend)> =
        plan.selected.iter().map(|(_, node)| (*node, Trend::Rises)).collect();
    let mut seen = BTreeSet::new();
    while let Some((node, trend)) = left.pop() {
        if !seen.insert((node, trend)) {
            continue;
        }
        match plan.node(node).map(|node| &node.op) {
            Some(Op::Field(field)) => {
                let own = found.entry(*field).or_insert(trend);
                // Read for the outcome here and against it there.
                if *own != trend {
                    *own = Trend::Unclear;
                }
            }
            Some(op) => left.extend(inputs(plan, op, trend)),
            None => {}
        }
    }
    found
}

/// What an operation of this trend reads, with the trend of each.
fn inputs(plan: &Plan, op: &Op, trend: Trend) -> Vec<(NodeId, Trend)> {
    let unclear = || op.inputs().into_iter().map(|input| (input, Trend::Unclear)).collect();
    match op {
        Op::Rule(_, a) | Op::Up(_, a) => vec![(*a, trend)],
        Op::Strict(computed, value) => vec![(*computed, Trend::Unclear), (*value, trend)],
        Op::Not(a) | Op::Negate(a) => vec![(*a, trend.turned())],
        Op::And(a, b) | Op::Or(a, b) | Op::Arithmetic(Arithmetic::Add, a, b) => {
            vec![(*a, trend), (*b, trend)]
        }
        Op::Arithmetic(Arithmetic::Subtract, a, b) => vec![(*a, trend), (*b, trend.turned())],
        Op::Arithmetic(Arithmetic::Multiply, a, b) => match (number(plan, *a), number(plan, *b)) {
            (_, Some(by)) => vec![(*a, times(trend, &by))],
            (Some(by), _) => vec![(*b, times(trend, &by))],
            _ => unclear(),
        },
        Op::Arithmetic(Arithmetic::Divide, a, b) => match number(plan, *b).filter(|by| !by.is_zero()) {
            Some(by) => vec![(*a, times(trend, &by))],
            None => unclear(),
        },
        Op::If(condition, yes, no) => vec![(*condition, Trend::Unclear), (*yes, trend), (*no, trend)],
        Op::Compare(comparison, a, b) if is_ordered(plan, *a) => match comparison {
            Comparison::Greater | Comparison::AtLeast => vec![(*a, trend), (*b, trend.turned())],
            Comparison::Less | Comparison::AtMost => vec![(*a, trend.turned()), (*b, trend)],
            Comparison::Equal | Comparison::NotEqual => unclear(),
        },
        Op::Call(Builtin::Max | Builtin::Min, args) if args.len() == 2 => {
            args.iter().map(|arg| (*arg, trend)).collect()
        }
        Op::Call(Builtin::Arrondi(_), args) => {
            let decimals = args.iter().skip(1).map(|arg| (*arg, Trend::Unclear));
            args.first().map(|arg| (*arg, trend)).into_iter().chain(decimals).collect()
        }
        // What a list gives rises with each of its items.
        Op::Call(Builtin::Somme | Builtin::Un | Builtin::Tous | Builtin::Max | Builtin::Min, args) => {
            match args[..] {
                [list] => match plan.node(list).map(|list| &list.op) {
                    Some(Op::Members(_, _, item)) => vec![(*item, trend)],
                    _ => unclear(),
                },
                _ => unclear(),
            }
        }
        _ => unclear(),
    }
}

/// The trend of what is multiplied by a number.
fn times(trend: Trend, by: &Exact) -> Trend {
    if by.is_negative() { trend.turned() } else { trend }
}

/// The number that a node is on all rows: a constant, or a parameter without keys.
fn number(plan: &Plan, node: NodeId) -> Option<Exact> {
    match &plan.node(node)?.op {
        Op::Const(Value::Number(n)) => Some(*n),
        Op::Param(id, keys) if keys.is_empty() => match plan.parameter(*id)?.cells.get(&Vec::new())?.value {
            Value::Number(n) => Some(n),
            _ => None,
        },
        _ => None,
    }
}

/// Are the values of a node numbers or dates?
fn is_ordered(plan: &Plan, node: NodeId) -> bool {
    plan.node(node).is_some_and(|node| matches!(node.ty, Type::Number | Type::Date))
}
