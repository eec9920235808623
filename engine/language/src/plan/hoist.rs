//! Hoisting: what reads one side of a pair alone is computed on that side's rows.
//!
//! In a plan on pairs, `12 * loyer` stands on the pair although it reads the unit only. Moved to the
//! unit, it is computed once a unit and not once a pair, and a condition becomes what it mostly is:
//! one value of the request compared with one of the unit.

use std::collections::HashMap;

use super::Plan;
use super::ir::{Node, NodeId, Op};
use crate::deep::deep;
use crate::graph::Step;
use crate::pack::schema::{EntityId, Origin};

impl Plan {
    /// A plan with equal values, in which expressions that read one side of a pair only are nodes on that
    /// side.
    ///
    /// A certain value of it is that of this plan. Where this plan has an error, or missing inputs leave
    /// it open, the hoisted one may differ: those rows are decided by this plan.
    pub fn hoisted(&self) -> Plan {
        let mut hoist = Hoist {
            plan: self,
            nodes: Vec::new(),
            constant: Vec::new(),
            interned: HashMap::new(),
            places: Vec::new(),
            sided: HashMap::new(),
        };
        // In the order of the plan, so that inputs are taken over before what reads them.
        for node in &self.nodes {
            let place = hoist.node(node);
            hoist.places.push(place);
        }
        let selected = self.selected.iter().map(|(name, node)| (name.clone(), hoist.place(*node))).collect();
        Plan { nodes: hoist.nodes, selected, ..self.clone() }
    }
}

/// The hoisted plan being built. Its nodes have numbers of their own (*new nodes*).
struct Hoist<'p> {
    plan: &'p Plan,
    /// The new nodes.
    nodes: Vec<Node>,
    /// By new node: is its value the same for all rows?
    constant: Vec<bool>,
    /// Hash consing: the new node that computes an operation for an entity.
    interned: HashMap<(Op, EntityId), NodeId>,
    /// By node of the plan: its new node.
    places: Vec<NodeId>,
    /// By new node on pairs and entity of a side: the new node with its value on that side's rows.
    sided: HashMap<(NodeId, EntityId), NodeId>,
}

impl Hoist<'_> {
    /// The new node of a node of the plan.
    fn place(&self, node: NodeId) -> NodeId {
        self.places.get(node as usize).copied().unwrap_or(0)
    }

    /// Adds a new node, or finds the equal one that is there.
    fn intern(&mut self, node: Node) -> NodeId {
        let key = (node.op.clone(), node.entity);
        if let Some(&id) = self.interned.get(&key) {
            return id;
        }
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        // Constant are those leaves, and what is computed of nothing else.
        let constant = match &node.op {
            Op::Const(_) | Op::DecisionDate => true,
            Op::Field(_) | Op::Up(..) | Op::Members(..) => false,
            op => op.inputs().into_iter().all(|input| self.is_constant(input)),
        };
        self.constant.push(constant);
        self.nodes.push(node);
        self.interned.insert(key, id);
        id
    }

    /// Takes over a node of the plan, whose inputs are taken over already.
    fn node(&mut self, node: &Node) -> NodeId {
        let op = with_inputs(&node.op, |input| self.place(input));
        let own = Node { op, ..node.clone() };
        match self.side(&own) {
            // Computed on the side, and read from there by one step.
            Some((step, entity)) => {
                // The operation itself, over the values of that side's rows; a second node takes the value
                // back to the pair.
                let op = with_inputs(&own.op, |input| self.on_side(input, entity));
                let inner = self.intern(Node { op, entity, ..own.clone() });
                self.intern(Node { op: Op::Up(step, inner), ..own })
            }
            None => self.intern(own),
        }
    }

    /// The side of a pair that all inputs of a node are read from; constants may be among them. `None` if
    /// both sides are read, or nothing but constants.
    fn side(&self, node: &Node) -> Option<(Step, EntityId)> {
        let pair = node.entity;
        let Origin::Pair(first, second) = self.plan.parsed.schema.entities.get(pair)?.origin else {
            return None;
        };
        if matches!(node.op, Op::Up(..)) {
            return None;
        }
        // One side only: the first step seen, and no other after it.
        let mut found = None;
        for input in node.op.inputs() {
            match self.nodes.get(input as usize)?.op {
                Op::Up(step @ (Step::First(_) | Step::Second(_)), _) => {
                    if found.is_some_and(|f| f != step) {
                        return None;
                    }
                    found = Some(step);
                }
                _ if self.is_constant(input) => {}
                _ => return None,
            }
        }
        match found? {
            step @ Step::First(_) => Some((step, first)),
            step => Some((step, second)),
        }
    }

    fn is_constant(&self, node: NodeId) -> bool {
        self.constant.get(node as usize) == Some(&true)
    }

    /// The new node with an input's value on the rows of its side: what the step leads to, or a copy of
    /// the constant there.
    fn on_side(&mut self, input: NodeId, entity: EntityId) -> NodeId {
        let Some(node) = self.nodes.get(input as usize).cloned() else { return input };
        match node.op {
            Op::Up(Step::First(_) | Step::Second(_), inner) => inner,
            _ => {
                if let Some(&done) = self.sided.get(&(input, entity)) {
                    return done;
                }
                // A constant has no rows of its own: it is computed again for those of the side, inputs and
                // all.
                let op = deep(|| with_inputs(&node.op, |input| self.on_side(input, entity)));
                let done = self.intern(Node { op, entity, ..node });
                self.sided.insert((input, entity), done);
                done
            }
        }
    }
}

/// The operation, with `f` of each of its inputs.
fn with_inputs(op: &Op, mut f: impl FnMut(NodeId) -> NodeId) -> Op {
    match op {
        Op::Const(_) | Op::DecisionDate | Op::Field(_) => op.clone(),
        Op::Up(step, a) => Op::Up(*step, f(*a)),
        Op::Members(child, relation, a) => Op::Members(*child, *relation, f(*a)),
        Op::Not(a) => Op::Not(f(*a)),
        Op::Negate(a) => Op::Negate(f(*a)),
        Op::Rule(rule, a) => Op::Rule(*rule, f(*a)),
        Op::Arithmetic(what, a, b) => Op::Arithmetic(*what, f(*a), f(*b)),
        Op::Compare(what, a, b) => Op::Compare(*what, f(*a), f(*b)),
        Op::And(a, b) => Op::And(f(*a), f(*b)),
        Op::Or(a, b) => Op::Or(f(*a), f(*b)),
        Op::Strict(a, b) => Op::Strict(f(*a), f(*b)),
        Op::If(c, a, b) => Op::If(f(*c), f(*a), f(*b)),
        Op::Param(id, inputs) => Op::Param(*id, inputs.iter().map(|i| f(*i)).collect()),
        Op::Call(what, inputs) => Op::Call(*what, inputs.iter().map(|i| f(*i)).collect()),
    }
}
