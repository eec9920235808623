//! The same question for all rows at once: one boolean for each selected rule, computed as any other outcome.
//!
//! By node of the plan there is a node that says whether its value rests on a reserve, if it may; the formulas are
//! those of the walk over one row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{reserved, touched};
use crate::evaluate::{self, DecisionColumn, Decisions, Layout, Outcome};
use logis_data::Dataset;
use logis_language::graph::RuleId;
use logis_language::pack::script::Sense;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Comparison, Node, NodeId, Op};
use logis_language::value::{Type, Value};

/// A plan that decides, beside what was selected, which of those outcomes rest on reserves.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The plan: what was selected, then one boolean for each selected rule that may rest on reserves.
    pub plan: Plan,
    /// By boolean: the number of its rule among what was selected.
    of: Vec<usize>,
    selected: usize,
}

/// By number of a selected rule: the rows on which it grants under reserves.
pub type Reserved = Vec<(usize, Vec<usize>)>;

/// Decides the rows of a data set as [`evaluate`](crate::evaluate::evaluate) does, and says which outcomes are granted
/// under reserves.
pub fn evaluate(plan: &Plan, dataset: &Dataset) -> (Decisions, Reserved) {
    Watching::of(plan).evaluate(plan, dataset)
}

/// What [`evaluate()`] finds of a plan alone, for many data sets.
#[derive(Clone, Debug)]
pub struct Watching {
    watched: Option<Arc<Watched>>,
    layout: Arc<Layout>,
}

impl Watching {
    /// That of a plan.
    pub fn of(plan: &Plan) -> Watching {
        let watched = watch(plan).map(Arc::new);
        let layout = Arc::new(Layout::of(watched.as_ref().map_or(plan, |watched| &watched.plan)));
        Watching { watched, layout }
    }

    /// Decides the rows of a data set by the plan that this is of: see [`evaluate()`].
    pub fn evaluate(&self, plan: &Plan, dataset: &Dataset) -> (Decisions, Reserved) {
        match &self.watched {
            None => (evaluate::evaluate_by(plan, &self.layout, dataset), Vec::new()),
            Some(watched) => {
                let mut decisions = evaluate::evaluate_by(&watched.plan, &self.layout, dataset);
                let reserved = watched.split(&mut decisions);
                (decisions, reserved)
            }
        }
    }
}

/// Adds those booleans to a plan; `None` if no selected outcome can rest on reserves.
pub fn watch(plan: &Plan) -> Option<Watched> {
    let touched = touched(plan);
    let may = |node: NodeId| touched.get(node as usize) == Some(&true);
    let is_rule = |node: NodeId| plan.node(node).is_some_and(|n| matches!(n.op, Op::Rule(..)));
    let of = (0..).zip(&plan.selected).filter(|(_, (_, node))| may(*node) && is_rule(*node));
    let of: Vec<usize> = of.map(|(at, _)| at).collect();
    if of.is_empty() {
        return None;
    }
    let mut watcher = Watcher { nodes: plan.nodes.clone(), open: Vec::new(), of: None };
    watcher.look_at_all(plan, &touched);
    let mut watched = plan.selected.clone();
    for at in &of {
        let (name, node) = plan.selected.get(*at)?;
        let open = watcher.open.get(*node as usize).copied().flatten()?;
        // Of what does not grant nothing is told.
        let like = plan.node(*node)?;
        let Op::Rule(rule, _) = like.op else { continue };
        let grants = watcher.grants(plan, *node, rule, like);
        let open = watcher.and(grants, open, like);
        watched.push((format!("{name}, sous réserve"), open));
    }
    let selected = plan.selected.len();
    Some(Watched { plan: Plan { nodes: watcher.nodes, selected: watched, ..plan.clone() }, of, selected })
}

impl Watched {
    /// Takes the booleans off decisions of the plan. By selected rule that may rest on reserves: its number among
    /// what was selected, and the rows whose outcome is known and does.
    pub fn split(&self, decisions: &mut Decisions) -> Reserved {
        decisions.names.truncate(self.selected);
        let open = decisions.columns.split_off(self.selected.min(decisions.columns.len()));
        let column = |at: usize| decisions.columns.get(at);
        self.of
            .iter()
            .zip(open)
            .map(|(at, open)| (*at, column(*at).map_or_else(Vec::new, |own| rows(own, &open))))
            .collect()
    }
}

/// By rule with reserves: the rows on which some outcome of those selected at the places `used` grants under its
/// reserves, one truth for each of `rows` rows. The outcome at the place `granted` is known to be true on all rows.
/// `decide` gives the columns of what a plan selects.
///
/// It is the question of [`watch`] for each rule alone: an outcome is counted with each of the rules that
/// [`Reserves`](super::Reserves) finds for it.
pub fn by_rule(
    plan: &Plan,
    used: &[usize],
    granted: Option<usize>,
    rows: usize,
    decide: impl FnOnce(&Plan) -> Vec<DecisionColumn>,
) -> BTreeMap<RuleId, Vec<bool>> {
    let mut all: BTreeMap<RuleId, Vec<bool>> = BTreeMap::new();
    for ((_, rule), own) in by_outcome(plan, used, granted, rows, decide) {
        match all.get_mut(&rule) {
            None => drop(all.insert(rule, own)),
            Some(known) => known.iter_mut().zip(own).for_each(|(known, own)| *known |= own),
        }
    }
    all
}

/// [`by_rule`] for each outcome alone: by its place among what is selected and the rule with reserves.
pub fn by_outcome(
    plan: &Plan,
    used: &[usize],
    granted: Option<usize>,
    rows: usize,
    decide: impl FnOnce(&Plan) -> Vec<DecisionColumn>,
) -> BTreeMap<(usize, RuleId), Vec<bool>> {
    let touched = touched(plan);
    let may = |node: NodeId| touched.get(node as usize) == Some(&true);
    let roots: Vec<(usize, NodeId, RuleId)> = used
        .iter()
        .filter_map(|at| Some((*at, plan.selected.get(*at)?.1)))
        .filter(|(_, root)| may(*root))
        .filter_map(|(at, root)| Some((at, root, rule_of(plan, root)?)))
        .collect();
    let mut found: BTreeMap<(usize, RuleId), Vec<bool>> = BTreeMap::new();
    if roots.is_empty() {
        return found;
    }
    let rules: BTreeSet<RuleId> = (plan.nodes.iter().zip(&touched))
        .filter_map(|(node, touched)| match node.op {
            Op::Rule(rule, _) if *touched && reserved(&plan.parsed, rule, plan.date).is_some() => Some(rule),
            _ => None,
        })
        .collect();
    let mut watcher = Watcher { nodes: plan.nodes.clone(), open: Vec::new(), of: None };
    watcher.look_at_all(plan, &touched);
    let any = std::mem::take(&mut watcher.open);
    // What must be decided: the outcome itself, and whether it grants under the reserves of the rule.
    let mut asked: Vec<((usize, RuleId), NodeId, NodeId)> = Vec::new();
    for rule in rules {
        watcher.of = Some((rule, any.clone()));
        watcher.look_at_all(plan, &touched);
        for (at, root, own) in &roots {
            let (Some(open), Some(like)) = (watcher.open(*root), plan.node(*root)) else { continue };
            let grants = watcher.grants(plan, *root, *own, like);
            if granted == Some(*at) && open == *root && grants == *root {
                found.insert((*at, rule), vec![true; rows]);
            } else {
                let open = if open == grants { open } else { watcher.and(grants, open, like) };
                asked.push(((*at, rule), *root, open));
            }
        }
    }
    if asked.is_empty() {
        return found;
    }
    let selected = asked.iter().flat_map(|(_, root, open)| [*root, *open]);
    let selected = selected.map(|node| (String::new(), node)).collect();
    let columns = decide(&Plan { nodes: watcher.nodes, selected, ..plan.clone() });
    for ((of, ..), pair) in asked.iter().zip(columns.chunks(2)) {
        let [own, open] = pair else { continue };
        let all = found.entry(*of).or_insert_with(|| vec![false; rows]);
        for row in self::rows(own, open) {
            if let Some(slot) = all.get_mut(row) {
                *slot = true;
            }
        }
    }
    found
}

/// The rule whose outcome a node is: its own, or that of a row above, as a pair sees those of its sides.
fn rule_of(plan: &Plan, mut node: NodeId) -> Option<RuleId> {
    loop {
        match plan.node(node)?.op {
            Op::Rule(rule, _) => return Some(rule),
            Op::Up(_, inner) => node = inner,
            _ => return None,
        }
    }
}

/// The rows with a known outcome of which it is not certain that it rests on no reserve.
fn rows(own: &DecisionColumn, open: &DecisionColumn) -> Vec<usize> {
    let rests = |row: &usize| !open.is_false(*row) && matches!(own.get(*row), Some(Outcome::Known(_)));
    (0..own.len()).filter(rests).collect()
}

/// The nodes of a plan, and those added to them.
struct Watcher {
    nodes: Vec<Node>,
    /// By node of the plan: the node that says whether its value rests on a reserve; `None`: it never does.
    open: Vec<Option<NodeId>>,
    /// Where only the reserves of one rule are looked for: that rule, and `open` of the reserves of all rules.
    of: Option<(RuleId, Vec<Option<NodeId>>)>,
}

impl Watcher {
    /// Makes `open`; `touched` are the nodes that may rest on reserves.
    fn look_at_all(&mut self, plan: &Plan, touched: &[bool]) {
        self.open = vec![None; plan.nodes.len()];
        for (node, _) in (0..).zip(touched).filter(|(_, touched)| **touched) {
            let open = self.look(plan, node);
            if let Some(place) = self.open.get_mut(node as usize) {
                *place = open;
            }
        }
    }

    /// Of a node that rests on some reserve: the node that says so. Where only one rule is looked for, `open` says
    /// less than that.
    fn any(&self, node: NodeId) -> Option<NodeId> {
        match &self.of {
            None => self.open(node),
            Some((_, any)) => any.get(node as usize).copied().flatten(),
        }
    }

    fn open(&self, node: NodeId) -> Option<NodeId> {
        self.open.get(node as usize).copied().flatten()
    }

    /// Adds a node for the rows of the entity of `like`.
    fn add(&mut self, op: Op, ty: Type, like: &Node) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(Node { op, ty, entity: like.entity, span: like.span.clone() });
        id
    }

    fn bool(&mut self, op: Op, like: &Node) -> NodeId {
        self.add(op, Type::Bool, like)
    }

    fn not(&mut self, node: NodeId, like: &Node) -> NodeId {
        self.bool(Op::Not(node), like)
    }

    fn and(&mut self, a: NodeId, b: NodeId, like: &Node) -> NodeId {
        self.bool(Op::And(a, b), like)
    }

    fn either(&mut self, a: Option<NodeId>, b: Option<NodeId>, like: &Node) -> Option<NodeId> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.bool(Op::Or(a, b), like)),
            (one, other) => one.or(other),
        }
    }

    /// The node that says whether the value of a node rests on a reserve; those of its inputs are there.
    fn look(&mut self, plan: &Plan, node: NodeId) -> Option<NodeId> {
        let like = plan.node(node)?.clone();
        match &like.op {
            Op::Rule(rule, body) => {
                let open = self.open(*body);
                let asked = self.of.as_ref().is_none_or(|(of, _)| of == rule);
                let own = asked && reserved(&plan.parsed, *rule, plan.date).is_some();
                let own = own.then(|| self.grants(plan, node, *rule, &like));
                self.either(own, open, &like)
            }
            Op::Up(step, inner) => {
                let open = self.open(*inner)?;
                Some(self.bool(Op::Up(*step, open), &like))
            }
            Op::Members(child, relation, inner) => {
                let open = self.open(*inner)?;
                Some(self.listed(*child, *relation, open, &like))
            }
            Op::And(a, b) | Op::Or(a, b) if self.of.is_some() => {
                // An operand bears on the outcome unless the other one alone settled it.
                let settling = matches!(like.op, Op::Or(..));
                let mut bears = |own: NodeId, other: NodeId| {
                    let open = self.open(own)?;
                    let (own, other) = match settling {
                        false => (self.not(own, &like), other),
                        true => (own, self.not(other, &like)),
                    };
                    let bears = self.bool(Op::Or(own, other), &like);
                    Some(self.and(bears, open, &like))
                };
                let (a, b) = (bears(*a, *b), bears(*b, *a));
                let either = self.either(a, b, &like)?;
                // Operands without any reserve free the whole.
                let bound = self.any(node)?;
                Some(self.and(bound, either, &like))
            }
            Op::And(a, b) => {
                // A false operand without reserves settles it freely; else it rests on what its operands rest on.
                let (oa, ob) = (self.open(*a), self.open(*b));
                let holds = |w: &mut Self, n, open: Option<NodeId>| match open {
                    Some(open) => w.bool(Op::Or(n, open), &like),
                    None => n,
                };
                let (a, b) = (holds(self, *a, oa), holds(self, *b, ob));
                let either = self.either(oa, ob, &like)?;
                let both = self.and(a, b, &like);
                Some(self.and(both, either, &like))
            }
            Op::Or(a, b) => {
                let (oa, ob) = (self.open(*a), self.open(*b));
                let fails = |w: &mut Self, n, open: Option<NodeId>| {
                    let not = w.not(n, &like);
                    match open {
                        Some(open) => w.bool(Op::Or(not, open), &like),
                        None => not,
                    }
                };
                let (a, b) = (fails(self, *a, oa), fails(self, *b, ob));
                let either = self.either(oa, ob, &like)?;
                let both = self.and(a, b, &like);
                Some(self.and(both, either, &like))
            }
            Op::If(condition, a, b) => {
                let (oc, oa, ob) = (self.open(*condition), self.open(*a), self.open(*b));
                let branch = (oa.is_some() || ob.is_some()).then(|| {
                    let never = self.bool(Op::Const(Value::Bool(false)), &like);
                    self.bool(Op::If(*condition, oa.unwrap_or(never), ob.unwrap_or(never)), &like)
                });
                self.either(oc, branch, &like)
            }
            Op::Strict(_, value) => self.open(*value),
            Op::Call(called @ (Builtin::Un | Builtin::Tous), args) => {
                let list = args.first().and_then(|list| plan.node(*list)).map(|n| n.op.clone());
                match list {
                    Some(Op::Members(child, relation, inner)) => {
                        let open = self.open(inner)?;
                        let some = self.listed(child, relation, open, &like);
                        let some = self.bool(Op::Call(Builtin::Un, vec![some]), &like);
                        if self.of.is_some() {
                            // Members that settle it bear on it, unless one of them frees the whole.
                            let member = plan.node(inner)?.clone();
                            let settling = match called {
                                Builtin::Un => inner,
                                _ => self.not(inner, &member),
                            };
                            let settling = self.and(settling, open, &member);
                            let settling = self.listed(child, relation, settling, &like);
                            let settling = self.bool(Op::Call(Builtin::Un, vec![settling]), &like);
                            let any = self.any(node)?;
                            let bound = self.and(any, settling, &like);
                            let (yes, no) =
                                if *called == Builtin::Un { (bound, some) } else { (some, bound) };
                            return Some(self.bool(Op::If(node, yes, no), &like));
                        }
                        let member = plan.node(inner)?.clone();
                        // Members that settle it and rest on no reserve.
                        let free = self.not(open, &member);
                        let settling = match called {
                            Builtin::Un => inner,
                            _ => self.not(inner, &member),
                        };
                        let free = self.and(settling, free, &member);
                        let free = self.listed(child, relation, free, &like);
                        let free = self.bool(Op::Call(Builtin::Un, vec![free]), &like);
                        let bound = self.not(free, &like);
                        let (yes, no) = if *called == Builtin::Un { (bound, some) } else { (some, bound) };
                        Some(self.bool(Op::If(node, yes, no), &like))
                    }
                    _ => self.all(&like),
                }
            }
            _ => self.all(&like),
        }
    }

    /// The node that says whether a rule's outcome grants.
    fn grants(&mut self, plan: &Plan, node: NodeId, rule: RuleId, like: &Node) -> NodeId {
        let doc = plan.parsed.rules.get(rule).and_then(|r| r.text_near(plan.date)).map(|t| &t.doc);
        let sense = doc.and_then(|doc| doc.sense);
        let favourable = sense != Some(Sense::Unfavourable);
        match like.ty {
            _ if sense == Some(Sense::Neutral) => self.bool(Op::Const(Value::Bool(true)), like),
            Type::Bool if favourable => node,
            Type::Bool => self.not(node, like),
            Type::Number => {
                let zero = self.add(Op::Const(Value::int(0)), Type::Number, like);
                let comparison = if favourable { Comparison::Greater } else { Comparison::AtMost };
                self.bool(Op::Compare(comparison, node, zero), like)
            }
            Type::Date | Type::Text(_) | Type::List(_) => self.bool(Op::Const(Value::Bool(true)), like),
        }
    }

    /// The values of a boolean node on all members of a row.
    fn listed(&mut self, child: usize, relation: usize, inner: NodeId, like: &Node) -> NodeId {
        self.add(Op::Members(child, relation, inner), Type::List(Box::new(Type::Bool)), like)
    }

    /// Any of the inputs of a node.
    fn all(&mut self, like: &Node) -> Option<NodeId> {
        let mut any = None;
        for input in like.op.inputs() {
            let Some(mut open) = self.open(input) else { continue };
            if matches!(self.nodes.get(open as usize).map(|n| &n.ty), Some(Type::List(_))) {
                open = self.bool(Op::Call(Builtin::Un, vec![open]), like);
            }
            any = self.either(any, Some(open), like);
        }
        any
    }
}
