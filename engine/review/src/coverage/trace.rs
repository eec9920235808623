//! What a case reaches: the nodes that its expected outcomes can depend on, and how its decisions went.
//!
//! The walk goes where evaluation goes: not to the right of an `&&` whose left is false, not into the
//! branch that is not taken. Where a condition is not known it goes both ways, so that whatever an
//! outcome depends on has been walked over.

use std::collections::BTreeSet;

use super::decisions::Decision;
use logis_decide::evaluate::possible::Possible;
use logis_decide::evaluate::{Context, Evaluator};
use logis_language::deep::deep;
use logis_language::pack::params::ParameterId;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// What was reached for one case.
pub(crate) struct Trace {
    /// By node: was it needed on some row?
    pub nodes: Vec<bool>,
    /// Cells of parameters that were read.
    pub cells: BTreeSet<(ParameterId, Vec<Value>)>,
    /// Branches that were taken: the `if`, and which.
    pub branches: BTreeSet<(NodeId, bool)>,
    /// Values of conditions where they were computed: number of the decision, number of the condition in
    /// it, value.
    pub seen: BTreeSet<(usize, usize, bool)>,
    /// Those of `seen` that decided: with the other value of this condition alone, the decision would be
    /// the other.
    pub shown: BTreeSet<(usize, usize, bool)>,
    /// Nodes walked over, with their rows.
    visited: BTreeSet<(NodeId, u64)>,
}

/// Walks over what the outcome of `nodes` depends on for a row. `decisions` are those of the plan.
pub(crate) fn trace<'c, 'd>(
    context: &'c Context<'d>,
    evaluator: &mut Evaluator<'c, 'd>,
    nodes: &[NodeId],
    row: u64,
    decisions: &[Decision],
) -> Trace {
    let trace = Trace {
        nodes: vec![false; context.plan.nodes.len()],
        cells: BTreeSet::new(),
        branches: BTreeSet::new(),
        seen: BTreeSet::new(),
        shown: BTreeSet::new(),
        visited: BTreeSet::new(),
    };
    let mut walk = Walk { context, evaluator, decisions, trace };
    for &node in nodes {
        walk.node(node, row);
    }
    walk.trace
}

/// The walk of one case.
struct Walk<'w, 'c, 'd> {
    context: &'c Context<'d>,
    evaluator: &'w mut Evaluator<'c, 'd>,
    decisions: &'w [Decision],
    trace: Trace,
}

impl Walk<'_, '_, '_> {
    /// The value of a boolean node; `None` if it is not known or an error.
    fn truth(&mut self, node: NodeId, row: u64) -> Option<bool> {
        self.evaluator.eval(node, row).ok().as_ref().and_then(Possible::known_bool)
    }

    fn node(&mut self, node: NodeId, row: u64) {
        deep(|| self.visit(node, row));
    }

    /// Walks over a node and what its value on a row depends on, once.
    fn visit(&mut self, node: NodeId, row: u64) {
        if !self.trace.visited.insert((node, row)) {
            return;
        }
        if let Some(slot) = self.trace.nodes.get_mut(node as usize) {
            *slot = true;
        }
        let Some(op) = self.context.plan.node(node).map(|n| &n.op) else { return };
        // A value that the case gives in place of a rule's outcome: the rule is not reached.
        if self.context.given_value(node, row).is_some() {
            if let Some(slot) = self.trace.nodes.get_mut(node as usize) {
                *slot = false;
            }
            return;
        }
        // The decisions of this node, of which one in a branch is reached if the branch is taken.
        let first = self.decisions.partition_point(|d| d.of < node);
        let own = self.decisions.get(first..).unwrap_or(&[]).iter().take_while(|d| d.of == node);
        for (number, decision) in (first..).zip(own) {
            let reached = match (decision.branch, op) {
                (Some(branch), Op::If(condition, ..)) => self.truth(*condition, row) == Some(branch),
                _ => true,
            };
            if reached {
                self.decision(number, row);
            }
        }
        // On to the inputs, as far as evaluation goes.
        match op {
            Op::Up(step, inner) => {
                if let Ok(parent) = self.context.step(*step, row) {
                    self.node(*inner, parent);
                }
            }
            Op::Members(_, _, inner) => {
                for member in self.context.members(node, row).to_vec() {
                    self.node(*inner, u64::from(member));
                }
            }
            Op::And(a, b) | Op::Or(a, b) => {
                self.node(*a, row);
                if self.truth(*a, row) != Some(matches!(op, Op::Or(..))) {
                    self.node(*b, row);
                }
            }
            Op::If(c, a, b) => {
                self.node(*c, row);
                let truth = self.truth(*c, row);
                for (branch, taken) in [(*a, true), (*b, false)] {
                    if truth != Some(!taken) {
                        self.trace.branches.extend(truth.map(|_| (node, taken)));
                        self.node(branch, row);
                    }
                }
            }
            Op::Param(id, keys) => {
                for key in keys {
                    self.node(*key, row);
                }
                self.cells(*id, keys, row);
            }
            other => {
                for input in other.inputs() {
                    self.node(input, row);
                }
            }
        }
    }

    /// The cells that a parameter may be read at, given what is known of its keys.
    fn cells(&mut self, id: ParameterId, keys: &[NodeId], row: u64) {
        let keys: Vec<Option<Value>> = keys
            .iter()
            .map(|k| self.evaluator.eval(*k, row).ok().as_ref().and_then(|p| p.known().cloned()))
            .collect();
        let Some(version) = self.context.plan.parameter(id) else { return };
        // A key that is not known may be any of the table's.
        let may_be = |cell: &&Vec<Value>| {
            cell.iter().zip(&keys).all(|(value, key)| key.as_ref().is_none_or(|key| key == value))
        };
        self.trace.cells.extend(version.cells.keys().filter(may_be).map(|cell| (id, cell.clone())));
    }

    /// Keeps the values of a decision's conditions, and those that decided: masking MC/DC, by computing the
    /// decision again with each condition turned.
    fn decision(&mut self, number: usize, row: u64) {
        let Some(decision) = self.decisions.get(number) else { return };
        let values: Vec<Option<bool>> =
            decision.leaves.iter().map(|leaf| self.truth(leaf.node, row)).collect();
        let mut computed = Vec::new();
        let outcome = decision.tree.value(&values, &mut computed);
        for &leaf in &computed {
            self.trace.seen.extend(values.get(leaf).copied().flatten().map(|v| (number, leaf, v)));
        }
        let Some(outcome) = outcome else { return };
        // A condition decides if turning it alone turns the decision.
        for (leaf, value) in values.iter().enumerate() {
            let Some(value) = *value else { continue };
            let mut flipped = values.clone();
            if let Some(slot) = flipped.get_mut(leaf) {
                *slot = Some(!value);
            }
            if decision.tree.value(&flipped, &mut Vec::new()) == Some(!outcome) {
                self.trace.shown.insert((number, leaf, value));
            }
        }
    }
}
