//! The changes that a mutation run makes: each one slip that a person could make in a rule or a table.
//!
//! They are listed from the plans of the whole pack, on each day from which a text holds, where equal
//! expressions that are written in two places are two. A change is made to the nodes of a plan, or to
//! the values of a parameter: nothing is parsed again.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_traits::{One, Zero};

use crate::coverage::text_days;
use crate::diagnostic::Span;
use crate::explain::text_of;
use crate::pack::Parsed;
use crate::pack::params::{Parameter, ParameterId, ParameterVersion, show_keys};
use crate::plan::Plan;
use crate::plan::builtins::Builtin;
use crate::plan::ir::{Arithmetic, Comparison, Node, NodeId, Op};
use crate::value::{Date, Exact, Rounding, Type, Value, add_days, finite_decimals, power_of_ten};

/// One change of one place.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The rule or the parameter that is changed.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A comparison that is the opposite.
    Comparison,
    /// A comparison that takes or leaves its threshold.
    Boundary,
    /// `&&` for `||`.
    Connector,
    /// A condition that is the opposite.
    Negation,
    /// A constant of a rule, one unit off, or the other truth.
    Constant,
    /// `+` for `-`, `*` for `/`.
    Arithmetic,
    /// `un` for `tous`, `max` for `min`, another rounding.
    Function,
    /// A cell of a parameter, one unit off, or the other truth.
    Cell,
}

/// What is done to a plan.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Compare(Comparison),
    Connector,
    /// A `!` before an operand.
    Negate(usize),
    /// The `!` taken away.
    Bare,
    Constant(Value),
    Arithmetic(Arithmetic),
    Function(Builtin),
    Cell {
        parameter: ParameterId,
        version: usize,
        keys: Vec<Value>,
        value: Value,
    },
}

impl Edit {
    /// Makes the change where it applies: to nodes of its place.
    pub fn apply(&self, nodes: &mut Vec<Node>, at: NodeId) {
        let Some(node) = nodes.get(at as usize) else { return };
        let (entity, span) = (node.entity, node.span.clone());
        let next = NodeId::try_from(nodes.len()).unwrap_or(NodeId::MAX);
        let Some(node) = nodes.get_mut(at as usize) else { return };
        let new = match (self, &node.op) {
            (Edit::Compare(op), Op::Compare(_, a, b)) => Op::Compare(*op, *a, *b),
            (Edit::Connector, Op::And(a, b)) => Op::Or(*a, *b),
            (Edit::Connector, Op::Or(a, b)) => Op::And(*a, *b),
            (Edit::Bare, Op::Not(a)) => Op::Strict(*a, *a),
            (Edit::Constant(value), Op::Const(_)) => Op::Const(value.clone()),
            (Edit::Arithmetic(op), Op::Arithmetic(_, a, b)) => Op::Arithmetic(*op, *a, *b),
            (Edit::Function(builtin), Op::Call(_, args)) => Op::Call(*builtin, args.clone()),
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
            Edit::Bare => matches!(op, Op::Not(_)),
            Edit::Constant(_) => matches!(op, Op::Const(_)),
            Edit::Arithmetic(_) => matches!(op, Op::Arithmetic(..)),
            Edit::Function(_) => matches!(op, Op::Call(..)),
            Edit::Negate(_) => {
                matches!(op, Op::And(..) | Op::Or(..) | Op::If(..) | Op::Rule(..))
            }
            Edit::Cell { .. } => false,
        }
    }
}

/// All changes, in the order of the files.
pub(super) fn changes(parsed: &Arc<Parsed>) -> Vec<Mutant> {
    let mut found: BTreeMap<(usize, usize, usize, String), Mutant> = BTreeMap::new();
    let mut add = |mutant: Mutant| {
        let (span, kind) = (&mutant.span, mutant.kind as usize);
        found.entry((span.file, span.range.start, kind, mutant.change.clone())).or_insert(mutant);
    };
    for day in text_days(parsed) {
        let plan = Plan::whole(parsed, day);
        let mut readers: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        for (id, node) in (0..).zip(&plan.nodes) {
            for input in node.op.inputs() {
                readers.entry(input).or_insert(id);
            }
        }
        for (id, node) in (0..).zip(&plan.nodes) {
            for (kind, edit) in edits(&plan, node) {
                let (name, from) = owner(parsed, &node.span);
                let shown = match (&edit, &node.op) {
                    (Edit::Negate(slot), op) => op.inputs().get(*slot).copied().unwrap_or(id),
                    (Edit::Constant(_), _) => readers.get(&id).copied().unwrap_or(id),
                    _ => id,
                };
                let before = text_of(&plan, shown);
                let after = match &edit {
                    Edit::Negate(_) => format!("!{before}"),
                    edit => {
                        let mut changed = plan.clone();
                        edit.apply(&mut changed.nodes, id);
                        text_of(&changed, shown)
                    }
                };
                let change = format!("{before} → {after}");
                add(Mutant { name, from, span: node.span.clone(), kind, change, edit });
            }
        }
    }
    for (id, parameter) in parsed.parameters.iter().enumerate() {
        for (number, version) in parameter.versions.iter().enumerate() {
            cells(id, parameter, number, version).into_iter().for_each(&mut add);
        }
    }
    found.into_values().collect()
}

/// The rule whose text holds a place, and from when it holds.
fn owner(parsed: &Parsed, place: &Span) -> (String, Option<Date>) {
    let texts = parsed.rules.iter().flat_map(|rule| rule.texts.iter().map(move |text| (rule, text)));
    texts
        .filter(|(_, t)| t.span.file == place.file && t.span.range.start <= place.range.start)
        .max_by_key(|(_, t)| t.span.range.start)
        .map_or((String::new(), None), |(rule, text)| (rule.name.clone(), text.from))
}

fn edits(plan: &Plan, node: &Node) -> Vec<(Kind, Edit)> {
    let mut all = Vec::new();
    match &node.op {
        Op::Compare(op, ..) => {
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
        Op::And(..) | Op::Or(..) => all.push((Kind::Connector, Edit::Connector)),
        Op::Not(_) => all.push((Kind::Negation, Edit::Bare)),
        Op::Const(value) => {
            let changed = neighbours(value, decimals(value));
            all.extend(changed.into_iter().map(|v| (Kind::Constant, Edit::Constant(v))));
        }
        Op::Arithmetic(op, ..) => {
            let other = match op {
                Arithmetic::Add => Arithmetic::Subtract,
                Arithmetic::Subtract => Arithmetic::Add,
                Arithmetic::Multiply => Arithmetic::Divide,
                Arithmetic::Divide => Arithmetic::Multiply,
            };
            all.push((Kind::Arithmetic, Edit::Arithmetic(other)));
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
        }
        _ => {}
    }
    let operands: &[usize] = match &node.op {
        Op::And(..) | Op::Or(..) => &[0, 1],
        Op::If(..) if node.ty == Type::Bool => &[0, 1, 2],
        Op::If(..) | Op::Rule(..) => &[0],
        _ => &[],
    };
    for (slot, input) in operands.iter().filter_map(|s| Some((*s, *node.op.inputs().get(*s)?))) {
        // What has a sign or a truth of its own is changed there.
        let bare = plan.node(input).is_some_and(|n| {
            n.ty == Type::Bool
                && matches!(
                    n.op,
                    Op::Field(_) | Op::Rule(..) | Op::Up(..) | Op::Call(..) | Op::Param(..) | Op::Strict(..)
                )
        });
        if bare {
            all.push((Kind::Negation, Edit::Negate(slot)));
        }
    }
    all
}

/// The changes of the cells of one version of a parameter, by one unit of its last written decimal.
fn cells(id: ParameterId, parameter: &Parameter, number: usize, version: &ParameterVersion) -> Vec<Mutant> {
    let finest = version.cells.values().filter_map(|c| decimals(&c.value)).max();
    let mut all = Vec::new();
    for (keys, cell) in &version.cells {
        for value in neighbours(&cell.value, decimals(&cell.value).and(finest)) {
            let shown = if keys.is_empty() { String::new() } else { format!("{} ", show_keys(keys)) };
            all.push(Mutant {
                name: parameter.path.clone(),
                from: Some(version.from),
                span: cell.span.clone(),
                kind: Kind::Cell,
                change: format!("{shown}{} → {value}", cell.value),
                edit: Edit::Cell { parameter: id, version: number, keys: keys.clone(), value },
            });
        }
    }
    all
}

/// With how many decimals a number is written; `None` for a fraction that has none, and other values.
fn decimals(value: &Value) -> Option<u32> {
    match value {
        Value::Number(n) => finite_decimals(*n.denom()),
        _ => None,
    }
}

/// The values one unit off: the last of these decimals, or one of the numerator; the day before and
/// after; the other truth. A text has none.
fn neighbours(value: &Value, decimals: Option<u32>) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![Value::Bool(!value)],
        Value::Number(n) => {
            let unit = match decimals {
                Some(decimals) => power_of_ten(decimals).map(|ten| Exact::new(One::one(), ten)),
                None if n.denom().is_zero() => None,
                None => Some(Exact::new(One::one(), *n.denom())),
            };
            let around = |unit: Exact| [n - unit, n + unit].map(Value::Number).to_vec();
            unit.map_or_else(Vec::new, around)
        }
        Value::Date(day) => [-1, 1].iter().filter_map(|d| add_days(*day, *d)).map(Value::Date).collect(),
        Value::Text(_) | Value::List(_) => Vec::new(),
    }
}
