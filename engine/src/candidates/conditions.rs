//! The conditions that a suitable pair meets, read from the suitability rule itself.
//!
//! `a && b && c` is true only where each of them is, so that a pair for which one of them is false for
//! certain need not be looked at. Taken apart through the rules that it names, the suitability is a
//! list of conditions, each true of every suitable pair *by construction*. Those of some forms lead to
//! the units at once: see [`Form`].

use std::collections::HashSet;

use crate::deep::deep;
use crate::graph::{RuleId, Step};
use crate::plan::Plan;
use crate::plan::builtins::Builtin;
use crate::plan::ir::{Comparison, NodeId, Op};
use crate::value::Type;

/// A node of one side, and what it must be.
pub(super) type Truth = (NodeId, bool);

/// A condition, of a form that leads to the units that may meet it, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Of the request alone.
    Request(Truth),
    /// Of the unit alone.
    Unit(Truth),
    /// A value of the request is one of the unit; or an alternative of one side alone holds.
    Key {
        /// Of the request: a value, or a list of which any is enough.
        request: NodeId,
        /// Of the unit, likewise.
        unit: NodeId,
        /// Where one holds, any unit will do.
        requests: Vec<Truth>,
        /// Where one holds, the unit will do for anybody.
        units: Vec<Truth>,
    },
    /// The unit's value is at most, below, at least or above that of the request; or an alternative of
    /// the request alone holds.
    Bound {
        /// How the unit's value compares with the request's.
        comparison: Comparison,
        /// Of the request.
        request: NodeId,
        /// Of the unit.
        unit: NodeId,
        /// Where one holds, any unit will do.
        requests: Vec<Truth>,
    },
    /// It must be looked at pair by pair, and why.
    Other(&'static str),
}

/// A condition, and the rules that it is part of, the outermost first.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub form: Form,
    pub rules: Vec<RuleId>,
}

/// The conditions of a node of a hoisted plan on pairs.
pub(super) fn conditions(plan: &Plan, node: NodeId) -> Vec<Condition> {
    let mut found = Vec::new();
    take_apart(plan, (node, true), &mut Vec::new(), &mut found, &mut HashSet::new());
    found
}

fn take_apart(
    plan: &Plan,
    (node, truth): Truth,
    rules: &mut Vec<RuleId>,
    found: &mut Vec<Condition>,
    seen: &mut HashSet<(Truth, Vec<RuleId>)>,
) {
    // A condition that stands twice in a rule is one.
    if seen.insert(((node, truth), rules.clone())) {
        deep(|| apart(plan, (node, truth), rules, found, seen));
    }
}

fn apart(
    plan: &Plan,
    (node, truth): Truth,
    rules: &mut Vec<RuleId>,
    found: &mut Vec<Condition>,
    seen: &mut HashSet<(Truth, Vec<RuleId>)>,
) {
    match plan.node(node).map(|n| &n.op) {
        Some(Op::Rule(rule, body)) => {
            // A rule that must be false is no condition by its own name.
            if truth {
                rules.push(*rule);
            }
            take_apart(plan, (*body, truth), rules, found, seen);
            if truth {
                rules.pop();
            }
        }
        Some(Op::Strict(_, value)) => take_apart(plan, (*value, truth), rules, found, seen),
        Some(Op::Not(a)) => take_apart(plan, (*a, !truth), rules, found, seen),
        Some(Op::And(a, b)) if truth => {
            take_apart(plan, (*a, true), rules, found, seen);
            take_apart(plan, (*b, true), rules, found, seen);
        }
        Some(Op::Or(a, b)) if !truth => {
            take_apart(plan, (*a, false), rules, found, seen);
            take_apart(plan, (*b, false), rules, found, seen);
        }
        _ => {
            let mut rules = rules.clone();
            // A rule of which all is of one side stands there.
            if let Some((_, mut inner)) = side(plan, node) {
                while let Some(Op::Rule(rule, body)) = plan.node(inner).map(|n| &n.op) {
                    rules.extend(truth.then_some(*rule));
                    inner = *body;
                }
            }
            found.push(Condition { form: form(plan, (node, truth)), rules });
        }
    }
}

/// Which side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Unit,
}

/// The side that a node of a pair is read from, and its node there.
fn side(plan: &Plan, node: NodeId) -> Option<(Side, NodeId)> {
    match plan.node(node)?.op {
        Op::Up(Step::First(_), inner) => Some((Side::Request, inner)),
        Op::Up(Step::Second(_), inner) => Some((Side::Unit, inner)),
        _ => None,
    }
}

/// What one of several alternatives is.
enum Alternative {
    One(Side, Truth),
    Key { request: NodeId, unit: NodeId },
    Bound { comparison: Comparison, request: NodeId, unit: NodeId },
    Other(&'static str),
}

fn form(plan: &Plan, condition: Truth) -> Form {
    let mut all = Vec::new();
    alternatives(plan, condition, &mut all, &mut HashSet::new());
    if let [Alternative::One(side, truth)] = all[..] {
        return if side == Side::Request { Form::Request(truth) } else { Form::Unit(truth) };
    }
    let (mut requests, mut units, mut leads) = (Vec::new(), Vec::new(), Vec::new());
    for alternative in all {
        match alternative {
            Alternative::One(Side::Request, truth) => requests.push(truth),
            Alternative::One(Side::Unit, truth) => units.push(truth),
            Alternative::Other(why) => return Form::Other(why),
            lead => leads.push(lead),
        }
    }
    match (leads.pop(), leads.is_empty(), units.is_empty()) {
        (None, ..) => Form::Other("no alternative compares a value of the request with one of the unit"),
        (Some(_), false, _) => Form::Other("several of its alternatives compare the request with the unit"),
        (Some(Alternative::Key { request, unit }), ..) => Form::Key { request, unit, requests, units },
        (Some(Alternative::Bound { comparison, request, unit }), _, true) => {
            Form::Bound { comparison, request, unit, requests }
        }
        _ => Form::Other("an alternative of the unit alone stands beside a threshold"),
    }
}

fn alternatives(plan: &Plan, (node, truth): Truth, all: &mut Vec<Alternative>, seen: &mut HashSet<Truth>) {
    if seen.insert((node, truth)) {
        deep(|| alternative(plan, (node, truth), all, seen));
    }
}

fn alternative(plan: &Plan, (node, truth): Truth, all: &mut Vec<Alternative>, seen: &mut HashSet<Truth>) {
    if let Some((side, inner)) = side(plan, node) {
        return all.push(Alternative::One(side, (inner, truth)));
    }
    match plan.node(node).map(|n| &n.op) {
        Some(Op::Rule(_, body) | Op::Strict(_, body)) => alternatives(plan, (*body, truth), all, seen),
        Some(Op::Not(a)) => alternatives(plan, (*a, !truth), all, seen),
        Some(Op::Or(a, b)) if truth => {
            alternatives(plan, (*a, true), all, seen);
            alternatives(plan, (*b, true), all, seen);
        }
        Some(Op::And(a, b)) if !truth => {
            alternatives(plan, (*a, false), all, seen);
            alternatives(plan, (*b, false), all, seen);
        }
        Some(Op::Compare(comparison, a, b)) => {
            let comparison = if truth { *comparison } else { comparison.negated() };
            let lists = plan.node(*a).is_some_and(|n| matches!(n.ty, Type::List(_)));
            all.push(match (side(plan, *a), side(plan, *b)) {
                _ if lists => Alternative::Other("it compares lists"),
                (Some((Side::Unit, unit)), Some((Side::Request, request))) => {
                    compared(comparison, request, unit)
                }
                (Some((Side::Request, request)), Some((Side::Unit, unit))) => {
                    compared(comparison.mirrored(), request, unit)
                }
                _ => Alternative::Other("it does not compare a value of the request with one of the unit"),
            });
        }
        Some(Op::Call(Builtin::Contient, args)) if truth => {
            all.push(match args.iter().map(|a| side(plan, *a)).collect::<Vec<_>>()[..] {
                [Some((Side::Request, request)), Some((Side::Unit, unit))]
                | [Some((Side::Unit, unit)), Some((Side::Request, request))] => {
                    Alternative::Key { request, unit }
                }
                _ => Alternative::Other("the list and the value are not of the two sides"),
            });
        }
        _ => all.push(Alternative::Other("it is neither a comparison nor `contient`")),
    }
}

fn compared(comparison: Comparison, request: NodeId, unit: NodeId) -> Alternative {
    match comparison {
        Comparison::Equal => Alternative::Key { request, unit },
        Comparison::NotEqual => Alternative::Other("`!=` excludes too little"),
        _ => Alternative::Bound { comparison, request, unit },
    }
}
