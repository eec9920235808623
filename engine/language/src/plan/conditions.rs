//! The conditions that a suitable pair meets, read from the suitability rule itself.
//!
//! `a && b && c` is true only where each of them is, so that a pair for which one of them is false for
//! certain need not be looked at. Taken apart through the rules that it names, the suitability is a
//! list of conditions, each true of every suitable pair *by construction*. Those of some forms lead to
//! the units at once: see [`Form`].

use std::collections::HashSet;

use crate::deep::deep;
use crate::diagnostic::texts::matching as texts;
use crate::diagnostic::{Diagnostics, PackError};
use crate::graph::{RuleId, Step};
use crate::pack::manifest::Named;
use crate::plan::Plan;
use crate::plan::builtins::Builtin;
use crate::plan::ir::{Comparison, NodeId, Op};
use crate::value::Type;

/// A boolean node on the rows of one side, and the value that it must have.
pub type Truth = (NodeId, bool);

/// What a condition reads, as far as it leads to the units that may meet it. A condition is a disjunction
/// of alternatives; those that read one side only are lists of [`Truth`]s, any of which is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// It reads the request alone.
    Request(Truth),
    /// It reads the unit alone.
    Unit(Truth),
    /// A value of the request equals one of the unit; or an alternative on one side holds.
    Key {
        /// The request's value, or its list of values, any of which is enough.
        request: NodeId,
        /// The unit's value, or its list of values.
        unit: NodeId,
        /// Alternatives on the request: where one holds, every unit meets the condition.
        requests: Vec<Truth>,
        /// Alternatives on the unit: where one holds, it meets the condition for every request.
        units: Vec<Truth>,
    },
    /// The unit's value is at most, below, at least or above that of the request; or an alternative on
    /// the request holds.
    Bound {
        /// How the unit's value (left) compares with the request's (right).
        comparison: Comparison,
        /// The request's value: the threshold.
        request: NodeId,
        /// The unit's value.
        unit: NodeId,
        /// Alternatives on the request: where one holds, every unit meets the condition.
        requests: Vec<Truth>,
    },
    /// None of these forms, and why: it is decided pair by pair.
    Other(&'static str),
}

impl Form {
    /// The nodes that it reads of the request, and of the unit.
    pub fn nodes(&self) -> (Vec<NodeId>, Vec<NodeId>) {
        let of = |truths: &[Truth]| truths.iter().map(|(node, _)| *node).collect::<Vec<_>>();
        match self {
            Form::Request((node, _)) => (vec![*node], Vec::new()),
            Form::Unit((node, _)) => (Vec::new(), vec![*node]),
            Form::Key { request, unit, requests, units } => {
                let (mut first, mut second) = (of(requests), of(units));
                first.push(*request);
                second.push(*unit);
                (first, second)
            }
            Form::Bound { request, unit, requests, .. } => {
                let mut first = of(requests);
                first.push(*request);
                (first, vec![*unit])
            }
            Form::Other(_) => (Vec::new(), Vec::new()),
        }
    }
}

/// A condition, and the rules that it is part of, the outermost first.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its form.
    pub form: Form,
    /// The rules.
    pub rules: Vec<RuleId>,
}

/// The conditions that must hold for a boolean node of a hoisted plan on pairs to be true.
pub fn conditions(plan: &Plan, node: NodeId) -> Vec<Condition> {
    let mut found = Vec::new();
    take_apart(plan, (node, true), &mut Vec::new(), &mut found, &mut HashSet::new());
    found
}

/// Adds the conditions for a node to have a value. `rules` are those that it is part of; `seen`, what was
/// taken apart already.
fn take_apart(
    plan: &Plan,
    (node, truth): Truth,
    rules: &mut Vec<RuleId>,
    found: &mut Vec<Condition>,
    seen: &mut HashSet<(Truth, Vec<RuleId>)>,
) {
    // A condition that a rule writes twice is taken once.
    if seen.insert(((node, truth), rules.clone())) {
        deep(|| apart(plan, (node, truth), rules, found, seen));
    }
}

/// [`take_apart`], of a node not seen yet.
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
        // A conjunction is true where both sides are; by De Morgan, a disjunction false where both are.
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
            // A rule that reads one side only was hoisted there: its name is below the step.
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

/// The side of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Unit,
}

/// The side that a node on pairs takes its value from, and the node there; `None` if it reads both.
fn side(plan: &Plan, node: NodeId) -> Option<(Side, NodeId)> {
    match plan.node(node)?.op {
        Op::Up(Step::First(_), inner) => Some((Side::Request, inner)),
        Op::Up(Step::Second(_), inner) => Some((Side::Unit, inner)),
        _ => None,
    }
}

/// One of the alternatives of a condition.
enum Alternative {
    /// It reads one side alone.
    One(Side, Truth),
    Key {
        request: NodeId,
        unit: NodeId,
    },
    Bound {
        comparison: Comparison,
        request: NodeId,
        unit: NodeId,
    },
    Other(&'static str),
}

/// The form of a condition, from its alternatives: at most one may compare the two sides.
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
        (None, ..) => Form::Other(texts::form::NO_LEAD),
        (Some(_), false, _) => Form::Other(texts::form::SEVERAL_LEADS),
        (Some(Alternative::Key { request, unit }), ..) => Form::Key { request, unit, requests, units },
        (Some(Alternative::Bound { comparison, request, unit }), _, true) => {
            Form::Bound { comparison, request, unit, requests }
        }
        _ => Form::Other(texts::form::UNIT_BESIDE_THRESHOLD),
    }
}

/// Adds the alternatives of which one must hold for a node to have a value.
fn alternatives(plan: &Plan, (node, truth): Truth, all: &mut Vec<Alternative>, seen: &mut HashSet<Truth>) {
    if seen.insert((node, truth)) {
        deep(|| alternative(plan, (node, truth), all, seen));
    }
}

/// [`alternatives`], of a node not seen yet.
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
        // Written with the unit on the left, whichever side the rule puts it on.
        Some(Op::Compare(comparison, a, b)) => {
            let comparison = if truth { *comparison } else { comparison.negated() };
            let lists = plan.node(*a).is_some_and(|n| matches!(n.ty, Type::List(_)));
            all.push(match (side(plan, *a), side(plan, *b)) {
                _ if lists => Alternative::Other(texts::form::LISTS),
                (Some((Side::Unit, unit)), Some((Side::Request, request))) => {
                    compared(comparison, request, unit)
                }
                (Some((Side::Request, request)), Some((Side::Unit, unit))) => {
                    compared(comparison.mirrored(), request, unit)
                }
                _ => Alternative::Other(texts::form::ONE_SIDE),
            });
        }
        Some(Op::Call(Builtin::Contient, args)) if truth => {
            all.push(match args.iter().map(|a| side(plan, *a)).collect::<Vec<_>>()[..] {
                [Some((Side::Request, request)), Some((Side::Unit, unit))]
                | [Some((Side::Unit, unit)), Some((Side::Request, request))] => {
                    Alternative::Key { request, unit }
                }
                _ => Alternative::Other(texts::form::LIST_OF_ONE_SIDE),
            });
        }
        _ => all.push(Alternative::Other(texts::form::NO_COMPARISON)),
    }
}

/// A comparison of the unit's value (left) with the request's.
fn compared(comparison: Comparison, request: NodeId, unit: NodeId) -> Alternative {
    match comparison {
        Comparison::Equal => Alternative::Key { request, unit },
        Comparison::NotEqual => Alternative::Other(texts::form::DIFFERENT),
        _ => Alternative::Bound { comparison, request, unit },
    }
}

/// Do the rules named as blocks lead to candidates? Each must be a condition of the suitability, the
/// first rule that the plan selects, and have a form that the index knows.
///
/// # Errors
/// Those that do not, each at its place, with why.
pub fn check_blocks(plan: &Plan, blocks: &[Named]) -> Result<(), PackError> {
    let hoisted = plan.hoisted();
    let Some((suitable, node)) = hoisted.selected.first() else { return Ok(()) };
    let all = conditions(&hoisted, *node);
    let mut out = Diagnostics::default();
    for (name, span) in blocks {
        let rule = plan.parsed.rule(name);
        let own: Vec<&Form> =
            all.iter().filter(|c| c.rules.iter().any(|r| Some(*r) == rule)).map(|c| &c.form).collect();
        let reason = own.iter().find_map(|form| match form {
            Form::Other(why) => Some(*why),
            _ => None,
        });
        let usable = own.iter().any(|form| !matches!(form, Form::Other(_)));
        out.push(match (own.is_empty(), usable) {
            (true, _) => texts::not_a_condition(name, suitable, span.clone()),
            (false, false) => texts::leads_nowhere(name, reason.unwrap_or(texts::form::OTHER), span.clone()),
            _ => continue,
        });
    }
    match out.has_errors() {
        true => Err(PackError { diagnostics: out.items, sources: plan.parsed.sources.clone() }),
        false => Ok(()),
    }
}
