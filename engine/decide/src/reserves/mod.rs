//! Reserves: what an outcome grants only if conditions that are not modelled are met (`/// réserve: …`).
//!
//! A rule with reserves puts its own outcome under them where it grants: where it is true or a positive number, or
//! as its `sens:` says. From there they follow what decided: through the branch taken, and through the operands that
//! settled an `&&` or `||`. An operand that settles it without any reserve frees the whole: of `a || b`, both true,
//! one that is under no reserve is enough. A rule between hands on what it rests on, whether it grants or not (`!` may
//! turn it); of a rule that does not grant nothing is told.
//!
//! [`Reserves`] finds them for a row, one by one; [`watch`] adds to a plan one boolean for each selected rule, so
//! that columns say on which rows there are any; [`by_rule`] says by columns on which rows there are those of each rule.

mod columns;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::evaluate::{Context, Evaluator, Outcome, outcome};
pub use columns::{Reserved, Watched, Watching, by_outcome, by_rule, evaluate, watch};
use logis_language::deep::deep;
use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::pack::script::Doc;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Value};

/// One reserve: a rule, and the number of the reserve among those of its text in force.
pub type Reserve = (RuleId, usize);

/// What the text of a rule says on a date, if it is in force and has reserves.
fn reserved(parsed: &Parsed, rule: RuleId, date: Date) -> Option<&Doc> {
    let rule = parsed.rules.get(rule)?;
    if rule.outside(date).is_some() {
        return None;
    }
    Some(&rule.text_near(date)?.doc).filter(|doc| !doc.reserves.is_empty())
}

/// The reserves of a rule on the date of a plan, in words.
pub fn texts(plan: &Plan, rule: RuleId) -> &[String] {
    reserved(&plan.parsed, rule, plan.date).map_or(&[], |doc| &doc.reserves)
}

/// By node of a plan: does its value rest on a rule with reserves, in some branch? Inputs come first, so one pass is
/// enough.
pub(crate) fn touched(plan: &Plan) -> Vec<bool> {
    let mut touched: Vec<bool> = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let own = matches!(node.op, Op::Rule(rule, _) if reserved(&plan.parsed, rule, plan.date).is_some());
        let inputs = node.op.inputs();
        touched.push(own || inputs.into_iter().any(|i| touched.get(i as usize) == Some(&true)));
    }
    touched
}

/// Does any selected outcome of a plan rest on a rule with reserves, in some branch?
pub fn has_any(plan: &Plan) -> bool {
    any_selected(plan, &touched(plan))
}

/// Is any selected node among those touched?
pub(crate) fn any_selected(plan: &Plan, touched: &[bool]) -> bool {
    plan.selected.iter().any(|(_, node)| touched.get(*node as usize) == Some(&true))
}

/// By selected rule that may rest on reserves: its number among what was selected, and all reserves on which it may,
/// in words, in the order of the names of the rules that say them.
pub fn possible(plan: &Plan) -> Vec<(usize, Vec<String>)> {
    let touched = touched(plan);
    let mut all = Vec::new();
    for (at, (_, root)) in plan.selected.iter().enumerate() {
        // Depth first over what may rest on reserves below the rule, each node once.
        let (mut rules, mut seen, mut left) = (BTreeSet::new(), BTreeSet::new(), vec![*root]);
        while let Some(node) = left.pop() {
            if touched.get(node as usize) != Some(&true) || !seen.insert(node) {
                continue;
            }
            let Some(expression) = plan.node(node) else { continue };
            if let Op::Rule(rule, _) = expression.op {
                rules.insert(rule);
            }
            left.extend(expression.op.inputs());
        }
        let texts: Vec<String> = rules
            .into_iter()
            .filter_map(|rule| reserved(&plan.parsed, rule, plan.date))
            .flat_map(|doc| doc.reserves.iter().cloned())
            .collect();
        if !texts.is_empty() {
            all.push((at, texts));
        }
    }
    all
}

/// For reports: by selected rule that may rest on reserves, a sentence that says under which it grants.
pub fn notes(plan: &Plan) -> Vec<String> {
    let name = |at: usize| plan.selected.get(at).map_or("?", |(name, _)| name.as_str());
    let note = |(at, texts): (usize, Vec<String>)| {
        format!("`{}`: ce qui est accordé l'est sous réserve de : {}", name(at), texts.join(" ; "))
    };
    possible(plan).into_iter().map(note).collect()
}

/// Finds the reserves of the outcomes of the rows of one data package.
pub struct Reserves<'c, 'd> {
    context: &'c Context<'d>,
    evaluator: Evaluator<'c, 'd>,
    touched: Arc<[bool]>,
    /// What was found, by node and row.
    found: HashMap<(NodeId, u64), BTreeSet<Reserve>>,
}

impl<'c, 'd> Reserves<'c, 'd> {
    /// Prepares the search in a plan and data.
    pub fn new(context: &'c Context<'d>) -> Reserves<'c, 'd> {
        Reserves::with(context, touched(context.plan).into())
    }

    /// The same, where it is known which nodes may rest on reserves.
    pub(crate) fn with(context: &'c Context<'d>, touched: Arc<[bool]>) -> Reserves<'c, 'd> {
        Reserves { context, evaluator: Evaluator::new(context), touched, found: HashMap::new() }
    }

    /// The reserves under which a rule's node grants its outcome for a row, in words, in the order of the names of
    /// the rules that say them; none of an outcome that is not known or grants nothing.
    pub fn of(&mut self, node: NodeId, row: u64) -> Vec<String> {
        let plan = self.context.plan;
        let Some(Op::Rule(rule, _)) = plan.node(node).map(|n| &n.op) else { return Vec::new() };
        if !self.is_touched(node) || self.grants(node, *rule, row) != Some(true) {
            return Vec::new();
        }
        let mut texts = Vec::new();
        for (rule, number) in self.find(node, row) {
            let text = reserved(&plan.parsed, rule, plan.date).and_then(|doc| doc.reserves.get(number));
            texts.extend(text.filter(|text| !texts.contains(*text)).cloned());
        }
        texts
    }

    fn is_touched(&self, node: NodeId) -> bool {
        self.touched.get(node as usize) == Some(&true)
    }

    fn outcome(&mut self, node: NodeId, row: u64) -> Outcome {
        outcome(&mut self.evaluator, node, row)
    }

    /// The value of a boolean node; `None` if it is not known or an error.
    fn truth(&mut self, node: NodeId, row: u64) -> Option<bool> {
        match self.outcome(node, row) {
            Outcome::Known(Value::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// The reserves on which the value of a node rests.
    fn find(&mut self, node: NodeId, row: u64) -> BTreeSet<Reserve> {
        if !self.is_touched(node) {
            return BTreeSet::new();
        }
        if let Some(found) = self.found.get(&(node, row)) {
            return found.clone();
        }
        let found = deep(|| self.look(node, row));
        self.found.insert((node, row), found.clone());
        found
    }

    fn look(&mut self, node: NodeId, row: u64) -> BTreeSet<Reserve> {
        let plan = self.context.plan;
        let Some(expression) = plan.node(node) else { return BTreeSet::new() };
        match &expression.op {
            Op::Rule(rule, body) => self.rule(node, *rule, *body, row),
            Op::Up(step, inner) => match self.context.step(*step, row) {
                Ok(parent) => self.find(*inner, parent),
                Err(_) => BTreeSet::new(),
            },
            Op::Members(_, _, inner) => self.members(node, *inner, row, None),
            Op::And(a, b) => self.connective(node, false, (*a, *b), row),
            Op::Or(a, b) => self.connective(node, true, (*a, *b), row),
            Op::If(condition, a, b) => {
                let mut found = self.find(*condition, row);
                match self.truth(*condition, row) {
                    Some(true) => found.extend(self.find(*a, row)),
                    Some(false) => found.extend(self.find(*b, row)),
                    None => {
                        found.extend([*a, *b].into_iter().flat_map(|n| self.find(n, row)).collect::<Vec<_>>())
                    }
                }
                found
            }
            Op::Strict(_, value) => self.find(*value, row),
            Op::Call(called @ (Builtin::Un | Builtin::Tous), args) => {
                let list = args.first().and_then(|list| Some((*list, &plan.node(*list)?.op)));
                match list {
                    // One true member settles `un`, one false member `tous`.
                    Some((list, Op::Members(_, _, inner))) => {
                        let settling = *called == Builtin::Un;
                        let settled = self.truth(node, row) == Some(settling);
                        self.members(list, *inner, row, settled.then_some(settling))
                    }
                    _ => self.all(&expression.op, row),
                }
            }
            op => self.all(op, row),
        }
    }

    /// A rule rests on what its body rests on, and, where it grants, on its own reserves.
    fn rule(&mut self, node: NodeId, rule: RuleId, body: NodeId, row: u64) -> BTreeSet<Reserve> {
        let plan = self.context.plan;
        let mut found = self.find(body, row);
        let own = reserved(&plan.parsed, rule, plan.date).map_or(0, |doc| doc.reserves.len());
        if own > 0 && self.grants(node, rule, row) != Some(false) {
            found.extend((0..own).map(|number| (rule, number)));
        }
        found
    }

    /// Is the outcome of a rule's node good for whom it is about? `None` if it is not known.
    fn grants(&mut self, node: NodeId, rule: RuleId, row: u64) -> Option<bool> {
        let plan = self.context.plan;
        let doc = plan.parsed.rules.get(rule).and_then(|r| r.text_near(plan.date)).map(|t| &t.doc);
        match self.outcome(node, row) {
            Outcome::Known(value) => Some(doc.is_none_or(|doc| doc.grants(&value))),
            Outcome::Unknown(_) | Outcome::Error(_) => None,
        }
    }

    /// `a && b` (`settling` is false) or `a || b` (true). Where it has the settling value, operands of that value
    /// support it, each alone: one without reserves frees it. Else both operands were needed.
    fn connective(
        &mut self,
        node: NodeId,
        settling: bool,
        (a, b): (NodeId, NodeId),
        row: u64,
    ) -> BTreeSet<Reserve> {
        let operands = [a, b];
        if self.truth(node, row) != Some(settling) {
            return operands.into_iter().flat_map(|n| self.find(n, row)).collect();
        }
        let supporting: Vec<NodeId> =
            operands.into_iter().filter(|n| self.truth(*n, row) == Some(settling)).collect();
        let found: Vec<BTreeSet<Reserve>> = match supporting.is_empty() {
            // It is known although neither operand is: both bear on it.
            true => return operands.into_iter().flat_map(|n| self.find(n, row)).collect(),
            false => supporting.into_iter().map(|n| self.find(n, row)).collect(),
        };
        if found.iter().any(BTreeSet::is_empty) {
            return BTreeSet::new();
        }
        found.into_iter().flatten().collect()
    }

    /// The members of a row: all of them, or, where members of the value `settling` settled the outcome, those; one
    /// of them without reserves then frees it.
    fn members(
        &mut self,
        list: NodeId,
        inner: NodeId,
        row: u64,
        settling: Option<bool>,
    ) -> BTreeSet<Reserve> {
        let mut all = BTreeSet::new();
        for member in self.context.members(list, row).to_vec() {
            let member = u64::from(member);
            if settling.is_some() && self.truth(inner, member) != settling {
                continue;
            }
            let found = self.find(inner, member);
            if settling.is_some() && found.is_empty() {
                return found;
            }
            all.extend(found);
        }
        all
    }

    /// All inputs of an operation.
    fn all(&mut self, op: &Op, row: u64) -> BTreeSet<Reserve> {
        op.inputs().into_iter().flat_map(|input| self.find(input, row)).collect()
    }
}
