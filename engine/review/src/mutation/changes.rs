//! The mutants of rules: each has one slip that a person could make in a text.
//!
//! They are listed from the plans of the whole pack, on each day from which a text holds, in which equal
//! expressions that are written in two places are two nodes. A mutant is made by changing a node: nothing
//! is parsed again. Of two that compute equal outcomes one is made (`if c { true } else { false }` without
//! its first branch is also the one with `false` for `true`), so that each slip counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::edit::{Edit, Kind, Mutant};
use super::tables::{decimals, neighbours};
use crate::coverage::text_days;
use logis_decide::explain::text_of;
use logis_language::diagnostic::Span;
use logis_language::pack::Parsed;
use logis_language::pack::params::Parameter;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, Node, NodeId, Op};
use logis_language::value::{Date, Rounding, Type, Value};

/// What a text of a rule is known by: its rule, and from when it holds.
type Owner = (String, Option<Date>);

/// All changes of rules, in the order of the files.
pub(super) fn changes(parsed: &Arc<Parsed>) -> Vec<Mutant> {
    let mut found: BTreeMap<(usize, usize, Kind, String), Mutant> = BTreeMap::new();
    for day in text_days(parsed) {
        let written = Written::of(Plan::whole(parsed, day));
        for (id, node) in (0..).zip(&written.plan.nodes) {
            for (kind, edit) in edits(&written, id, node) {
                // One edit of one place is one mutant, however many days the text holds.
                let key = (node.span.file, node.span.range.start, kind, format!("{edit:?}"));
                found.entry(key).or_insert_with(|| {
                    let (name, from) = owner(parsed, &node.span);
                    let change = written.change(id, node, &edit);
                    Mutant { name, from, span: node.span.clone(), kind, change, edit }
                });
            }
        }
    }
    found.into_values().collect()
}

/// The rule whose text holds a place, and from when it holds.
pub(super) fn owner(parsed: &Parsed, place: &Span) -> Owner {
    let texts = parsed.rules.iter().flat_map(|rule| rule.texts.iter().map(move |text| (rule, text)));
    texts
        .filter(|(_, t)| t.span.file == place.file && t.span.range.start <= place.range.start)
        .max_by_key(|(_, t)| t.span.range.start)
        .map_or((String::new(), None), |(rule, text)| (rule.name.clone(), text.from))
}

/// The plan of all rules in force on a day, and who reads what in it.
struct Written {
    plan: Plan,
    /// By node: the first that reads it.
    readers: BTreeMap<NodeId, NodeId>,
    /// By text of a rule: the texts that it gives, in the order in which they are written.
    given: BTreeMap<Owner, Vec<Value>>,
    /// By text of a rule: the texts that it compares with.
    compared: BTreeMap<Owner, BTreeSet<Value>>,
}

impl Written {
    fn of(plan: Plan) -> Written {
        let mut readers: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        // The first reader of a node: where expressions stay apart, mostly the only one.
        for (id, node) in (0..).zip(&plan.nodes) {
            for input in node.op.inputs() {
                readers.entry(input).or_insert(id);
            }
        }
        let mut written = Written { plan, readers, given: BTreeMap::new(), compared: BTreeMap::new() };
        // A text is compared with, is a key or an argument, or is what the rule gives.
        let mut given: Vec<(usize, Owner, Value)> = Vec::new();
        for (id, node) in (0..).zip(&written.plan.nodes) {
            let Op::Const(text @ Value::Text(_)) = &node.op else { continue };
            let owner = owner(&written.plan.parsed, &node.span);
            match written.reader(id).map(|n| &n.op) {
                Some(Op::Compare(..)) => {
                    written.compared.entry(owner).or_default().insert(text.clone());
                }
                Some(Op::Param(..) | Op::Call(..)) => {}
                _ => given.push((node.span.range.start, owner, text.clone())),
            }
        }
        given.sort_by_key(|(at, ..)| *at);
        for (_, owner, text) in given {
            let texts = written.given.entry(owner).or_default();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        written
    }

    /// The first node that reads a node.
    fn reader(&self, id: NodeId) -> Option<&Node> {
        self.plan.node(*self.readers.get(&id)?)
    }

    /// What is written and what the mutant has instead, in words.
    fn change(&self, id: NodeId, node: &Node, edit: &Edit) -> String {
        let plan = &self.plan;
        if let (Edit::Keep(slot), Op::If(condition, yes, _)) = (edit, &node.op) {
            // What follows the `if` may be long: it is not repeated.
            let (condition, yes) = (text_of(plan, *condition), text_of(plan, *yes));
            let instead = if *slot == 1 { yes.as_str() } else { "ôté" };
            return format!("if {condition} {{ {yes} }} → {instead}");
        }
        // A constant alone says little: what it stands in is shown.
        let shown = match (edit, &node.op) {
            (Edit::Negate(slot), op) => op.inputs().get(*slot).copied().unwrap_or(id),
            (Edit::Constant(_), _) => match self.readers.get(&id) {
                Some(reader) if !self.is_branch(id) => *reader,
                _ => id,
            },
            _ => id,
        };
        let before = text_of(plan, shown);
        let after = match edit {
            Edit::Negate(_) => format!("!{before}"),
            edit => {
                let mut changed = plan.clone();
                edit.apply(&mut changed.nodes, id);
                text_of(&changed, shown)
            }
        };
        format!("{before} → {after}")
    }

    /// Is it a text that a branch of an `if` gives?
    fn is_branch(&self, id: NodeId) -> bool {
        let text = self.plan.node(id).is_some_and(|n| matches!(n.op, Op::Const(Value::Text(_))));
        text && self.reader(id).is_some_and(|n| matches!(n.op, Op::If(..)))
    }

    /// Would a constant with this value equal what the other branch of its `if` gives? Then the mutant that
    /// leaves its branch out computes equal outcomes.
    fn as_other_branch(&self, id: NodeId, value: &Value) -> bool {
        let Some(Op::If(_, a, b)) = self.reader(id).map(|n| &n.op) else { return false };
        let other = if *a == id { *b } else { *a };
        matches!(self.plan.node(other).map(|n| &n.op), Some(Op::Const(v)) if v == value)
    }

    /// Another text for one that is written: the next of those that could stand there.
    fn other_text(&self, id: NodeId, node: &Node, text: &Value) -> Option<Value> {
        let owner = owner(&self.plan.parsed, &node.span);
        match self.reader(id).map(|n| &n.op) {
            Some(Op::Compare(_, a, b)) => {
                let other = if *a == id { *b } else { *a };
                let Type::Text(Some(values)) = &self.plan.node(other)?.ty else { return None };
                let values: Vec<Value> = values.iter().map(|v| Value::Text(v.clone())).collect();
                // Of two values the other one is the opposite comparison. A value that the rule compares
                // with elsewhere would often be an operand left out.
                let named = self.compared.get(&owner)?;
                if values.len() <= 2 {
                    return None;
                }
                next(&values, text, |v| !named.contains(v))
            }
            Some(Op::Param(parameter, keys)) => {
                let place = keys.iter().position(|k| *k == id)?;
                let parameter = self.plan.parsed.parameters.get(*parameter)?;
                let cells = parameter.versions.iter().flat_map(|v| v.cells.keys());
                let values: BTreeSet<Value> = cells.filter_map(|k| k.get(place).cloned()).collect();
                let values: Vec<Value> = values.into_iter().collect();
                next(&values, text, |v| differ(parameter, place, text, v))
            }
            Some(Op::Call(..)) => None,
            _ => next(self.given.get(&owner)?, text, |v| !self.as_other_branch(id, v)),
        }
    }
}

/// The next value of a list after one of it, the first after the last; of those that are `good`.
fn next(values: &[Value], value: &Value, good: impl Fn(&Value) -> bool) -> Option<Value> {
    let at = values.iter().position(|v| v == value)?;
    let (before, after) = (values.get(..at)?, values.get(at + 1..)?);
    after.iter().chain(before).find(|v| good(v)).cloned()
}

/// Do two keys of a table have different cells in any version?
fn differ(parameter: &Parameter, place: usize, a: &Value, b: &Value) -> bool {
    parameter.versions.iter().any(|version| {
        let of_a = version.cells.iter().filter(|(keys, _)| keys.get(place) == Some(a));
        of_a.into_iter().any(|(keys, cell)| {
            let mut keys = keys.clone();
            if let Some(key) = keys.get_mut(place) {
                *key = b.clone();
            }
            version.cells.get(&keys).is_none_or(|other| other.value != cell.value)
        })
    })
}

/// The slips that a node can have, each with its kind.
fn edits(written: &Written, id: NodeId, node: &Node) -> Vec<(Kind, Edit)> {
    let plan = &written.plan;
    let mut all = Vec::new();
    // A choice by territory is not written: nobody slips there.
    if plan.choice(id).is_some() {
        return all;
    }
    match &node.op {
        Op::Compare(op, ..) => {
            // The opposite comparison, and the one that takes or leaves the threshold.
            all.push((Kind::Comparison, Edit::Compare(op.negated())));
            let boundary = match op {
                Comparison::Less => Comparison::AtMost,
                Comparison::AtMost => Comparison::Less,
                Comparison::Greater => Comparison::AtLeast,
                Comparison::AtLeast => Comparison::Greater,
                Comparison::Equal | Comparison::NotEqual => return all,
            };
            all.push((Kind::Boundary, Edit::Compare(boundary)));
        }
        Op::And(..) | Op::Or(..) => {
            all.push((Kind::Connector, Edit::Connector));
            all.extend(operands(plan, node));
        }
        Op::If(..) => all.extend([1, 2].map(|slot| (Kind::Branch, Edit::Keep(slot)))),
        Op::Not(_) => all.push((Kind::Negation, Edit::Bare)),
        Op::Negate(_) => all.push((Kind::Arithmetic, Edit::Bare)),
        Op::Const(text @ Value::Text(_)) => {
            let other = written.other_text(id, node, text);
            all.extend(other.map(|v| (Kind::Text, Edit::Constant(v))));
        }
        Op::Const(value) => {
            let changed = neighbours(value, decimals(value)).into_iter();
            let changed = changed.filter(|v| !written.as_other_branch(id, v));
            all.extend(changed.map(|v| (Kind::Constant, Edit::Constant(v))));
        }
        Op::Arithmetic(op, ..) => {
            let other = match op {
                Arithmetic::Add => Arithmetic::Subtract,
                Arithmetic::Subtract => Arithmetic::Add,
                Arithmetic::Multiply => Arithmetic::Divide,
                Arithmetic::Divide => Arithmetic::Multiply,
            };
            all.push((Kind::Arithmetic, Edit::Arithmetic(other)));
            all.extend(operands(plan, node));
        }
        Op::Call(builtin, _) => {
            let others: &[Builtin] = match builtin {
                Builtin::Un => &[Builtin::Tous],
                Builtin::Tous => &[Builtin::Un],
                Builtin::Max => &[Builtin::Min],
                Builtin::Min => &[Builtin::Max],
                Builtin::Arrondi(Rounding::Nearest) => {
                    &[Builtin::Arrondi(Rounding::Down), Builtin::Arrondi(Rounding::Up)]
                }
                Builtin::Arrondi(_) => &[Builtin::Arrondi(Rounding::Nearest)],
                _ => &[],
            };
            all.extend(others.iter().map(|b| (Kind::Function, Edit::Function(*b))));
            if matches!(builtin, Builtin::Arrondi(_)) {
                all.push((Kind::Function, Edit::Keep(0)));
            }
            all.extend(operands(plan, node));
        }
        _ => {}
    }
    all.extend(negations(plan, node));
    all
}

/// The edits that leave out one of two joined operands.
fn operands(plan: &Plan, node: &Node) -> Vec<(Kind, Edit)> {
    let kept: &[usize] = match &node.op {
        Op::And(a, _) | Op::Or(a, _) => {
            // Of `a && b && c`, which is `(a && b) && c`, one operand at a time: not both of the left.
            let left = plan.node(*a).map(|n| std::mem::discriminant(&n.op));
            if left == Some(std::mem::discriminant(&node.op)) { &[0] } else { &[0, 1] }
        }
        Op::Arithmetic(Arithmetic::Add | Arithmetic::Multiply, ..) => &[0, 1],
        Op::Arithmetic(Arithmetic::Subtract | Arithmetic::Divide, ..) => &[0],
        Op::Call(Builtin::Max | Builtin::Min, args) if args.len() == 2 => &[0, 1],
        _ => &[],
    };
    kept.iter().map(|slot| (Kind::Operand, Edit::Keep(*slot))).collect()
}

/// The edits that put a `!` before an operand which no other edit turns: a field, a rule, a call, a cell.
fn negations(plan: &Plan, node: &Node) -> Vec<(Kind, Edit)> {
    let operands: &[usize] = match &node.op {
        Op::And(..) | Op::Or(..) => &[0, 1],
        Op::If(..) if node.ty == Type::Bool => &[0, 1, 2],
        Op::If(..) | Op::Rule(..) => &[0],
        _ => &[],
    };
    let inputs = node.op.inputs();
    let bare = operands.iter().filter(|slot| {
        inputs.get(**slot).and_then(|input| plan.node(*input)).is_some_and(|n| {
            n.ty == Type::Bool
                && matches!(
                    n.op,
                    Op::Field(_) | Op::Rule(..) | Op::Up(..) | Op::Call(..) | Op::Param(..) | Op::Strict(..)
                )
        })
    });
    bare.map(|slot| (Kind::Negation, Edit::Negate(*slot))).collect()
}
