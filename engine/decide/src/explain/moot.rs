//! Doubts that cannot change an outcome: they are not told.
//!
//! What is doubted of is left open, and the outcome is decided again: known all the same, it does not hang on the
//! doubt. All that is not told is open at once, the doubts that the decision did not meet too, so that none of it can
//! change the outcome together with the rest either, as long as what is told holds. An outcome that is not known keeps
//! all the doubts that it met.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::{Because, Explanation, Shown};
use crate::evaluate::possible::{Missing, Possible, Range};
use crate::evaluate::{Context, Doubted, Evaluator};
use logis_language::deep::deep;
use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::pack::doubt::{Kind, split};
use logis_language::pack::params::ParameterId;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};

/// What a doubt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OfWhat {
    /// A rule.
    Rule(RuleId),
    /// The values of a parameter, and the kind of the doubt.
    Parameter(ParameterId, Kind),
}

/// Rules and parameters whose doubts cannot change an outcome.
pub(super) struct Moot<'p> {
    parsed: &'p Parsed,
    doubted: Doubted,
}

/// What selected outcomes come to while all is open that is doubted of below any of them, whether a decision meets it or
/// not; nothing, if nothing is doubted of. An outcome that is known all the same hangs on no doubt.
pub(super) fn all_open(context: &Context<'_>, doubts: &AllDoubts, row: u64) -> Vec<Possible> {
    let mut doubted = Doubted::default();
    doubts.any.iter().for_each(|doubt| doubt.add_to(&mut doubted));
    if doubted.is_empty() {
        return Vec::new();
    }
    let mut context = context.clone();
    context.doubt(doubted);
    let mut evaluator = Evaluator::new(&context);
    let one = |(_, node): &(String, NodeId)| {
        evaluator.eval(*node, row).unwrap_or(Possible::Open(Range::Any, Missing::default()))
    };
    context.plan.selected.iter().map(one).collect()
}

/// Finds what cannot change the outcome of a selected node for a row, among what was doubted of on the way to it; `open` is
/// what it comes to while all is open (see [`all_open`]), `below` all that is doubted of below it.
pub(super) fn moot<'p>(
    context: &Context<'p>,
    (node, row): (NodeId, u64),
    outcome: &Shown,
    doubts: &[OfWhat],
    (below, open): (&BTreeSet<OfWhat>, Option<&Possible>),
) -> Moot<'p> {
    let plan = context.plan;
    let mut moot = Moot { parsed: &plan.parsed, doubted: Doubted::default() };
    let Shown::Value(value) = outcome else { return moot };
    if doubts.is_empty() {
        return moot;
    }
    let outcome = Possible::Known(value.clone());
    if open == Some(&outcome) {
        doubts.iter().for_each(|doubt| doubt.add_to(&mut moot.doubted));
        return moot;
    }
    let mut context = context.clone();
    let mut same = |doubted: Doubted| {
        context.doubt(doubted);
        Evaluator::new(&context).eval(node, row).as_ref() == Ok(&outcome)
    };
    let met: BTreeSet<OfWhat> = doubts.iter().copied().collect();
    let mut untold = Doubted::default();
    below.difference(&met).for_each(|doubt| doubt.add_to(&mut untold));
    if !same(untold.clone()) {
        return moot;
    }
    let mut tried = BTreeSet::new();
    let each: Vec<OfWhat> = doubts.iter().copied().filter(|doubt| tried.insert(*doubt)).collect();
    // Mostly few doubts matter, or none: they are tried together, and by halves where one of them matters. Doubts that can all be
    // open at once without another outcome need no look at each.
    let mut left: Vec<&[OfWhat]> = vec![&each];
    while let Some(doubts) = left.pop() {
        let mut more = untold.clone();
        doubts.iter().for_each(|doubt| doubt.add_to(&mut more));
        if same(more.clone()) {
            untold = more;
            doubts.iter().for_each(|doubt| doubt.add_to(&mut moot.doubted));
        } else if doubts.len() > 1 {
            let (first, second) = doubts.split_at(doubts.len() / 2);
            left.extend([second, first]);
        }
    }
    moot
}

/// What is doubted of below the selected nodes of a plan.
#[derive(Debug)]
pub(super) struct AllDoubts {
    /// Below any of them.
    any: BTreeSet<OfWhat>,
    /// By selected node, found when it is asked for.
    each: Vec<OnceLock<BTreeSet<OfWhat>>>,
}

impl AllDoubts {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> AllDoubts {
        let any = all(plan, plan.selected.iter().map(|(_, node)| *node).collect());
        AllDoubts { any, each: plan.selected.iter().map(|_| OnceLock::new()).collect() }
    }

    /// All that is doubted of below a selected node, by its number.
    pub fn below(&self, plan: &Plan, selected: usize) -> Option<&BTreeSet<OfWhat>> {
        let (_, node) = plan.selected.get(selected)?;
        Some(self.each.get(selected)?.get_or_init(|| all(plan, vec![*node])))
    }
}

/// All that is doubted of below nodes, whether a decision meets it or not.
fn all(plan: &Plan, mut left: Vec<NodeId>) -> BTreeSet<OfWhat> {
    let (mut found, mut seen) = (BTreeSet::new(), vec![false; plan.nodes.len()]);
    while let Some(node) = left.pop() {
        match seen.get_mut(node as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let Some(expression) = plan.node(node) else { continue };
        match &expression.op {
            Op::Rule(id, _) => {
                let text = plan.parsed.rules.get(*id).and_then(|rule| rule.text_near(plan.date));
                found.extend(text.filter(|text| !text.doc.doubts.is_empty()).map(|_| OfWhat::Rule(*id)));
            }
            Op::Param(id, _) => {
                let doubt = plan.parameter(*id).and_then(|version| version.doubt.as_ref());
                found.extend(doubt.map(|doubt| OfWhat::Parameter(*id, split(doubt).0)));
            }
            _ => {}
        }
        left.extend(expression.op.inputs());
    }
    found
}

impl OfWhat {
    /// Doubts of it, too.
    fn add_to(self, doubted: &mut Doubted) {
        match self {
            OfWhat::Rule(rule) => doubted.rules.insert(rule),
            OfWhat::Parameter(id, Kind::Figure) => doubted.figures.insert(id),
            OfWhat::Parameter(id, _) => doubted.tables.insert(id),
        };
    }
}

impl Moot<'_> {
    fn is_rule(&self, name: &str) -> bool {
        self.parsed.rule(name).is_some_and(|id| self.doubted.rules.contains(&id))
    }

    fn is_parameter(&self, path: &str) -> bool {
        let Some(id) = self.parsed.parameter(path) else { return false };
        self.doubted.figures.contains(&id) || self.doubted.tables.contains(&id)
    }

    /// Takes them out of an explanation.
    pub(super) fn take_from(&self, explanation: &mut Explanation) {
        if self.doubted.is_empty() {
            return;
        }
        if self.is_rule(&explanation.rule) {
            explanation.doubts.clear();
        }
        deep(|| self.take_from_all(&mut explanation.because));
    }

    fn take_from_all(&self, because: &mut [Because]) {
        for because in because {
            match because {
                Because::Rule(rule) => self.take_from(rule),
                Because::Parameter { path, doubt, .. } if self.is_parameter(path) => *doubt = None,
                Because::Members { rules, parameters, .. } => {
                    for rule in rules.iter_mut().filter(|rule| self.is_rule(&rule.rule)) {
                        rule.doubts.clear();
                    }
                    self.take_from_all(parameters);
                }
                _ => {}
            }
        }
    }
}
