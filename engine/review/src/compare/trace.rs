//! The cause of a difference: the first rule, in the order of evaluation, whose outcome differs while the
//! outcomes of all rules that it read agree; and what differs of it: its text, cells, or fields.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::align::Align;
use super::pairs::Pair;
use super::structure::CellChange;
use logis_decide::evaluate::possible::Possible;
use logis_decide::evaluate::{Context, Evaluator, Outcome, outcome};
use logis_language::deep::deep;
use logis_language::pack::params::show_keys;
use logis_language::pack::schema::EntityId;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// Why an outcome differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cause {
    /// The first rule whose outcome differs.
    pub rule: String,
    /// Does its text differ?
    pub text: bool,
    /// Is it in force on the date in one pack only?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_force: bool,
    /// The cells that it read and that have another value.
    pub cells: Vec<CellChange>,
    /// The fields that it read and that are read otherwise: a reference table or the schema changed.
    pub fields: Vec<String>,
}

impl Cause {
    /// Is nothing found to differ?
    fn is_nothing(&self) -> bool {
        !self.text && !self.in_force && self.cells.is_empty() && self.fields.is_empty()
    }
}

/// What the body of a rule read on a row, without what other rules read: only what led to its outcome.
#[derive(Default)]
struct Read {
    /// Rules, with the row that they were read on.
    rules: BTreeSet<(NodeId, u64)>,
    /// Cells, by the path of the table and their keys; a key that is not known (`None`) may be any.
    cells: BTreeSet<(String, Vec<Option<Value>>)>,
    /// Fields, with the row that they were read on.
    fields: BTreeSet<(NodeId, u64)>,
    /// All nodes looked at, with their rows.
    seen: BTreeSet<(NodeId, u64)>,
}

/// One side of a comparison: a plan over its data.
struct Side<'c, 'd> {
    context: &'c Context<'d>,
    evaluator: Evaluator<'c, 'd>,
    /// The node of each rule and of each field, by name.
    nodes: BTreeMap<&'c str, NodeId>,
}

/// Traces differences of one pair of plans; each thread has its own.
pub(super) struct Tracer<'c, 'd> {
    pair: &'c Pair,
    align: &'c Align,
    base: Side<'c, 'd>,
    head: Side<'c, 'd>,
}

impl<'c, 'd> Side<'c, 'd> {
    fn new(context: &'c Context<'d>) -> Side<'c, 'd> {
        let plan: &'c Plan = context.plan;
        let nodes = (0..).zip(&plan.nodes).filter_map(|(id, node)| Some((name(plan, &node.op)?, id)));
        Side { context, evaluator: Evaluator::new(context), nodes: nodes.collect() }
    }

    fn outcome(&mut self, node: NodeId, row: u64) -> Outcome {
        outcome(&mut self.evaluator, node, row)
    }

    /// What the body of a rule read on a row.
    fn read(&mut self, node: NodeId, row: u64) -> Read {
        let mut read = Read::default();
        match self.context.plan.node(node).map(|n| &n.op) {
            Some(Op::Rule(_, body)) if !self.context.is_given(node) => self.walk(*body, row, &mut read),
            Some(Op::Field(_)) => {
                read.fields.insert((node, row));
            }
            _ => {}
        }
        read
    }

    /// The value of a boolean node; `None` if it is not known or an error.
    fn known_bool(&mut self, node: NodeId, row: u64) -> Option<bool> {
        self.evaluator.eval(node, row).ok().as_ref().and_then(Possible::known_bool)
    }

    /// Adds what led to the value of a node: the branch taken, the side of an `&&` that failed.
    fn walk(&mut self, node: NodeId, row: u64, read: &mut Read) {
        deep(|| self.follow(node, row, read));
    }

    /// [`Side::walk`], by the kind of the operation. It stops at rules: each is traced by itself.
    fn follow(&mut self, node: NodeId, row: u64, read: &mut Read) {
        let context = self.context;
        let Some(expression) = context.plan.node(node) else { return };
        if !read.seen.insert((node, row)) {
            return;
        }
        match &expression.op {
            Op::Const(_) | Op::DecisionDate => {}
            Op::Rule(..) => {
                read.rules.insert((node, row));
            }
            Op::Field(_) => {
                read.fields.insert((node, row));
            }
            Op::Up(step, inner) => {
                if let Ok(parent) = context.step(*step, row) {
                    self.walk(*inner, parent, read);
                }
            }
            Op::Members(_, _, inner) => {
                for &member in context.members(node, row) {
                    self.walk(*inner, u64::from(member), read);
                }
            }
            // The operand that decides alone, as in an explanation.
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = Some(matches!(expression.op, Op::Or(..)));
                let left = self.known_bool(*a, row) == settling;
                let right = !left && self.known_bool(*b, row) == settling;
                if !right {
                    self.walk(*a, row, read);
                }
                if !left {
                    self.walk(*b, row, read);
                }
            }
            Op::If(condition, a, b) => {
                self.walk(*condition, row, read);
                let taken = self.known_bool(*condition, row);
                if taken != Some(false) {
                    self.walk(*a, row, read);
                }
                if taken != Some(true) {
                    self.walk(*b, row, read);
                }
            }
            Op::Param(id, keys) => {
                let known = keys
                    .iter()
                    .map(|k| self.evaluator.eval(*k, row).ok().as_ref().and_then(|p| p.known().cloned()))
                    .collect();
                let path = context.plan.parsed.parameters.get(*id).map_or("", |p| p.path.as_str());
                read.cells.insert((path.to_string(), known));
                for key in keys {
                    self.walk(*key, row, read);
                }
            }
            other => {
                for input in other.inputs() {
                    self.walk(input, row, read);
                }
            }
        }
    }

    /// The cells of a table in force that keys may lead to, each with its value.
    fn cells(&self, path: &str, asked: &[Option<Value>]) -> BTreeMap<Vec<Value>, Value> {
        let parsed = &self.context.plan.parsed;
        let parameter = parsed.parameter(path).and_then(|id| parsed.parameters.get(id));
        let Some(version) = parameter.and_then(|p| p.at(self.context.plan.date)) else {
            return BTreeMap::new();
        };
        let value = |cell: &logis_language::pack::params::Cell| cell.value.clone();
        // Keys that are all known lead to one cell; one that is not, to all that fit the others.
        if let Some(keys) = asked.iter().cloned().collect::<Option<Vec<Value>>>() {
            let cell = version.cells.get(&keys).map(value);
            return cell.map(|cell| (keys, cell)).into_iter().collect();
        }
        let meant = |keys: &[Value]| {
            asked.iter().zip(keys).all(|(asked, key)| asked.as_ref().is_none_or(|asked| asked == key))
        };
        version.cells.iter().filter(|(keys, _)| meant(keys)).map(|(k, c)| (k.clone(), value(c))).collect()
    }
}

/// The name of a rule's or a field's node.
fn name<'p>(plan: &'p Plan, op: &Op) -> Option<&'p str> {
    match op {
        Op::Rule(id, _) => plan.parsed.rules.get(*id).map(|r| r.name.as_str()),
        Op::Field(id) => plan.parsed.schema.fields.get(*id).map(|f| f.name.as_str()),
        _ => None,
    }
}

/// A rule or field that was read, on both sides.
struct Both {
    /// Its node in the base's plan and in the head's.
    nodes: (NodeId, NodeId),
    /// The row in the base's data set and in the head's.
    rows: (u64, u64),
}

impl<'c, 'd> Tracer<'c, 'd> {
    pub fn new(pair: &'c Pair, align: &'c Align, base: &'c Context<'d>, head: &'c Context<'d>) -> Self {
        Tracer { pair, align, base: Side::new(base), head: Side::new(head) }
    }

    /// Why the outcome of a selected rule differs on a row (in the base's data set, and in the head's).
    pub fn cause(&mut self, rule: &str, rows: (u64, u64)) -> Cause {
        let node = |plan: &Plan| plan.selected.iter().find(|(n, _)| n == rule).map(|(_, node)| *node);
        match (node(&self.pair.base), node(&self.pair.head)) {
            (Some(base), Some(head)) => self.trace(rule, &Both { nodes: (base, head), rows }),
            _ => Cause { rule: rule.to_string(), ..Cause::default() },
        }
    }

    /// [`Tracer::cause`], of any rule that was read: goes to the first input that differs, until none does.
    fn trace(&mut self, rule: &str, at: &Both) -> Cause {
        // What a rule reads does not matter where it is in force on one side only.
        if self.pair.in_force.contains(rule) {
            return Cause { rule: rule.to_string(), in_force: true, ..Cause::default() };
        }
        let old = self.base.read(at.nodes.0, at.rows.0);
        let new = self.head.read(at.nodes.1, at.rows.1);
        // What either side read, in the order of evaluation: the first that differs leads on.
        let inputs = self.both(&old.rules, &new.rules);
        for input in &inputs {
            if self.differs(input) {
                let rule = self.name(input, rule);
                return self.trace(&rule, input);
            }
        }
        let own = self.own(rule, &old, &new);
        if !own.is_nothing() {
            return own;
        }
        // An input that is unknown on both sides counts as equal, but may leave other values open on each:
        // then what it reads made the difference.
        for input in &inputs {
            if matches!(self.base.outcome(input.nodes.0, input.rows.0), Outcome::Unknown(_)) {
                let rule = self.name(input, rule);
                let cause = self.trace(&rule, input);
                if !cause.is_nothing() {
                    return cause;
                }
            }
        }
        own
    }

    /// The name of what was read.
    fn name(&self, at: &Both, otherwise: &str) -> String {
        let plan = &self.pair.head;
        plan.node(at.nodes.1).and_then(|n| name(plan, &n.op)).unwrap_or(otherwise).to_string()
    }

    /// What differs of a rule itself: its text, the cells and the fields that it read.
    fn own(&mut self, rule: &str, old: &Read, new: &Read) -> Cause {
        let mut fields = BTreeSet::new();
        for input in self.both(&old.fields, &new.fields) {
            let plan = &self.pair.head;
            if self.differs(&input)
                && let Some(field) = plan.node(input.nodes.1).and_then(|n| name(plan, &n.op))
            {
                fields.insert(field.to_string());
            }
        }
        // A cell that either side may have read, and that is another value or missing in one of the packs.
        let mut cells = Vec::new();
        for (path, asked) in old.cells.union(&new.cells) {
            let (before, after) = (self.base.cells(path, asked), self.head.cells(path, asked));
            for keys in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                let (before, after) = (before.get(keys).cloned(), after.get(keys).cloned());
                if before != after {
                    let keys = if keys.is_empty() { String::new() } else { show_keys(keys) };
                    cells.push(CellChange { path: path.clone(), keys, from: None, before, after });
                }
            }
        }
        cells.sort();
        cells.dedup();
        // The text is compared as a whole: which line of it made the difference is not looked for.
        let text = self.pair.texts.contains(rule);
        let fields = fields.into_iter().collect();
        Cause { rule: rule.to_string(), text, cells, fields, ..Cause::default() }
    }

    /// Do the outcomes of something that was read differ?
    fn differs(&mut self, at: &Both) -> bool {
        let old = self.base.outcome(at.nodes.0, at.rows.0);
        !old.same_as(&self.head.outcome(at.nodes.1, at.rows.1))
    }

    /// What either side read, found on the other, in the head's order of evaluation. What the other plan does
    /// not have is left out: then the text that reads it differs.
    fn both(&self, old: &BTreeSet<(NodeId, u64)>, new: &BTreeSet<(NodeId, u64)>) -> Vec<Both> {
        let mut found: BTreeMap<(NodeId, u64), Both> = BTreeMap::new();
        let mut add = |nodes: (NodeId, NodeId), rows: (u64, u64)| {
            found.entry((nodes.1, rows.1)).or_insert(Both { nodes, rows });
        };
        // From either side to the other: the node by name, the row by identifier.
        for &(node, row) in new {
            let entity = self.entity(&self.pair.head, node);
            let other = self.counterpart(&self.pair.head, node, &self.base);
            if let (Some(other), Some(there)) = (other, self.align.base(entity, row)) {
                add((other, node), (there, row));
            }
        }
        for &(node, row) in old {
            let entity = self.entity(&self.pair.base, node);
            let other = self.counterpart(&self.pair.base, node, &self.head);
            if let (Some(other), Some(there)) = (other, self.align.head(entity, row)) {
                add((node, other), (row, there));
            }
        }
        found.into_values().collect()
    }

    /// The entity of a node.
    fn entity(&self, plan: &Plan, node: NodeId) -> EntityId {
        plan.node(node).map_or(0, |n| n.entity)
    }

    /// The node of the other side with a node's name.
    fn counterpart(&self, plan: &Plan, node: NodeId, other: &Side<'_, '_>) -> Option<NodeId> {
        let name = name(plan, &plan.node(node)?.op)?;
        other.nodes.get(name).copied()
    }
}
